"""Levels that drive parameters: what they add to a value at an instant. Pure, and closed forms in time.

A level of a track is known ahead, and so is its shaped envelope (`PlacedTrack.envelopes`). One that is heard live
comes as events on /level/NAME; between two of them it approaches the newer one exponentially, with the mapping's
attack going up and its release going down (a one-pole filter, solved).
"""

from __future__ import annotations

from collections.abc import Mapping as Mappings
from dataclasses import dataclass, replace
from functools import lru_cache

from engine.core.lines import Approach, Ramp
from engine.core.state import State
from engine.core.tracks import track_of
from engine.model.events import Event
from engine.model.parameters import Parameter
from engine.model.sound import Mapping
from engine.model.world import World


@dataclass(frozen=True, slots=True)
class Driver:
    """One mapping, with its place in the show's list, its level's source and the parameter that it drives."""

    index: int
    mapping: Mapping
    is_live: bool
    parameter: Parameter


@lru_cache(maxsize=8)
def drivers(world: World) -> Mappings[str, tuple[Driver, ...]]:
    """The mappings of a show by the path that they drive; those whose path or level is not there are left out."""
    sources = {level.name: level.source for level in world.loaded.show.levels}
    found: dict[str, tuple[Driver, ...]] = {}
    for index, mapping in enumerate(world.loaded.show.mappings):
        parameter, source = world.tree.parameters.get(mapping.to), sources.get(mapping.level)
        if parameter is not None and source is not None:
            driver = Driver(index, mapping, source == "input", parameter)
            found[mapping.to] = (*found.get(mapping.to, ()), driver)
    return found


def driven(world: World, state: State, path: str, value: float, at_s: float) -> float:
    """`value` of the parameter at `path` with what its mappings add at show time `at_s`, within its range."""
    if not world.loaded.show.mappings:
        return value
    for driver in drivers(world).get(path, ()):
        parameter, mapping = driver.parameter, driver.mapping
        reach = parameter.high - parameter.low
        value += mapping.gain * reach * _level(world, state, driver, at_s) ** mapping.curve
        value = parameter.clamp(value)
    return value


def level_heard(world: World, state: State, event: Event) -> State:
    """A level came in: the mappings that it drives approach it from where they are."""
    name = event.address.rpartition("/")[2]
    shaped = dict(state.levels)
    for index, mapping in enumerate(world.loaded.show.mappings):
        if mapping.level == name:
            before = shaped.get(index)
            now = 0.0 if before is None else before.at(event.at_s)
            constant_s = mapping.attack_s if event.value > now else mapping.release_s
            shaped[index] = Approach(event.at_s, now, event.value, constant_s)
    values = {**state.values, event.address: Ramp(event.at_s, event.value, event.value)}
    return replace(state, values=values, levels=shaped)


def _level(world: World, state: State, driver: Driver, at_s: float) -> float:
    """The level of a mapping, shaped by its attack and release, 0..1."""
    mapping = driver.mapping
    approach = state.levels.get(driver.index)
    if approach is not None:
        return min(max(approach.at(at_s), 0.0), 1.0)
    if driver.is_live:
        return 0.0
    return level_of_track(world, state, mapping.level, at_s, attack_s=mapping.attack_s, release_s=mapping.release_s)


def level_of_track(
    world: World, state: State, name: str, at_s: float, *, attack_s: float = 0.0, release_s: float = 0.0
) -> float:
    """A level of the track that plays, 0..1, shaped as a mapping wants it, or as measured; 0 if no mapping uses it."""
    track = track_of(world, state)
    if track is None or state.track.rate <= 0:
        return 0.0
    envelope = track.envelopes.get((name, attack_s, release_s))
    return 0.0 if envelope is None else envelope.at(track.own_s(state.track.at(at_s)))
