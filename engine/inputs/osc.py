"""OSC in over UDP and TCP: one thread for all sockets, every packet stamped as it is received."""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Hashable
from typing import Any, Protocol

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.formats.osc_peer import OscPeer
from engine.inputs.osc_packet import OscMessage
from engine.inputs.osc_receiver import OscReceiver, Put, Touched, tell_nobody
from engine.inputs.osc_tcp import OscTcpServer, TcpClient
from engine.model.controls import OscInput as OscSettings
from engine.model.tree import ParameterTree

_log = logging.getLogger(__name__)

_LARGEST_PACKET = 65_536
_RECEIVE_BUFFER = 1 << 22  # bytes; the system gives what it allows: a fifth of a second of 20,000 a second
_AT_ONCE = 256  # datagrams before the other sockets have their turn


class Answers(Protocol):
    """Whoever answers questions (engine.inputs.osc_answers)."""

    def answer(self, message: OscMessage, peer: OscPeer) -> None: ...


class OscInput:
    """Listens from its construction until `close`; `port` and `tcp_port` are the ports that it got.

    Raises DeviceError where the address or a port is not to be had; nothing stays open then. `put`, `now_s`,
    `answers` and `touched` are called on the thread "osc-input". Answers go back to where a question came from:
    over UDP from this port, over TCP by the same connection.
    """

    def __init__(
        self,
        settings: OscSettings,
        put: Put,
        now_s: Callable[[], float],
        figures: Figures,
        *,
        tree: ParameterTree,
        answers: Answers,
        touched: Touched = tell_nobody,
    ) -> None:
        self._answers = answers  # osc-input thread, as all that follows
        self._receiver = OscReceiver(put, now_s, figures, tree, self._ask, touched=touched)
        self._closing = False  # set by the main thread before it wakes the other
        self._socket = _bind(settings.host, settings.port)
        self.port: int = self._socket.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._tcp: OscTcpServer | None = None
        for opened, act in ((self._socket, self._take_datagrams), (self._woken, self._take_wake)):
            opened.setblocking(False)
            self._selector.register(opened, selectors.EVENT_READ, act)
        self._wake.setblocking(False)
        if settings.tcp_port is not None:
            try:
                self._tcp = OscTcpServer(settings, self._selector, self._receiver.handle, self._wake_up)
            except DeviceError:
                self._close_sockets()
                raise
        self._thread = threading.Thread(target=self._listen, name="osc-input", daemon=True)
        self._thread.start()

    @property
    def tcp_port(self) -> int | None:
        return None if self._tcp is None else self._tcp.port

    def adopt(self, tree: ParameterTree) -> None:
        """Play another version of the show from here on. Any thread."""
        self._receiver.adopt(tree)

    def close(self) -> None:
        """Stop listening and free the ports; connections are closed. Safe to call twice."""
        if self._closing:
            return
        self._closing = True
        self._wake_up()
        self._thread.join(timeout=5)
        self._close_sockets()

    def _listen(self) -> None:
        while not self._closing:
            for key, ready in self._selector.select():
                key.data(ready)
            if self._tcp is not None:
                self._tcp.flush()

    def _wake_up(self) -> None:
        """Have the thread look round. Any thread."""
        with contextlib.suppress(BlockingIOError):  # so many wakes wait already that one more changes nothing
            self._wake.send(b"\x00")

    def _take_wake(self, _ready: int) -> None:
        self._woken.recv(4096)

    def _take_datagrams(self, _ready: int) -> None:
        handle, receive = self._receiver.handle, self._socket.recvfrom
        for _ in range(_AT_ONCE):
            try:
                packet, sender = receive(_LARGEST_PACKET)
            except (BlockingIOError, ConnectionResetError):  # the latter: Windows, after a reply was refused
                return
            handle(packet, sender)

    def _ask(self, message: OscMessage, sender: Hashable) -> None:
        self._answers.answer(message, sender.peer if isinstance(sender, TcpClient) else self._datagram_peer(sender))

    def _datagram_peer(self, sender: Any) -> OscPeer:
        """Whoever sent a datagram; `sender` is its address as the socket gives it."""

        def send(packet: bytes) -> bool:
            try:
                self._socket.sendto(packet, sender)
            except OSError as error:  # nobody there, no network, or no room just now
                _log.debug("OSC: nothing sent to %s: %s", sender, error)
                return False
            return True

        return OscPeer(
            f"{sender[0]}:{sender[1]}",
            sender,
            send,
            lambda port: self._datagram_peer((sender[0], port, *sender[2:])),
        )

    def _close_sockets(self) -> None:
        if self._tcp is not None:
            self._tcp.close()
        self._selector.close()
        for opened in (self._socket, self._wake, self._woken):
            opened.close()


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise DeviceError(
            f"no such address ({error})", subject=f"OSC {host}", mend="Say 127.0.0.1 in the show."
        ) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise DeviceError(
            f"cannot listen there ({error.strerror or error})",
            subject=f"OSC {host}:{port}",
            mend="Close the program that listens there, or choose another port in the show: inputs: osc: port.",
        ) from error
    return bound
