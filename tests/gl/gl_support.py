"""Pictures, plans and pixels for the GL tests, and what they must come to, worked out in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

import moderngl
import numpy as np
import numpy.typing as npt

from engine.gl.compositor import Compositor
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Matrix, Picture
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_indices = count()


def fresh_ref(clip: str = "clip") -> FrameRef:
    """A frame that no test has used: the compositor uploads each frame once only."""
    return FrameRef(clip, next(_indices))


def rgba_picture(pixels: Pixels, **settings: int) -> Picture:
    """A picture of (height, width, 4) straight RGBA."""
    height, width = pixels.shape[:2]
    return Picture(fresh_ref(), width, height, Layout.RGBA, (np.ascontiguousarray(pixels),), **settings)


def plain_picture(width: int, height: int, colour: Sequence[int]) -> Picture:
    """A picture of one RGBA colour."""
    return rgba_picture(np.full((height, width, 4), colour, np.uint8))


def gray_picture(luma: Pixels) -> Picture:
    height, width = luma.shape
    return Picture(fresh_ref(), width, height, Layout.GRAY, (np.ascontiguousarray(luma),))


def marked_pixels(width: int, height: int) -> Pixels:
    """Opaque pixels whose corners are red (upper left), green (upper right), blue (lower left), white (lower right)."""
    pixels = np.full((height, width, 4), (40, 40, 40, 255), np.uint8)
    h, w = max(1, height // 3), max(1, width // 3)
    pixels[:h, :w, :3] = (255, 0, 0)
    pixels[:h, -w:, :3] = (0, 255, 0)
    pixels[-h:, :w, :3] = (0, 0, 255)
    pixels[-h:, -w:, :3] = (255, 255, 255)
    return pixels


def frames_of(*pictures: Picture) -> dict[FrameRef, Lookup]:
    return {picture.ref: Hit(picture) for picture in pictures}


def plan_of(*layers: LayerPlan, fade: float = 1.0) -> FramePlan:
    return FramePlan(0.0, (MovementPlan("only", 0.0, layers),), fade)


def layer_of(picture: Picture, **settings: object) -> LayerPlan:
    """A layer of one picture, stretched over the canvas unless `settings` say otherwise."""
    return LayerPlan("layer", ShownFrame(picture.ref), **{"fit": "stretch", **settings})  # type: ignore[arg-type]


def pixels_of(framebuffer: moderngl.Framebuffer) -> Pixels:
    """(height, width, 4), as read: row 0 is the framebuffer's texel row 0."""
    width, height = framebuffer.size
    return np.frombuffer(framebuffer.read(components=4), np.uint8).reshape(height, width, 4)


def drawn(compositor: Compositor, plan: FramePlan, frames: Mapping[FrameRef, Lookup]) -> Pixels:
    return pixels_of(compositor.draw(plan, frames))


def drawn_layers(compositor: Compositor, *layers_and_pictures: tuple[LayerPlan, Picture]) -> Pixels:
    layers = [layer for layer, _ in layers_and_pictures]
    return drawn(compositor, plan_of(*layers), frames_of(*(picture for _, picture in layers_and_pictures)))


def levels(straight: Floats) -> Floats:
    """0..1 as 0..255, unrounded."""
    return np.clip(straight, 0, 1) * 255


def worst(found: Pixels, wanted: Floats) -> float:
    """The largest difference in levels of 0..255."""
    return float(np.abs(found.astype(np.float64) - wanted).max())


def reference_rgb(picture: Picture) -> Floats:
    """The visible RGB of a YUV or GRAY picture, 0..1, chroma repeated; from the recommendations' decimal figures."""
    bits = 16 if picture.layout is Layout.YUV16 else 8
    step, top = 2 ** (bits - 8), 2**bits - 1
    luma, *chroma = (plane.astype(np.float64) for plane in picture.planes)
    luma = luma[: picture.height, : picture.width]
    luma = luma / top if picture.full_range else (luma - 16 * step) / (219 * step)
    if not chroma:
        return np.clip(np.repeat(luma[..., None], 3, axis=2), 0, 1)
    across, down = picture.chroma
    rows = np.arange(picture.height) // down
    columns = np.arange(picture.width) // across
    cb, cr = ((plane[np.ix_(rows, columns)] - 128 * step) for plane in chroma)
    scale = top if picture.full_range else 224 * step
    cb, cr = cb / scale, cr / scale
    r_cr, g_cb, g_cr, b_cb = {
        Matrix.BT601: (1.402, -0.344136, -0.714136, 1.772),
        Matrix.BT709: (1.5748, -0.187324, -0.468124, 1.8556),
    }[picture.matrix]
    return np.clip(np.stack([luma + r_cr * cr, luma + g_cb * cb + g_cr * cr, luma + b_cb * cb], axis=2), 0, 1)
