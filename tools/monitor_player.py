"""A player that is watched from outside, over OSC: what it is asked, and what its answers mean."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable, Iterator

from engine.errors import DeviceError
from engine.formats.osc_figures import ADDRESS as FIGURES_ADDRESS
from engine.formats.osc_write import osc_message
from engine.inputs.osc_packet import Argument, OscMessage, parse_packet
from tools.monitor_told import Bus, Clock, Hit, Music, Note, Numbers, Row, Skipped, Told, Value

_LARGEST_PACKET = 65_536
_RECEIVE_BUFFER = 1 << 20
_AT_ONCE = 512  # packets before the screen has its turn
_STATUS_EACH_S = 0.25  # the player answers twenty questions a second, and others may ask as well
_FIGURES_EACH_S = 1.0
_RENEW_EACH_S = 20.0  # a third of what the player promises
_LOST_AFTER_S = 2.0
_ANSWERS_WITHIN_S = 0.6
_TRIES = 2
_SUBSCRIBED = "/{tempo,level}"


class WatchedPlayer:
    """A player at host and port; one that is gone is asked on until it is back. Main thread.

    Raises DeviceError where the host has no address.
    """

    def __init__(self, host: str, port: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.where = f"{host}:{port}"
        self.title = self.file = ""
        self._monotonic = monotonic
        self._socket = _connected(host, port)
        self._heard_s = monotonic()
        self._lost = False
        self._due = {"status": 0.0, "figures": 0.0, "renew": 0.0}

    def answers(self) -> bool:
        """Whether anybody answers within a second or so. Then `title` and `file` say which show plays there."""
        for _ in range(_TRIES):
            self._ask("/runtime/show")
            deadline_s = self._monotonic() + _ANSWERS_WITHIN_S
            while (left_s := deadline_s - self._monotonic()) > 0:
                for message in self._received(left_s):
                    if message.address == "/runtime/show":
                        self.title, self.file = [*map(_text, message.arguments), "", ""][:2]
                        return True
        return False

    def poll(self, wait_s: float) -> Iterator[Told]:
        """What it tells within `wait_s`; asks what is due."""
        self._ask_what_is_due(self._monotonic())
        messages = self._received(wait_s)
        now_s = self._monotonic()
        if messages:
            self._heard_s = now_s
            if self._lost:
                self._lost, self._due["renew"] = False, 0.0
                yield Note(f"The player at {self.where} is back.")
        elif not self._lost and now_s - self._heard_s > _LOST_AFTER_S:
            self._lost = True
            yield Note(f"No answer from the player at {self.where}; it is asked again until it is back.")
        figures: dict[str, float] = {}
        for message in messages:
            if message.address.startswith(FIGURES_ADDRESS + "/") and message.value is not None:
                figures[message.address.removeprefix(FIGURES_ADDRESS + "/")] = message.value
            elif (told := told_by(message)) is not None:
                yield told
        if figures:
            yield Numbers(figures)

    def close(self) -> None:
        """Ask to be told no more, and close."""
        self._ask("/runtime/unsubscribe")
        self._socket.close()

    def _ask_what_is_due(self, now_s: float) -> None:
        if now_s >= self._due["renew"]:
            # While it is lost it is only asked for its status: its first answer renews the rest.
            self._due["renew"] = now_s + _RENEW_EACH_S
            self._ask("/runtime/monitor")
            self._ask("/runtime/subscribe", _SUBSCRIBED)
        if now_s >= self._due["status"]:
            self._due["status"] = now_s + _STATUS_EACH_S
            self._ask("/runtime/status")
        if now_s >= self._due["figures"]:
            self._due["figures"] = now_s + _FIGURES_EACH_S
            self._ask("/runtime/figures")

    def _ask(self, address: str, *texts: str) -> None:
        with contextlib.suppress(OSError):  # refused: nobody is there just now
            self._socket.send(osc_message(address, "s" * len(texts), *texts))

    def _received(self, wait_s: float) -> list[OscMessage]:
        """What came, waited for at most `wait_s`."""
        readable, _, _ = select.select([self._socket], [], [], max(wait_s, 0.0))
        packets: list[bytes] = []
        with contextlib.suppress(OSError):  # no more, or refused
            while readable and len(packets) < _AT_ONCE:
                packets.append(self._socket.recv(_LARGEST_PACKET))
        return [one for packet in packets for one in parse_packet(packet) if isinstance(one, OscMessage)]


def told_by(message: OscMessage) -> Told | None:
    """What a message of the player says; None for what is no news, or has other arguments than docs/osc.md says."""
    read = _READERS.get(message.address)
    try:
        if read is not None:
            return read(*message.arguments)
        if message.address.startswith(("/tempo/", "/level/")) and message.value is not None:
            return Value(message.address, message.value)
    except (TypeError, ValueError):
        pass
    return None


def _row(*arguments: Argument) -> Row:
    at_s, source, address, value, outcome, path, played, port, wait = arguments
    return Row(
        *(_number(at_s), _text(source), _text(address), _number(value), _text(outcome)),
        *(_text(path), _number(played), _text(port), _text(wait)),
    )


def _clock(*arguments: Argument) -> Clock:
    followed, running, missing, beats, bpm, error_ms = arguments
    words = tuple(_text(running).split()), tuple(_text(missing).split())
    return Clock(_text(followed), *words, _text(beats), _number(bpm), _number(error_ms))


def _music(*arguments: Argument) -> Music:
    at_s, movement, index, position, standby, _bpm, _followed = arguments
    return Music(_number(at_s), _text(movement), int(_number(index)), _number(position), _text(standby))


def _bus(*arguments: Argument) -> Bus:
    name, *levels = arguments
    peak_left, peak_right, rms_left, rms_right = map(_number, levels)
    return Bus(_text(name), max(peak_left, peak_right), (rms_left, rms_right))


def _hit(*arguments: Argument) -> Hit:
    _at_s, detector, strength = arguments
    return Hit(_text(detector), _number(strength))


def _number(argument: Argument) -> float:
    if isinstance(argument, int | float):
        return float(argument)
    raise TypeError(f"{argument!a} is no number")


def _text(argument: Argument) -> str:
    """A text for the terminal, whoever sent it: without what would move its cursor."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(argument))


_READERS: dict[str, Callable[..., Told]] = {
    "/runtime/event": _row,
    "/runtime/event/skipped": lambda count: Skipped(int(_number(count))),
    "/runtime/clock": _clock,
    "/runtime/status": _music,
    "/runtime/meter": _bus,
    "/runtime/onset": _hit,
    "/runtime/error": lambda what, mend: Note(f"The player says: {_text(what)}. {_text(mend)}"),
}


def _connected(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        opened = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        mend = "Correct --host; numbers need no name server."
        raise DeviceError(f"no such address ({error})", subject=f"{host}:{port}", mend=mend) from error
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        opened.connect(address)
    except OSError as error:
        opened.close()
        mend = "Is that machine on this network?"
        raise DeviceError(error.strerror or str(error), subject=f"{host}:{port}", mend=mend) from error
    opened.setblocking(False)
    return opened
