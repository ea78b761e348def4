"""OSC over real TCP: python-osc's client with SLIP, liblo's oscsend with lengths, and a client of the specifications.

That client is written here from the bytes of RFC 1055 and OSC 1.0, since no foreign one can be made to send in pieces,
read slowly, or send nonsense.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator

import pytest
from pythonosc.tcp_client import SimpleTCPClient

from engine.errors import DeviceError
from engine.inputs.osc_tcp import TcpClient
from tests.devices.osc_support import OscStage, osc_stage
from tests.devices.sound_support import TIMEOUT_S, wait_until
from tests.osc_support import message, read
from tests.support import need_program


@pytest.fixture(params=["slip", "length"])
def stage(request: pytest.FixtureRequest) -> Iterator[OscStage]:
    with osc_stage(tcp_port=0, tcp_framing=request.param) as opened:
        yield opened


@pytest.fixture
def slip_stage() -> Iterator[OscStage]:
    with osc_stage(tcp_port=0) as opened:
        yield opened


def tcp_port(stage: OscStage) -> int:
    assert stage.osc.tcp_port is not None
    return stage.osc.tcp_port


class SpecClient:
    """SLIP: END is C0 and stands at both ends, within a packet it is DB DC, and DB is DB DD; or a length of 32 bits."""

    def __init__(self, stage: OscStage) -> None:
        self.slip = stage.world.loaded.show.inputs.osc.tcp_framing == "slip"
        self.socket = socket.create_connection(("127.0.0.1", tcp_port(stage)), TIMEOUT_S)
        self.begun = b""

    def frame(self, packet: bytes) -> bytes:
        if not self.slip:
            return struct.pack(">I", len(packet)) + packet
        escaped = b"".join({0xC0: b"\xdb\xdc", 0xDB: b"\xdb\xdd"}.get(byte, bytes([byte])) for byte in packet)
        return b"\xc0" + escaped + b"\xc0"

    def send(self, address: str, *arguments: object) -> None:
        self.socket.sendall(self.frame(message(address, *arguments)))

    def heard(self) -> Iterator[tuple[object, ...]]:
        """Messages as they come."""
        while True:
            yield from read(self._packet())

    def _packet(self) -> bytes:
        while True:
            if self.slip:
                end = self.begun.find(b"\xc0")
                if end >= 0:
                    frame, self.begun = self.begun[:end], self.begun[end + 1 :]
                    if frame:
                        return frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
                    continue
            elif len(self.begun) >= 4 and len(self.begun) >= 4 + int.from_bytes(self.begun[:4], "big"):
                end = 4 + int.from_bytes(self.begun[:4], "big")
                frame, self.begun = self.begun[4:end], self.begun[end:]
                return frame
            data = self.socket.recv(4096)
            assert data, "the connection was closed"
            self.begun += data

    def is_closed(self) -> bool:
        """Whether the other end closes it, waited for."""
        with contextlib.suppress(ConnectionResetError):
            while self.socket.recv(65_536):
                pass
        return True

    def __enter__(self) -> SpecClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def test_python_osc_with_slip_is_heard_and_answered(slip_stage: OscStage) -> None:
    with SimpleTCPClient("127.0.0.1", tcp_port(slip_stage), timeout=TIMEOUT_S) as client:
        client.send_message("/layer/echo/opacity", 0.25)
        client.send_message("/layer/echo/clip", "water")
        events = slip_stage.gathered(2)
        assert [(event.address, event.value) for event in events] == [
            ("/layer/echo/opacity", 0.25),
            ("/layer/echo/clip/water", 1.0),
        ]
        client.send_message("/runtime/ping", 192)  # whose byte is END
        (answer,) = client.receive()
        assert next(read(answer)) == ("/runtime/pong", 192)


def test_oscsend_with_lengths_is_heard() -> None:
    program = need_program("oscsend", "liblo-tools")
    with osc_stage(tcp_port=0, tcp_framing="length") as stage:
        url = f"osc.tcp://127.0.0.1:{tcp_port(stage)}"
        subprocess.run([program, url, "/layer/echo/opacity", "f", "0.25"], check=True, timeout=TIMEOUT_S)
        (event,) = stage.gathered(1)
        assert (event.address, event.value) == ("/layer/echo/opacity", 0.25)


def test_packets_in_pieces_and_several_at_once_are_heard_in_order(stage: OscStage) -> None:
    with SpecClient(stage) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = b"".join(client.frame(message("/many", number)) for number in range(200))
        for place in range(0, len(stream), 7):
            client.socket.sendall(stream[place : place + 7])
        assert [event.value for event in stage.gathered(200)] == list(range(200))


def test_each_client_is_answered_by_its_own_connection(stage: OscStage) -> None:
    clients = [SpecClient(stage) for _ in range(5)]
    for number, client in enumerate(clients):
        client.send("/runtime/ping", number)
    assert [next(client.heard()) for client in clients] == [("/runtime/pong", number) for number in range(5)]
    for client in clients:
        client.socket.close()


def test_changes_are_told_by_the_connection_that_subscribed(stage: OscStage) -> None:
    with SpecClient(stage) as client:
        client.send("/runtime/subscribe", "/layer/echo/opacity")
        arrived = client.heard()
        assert {next(arrived), next(arrived)} == {("/runtime/subscribed", 60.0), ("/layer/echo/opacity", 1.0)}
        stage.at(1.0, layer_echo_opacity=0.5)
        stage.at(2.0)
        assert next(arrived) == ("/layer/echo/opacity", 0.5)


def test_the_largest_frame_is_heard(stage: OscStage) -> None:
    blob = b"\xc0\xdb" * 32_000
    packet = b"/big\x00\x00\x00\x00,bf\x00" + struct.pack(">i", len(blob)) + blob + struct.pack(">f", 0.5)
    with SpecClient(stage) as client:
        client.socket.sendall(client.frame(packet))
        (event,) = stage.gathered(1)
        assert (event.address, event.value) == ("/big", 0.5)


def test_a_frame_that_is_too_long_closes_that_connection_alone(
    stage: OscStage, caplog: pytest.LogCaptureFixture
) -> None:
    with SpecClient(stage) as hostile, SpecClient(stage) as client:
        hostile.send("/before", 1.0)
        stage.gathered(1)
        stream = b"\x01" * 200_000 if hostile.slip else struct.pack(">I", 65_537)
        with caplog.at_level(logging.WARNING):
            with contextlib.suppress(ConnectionError):  # closed while it was still sending
                hostile.socket.sendall(stream)
            assert hostile.is_closed()
        assert "65536" in caplog.text
        client.send("/after", 1.0)
        assert [event.address for event in stage.gathered(1)] == ["/after"]


def test_rubbish_in_a_frame_is_counted_and_the_connection_goes_on(stage: OscStage) -> None:
    with SpecClient(stage) as client:
        client.socket.sendall(client.frame(b"rubbish!") + client.frame(message("/good", 1.0)))
        assert [event.address for event in stage.gathered(1)] == ["/good"]
        assert stage.figures.counter("osc_ignored").count == 1


def test_one_who_never_reads_holds_nobody_up_and_is_closed(stage: OscStage, caplog: pytest.LogCaptureFixture) -> None:
    with SpecClient(stage) as deaf, caplog.at_level(logging.WARNING):
        deaf.send("/here", 1.0)
        stage.gathered(1)
        (connected,) = clients_of(stage)
        with SpecClient(stage) as client:
            arrived = client.heard()
            sent = 0
            while connected.peer.send(message("/much", bytes(50_000))):
                sent += 1
                if sent % 10 == 0:
                    client.send("/runtime/ping", sent)
                    stage.osc._answers._left = 20.0  # it asks more often than is answered
                    assert next(arrived) == ("/runtime/pong", sent)
            assert sent >= 20  # a MiB, and what the system keeps
            wait_until(lambda: "behind with reading" in caplog.text, "the line in the log")
        assert deaf.is_closed()


def clients_of(stage: OscStage) -> set[TcpClient]:
    listening = stage.osc._input
    assert listening is not None
    assert listening._tcp is not None
    return listening._tcp._clients


def test_a_client_that_is_gone_is_forgotten(stage: OscStage) -> None:
    for _ in range(100):  # more than there may be at once
        with SpecClient(stage) as client:
            client.send("/runtime/subscribe")
            next(client.heard())
            stage.osc._answers._left = 20.0
    wait_until(lambda: not clients_of(stage), "the last to be forgotten")


def test_one_too_many_is_turned_away_and_the_others_are_heard(
    stage: OscStage, caplog: pytest.LogCaptureFixture
) -> None:
    clients = [SpecClient(stage) for _ in range(32)]
    for client in clients:
        client.send("/here", 1.0)
    stage.gathered(32)
    with caplog.at_level(logging.WARNING), SpecClient(stage) as late:
        assert late.is_closed()
    assert "is turned away" in caplog.text
    clients[-1].send("/still", 1.0)
    assert [event.address for event in stage.gathered(1)] == ["/still"]
    for client in clients:
        client.socket.close()


def test_a_tcp_port_that_is_taken_is_refused_with_a_mend_and_the_udp_port_is_free(stage: OscStage) -> None:
    with pytest.raises(DeviceError, match="inputs: osc: tcp_port") as caught, osc_stage(tcp_port=tcp_port(stage)):
        pass
    assert str(tcp_port(stage)) in caught.value.subject
    assert [thread.name for thread in threading.enumerate()].count("osc-input") == 1


def test_closing_ends_the_connections(stage: OscStage) -> None:
    with SpecClient(stage) as client:
        client.send("/here", 1.0)
        stage.gathered(1)
        stage.osc.close()
        assert client.is_closed()
