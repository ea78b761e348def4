"""What each action and parameter of the tree does to the state. Pure: state and event in, state out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.core.layer_actions import on_layer, onset
from engine.core.layers import placed, stated_paths
from engine.core.lines import Line, Ramp
from engine.core.state import MovementState, State
from engine.core.tracks import entered_track, track_of, with_track
from engine.model.events import Event
from engine.model.world import Onset, World


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
    entered_state = replace(state, current=current, outgoing=outgoing, ended=False)
    return entered_track(world, entered_state, state.current.index, index, at_s)


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
    if not movement.track_follows or track_of(world, state) is None:
        return state
    before_s = 0.0
    if movement.own_track is None:
        before_s = sum(placed_one.duration_s for placed_one in world.loaded.movements[: movement.index])
    position = state.current.position
    return with_track(world, state, state.track_index, at_s, before_s + position.at(at_s), rate=position.rate)


def _reset(world: World, state: State, event: Event) -> State:
    """Everything as written, without a cut in time: the movement goes on from where it stands."""
    position = state.current.position
    if state.current.held:
        position = position.turned(event.at_s, 1.0)
    current = MovementState(state.current.index, state.current.entered_at_s, position)
    return replace(state, current=current, outgoing=None, values={}, waiting=(), panic=None, frozen=None)


def _show_value(world: World, state: State, event: Event) -> State:
    """A parameter of the whole show ramps from where it stands to the event's value."""
    parameter = world.tree.parameters[event.address]
    before = state.values.get(event.address)
    start = parameter.default if before is None else before.at(event.at_s)
    ramp = Ramp(event.at_s, start, event.value, parameter.smoothing_s)
    return replace(state, values={**state.values, event.address: ramp})


def _onset_action(world: World, state: State, event: Event) -> State:
    return onset(world, state, event.at_s, Onset(event.at_s, event.value))


_SHOW_ACTIONS: dict[str, Callable[[World, State, Event], State]] = {
    "/go": _next_movement,
    "/panic": _reset,
    "/reset": _reset,
    "/quit": lambda _world, state, _event: replace(state, quit=True),
    "/figures": lambda _world, state, _event: replace(state, figures_asked=state.figures_asked + 1),
    "/onset": _onset_action,
    "/master/fade": _show_value,
    "/master/volume": _show_value,
    "/track/volume": _show_value,
    "/movement/next": _next_movement,
    "/movement/previous": _previous_movement,
    "/movement/restart": _restart_movement,
    "/movement/index": _movement_index,
    "/movement/position": _movement_position,
    "/movement/release": _movement_release,
}
