"""The figures over real UDP: answered to whoever asks, and told to liblo's oscdump, which is not ours."""

from __future__ import annotations

import logging
import socket
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.errors import DeviceError
from engine.inputs import osc as osc_module
from engine.inputs.osc import OscInput
from engine.model.controls import OscInput as OscSettings
from engine.model.show import FiguresOutput
from engine.outputs.figures_sender import FiguresSender
from tests.devices.sound_support import TIMEOUT_S, wait_until
from tests.support import need_program

FOREVER_S = 1e9


@pytest.fixture
def figures() -> Figures:
    made = Figures()
    made.counter("frames_shown").add(300)
    for value in (2.0, 2.0, 7.0):
        made.samples("decode_ms").add(value)
    return made


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def osc(inbox: Inbox, figures: Figures) -> Iterator[OscInput]:
    listening = OscInput(OscSettings(port=0), inbox.put, time.monotonic, figures)
    yield listening
    listening.close()


@pytest.fixture
def client() -> Iterator[socket.socket]:
    with udp_client() as opened:
        yield opened


def udp_client() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.settimeout(TIMEOUT_S)
    return opened


def ask(client: socket.socket, osc: OscInput, address: str = "/figures", value: float = 1.0) -> None:
    builder = OscMessageBuilder(address)
    builder.add_arg(value, "f")
    client.sendto(builder.build().dgram, ("127.0.0.1", osc.port))


def told(client: socket.socket, count: int) -> dict[str, float]:
    """The next `count` messages, as address and number."""
    messages = [OscMessage(client.recv(65_536)) for _ in range(count)]
    return {message.address: message.params[0] for message in messages}


EXPECTED = {
    "/figures/frames_shown": 300,
    "/figures/decode_ms/p50": 2.0,
    "/figures/decode_ms/p99": 7.0,
    "/figures/decode_ms/max": 7.0,
    "/figures/decode_ms/last": 7.0,
    "/figures/osc_events": 1,
    "/figures/osc_ignored": 0,
    "/figures/osc_unanswered": 0,
}


def test_who_asks_is_told_on_the_port_that_it_asked_from(osc: OscInput, inbox: Inbox, client: socket.socket) -> None:
    with udp_client() as other:
        ask(client, osc)
        assert told(client, len(EXPECTED)) == EXPECTED
        ask(other, osc, "/go")
        wait_until(lambda: bool(inbox.drain(FOREVER_S)), "the event")
        for silent in (client, other):
            silent.setblocking(False)
            with pytest.raises(BlockingIOError):
                silent.recv(1)


def test_asking_is_no_event_and_letting_go_of_the_button_asks_for_nothing(
    osc: OscInput, inbox: Inbox, client: socket.socket, figures: Figures
) -> None:
    ask(client, osc, value=0.0)
    ask(client, osc, "/go")
    wait_until(lambda: figures.counter("osc_events").count == 2, "both messages")
    wait_until(lambda: [event.address for event in inbox.drain(FOREVER_S)] == ["/go"], "the event")
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_a_flood_of_requests_is_answered_once_in_a_while(
    osc: OscInput, client: socket.socket, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osc_module, "_ANSWER_GAP_S", FOREVER_S)
    for _ in range(100):
        ask(client, osc)
    wait_until(lambda: figures.counter("osc_unanswered").count == 99, "all others to be counted")
    told(client, len(EXPECTED))
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_one_who_is_gone_before_the_answer_costs_nobody_else_theirs(
    osc: OscInput, client: socket.socket, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osc_module, "_ANSWER_GAP_S", 0.0)
    with udp_client() as gone:
        ask(gone, osc)
    ask(client, osc)
    assert told(client, len(EXPECTED))["/figures/osc_events"] == 2


def test_oscdump_is_told_every_so_often(figures: Figures) -> None:
    program = need_program("oscdump", "liblo-tools")
    with udp_client() as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen([program, "-L", str(port)], stdout=subprocess.PIPE, text=True) as dump:
        sender = FiguresSender(FiguresOutput(port=port, every_s=0.1), figures)
        try:
            assert dump.stdout is not None
            lines = [dump.stdout.readline().split(maxsplit=1)[1].strip() for _ in range(2 * 6)]
        finally:
            sender.close()
            dump.terminate()
    assert {line.rsplit(maxsplit=1)[0] for line in lines} == {
        "/figures/frames_shown i",
        "/figures/figures_unsent i",
        *(f"/figures/decode_ms/{statistic} f" for statistic in ("p50", "p99", "max", "last")),
    }
    assert "/figures/frames_shown i 300" in lines
    assert "/figures/decode_ms/p99 f 7.000000" in lines


def test_the_sender_ends_when_it_is_closed(figures: Figures, client: socket.socket) -> None:
    sender = FiguresSender(FiguresOutput(port=client.getsockname()[1], every_s=3600), figures)
    assert "figures-osc" in {thread.name for thread in threading.enumerate()}
    sender.close()
    sender.close()
    assert "figures-osc" not in {thread.name for thread in threading.enumerate()}


def test_a_network_that_refuses_is_counted_told_once_and_tried_again(
    figures: Figures, caplog: pytest.LogCaptureFixture
) -> None:
    # To all of a network, which the system refuses to whoever has not asked for it; nothing leaves this machine.
    with caplog.at_level(logging.WARNING):
        sender = FiguresSender(FiguresOutput(host="255.255.255.255", port=9, every_s=0.1), figures)
        wait_until(lambda: figures.counter("figures_unsent").count >= 2, "two rounds that fail")
        sender.close()
    (record,) = caplog.records
    assert "255.255.255.255:9" in record.message


def test_a_host_without_an_address_is_refused_with_a_mend(figures: Figures) -> None:
    with pytest.raises(DeviceError, match="Correct the host") as caught:
        FiguresSender(FiguresOutput(host="no..name", port=9721), figures)
    assert "no..name:9721" in caught.value.subject
    assert "figures-osc" not in {thread.name for thread in threading.enumerate()}
