"""The shaders of a movement and of the master, made ready for the planner: what each is as written, and its paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from engine.model.looks import PictureFrom, Transition
from engine.model.plan import FromFile, FromGroup, FromLayer, PictureSource
from engine.model.shader_paths import (
    PlacedShader,
    chain_uses,
    generator_use,
    input_reaches,
    numbers_written,
    transition_shaders,
    transition_use,
)
from engine.model.shader_values import default_of, value_of
from engine.model.shaders import InputType, ShaderInput, Value
from engine.model.world import PlacedMovement, World


@dataclass(frozen=True, slots=True, eq=False)
class Knob:
    """One setting of a use: its input, what it is as written, and for each of its paths the number as written and the
    lowest and highest that it takes. `is_plain`: its one number is its value."""

    input: ShaderInput
    written: Value
    dials: tuple[tuple[str, float, float, float], ...]
    default: Value
    is_plain: bool


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A shader where it stands. `settings` are those as written that differ from their defaults; `events` are the
    inputs that are fired, by path; `mix` and `is_on` are an effect's as written."""

    place: str
    shader: str
    knobs: tuple[Knob, ...]
    events: Mapping[str, str]
    settings: Mapping[str, Value]
    pictures: Mapping[str, PictureSource]
    is_effect: bool
    mix: float
    is_on: bool
    paths: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """All that shaders draw in a movement, or on the master.

    `generators` are by layer, `transitions` by layer and shader, `chains` by owner: "/layer/x", "/group/g",
    "/movement", "/master". `masks` are by layer. `written` has the number of every path. `read` are the layers whose
    pictures others read.
    """

    generators: Mapping[str, Use] = field(default_factory=dict)
    transitions: Mapping[tuple[str, str], Use] = field(default_factory=dict)
    chains: Mapping[str, tuple[Use, ...]] = field(default_factory=dict)
    masks: Mapping[str, PictureSource] = field(default_factory=dict)
    written: Mapping[str, float] = field(default_factory=dict)
    read: frozenset[str] = frozenset()

    @property
    def has_shaders(self) -> bool:
        return bool(self.generators or self.transitions or self.chains)


@lru_cache(maxsize=64)
def uses_of(world: World, movement_index: int) -> Uses:
    """The shaders of a movement."""
    movement = world.loaded.movements[movement_index]
    generators, transitions, chains = {}, {}, {}
    for layer in movement.layers:
        if layer.generator is not None:
            generators[layer.name] = _made(world, generator_use(layer.name, layer.generator))
        chains[f"/layer/{layer.name}"] = _made_all(world, chain_uses(f"/layer/{layer.name}", layer.effects))
        for shader in transition_shaders(movement, layer.name, layer.transition):
            transitions[layer.name, shader] = _made(world, transition_use(layer.name, layer.transition, shader))
    for group in movement.groups:
        chains[f"/group/{group.name}"] = _made_all(world, chain_uses(f"/group/{group.name}", group.effects))
    chains["/movement"] = _made_all(world, chain_uses("/movement", movement.effects))
    every = (*generators.values(), *transitions.values(), *chain.from_iterable(chains.values()))
    written = dict(_numbers(every))
    written.update((f"/group/{group.name}/opacity", group.opacity) for group in movement.groups)
    chains = {owner: made for owner, made in chains.items() if made}
    masks = {layer.name: picture_source(world, layer.mask) for layer in movement.layers if layer.mask is not None}
    return Uses(generators, transitions, chains, masks, written, frozenset(_layers_read(movement, every)))


@lru_cache(maxsize=8)
def uses_of_master(world: World) -> Uses:
    """The master's effects."""
    made = _made_all(world, chain_uses("/master", world.loaded.show.master.effects))
    return Uses(chains={"/master": made} if made else {}, written=dict(_numbers(made)))


@lru_cache(maxsize=256)
def movement_transition(world: World, outgoing_index: int, index: int) -> Use | None:
    """What draws the change from one movement to the next: as that one comes in, else as this one goes; None for a
    plain cross-fade. It has no paths of its own."""
    movements = world.loaded.movements
    said = movements[index].transition
    transition = (movements[outgoing_index].exit or Transition()) if said is None else said
    if transition.shader is None:
        return None
    return _made(world, PlacedShader("/transition", transition.shader, transition.settings, transition.pictures))


def picture_source(world: World, source: PictureFrom) -> PictureSource:
    """A picture as the plan names it."""
    if source.layer is not None:
        return FromLayer(source.layer)
    if source.group is not None:
        return FromGroup(source.group)
    return FromFile(str(world.loaded.file.parent / (source.file or "")))


def _made_all(world: World, uses: Iterable[PlacedShader]) -> tuple[Use, ...]:
    return tuple(_made(world, use) for use in uses)


def _made(world: World, use: PlacedShader) -> Use:
    shader = use.seen(world.loaded.shaders)
    paths = world.loaded.shader_paths.of(use.place, use.shader)
    knobs: list[Knob] = []
    events: dict[str, str] = {}
    for one in () if shader is None else shader.settings:
        if one.type is InputType.EVENT:
            events.update(dict.fromkeys(paths.get(one.name, ()), one.name))
            continue
        written = use.settings.get(one.name)
        numbers, reaches = numbers_written(one, written), input_reaches(one, written)
        dials = zip(paths.get(one.name, ()), numbers, *zip(*reaches, strict=True), strict=False)
        is_plain = one.type is InputType.FLOAT
        default = default_of(one)
        value = default if written is None else value_of(one, numbers)  # a default may be none of its choices
        knobs.append(Knob(one, value, tuple(dials), default, is_plain))
    effect = use.effect
    own = () if effect is None else (f"{use.place}/mix", f"{use.place}/on")
    return Use(
        place=use.place,
        shader=use.shader,
        knobs=tuple(knobs),
        events=events,
        settings={knob.input.name: knob.written for knob in knobs if knob.written != knob.default},
        pictures={name: picture_source(world, source) for name, source in use.pictures.items()},
        is_effect=effect is not None,
        mix=1.0 if effect is None else effect.mix,
        is_on=effect is None or effect.on,
        paths=frozenset((*own, *events, *(dial[0] for knob in knobs for dial in knob.dials))),
    )


def _numbers(uses: Iterable[Use]) -> Iterator[tuple[str, float]]:
    for use in uses:
        if use.is_effect:
            yield f"{use.place}/mix", use.mix
            yield f"{use.place}/on", float(use.is_on)
        for knob in use.knobs:
            yield from (dial[:2] for dial in knob.dials)  # those of a movement's transition have none


def _layers_read(movement: PlacedMovement, uses: Iterable[Use]) -> Iterator[str]:
    """The layers that shaders and masks of a movement read, those of groups that they read too."""
    members = {group.name: group.layers for group in movement.groups}
    for use in uses:
        for source in use.pictures.values():
            if isinstance(source, FromLayer):
                yield source.layer
            elif isinstance(source, FromGroup):
                yield from members.get(source.group, ())
    for layer in movement.layers:
        if layer.mask is not None:
            yield from () if layer.mask.layer is None else (layer.mask.layer,)
            yield from members.get(layer.mask.group or "", ())
