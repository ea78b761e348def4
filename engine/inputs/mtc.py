"""MIDI time code from a port: quarter frames and full messages (MMA RP004/RP008, the MIDI Time Code specification)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.code_follow import CodeFollower, shifted
from engine.core.time_code import TimeCode, frame_length_s, seconds_of
from engine.inputs.clock_port import ClockPort
from engine.model.clock import ClockReading
from engine.model.clocks import MtcClock

_QUARTER_FRAME = 0xF1
_FULL_LENGTH = 10
_PIECES = 8
_RATES = ((24, False), (25, False), (30, True), (30, False))  # by the two bits of the hours' byte
_WITNESSES = 2  # groups of quarter frames: the second shows that the first was whole


def code_of(hours: int, minutes: int, seconds: int, frames: int) -> TimeCode:
    """The time code of four data bytes; the hours' holds the rate in bits 5 and 6."""
    frames_a_second, drop = _RATES[hours >> 5 & 3]
    return TimeCode(hours & 0x1F, minutes, seconds, frames, frames_a_second, drop)


class QuarterFrames:
    """Puts groups of eight quarter frames together. One thread."""

    def __init__(self) -> None:
        self._nibbles: list[int] = []
        self._instants: list[float] = []

    def feed(self, data: int, at_s: float) -> tuple[float, float] | None:
        """A quarter frame's data byte. At the last one of a whole forward group: (code seconds, monotonic instant).

        A group's number is that of the frame which begins with its first piece; each piece is a quarter of a frame
        later, so that by the last one the number is nearly two frames old. The instant is the middle of all eight.
        Pieces out of order, as a tape makes them that runs backwards, and frames that there are none of give nothing.
        """
        piece, nibble = data >> 4 & 7, data & 0x0F
        if piece != len(self._nibbles):
            self.clear()
            if piece:
                return None
        self._nibbles.append(nibble)
        self._instants.append(at_s)
        if len(self._nibbles) < _PIECES:
            return None
        low, high = self._nibbles[0::2], self._nibbles[1::2]
        frames, seconds, minutes, hours = (a | b << 4 for a, b in zip(low, high, strict=True))
        code = code_of(hours, minutes & 0x3F, seconds & 0x3F, frames & 0x1F)
        middle_s = sum(self._instants) / _PIECES
        self.clear()
        code_s = seconds_of(code)
        return None if code_s is None else (code_s + frame_length_s(code) * (_PIECES - 1) / 8, middle_s)

    def clear(self) -> None:
        """Forget an unfinished group."""
        self._nibbles.clear()
        self._instants.clear()


class MtcInput:
    """Follows the time code among the messages of all MIDI ports. `on_message` is for one thread, `reading` for any.

    A full message says where the tape was put, not that it runs: the show goes there with the quarter frames that
    follow.
    """

    def __init__(self, settings: MtcClock) -> None:
        self._port = ClockPort(settings.port)
        self._offset_s = settings.offset_s
        self._groups = QuarterFrames()
        self._follower = CodeFollower(_WITNESSES)

    def on_message(self, port: str, message: Sequence[int], at_s: float) -> None:
        """One whole message of `port`, which came at the monotonic instant `at_s`. Others are left out."""
        if len(message) == 2 and message[0] == _QUARTER_FRAME:
            if self._port.takes(port, at_s):
                self._quarter_frame(message[1], at_s)
        elif _is_full(message) and self._port.takes(port, at_s):
            self._groups.clear()
            self._follower.forget()

    def reading(self, now_s: float) -> ClockReading | None:
        """The show position that it asks for at the monotonic instant `now_s`; None while it does not run."""
        return shifted(self._follower.reading(now_s), self._offset_s)

    def _quarter_frame(self, data: int, at_s: float) -> None:
        group = self._groups.feed(data, at_s)
        if group is not None:
            self._follower.feed(*group)


def _is_full(message: Sequence[int]) -> bool:
    """F0 7F device 01 01 hh mm ss ff F7."""
    return len(message) == _FULL_LENGTH and tuple(message[:2]) == (0xF0, 0x7F) and tuple(message[3:5]) == (0x01, 0x01)
