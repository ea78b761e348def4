"""Every conversion to RGB over a grid of codes, against the published formulas in float64: within one level of 255."""

from __future__ import annotations

from collections.abc import Callable

import moderngl
import numpy as np
import pytest

from engine.gl import programs
from engine.gl.compositor import Compositor
from engine.gl.targets import new_target, release_target
from engine.model.pictures import Layout, Matrix, Picture
from tests.gl.gl_support import (
    Floats,
    Pixels,
    drawn_layers,
    fresh_ref,
    layer_of,
    levels,
    pixels_of,
    reference_rgb,
    worst,
)

Make = Callable[..., Compositor]
WIDTH, HEIGHT = 256, 128  # 32 × 32 × 32 codes


def grid(channels: int) -> tuple[Pixels, ...]:
    """Every combination of 32 codes (8 of them a channel with four), the lowest and the highest included."""
    count = 32 if channels == 3 else 8
    codes = np.round(np.linspace(0, 255, count)).astype(np.uint8)
    combined = np.meshgrid(*[codes] * channels, indexing="ij")
    filled = [np.resize(one.ravel(), HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) for one in combined]
    return tuple(np.ascontiguousarray(one) for one in filled)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("full_range", [True, False], ids=["full", "limited"])
@pytest.mark.parametrize("matrix", list(Matrix))
def test_ycbcr(compositor: Make, matrix: Matrix, full_range: bool, bits: int) -> None:
    planes = grid(3)
    if bits == 16:
        generator = np.random.default_rng(1)
        planes = tuple(one * np.uint16(256) + generator.integers(0, 256, one.shape, np.uint16) for one in planes)
    layout = Layout.YUV if bits == 8 else Layout.YUV16
    picture = Picture(fresh_ref(), WIDTH, HEIGHT, layout, planes, chroma=(1, 1), matrix=matrix, full_range=full_range)
    found = drawn_layers(compositor(WIDTH, HEIGHT), (layer_of(picture), picture))
    assert worst(found[..., :3], levels(reference_rgb(picture))) <= 1


def ycocg(texels: Floats) -> Floats:
    """RGB of the texels of HAP Q, as its format says: scale, then the inverse of YCoCg; 0..1."""
    scale = texels[..., 2] * (255 / 8) + 1
    co, cg = ((texels[..., one] - 0.50196078431373) / scale for one in (0, 1))
    luma = texels[..., 3]
    return np.stack([luma + co - cg, luma + cg, luma - co - cg], axis=-1)


@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "alpha"])
def test_scaled_ycocg(context: moderngl.Context, alpha: bool) -> None:
    """The sampling function by itself, on texels as a decoder of BC3 may hand them over."""
    texels = np.stack(grid(4), axis=-1)
    name = "passes/sample_ycocg_alpha.glsl" if alpha else "passes/sample_ycocg.glsl"
    files = ["passes/sample_within.glsl", "passes/sample_scaled_ycocg.glsl", name]
    place = f"gl_FragCoord.xy / vec2({WIDTH}.0, {HEIGHT}.0)"
    main = f"out vec4 color; void main() {{ color = sampled({place}, plane_0, plane_1, plane_2); }}"
    parts = [*(programs.shipped_part(file) for file in files), programs.Part("test", main)]
    program = programs.build_program(context, [programs.shipped_part("passes/fullscreen.vert")], parts)
    program["plane_0"] = 0
    if alpha:
        program["plane_1"] = 1
    textures = [context.texture((WIDTH, HEIGHT), 4, one.tobytes()) for one in (texels, texels[..., ::-1].copy())]
    for unit, texture in enumerate(textures):
        texture.filter = moderngl.NEAREST, moderngl.NEAREST
        texture.use(unit)
    target, vertices = new_target(context, (WIDTH, HEIGHT)), context.vertex_array(program, [])
    target.use()
    context.enable_only(moderngl.NOTHING)
    vertices.render(moderngl.TRIANGLES, vertices=3)
    found = pixels_of(target)
    assert worst(found[..., :3], levels(ycocg(texels / 255.0))) <= 1
    assert np.array_equal(found[..., 3], texels[..., 0] if alpha else np.full((HEIGHT, WIDTH), 255))
    release_target(target)
    for texture in textures:
        texture.release()
    vertices.release()
    program.release()
