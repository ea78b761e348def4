"""When shaders with memory step: 60 times a second of show time, whatever the rate of the output. Arithmetic only."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEPS_A_SECOND = 60
LONGEST_GAP_S = 1.0  # after which nothing is remembered
_SLACK = 1e-4  # of a step: an instant such as 1/30 s may lie a rounding error before its place on the grid


@dataclass(frozen=True, slots=True)
class Steps:
    """The instants n ÷ 60 s to be stepped, in order, and whether the memory is cleared before the first of them."""

    numbers: tuple[int, ...]
    restarts: bool


def grid_number(at_s: float) -> int:
    """The number of the last instant of the grid up to `at_s`."""
    return math.floor(at_s * STEPS_A_SECOND + _SLACK)


def number_from(at_s: float) -> int:
    """The number of the first instant of the grid that is not before `at_s`."""
    return math.ceil(at_s * STEPS_A_SECOND - _SLACK)


def steps_due(last: int | None, at_s: float, *, most: int) -> Steps:
    """The steps from the one numbered `last` (None: nothing is remembered) up to show time `at_s`.

    Of more than `most` the newest ones are done. After a jump backwards or over LONGEST_GAP_S the memory begins anew
    with one step.
    """
    now = grid_number(at_s)
    if last is None or now < last or now - last > LONGEST_GAP_S * STEPS_A_SECOND:
        return Steps((now,), restarts=True)
    return Steps(tuple(range(max(last + 1, now + 1 - most), now + 1)), restarts=False)
