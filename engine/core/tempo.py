"""Beats: which one is next, and when. From a hand or a clock where they give a tempo, else from the music. Pure."""

from __future__ import annotations

import math
from dataclasses import replace

from engine.core.lines import Line
from engine.core.state import State
from engine.core.tracks import track_of
from engine.model.events import Event
from engine.model.world import World

_TAP_PAUSE_S = 2.0  # a longer pause begins to tap anew: 30 beats a minute
_TAPS_KEPT = 8  # enough to even a hand out, few enough to follow it
_TAPS_NEEDED = 3  # two intervals: one alone may be a slip


def beat_line(world: World, state: State) -> Line | None:
    """Beats over show time as a steady line: tapped, told by a clock, or, in a show whose music gives none, as written.

    None where the music's own beats count, or there are none at all.
    """
    if state.tempo is not None:
        return state.tempo
    track, written = track_of(world, state), world.loaded.show.tempo
    if written.bpm is None or (track is not None and track.beats):
        return None
    return Line(written.first_beat_s, 0.0, written.bpm / 60)


def next_beat_s(world: World, state: State, every: int, from_s: float) -> float:
    """The show time of the first beat at or after `from_s` whose number is a multiple of `every` ≥ 1; infinity
    where there is none. Beats count from 0, the first of a bar."""
    line = beat_line(world, state)
    if line is not None:
        number = math.ceil(line.at(from_s) - 1e-9)
        return max(from_s, line.instant_of(math.ceil(number / every) * every))
    track = track_of(world, state)
    if track is None or state.track.rate <= 0:
        return math.inf
    first = track.beat_number_from(state.track.at(from_s) - 1e-9)
    beat_s = track.beat_s(math.ceil(first / every) * every)
    return math.inf if beat_s is None else max(from_s, state.track.instant_of(beat_s))


def tempo_bpm(world: World, state: State, at_s: float) -> float | None:
    """Beats a minute at a show instant; None where there are no beats."""
    line = beat_line(world, state)
    if line is not None:
        return line.rate * 60
    track = track_of(world, state)
    if track is None or len(track.beats) < 2:
        return None
    number = max(1, track.beat_number_from(state.track.at(at_s)))
    before, after = track.beat_s(number - 1), track.beat_s(number)
    return None if before is None or after is None or after <= before else 60 / (after - before)


def beat_at(world: World, state: State, at_s: float) -> float | None:
    """How many beats have passed at a show instant, a fraction between two of them; None where there are none."""
    line = beat_line(world, state)
    if line is not None:
        return line.at(at_s)
    track = track_of(world, state)
    if track is None or not track.beats:
        return None
    track_s = state.track.at(at_s)
    number = track.beat_number_from(track_s + 1e-9)
    before, after = track.beat_s(number - 1) if number else None, track.beat_s(number)
    if before is None or after is None or after <= before:
        return float(max(0, number - 1))
    return number - 1 + (track_s - before) / (after - before)


def set_bpm(world: World, state: State, event: Event) -> State:
    """The tempo from now on; the beat goes on from where it is."""
    return replace(state, tempo=Line(event.at_s, beat_at(world, state, event.at_s) or 0.0, event.value / 60))


def set_beat(world: World, state: State, event: Event) -> State:
    """This beat is now, at the tempo that there is."""
    bpm = tempo_bpm(world, state, event.at_s)
    return replace(state, tempo=Line(event.at_s, event.value, (120.0 if bpm is None else bpm) / 60))


def tapped(world: World, state: State, event: Event) -> State:
    """A tap: with the third, the mean of the intervals is the tempo, and this tap the beat nearest to it.

    The first tap of a row is the first beat of a bar, unless beats were counted before.
    """
    rests = bool(state.taps) and event.at_s - state.taps[-1] <= _TAP_PAUSE_S
    taps = (*(state.taps if rests else ()), event.at_s)[-_TAPS_KEPT:]
    if len(taps) < _TAPS_NEEDED or taps[-1] <= taps[0]:
        return replace(state, taps=taps)
    rate = (len(taps) - 1) / (taps[-1] - taps[0])
    counted = beat_at(world, state, event.at_s)
    beat = float(len(taps) - 1) if counted is None else round(counted)
    return replace(state, taps=taps, tempo=Line(event.at_s, beat, rate))


def let_go(_world: World, state: State, _event: Event) -> State:
    return replace(state, tempo=None, taps=())
