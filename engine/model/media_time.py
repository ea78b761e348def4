"""Media time: an integer frame index and a Fraction rate; show time: float seconds."""

from __future__ import annotations

import math
from fractions import Fraction

# A playhead's position is float arithmetic on instants such as n/30, so a position that is meant to be
# frame n may come out as n − 1e-12. A millionth of a frame is far above that error and far below sight.
FRAME_EPSILON = 1e-6


def index_at(position: float) -> int:
    """The frame index that a position (in frames, float) shows: its floor, forgiving float error."""
    return math.floor(position + FRAME_EPSILON)


def instant_s(index: int, rate: Fraction) -> float:
    """The instant (seconds) at which frame `index` begins at `rate` (frames per second, > 0)."""
    return float(index / rate)


def frame_count(duration_s: float, rate: Fraction) -> int:
    """How many frames at `rate` begin within [0, duration_s): the length of a render."""
    return max(0, math.ceil(duration_s * rate - FRAME_EPSILON))
