"""The planner: what the picture must show at an instant. Pure; prefetch asks it about instants to come."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.effects import chain_plan, shader_plan
from engine.core.layers import Playing, placed, playing, value_of
from engine.core.lines import decay
from engine.core.modulation import Moment, driven
from engine.core.shader_uses import Uses, movement_transition, uses_of, uses_of_master
from engine.core.sound_picture import sound_picture
from engine.core.state import Choice, LayerState, MovementState, State
from engine.core.step import advanced
from engine.model.pictures import FrameRef
from engine.model.plan import (
    IDENTITY,
    FramePlan,
    GroupPlan,
    LayerPlan,
    Mixing,
    MovementPlan,
    ShaderPlan,
    ShownFrame,
    Transform,
)
from engine.model.show import Layer
from engine.model.world import World

# Shorter than three frames at 30 a flash is missed; longer than this it no longer reads as a hit.
FLASH_S = 0.3


def plan(world: World, state: State, at_s: float) -> FramePlan:
    """The frame plan at show time `at_s`, at or after the state's own instant."""
    state = advanced(world, state, at_s)
    held, instant_s = _pictured(state, at_s)
    movements = tuple(
        _planned(Moment(world, held, movement, instant_s), mix) for movement, mix in _mixed(world, held, instant_s)
    )
    return FramePlan(
        at_s,
        movements,
        shown_of(world, state, at_s),
        _between(world, held, instant_s) if len(movements) > 1 else None,
        _of_master(world, held, instant_s),
        sound_picture(world, held, instant_s),
        None if state.frozen is None else instant_s,
    )


def shown_of(world: World, state: State, at_s: float) -> float:
    """How much of the picture is shown (0..1): the master's fade, unless it is blacked out or fades in a panic."""
    fade, blackout = (state.values.get(f"/master/{name}") for name in ("fade", "blackout"))
    if blackout is not None and blackout.end:
        return 0.0
    shown = driven(world, state, "/master/fade", 1.0 if fade is None else fade.at(at_s), at_s)
    return shown if state.panic is None else shown * state.panic.at(at_s)


def refs_at(world: World, state: State, at_s: float) -> Iterator[FrameRef]:
    """The frames that `plan` asks for at `at_s`, by the same way there, without saying how they are drawn."""
    held, instant_s = _pictured(advanced(world, state, at_s), at_s)
    for movement, _ in _mixed(world, held, instant_s):
        moment = Moment(world, held, movement, instant_s)
        uses = uses_of(world, movement.index)
        position_s = movement.position.at(instant_s)
        for layer in placed(world, movement).layers:
            if layer.generator is None and _is_wanted(layer, uses, _value(moment, layer, "opacity")):
                for side in _sides(layer, playing(world, movement, layer, position_s), position_s):
                    if side is not None:
                        yield from side.refs


def _pictured(state: State, at_s: float) -> tuple[State, float]:
    """The state that is shown, and the show instant that it is shown at: those of the freeze, if there is one."""
    frozen = state.frozen
    return (state, at_s) if frozen is None else (frozen.state, frozen.at_s)


def _mixed(world: World, state: State, at_s: float) -> Iterator[tuple[MovementState, float]]:
    """The movements that make the picture, and how much of it each is."""
    mix = _transition(world, state.outgoing, state.current, at_s)
    if state.outgoing is not None and mix < 1:
        yield state.outgoing, 1 - mix
    if mix > 0:
        yield state.current, mix


def _transition(world: World, outgoing: MovementState | None, current: MovementState, at_s: float) -> float:
    """How much of the picture the current movement is (0..1)."""
    length_s = placed(world, current).transition_s
    if outgoing is None or length_s <= 0:
        return 1.0
    return min(max((at_s - current.entered_at_s) / length_s, 0.0), 1.0)


def _between(world: World, state: State, at_s: float) -> ShaderPlan | None:
    """The shader that draws the change from the outgoing movement to the current one."""
    assert state.outgoing is not None
    use = movement_transition(world, state.outgoing.index, state.current.index)
    if use is None:
        return None
    return shader_plan(Moment(world, state, state.current, at_s), use, _entry(world, state.current))


def _of_master(world: World, state: State, at_s: float) -> tuple[ShaderPlan, ...]:
    uses = uses_of_master(world).chains.get("/master", ())
    return chain_plan(Moment(world, state, state.current, at_s), uses, "") if uses else ()


def _entry(world: World, movement: MovementState) -> str:
    """What the keys of a movement's shaders begin with: one entry of it is told from the next, which begins clear."""
    return f"{placed(world, movement).name}@{movement.entered_at_s:.6g}"


