"""OSC over TCP: several clients on the selector of one thread, none of which can hold up another."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Hashable

from engine.formats.osc_peer import OscPeer
from engine.inputs.osc_stream import LARGEST_FRAME, Framing, StreamError, decoder_of, framed
from engine.inputs.tcp_sockets import keep_alive, listening
from engine.model.controls import OscInput as OscSettings

_log = logging.getLogger(__name__)

MOST_CLIENTS = 32
_MOST_WAITING = 1 << 20  # bytes that a client may be behind with reading

Handle = Callable[[bytes, Hashable], None]


class TcpClient:
    """One connection. `send` of its peer: any thread; all else: the thread of the selector."""

    def __init__(self, connection: socket.socket, name: str, framing: Framing, wants: Callable[[TcpClient], None]):
        self.connection = connection
        self.peer = OscPeer(name, self, self._send)
        self.decoder = decoder_of(framing)
        self._framing = framing
        self._wants = wants
        self._lock = threading.Lock()  # guards what follows
        self._waiting: deque[bytes] = deque()
        self._waiting_size = 0
        self._over = False
        self.too_slow = False

    def _send(self, packet: bytes) -> bool:
        frame = framed(packet, self._framing)
        with self._lock:
            if self._over:
                return False
            self.too_slow = self._waiting_size + len(frame) > _MOST_WAITING
            if self.too_slow:
                self._over = True
            else:
                self._waiting.append(frame)
                self._waiting_size += len(frame)
            sent = not self.too_slow
        self._wants(self)
        return sent

    def flush(self) -> bool:
        """Hand the system what it takes; whether something is left. Raises OSError where the connection is gone."""
        while True:
            with self._lock:
                if not self._waiting:
                    return False
                frame = self._waiting.popleft()
                self._waiting_size -= len(frame)
            try:
                taken = self.connection.send(frame)
            except BlockingIOError:
                taken = 0
            if taken < len(frame):
                with self._lock:
                    self._waiting.appendleft(frame[taken:])
                    self._waiting_size += len(frame) - taken
                return True

    def close(self) -> None:
        with self._lock:
            self._over = True
            self._waiting.clear()
        self.connection.close()


class OscTcpServer:
    """Listens from its construction until `close`; `port` is the TCP port that it got.

    All methods belong to the thread of the selector, whose entries carry what to call when they are ready. At
    most 32 clients; one more, one whose frames are longer than 64 KiB, and one that is a MiB behind with
    reading, are closed with a line in the log. Raises DeviceError where the address or port is not to be had.
    """

    def __init__(
        self,
        settings: OscSettings,
        selector: selectors.BaseSelector,
        handle: Handle,
        wake: Callable[[], None],
    ) -> None:
        self._framing = settings.tcp_framing
        self._selector = selector
        self._handle = handle
        self._wake = wake
        self._eager: deque[TcpClient] = deque()  # clients with something to send; any thread appends
        self._clients: set[TcpClient] = set()
        self._socket = listening(
            settings.host, settings.tcp_port or 0, MOST_CLIENTS, what="OSC over TCP", setting="inputs: osc: tcp_port"
        )
        self.port: int = self._socket.getsockname()[1]
        selector.register(self._socket, selectors.EVENT_READ, self._accept)

    def flush(self) -> None:
        """Send what other threads have left for clients."""
        for _ in range(len(self._eager)):
            client = self._eager.popleft()
            if client in self._clients:
                self._write(client)

    def close(self) -> None:
        for client in tuple(self._clients):
            self._drop(client)
        self._socket.close()

    def _accept(self, _ready: int) -> None:
        try:
            connection, address = self._socket.accept()
        except OSError:  # it was gone again before it was let in, or there are no more file descriptors
            return
        name = f"{address[0]}:{address[1]}"
        if len(self._clients) >= MOST_CLIENTS:
            _log.warning("OSC over TCP: %s is turned away, %d others are connected", name, MOST_CLIENTS)
            connection.close()
            return
        connection.setblocking(False)
        keep_alive(connection)
        client = TcpClient(connection, name, self._framing, self._wants)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, lambda ready: self._serve(client, ready))

    def _wants(self, client: TcpClient) -> None:
        self._eager.append(client)
        self._wake()

    def _serve(self, client: TcpClient, ready: int) -> None:
        if ready & selectors.EVENT_WRITE:
            self._write(client)
        if ready & selectors.EVENT_READ and client in self._clients:
            self._read(client)

    def _read(self, client: TcpClient) -> None:
        """Take what has come, 64 KiB at most, so that the others have their turn."""
        try:
            data = client.connection.recv(LARGEST_FRAME)
        except BlockingIOError:
            return
        except OSError as error:
            self._drop(client, error.strerror or str(error))
            return
        if not data:
            self._drop(client)
            return
        try:
            for packet in client.decoder.feed(data):
                self._handle(packet, client)
        except StreamError as error:
            self._drop(client, str(error))

    def _write(self, client: TcpClient) -> None:
        if client.too_slow:
            self._drop(client, f"more than {_MOST_WAITING} bytes behind with reading")
            return
        try:
            more = client.flush()
        except OSError as error:
            self._drop(client, error.strerror or str(error))
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if more else 0)
        key = self._selector.get_key(client.connection)
        if key.events != wanted:
            self._selector.modify(client.connection, wanted, key.data)

    def _drop(self, client: TcpClient, reason: str = "") -> None:
        if reason:
            _log.warning("OSC over TCP: %s: %s: the connection is closed", client.peer.name, reason)
        self._clients.discard(client)
        self._selector.unregister(client.connection)
        client.close()
