"""What moves parameters by itself: mappings and modulations, as closed forms in time. Pure.

Of several on one path those that set count first, in their order, so that the last one stays; then each that adds
goes on top. A level's mapping adds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.core.hits import since_onset
from engine.core.mappings import level_at
from engine.core.state import MovementState, State
from engine.core.tempo import beat_at
from engine.core.values import value_in
from engine.core.waves import envelope, wave
from engine.model.looks import Modulation
from engine.model.parameters import Kind, Parameter
from engine.model.sound import Mapping as LevelMapping
from engine.model.world import World


class Moment:
    """The values that parameters have at one instant in one movement, each worked out once. One thread.

    `at_s` is show time in seconds; `drivers` are those of the movement, by path.
    """

    __slots__ = ("_known", "at_s", "drivers", "movement", "state", "world")

    def __init__(self, world: World, state: State, movement: MovementState, at_s: float) -> None:
        self.world, self.state, self.movement, self.at_s = world, state, movement, at_s
        self.drivers = drivers_of(world, movement.index)
        self._known: dict[str, float] = {}

    def driven(self, path: str, value: float) -> float:
        """`value` of the parameter at `path` with what drives it, within its range."""
        drivers = self.drivers.get(path)
        if drivers is None:
            return value
        known = self._known.get(path)
        if known is None:
            for driver in drivers:
                moved = driver.low + (driver.high - driver.low) * driver.source(self)
                value = _within(driver.parameter, value + moved if driver.adds else moved)
            known = self._known[path] = value
        return known

    def value(self, path: str) -> float:
        """The parameter at `path`, as touched, else as written, with what drives it."""
        known = self._known.get(path)
        if known is not None:
            return known
        value = value_in(self.world, self.state, self.movement, path, self.at_s)
        if value is None:
            value = self.world.tree.parameters[path].default
        return self.driven(path, value)


def driven(world: World, state: State, path: str, value: float, at_s: float) -> float:
    """`value` of the parameter at `path` with what drives it while the current movement runs."""
    if path not in drivers_of(world, state.current.index):
        return value
    return Moment(world, state, state.current, at_s).driven(path, value)


_Source = Callable[[Moment], float]


@dataclass(frozen=True, slots=True, eq=False)
class Driver:
    """One mapping or modulation. `source` goes from 0 to 1, and what it gives from `low` to `high`."""

    parameter: Parameter
    source: _Source
    low: float
    high: float
    adds: bool


@lru_cache(maxsize=64)
def drivers_of(world: World, movement_index: int) -> Mapping[str, tuple[Driver, ...]]:
    """What drives parameters in a movement, by path; what names a path or level that is not there is left out."""
    sets: dict[str, list[Driver]] = {}
    adds: dict[str, list[Driver]] = {}
    for mapping in world.loaded.show.mappings:
        parameter = world.tree.parameters.get(mapping.to)
        if parameter is not None:
            adds.setdefault(mapping.to, []).append(_of_mapping(world, mapping, parameter))
    for one in world.loaded.movements[movement_index].modulations:
        parameter = world.tree.parameters.get(one.to)
        if parameter is not None:
            onto = adds if one.mode == "add" else sets
            number = len(onto.get(one.to, ()))
            onto.setdefault(one.to, []).append(_of_modulation(world, one, parameter, number))
    return {path: (*sets.get(path, ()), *adds.get(path, ())) for path in (*sets, *adds)}


def _within(parameter: Parameter, value: float) -> float:
    if parameter.kind is Kind.SWITCH:
        return float(value >= 0.5)
    return parameter.clamp(value)


def _of_mapping(world: World, mapping: LevelMapping, parameter: Parameter) -> Driver:
    high = mapping.gain * (parameter.high - parameter.low)
    source = _level(world, mapping.level, mapping.attack_s, mapping.release_s, mapping.curve)
    return Driver(parameter, source, 0.0, high, adds=True)


def _of_modulation(world: World, one: Modulation, parameter: Parameter, number: int) -> Driver:
    adds = one.mode == "add"
    rest = 0.0 if adds else parameter.low  # what is added at rest changes nothing
    low = rest if one.low is None else one.low
    high = parameter.high if one.high is None else one.high
    source = _source(world, one, f"{one.mode} {parameter.path} {number}")
    return Driver(parameter, source, low, high, adds)


def _source(world: World, one: Modulation, name: str) -> _Source:
    if one.lfo is not None:
        return _lfo(world, one, name)
    if one.onset is not None:
        hit = one.onset

        def struck(moment: Moment) -> float:
            found = since_onset(moment.world, moment.state, hit.detector or "", hit.min_strength, moment.at_s)
            height = found.strength if hit.by_strength else 1.0
            return height * envelope(hit, found.since_s)

        return struck
    if one.entry is not None:
        entry = one.entry
        return lambda moment: envelope(entry, moment.movement.position.at(moment.at_s))
    if one.level is not None:
        level = one.level
        return _level(world, level.name, level.attack_s, level.release_s, level.curve)
    assert one.parameter is not None
    return _parameter(world, one.parameter)


def _lfo(world: World, one: Modulation, name: str) -> _Source:
    lfo, seed = one.lfo, world.loaded.show.seed
    assert lfo is not None
    if lfo.period_s is not None:
        period_s = lfo.period_s
        return lambda moment: wave(lfo, moment.at_s / period_s, seed, name)
    beats = lfo.period_beats or 1.0

    def by_beats(moment: Moment) -> float:
        passed = beat_at(moment.world, moment.state, moment.at_s)
        return wave(lfo, 0.0 if passed is None else passed / beats, seed, name)

    return by_beats


def _level(world: World, name: str, attack_s: float, release_s: float, curve: float) -> _Source:
    key = (name, attack_s, release_s)
    is_live = any(level.name == name and level.source == "input" for level in world.loaded.show.levels)
    return lambda moment: level_at(moment.world, moment.state, key, moment.at_s, is_live=is_live) ** curve


def _parameter(world: World, path: str) -> _Source:
    parameter = world.tree.find(path)
    if parameter is None:
        return lambda _moment: 0.0
    low, reach = parameter.low, parameter.high - parameter.low
    return lambda moment: min(max((moment.value(path) - low) / reach, 0.0), 1.0) if reach > 0 else 0.0
