"""One OSCQuery client: an HTTP request, or a websocket, on a socket that never waits. The thread "oscquery" alone."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from engine.inputs.osc_stream import LARGEST_FRAME
from engine.inputs.oscquery_http import response_of
from engine.inputs.oscquery_listen import Listener
from engine.inputs.oscquery_tree import Answer

_LONGEST_HEAD = 16_384
_HEAD_ENDS = b"\r\n\r\n"
_MOST_WAITING = 1 << 20  # bytes that a client may be behind with reading
_OPENING_S = 10.0  # for a request to come and its answer to be taken
_NO_ACCOUNT = logging.getLogger(f"{__name__}.websockets")  # websockets writes a line for each connection
_NO_ACCOUNT.setLevel(logging.CRITICAL)


class ClientError(Exception):
    """A client with which there is nothing more to be done; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Message:
    """A whole websocket message."""

    data: bytes
    is_text: bool


class QueryClient:
    """A client from its connection on. It is its socket's owner's to close."""

    def __init__(self, connection: socket.socket, name: str, now_s: float) -> None:
        self.connection = connection
        self.name = name
        self.listener = Listener()
        self._until_s: float | None = now_s + _OPENING_S  # None: for as long as it likes
        self.is_answered = False
        self._protocol = ServerProtocol(max_size=LARGEST_FRAME, logger=_NO_ACCOUNT)
        self._head: bytearray | None = bytearray()  # None once it was read
        self._early = b""  # what came with it
        self._parts: list[bytes] = []
        self._is_text = False
        self._out = bytearray()
        self._ends = False  # once all is sent, say that no more will come

    @property
    def is_open(self) -> bool:
        """Whether it is a websocket that may be sent to."""
        return self._protocol.state is State.OPEN

    @property
    def keeps_up(self) -> bool:
        """Whether it has taken all that it was sent."""
        return self.is_open and not self._out

    @property
    def has_more_to_take(self) -> bool:
        return bool(self._out)

    def is_overdue(self, now_s: float) -> bool:
        """Whether it should have gone by now: no request came, or all is said. Asked about once a second."""
        if self._until_s is None and not self.is_open:
            self._until_s = now_s + _OPENING_S
        return self._until_s is not None and self._until_s <= now_s

    def receive(self, data: bytes) -> Iterator[Request | Message | Answer]:
        """What the bytes complete: a request, a message, or an answer to what is no request.

        No bytes are their end: raises ClientError, as where too much waits to be sent.
        """
        if not data:
            raise ClientError("")
        if self._head is not None:
            yield from self._read_head(self._head, data)
        elif self.is_open:
            self._protocol.receive_data(data)
            for event in self._protocol.events_received():
                if isinstance(event, Frame):
                    yield from self._whole(event)
            self._take_writes()

    def answer(self, answer: Answer, now_s: float) -> None:
        """Answer the request, and say that no more will come; what comes after is not read."""
        self._respond(response_of(answer), now_s)

    def accept(self, request: Request, now_s: float) -> Iterator[Request | Message | Answer]:
        """Make a websocket of it, or say what is wrong with the request for one; then what came with it already."""
        response = self._protocol.accept(request)
        if response.status_code != 101:
            self._respond(response, now_s)
            return
        self._protocol.send_response(response)
        self._until_s, self.is_answered = None, True
        self._take_writes()
        if self._early:
            yield from self.receive(self._early)

    def send(self, packets: Iterable[bytes]) -> None:
        """Send OSC packets, each by itself. Raises ClientError where too much waits already."""
        for packet in packets:
            if self.is_open:
                self._protocol.send_binary(packet)
                self._take_writes()

    def command(self, text: bytes) -> None:
        """Send a command. Raises ClientError where too much waits already."""
        if self.is_open:
            self._protocol.send_text(text)
            self._take_writes()

    def end(self) -> None:
        """Say that the show is over."""
        if self.is_open:
            self._protocol.send_close(1001, "the show is over")
            self._take_writes()

    def flush(self) -> None:
        """Hand the system what it takes. Raises ClientError where the connection is gone."""
        try:
            while self._out:
                del self._out[: self.connection.send(self._out)]
            if self._ends:
                self._ends = False
                self.connection.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return
        except OSError as error:
            raise ClientError(error.strerror or str(error)) from error

    def _respond(self, response: Response, now_s: float) -> None:
        self._out += response.serialize()
        self._ends = self.is_answered = True
        self._until_s = now_s + _OPENING_S

    def _read_head(self, head: bytearray, data: bytes) -> Iterator[Request | Answer]:
        """The request, once it is whole."""
        head += data
        end = head.find(_HEAD_ENDS) + len(_HEAD_ENDS)
        if end < len(_HEAD_ENDS) and len(head) <= _LONGEST_HEAD:
            return
        self._head = None
        if not len(_HEAD_ENDS) <= end <= _LONGEST_HEAD:
            yield Answer(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"A request has {_LONGEST_HEAD} bytes of headers at most."
            )
            return
        # Alone, since what comes after a request would be taken for websocket frames before it was accepted as one.
        self._protocol.receive_data(bytes(head[:end]))
        self._early = bytes(head[end:])
        request = next(iter(self._protocol.events_received()), None)
        if isinstance(request, Request):
            yield request
        else:
            yield Answer(HTTPStatus.BAD_REQUEST, "That was no HTTP request that can be answered here.")

    def _whole(self, frame: Frame) -> Iterator[Message]:
        """The message that a frame completes; its parts are together no longer than the protocol's limit."""
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._parts, self._is_text = [], frame.opcode is Opcode.TEXT
        elif frame.opcode is not Opcode.CONT:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            yield Message(b"".join(self._parts), self._is_text)
            self._parts = []

    def _take_writes(self) -> None:
        if len(self._out) > _MOST_WAITING:
            raise ClientError(f"more than {_MOST_WAITING} bytes behind with reading")
        for data in self._protocol.data_to_send():
            self._out += data
            self._ends |= not data
