"""The settings of shaders as paths of the parameter tree: which use of which shader has which path.

A *place* is where a shader stands: "/layer/x/effect/blur", "/layer/x/generator", "/layer/x/transition",
"/group/g/effect/blur", "/movement/effect/grade", "/master/effect/grade". An effect's place has one shader in the
whole show; a generator's or a transition's may have another in each movement, and the tree has the settings of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from engine.model.looks import Chain, Effect, Generator, Group, PictureFrom, Transition
from engine.model.parameters import Kind, Parameter
from engine.model.shader_values import PARTS, Written, default_of, numbers_of, reaches, value_written
from engine.model.shaders import InputType, Shader, ShaderInput

if TYPE_CHECKING:
    from engine.model.world import PlacedMovement

MOST_PATHS = 20_000  # of a show's shaders
SMOOTHING_S = 0.03  # as that of faders elsewhere in the tree
_KINDS = {InputType.BOOL: Kind.SWITCH, InputType.EVENT: Kind.ACTION, InputType.LONG: Kind.INDEX}
_OF_EFFECTS = ("mix", "on")


@dataclass(frozen=True, slots=True)
class PlacedShader:
    """A shader at its place, as a movement or the master has it. `effect` is None for another kind."""

    place: str
    shader: str
    settings: Mapping[str, Written]
    pictures: Mapping[str, PictureFrom] = field(default_factory=dict)
    effect: Effect | None = None

    def seen(self, shaders: Mapping[str, Shader]) -> Shader | None:
        """Its shader out of `shaders`, as what stands at such a place sees it; None where it is not there."""
        shader = shaders.get(self.shader)
        return shader.chained() if shader is not None and self.effect is not None else shader


def segment(name: str) -> str:
    """A name of a shader or an input as a step of a path: "Color Controls" is "color-controls"."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")
    return plain if plain[:1].isalpha() else f"x{plain}"


