"""Hands on controls: what a parameter becomes as the control that plays it is moved, turned or pressed. Pure."""

from __future__ import annotations

from enum import Enum

from engine.core.binding_target import Target, Way
from engine.core.present_values import PresentValues
from engine.core.presses import Control, Presses
from engine.model.parameters import Kind

_PAGE = "/control/page"


class Silence(Enum):
    """Why nothing is played. The values are outcomes of events (see engine.model.events)."""

    HELD = "held"
    IGNORED = "ignored"


class Hands:
    """The performer's hands: what they hold down, and how each control grips its parameter. One thread.

    Instants are show seconds, values of controls 0..1.
    """

    def __init__(self, present: PresentValues) -> None:
        self.presses = Presses()
        self._present = present

    def played(self, target: Target, at_s: float, control: Control, value: float, *, was_held: bool) -> float | Silence:
        """What `target`'s parameter becomes as `control` comes to `value` at `at_s`.

        `was_held` says whether the control held anything down before this event.
        """
        if target.way is Way.FOLLOW:
            return self._followed(target, at_s, control, target.travel(value))
        if target.way is Way.TURN:
            return self._turned(target, at_s, control, target.steps(value))
        return self._pressed(target, at_s, control, value, was_held=was_held)

    def _is_active(self, target: Target, at_s: float) -> bool:
        """Whether its page is on and its modifier held."""
        page, modifier = target.binding.page, target.binding.modifier
        if page is not None and page != (self._present.of(_PAGE, at_s) or 0.0):
            return False
        held = self.presses.modifiers
        return not held if modifier is None else modifier in held

    def _followed(self, target: Target, at_s: float, control: Control, travel: float) -> float | Silence:
        grip = target.grip(control) if target.takes_over else None
        if not self._is_active(target, at_s):
            if grip is not None:
                grip.passed_by(travel)
            return Silence.IGNORED
        if grip is not None:
            place = self._place(target, at_s, grip.played, travel)
            taken = grip.taken(travel, travel if place is None else place, at_s)
            if taken is None:
                return Silence.HELD
            travel = taken
        return self._anew(target, at_s, target.reach.value(travel))

    def _turned(self, target: Target, at_s: float, control: Control, steps: int) -> float | Silence:
        if not steps or not self._is_active(target, at_s):
            return Silence.IGNORED
        place = self._place(target, at_s, target.turned.get(control))
        travel = min(max((place or 0.0) + steps / target.binding.steps, 0.0), 1.0)
        target.turned[control] = travel
        return self._anew(target, at_s, target.reach.value(travel))

    def _pressed(
        self, target: Target, at_s: float, control: Control, value: float, *, was_held: bool
    ) -> float | Silence:
        held = self.presses.holds(control, target)
        if target.depth(value) <= 0:
            if held:
                self.presses.end(control, target)
            return target.lower if held and target.has_release else Silence.IGNORED
        if not held and not self._is_active(target, at_s):
            return Silence.IGNORED
        if target.is_kept:
            more_of_another = was_held and not held and not target.strikes
            more_of_the_same = held and not target.has_release
            if more_of_another or more_of_the_same:
                return Silence.IGNORED
            self.presses.begin(control, target)
        if target.way is Way.TOGGLE:
            return self._other_end(target, at_s)
        return target.reach.value(target.travel(value)) if target.upper is None else target.upper

    def _other_end(self, target: Target, at_s: float) -> float:
        assert target.upper is not None
        now = self._present.of(target.parameter.path, at_s)
        is_up = now is not None and abs(now - target.upper) < abs(now - target.lower)
        return target.lower if is_up else target.upper

    def _anew(self, target: Target, at_s: float, value: float) -> float | Silence:
        """`value`, but for an index that is there already: a fader that trembles would begin its clip again."""
        is_index = target.parameter.kind is Kind.INDEX and target.wait is None
        if is_index and value == self._present.of(target.parameter.path, at_s):
            return Silence.IGNORED
        return value

    def _place(self, target: Target, at_s: float, *likely: float | None) -> float | None:
        """The travel at which the parameter would be as it is; None where it has no value.

        Where whole numbers or rounding leave a choice, it is the first of `likely` that gives this value.
        """
        now = self._present.of(target.parameter.path, at_s)
        if now is None:
            return None
        for travel in likely:
            if travel is not None and target.reach.gives(travel, now):
                return travel
        return target.reach.travel(now)
