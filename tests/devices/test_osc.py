"""OSC over real UDP, with programs that are not ours: liblo's oscsend and oscdump, and python-osc."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from engine.app.pace import Tick
from engine.core.bindings import Bindings
from engine.errors import DeviceError
from engine.model.events import EventSource
from engine.model.show import OscOutput
from tests.devices.osc_support import (
    OscStage,
    dumped,
    free_port,
    heard,
    osc_stage,
    oscdump,
    oscsend,
    udp_client,
)
from tests.devices.sound_support import wait_until
from tests.osc_support import FOREVER_S, bundle, message


@pytest.fixture
def stage() -> Iterator[OscStage]:
    with osc_stage() as opened:
        yield opened


@pytest.fixture
def client() -> Iterator[socket.socket]:
    with udp_client() as opened:
        yield opened


def test_what_oscsend_sends_arrives(stage: OscStage) -> None:
    begun_s = time.monotonic()
    oscsend(stage.port, "/layer/echo/opacity", "f", "0.25")
    oscsend(stage.port, "/movement/next")
    oscsend(stage.port, "/layer/echo/clip", "i", "3")
    oscsend(stage.port, "/go", "T")
    oscsend(stage.port, "/named", "sd", "fire", "0.5")
    events = stage.gathered(5)
    assert [(event.address, event.value) for event in events] == [
        ("/layer/echo/opacity", 0.25),
        ("/movement/next", 1.0),
        ("/layer/echo/clip", 3.0),
        ("/go", 1.0),
        ("/named", 0.5),
    ]
    assert all(event.source is EventSource.OSC for event in events)
    assert begun_s <= events[0].at_s <= events[-1].at_s <= time.monotonic()


def test_rubbish_is_counted_and_the_next_message_still_arrives(stage: OscStage) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for packet in (b"", b"rubbish", b"#bundle\x00" + b"\xff" * 60, bytes(60_000)):
            sender.sendto(packet, ("127.0.0.1", stage.port))
    oscsend(stage.port, "/good", "f", "nan")
    oscsend(stage.port, "/good", "f", "1")
    assert [(event.address, event.value) for event in stage.gathered(1)] == [("/good", 1.0)]
    assert stage.figures.counter("osc_ignored").count == 5


def test_the_largest_datagram_is_one_message(stage: OscStage) -> None:
    blob = 60_000
    packet = b"/big\x00\x00\x00\x00,bf\x00" + blob.to_bytes(4, "big") + bytes(blob) + b"\x3f\x00\x00\x00"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(packet, ("127.0.0.1", stage.port))
    assert [(event.address, event.value) for event in stage.gathered(1)] == [("/big", 0.5)]


def test_every_type_that_oscsend_can_send_is_understood(stage: OscStage) -> None:
    oscsend(stage.port, "/all", "ihfdscmSTFNI", *["1", "2", "0.5", "0.25", "text", "c", "00903c7f", "symbol"])
    (event,) = stage.gathered(1)
    assert (event.address, event.value) == ("/all", 1.0)
    assert stage.figures.counter("osc_ignored").count == 0


def test_patterns_and_texts_of_oscsend_play_what_they_fit(stage: OscStage) -> None:
    oscsend(stage.port, "/layer/{echo,base}/opacity", "f", "0.5")
    oscsend(stage.port, "/layer/echo/clip", "s", "water")
    assert [event.address for event in stage.gathered(3)] == [
        "/layer/base/opacity",
        "/layer/echo/opacity",
        "/layer/echo/clip/water",
    ]


def test_a_bundle_waits_in_the_inbox_until_it_is_due(stage: OscStage, client: socket.socket) -> None:
    sent_s = time.monotonic()
    packet = bundle(time.time() + 30, message("/one", 1.0), message("/two", 2.0))
    client.sendto(packet, ("127.0.0.1", stage.port))
    client.sendto(message("/now"), ("127.0.0.1", stage.port))
    wait_until(lambda: stage.figures.counter("osc_events").count == 3, "three messages")
    assert [event.address for event in stage.inbox.drain(sent_s + 29)] == ["/now"]
    later = stage.inbox.drain(sent_s + 31)
    assert [event.address for event in later] == ["/one", "/two"]
    assert later[0].at_s == later[1].at_s


def test_a_port_that_is_taken_is_refused_with_a_mend(stage: OscStage) -> None:
    with pytest.raises(DeviceError, match="choose another port") as caught, osc_stage(port=stage.port):
        pass
    assert str(stage.port) in caught.value.subject
    assert [thread.name for thread in threading.enumerate()].count("osc-input") == 1


def test_closing_frees_the_port_and_ends_the_threads() -> None:
    with osc_stage() as first:
        pass
    first.osc.close()
    assert not {"osc-input", "osc-feedback"} & {thread.name for thread in threading.enumerate()}
    with osc_stage(port=first.port):
        pass


def test_a_question_is_answered_where_it_came_from(stage: OscStage, client: socket.socket) -> None:
    client.connect(("127.0.0.1", stage.port))  # hears from this port alone
    client.send(message("/runtime/get", "/layer/echo/opacity"))
    assert next(heard(client)) == ("/runtime/value", "/layer/echo/opacity", 1.0)
    assert stage.inbox.drain(FOREVER_S) == []


def test_oscdump_is_told_what_the_show_does() -> None:
    port = free_port()
    with oscdump(port) as dump, osc_stage((OscOutput(port=port),)) as stage:
        lines = set()
        while "/layer/echo/opacity f 1.000000" not in lines:  # from the first round that it is there to hear
            lines.add(dumped(dump))
        stage.at(1.0, layer_echo_opacity=0.25)
        stage.at(2.0)
        while (line := dumped(dump)) != "/layer/echo/opacity f 0.250000":
            lines.add(line)
    assert '/runtime/movement si "one" 0' in lines


def test_oscdump_subscribes_through_oscsend(stage: OscStage) -> None:
    port = free_port()
    with oscdump(port) as dump:
        told: list[str] = []
        while not told:  # until it listens
            oscsend(stage.port, "/runtime/unsubscribe", "i", str(port))
            oscsend(stage.port, "/runtime/subscribe", "is", str(port), "/layer/*/opacity")
            told = [dumped(dump), dumped(dump)]
        assert sorted(told) == ["/layer/base/opacity f 1.000000", "/layer/echo/opacity f 1.000000"]
        stage.at(1.0, layer_base_opacity=0.5)
        stage.at(2.0)
        while dumped(dump) != "/layer/base/opacity f 0.500000":
            pass


def test_a_fader_is_not_told_its_own_moves(stage: OscStage, client: socket.socket) -> None:
    with udp_client() as other:
        for opened in (client, other):
            opened.connect(("127.0.0.1", stage.port))
            opened.send(message("/runtime/subscribe", "/layer/echo/x"))
            arrived = heard(opened)
            assert {next(arrived)[0], next(arrived)[0]} == {"/runtime/subscribed", "/layer/echo/x"}
        client.send(message("/layer/echo/x", 0.5))
        stage.gathered(1)
        stage.at(1.0, layer_echo_x=0.5)
        stage.at(2.0)
        assert next(heard(other)) == ("/layer/echo/x", 0.5)
        client.send(message("/runtime/ping", "last"))
        assert next(heard(client)) == ("/runtime/pong", "last")


def test_a_watcher_is_told_what_became_of_events(stage: OscStage, client: socket.socket) -> None:
    client.connect(("127.0.0.1", stage.port))
    client.send(message("/runtime/monitor"))
    arrived = heard(client)
    assert ("/runtime/monitoring", 60.0) in arrived  # clocks and meters may come before it
    oscsend(stage.port, "/layer/echo/opacity", "f", "0.25")
    oscsend(stage.port, "/nothing", "f", "0.5")
    handled = Bindings((), stage.world.tree, stage.figures).resolve(stage.gathered(2))
    stage.osc.after_events(Tick(0, 0.0, 0.0), handled, [])
    events = (one for one in arrived if one[0] == "/runtime/event")
    played, unbound = next(events), next(events)
    path = "/layer/echo/opacity"
    assert played == ("/runtime/event", handled[0].event.at_s, "osc", path, 0.25, "played", path, 0.25, "", "")
    assert unbound[2:] == ("osc", "/nothing", 0.5, "unbound", "", 0.0, "", "")


def test_a_network_that_refuses_is_told_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    # To all of a network, which the system refuses to whoever has not asked for it; nothing leaves this machine.
    with caplog.at_level(logging.WARNING), osc_stage((OscOutput(host="255.255.255.255", port=9),)) as stage:
        for second in range(1, 4):
            before = stage.figures.counter("osc_unsent").count
            stage.at(float(second), layer_echo_opacity=second / 10)
            wait_until(lambda b=before: stage.figures.counter("osc_unsent").count > b, "a round that fails")
    assert [record.message.startswith("OSC to 255.255.255.255:9") for record in caplog.records] == [True]


def test_a_host_without_an_address_is_refused_with_a_mend() -> None:
    with (
        pytest.raises(DeviceError, match="Correct the host") as caught,
        osc_stage((OscOutput(host="no..name", port=1),)),
    ):
        pass
    assert "no..name:1" in caught.value.subject
