"""Which music plays, and where it stands. Pure."""

from __future__ import annotations

from dataclasses import replace

from engine.core.lines import Line
from engine.core.state import State
from engine.model.world import PlacedTrack, World


def track_of(world: World, state: State) -> PlacedTrack | None:
    """The track that plays; None where there is none."""
    return world.tracks[state.track_index]


def with_track(world: World, state: State, index: int, at_s: float, track_s: float, *, rate: float = 1.0) -> State:
    """The state whose music is the world's track `index`, standing at `track_s` of track time at show time `at_s`.

    Onsets before there have passed.
    """
    track = world.tracks[index]
    line = Line(at_s, track_s, rate if track is not None else 0.0)
    number = track.onset_number_from(track_s) if track is not None else 0
    return replace(state, track=line, track_index=index, onset_number=number)


def entered_track(world: World, state: State, before_index: int, index: int, at_s: float) -> State:
    """The music as movement `index` begins after `before_index`: its own from its top, or the show's going on.

    The show's own track, come back to after a movement's, stands where it would be had it played all the time.
    """
    movement = world.loaded.movements[index]
    own = movement.own_track
    if own is not None:
        return with_track(world, state, own, at_s, 0.0)
    if state.track_index != 0:
        before_s = sum(one.duration_s for one in world.loaded.movements[:index])
        return with_track(world, state, 0, at_s, before_s)
    return state
