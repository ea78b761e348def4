"""Jumps to come: when the picture will leave off playing on, as far as the music, schedules and loops say. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from engine.core.layers import placed, playing
from engine.core.playhead import Playhead
from engine.core.state import State
from engine.core.step import onset_instants
from engine.core.waiting import moment_s
from engine.model.pictures import FrameRef
from engine.model.world import World

_JUMPS_BY_ONSET = frozenset({"jump", "next_clip", "random_clip"})
_MOST = 8  # the soonest are looked at; those after them come nearer by themselves


def jump_instants(world: World, state: State, after_s: float, until_s: float) -> list[float]:
    """The show instants in (after_s, until_s] at which a layer will jump, ascending: the 8 soonest.

    A jump is an onset of the track that moves a layer, the next row of a schedule, a loop's return to its beginning,
    a cue on its way, an action that waits for a moment known ahead, or the next movement. `state` is at or before
    `after_s`. The next movement's beginning is always among them.
    """
    found = {
        instant_s
        for instants in (
            _onsets(world, state, until_s),
            _rows_and_loops(world, state, after_s),
            _promised(world, state),
        )
        for instant_s in instants
        if after_s < instant_s <= until_s
    }
    soonest = sorted(found)[:_MOST]
    ends_s = state.current.position.instant_of(placed(world, state.current).duration_s)
    if after_s < ends_s <= until_s and ends_s not in soonest:
        soonest.append(ends_s)
    return sorted(soonest)


def targets(before: Iterable[FrameRef], after: Iterable[FrameRef]) -> list[FrameRef]:
    """The frames of `after` that playing on from `before` does not lead to: neither among them nor next to one."""
    near = set(before)
    return [
        ref
        for ref in dict.fromkeys(after)
        if not any(FrameRef(ref.clip, ref.index + step) in near for step in (0, -1, 1))
    ]


def _onsets(world: World, state: State, until_s: float) -> Iterator[float]:
    if any(layer.on_onset.action in _JUMPS_BY_ONSET for layer in placed(world, state.current).layers):
        for instant_s in onset_instants(world, state):
            if instant_s > until_s:
                return
            yield instant_s


def _promised(world: World, state: State) -> Iterator[float]:
    """When cues on their way fire, and actions that wait."""
    for run in state.cue_runs:
        yield run.fires_at_s
    for one in state.waiting:
        if one.event.wait is not None:
            yield min(moment_s(world, state, one.event.wait), one.until_s)


def _rows_and_loops(world: World, state: State, after_s: float) -> Iterator[float]:
    movement = state.current
    position_s = movement.position.at(after_s)
    settings = placed(world, movement)
    for layer in settings.layers:
        starts_s = settings.schedule.next_start_s(layer.name, position_s)
        if starts_s is not None:
            yield movement.position.instant_of(starts_s)
        choice = playing(world, movement, layer, position_s).choice
        if choice is not None and choice.playhead.loop == "loop":
            yield movement.position.instant_of(_next_return_s(choice.playhead, position_s))


def _next_return_s(head: Playhead, position_s: float) -> float:
    """When a looping playhead next comes to the end it plays towards, in its owner's time; infinity if it stands."""
    if head.rate == 0:
        return math.inf
    rounds = (head.position + (position_s - head.anchor_s) * head.rate - head.in_index) / head.length
    next_round = math.floor(rounds) + 1 if head.rate > 0 else math.ceil(rounds) - 1
    return head.anchor_s + (head.in_index + next_round * head.length - head.position) / head.rate
