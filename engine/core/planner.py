"""The planner: what the picture must show at an instant. Pure; prefetch asks it about instants to come."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.layers import Playing, placed, playing, value_of
from engine.core.lines import decay
from engine.core.mappings import driven
from engine.core.state import Choice, LayerState, MovementState, State
from engine.core.step import advanced
from engine.model.pictures import FrameRef
from engine.model.plan import IDENTITY, FramePlan, LayerPlan, Mixing, MovementPlan, ShownFrame, Transform
from engine.model.show import Layer
from engine.model.world import World

# Shorter than three frames at 30 a flash is missed; longer than this it no longer reads as a hit.
FLASH_S = 0.3


def plan(world: World, state: State, at_s: float) -> FramePlan:
    """The frame plan at show time `at_s`, at or after the state's own instant."""
    state = advanced(world, state, at_s)
    movements = tuple(
        _planned(world, state, movement, instant_s, mix) for movement, instant_s, mix in _mixed(world, state, at_s)
    )
    return FramePlan(at_s, movements, shown_of(world, state, at_s))


def shown_of(world: World, state: State, at_s: float) -> float:
    """How much of the picture is shown (0..1): the master's fade, unless it is blacked out or fades in a panic."""
    fade, blackout = (state.values.get(f"/master/{name}") for name in ("fade", "blackout"))
    if blackout is not None and blackout.end:
        return 0.0
    shown = driven(world, state, "/master/fade", 1.0 if fade is None else fade.at(at_s), at_s)
    return shown if state.panic is None else shown * state.panic.at(at_s)


def refs_at(world: World, state: State, at_s: float) -> Iterator[FrameRef]:
    """The frames that `plan` asks for at `at_s`, by the same way there, without saying how they are drawn."""
    state = advanced(world, state, at_s)
    for movement, instant_s, _ in _mixed(world, state, at_s):
        position_s = movement.position.at(instant_s)
        for layer in placed(world, movement).layers:
            if _value(world, state, movement, layer, "opacity", at_s=instant_s) > 0:
                for side in _sides(layer, playing(world, movement, layer, position_s), position_s):
                    if side is not None:
                        yield from side.refs


def _mixed(world: World, state: State, at_s: float) -> Iterator[tuple[MovementState, float, float]]:
    """The movements that make the picture, the show instant that each is shown at, and how much of it each is."""
    frozen = state.frozen
    outgoing, current, instant_s = state.outgoing, state.current, at_s
    if frozen is not None:
        outgoing, current, instant_s = frozen.outgoing, frozen.current, frozen.at_s
    mix = _transition(world, outgoing, current, instant_s)
    if outgoing is not None and mix < 1:
        yield outgoing, instant_s, 1 - mix
    if mix > 0:
        yield current, instant_s, mix


def _transition(world: World, outgoing: MovementState | None, current: MovementState, at_s: float) -> float:
    """How much of the picture the current movement is (0..1)."""
    length_s = placed(world, current).transition_s
    if outgoing is None or length_s <= 0:
        return 1.0
    return min(max((at_s - current.entered_at_s) / length_s, 0.0), 1.0)


def _value(world: World, state: State, movement: MovementState, layer: Layer, what: str, *, at_s: float) -> float:
    """A layer's parameter as it is shown: as touched, else as written, and what mappings add."""
    value = value_of(movement, layer, what, at_s)
    if not world.loaded.show.mappings:
        return value
    return driven(world, state, f"/layer/{layer.name}/{what}", value, at_s)


def _planned(world: World, state: State, movement: MovementState, at_s: float, mix: float) -> MovementPlan:
    position_s = movement.position.at(at_s)
    settings = placed(world, movement)
    layers = [_layer(world, state, movement, layer, at_s) for layer in settings.layers]
    shown = tuple(layer for layer in layers if layer is not None)
    return MovementPlan(settings.name, position_s, shown, mix)


def _layer(world: World, state: State, movement: MovementState, layer: Layer, at_s: float) -> LayerPlan | None:
    """The layer's plan; None where it shows nothing, so that nothing is decoded for it."""
    opacity = _value(world, state, movement, layer, "opacity", at_s=at_s)
    if opacity <= 0:
        return None
    position_s = movement.position.at(at_s)
    now = playing(world, movement, layer, position_s)
    outgoing, incoming = _sides(layer, now, position_s)
    if incoming is None and outgoing is None:
        return None
    flashed_at_s = movement.layers.get(layer.name, LayerState()).flashed_at_s
    return LayerPlan(
        layer=layer.name,
        incoming=incoming,
        outgoing=outgoing,
        fade=now.fade_at(position_s),
        opacity=opacity,
        blend=layer.blend,
        fit=layer.fit,
        transform=_transform(world, state, movement, layer, at_s),
        flash=0.0 if flashed_at_s is None else decay(at_s - flashed_at_s, FLASH_S),
    )


def _sides(layer: Layer, now: Playing, position_s: float) -> tuple[ShownFrame | None, ShownFrame | None]:
    """What the layer fades from, where it does, and what it shows."""
    outgoing = _shown(layer, now.outgoing, position_s) if now.fade_at(position_s) < 1 else None
    return outgoing, _shown(layer, now.choice, position_s)


def _transform(world: World, state: State, movement: MovementState, layer: Layer, at_s: float) -> Transform:
    if movement.touched or world.loaded.show.mappings:
        names = ("x", "y", "scale", "rotation")
        place = Transform(*(_value(world, state, movement, layer, what, at_s=at_s) for what in names))
    else:
        written = layer.transform
        place = Transform(written.x, written.y, written.scale, written.rotation_deg)
    return IDENTITY if place == IDENTITY else place


def _shown(layer: Layer, choice: Choice | None, position_s: float) -> ShownFrame | None:
    if choice is None:
        return None
    shown = choice.playhead.shown_at(position_s, in_between=layer.interpolation != "nearest")
    if shown is None:
        return None
    following = None if shown.next_index is None else FrameRef(choice.clip, shown.next_index)
    mixing: Mixing = "flow" if layer.interpolation == "flow" else "blend"
    return ShownFrame(FrameRef(choice.clip, shown.index), following, shown.next_mix, mixing)
