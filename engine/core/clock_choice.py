"""Which clock the show follows, and what becomes of its time when one is lost, returns or is moved. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.core.clock import ELSEWHERE_BEYOND_S, steered
from engine.core.lines import Line
from engine.model.clock import FREE_RUN, ClockReading

# A clock that was started anew is followed to its new place only where that is further than this: two frames at 60 Hz.
_MOVED_BEYOND_S = 1 / 30

# The clock of the music: its own time is the show's, until the music is sought.
TRACK = "track"


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far show time is ahead of a clock's own, in seconds, and the clock's `jumps` when that was settled."""

    ahead_s: float
    jumps: int | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """The clock `name` stands elsewhere than the show, at `position_s` of its own time, while show time is `at_s`.

    Show time runs on; who hears of it moves the show (time code) or the music (the track) to where it should be.
    """

    name: str
    position_s: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Following:
    """Show time as it runs: `line` maps monotonic to show seconds, and jumps at the track's first reading alone.

    `rate` is that at which the followed clock runs, or the last one did. Up to the monotonic instant `fresh_until_s`
    nothing was heard to be in step with, and the track's first reading is taken as it is.
    """

    line: Line
    followed: str = FREE_RUN
    since_s: float = 0.0
    rate: float = 1.0
    error_s: float = 0.0
    anchors: Mapping[str, Anchor] = field(default_factory=lambda: {TRACK: Anchor(0.0)})
    fresh_until_s: float = -1.0


def stepped_to(
    past: Following, order: Sequence[str], readings: Mapping[str, ClockReading | None], now_s: float
) -> tuple[Following, Located | None]:
    """Show time from the monotonic instant `now_s` on: towards the first clock of `order` that gives a reading.

    Without one it runs on at the last one's rate. Show time at `now_s` stays as it is, whatever the clocks say.
    """
    for name in order:
        reading = readings.get(name)
        if reading is not None:
            return _towards(_taken_up(past, name, now_s), reading, now_s)
    if past.followed == FREE_RUN:
        return past, None
    line = past.line.turned(now_s, past.rate)
    return replace(past, line=line, followed=FREE_RUN, since_s=now_s, error_s=0.0, fresh_until_s=-1.0), None


def _taken_up(past: Following, name: str, now_s: float) -> Following:
    return past if past.followed == name else replace(past, followed=name, since_s=now_s)


def _towards(past: Following, reading: ClockReading, now_s: float) -> tuple[Following, Located | None]:
    name, clock_s, show_s = past.followed, reading.at(now_s), past.line.at(now_s)
    following = replace(past, rate=reading.rate, fresh_until_s=-1.0)
    if name == TRACK and now_s < past.fresh_until_s:
        return replace(following, line=Line(now_s, clock_s, reading.rate), error_s=0.0), None
    anchor = past.anchors.get(name)
    error_s = 0.0 if anchor is None else clock_s + anchor.ahead_s - show_s
    if anchor is None or _elsewhere(anchor, reading, error_s):
        anchors = {**past.anchors, name: Anchor(show_s - clock_s, reading.jumps)}
        line = past.line.turned(now_s, reading.rate)
        return replace(following, line=line, anchors=anchors, error_s=0.0), Located(name, clock_s, show_s)
    line = steered(past.line, now_s, show_s + error_s, reading.rate)
    return replace(following, line=line, error_s=error_s), None


def _elsewhere(anchor: Anchor, reading: ClockReading, error_s: float) -> bool:
    moved = reading.jumps != anchor.jumps and abs(error_s) > _MOVED_BEYOND_S
    return moved or abs(error_s) > ELSEWHERE_BEYOND_S
