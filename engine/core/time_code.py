"""Time code as frames are numbered: SMPTE ST 12-1, in hours, minutes, seconds and frames. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_DROP_SECONDS_A_FRAME = 1001 / 30_000


@dataclass(frozen=True, slots=True)
class TimeCode:
    """A frame's number. `frames_a_second` is 24, 25 or 30; with `drop` (30 alone) it counts 29.97 frames a second.

    Any numbers may be in it: `seconds_of` says whether there is such a frame.
    """

    hours: int
    minutes: int
    seconds: int
    frames: int
    frames_a_second: int = 25
    drop: bool = False


def frame_length_s(code: TimeCode) -> float:
    """How long one frame of this time code lasts, in seconds of its own time."""
    return _DROP_SECONDS_A_FRAME if code.drop else 1 / code.frames_a_second


def seconds_of(code: TimeCode) -> float | None:
    """The seconds since 00:00:00:00; None where there is no such frame.

    Drop-frame leaves out the numbers 0 and 1 of each minute but every tenth, so that it keeps to the hour at 29.97
    frames a second (ST 12-1, 5.2.2). Without it a second is as many frames as their number says, whatever the wall
    clock thinks.
    """
    fields = (code.hours, code.minutes, code.seconds, code.frames)
    if any(value < 0 for value in fields) or code.frames_a_second not in {24, 25, 30}:
        return None
    if code.hours > 23 or code.minutes > 59 or code.seconds > 59 or code.frames >= code.frames_a_second:
        return None
    minutes = code.hours * 60 + code.minutes
    number = (minutes * 60 + code.seconds) * code.frames_a_second + code.frames
    if not code.drop:
        return number / code.frames_a_second
    if code.frames_a_second != 30 or (code.frames < 2 and code.seconds == 0 and code.minutes % 10):
        return None
    return (number - 2 * (minutes - minutes // 10)) * _DROP_SECONDS_A_FRAME
