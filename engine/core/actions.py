"""What each action and parameter of the tree does to the state. Pure: state and event in, state out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.core.layer_actions import on_layer, onset
from engine.core.layers import placed, stated_paths
from engine.core.lines import Line, Ramp
from engine.core.state import MovementState, State
from engine.model.events import Event
from engine.model.world import World


def applied(world: World, state: State, event: Event) -> State:
    """The state after one resolved event; an address that does nothing here leaves it as it is."""
    parts = event.address.split("/")
    if parts[1] == "layer" and len(parts) >= 4:
        return on_layer(world, state, event, parts[2], parts[3:])
    action = _SHOW_ACTIONS.get(event.address)
    return state if action is None else action(world, state, event)


def entered(world: World, state: State, index: int, at_s: float) -> State:
    """The state as the movement at `index` begins at `at_s`; the one before goes on, outgoing, while it fades."""
    movement = world.loaded.movements[index]
    written = stated_paths(movement)
    touched = {path: ramp for path, ramp in state.current.touched.items() if path not in written}
    current = MovementState(index, at_s, Line(at_s, 0.0), {}, touched)
    outgoing = state.current if movement.transition_s > 0 else None
    return replace(state, current=current, outgoing=outgoing, ended=False)


def _next_movement(world: World, state: State, event: Event) -> State:
    index = state.current.index + 1
    if index >= len(world.loaded.movements):
        if world.loaded.show.at_end != "loop":
            return state
        index = 0
    return entered(world, state, index, event.at_s)


def _previous_movement(world: World, state: State, event: Event) -> State:
    return entered(world, state, max(0, state.current.index - 1), event.at_s)


def _restart_movement(world: World, state: State, event: Event) -> State:
    return entered(world, state, state.current.index, event.at_s)


def _movement_index(world: World, state: State, event: Event) -> State:
    return entered(world, state, min(int(event.value), len(world.loaded.movements) - 1), event.at_s)


def _movement_position(world: World, state: State, event: Event) -> State:
    movement = placed(world, state.current)
    position_s = event.value * movement.duration_s
    current = replace(state.current, position=Line(event.at_s, position_s, 0.0))
    return _track_followed(world, replace(state, current=current), event.at_s)


def _movement_release(world: World, state: State, event: Event) -> State:
    current = replace(state.current, position=state.current.position.turned(event.at_s, 1.0))
    return _track_followed(world, replace(state, current=current), event.at_s)


def _track_followed(world: World, state: State, at_s: float) -> State:
    """The track where the movement stands, in movements whose track follows."""
    movement = placed(world, state.current)
    if not movement.track_follows or world.track_duration_s <= 0:
        return state
    before_s = sum(placed_one.duration_s for placed_one in world.loaded.movements[: movement.index])
    track_s = (before_s + state.current.position.at(at_s)) % world.track_duration_s
    passed = sum(1 for found in world.onsets if found.at_s <= track_s)
    return replace(state, track=Line(at_s, track_s, state.current.position.rate), onset_number=passed)


def _panic(world: World, state: State, event: Event) -> State:
    """Everything as written, without a cut in time: the movement goes on from where it stands."""
    position = state.current.position
    if state.current.held:
        position = position.turned(event.at_s, 1.0)
    current = MovementState(state.current.index, state.current.entered_at_s, position)
    return replace(state, current=current, outgoing=None, master=Ramp(event.at_s, 1.0, 1.0))


def _master_fade(world: World, state: State, event: Event) -> State:
    parameter = world.tree.parameters[event.address]
    ramp = Ramp(event.at_s, state.master.at(event.at_s), event.value, parameter.smoothing_s)
    return replace(state, master=ramp)


def _onset_action(world: World, state: State, event: Event) -> State:
    return onset(world, state, event.at_s, event.value)


_SHOW_ACTIONS: dict[str, Callable[[World, State, Event], State]] = {
    "/go": _next_movement,
    "/panic": _panic,
    "/quit": lambda _world, state, _event: replace(state, quit=True),
    "/figures": lambda _world, state, _event: replace(state, figures_asked=state.figures_asked + 1),
    "/onset": _onset_action,
    "/master/fade": _master_fade,
    "/movement/next": _next_movement,
    "/movement/previous": _previous_movement,
    "/movement/restart": _restart_movement,
    "/movement/index": _movement_index,
    "/movement/position": _movement_position,
    "/movement/release": _movement_release,
}
