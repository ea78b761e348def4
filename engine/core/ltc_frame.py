"""LTC's eighty bits as a time code (SMPTE ST 12-1, 9.2). Pure."""

from __future__ import annotations

from engine.core.time_code import TimeCode

FRAME_BYTES = 10
_RATES = (24, 25, 30)


def code_of(frame: bytes, frames_a_second: int) -> TimeCode:
    """The time code of a frame's ten bytes, in the order in which their bits come, each bit 0 first.

    Every other group of four bits holds a digit, units before tens; flags share the tens of frames: bit 10 says
    drop-frame.
    """
    drop = bool(frame[1] & 0x04)
    return TimeCode(
        hours=_decimal(frame[6], frame[7], 0x3),
        minutes=_decimal(frame[4], frame[5], 0x7),
        seconds=_decimal(frame[2], frame[3], 0x7),
        frames=_decimal(frame[0], frame[1], 0x3),
        frames_a_second=30 if drop else frames_a_second,
        drop=drop,
    )


def _decimal(units: int, tens: int, tens_mask: int) -> int:
    """The number of two digits, −1 where the units are none."""
    return (units & 0xF) + 10 * (tens & tens_mask) if (units & 0xF) < 10 else -1


class FrameRate:
    """How many frames a second LTC has, which is not written in it. One thread.

    At first the rate nearest to how long a frame took; then what the highest number before a new second's 0
    says, which holds for a tape at another speed as well.
    """

    def __init__(self) -> None:
        self.frames_a_second = 0
        self._last = -1

    def feed(self, frames: int, length_s: float) -> int:
        """A frame of number `frames` took `length_s` seconds; frames a second from here on: 24, 25 or 30."""
        if not self.frames_a_second and length_s > 0:
            self.frames_a_second = min(_RATES, key=lambda rate: abs(rate * length_s - 1))
        if frames == 0 and self._last + 1 in _RATES:
            self.frames_a_second = self._last + 1
        if frames >= (self.frames_a_second or _RATES[-1]):
            self.frames_a_second = next((rate for rate in _RATES if rate > frames), _RATES[-1])
        self._last = frames
        return self.frames_a_second or _RATES[-1]
