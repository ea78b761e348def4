"""What a plan looks like, in float64, from the definitions alone: no passes, nothing kept, nothing drawn together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from engine.model.pictures import FrameRef
from engine.model.plan import FromGroup, FromLayer, GroupPlan, LayerPlan, MovementPlan, PictureSource, ShaderPlan
from tests.gl.blend_reference import BT709_LUMA, FORMULAS, Floats, encoded_of, light_of

_BRIGHT = frozenset(
    {"normal", "add", "screen", "luma_key"}
)  # what docs/decisions/blend-modes.md says of their backdrop


class PlainMovement:
    """One movement of stretched frames and of look_support's shaders `invert`, `gain`, `masked` and `plain`.

    Pictures are premultiplied (height, width, 4), 0..1 but for what was added up.
    """

    def __init__(self, plan: MovementPlan, frames: Mapping[FrameRef, Floats], size: tuple[int, int]) -> None:
        """`frames`: premultiplied; one that is not there is clear."""
        self._plan = plan
        self._frames = frames
        self._clear = np.zeros((size[1], size[0], 4))

    def picture(self) -> Floats:
        """After the movement's effects."""
        group_of = {name: group for group in self._plan.groups for name in group.layers}
        items = [group_of.get(layer.layer, layer) for layer in self._plan.layers]
        once = {id(item): item for item in items}
        return self.chain(self._stack(once.values()), self._plan.effects)

    def chain(self, picture: Floats, effects: Iterable[ShaderPlan]) -> Floats:
        """`picture` after `effects`."""
        for effect in effects:
            drawn = np.clip(self._drawn(effect, straight(picture)), 0, 1)
            picture = picture * (1 - effect.mix) + premultiplied(drawn) * effect.mix
        return picture

    def _drawn(self, effect: ShaderPlan, seen: Floats) -> Floats:
        colour, alpha = seen[..., :3], seen[..., 3:]
        if effect.shader == "invert":
            colour = 1 - colour
        elif effect.shader == "gain":
            colour = colour * effect.settings["by"]
        else:
            colour = colour * straight(self._source(effect.pictures["other"]))[..., :1]
        return np.concatenate([colour, alpha], axis=-1)

    def _source(self, source: PictureSource) -> Floats:
        match source:
            case FromLayer(name):
                return self._layer(next(one for one in self._plan.layers if one.layer == name))
            case FromGroup(name):
                return self._group(next(one for one in self._plan.groups if one.group == name))
        raise AssertionError(source)

    def _layer(self, layer: LayerPlan) -> Floats:
        if layer.generator is not None:
            colour = np.asarray(layer.generator.settings["colour"], np.float64)
            picture = self._clear + premultiplied(colour)
        else:
            sides = ((layer.outgoing, 1 - layer.fade), (layer.incoming, layer.fade))
            shown = [self._frames.get(side.ref, self._clear) * share for side, share in sides if side is not None]
            picture = sum(shown, self._clear)
        return self.chain(picture, layer.effects)

    def _group(self, group: GroupPlan) -> Floats:
        layers = [layer for layer in self._plan.layers if layer.layer in group.layers]
        return self.chain(self._stack(layers), group.effects)

    def _stack(self, items: Iterable[LayerPlan | GroupPlan]) -> Floats:
        canvas = self._clear
        for item in items:
            if isinstance(item, GroupPlan):
                canvas = over(canvas, self._group(item), item.blend, item.opacity)
            elif item.is_shown:
                weight: Floats | float = item.opacity
                if item.mask is not None:
                    weight = weight * _mask(self._source(item.mask), item.mask_by)
                canvas = over(canvas, self._layer(item), item.blend, weight, linear=item.linear)
        return canvas


def over(canvas: Floats, picture: Floats, mode: str, weight: Floats | float, *, linear: bool = False) -> Floats:
    """W3C's general formula, premultiplied; only bright modes see light beyond white."""
    backdrop, source = straight(canvas), straight(picture)
    b, s, ab, as_ = backdrop[..., :3], source[..., :3], backdrop[..., 3:], source[..., 3:] * weight
    if mode == "luma_key":
        as_ = as_ * np.clip(s @ BT709_LUMA, 0, 1)[..., None]
    if linear:
        b, s = light_of(b), light_of(s)
    seen_b, seen_s = (b, s) if mode in _BRIGHT else (np.clip(b, 0, 1), np.clip(s, 0, 1))
    blended = s + b * (1 - np.minimum(s, 1)) if mode == "screen" else FORMULAS[mode](seen_b, seen_s)
    alpha = as_ + ab * (1 - as_)
    colour = as_ * (1 - ab) * s + ab * (1 - as_) * b + as_ * ab * blended
    if linear:
        colour = encoded_of(colour / np.where(alpha > 0, alpha, 1)) * alpha
    return np.concatenate([colour, alpha], axis=-1)


def premultiplied(colour: Floats) -> Floats:
    return np.concatenate([colour[..., :3] * colour[..., 3:], colour[..., 3:]], axis=-1)


def straight(picture: Floats) -> Floats:
    """Clear where alpha is 0."""
    alpha = picture[..., 3:]
    return np.concatenate([picture[..., :3] / np.where(alpha > 0, alpha, 1), alpha], axis=-1)


def _mask(picture: Floats, mask_by: str) -> Floats:
    return np.clip(picture[..., 3:] if mask_by == "alpha" else (picture[..., :3] @ BT709_LUMA)[..., None], 0, 1)
