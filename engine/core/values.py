"""The value that each path of the tree has at an instant: for takeover, feedback, queries and the operator. Pure."""

from __future__ import annotations

from collections.abc import Callable

from engine.core.layers import clips_of, layer_of, placed, playing, value_of
from engine.core.mappings import level_of_track
from engine.core.playhead import Playhead
from engine.core.shader_uses import uses_of
from engine.core.state import Choice, MovementState, State
from engine.core.tempo import beat_at, tempo_bpm
from engine.model.parameters import Kind, Parameter
from engine.model.show import Layer
from engine.model.world import World

_TOUCHABLE = frozenset({"opacity", "speed", "volume", "target", "x", "y", "scale", "rotation"})


def value_at(world: World, state: State, path: str, at_s: float) -> float | None:
    """The value of `path` at show time `at_s`, in the parameter's own unit, as a hand or a clock has left it.

    What mappings, modulations and panic add is not in it. None for an action, a path that the tree has not got, and a
    layer's position or clip while it shows nothing. Any thread: `state` is frozen.
    """
    return value_in(world, state, state.current, path, at_s)


def value_in(world: World, state: State, movement: MovementState, path: str, at_s: float) -> float | None:
    """The same, as this one of the two movements that may be shown has it."""
    parameter = world.tree.parameters.get(path)
    if parameter is None or parameter.kind is Kind.ACTION:
        return None
    parts = path.split("/")
    if parameter.of_shader and parts[1] != "master":
        return _of_shader(world, movement, parameter, at_s)
    if parts[1] == "layer":
        layer = layer_of(world, movement, parts[2])
        return parameter.default if layer is None else _of_layer(world, movement, layer, parts[3], at_s)
    if path in _OF_SHOW:
        return _OF_SHOW[path](world, state, at_s)
    ramp = state.values.get(path)
    if ramp is not None:
        return ramp.at(at_s)
    return level_of_track(world, state, (parts[2], 0.0, 0.0), at_s) if parts[1] == "level" else parameter.default


def _of_shader(world: World, movement: MovementState, parameter: Parameter, at_s: float) -> float:
    ramp = movement.touched.get(parameter.path)
    if ramp is not None:
        return ramp.at(at_s)
    return uses_of(world, movement.index).written.get(parameter.path, parameter.default)


def show_position_s(world: World, state: State, at_s: float) -> float:
    """Where the show stands: the movements before summed, and the position in this one, in seconds."""
    before_s = sum(movement.duration_s for movement in world.loaded.movements[: state.current.index])
    return before_s + state.current.position.at(at_s)


def _movement_position(world: World, state: State, at_s: float) -> float:
    return _within(state.current.position.at(at_s) / placed(world, state.current).duration_s)


_OF_SHOW: dict[str, Callable[[World, State, float], float]] = {
    "/movement/index": lambda _world, state, _at_s: float(state.current.index),
    "/movement/position": _movement_position,
    "/show/position": show_position_s,
    "/tempo/bpm": lambda world, state, at_s: tempo_bpm(world, state, at_s) or 120.0,
    "/tempo/beat": lambda world, state, at_s: max(0.0, beat_at(world, state, at_s) or 0.0),
    "/cue/standby": lambda _world, state, _at_s: float(state.standby),
    "/control/page": lambda _world, state, _at_s: float(state.page),
    "/lock": lambda _world, state, _at_s: float(state.locked),
    "/master/freeze": lambda _world, state, _at_s: float(state.frozen is not None),
}


def _of_layer(world: World, movement: MovementState, layer: Layer, what: str, at_s: float) -> float | None:
    if what in _TOUCHABLE:
        return value_of(movement, layer, what, at_s)
    position_s = movement.position.at(at_s)
    choice = playing(world, movement, layer, position_s).choice
    if choice is None:
        return None
    if what == "clip":
        slugs = clips_of(world, movement, layer)
        return float(slugs.index(choice.clip)) if choice.clip in slugs else None
    frame = choice.playhead.position_at(position_s)
    return None if frame is None else _OF_PLAYHEAD[what](world, layer, choice, frame)


def _slice(_world: World, layer: Layer, choice: Choice, frame: float) -> float:
    head = choice.playhead
    return float(min(int((frame - head.in_index) / head.length * layer.slices), layer.slices - 1))


def _cue_point(world: World, layer: Layer, choice: Choice, frame: float) -> float:
    position_s = frame / world.loaded.clips[choice.clip].rate_hz
    return float(max(0, sum(1 for point_s in layer.cue_points if point_s <= position_s) - 1))


def _fraction(head: Playhead, frame: float) -> float:
    return _within((frame - head.in_index) / max(head.length - 1, 1))


_OF_PLAYHEAD: dict[str, Callable[[World, Layer, Choice, float], float]] = {
    "position": lambda _world, _layer, choice, frame: _fraction(choice.playhead, frame),
    "slice": _slice,
    "cue": _cue_point,
}


def _within(fraction: float) -> float:
    return min(max(fraction, 0.0), 1.0)
