"""Every blend mode over a grid of backdrops, sources and alphas, against its definition in float64."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import moderngl
import numpy as np
import pytest

from engine.errors import ShaderError
from engine.gl.blend_pass import BlendPass, MaskBy
from engine.gl.targets import cleared_target, new_target, release_target
from engine.shipped import shipped
from tests.gl.blend_reference import BT709_LUMA, FORMULAS, Floats, composited, encoded_of, light_of

LEVEL = 1 / 255
ALPHAS = (0, 1, 64, 128, 254, 255)
LEVELS = (0, 1, 2, 31, 63, 64, 127, 128, 191, 192, 253, 254, 255)
SIDE = 128


@pytest.fixture(scope="module")
def blends(shared_context: moderngl.Context) -> Iterator[BlendPass]:
    """One for all tests, so that each program is compiled once."""
    made = BlendPass(shared_context)
    yield made
    with shared_context:
        made.release()


def grid() -> tuple[Floats, Floats]:
    """Straight RGBA of backdrop and source, 8-bit levels as 0..1, (SIDE, SIDE, 4) each.

    At every pair of ALPHAS: every pair of LEVELS as grays, then levels from there and random ones, channel by channel.
    """
    generator = np.random.default_rng(8)
    pixels = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    alphas, colours = np.divmod(pixels, len(ALPHAS) ** 2)[::-1]
    backdrop, source = (
        np.where(
            generator.random((SIDE, SIDE, 3)) < 0.5,
            generator.choice(LEVELS, (SIDE, SIDE, 3)),
            generator.integers(0, 256, (SIDE, SIDE, 3)),
        )
        for _ in range(2)
    )
    grays = colours < len(LEVELS) ** 2
    backdrop[grays] = np.take(LEVELS, colours[grays] // len(LEVELS))[:, None]
    source[grays] = np.take(LEVELS, colours[grays] % len(LEVELS))[:, None]
    alpha_pair = np.take(ALPHAS, alphas // len(ALPHAS)), np.take(ALPHAS, alphas % len(ALPHAS))
    return tuple(  # type: ignore[return-value]
        np.concatenate([colour, alpha[..., None]], axis=-1) / 255
        for colour, alpha in zip((backdrop, source), alpha_pair, strict=True)
    )


BACKDROP, SOURCE = grid()
MASK = np.random.default_rng(9).random((SIDE, SIDE, 4))


@contextmanager
def texture(context: moderngl.Context, straight: Floats, dtype: str) -> Iterator[moderngl.Texture]:
    premultiplied = np.concatenate([straight[..., :3] * straight[..., 3:], straight[..., 3:]], axis=-1)
    made = context.texture(straight.shape[1::-1], 4, premultiplied.astype(dtype).tobytes(), dtype=dtype)
    yield made
    made.release()


def blended(blends: BlendPass, context: moderngl.Context, mode: str, *, half: bool, **settings: object) -> Floats:
    """What the pass draws: half floats into 8 bits, or else 32-bit floats into 32-bit floats; premultiplied."""
    kind, size = ("f2" if half else "f4"), (SIDE, SIDE)
    target = new_target(context, size) if half else cleared_target(context, [context.texture(size, 4, dtype="f4")])
    with (
        texture(context, SOURCE, kind) as layer,
        texture(context, BACKDROP, kind) as canvas,
        texture(context, MASK, kind) as mask,
    ):
        if settings.get("mask_by"):
            settings["mask"] = mask
        blends.draw(target, layer, canvas, mode, **settings)  # type: ignore[arg-type]
        dtype = "f1" if half else "f4"
        found = np.frombuffer(target.read(components=4, dtype=dtype), "u1" if half else "f4").astype(np.float64)
    release_target(target)
    return (found / 255 if half else found).reshape(SIDE, SIDE, 4)


def test_every_file_has_a_formula_here() -> None:
    assert {file.stem for file in (shipped("shaders") / "blend").glob("*.glsl")} == set(FORMULAS)


@pytest.mark.parametrize("linear", [False, True], ids=["gamma", "linear"])
@pytest.mark.parametrize("mode", list(FORMULAS))
def test_half_floats_come_to_the_formula_in_8_bits(
    context: moderngl.Context, blends: BlendPass, mode: str, linear: bool
) -> None:
    found = blended(blends, context, mode, half=True, linear=linear)
    wanted = np.clip(composited(mode, BACKDROP, SOURCE, linear=linear), 0, 1)
    assert np.abs(found - wanted).max() <= LEVEL


@pytest.mark.parametrize("linear", [False, True], ids=["gamma", "linear"])
@pytest.mark.parametrize("mode", list(FORMULAS))
def test_floats_come_to_the_formula_within_half_floats(
    context: moderngl.Context, blends: BlendPass, mode: str, linear: bool
) -> None:
    found = blended(blends, context, mode, half=False, linear=linear, opacity=0.7)
    wanted = composited(mode, BACKDROP, SOURCE, opacity=0.7, linear=linear)
    assert np.abs(found - wanted).max() <= 2**-11


@pytest.mark.parametrize("mask_by", ["luma", "alpha"])
@pytest.mark.parametrize("mode", ["normal", "multiply", "dissolve", "luma_key"])
@pytest.mark.parametrize("linear", [False, True], ids=["gamma", "linear"])
def test_a_mask_weighs_the_layer(
    context: moderngl.Context, blends: BlendPass, mode: str, mask_by: MaskBy, linear: bool
) -> None:
    found = blended(blends, context, mode, half=False, opacity=0.8, linear=linear, mask_by=mask_by)
    weight = MASK[..., 3:] * (1 if mask_by == "alpha" else (MASK[..., :3] @ BT709_LUMA)[..., None])
    wanted = composited(mode, BACKDROP, SOURCE, opacity=0.8, weight=weight, linear=linear)
    assert np.percentile(np.abs(found - wanted), 99.99) <= 2**-11  # a pixel of dissolve may lie on its threshold
    assert mode == "dissolve" or np.abs(found - wanted).max() <= 2**-11


def test_at_opacity_0_or_with_a_clear_layer_the_backdrop_stays(context: moderngl.Context, blends: BlendPass) -> None:
    backdrop = np.concatenate([BACKDROP[..., :3] * BACKDROP[..., 3:], BACKDROP[..., 3:]], axis=-1)
    clear = SOURCE[..., 3] == 0
    for mode in ("multiply", "vivid_light", "dissolve"):
        assert np.abs(blended(blends, context, mode, half=True, opacity=0.0) - backdrop).max() <= LEVEL / 2 + 1e-4
        assert np.abs(blended(blends, context, mode, half=True) - backdrop)[clear].max() <= LEVEL / 2 + 1e-4


def test_linear_light_and_back_is_where_it_was() -> None:
    ramp = np.linspace(0, 2, 4001)
    assert np.abs(encoded_of(light_of(ramp)) - ramp).max() < 1e-6


def test_a_dissolve_is_as_much_source_as_its_alpha_and_stays_where_it_is(
    context: moderngl.Context, blends: BlendPass
) -> None:
    with (
        texture(context, np.ones((SIDE, SIDE, 4)), "f2") as white,
        texture(context, np.ones((SIDE, SIDE, 4)) * (0, 0, 0, 1), "f2") as black,
    ):
        target, shares, before = new_target(context, (SIDE, SIDE)), [], None
        for opacity in (0.0, 0.1, 0.5, 0.9, 1.0):
            blends.draw(target, white, black, "dissolve", opacity=opacity)
            found = np.frombuffer(target.read(components=1), np.uint8)
            assert set(np.unique(found)) <= {0, 255}
            assert before is None or (found >= before).all()  # what was the source's stays the source's
            before = found
            shares.append(found.mean() / 255)
        release_target(target)
    assert shares == pytest.approx([0, 0.1, 0.5, 0.9, 1], abs=0.01)


def test_nothing_is_made_after_preparing(context: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    blends = BlendPass(context)
    blends.prepare("overlay", linear=True, mask_by="alpha")
    monkeypatch.setattr("engine.gl.blend_pass.FullScreen", None)
    blended(blends, context, "overlay", half=True, linear=True, mask_by="alpha")
    with pytest.raises(TypeError):
        blended(blends, context, "overlay", half=True, linear=False, mask_by="alpha")
    blends.release()


def test_an_unknown_mode_is_an_error_that_names_the_file(context: moderngl.Context, blends: BlendPass) -> None:
    with pytest.raises(ShaderError, match=r"blend/sparkle\.glsl.*cannot be read"):
        blends.prepare("sparkle")
