"""Actions that wait for the music: what they wait for, and what becomes of them. Pure.

While it waits, an action's target is prefetched; when its moment comes, it fires at that very instant of show time,
so a frame shown at or after it shows what it did.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from engine.core.layers import placed
from engine.core.state import State, Waiting
from engine.core.tempo import next_beat_s
from engine.model.cueing import Quantise
from engine.model.events import Event
from engine.model.world import World


def armed(state: State, event: Event) -> State:
    """The state in which `event` waits for its moment. Of two that wait under one path, the later one counts."""
    assert event.wait is not None
    at_most_s = event.wait.at_most_s
    one = Waiting(event, math.inf if at_most_s is None else event.at_s + at_most_s)
    others = tuple(other for other in state.waiting if other.event.address != event.address)
    return replace(state, waiting=(*others, one))


def moment_s(world: World, state: State, wait: Quantise) -> float:
    """The next show instant, at or after the state's own, of what `wait` waits for, as far as it is known ahead.

    Infinity where it is not: an onset that will be played live, a beat without a tempo.
    """
    match wait.to:
        case "beat":
            return next_beat_s(world, state, wait.every, state.at_s)
        case "bar":
            return next_beat_s(world, state, wait.every * world.loaded.show.tempo.beats_a_bar, state.at_s)
        case "movement_end":
            if state.ended:
                return math.inf
            return state.current.position.instant_of(placed(world, state.current).duration_s)
    return _next_onset_s(world, state, "" if wait.to == "onset" else wait.to)


def timed_moment_s(world: World, state: State, waiting: Waiting) -> float:
    """When one that waits is to be looked at: its beat or bar, or when it has waited long enough.

    Onsets and the movement's end are instants of their own; whoever waits for them is taken along then.
    """
    wait = waiting.event.wait
    if wait is not None and wait.to in ("beat", "bar"):
        return min(moment_s(world, state, wait), waiting.until_s)
    return waiting.until_s


def taken(state: State, waited_for: Iterable[Waiting], at_s: float) -> tuple[State, list[Event]]:
    """The state without these, and their events, ready to be applied at `at_s`; those that gave up are left out."""
    gone = tuple(waited_for)
    rest = tuple(one for one in state.waiting if one not in gone)
    events = [replace(one.event, at_s=at_s, wait=None) for one in gone]
    return replace(state, waiting=rest), events


def gives_up(waiting: Waiting, at_s: float) -> bool:
    """Whether it has waited long enough at `at_s`, and is not to fire for that."""
    wait = waiting.event.wait
    return wait is not None and waiting.until_s <= at_s and wait.then == "drop"


def for_onset(state: State, detector: str) -> tuple[Waiting, ...]:
    """Those that wait for an onset of this detector ("" the main one)."""
    return tuple(
        one for one in state.waiting if one.event.wait is not None and one.event.wait.to == (detector or "onset")
    )


def for_movement_end(state: State) -> tuple[Waiting, ...]:
    return tuple(one for one in state.waiting if one.event.wait is not None and one.event.wait.to == "movement_end")


def _next_onset_s(world: World, state: State, detector: str) -> float:
    track = world.tracks[state.track_index]
    if track is None or state.track.rate <= 0 or not any(onset.detector == detector for onset in track.onsets):
        return math.inf
    number = state.onset_number
    while (found := track.onset(number)) is not None:
        if found[1].detector == detector:
            return state.track.instant_of(found[0])
        number += 1
    return math.inf
