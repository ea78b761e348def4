"""Movements: entering, holding, letting go, going to a place of the show; and the music that goes with it. Pure."""

from __future__ import annotations

from dataclasses import replace

from engine.core.layers import placed, states
from engine.core.lines import Line, Ramp
from engine.core.state import MovementState, State
from engine.core.tracks import entered_track, track_of, with_track
from engine.model.events import Event
from engine.model.world import World


def entered(world: World, state: State, index: int, at_s: float) -> State:
    """The state as the movement at `index` begins at `at_s`; the one before goes on, outgoing, while it fades."""
    movement = world.loaded.movements[index]
    outgoing = state.current if movement.transition_s > 0 else None
    current = MovementState(index, at_s, Line(at_s, 0.0), {}, _kept(world, state, index))
    begun = replace(state, current=current, outgoing=outgoing, ended=False)
    return entered_track(world, begun, state.current.index, index, at_s)


def next_movement(world: World, state: State, event: Event) -> State:
    index = state.current.index + 1
    if index >= len(world.loaded.movements):
        if world.loaded.show.at_end != "loop":
            return state
        index = 0
    return entered(world, state, index, event.at_s)


def previous_movement(world: World, state: State, event: Event) -> State:
    return entered(world, state, max(0, state.current.index - 1), event.at_s)


def restart_movement(world: World, state: State, event: Event) -> State:
    return entered(world, state, state.current.index, event.at_s)


def entered_by_index(world: World, state: State, event: Event) -> State:
    return entered(world, state, min(int(event.value), len(world.loaded.movements) - 1), event.at_s)


def hold_movement(world: World, state: State, event: Event) -> State:
    """The movement stands at this fraction of its duration until it is let go."""
    position_s = event.value * placed(world, state.current).duration_s
    current = replace(state.current, position=Line(event.at_s, position_s, 0.0))
    return _track_followed(world, replace(state, current=current), event.at_s)


def release_movement(world: World, state: State, event: Event) -> State:
    current = replace(state.current, position=state.current.position.turned(event.at_s, 1.0))
    return _track_followed(world, replace(state, current=current), event.at_s)


def locate(world: World, state: State, event: Event) -> State:
    """The show goes to this second of itself, music and all, and runs on from there; what was touched stays.

    Past the show's end it stands at the end of its last movement.
    """
    movements = world.loaded.movements
    left_s, index = event.value, 0
    while index + 1 < len(movements) and left_s >= movements[index].duration_s:
        left_s -= movements[index].duration_s
        index += 1
    movement, at_s = movements[index], event.at_s
    position = Line(at_s, min(left_s, movement.duration_s))
    current = MovementState(index, at_s, position, {}, _kept(world, state, index))
    there = replace(state, current=current, outgoing=None, ended=False)
    if movement.own_track is not None:
        return with_track(world, there, movement.own_track, at_s, left_s)
    return with_track(world, there, 0, at_s, event.value)


def _kept(world: World, state: State, index: int) -> dict[str, Ramp]:
    """What was touched and stays so as the movement at `index` begins: all that it does not state itself."""
    movement = world.loaded.movements[index]
    return {path: ramp for path, ramp in state.current.touched.items() if not states(movement, path)}


def _track_followed(world: World, state: State, at_s: float) -> State:
    """The track where the movement stands, in movements whose track follows."""
    movement = placed(world, state.current)
    if not movement.track_follows or track_of(world, state) is None:
        return state
    before_s = 0.0
    if movement.own_track is None:
        before_s = sum(placed_one.duration_s for placed_one in world.loaded.movements[: movement.index])
    position = state.current.position
    return with_track(world, state, state.track_index, at_s, before_s + position.at(at_s), rate=position.rate)
