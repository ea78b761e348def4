"""What each action and parameter of the tree does to the state. Pure: state and event in, state out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.core.cues import back, gone, is_slip, panicked, stand_by, started
from engine.core.hits import onset_heard
from engine.core.layer_actions import on_layer, onset
from engine.core.lines import Ramp
from engine.core.mappings import level_heard
from engine.core.movements import (
    entered,
    entered_by_index,
    hold_movement,
    locate,
    next_movement,
    previous_movement,
    release_movement,
    restart_movement,
)
from engine.core.shader_actions import touched_shader
from engine.core.state import Frozen, MovementState, State
from engine.core.tempo import let_go, set_beat, set_bpm, tapped
from engine.core.waiting import armed, for_onset, taken
from engine.model.events import Event
from engine.model.parameters import Kind
from engine.model.world import Onset, World

__all__ = ["applied", "entered", "onset_sounded"]


def applied(world: World, state: State, event: Event) -> State:
    """The state after one resolved event; an address that does nothing here leaves it as it is.

    An event that waits (`event.wait`) only begins to: see engine.core.waiting.
    """
    if event.wait is not None:
        return armed(state, event)
    parts = event.address.split("/")
    family = parts[1]
    if family == "layer":
        return on_layer(world, state, event, parts[2], parts[3:]) if len(parts) >= 4 else state
    action = _SHOW_ACTIONS.get(event.address) or _FAMILIES.get(family)
    if action is None and family in ("group", "movement"):
        return touched_shader(world, state, event)
    return state if action is None else action(world, state, event)


def onset_sounded(world: World, state: State, at_s: float, found: Onset) -> State:
    """The state after an onset at show time `at_s`: layers do what they do on one, and what waited for it fires."""
    state = onset(world, state, at_s, found)
    state, events = taken(state, for_onset(state, found.detector), at_s)
    for event in events:
        state = applied(world, state, event)
    return state


def _go(world: World, state: State, event: Event) -> State:
    if is_slip(world, state, event.at_s):
        return state
    if world.loaded.show.cues:
        return gone(world, state, event.at_s)
    return next_movement(world, replace(state, went_at_s=event.at_s, panic=None), event)


def _cue_by_name(world: World, state: State, event: Event) -> State:
    name = event.address.rpartition("/")[2]
    index = next((place for place, cue in enumerate(world.loaded.show.cues) if cue.name == name), None)
    return state if index is None else started(world, state, index, event.at_s)


def _reset(world: World, state: State, event: Event) -> State:
    """Everything as written, without a cut in time: the movement goes on from where it stands."""
    position = state.current.position
    if state.current.held:
        position = position.turned(event.at_s, 1.0)
    current = MovementState(state.current.index, state.current.entered_at_s, position)
    levels = {path: ramp for path, ramp in state.values.items() if path.startswith("/level/")}
    return replace(
        state, current=current, outgoing=None, values=levels, waiting=(), cue_runs=(), panic=None, frozen=None
    )


def _show_value(world: World, state: State, event: Event) -> State:
    """A parameter of the whole show ramps from where it stands to the event's value."""
    parameter = world.tree.parameters.get(event.address)
    if parameter is None:
        return state
    before = state.values.get(event.address)
    start = parameter.default if before is None else before.at(event.at_s)
    if parameter.kind is Kind.ACTION:
        start = event.value
    ramp = Ramp(event.at_s, start, event.value, parameter.smoothing_s)
    return replace(state, values={**state.values, event.address: ramp})


def _onset(world: World, state: State, event: Event) -> State:
    detector = event.address.removeprefix("/onset").removeprefix("/")
    found = Onset(event.at_s, event.value, detector)
    return onset_sounded(world, onset_heard(world, state, found), event.at_s, found)


def _freeze(_world: World, state: State, event: Event) -> State:
    if not event.value:
        return replace(state, frozen=None)
    if state.frozen is not None:
        return state
    return replace(state, frozen=Frozen(event.at_s, state))


def _quit(_world: World, state: State, _event: Event) -> State:
    return state if state.locked else replace(state, quit=True)


def _page(step: int) -> Callable[[World, State, Event], State]:
    return lambda _world, state, _event: replace(state, page=min(max(state.page + step, 0), 127))


_SHOW_ACTIONS: dict[str, Callable[[World, State, Event], State]] = {
    "/go": _go,
    "/panic": lambda world, state, event: panicked(world, state, event.at_s),
    "/reset": _reset,
    "/lock": lambda _world, state, event: replace(state, locked=bool(event.value)),
    "/quit": _quit,
    "/figures": lambda _world, state, _event: replace(state, figures_asked=state.figures_asked + 1),
    "/master/freeze": _freeze,
    "/control/page": lambda _world, state, event: replace(state, page=int(event.value)),
    "/control/next": _page(1),
    "/control/previous": _page(-1),
    "/movement/next": next_movement,
    "/movement/previous": previous_movement,
    "/movement/restart": restart_movement,
    "/movement/index": entered_by_index,
    "/movement/position": hold_movement,
    "/movement/release": release_movement,
    "/show/position": locate,
    "/tempo/bpm": set_bpm,
    "/tempo/beat": set_beat,
    "/tempo/tap": tapped,
    "/tempo/release": let_go,
    "/cue/go": _go,
    "/cue/back": back,
    "/cue/standby": stand_by,
}

# What else begins with these, by the first step of its path.
_FAMILIES: dict[str, Callable[[World, State, Event], State]] = {
    "onset": _onset,
    "cue": _cue_by_name,
    "level": level_heard,
    "master": _show_value,
    "track": _show_value,
    "sound": _show_value,
}
