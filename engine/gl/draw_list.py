"""What there is to draw, worked out from a plan: which pictures, where, at what weight. No GL.

A layer's frames add up to the layer (cross-fade, in-between frames); layers are then blended, bottom to top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.gl.placement import Placement, place
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Missing, Nearest, Picture
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame

_WITH_ALPHA = (Layout.RGBA, Layout.BC3, Layout.BC3_YCOCG_BC4, Layout.BC4, Layout.BC7)


@dataclass(frozen=True, slots=True)
class Motion:
    """Two pictures of one size, and how far on the way (0..1) from the first to the second the one shown is."""

    first: Picture
    second: Picture
    mix: float


@dataclass(frozen=True, slots=True)
class FrameDraw:
    """One picture, where it lies, and its share of the layer times the layer's opacity (0..1).

    With `motion` it is one of the two, and is moved to where the motion is by then.
    """

    picture: Picture
    placement: Placement
    weight: float
    motion: Motion | None = None


@dataclass(frozen=True, slots=True)
class LayerDraw:
    """A layer that changes something: at least one frame, each of weight above 0, and at most four."""

    frames: tuple[FrameDraw, ...]
    blend: str
    flash: float

    @property
    def hides_all_below(self) -> bool:
        """Whether nothing beneath it can be seen."""
        if self.blend != "normal" or len(self.frames) != 1:
            return False
        (frame,) = self.frames
        return frame.weight >= 1 and frame.placement.covers and frame.picture.layout not in _WITH_ALPHA


@dataclass(frozen=True, slots=True)
class MovementDraw:
    """A movement's layers, bottom to top, and its share of the picture (above 0, master fade included)."""

    layers: tuple[LayerDraw, ...]
    weight: float


def draw_list(
    plan: FramePlan, frames: Mapping[FrameRef, Lookup], canvas_px: tuple[int, int]
) -> tuple[MovementDraw, ...]:
    """The movements that have something to show. A frame that `frames` lacks or calls Missing is clear."""
    movements = (_movement_draw(movement, plan.fade, frames, canvas_px) for movement in plan.movements)
    return tuple(movement for movement in movements if movement.layers and movement.weight > 0)


def _movement_draw(
    movement: MovementPlan, fade: float, frames: Mapping[FrameRef, Lookup], canvas_px: tuple[int, int]
) -> MovementDraw:
    drawn = [_layer_draw(layer, frames, canvas_px) for layer in movement.layers]
    layers = [layer for layer in drawn if layer.frames]
    for index in range(len(layers) - 1, 0, -1):
        if layers[index].hides_all_below:
            del layers[:index]
            break
    if layers:
        # Over a clear backdrop the general formula leaves the source as it is, whatever the mode.
        layers[0] = replace(layers[0], blend="normal")
    return MovementDraw(tuple(layers), movement.mix * fade)


def _layer_draw(layer: LayerPlan, frames: Mapping[FrameRef, Lookup], canvas_px: tuple[int, int]) -> LayerDraw:
    weighted = [
        *_weighted(layer.outgoing, (1 - layer.fade) * layer.opacity, frames),
        *_weighted(layer.incoming, layer.fade * layer.opacity, frames),
    ]
    draws = tuple(
        FrameDraw(
            picture,
            place((picture.width, picture.height), picture.upright_turns, layer.fit, layer.transform, canvas_px),
            weight,
            motion,
        )
        for picture, weight, motion in weighted
        if weight > 0
    )
    return LayerDraw(draws, layer.blend, layer.flash)


def _weighted(
    shown: ShownFrame | None, weight: float, frames: Mapping[FrameRef, Lookup]
) -> Iterable[tuple[Picture, float, Motion | None]]:
    """The pictures of one side of a cross-fade. Of two frames to be mixed, one alone stands for both where the other is
    not there. The nearer one does where stand-ins are more than a frame out: their mix would be a double picture.
    """
    if shown is None:
        return ()
    found = [lookup for ref in shown.refs if not isinstance(lookup := frames.get(ref, Missing()), Missing)]
    if not found:
        return ()
    held = [lookup.picture for lookup in found]
    if len(held) == 1 or held[0].ref == held[1].ref:
        return ((held[0], weight, None),)
    if sum(map(_distance, found)) > 1:
        return ((min(found, key=_distance).picture, weight, None),)
    first, second = held
    moving = shown.mixing == "flow" and (first.width, first.height) == (second.width, second.height)
    motion = Motion(first, second, shown.next_mix) if moving else None
    return ((first, weight * (1 - shown.next_mix), motion), (second, weight * shown.next_mix, motion))


def _distance(found: Hit | Nearest) -> int:
    """How many frames lie between what was asked for and what is there."""
    return found.distance if isinstance(found, Nearest) else 0
