"""How long ago an onset was: one of the track, known ahead, or the latest that was tapped or heard. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from engine.core.state import State
from engine.core.tracks import track_of
from engine.model.world import Onset, PlacedTrack, World


@dataclass(frozen=True, slots=True)
class Hit:
    """An onset that was, so many seconds ago; infinity for none."""

    since_s: float = math.inf
    strength: float = 0.0


def since_onset(world: World, state: State, detector: str, min_strength: float, at_s: float) -> Hit:
    """The latest onset of a detector ("" is the main one), of that strength at least, up to show time `at_s`."""
    heard = state.heard_onsets.get((detector, min_strength))
    latest = Hit() if heard is None or heard.at_s > at_s else Hit(at_s - heard.at_s, heard.strength)
    of_track = _of_track(world, state, detector, min_strength, at_s)
    return min(of_track, latest, key=lambda hit: hit.since_s)


def onset_heard(world: World, state: State, found: Onset) -> State:
    """An onset was tapped or heard live: the envelopes that it begins anew remember it."""
    heard = {pair: found for pair in _wanted(world) if pair[0] == found.detector and found.strength >= pair[1]}
    return replace(state, heard_onsets={**state.heard_onsets, **heard}) if heard else state


def _of_track(world: World, state: State, detector: str, min_strength: float, at_s: float) -> Hit:
    if track_of(world, state) is None:
        return Hit()
    track = _only(world, state.track_index, detector, min_strength)
    track_s = state.track.at(at_s)
    # Those at this very instant count; a rounding must not put one off to the next frame.
    number = track.onset_number_from(track_s + 1e-9)
    found = track.onset(number - 1) if number > 0 else None
    if found is None or not track.sounds_at(found[0]):
        return Hit()
    return Hit(max(0.0, track_s - found[0]), found[1].strength)


@lru_cache(maxsize=64)
def _only(world: World, track_index: int, detector: str, min_strength: float) -> PlacedTrack:
    """The track with no other onsets than these."""
    track = world.tracks[track_index]
    assert track is not None
    wanted = (one for one in track.onsets if one.detector == detector and one.strength >= min_strength)
    return replace(track, onsets=tuple(wanted))


@lru_cache(maxsize=8)
def _wanted(world: World) -> frozenset[tuple[str, float]]:
    """The detectors and least strengths that envelopes of the show ask for."""
    every = (one.onset for movement in world.loaded.movements for one in movement.modulations)
    return frozenset((one.detector or "", one.min_strength) for one in every if one is not None)
