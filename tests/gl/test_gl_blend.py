"""Every blend mode against W3C Compositing and Blending Level 1, worked out in float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ShaderError
from engine.gl import programs
from engine.gl.compositor import Compositor
from engine.gl.pictures import KEYING
from engine.model.plan import FramePlan, GroupPlan, MovementPlan
from engine.shipped import shipped
from tests.gl import blend_reference
from tests.gl.blend_reference import FORMULAS
from tests.gl.gl_support import (
    Floats,
    Pixels,
    drawn,
    drawn_layers,
    frames_of,
    layer_of,
    levels,
    plain_picture,
    rgba_picture,
    worst,
)

Make = Callable[..., Compositor]
SIDE = 64


def composited(mode: str, backdrop: Floats, source: Floats) -> Floats:
    """W3C's general formula for straight RGBA over black: 0..255, unrounded, (…, 3)."""
    return levels(blend_reference.composited(mode, backdrop, source)[..., :3])


def swatches(seed: int, alpha: bool) -> Pixels:
    """Random colours, with every extreme among them."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (SIDE, SIDE, 4), np.uint8)
    extremes = generator.random((SIDE, SIDE, 4))
    pixels[extremes < 0.1] = 0
    pixels[extremes > 0.9] = 255
    pixels[:8, :, 1:3] = pixels[:8, :, :1]  # grays, for which hue means nothing
    if not alpha:
        pixels[..., 3] = 255
    return pixels


def test_the_canvas_keeps_every_mode_within_a_level(compositor: Make) -> None:
    """Through half-float layers and canvases, and for some modes through fixed-function blending."""
    make = compositor(SIDE, SIDE)
    off = {}
    for mode in set(FORMULAS) - {"dissolve"}:  # whose pixels hang on an alpha's last bit
        for alpha, opacity in ((False, 1.0), (False, 0.6), (True, 1.0)):
            below, above = swatches(1, alpha), swatches(2, alpha)
            source = above / 255.0
            source[..., 3] *= opacity
            found = drawn_pair(make, mode, below, above, opacity)
            off[mode, alpha, opacity] = worst(found[..., :3], composited(mode, below / 255.0, source))
    assert {case: levels_off for case, levels_off in off.items() if levels_off > 1.001} == {}


@pytest.mark.parametrize("mode", ["normal", "add", "screen"])
def test_fixed_function_blending_is_the_mode_itself(
    compositor: Make, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    bright, dim, veil = (rgba_picture(swatches(seed, alpha=True)) for seed in (1, 2, 3))
    layers = [(layer_of(bright), bright), (layer_of(bright, blend="add"), bright), (layer_of(dim, blend=mode), dim)]
    shortcut = drawn_layers(compositor(SIDE, SIDE), *layers, (layer_of(veil, opacity=0.5), veil))
    monkeypatch.setattr("engine.gl.pass_graph.FIXED_FUNCTION", frozenset())
    by_pass = drawn_layers(compositor(SIDE, SIDE), *layers, (layer_of(veil, opacity=0.5), veil))
    assert worst(shortcut, by_pass.astype(np.float64)) <= 1


def test_the_lowest_layer_is_itself_in_every_mode(compositor: Make) -> None:
    pixels = swatches(7, alpha=False)
    make = compositor(SIDE, SIDE)
    for mode in FORMULAS:
        picture = rgba_picture(pixels)
        found = drawn_layers(make, (layer_of(picture, blend=mode), picture))
        if mode in KEYING:  # over nothing, too, a key leaves out what it leaves out
            assert worst(found[..., :3], composited(mode, np.zeros((SIDE, SIDE, 4)), pixels / 255.0)) <= 1
        else:
            assert np.array_equal(found, pixels)


def test_light_beyond_white_is_kept_until_the_output(compositor: Make) -> None:
    bright, black = plain_picture(8, 8, (200, 100, 0, 255)), plain_picture(8, 8, (0, 0, 0, 255))
    layers = [(layer_of(bright), bright), (layer_of(bright, blend="add"), bright)]
    found = drawn_layers(compositor(8, 8), *layers, (layer_of(black, opacity=0.5), black))
    assert worst(found[0, 0, :3], np.array([200.0, 100.0, 0.0])) <= 1


def test_a_screen_of_light_beyond_white_takes_none_away(compositor: Make) -> None:
    """Two sums of 600 of 255, one screened over the other, are white, with a dark layer over them, too."""
    bright, black = plain_picture(8, 8, (200, 200, 200, 255)), plain_picture(8, 8, (0, 0, 0, 255))
    names = [f"layer {index}" for index in range(6)]
    layers = [replace(layer_of(bright, blend="add"), layer=name) for name in names]
    group = GroupPlan("upper", tuple(names[3:]), blend="screen")
    for top in ((), (layer_of(black, opacity=0.1),)):
        plan = FramePlan(0.0, (MovementPlan("m", 0.0, (*layers, *top), groups=(group,)),))
        assert drawn(compositor(8, 8), plan, frames_of(bright, black))[..., :3].min() == 255


def test_prepare_compiles_ahead_and_draws_alike(compositor: Make) -> None:
    below, above = swatches(1, alpha=False), swatches(2, alpha=False)
    warm = compositor(SIDE, SIDE)
    warm.prepare(FORMULAS)
    for mode in ("overlay", "add", "hue"):
        assert np.array_equal(
            drawn_pair(warm, mode, below, above), drawn_pair(compositor(SIDE, SIDE), mode, below, above)
        )


def test_an_unknown_mode_is_an_error_that_names_the_file(compositor: Make) -> None:
    with pytest.raises(ShaderError, match=r"blend/sparkle\.glsl.*cannot be read"):
        compositor(8, 8).prepare(["sparkle"])


def test_a_mode_that_does_not_compile_is_told_with_file_line_and_source(
    compositor: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = compositor(8, 8)
    shaders = shipped("shaders")
    (tmp_path / "blend").mkdir()
    (tmp_path / "passes").symlink_to(shaders / "passes")
    broken = tmp_path / "blend" / "broken.glsl"
    broken.write_text("// fine\nvec3 blend(vec3 backdrop, vec3 source) {\n    return backdrop * sauce;\n}\n")
    monkeypatch.setattr(programs, "shipped", lambda name: tmp_path)
    with pytest.raises(ShaderError) as caught:
        make.prepare(["broken"])
    assert caught.value.subject == f"{broken}:3"
    assert "sauce" in caught.value.what
    assert caught.value.what.endswith("return backdrop * sauce;")


def drawn_pair(compositor: Compositor, mode: str, below: Pixels, above: Pixels, opacity: float = 1.0) -> Pixels:
    lower, upper = rgba_picture(below), rgba_picture(above)
    return drawn_layers(compositor, (layer_of(lower), lower), (layer_of(upper, blend=mode, opacity=opacity), upper))