def effect_names(chain: Chain) -> tuple[str, ...]:
    """The names of a chain's effects: their own, else their shaders', with a number for the second of one name."""
    taken = {effect.name for effect in chain if effect.name is not None}
    names: list[str] = []
    for effect in chain:
        usual = _numbered(segment(PurePosixPath(effect.shader).stem))
        name = effect.name or next(one for one in usual if one not in taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def chain_uses(owner: str, chain: Chain) -> tuple[PlacedShader, ...]:
    """The uses of a chain; `owner` is "/layer/x", "/group/g", "/movement" or "/master"."""
    return tuple(
        PlacedShader(f"{owner}/effect/{name}", effect.shader, effect.settings, effect.pictures, effect)
        for name, effect in zip(effect_names(chain), chain, strict=True)
    )


def generator_use(layer: str, generator: Generator) -> PlacedShader:
    return PlacedShader(f"/layer/{layer}/generator", generator.shader, generator.settings, generator.pictures)


def transition_use(layer: str, written: Transition, shader: str) -> PlacedShader:
    """A layer's transition by `shader`, which a row of its schedule may name; then it has its usual settings and
    pictures."""
    said = written if shader == written.shader else Transition()
    return PlacedShader(f"/layer/{layer}/transition", shader, said.settings, said.pictures)


def transition_shaders(movement: PlacedMovement, layer: str, written: Transition) -> tuple[str, ...]:
    """The shaders that a layer's clips may change by in a movement: its own, and those that rows name."""
    own = () if written.shader is None else (written.shader,)
    rows = movement.schedule.by_layer.get(layer)
    return own if not rows else tuple(dict.fromkeys((*own, *(row.transition for row in rows if row.transition))))


def movement_uses(movement: PlacedMovement) -> Iterator[PlacedShader]:
    """Every use of a shader in a movement that has paths of its own."""
    for layer in movement.layers:
        if layer.generator is not None:
            yield generator_use(layer.name, layer.generator)
        if layer.effects:
            yield from chain_uses(f"/layer/{layer.name}", layer.effects)
        for shader in transition_shaders(movement, layer.name, layer.transition):
            yield transition_use(layer.name, layer.transition, shader)
    for group in movement.groups:
        yield from chain_uses(f"/group/{group.name}", group.effects)
    yield from chain_uses("/movement", movement.effects)


class ShaderPaths:
    """The paths of every use of a shader, and of groups. Immutable; any thread."""

    def __init__(self, master: Chain, movements: Sequence[PlacedMovement], shaders: Mapping[str, Shader]) -> None:
        """`shaders` by name; a use of one that is not among them has no paths but an effect's own.

        Past MOST_PATHS no more are added: a show that has so many is refused.
        """
        self.parameters: dict[str, Parameter] = {}
        self._shaders = shaders
        self._inputs: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
        self._types: dict[str, InputType] = {}  # of the input at a path, without its part
        seen: set[tuple[object, ...]] = set()
        for use in _every(master, movements):
            key = (use.place, use.shader, id(use.effect) if use.effect is not None else id(use.settings))
            if key not in seen and len(self.parameters) <= MOST_PATHS:
                seen.add(key)
                self._add(use)
        for group in (group for movement in movements for group in movement.groups):
            self._add_group(group)

    def of(self, place: str, shader: str) -> Mapping[str, tuple[str, ...]]:
        """The paths of each setting of `shader` at a place, by the input's name."""
        return self._inputs.get((place, shader), {})

    def _add(self, use: PlacedShader) -> None:
        if use.effect is not None:
            mix, on = f"{use.place}/mix", f"{use.place}/on"
            doc = "How much of the effect there is: 0 none."
            amount, is_on = use.effect.mix, float(use.effect.on)
            self._merge(_parameter(mix, Kind.NUMBER, doc, default=amount))
            self._merge(_parameter(on, Kind.SWITCH, "0: the picture passes as it came.", default=is_on))
        shader = use.seen(self._shaders)
        if shader is None:
            return
        paths = self._inputs.get((use.place, use.shader))
        if paths is None:
            paths = self._inputs[use.place, use.shader] = self._allotted(use, shader)
        for one in shader.settings:
            written = use.settings.get(one.name)
            for parameter in _parameters(shader, one, paths[one.name], written):
                self._merge(parameter)

    def _allotted(self, use: PlacedShader, shader: Shader) -> dict[str, tuple[str, ...]]:
        """The paths of each input; where two would have one, or an input of another type has it, a number is put on."""
        taken = set(_OF_EFFECTS if use.effect is not None else ())
        found = {}
        for one in shader.settings:
            last = next(
                name
                for name in _numbered(segment(one.name))
                if name not in taken and self._types.get(f"{use.place}/{name}", one.type) is one.type
            )
            taken.add(last)
            at = f"{use.place}/{last}"
            self._types[at] = one.type
            found[one.name] = tuple(f"{at}/{part}" for part in PARTS.get(one.type, ())) or (at,)
        return found

    def _add_group(self, group: Group) -> None:
        doc = "The group's picture: 0 clear, 1 full."
        path = f"/group/{group.name}/opacity"
        self._merge(_parameter(path, Kind.NUMBER, doc, default=group.opacity))

    def _merge(self, parameter: Parameter) -> None:
        """The first one's default counts, and its range is as wide as that of any."""
        before = self.parameters.get(parameter.path)
        if before is None:
            self.parameters[parameter.path] = parameter
        elif parameter.low < before.low or parameter.high > before.high:
            low, high = min(before.low, parameter.low), max(before.high, parameter.high)
            self.parameters[parameter.path] = replace(before, low=low, high=high)


def input_reaches(one: ShaderInput, written: Written | None) -> tuple[tuple[float, float], ...]:
    """How far the paths of an input reach, with room for what is written where the file leaves that open."""
    value = None if written is None else value_written(one, written)
    if value is None:
        return reaches(one)
    numbers = numbers_of(one, value)
    return tuple(
        (min(low, number), max(high, number)) for (low, high), number in zip(reaches(one), numbers, strict=True)
    )


def numbers_written(one: ShaderInput, written: Written | None) -> tuple[float, ...]:
    """The numbers of an input's paths as written, else as the shader has them by default."""
    value = None if written is None else value_written(one, written)
    return numbers_of(one, default_of(one) if value is None else value)


def _every(master: Chain, movements: Iterable[PlacedMovement]) -> Iterator[PlacedShader]:
    yield from chain_uses("/master", master)
    for movement in movements:
        yield from movement_uses(movement)


def _parameters(
    shader: Shader, one: ShaderInput, paths: tuple[str, ...], written: Written | None
) -> Iterator[Parameter]:
    kind = _KINDS.get(one.type, Kind.NUMBER)
    doc = f"{one.label or one.name} of {PurePosixPath(shader.name).stem}."
    if one.choices:
        doc = f"{doc[:-1]}: " + ", ".join(f"{index} {label}" for index, (label, _) in enumerate(one.choices[:12])) + "."
    numbers = numbers_written(one, written)
    for path, reach, number in zip(paths, input_reaches(one, written), numbers, strict=True):
        yield _parameter(path, kind, doc, number if kind is not Kind.ACTION else 0.0, reach)


def _parameter(path: str, kind: Kind, doc: str, default: float, reach: tuple[float, float] = (0.0, 1.0)) -> Parameter:
    low, high = reach
    smoothing_s = SMOOTHING_S if kind is Kind.NUMBER else 0.0
    return Parameter(path, kind, doc, low, high, default, smoothing_s=smoothing_s, of_shader=True)


def _numbered(name: str) -> Iterator[str]:
    """The name, and then with a number on: blur, blur2, blur3, …"""
    yield name
    yield from (f"{name}{number}" for number in count(2))
