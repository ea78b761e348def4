"""Every blend mode against W3C Compositing and Blending Level 1, worked out in float64."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.errors import ShaderError
from engine.gl import programs
from engine.gl.compositor import Compositor
from engine.shipped import shipped
from tests.gl.gl_support import Floats, Pixels, drawn_layers, layer_of, plain_picture, rgba_picture, worst

Make = Callable[..., Compositor]
SIDE = 64


def luminosity(colour: Floats) -> Floats:
    return (colour @ np.array([0.3, 0.59, 0.11]))[..., None]


def with_luminosity(colour: Floats, wanted: Floats) -> Floats:
    colour = colour + (wanted - luminosity(colour))
    lum = luminosity(colour)
    low, high = colour.min(axis=-1, keepdims=True), colour.max(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        colour = np.where(low < 0, lum + (colour - lum) * lum / (lum - low), colour)
        return np.where(high > 1, lum + (colour - lum) * (1 - lum) / (high - lum), colour)


def saturation(colour: Floats) -> Floats:
    return colour.max(axis=-1, keepdims=True) - colour.min(axis=-1, keepdims=True)


def with_saturation(colour: Floats, wanted: Floats) -> Floats:
    """The specification's SetSat as written: sort the channels, place the middle one, clear the lowest."""
    result = np.zeros_like(colour)
    order = np.argsort(colour, axis=-1)
    low, middle, high = (np.take_along_axis(colour, order[..., place : place + 1], -1) for place in range(3))
    span = np.where(high > low, high - low, 1)
    np.put_along_axis(result, order[..., 1:2], np.where(high > low, (middle - low) * wanted / span, 0), -1)
    np.put_along_axis(result, order[..., 2:3], np.where(high > low, wanted, 0), -1)
    return result


def hard_light(b: Floats, s: Floats) -> Floats:
    return np.where(s <= 0.5, b * 2 * s, b + (2 * s - 1) - b * (2 * s - 1))


def soft_light(b: Floats, s: Floats) -> Floats:
    d = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (d - b))


