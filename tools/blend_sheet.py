"""The picture of docs/blend-modes.md: every blend mode on the same two pictures. `python -m tools.blend_sheet`."""

from __future__ import annotations

from pathlib import Path

import moderngl
import numpy as np

from engine.formats.isf import read_isf
from engine.formats.replace_file import replace_file
from engine.gl.blend_pass import BlendPass
from engine.gl.context import headless_context
from engine.gl.letters import lettered
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, ShaderUse
from engine.gl.targets import new_target, picture_of, release_target
from engine.shipped import shipped
from tools.frames import Pixels, png

SHEET = Path("docs/blend-modes.png")
# In the order of the page.
MODES = (
    *("normal", "dissolve", "luma_key"),
    *("darken", "multiply", "color_burn", "linear_burn", "darker_color"),
    *("lighten", "screen", "color_dodge", "linear_dodge", "add", "lighter_color"),
    *("overlay", "soft_light", "hard_light", "vivid_light", "linear_light", "pin_light", "hard_mix"),
    *("difference", "exclusion", "subtract", "divide"),
    *("hue", "saturation", "color", "luminosity"),
)
_COLUMNS, _SIZE, _GAP_PX, _LABEL_PX = 6, (160, 90), 6, 14
_PAPER, _INK = 24, 230
_BACKDROP, _BACKDROP_AT_S = "generators/sea.fs", 20.0


def main() -> None:
    """Draw the sheet anew."""
    with headless_context() as context:
        replace_file(SHEET, png(sheet(context)))
    print(SHEET)


def sheet(context: moderngl.Context) -> Pixels:
    """The backdrop, the layer, and every mode in gamma and some in linear light; uint8 (height, width, 3)."""
    blends = BlendPass(context)
    canvas, target = (new_target(context, _SIZE, half_float=True) for _ in range(2))
    program = ShaderProgram(context, read_isf(shipped("shaders") / _BACKDROP), premultiplied=True)
    ShaderUse(program).draw(canvas, Moment(_BACKDROP_AT_S))
    layer = context.texture(_SIZE, 4, _layer().astype("f2").tobytes(), dtype="f2")
    clear = new_target(context, _SIZE, half_float=True)
    tiles = [("backdrop", _read(canvas))]
    blends.draw(target, layer, picture_of(clear), "normal")
    tiles.append(("layer", _read(target)))
    wanted = [(mode, False) for mode in MODES] + [(mode, True) for mode in ("normal", "screen", "overlay", "multiply")]
    for mode, linear in wanted:
        blends.draw(target, layer, picture_of(canvas), mode, linear=linear)
        tiles.append((f"{mode} (linear)" if linear else mode, _read(target)))
    blends.release()
    program.release()
    layer.release()
    for one in (canvas, target, clear):
        release_target(one)
    return _laid_out(tiles)


def _layer() -> np.ndarray:
    """Hues from left to right, from white through full colour to black downwards, fading out at its edges."""
    width, height = _SIZE
    across, down = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    hue = np.clip(np.abs((across[..., None] * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1, 0, 1)
    light = (1 - down)[..., None] * 2
    colour = np.where(light > 1, hue + (1 - hue) * (light - 1), hue * light)
    edge_px = np.minimum(np.minimum(across, 1 - across) * width, np.minimum(down, 1 - down) * height)
    alpha = np.clip(edge_px / 20, 0, 1)[..., None]
    return np.concatenate([colour * alpha, alpha], axis=-1)


def _read(target: moderngl.Framebuffer) -> Pixels:
    width, height = target.size
    read = np.frombuffer(target.read(components=3, dtype="f4"), "f4").reshape(height, width, 3)
    return np.asarray(np.round(np.clip(read, 0, 1) * 255), np.uint8)


def _laid_out(tiles: list[tuple[str, Pixels]]) -> Pixels:
    step_x, step_y = _SIZE[0] + _GAP_PX, _SIZE[1] + _LABEL_PX + _GAP_PX
    rows = -(-len(tiles) // _COLUMNS)
    paper = np.full((rows * step_y + _GAP_PX, _COLUMNS * step_x + _GAP_PX, 3), _PAPER, np.uint8)
    for position, (name, pixels) in enumerate(tiles):
        row, column = divmod(position, _COLUMNS)
        top, left = _GAP_PX + row * step_y, _GAP_PX + column * step_x
        paper[top : top + _SIZE[1], left : left + _SIZE[0]] = pixels
        mask = lettered(name, 1)
        paper[top + _SIZE[1] + 3 :, left:][: mask.shape[0], : mask.shape[1]][mask] = _INK
    return paper


if __name__ == "__main__":
    main()
