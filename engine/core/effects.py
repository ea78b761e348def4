"""Shaders at an instant: what each is set to as touched, as written and as driven. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from engine.core.lines import Ramp
from engine.core.modulation import Moment
from engine.core.shader_uses import Knob, Use
from engine.model.plan import ShaderPlan
from engine.model.shader_values import value_of
from engine.model.shaders import Value

STEP_S = 1 / 60  # of shaders with memory
_FIRED_S = 1.0


def chain_plan(moment: Moment, uses: Iterable[Use], entry: str) -> tuple[ShaderPlan, ...]:
    """The effects of a chain that do something, in order. `entry` makes their keys unique in the picture."""
    plans = (shader_plan(moment, use, entry) for use in uses)
    return tuple(plan for plan in plans if plan is not None)


def shader_plan(moment: Moment, use: Use, entry: str) -> ShaderPlan | None:
    """A shader at the moment; None for an effect that is off or not mixed in."""
    is_masters = use.place.startswith("/master/")
    touched = moment.state.values if is_masters else moment.movement.touched
    if touched.keys().isdisjoint(use.paths) and moment.drivers.keys().isdisjoint(use.paths):
        return _as_written(use, entry)
    mix = use.mix
    if use.is_effect:
        mix = _number(moment, touched, f"{use.place}/mix", use.mix)
        if mix <= 0 or _number(moment, touched, f"{use.place}/on", float(use.is_on)) < 0.5:
            return None
    settings = dict(use.settings)
    for knob in use.knobs:
        value = _value(moment, touched, knob)
        if value is None:
            continue
        if value == knob.default:
            settings.pop(knob.input.name, None)
        else:
            settings[knob.input.name] = value
    event_s = _event_s(moment)
    fired = {}
    for path, name in use.events.items():
        ramp = touched.get(path)
        if ramp is None or not 0 <= moment.at_s - ramp.anchor_s < _FIRED_S:
            continue
        fired[name] = ramp.anchor_s
        if moment.at_s - ramp.anchor_s < event_s:
            settings[name] = True
    return ShaderPlan(f"{entry}{use.place}", use.shader, settings, use.pictures, min(mix, 1.0), fired)


@lru_cache(maxsize=4096)
def _as_written(use: Use, entry: str) -> ShaderPlan | None:
    if use.mix <= 0 or not use.is_on:
        return None
    return ShaderPlan(f"{entry}{use.place}", use.shader, use.settings, use.pictures, use.mix)


def _value(moment: Moment, touched: Mapping[str, Ramp], knob: Knob) -> Value | None:
    """The setting as it is, within its own range: other movements' shaders at its paths may reach further. None where
    it is as written."""
    numbers, is_moved = [], False
    for path, written, low, high in knob.dials:
        if path in touched or path in moment.drivers:
            number, is_moved = _number(moment, touched, path, written), True
            numbers.append(low if number < low else min(number, high))
        else:
            numbers.append(written)
    if not is_moved:
        return None
    return numbers[0] if knob.is_plain else value_of(knob.input, tuple(numbers))


def _number(moment: Moment, touched: Mapping[str, Ramp], path: str, written: float) -> float:
    ramp = touched.get(path)
    number = written if ramp is None else ramp.at(moment.at_s)
    return moment.driven(path, number) if path in moment.drivers else number


def _event_s(moment: Moment) -> float:
    """How long an event is true: the time of three frames. On stage a frame is planned one ahead, so that the event is
    one to two frames old in the first that knows of it, and older where that one is late."""
    return 3 * max(STEP_S, 1 / moment.world.loaded.show.canvas.rate)
