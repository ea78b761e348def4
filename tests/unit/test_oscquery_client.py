"""One client on a pair of sockets: what bytes complete, and what becomes of one who does not read."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from engine.inputs.oscquery_client import ClientError, Message, QueryClient
from engine.inputs.oscquery_tree import Answer

# A handshake as RFC 6455 prints it (section 1.3), with the answer's key.
HANDSHAKE = (
    b"GET /chat HTTP/1.1\r\nHost: server\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ACCEPTED = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class Pair:
    def __init__(self) -> None:
        self.far, near = socket.socketpair()
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        near.setblocking(False)
        self.far.settimeout(5)
        self.client = QueryClient(near, "client", 0.0)

    def open(self, early: bytes = b"") -> list[Request | Message | Answer]:
        """Make a websocket of it; what came with the request."""
        (request,) = self.client.receive(HANDSHAKE + early)
        assert isinstance(request, Request)
        came = list(self.client.accept(request, 1.0))
        self.client.flush()
        assert ACCEPTED in self.far.recv(4096)
        return came

    def close(self) -> None:
        self.far.close()
        self.client.connection.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.close()


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def test_a_handshake_in_single_bytes_makes_a_websocket(pair: Pair) -> None:
    completed = [one for number in HANDSHAKE for one in pair.client.receive(bytes([number]))]
    (request,) = completed
    assert isinstance(request, Request)
    assert list(pair.client.accept(request, 1.0)) == []
    assert pair.client.is_open
    assert not pair.client.is_overdue(1e9)


def test_what_comes_right_behind_the_handshake_is_read_after_it(pair: Pair) -> None:
    assert pair.open(masked(Opcode.TEXT, b"hello")) == [Message(b"hello", is_text=True)]


def test_fragments_make_one_message_with_a_ping_between(pair: Pair) -> None:
    pair.open()
    frames = masked(Opcode.BINARY, b"/a", fin=False) + masked(Opcode.PING, b"?") + masked(Opcode.CONT, b"b")
    assert list(pair.client.receive(frames)) == [Message(b"/ab", is_text=False)]
    pair.client.flush()
    assert pair.far.recv(4096) == b"\x8a\x01?"  # the pong


def test_one_who_does_not_read_does_not_keep_up_until_it_does(pair: Pair) -> None:
    pair.open()
    assert pair.client.keeps_up
    pair.client.send([bytes(64_000)] * 4)
    pair.client.flush()
    assert not pair.client.keeps_up
    taken = 0
    while not pair.client.keeps_up:
        taken += len(pair.far.recv(65_536))
        pair.client.flush()
    assert taken <= 4 * 64_014


def test_one_who_asks_for_more_than_it_reads_is_dropped(pair: Pair) -> None:
    pair.open()
    pings = masked(Opcode.PING, bytes(125)) * 500

    def ask_on() -> None:
        for _ in range(40):
            list(pair.client.receive(pings))
            pair.client.flush()

    with pytest.raises(ClientError, match="behind with reading"):
        ask_on()


def test_one_who_is_gone_is_dropped_without_a_word(pair: Pair) -> None:
    with pytest.raises(ClientError) as done:
        list(pair.client.receive(b""))
    assert str(done.value) == ""


def test_after_an_answer_nothing_more_is_read(pair: Pair) -> None:
    (request,) = pair.client.receive(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    assert isinstance(request, Request)
    assert list(pair.client.receive(b"GET / HTTP/1.1\r\n\r\n")) == []
    assert not pair.client.is_open


def test_one_who_asks_nothing_or_does_not_hang_up_is_overdue_after_ten_seconds(pair: Pair) -> None:
    assert not pair.client.is_overdue(9.9)
    assert pair.client.is_overdue(10.0)
    pair.open()
    assert not pair.client.is_overdue(100.0)
    assert list(pair.client.receive(masked(Opcode.CONT, b"of nothing"))) == []  # which ends a websocket
    assert not pair.client.is_overdue(200.0)
    assert pair.client.is_overdue(210.0)


@given(st.lists(st.binary(max_size=64) | st.sampled_from([b"\r\n", b"GET / HTTP/1.1", HANDSHAKE]), max_size=8))
def test_any_bytes_complete_a_request_an_answer_or_nothing(chunks: list[bytes]) -> None:
    pair = Pair()
    try:
        completed = [one for chunk in chunks if chunk for one in pair.client.receive(chunk)]
    finally:
        pair.close()
    assert len(completed) <= 1


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8))
def test_any_bytes_may_follow_a_handshake(chunks: list[bytes]) -> None:
    pair = Pair()
    try:
        pair.open()
        for chunk in chunks:
            assert all(isinstance(one, Message) for one in pair.client.receive(chunk))
    finally:
        pair.close()
