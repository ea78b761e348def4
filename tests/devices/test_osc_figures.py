"""The figures over real UDP: answered to whoever asks, and told to liblo's oscdump, which is not ours."""

from __future__ import annotations

import logging
import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.model.show import FiguresOutput
from engine.outputs.figures_sender import FiguresSender
from tests.devices.osc_support import OscStage, free_port, heard, osc_stage, udp_client
from tests.devices.sound_support import wait_until
from tests.osc_support import FOREVER_S, message
from tests.support import need_program


def count(figures: Figures) -> None:
    figures.counter("frames_shown").add(300)
    for value in (2.0, 2.0, 7.0):
        figures.samples("decode_ms").add(value)


@pytest.fixture
def figures() -> Figures:
    made = Figures()
    count(made)
    return made


@pytest.fixture
def stage() -> Iterator[OscStage]:
    with osc_stage() as opened:
        count(opened.figures)
        yield opened


@pytest.fixture
def client() -> Iterator[socket.socket]:
    with udp_client() as opened:
        yield opened


def ask(client: socket.socket, stage: OscStage, address: str = "/figures", value: float = 1.0) -> None:
    client.sendto(message(address, value), ("127.0.0.1", stage.port))


def told(client: socket.socket, count: int) -> dict[str, float]:
    """The next `count` messages, as address and number."""
    arrived = heard(client)
    return dict(next(arrived) for _ in range(count))


EXPECTED = {
    "/figures/frames_shown": 300,
    "/figures/decode_ms/p50": 2.0,
    "/figures/decode_ms/p99": 7.0,
    "/figures/decode_ms/max": 7.0,
    "/figures/decode_ms/last": 7.0,
    "/figures/osc_events": 1,
    "/figures/osc_ignored": 0,
    "/figures/osc_untimely": 0,
    "/figures/osc_unanswered": 0,
    "/figures/osc_unsent": 0,
}


def test_who_asks_is_told_on_the_port_that_it_asked_from(stage: OscStage, client: socket.socket) -> None:
    with udp_client() as other:
        ask(client, stage)
        assert told(client, len(EXPECTED)) == EXPECTED
        ask(other, stage, "/go")
        stage.gathered(1)
        for silent in (client, other):
            silent.setblocking(False)
            with pytest.raises(BlockingIOError):
                silent.recv(1)


def test_asking_is_no_event_and_letting_go_of_the_button_asks_for_nothing(
    stage: OscStage, client: socket.socket
) -> None:
    ask(client, stage, value=0.0)
    ask(client, stage, "/go")
    wait_until(lambda: stage.figures.counter("osc_events").count == 2, "both messages")
    assert [event.address for event in stage.inbox.drain(FOREVER_S)] == ["/go"]
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_a_flood_of_requests_is_answered_once_in_a_while(stage: OscStage, client: socket.socket) -> None:
    unanswered = stage.figures.counter("osc_unanswered")
    for _ in range(200):
        ask(client, stage)
    wait_until(lambda: stage.figures.counter("osc_events").count == 200, "all to be heard")
    assert unanswered.count >= 150  # twenty at once, and twenty a second while the flood is read


def test_one_who_is_gone_before_the_answer_costs_nobody_else_theirs(stage: OscStage, client: socket.socket) -> None:
    with udp_client() as gone:
        ask(gone, stage)
    ask(client, stage)
    assert told(client, len(EXPECTED))["/figures/osc_events"] == 2


def test_oscdump_is_told_every_so_often(figures: Figures) -> None:
    program = need_program("oscdump", "liblo-tools")
    port = free_port()
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
