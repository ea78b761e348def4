"""OSC in over UDP: one socket, one thread, every packet stamped as it is received."""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.formats.osc_figures import ADDRESS as FIGURES_ADDRESS
from engine.formats.osc_figures import figure_packets
from engine.inputs.osc_packet import OscMessage, parse_packet
from engine.model.controls import OscInput as OscSettings
from engine.model.events import EventSource

_log = logging.getLogger(__name__)

Put = Callable[[EventSource, str, float, float], None]

_LARGEST_PACKET = 65_536
_WAIT_AT_MOST_S = 10.0  # a bundle due later than this comes from a clock that is not ours: done at once
_RECEIVE_BUFFER = 1 << 20
_ANSWER_GAP_S = 0.05


class OscReceiver:
    """Packets to events, without a socket. Belongs to one thread.

    A bundle due within the next 10 s is stamped with the instant at which it is due; one due in the past, or
    later than that, counts as due at once. What is malformed or carries no finite number is counted in
    `osc_ignored` and logged at most once a second; `osc_events` counts the rest. A message /figures is no event:
    whoever sends it asks to be told the figures.
    """

    def __init__(
        self,
        put: Put,
        now_s: Callable[[], float],
        figures: Figures,
        *,
        unix_s: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._put = put
        self._now_s = now_s
        self._unix_s = unix_s
        self._monotonic = monotonic
        self._events = figures.counter("osc_events")
        self._ignored = figures.counter("osc_ignored")
        self._log_again_s = float("-inf")
        self._unlogged = 0

    def handle(self, packet: bytes) -> bool:
        """Put what a packet says; whether it asks for the figures. Any bytes will do; never raises on what they are."""
        at_s = self._now_s()
        asked = False
        for part in parse_packet(packet):
            if not isinstance(part, OscMessage):
                self._ignored.add()
                self._complain(str(part))
                continue
            self._events.add()
            if part.address == FIGURES_ADDRESS:
                asked = asked or part.value != 0  # a button that is let go asks for nothing
            else:
                self._put(EventSource.OSC, part.address, part.value, at_s + self._wait_s(part))
        return asked

    def _wait_s(self, message: OscMessage) -> float:
        wait_s = 0.0 if message.due_s is None else message.due_s - self._unix_s()
        return wait_s if 0 < wait_s <= _WAIT_AT_MOST_S else 0.0

    def _complain(self, reason: str) -> None:
        now_s = self._monotonic()
        if now_s < self._log_again_s:
            self._unlogged += 1
            return
        more = f" (and {self._unlogged} more like it before)" if self._unlogged else ""
        _log.warning("OSC ignored: %s%s", reason, more)
        self._log_again_s, self._unlogged = now_s + 1.0, 0


class OscInput:
    """Listens from its construction until `close`; `port` is the UDP port that it got.

    Raises DeviceError where the address or the port is not to be had; nothing stays open then. `put` and
    `now_s` are called on the thread "osc-input".

    Whoever asks for the figures is sent them, one message each, from this port to the one that was asked from. At
    most twenty answers a second, since a datagram's sender can be forged and an answer is larger than its request;
    what is asked for beyond that, or cannot be sent, counts in `osc_unanswered`.
    """

    def __init__(self, settings: OscSettings, put: Put, now_s: Callable[[], float], figures: Figures) -> None:
        self._receiver = OscReceiver(put, now_s, figures)  # osc-input thread
        self._figures = figures
        self._unanswered = figures.counter("osc_unanswered")  # osc-input thread
        self._answer_again_s = float("-inf")  # osc-input thread; monotonic
        self._socket = _bind(settings.host, settings.port)
        self.port: int = self._socket.getsockname()[1]
        self._end, self._ended = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="osc-input", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and free the port. Safe to call twice."""
        if not self._thread.is_alive():
            return
        self._end.send(b"\x00")
        self._thread.join(timeout=5)
        for opened in (self._socket, self._end, self._ended):
            opened.close()

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([self._socket, self._ended], [], [])
            if self._ended in ready:
                return
            self._take_all()

    def _take_all(self) -> None:
        """Handle what has come in, a thousand packets at most, so that a flood cannot keep `close` waiting."""
        for _ in range(1000):
            try:
                packet, sender = self._socket.recvfrom(_LARGEST_PACKET)
            except (BlockingIOError, ConnectionResetError):  # the latter: Windows, after a reply was refused
                return
            if self._receiver.handle(packet):
                self._answer(sender)

    def _answer(self, sender: Any) -> None:
        now_s = time.monotonic()
        if now_s < self._answer_again_s:
            self._unanswered.add()
            return
        self._answer_again_s = now_s + _ANSWER_GAP_S
        try:
            for packet in figure_packets(self._figures.snapshot()):
                self._socket.sendto(packet, sender)
        except OSError as error:
            self._unanswered.add()
            _log.debug("OSC: no figures to %s: %s", sender, error)


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise DeviceError(
            f"no such address ({error})", subject=f"OSC {host}", mend="Say 127.0.0.1 in the show."
        ) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        bound.bind(address)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise DeviceError(
            f"cannot listen there ({error.strerror or error})",
            subject=f"OSC {host}:{port}",
            mend="Close the program that listens there, or choose another port in the show: inputs: osc: port.",
        ) from error
    return bound
