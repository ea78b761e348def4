"""OSC over real UDP, from a client that is not ours: liblo's oscsend."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.errors import DeviceError
from engine.inputs.osc import OscInput
from engine.model.controls import OscInput as OscSettings
from engine.model.events import Event, EventSource
from tests.devices.sound_support import TIMEOUT_S, wait_until
from tests.support import need_program

FOREVER_S = 1e9


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def figures() -> Figures:
    return Figures()


@pytest.fixture
def osc(inbox: Inbox, figures: Figures) -> Iterator[OscInput]:
    listening = OscInput(OscSettings(port=0), inbox.put, time.monotonic, figures)
    yield listening
    listening.close()


def oscsend(port: int, *words: str) -> None:
    program = need_program("oscsend", "liblo-tools")
    subprocess.run([program, "127.0.0.1", str(port), *words], check=True, timeout=TIMEOUT_S)


def gathered(inbox: Inbox, count: int) -> list[Event]:
    events: list[Event] = []

    def all_there() -> bool:
        events.extend(inbox.drain(FOREVER_S))
        return len(events) >= count

    wait_until(all_there, f"{count} OSC events")
    return events


def test_what_oscsend_sends_arrives(osc: OscInput, inbox: Inbox) -> None:
    begun_s = time.monotonic()
    oscsend(osc.port, "/layer/echo/opacity", "f", "0.25")
    oscsend(osc.port, "/movement/next")
    oscsend(osc.port, "/layer/echo/clip", "i", "3")
    oscsend(osc.port, "/go", "T")
    oscsend(osc.port, "/named", "sd", "fire", "0.5")
    events = gathered(inbox, 5)
    assert [(event.address, event.value) for event in events] == [
        ("/layer/echo/opacity", 0.25),
        ("/movement/next", 1.0),
        ("/layer/echo/clip", 3.0),
        ("/go", 1.0),
        ("/named", 0.5),
    ]
    assert all(event.source is EventSource.OSC for event in events)
    assert begun_s <= events[0].at_s <= events[-1].at_s <= time.monotonic()


def test_rubbish_is_counted_and_the_next_message_still_arrives(osc: OscInput, inbox: Inbox, figures: Figures) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for packet in (b"", b"rubbish", b"#bundle\x00" + b"\xff" * 60, bytes(60_000)):
            sender.sendto(packet, ("127.0.0.1", osc.port))
    oscsend(osc.port, "/good", "f", "nan")
    oscsend(osc.port, "/good", "f", "1")
    assert [(event.address, event.value) for event in gathered(inbox, 1)] == [("/good", 1.0)]
    assert figures.counter("osc_ignored").count == 5


def test_the_largest_datagram_is_one_message(osc: OscInput, inbox: Inbox) -> None:
    blob = 60_000
    packet = b"/big\x00\x00\x00\x00,bf\x00" + blob.to_bytes(4, "big") + bytes(blob) + b"\x3f\x00\x00\x00"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(packet, ("127.0.0.1", osc.port))
    assert [(event.address, event.value) for event in gathered(inbox, 1)] == [("/big", 0.5)]


def test_a_port_that_is_taken_is_refused_with_a_mend(osc: OscInput, inbox: Inbox) -> None:
    with pytest.raises(DeviceError, match="choose another port") as caught:
        OscInput(OscSettings(port=osc.port), inbox.put, time.monotonic, Figures())
    assert str(osc.port) in caught.value.subject


def test_closing_frees_the_port(inbox: Inbox) -> None:
    first = OscInput(OscSettings(port=0), inbox.put, time.monotonic, Figures())
    first.close()
    first.close()
    OscInput(OscSettings(port=first.port), inbox.put, time.monotonic, Figures()).close()