def _value(moment: Moment, layer: Layer, what: str) -> float:
    """A layer's parameter as it is shown: as touched, else as written, and what drives it."""
    value = value_of(moment.movement, layer, what, moment.at_s)
    return moment.driven(f"/layer/{layer.name}/{what}", value) if moment.drivers else value


def _planned(moment: Moment, mix: float) -> MovementPlan:
    world, movement = moment.world, moment.movement
    settings, uses = placed(world, movement), uses_of(world, movement.index)
    entry = _entry(world, movement) if uses.has_shaders else ""
    layers = [_layer(moment, layer, uses, entry) for layer in settings.layers]
    shown = tuple(layer for layer in layers if layer is not None)
    return MovementPlan(
        settings.name,
        movement.position.at(moment.at_s),
        shown,
        mix,
        _groups(moment, shown, uses, entry) if settings.groups else (),
        chain_plan(moment, uses.chains.get("/movement", ()), entry),
    )


def _groups(moment: Moment, shown: tuple[LayerPlan, ...], uses: Uses, entry: str) -> tuple[GroupPlan, ...]:
    """The groups of which a layer is there, or whose effects still draw what they remember."""
    there = {layer.layer for layer in shown}
    plans = []
    for group in placed(moment.world, moment.movement).groups:
        path = f"/group/{group.name}/opacity"
        touched = moment.movement.touched.get(path)
        opacity = moment.driven(path, group.opacity if touched is None else touched.at(moment.at_s))
        effects = chain_plan(moment, uses.chains.get(f"/group/{group.name}", ()), entry)
        layers = tuple(name for name in group.layers if name in there)
        if layers or _goes_on(moment.world, effects):
            plans.append(GroupPlan(group.name, layers, effects, group.blend, opacity))
    return tuple(plans)


def _goes_on(world: World, effects: tuple[ShaderPlan, ...]) -> bool:
    """Whether a chain draws though it is given nothing: what remembers its pictures lets them die away."""
    return any(world.loaded.shaders[effect.shader].has_memory for effect in effects)


def _is_wanted(layer: Layer, uses: Uses, opacity: float) -> bool:
    """Whether anybody sees the layer: the audience, or another layer's effect."""
    return (opacity > 0 and layer.shown) or layer.name in uses.read


def _layer(moment: Moment, layer: Layer, uses: Uses, entry: str) -> LayerPlan | None:
    """The layer's plan; None where it shows nothing, so that nothing is decoded for it."""
    opacity = _value(moment, layer, "opacity")
    if not _is_wanted(layer, uses, opacity):
        return None
    movement, at_s = moment.movement, moment.at_s
    position_s = movement.position.at(at_s)
    use = uses.generators.get(layer.name)
    generator = None if use is None else shader_plan(moment, use, entry)
    now = _NOTHING if use is not None else playing(moment.world, movement, layer, position_s)
    outgoing, incoming = _sides(layer, now, position_s)
    effects = chain_plan(moment, uses.chains.get(f"/layer/{layer.name}", ()), entry) if uses.chains else ()
    if incoming is None and outgoing is None and generator is None and not _goes_on(moment.world, effects):
        return None
    fade = now.fade_at(position_s)
    flashed_at_s = movement.layers.get(layer.name, LayerState()).flashed_at_s
    return LayerPlan(
        layer=layer.name,
        incoming=incoming,
        outgoing=outgoing,
        fade=fade,
        opacity=opacity,
        blend=layer.blend,
        fit=layer.fit,
        transform=_transform(moment, layer),
        flash=0.0 if flashed_at_s is None else decay(at_s - flashed_at_s, FLASH_S),
        generator=generator,
        transition=_layer_transition(moment, layer, now, uses, entry) if fade < 1 else None,
        effects=effects,
        linear=layer.light == "linear",
        mask=uses.masks.get(layer.name),
        mask_by=layer.mask_by,
        is_shown=layer.shown and opacity > 0,
    )


_NOTHING = Playing(None, None)


def _layer_transition(moment: Moment, layer: Layer, now: Playing, uses: Uses, entry: str) -> ShaderPlan | None:
    """The shader that draws the change of clips: the row's, else the layer's own."""
    use = uses.transitions.get((layer.name, now.transition or layer.transition.shader or ""))
    return None if use is None else shader_plan(moment, use, entry)


def _sides(layer: Layer, now: Playing, position_s: float) -> tuple[ShownFrame | None, ShownFrame | None]:
    """What the layer fades from, where it does, and what it shows."""
    outgoing = _shown(layer, now.outgoing, position_s) if now.fade_at(position_s) < 1 else None
    return outgoing, _shown(layer, now.choice, position_s)


def _transform(moment: Moment, layer: Layer) -> Transform:
    if moment.movement.touched or moment.drivers:
        place = Transform(*(_value(moment, layer, what) for what in ("x", "y", "scale", "rotation")))
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
