"""Levels as they drive parameters: shaped by an attack and a release. Pure, and closed forms in time.

A level of a track is known ahead, and so is its shaped envelope (`PlacedTrack.envelopes`). One that is heard live
comes as events on /level/NAME; between two of them it approaches the newer one exponentially, with the attack going up
and the release going down (a one-pole filter, solved).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from engine.core.lines import Approach, Ramp
from engine.core.state import State
from engine.core.tracks import track_of
from engine.model.events import Event
from engine.model.level_uses import LevelUse, level_uses
from engine.model.world import World


@lru_cache(maxsize=8)
def _uses(world: World) -> frozenset[LevelUse]:
    return level_uses(world.loaded.show)


def level_heard(world: World, state: State, event: Event) -> State:
    """A level came in: what it drives approaches it from where it is."""
    name = event.address.rpartition("/")[2]
    shaped = dict(state.levels)
    for use in _uses(world):
        level, attack_s, release_s = use
        if level == name:
            before = shaped.get(use)
            now = 0.0 if before is None else before.at(event.at_s)
            shaped[use] = Approach(event.at_s, now, event.value, attack_s if event.value > now else release_s)
    values = {**state.values, event.address: Ramp(event.at_s, event.value, event.value)}
    return replace(state, values=values, levels=shaped)


def level_at(world: World, state: State, use: LevelUse, at_s: float, *, is_live: bool) -> float:
    """The level of a mapping or a modulation, shaped by its attack and release, 0..1."""
    approach = state.levels.get(use)
    if approach is not None:
        return min(max(approach.at(at_s), 0.0), 1.0)
    if is_live:
        return 0.0
    return level_of_track(world, state, use, at_s)


def level_of_track(world: World, state: State, use: LevelUse, at_s: float) -> float:
    """A level of the track that plays, 0..1, shaped; 0 if nothing in the show uses it so."""
    track = track_of(world, state)
    if track is None or state.track.rate <= 0:
        return 0.0
    envelope = track.envelopes.get(use)
    return 0.0 if envelope is None else envelope.at(track.own_s(state.track.at(at_s)))
