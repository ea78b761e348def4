"""Looks: what a movement says of its layers once the looks that it has and inherits are worked in. And groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from engine.formats.circles import circle_from
from engine.formats.layer_override import merged, settings
from engine.formats.nearest import did_you_mean
from engine.formats.show_paths import Report
from engine.formats.yaml_lines import Place
from engine.model.looks import Chain, Group, PictureFrom
from engine.model.shader_paths import effect_names
from engine.model.show import Layer, LayerOverride, Look, Movement, Show
from engine.model.world import PlacedMovement

Stated = TypeVar("Stated")

# The steps of a layer's path that a key of the show stands for, where they are others than the key.
_STEPS = {"transform": ("x", "y", "scale", "rotation"), "effects": ("effect",)}


@dataclass(frozen=True, slots=True)
class Said:
    """A look or a movement, and where it stands."""

    place: Place
    part: Look | Movement

    def layer(self, name: str) -> LayerOverride:
        return self.part.layers.get(name) or LayerOverride()


@dataclass(frozen=True, slots=True)
class Merged:
    """A movement with its looks worked in; `chain` has the farthest look first and the movement itself last."""

    chain: tuple[Said, ...]

    def nearest(self, values: Iterable[Stated | None]) -> Stated | None:
        """The last of `values`, one for each of the chain, that is there."""
        return next((value for value in reversed(list(values)) if value is not None), None)

    def layer(self, layer: Layer) -> Layer:
        """The layer with all that is said of it."""
        for said in self.chain:
            layer = merged(layer, said.layer(layer.name))
        return layer

    def place_of(self, layer_name: str, key: str, otherwise: Place) -> Place:
        """Where a key of a layer was said nearest; `otherwise` is the layer's own place."""
        for said in reversed(self.chain):
            if getattr(said.layer(layer_name), key) is not None:
                return (*said.place, "layers", layer_name, key)
        return (*otherwise, key)

    def place_of_own(self, key: str) -> Place:
        """The look or movement that says `key` nearest; () for none, when the show's own counts."""
        return next((said.place for said in reversed(self.chain) if getattr(said.part, key) is not None), ())

    @property
    def hidden(self) -> tuple[str, ...]:
        return self.nearest(said.part.hidden for said in self.chain) or ()

    @property
    def stated(self) -> frozenset[str]:
        """The beginnings of the paths that are as written when the movement begins."""
        found = {"/movement/effect"}
        if any(said.part.groups is not None for said in self.chain):
            found.add("/group")
        for said in self.chain:
            for name, override in said.part.layers.items():
                for key in settings(override):
                    found.update(f"/layer/{name}/{step}" for step in _STEPS.get(key, (key,)))
        return frozenset(found)


class LooksCheck:
    """Looks and groups of a show, checked. `layers` are its layers' names in order, None where not all are known."""

    def __init__(self, show: Show, layers: Collection[str] | None, report: Report) -> None:
        self._show = show
        self._layers = layers
        self._report = report

    def run(self) -> list[Said]:
        """Report every look that inherits what is not there or itself, and every group that is none; returns each look
        and movement."""
        for name, look in self._show.looks.items():
            place: Place = ("looks", name, "inherits")
            self._check_known(place, look.inherits)
            if name in self._ancestors(look.inherits):
                self._report(place, f"the look {name} inherits itself", "take one of its ancestors' inherits out")
        for index, movement in enumerate(self._show.movements):
            self._check_known(("movements", index, "look"), movement.look)
        self._check_groups(("groups",), self._show.groups)
        every = list(self._every())
        for said in every:
            self._check_groups((*said.place, "groups"), said.part.groups or ())
        return every

    def merged(self, index: int, movement: Movement) -> Merged:
        """The movement with its looks; those that are not there are left out."""
        looks = [Said(("looks", name), self._show.looks[name]) for name in reversed(self._ancestors(movement.look))]
        return Merged((*looks, Said(("movements", index), movement)))

    def _every(self) -> Iterator[Said]:
        for name, look in self._show.looks.items():
            yield Said(("looks", name), look)
        for index, movement in enumerate(self._show.movements):
            yield Said(("movements", index), movement)

    def _ancestors(self, name: str | None) -> list[str]:
        """The look of that name and those that it inherits, each once, the nearest first."""
        found: list[str] = []
        while name in self._show.looks and name not in found:
            assert name is not None
            found.append(name)
            name = self._show.looks[name].inherits
        return found

    def _check_known(self, place: Place, name: str | None) -> None:
        if name is not None and name not in self._show.looks:
            names = list(self._show.looks)
            there = f"there are {', '.join(names)}" if names else "name it under looks:"
            self._report(place, f"there is no look {name}", did_you_mean(name, names, there))

    def _check_groups(self, place: Place, groups: tuple[Group, ...]) -> None:
        owner: dict[str, str] = {}
        names: set[str] = set()
        for index, group in enumerate(groups):
            if group.name in names:
                self._report((*place, index, "name"), f"{group.name} is the name of two groups", "rename one")
            names.add(group.name)
            self._check_group((*place, index, "layers"), group, owner)

    def _check_group(self, place: Place, group: Group, owner: dict[str, str]) -> None:
        for index, name in enumerate(group.layers):
            if self._layers is not None and name not in self._layers:
                mend = did_you_mean(name, self._layers, f"the show has {', '.join(self._layers)}")
                self._report((*place, index), f"the show has no layer {name}", mend)
            elif name in owner:
                self._report((*place, index), f"{name} is in the group {owner[name]} already", "take one out")
            owner.setdefault(name, group.name)
        if self._layers is None or not set(group.layers) <= set(self._layers):
            return
        order = list(self._layers)
        first = min(order.index(name) for name in group.layers)
        neighbours = tuple(order[first : first + len(group.layers)])
        if len(set(group.layers)) == len(group.layers) and group.layers != neighbours:
            mend = f"from {neighbours[0]} upwards they would be {', '.join(neighbours)}"
            self._report(place, "are not neighbours in the show's order", mend)


