"""Effects and transitions that ship, as somebody sees them who has them in a show: at either end of a setting, at any
size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from engine.formats.isf import read_isf
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, ShaderUse
from engine.gl.targets import new_target, release_target
from engine.gl.textures import still_texture
from engine.model.shaders import FILTERED, FROM_PICTURE, TO_PICTURE, Value
from engine.shipped import shipped
from tests.gl.gl_support import Pixels, pixels_of

Draw = Callable[..., Pixels]
"""Draws an effect on a picture: its name, the picture, further pictures by name, moments and settings. With `moving`
the picture goes that many pixels to the right each time; `at_first` is what stands in its place once."""

STEP_S = 1 / 60


@pytest.fixture
def draw(context: moderngl.Context) -> Iterator[Draw]:
    made: list[ShaderUse] = []
    kept: list[moderngl.Texture] = []

    def drawn(
        name: str,
        picture: Pixels,
        pictures: Mapping[str, Pixels] | None = None,
        *,
        moments: tuple[Moment, ...] = (Moment(0.0),),
        each: Callable[[int, Pixels], object] | None = None,
        settings_at: Callable[[int], Mapping[str, Value]] | None = None,
        moving: int = 0,
        at_first: Pixels | None = None,
        kind: str = "effects",
        **settings: Value,
    ) -> Pixels:
        shader = ShaderUse(
            ShaderProgram(context, read_isf(shipped("shaders") / kind / f"{name}.fs"), premultiplied=False)
        )
        made.append(shader)
        textures = {key: still_texture(context, pixels) for key, pixels in (pictures or {}).items()}
        kept.extend(textures.values())
        target = new_target(context, (picture.shape[1], picture.shape[0]))
        found = picture
        for index, moment in enumerate(moments):
            if moving or index < 2:
                shown = picture if index or at_first is None else at_first
                textures[FILTERED if kind == "effects" else FROM_PICTURE] = still_texture(
                    context, np.roll(shown, moving * index, axis=1)
                )
                kept.extend(textures.values())
            shader.draw(target, moment, {**textures, **settings, **(settings_at(index) if settings_at else {})})
            found = pixels_of(target)
            if each is not None:
                each(index, found)
        release_target(target)
        return found

    yield drawn
    for texture in kept:
        texture.release()
    for one in made:
        one.release()
        one.program.release()


def moments(count: int, start_s: float = 0.0) -> tuple[Moment, ...]:
    return tuple(Moment(start_s + i * STEP_S, STEP_S if i else 0.0, i) for i in range(count))


def opaque(grey: npt.NDArray[np.float64]) -> Pixels:
    """An opaque grey picture of values 0 to 1."""
    pixels = np.full((*grey.shape, 4), 255, np.uint8)
    pixels[..., :3] = np.round(np.clip(grey, 0, 1) * 255)[..., None]
    return pixels


def card(height: int) -> Pixels:
    """Discs and bars, 16 by 9, the same at any height: what lies between pixels is the mean."""
    fine = 720
    y, x = (np.indices((fine, fine * 16 // 9)) + 0.5) / fine
    grey = 0.2 + 0.5 * (np.hypot(x - 0.5, y - 0.5) < 0.3) + 0.3 * (np.hypot(x - 1.3, y - 0.4) < 0.05)
    grey = np.where((x > 1.0) & (x < 1.05), 0.9, grey)
    by = fine // height
    return opaque(grey.reshape(height, by, height * 16 // 9, by).mean(axis=(1, 3)))


def reduced(pixels: Pixels, by: int) -> npt.NDArray[np.float64]:
    height, width, _ = pixels.shape
    cells = pixels.astype(np.float64).reshape(height // by, by, width // by, by, 4)
    return np.asarray(cells.mean(axis=(1, 3)))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("bloom", {"level": 0.5, "amount": 2.0}),
        ("blur", {"radius": 0.06}),
        ("blur_wide", {}),
        ("dither", {"dot_px": 16.0, "steps": 2.0}),
        ("edge", {"radius_px": 8.0}),
        ("pixelate", {"size_px": 64.0}),
        ("scanlines", {"lines": 90.0, "mask": 0.0}),
        ("sharpen", {"radius_px": 8.0}),
        ("vignette", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_effect_looks_alike_at_every_size(draw: Draw, name: str, settings: Mapping[str, Value]) -> None:
    small, large = draw(name, card(90), **settings), draw(name, card(360), **settings)
    apart = np.abs(small.astype(float) - reduced(large, 4)).mean()
    assert apart < 3, f"{apart:.1f} of 255 apart on the mean"


def test_a_smear_goes_as_far_at_every_size(draw: Draw) -> None:
    still = reduced(card(90), 1)
    small = draw("flow_smear", card(90), moments=moments(10), moving=1, strength=4.0).astype(float)
    large = reduced(draw("flow_smear", card(360), moments=moments(10), moving=4, strength=4.0), 4)
    assert np.abs(small - np.roll(still, 9, axis=1)).mean() > 6, "it does smear"
    assert np.abs(small - large).mean() < 6


@pytest.mark.parametrize("height", [90, 360])
@pytest.mark.parametrize("radius", [0.02, 0.05, 0.2])
def test_a_blurred_point_is_one_hill(draw: Draw, radius: float, height: int) -> None:
    grey = np.zeros((height, height))
    middle = height // 2
    grey[middle - 1 : middle + 2] = 1.0
    column = draw("blur", opaque(grey), radius=radius)[:, middle, 0].astype(int)
    assert np.all(np.diff(column[: middle + 1]) >= -1)
    assert np.all(np.diff(column[middle:]) <= 1)
    assert column[middle] > 0
    spread = np.sqrt(np.average((np.arange(height) - middle) ** 2, weights=column + 1e-9))
    assert spread == pytest.approx(radius * height / 2, rel=0.25, abs=1)


def test_a_blur_of_nothing_is_the_picture(draw: Draw) -> None:
    assert np.array_equal(draw("blur", card(90), radius=0.0), card(90))


def test_large_pixels_are_the_mean_of_what_they_cover(draw: Draw) -> None:
    grey = np.indices((144, 144)).sum(axis=0) % 2.0  # a chequerboard: a single read would be black or white
    found = draw("pixelate", opaque(grey), size_px=80.0)  # 16 here
    assert np.all(np.abs(found[..., 0].astype(int) - 127) <= 2)


@pytest.mark.parametrize("name", ["luma_key", "threshold"])
@pytest.mark.parametrize("softness", [0.0, 0.15, 1.0])
def test_the_ends_of_a_level_leave_all_or_nothing(draw: Draw, name: str, softness: float) -> None:
    ramp = opaque(np.tile(np.linspace(0, 1, 64), (4, 1)))
    channel = 3 if name == "luma_key" else 0
    assert np.all(draw(name, ramp, level=0.0, softness=softness)[..., channel] == 255)
    assert np.all(draw(name, ramp, level=1.0, softness=softness)[..., channel] == 0)


def test_what_is_clear_displaces_nothing(draw: Draw) -> None:
    clear = np.zeros((2, 2, 4), np.uint8)
    assert np.array_equal(draw("displace", card(90), {"map": clear}, amount=0.5), card(90))


@pytest.mark.parametrize("line", [0.25, 0.75])
def test_a_mirror_beside_the_middle_smears_no_edge(draw: Draw, line: float) -> None:
    ramp = opaque(np.tile(np.linspace(0, 1, 64), (4, 1)))
    row = draw("mirror", ramp, line=line, other_half=line > 0.5)[0, :, 0].astype(int)
    assert np.sum(np.diff(row) == 0) <= 2


def test_a_split_at_the_edge_smears_no_edge(draw: Draw) -> None:
    ramp = opaque(np.tile(np.linspace(0, 1, 64), (36, 1)))
    row = draw("rgb_split", ramp, amount=0.2)[0].astype(int)
    assert np.sum(np.abs(np.diff(row[:, 0])) < 3) <= 1


def test_lines_finer_than_the_picture_make_no_pattern(draw: Draw) -> None:
    flat = opaque(np.full((90, 160), 0.6))
    for lines in (88.0, 90.0, 240.0, 1080.0):
        found = draw("scanlines", flat, lines=lines, roll=0.0)[..., :3].astype(int)
        assert np.ptp(found.mean(axis=(1, 2))) <= 6
        assert found.mean() == pytest.approx(0.6 * 255 * (1 - 0.225) * (1 - 0.075), abs=3)


def test_light_shines_over_an_outline(draw: Draw) -> None:
    pixels = np.zeros((90, 160, 4), np.uint8)
    pixels[30:60, 60:100] = 255
    found = draw("bloom", pixels, amount=2.0)
    assert found[45, 101, 3] > 40
    assert found[45, 101, 0] > 250, "straight: the light's own colour"
    assert found[45, 80].tolist() == [255, 255, 255, 255]
    assert found[2, 2, 3] < 10


@pytest.mark.parametrize("height", [36, 44])
def test_feedback_that_does_not_move_stays_sharp(draw: Draw, height: int) -> None:
    """Margins of an odd number of pixels would shift what is remembered by half of one."""
    picture = opaque(np.random.default_rng(1).random((height, height)))
    found = draw("feedback", picture, moments=moments(5), zoom=0.0, hue=0.0)
    assert np.abs(found.astype(int) - picture).max() <= 1


def test_through_the_middle_the_picture_comes_in_small_and_grows(draw: Draw) -> None:
    size = 64
    y, x = np.indices((size, size)) - (size - 1) / 2
    spot = opaque((np.hypot(x, y) < size / 4).astype(float))
    widths: list[int] = []

    def measure(_: int, found: Pixels) -> None:
        row = found[size // 2, size // 2 :, 0]
        widths.append(int(np.argmax(row < 128)))

    settings = {"merge": 2, "middle": 0.25, "half_life_s": 20.0, "hue": 0.0, "zoom": 1.0}
    found = draw("feedback", spot, moments=moments(60), each=measure, **settings)
    assert widths == [size // 16] * 60, "the middle shows the picture as it is now, a quarter of its size"
    assert found[size // 2, size // 2 + 20, 0] > 128, "what was shown is on its way out"


def flashes(draw: Draw, rate_at: Callable[[int], float], seconds: int, start_s: float = 1000.0) -> int:
    """How many times a strobe opens."""
    shown: list[int] = []

    def settings(index: int) -> dict[str, Value]:
        return {"rate_hz": rate_at(index), "open": 0.3 if index % 7 else 0.8}

    draw(
        "strobe",
        opaque(np.ones((2, 2))),
        moments=moments(seconds * 60, start_s),
        each=lambda _, found: shown.append(int(found[0, 0, 0])),
        settings_at=settings,
    )
    lit = np.array(shown) > 128
    return int(np.sum(lit[1:] & ~lit[:-1]))


def test_a_strobe_flashes_three_times_a_second_at_most_whatever_moves_it(draw: Draw) -> None:
    assert flashes(draw, lambda index: 2.0, 4) == 8
    assert flashes(draw, lambda index: 99.0, 4) in (11, 12)
    assert flashes(draw, lambda index: 1.5 + 1.5 * np.sin(index / 3), 4) <= 12
    assert flashes(draw, lambda index: 3.0 * (index // 3 % 2), 4) <= 12


def test_a_strobe_without_a_rate_is_open(draw: Draw) -> None:
    assert flashes(draw, lambda index: 0.0, 1) == 0
    white = opaque(np.ones((2, 2)))
    found = draw("strobe", white, moments=moments(60), settings_at=lambda i: {"rate_hz": 2.0 if i < 20 else 0.0})
    assert np.array_equal(found, white)


def test_a_slit_moves_on_while_its_period_changes(draw: Draw) -> None:
    """Late in a show a place worked out from the time would be anywhere."""
    found = draw(
        "slit_scan",
        opaque(np.ones((2, 64))),
        at_first=opaque(np.zeros((2, 64))),
        moments=moments(30, 1000.0),
        settings_at=lambda index: {"period_s": 4.0 + 0.1 * index},
    )
    passed = found[0, :, 0] > 128
    assert 3 <= passed.sum() <= 8
    assert np.array_equal(passed, np.arange(64) < passed.sum()), "it began at the left edge and left nothing out"


@pytest.mark.parametrize("far", [False, True], ids=["low", "high"])
@pytest.mark.parametrize("name", sorted(file.stem for file in (shipped("shaders") / "transitions").glob("*.fs")))
def test_a_transition_begins_and_ends_with_the_pictures(draw: Draw, name: str, far: bool) -> None:
    """Wherever its settings stand: else the change would begin or end with a jolt."""
    shader = read_isf(shipped("shaders") / "transitions" / f"{name}.fs").as_shader(name)
    ends = {one.name: (one.maximum if far else one.minimum) for one in shader.settings}
    settings = {key: float(value) for key, value in ends.items() if isinstance(value, float)}
    generator = np.random.default_rng(2)
    before, after = (opaque(np.clip(generator.random((36, 64)) * 1.4 - 0.2, 0, 1)) for _ in range(2))
    for progress, wanted in ((0.0, before), (1.0, after)):
        found = draw(name, before, {TO_PICTURE: after}, kind="transitions", progress=progress, **settings)
        assert np.abs(found.astype(int) - wanted).max() <= 1
