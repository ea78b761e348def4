"""A layer's frames, worked out from its plan: which pictures, where, at what weight. They add up to it. No GL."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from engine.gl.placement import Placement, place
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Missing, Nearest, Picture
from engine.model.plan import LayerPlan, ShownFrame

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

    @property
    def signature(self) -> Hashable:
        """What it looks like: a picture is uploaded once for its frame, so that the frame stands for it."""
        moved = self.motion and (self.motion.first.ref, self.motion.second.ref, self.motion.mix)
        return self.picture.ref, self.placement, self.weight, moved

    def lies_as(self, other: FrameDraw) -> bool:
        """Whether both, at rest, are sampled at the same places in the same way, so that one program draws both."""
        if self.motion is not None or other.motion is not None:
            return False
        return self.placement == other.placement and _sampling(self.picture) == _sampling(other.picture)

    @property
    def hides_all_below(self) -> bool:
        """Whether nothing beneath it can be seen, where it alone is a layer in normal mode."""
        return self.weight >= 1 and self.placement.covers and self.picture.layout not in _WITH_ALPHA


def _sampling(picture: Picture) -> Hashable:
    """All of a picture but its texels."""
    planes = tuple(plane.shape for plane in picture.planes)
    size = (picture.width, picture.height)
    return picture.layout, size, picture.chroma, picture.matrix, picture.full_range, planes


def side_draws(
    layer: LayerPlan,
    shown: ShownFrame | None,
    weight: float,
    frames: Mapping[FrameRef, Lookup],
    canvas_px: tuple[int, int],
) -> tuple[FrameDraw, ...]:
    """What one side of a layer's cross-fade comes to at `weight`: none, or one or two draws of weight above 0.

    A frame that `frames` lacks or calls Missing is clear.
    """
    return tuple(
        FrameDraw(
            picture,
            place((picture.width, picture.height), picture.upright_turns, layer.fit, layer.transform, canvas_px),
            share,
            motion,
        )
        for picture, share, motion in _weighted(shown, weight, frames)
        if share > 0
    )


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
