"""The pictures of one movement: its layers, their groups, and what lies upon what. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from engine.gl import pictures
from engine.gl.pictures import KEYING, Clear, Frames, Laid, Node
from engine.model.plan import FromGroup, FromLayer, GroupPlan, LayerPlan, MovementPlan, PictureSource, ShaderPlan
from engine.model.shaders import FROM_PICTURE, TO_PICTURE

if TYPE_CHECKING:
    from engine.gl.plan_pictures import PictureMaker

_Item: TypeAlias = "int | GroupPlan"  # a layer by its index, or a group


class MovementPictures:
    """Each picture is made once, however many look at it. One that feeds on itself finds itself clear."""

    def __init__(self, maker: PictureMaker, movement: MovementPlan) -> None:
        self._maker = maker
        self._movement = movement
        self._layers: dict[int, Node | None] = {}
        self._groups: dict[str, Node | None] = {}
        self._by_name = {layer.layer: index for index, layer in enumerate(movement.layers)}
        self._groups_by_name = {group.group: group for group in movement.groups}
        self._read = frozenset(_read_by(movement)) | frozenset(_read_in((*maker.plan.effects, maker.plan.transition)))

    def picture(self) -> tuple[Node, float] | None:
        """The movement's picture after its effects, and what it has to be weighted by; None where it is nothing."""
        owner = self._movement.movement
        laid = self._laid(self._items(range(len(self._movement.layers)), self._movement.groups))
        effects = self._maker.usable(self._movement.effects)
        if effects:
            picture = pictures.stack(owner, laid) if laid else pictures.clear()
            return self._maker.chain(picture, effects, self), 1.0
        if not laid:
            return None
        only = laid[0]
        if len(laid) == 1 and only.mask is None and only.blend not in KEYING:
            return only.picture, only.opacity
        return pictures.stack(owner, laid), 1.0

    def layer_called(self, name: str) -> Node | None:
        """A layer after its effects, at full opacity."""
        index = self._by_name.get(name)
        return None if index is None else self._layer(index)

    def group_called(self, name: str) -> Node | None:
        """A group after its effects, at full opacity."""
        if name not in self._groups:
            self._groups[name] = None  # what it is to itself, and where it does not exist
            group = self._groups_by_name.get(name)
            if group is not None:
                self._groups[name] = self._group(group)
        return self._groups[name]

    def _items(self, indices: range | list[int], groups: tuple[GroupPlan, ...]) -> Iterator[_Item]:
        """Layers and groups, bottom to top; a group stands where its lowest layer does."""
        group_of = {name: group for group in groups for name in group.layers}
        come: set[str] = set()
        for index in indices:
            group = group_of.get(self._movement.layers[index].layer)
            if group is None:
                yield index
            elif group.group not in come:
                come.add(group.group)
                yield group

    def _laid(self, items: Iterator[_Item]) -> tuple[Laid, ...]:
        """What lies upon what, without all that nobody can see."""
        laid: list[Laid] = []
        for item in items:
            for one in self._laid_group(item) if isinstance(item, GroupPlan) else self._laid_layer(item):
                if _hides_all_below(one):
                    laid.clear()
                laid.append(one)
        if laid and laid[0].blend not in KEYING:
            # Over a clear backdrop the general formula leaves the source as it is, whatever the mode.
            laid[0] = replace(laid[0], blend="normal", linear=False)
        return tuple(laid)

    def _laid_layer(self, index: int) -> Iterator[Laid]:
        layer = self._movement.layers[index]
        if not layer.is_shown or layer.opacity <= 0:
            return
        owner, opacity = self._owner(layer), layer.opacity
        if self._is_frames_alone(layer):
            alone = self._maker.both_sides(layer, opacity, owner)
            picture: Node | None = alone if alone.frames else None
            opacity = 1.0  # in the frames' weights
        else:
            picture = self._layer(index)
        mask = None if layer.mask is None else self._maker.mask(layer.mask, self)
        if picture is not None and not isinstance(mask, Clear):  # a mask that is nothing lets nothing through
            yield Laid(picture, owner, layer.blend, opacity, layer.linear, mask, layer.mask_by)

    def _laid_group(self, group: GroupPlan) -> Iterator[Laid]:
        """A group's picture; or its layers, where compositing them by themselves comes to the same."""
        if group.opacity <= 0:
            return
        if group.group not in self._read and not self._maker.usable(group.effects) and group.blend == "normal":
            layers = self._laid_layers(group)
            if group.opacity >= 1 and all(one.blend == "normal" and not one.linear for one in layers):
                yield from layers
                return
        picture = self.group_called(group.group)
        if picture is not None:
            yield Laid(picture, self._group_owner(group), group.blend, group.opacity)

    def _laid_layers(self, group: GroupPlan) -> tuple[Laid, ...]:
        indices = [index for index, layer in enumerate(self._movement.layers) if layer.layer in group.layers]
        return self._laid(self._items(indices, ()))

    def _group(self, group: GroupPlan) -> Node | None:
        laid = self._laid_layers(group)
        if not laid and not self._maker.usable(group.effects):
            return None
        picture = pictures.stack(self._group_owner(group), laid) if laid else pictures.clear()
        return self._maker.chain(picture, group.effects, self)

    def _layer(self, index: int) -> Node | None:
        if index not in self._layers:
            self._layers[index] = None  # what it is to itself
            layer = self._movement.layers[index]
            source = self._source(layer)
            if source is None and self._maker.usable(layer.effects):
                source = pictures.clear()
            self._layers[index] = source and self._maker.chain(source, layer.effects, self)
        return self._layers[index]

    def _source(self, layer: LayerPlan) -> Node | None:
        """A layer's picture before its effects; None where there is none."""
        owner = self._owner(layer)
        if layer.generator is not None:
            if not self._maker.works(layer.generator):
                return None
            picture = self._maker.shaded(layer.generator, {}, self)
            return self._maker.moved(picture, layer.transform, layer.flash)
        frames = self._maker.both_sides(layer, 1.0, owner)
        transition = self._transition(layer)
        if transition is not None:
            before, after = (self._maker.side(layer, side, owner) for side in (layer.outgoing, layer.incoming))
            if before.frames or after.frames:
                host = {FROM_PICTURE: before, TO_PICTURE: after}
                return self._maker.shaded(transition, host, self, progress=layer.fade)
        return frames if frames.frames else None

    def _transition(self, layer: LayerPlan) -> ShaderPlan | None:
        """The shader that draws the change of clips just now, if one does."""
        plan = layer.transition
        return plan if plan is not None and layer.fade < 1 and self._maker.works(plan) else None

    def _is_frames_alone(self, layer: LayerPlan) -> bool:
        """Whether a layer's frames, added up, are all there is to it, and nobody else wants to see them."""
        has_shader = layer.generator is not None or self._transition(layer) is not None
        return not has_shader and not self._maker.usable(layer.effects) and layer.layer not in self._read

    def _owner(self, layer: LayerPlan) -> str:
        return f"{self._movement.movement}/layer/{layer.layer}"

    def _group_owner(self, group: GroupPlan) -> str:
        return f"{self._movement.movement}/group/{group.group}"


def _hides_all_below(laid: Laid) -> bool:
    if not isinstance(laid.picture, Frames) or laid.blend != "normal" or not laid.is_plain:
        return False
    return len(laid.picture.frames) == 1 and laid.picture.frames[0].hides_all_below


def _read_by(movement: MovementPlan) -> Iterator[str]:
    """The names of layers and groups that something in the movement looks at."""
    for layer in movement.layers:
        yield from _read_in((layer.generator, layer.transition, *layer.effects))
        yield from _names((layer.mask,))
    for group in movement.groups:
        yield from _read_in(group.effects)
    yield from _read_in(movement.effects)


def _read_in(shaders: tuple[ShaderPlan | None, ...]) -> Iterator[str]:
    for shader in shaders:
        if shader is not None:
            yield from _names(tuple(shader.pictures.values()))


def _names(sources: tuple[PictureSource | None, ...]) -> Iterator[str]:
    for source in sources:
        match source:
            case FromLayer(name) | FromGroup(name):
                yield name
