"""Soft takeover: what a control may do while it and its parameter stand apart. Pure; time is passed in."""

from __future__ import annotations

import math
from typing import Protocol

# Those of Mixxx (src/controllers/softtakeover.h): three steps of a 7-bit control are enough for a fader that is moved
# quickly to be caught, and no jump to be seen; within the window a control that has taken over keeps its hold.
THRESHOLD = 3 / 128
OVERRIDE_S = 0.05


class Takeover(Protocol):
    """One control's hold on one parameter. All places are travels of the control, 0..1 (see control_value)."""

    played: float | None
    """The travel that was played last; None before any, or once the parameter was moved by something else."""

    def taken(self, travel: float, target: float, at_s: float) -> float | None:
        """The travel to be played when the control came to `travel` at `at_s` (show seconds); None while it is held.

        `target` is where the control would have to stand for the parameter to be as it is.
        """
        ...

    def passed_by(self, travel: float) -> None:
        """The control came to `travel` and played something else: another page, or with a modifier held."""
        ...


class Pickup:
    """The parameter waits until the control comes to it or moves across it.

    The rules are those of Mixxx's SoftTakeover, but that a first value near the parameter is taken at once:

    | before | now | within the window | played |
    |---|---|---|---|
    | – (first, or moved by something else) | far | – | no |
    | – | near | – | yes |
    | far | far, same side | no | no |
    | far | far, same side | yes | yes |
    | far | far, other side | – | yes |
    | far | near | – | yes |
    | near | any | – | yes |
    """

    __slots__ = ("_before", "_taken_at_s", "played")

    def __init__(self) -> None:
        self.played: float | None = None
        self._before: float | None = None
        self._taken_at_s = -math.inf

    def taken(self, travel: float, target: float, at_s: float) -> float | None:
        if self.played is not None and abs(target - self.played) > THRESHOLD:
            self._forget()
        takes = self._takes(travel, target, at_s)
        self._before = travel
        if not takes:
            return None
        self._taken_at_s = at_s
        self.played = travel
        return travel

    def passed_by(self, travel: float) -> None:
        self._forget()
        self._before = travel

    def _forget(self) -> None:
        self.played = self._before = None
        self._taken_at_s = -math.inf

    def _takes(self, travel: float, target: float, at_s: float) -> bool:
        apart = travel - target
        if abs(apart) <= THRESHOLD:
            return True
        if self._before is None:
            return False
        if at_s - self._taken_at_s <= OVERRIDE_S:
            return True
        apart_before = self._before - target
        return abs(apart_before) <= THRESHOLD or (apart_before > 0) != (apart > 0)


class Scaling:
    """The parameter moves with the control, by such a part of its way that both come to the end together."""

    __slots__ = ("_before", "played")

    def __init__(self) -> None:
        self.played: float | None = None
        self._before: float | None = None

    def taken(self, travel: float, target: float, at_s: float) -> float | None:
        before, self._before = self._before, travel
        if before is None:
            self.played = travel if abs(travel - target) <= THRESHOLD else None
        elif travel >= before:
            self.played = target if before >= 1.0 else 1.0 - (1.0 - travel) * (1.0 - target) / (1.0 - before)
        else:
            self.played = target * travel / before
        return self.played

    def passed_by(self, travel: float) -> None:
        self._before = travel
        self.played = None