def color_dodge(b: Floats, s: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(b == 0, 0.0, np.where(s == 1, 1.0, np.minimum(1, b / (1 - s))))


def color_burn(b: Floats, s: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(b == 1, 1.0, np.where(s == 0, 0.0, 1 - np.minimum(1, (1 - b) / s)))


FORMULAS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "normal": lambda b, s: s,
    "add": lambda b, s: b + s,
    "subtract": lambda b, s: np.maximum(0, b - s),
    "multiply": lambda b, s: b * s,
    "screen": lambda b, s: b + s - b * s,
    "overlay": lambda b, s: hard_light(s, b),
    "darken": np.minimum,
    "lighten": np.maximum,
    "color_dodge": color_dodge,
    "color_burn": color_burn,
    "hard_light": hard_light,
    "soft_light": soft_light,
    "difference": lambda b, s: np.abs(b - s),
    "exclusion": lambda b, s: b + s - 2 * b * s,
    "hue": lambda b, s: with_luminosity(with_saturation(s, saturation(b)), luminosity(b)),
    "saturation": lambda b, s: with_luminosity(with_saturation(b, saturation(s)), luminosity(b)),
    "color": lambda b, s: with_luminosity(s, luminosity(b)),
    "luminosity": lambda b, s: with_luminosity(b, luminosity(s)),
}

# These divide by what may be a single level, which makes the canvas's own half-float rounding visible.
STEEP = ("color_dodge", "color_burn", "hue")


def composited(mode: str, backdrop: Floats, source: Floats) -> Floats:
    """W3C's general formula for straight RGBA over black: 0..255, unrounded, (…, 3)."""
    b, s, ab, as_ = backdrop[..., :3], source[..., :3], backdrop[..., 3:], source[..., 3:]
    mixed = (1 - ab) * s + ab * FORMULAS[mode](b, s)
    return np.clip((1 - as_) * ab * b + as_ * mixed, 0, 1) * 255


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


def test_every_file_has_a_formula_here() -> None:
    assert {file.stem for file in (shipped("shaders") / "blend").glob("*.glsl")} == set(FORMULAS)


@pytest.mark.parametrize("mode", [mode for mode in FORMULAS if mode not in STEEP])
@pytest.mark.parametrize("opacity", [1.0, 0.6])
def test_over_an_opaque_backdrop(compositor: Make, mode: str, opacity: float) -> None:
    below, above = swatches(1, alpha=False), swatches(2, alpha=False)
    source = above / 255.0
    source[..., 3] *= opacity
    found = drawn_pair(compositor(SIDE, SIDE), mode, below, above, opacity)
    assert worst(found[..., :3], composited(mode, below / 255.0, source)) <= 1


@pytest.mark.parametrize("mode", [mode for mode in FORMULAS if mode not in STEEP])
def test_with_both_alphas(compositor: Make, mode: str) -> None:
    below, above = swatches(3, alpha=True), swatches(4, alpha=True)
    found = drawn_pair(compositor(SIDE, SIDE), mode, below, above)
    assert worst(found[..., :3], composited(mode, below / 255.0, above / 255.0)) <= 1


@pytest.mark.parametrize("mode", list(FORMULAS))
def test_the_files_are_the_formulas(context: moderngl.Context, mode: str) -> None:
    below, above = (swatches(seed, alpha=False)[..., :3] / 255.0 for seed in (5, 6))
    assert np.abs(blended_by_file(context, mode, below, above) - FORMULAS[mode](below, above)).max() < 1e-4


@pytest.mark.parametrize("mode", STEEP)
def test_steep_modes_stay_near_the_formula(compositor: Make, mode: str) -> None:
    below, above = swatches(5, alpha=False), swatches(6, alpha=False)
    found = drawn_pair(compositor(SIDE, SIDE), mode, below, above)
    wanted = composited(mode, below / 255.0, above / 255.0)
    off = np.abs(found[..., :3] - wanted)
    assert np.percentile(off, 98) <= 1
    assert off.max() <= 16


def test_the_lowest_layer_is_itself_in_every_mode(compositor: Make) -> None:
    pixels = swatches(7, alpha=False)
    make = compositor(SIDE, SIDE)
    for mode in FORMULAS:
        picture = rgba_picture(pixels)
        assert np.array_equal(drawn_layers(make, (layer_of(picture, blend=mode), picture)), pixels)


def test_light_beyond_white_is_kept_until_the_output(compositor: Make) -> None:
    bright, black = plain_picture(8, 8, (200, 100, 0, 255)), plain_picture(8, 8, (0, 0, 0, 255))
    layers = [(layer_of(bright), bright), (layer_of(bright, blend="add"), bright)]
    found = drawn_layers(compositor(8, 8), *layers, (layer_of(black, opacity=0.5), black))
    assert worst(found[0, 0, :3], np.array([200.0, 100.0, 0.0])) <= 1


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


def blended_by_file(context: moderngl.Context, mode: str, below: Floats, above: Floats) -> Floats:
    """What the mode's own function makes of two pictures in 32-bit floats."""
    main = """
        uniform sampler2D below, above;
        out vec4 color;
        void main() {
            ivec2 texel = ivec2(gl_FragCoord.xy);
            color = vec4(blend(texelFetch(below, texel, 0).rgb, texelFetch(above, texel, 0).rgb), 1.0);
        }
    """
    files = ["passes/blend_tools.glsl", f"blend/{mode}.glsl"]
    fragment = [*(programs.shipped_part(file) for file in files), programs.Part("test", main)]
    program = programs.build_program(context, [programs.shipped_part("passes/fullscreen.vert")], fragment)
    textures = [context.texture((SIDE, SIDE), 3, one.astype("f4").tobytes(), dtype="f4") for one in (below, above)]
    for unit, name in enumerate(("below", "above")):
        textures[unit].use(unit)
        if name in program:
            program[name] = unit
    target = context.framebuffer([context.texture((SIDE, SIDE), 4, dtype="f4")])
    target.use()
    context.enable_only(moderngl.NOTHING)
    context.vertex_array(program, []).render(moderngl.TRIANGLES, vertices=3)
    return np.frombuffer(target.read(components=3, dtype="f4"), "f4").reshape(SIDE, SIDE, 3).astype(np.float64)
