"""What a control's value means: dead zones, the steps of endless encoders, and a travel spread over a range. Pure.

A control's *travel* is the way that it has gone, 0..1, its dead zone left out and its direction turned where asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.model.controls import Curve, Relative
from engine.model.parameters import Kind

# How steep the exponential curve is: at half the travel it stands at 0.12, and rises 55 times as fast at the end as
# at the beginning, as audio faders do.
_STEEPNESS = 4.0
_SPAN = math.expm1(_STEEPNESS)
_MIDDLE = 0.5
WIDEST_ROUND_MIDDLE = 0.3  # wider zones at the ends and in the middle would leave nothing between them
_ROUNDING = 1e-9  # of the range: a value that comes back from the state as it was sent


def exponential(travel: float) -> float:
    """(e^4x − 1) / (e^4 − 1): fine at the beginning, coarse at the end."""
    return math.expm1(_STEEPNESS * travel) / _SPAN


def logarithmic(travel: float) -> float:
    """ln(1 + x (e^4 − 1)) / 4: the exponential's inverse, coarse at the beginning, fine at the end."""
    return math.log1p(_SPAN * travel) / _STEEPNESS


def s_curve(travel: float) -> float:
    """3x² − 2x³ (smoothstep): fine at both ends."""
    return travel * travel * (3.0 - 2.0 * travel)


def inverse_s_curve(value: float) -> float:
    """½ − sin(asin(1 − 2y) / 3): the only root of y = 3x² − 2x³ within 0..1."""
    if value in (0.0, 1.0):
        return value
    return 0.5 - math.sin(math.asin(1.0 - 2.0 * value) / 3.0)


def linear(travel: float) -> float:
    return travel


CURVES: dict[Curve, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "linear": (linear, linear),
    "exponential": (exponential, logarithmic),
    "logarithmic": (logarithmic, exponential),
    "s_curve": (s_curve, inverse_s_curve),
}
"""Each curve and its inverse, from 0..1 to 0..1; all rise, from 0 at 0 to 1 at 1."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A travel spread over a range: from a control to a parameter's values, and back.

    `low` and `high` are what the travel's 0 and 1 become, in the parameter's unit; `high` may be the smaller one. An
    index takes the nearest whole number, a switch is off at 0 alone.
    """

    low: float
    high: float
    curve: Curve = "linear"
    kind: Kind = Kind.NUMBER

    def value(self, travel: float) -> float:
        """The parameter's value for a travel of 0..1."""
        through = travel if self.curve == "linear" else CURVES[self.curve][0](travel)
        # Weighed, not added up: so the ends come out exactly.
        value = self.low * (1.0 - through) + self.high * through
        if self.kind is Kind.INDEX:
            return float(math.floor(value + 0.5))
        return float(value != 0) if self.kind is Kind.SWITCH else value

    def travel(self, value: float) -> float:
        """The travel 0..1 at which the parameter has `value`; the nearest end for a value outside of the range."""
        if self.low == self.high:
            return 0.0
        through = (value - self.low) / (self.high - self.low)
        return CURVES[self.curve][1](min(max(through, 0.0), 1.0))

    def gives(self, travel: float, value: float) -> bool:
        """Whether `travel` becomes `value`, rounding aside."""
        return abs(self.value(travel) - value) <= _ROUNDING * abs(self.high - self.low)


def out_of_dead_zone(control: float, dead_zone: float, *, centred: bool = False) -> float:
    """The travel 0..1 of a control at 0..1, `dead_zone` (0..0.4) of whose way is all one at each end.

    `centred` is pitch bend, which also rests in a dead zone of that width round its middle (0.3 at most then).
    """
    if centred:
        dead_zone = min(dead_zone, WIDEST_ROUND_MIDDLE)
        side = control - _MIDDLE
        moved = (abs(side) - dead_zone / 2) / (_MIDDLE - 1.5 * dead_zone)
        return _MIDDLE + math.copysign(min(max(moved, 0.0), 1.0) / 2, side)
    return min(max((control - dead_zone) / (1.0 - 2.0 * dead_zone), 0.0), 1.0)


def into_dead_zone(travel: float, dead_zone: float, *, centred: bool = False) -> float:
    """Where a control stands whose travel is `travel`: at its ends (and middle) in the midst of what is all one."""
    if travel in (0.0, 1.0) or (centred and travel == _MIDDLE):
        return travel
    if centred:
        dead_zone = min(dead_zone, WIDEST_ROUND_MIDDLE)
        side = travel - _MIDDLE
        return _MIDDLE + math.copysign(dead_zone / 2 + 2 * abs(side) * (_MIDDLE - 1.5 * dead_zone), side)
    return dead_zone + travel * (1.0 - 2.0 * dead_zone)


def steps_turned(control: float, encoding: Relative) -> int:
    """How many steps an endless encoder was turned, clockwise positive, by the control's value 0..1 (of 7 bits).

    The encodings are those that controllers' own editors offer: twos_complement, 1 up and 127 down; binary_offset,
    65 up and 63 down; sign_bit, 1 up and 65 down.
    """
    sent = round(control * 127)
    match encoding:
        case "twos_complement":
            return sent if sent < 64 else sent - 128
        case "binary_offset":
            return sent - 64
        case "sign_bit":
            return sent if sent < 64 else 64 - sent
