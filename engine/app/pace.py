"""Pace: which instants the loop plans for, and when it does so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from engine.core.figures import Figures
from engine.model.media_time import instant_s


@dataclass(frozen=True, slots=True)
class Tick:
    """One turn of the loop: the frame's number, and the show instants now and when it will be seen.

    A frame whose number is negative is drawn for what shaders remember of it, and not shown.
    """

    frame_index: int
    now_s: float
    at_s: float

    @property
    def is_shown(self) -> bool:
        return self.frame_index >= 0


class Pace(Protocol):
    """Gives ticks, waiting where there is something to wait for. Main thread."""

    period_s: float

    def ticks(self) -> Iterator[Tick]: ...


class OfflinePace:
    """Every frame of [from_s, to_s) at an exact rate, as fast as the machine goes.

    Those of the `lead_in_s` before them that the show has come first: shaders with memory begin with what they would
    remember by then.
    """

    def __init__(self, rate: Fraction, from_s: float, frames: int, *, lead_in_s: float = 0.0) -> None:
        self.period_s = float(1 / rate)
        self._rate = rate
        self._from_s = from_s
        self._frames = frames
        self._lead_in = int(min(lead_in_s, max(from_s, 0.0)) * rate)

    def ticks(self) -> Iterator[Tick]:
        for frame_index in range(-self._lead_in, self._frames):
            at_s = self._from_s + instant_s(frame_index, self._rate)
            yield Tick(frame_index, at_s, at_s)


class LivePace:
    """A tick each period of the monotonic clock, planned for the instant at which its frame is seen.

    A display that holds `present` until its refresh keeps the time by itself: then the wait here is short, and what is
    due gives way to one that is a little slower than it says (59.94 Hz is told as 60). A tick that begins more than
    half a period late counts in `frames_late`; whole periods missed are left out and counted in `frames_dropped`.
    """

    def __init__(self, rate: float, now_s: Callable[[], float], over: Callable[[], bool], figures: Figures) -> None:
        self.period_s = 1.0 / rate
        self.due_s = 0.0  # when the next tick is due, of time.monotonic
        self._now_s = now_s
        self._over = over
        self._late = figures.counter("frames_late")
        self._dropped = figures.counter("frames_dropped")
        self._lateness_ms = figures.samples("tick_late_ms")

    def ticks(self) -> Iterator[Tick]:
        due_s = time.monotonic()
        frame_index = 0
        while not self._over():
            late_s = _waited_until(due_s)
            self._lateness_ms.add(late_s * 1000)
            if late_s > self.period_s / 2:
                self._late.add()
            missed = int(late_s / self.period_s)
            self._dropped.add(missed)
            frame_index += missed
            due_s += (1 + missed) * self.period_s + (0.0 if missed else late_s * _GIVES_WAY)
            self.due_s = due_s
            now_s = self._now_s()
            yield Tick(frame_index, now_s, now_s + self.period_s)
            frame_index += 1


# Of its lateness a tick hands so much on to the next. A display slower than it says by 1 in 1,000 is followed at 0.8 ms
# behind; a loop that takes over 1 % too long for its rate still comes to be late, and is told of.
_GIVES_WAY = 0.02
# The kernel wakes a sleeper late by about this much; the rest is spent spinning.
_SPIN_S = 0.0008


def _waited_until(due_s: float) -> float:
    """Wait until `due_s` (monotonic); how late it has become, ≥ 0."""
    ahead_s = due_s - time.monotonic() - _SPIN_S
    if ahead_s > 0:
        time.sleep(ahead_s)
    while (late_s := time.monotonic() - due_s) < 0:
        pass
    return late_s
