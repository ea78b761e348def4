"""Lines and ramps: values that are arithmetic in time, so that any instant may be asked for directly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from engine.model.quick import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A value that runs at a steady rate: `value` at `anchor_s`, changing by `rate` each second.

    The show's clock, a movement's position and the track's position are lines.
    """

    anchor_s: float
    value: float
    rate: float = 1.0

    def at(self, instant_s: float) -> float:
        return self.value + (instant_s - self.anchor_s) * self.rate

    def instant_of(self, value: float) -> float:
        """When the line reaches `value`; infinity where it never does (it stands or has passed it)."""
        if self.rate <= 0:
            return math.inf
        return self.anchor_s + (value - self.value) / self.rate

    def turned(self, instant_s: float, rate: float) -> Line:
        """The same value at `instant_s`, running at another rate from there."""
        return Line(instant_s, self.at(instant_s), rate)


@dataclass(frozen=True, slots=True)
class Ramp:
    """A value that moves from `start` to `end` within `duration_s` after `anchor_s`, and then stays."""

    anchor_s: float
    start: float
    end: float
    duration_s: float = 0.0

    def at(self, instant_s: float) -> float:
        if instant_s >= self.anchor_s + self.duration_s or self.duration_s <= 0:
            return self.end
        through = max(0.0, (instant_s - self.anchor_s) / self.duration_s)
        return self.start + (self.end - self.start) * through


@dataclass(frozen=True, slots=True)
class Approach:
    """A value that approaches `end` from `start` after `anchor_s`, by 63 % in each `constant_s`."""

    anchor_s: float
    start: float
    end: float
    constant_s: float

    def at(self, instant_s: float) -> float:
        if self.constant_s <= 0:
            return self.end
        since_s = max(0.0, instant_s - self.anchor_s)
        return self.end + (self.start - self.end) * math.exp(-since_s / self.constant_s)


def decay(since_s: float, length_s: float) -> float:
    """A burst that starts at 1 and dies away over `length_s` (quadratically); 0 before and after."""
    if since_s < 0 or since_s >= length_s:
        return 0.0
    return (1.0 - since_s / length_s) ** 2
