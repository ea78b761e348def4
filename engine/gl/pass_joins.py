"""Which passes can be one: frames drawn together or with their backdrop, and the last pass into the output. Pure."""

from __future__ import annotations

from dataclasses import replace

from engine.gl.layer_frames import FrameDraw
from engine.gl.passes import OUTPUT, Blend, DrawFrames, Kept, Lay, Mix, Pass, Shade, Slot
from engine.gl.pictures import FIXED_FUNCTION, Frames


def is_one_pass(frames: tuple[FrameDraw, ...]) -> bool:
    """Whether frames can be drawn in one pass: one, or two that lie alike and cover the target."""
    match frames:
        case (_,):
            return True
        case (lower, upper):
            return lower.placement.covers and lower.lies_as(upper)
    return False


def is_drawn_upon(node: Frames, blend: str) -> bool:
    """Whether a frame is drawn and blended at once."""
    if len(node.frames) != 1:
        return False
    return blend in FIXED_FUNCTION or (blend == "multiply" and node.frames[0].placement.covers)


def into_output(last: Pass) -> Pass | None:
    """The pass that draws into the output what `last` draws into a picture; None where it needs that picture."""
    match last:
        case Shade() | Mix() | Blend() | DrawFrames(below=Slot() | Kept()) | DrawFrames(frames=(_, _)):
            return replace(last, target=OUTPUT)
        case DrawFrames(frames=(only,), clears=False) if only.mode != "replace" and only.frame.placement.covers:
            return replace(last, target=OUTPUT, below=Slot(last.target))
        case Lay(mode="normal" | "add" | "screen"):
            canvas = Slot(last.target)
            shown = (last.picture, canvas, last.mode, last.opacity, False, last.mask, last.mask_by)
            return Blend(OUTPUT, last.owner, *shown)
    return None
