"""The effect that colours by a table, against the same in float64."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from engine.formats.cube_lut import CubeLut
from engine.formats.isf import read_isf
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, ShaderUse
from engine.gl.targets import new_target, release_target
from engine.model.shaders import Value
from engine.shipped import shipped
from tests.gl.gl_support import Floats, Pixels, pixels_of, worst

SIDE = 64


@pytest.fixture
def lut(context: moderngl.Context) -> Iterator[ShaderUse]:
    program = ShaderProgram(context, read_isf(shipped("shaders") / "effects" / "lut.fs"), premultiplied=True)
    shader = ShaderUse(program)
    yield shader
    shader.release()
    program.release()


def colours() -> Pixels:
    """Random colours, the corners of the cube, and grays; opaque."""
    generator = np.random.default_rng(3)
    pixels = generator.integers(0, 256, (SIDE, SIDE, 4), np.uint8)
    pixels[:8] = generator.choice(np.array([0, 255], np.uint8), (8, SIDE, 4))
    pixels[8:16, :, 1:3] = pixels[8:16, :, :1]
    pixels[..., 3] = 255
    return pixels


def tetrahedral(table: Floats, colour: Floats) -> Floats:
    """A walk from the corner below a colour to the one above, along the channels by their shares (n, 3)."""
    last = len(table) - 1
    corner = np.minimum((colour * last).astype(int), last - 1)
    share = colour * last - corner
    order = np.argsort(-share, axis=1)
    result: Floats = table[tuple(corner.T)].astype(np.float64)
    at = corner.copy()
    for step in range(3):
        before = table[tuple(at.T)]
        at[np.arange(len(at)), order[:, step]] += 1
        height = np.take_along_axis(share, order[:, step : step + 1], 1)
        result += height * (table[tuple(at.T)] - before)
    return result


def drawn(context: moderngl.Context, lut: ShaderUse, pixels: Pixels, strip: npt.NDArray[np.float32] | None) -> Pixels:
    inputs: dict[str, Value | moderngl.Texture] = {}
    inputs["inputImage"] = picture = context.texture((SIDE, SIDE), 4, pixels.tobytes())
    table = None
    if strip is not None:
        rgba = np.concatenate([strip, np.ones_like(strip[..., :1])], axis=-1).astype("f2")
        inputs["table"] = table = context.texture(rgba.shape[1::-1], 4, rgba.tobytes(), dtype="f2")
    target = new_target(context, (SIDE, SIDE))
    lut.draw(target, Moment(0.0), inputs)
    found = pixels_of(target).copy()
    release_target(target)
    picture.release()
    if table is not None:
        table.release()
    return found


@pytest.mark.parametrize("size", [2, 17, 33])
def test_a_cube_of_any_colours(context: moderngl.Context, lut: ShaderUse, size: int) -> None:
    table = np.random.default_rng(size).random((size,) * 3 + (3,), np.float32)
    pixels = colours()
    wanted = tetrahedral(table.astype("f2").astype(np.float64), pixels[..., :3].reshape(-1, 3) / 255.0)
    found = drawn(context, lut, pixels, CubeLut(table).strip())
    assert worst(found[..., :3].reshape(-1, 3), wanted * 255) <= 1


def test_a_row_for_each_channel(context: moderngl.Context, lut: ShaderUse) -> None:
    table = np.random.default_rng(1).random((33, 3), np.float32)
    pixels = colours()
    entries = table.astype("f2").astype(np.float64)
    wanted = [np.interp(pixels[..., one] / 255 * 32, np.arange(33), entries[:, one]) for one in range(3)]
    found = drawn(context, lut, pixels, CubeLut(table).strip())
    assert worst(found[..., :3], np.stack(wanted, axis=-1) * 255) <= 1


def test_without_a_table_and_by_the_identity_the_picture_stays(context: moderngl.Context, lut: ShaderUse) -> None:
    ramp = np.linspace(0, 1, 33, dtype=np.float32)
    identity = CubeLut(np.stack(np.meshgrid(ramp, ramp, ramp, indexing="ij"), axis=-1)).strip()
    pixels = colours()
    assert np.array_equal(drawn(context, lut, pixels, None), pixels)
    assert worst(drawn(context, lut, pixels, identity), pixels.astype(np.float64)) <= 1