@dataclass
class TogetherCheck:
    """What only shows once looks are worked in: pictures that wait for one another, names with two meanings."""

    report: Report
    _cycles: set[str] = field(default_factory=set)
    _shaders: dict[str, str] = field(default_factory=dict)  # by the effect's place in the tree

    def movement(self, movement: PlacedMovement, said: Merged, layers: Mapping[str, tuple[int, Layer]]) -> None:
        """Report what is wrong in a movement; `layers` are the show's, by name, with their index."""
        for layer in movement.layers:
            if layer.effects:
                place = said.place_of(layer.name, "effects", ("layers", layers[layer.name][0]))
                self.effects(place, f"/layer/{layer.name}", layer.effects)
        for group in movement.groups:
            where: Place = (*said.place_of_own("groups"), "groups")
            self.effects(where, f"/group/{group.name}", group.effects)
        self.effects((*said.place_of_own("effects"), "effects"), "/movement", movement.effects)
        self.reads(movement)

    def effects(self, place: Place, owner: str, chain: Chain) -> None:
        """Report the effects of a chain at `place` whose name has another shader elsewhere in the show."""
        for index, name in enumerate(effect_names(chain)):
            path, shader = f"{owner}/effect/{name}", chain[index].shader
            if self._shaders.setdefault(path, shader) != shader:
                what = f"{path} is the shader {self._shaders[path]} elsewhere, and {shader} here"
                where: Place = (*place, index) if place[-1] == "effects" else place
                self.report(where, what, "give one of them another name: name: …")

    def reads(self, movement: PlacedMovement) -> None:
        """Report layers and groups of a movement that read one another in a circle, each circle once."""
        edges = _edges(movement)
        done: set[str] = set()
        for start in edges:
            circle = circle_from(edges, start, done)
            if circle:
                told = " → ".join(circle)
                key = " ".join(sorted(set(circle)))
                if key not in self._cycles:
                    self._cycles.add(key)
                    mend = "an effect that remembers its own picture makes feedback"
                    self.report(("movements", movement.index), f"pictures read one another: {told}", mend)


def _edges(movement: PlacedMovement) -> dict[str, list[str]]:
    """What each layer and group of a movement reads."""
    edges: dict[str, list[str]] = {}
    for layer in movement.layers:
        if not layer.effects and layer.generator is None and layer.mask is None:
            continue
        sources = [source for effect in layer.effects for source in effect.pictures.values()]
        if layer.generator is not None:
            sources += layer.generator.pictures.values()
        if layer.mask is not None:
            sources.append(layer.mask)
        edges[f"layer {layer.name}"] = _named(sources)
    for group in movement.groups:
        sources = [source for effect in group.effects for source in effect.pictures.values()]
        edges[f"group {group.name}"] = [f"layer {name}" for name in group.layers] + _named(sources)
    return edges


def _named(sources: Iterable[PictureFrom]) -> list[str]:
    found = (
        f"layer {one.layer}" if one.layer is not None else f"group {one.group}" for one in sources if one.file is None
    )
    return list(found)
