"""What is measured of pictures that were constructed to a known answer."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from preprocess.analyze.camera import WIDTH, Movement, MovementMeter
from preprocess.analyze.colours import NAMES, dominant, name_of
from preprocess.analyze.hashing import bits_apart, perceptual_hash
from preprocess.analyze.hearing import loudness_lufs
from preprocess.analyze.looks import SMALL, Looks, LooksMeter
from preprocess.analyze.loops import LoopFinder
from preprocess.analyze.portraits import STRIP_COUNT, STRIP_WIDTH, Strip

HEIGHT = 120
RATE = 25.0


@cache
def texture(seed: int, size: int = 600) -> np.ndarray:
    """A grey picture with something everywhere, at several scales."""
    chance = np.random.default_rng(seed)
    whole = sum(
        scale * cv2.resize(chance.uniform(-1, 1, (size // scale, size // scale)), (size, size), interpolation=3)
        for scale in (5, 12, 30)
    )
    return np.clip(128 + 60 * whole / whole.std() / 1.5, 0, 255).astype(np.uint8)


def window(whole: np.ndarray, x: float, y: float, scale: float = 1.0) -> np.ndarray:
    """What a camera sees of `whole` that looks at (x, y), its middle, and shows it `scale` times as large."""
    view = np.array([[scale, 0, WIDTH / 2 - scale * x], [0, scale, HEIGHT / 2 - scale * y]], np.float32)
    return cv2.warpAffine(whole, view, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)


def movement(pictures: list[np.ndarray]) -> Movement:
    meter = MovementMeter(1 / RATE)
    for picture in pictures:
        meter.add(picture)
    return meter.movement()


def looks(pictures: list[np.ndarray]) -> Looks:
    meter = LooksMeter()
    for picture in pictures:
        small = cv2.resize(picture, SMALL, interpolation=cv2.INTER_AREA)
        meter.light(small)
        meter.look(picture, cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), small)
    return meter.looks()


@pytest.mark.parametrize(("right", "up"), [(0.3, 0.0), (-0.2, 0.0), (0.0, 0.25), (0.15, -0.2)])
def test_a_pan_has_its_speed_and_direction(right: float, up: float) -> None:
    step_x, step_y = right * WIDTH / RATE, -up * HEIGHT / RATE
    seen = movement([window(texture(1), 300 - step_x * n, 300 - step_y * n) for n in range(30)])
    assert seen.motion_x == pytest.approx(right, abs=0.02)
    assert seen.motion_y == pytest.approx(up, abs=0.02)
    assert seen.zoom == pytest.approx(0, abs=0.03)
    assert seen.shake < 0.1
    assert seen.motion > 0.1


@pytest.mark.parametrize("growth", [0.3, -0.25])
def test_a_zoom_is_no_drift(growth: float) -> None:
    begin = 1.0 if growth > 0 else 1.5
    seen = movement([window(texture(2), 300, 300, begin * (1 + growth) ** (n / RATE)) for n in range(30)])
    assert seen.zoom == pytest.approx(growth, abs=0.04)
    assert abs(seen.motion_x) < 0.02
    assert abs(seen.motion_y) < 0.02
    assert seen.shake < 0.1


def test_shake_is_no_drift_and_adds_to_a_pan() -> None:
    chance = np.random.default_rng(3)
    jitter = chance.normal(0, 1.5, (40, 2))
    shaken = movement([window(texture(3), 300 + x, 300 + y) for x, y in jitter])
    assert shaken.shake > 0.8
    assert abs(shaken.motion_x) < 0.05
    panned = movement([window(texture(3), 300 + x - 2 * n, 300 + y) for n, (x, y) in enumerate(jitter)])
    assert panned.shake == pytest.approx(shaken.shake, abs=0.2)
    assert panned.motion_x == pytest.approx(2 * RATE / WIDTH, abs=0.05)


def test_something_that_passes_by_does_not_move_the_camera() -> None:
    pictures = []
    for number in range(30):
        picture = window(texture(4), 300, 300)
        picture[40:80, 4 * number : 4 * number + 36] = texture(5)[:40, :36]
        pictures.append(picture)
    seen = movement(pictures)
    assert abs(seen.motion_x) < 0.01
    assert seen.shake < 0.15
    assert seen.motion > 0.02


def test_a_car_on_a_plain_road_does_not_move_the_camera() -> None:
    pictures = []
    for number in range(30):
        picture = np.full((HEIGHT, WIDTH), 110, np.uint8)
        picture[50:80, 4 * number : 4 * number + 30] = texture(5)[:30, :30]
        pictures.append(picture)
    assert abs(movement(pictures).motion_x) < 0.01


def test_a_camera_stands_while_most_of_what_it_sees_passes_by() -> None:
    pictures = []
    for number in range(30):
        picture = window(texture(4), 300, 300)
        picture[40:] = window(texture(5), 200 + 3 * number, 300)[40:]
        pictures.append(picture)
    seen = movement(pictures)
    assert abs(seen.motion_x) < 0.02
    assert seen.motion > 0.2


def test_a_pan_between_black_bars_is_a_pan() -> None:
    pictures = [window(texture(1), 300 - 2 * n, 300) for n in range(30)]
    for picture in pictures:
        picture[:18] = picture[-18:] = 0
    assert movement(pictures).motion_x == pytest.approx(2 * RATE / WIDTH, abs=0.03)


def test_noise_alone_and_one_frame_alone_are_still() -> None:
    chance = np.random.default_rng(6)
    noisy = [
        np.clip(window(texture(6), 300, 300) + chance.normal(0, 4, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8)
        for _ in range(20)
    ]
    seen = movement(noisy)
    assert max(abs(seen.motion_x), abs(seen.motion_y), abs(seen.zoom)) < 0.02
    assert seen.shake < 0.1
    assert movement(noisy[:1]) == Movement(0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_field_of_a_named_colour_has_its_name(name: str) -> None:
    rgb = tuple(int(NAMES[name][at : at + 2], 16) for at in (1, 3, 5))
    assert name_of(rgb) == name
    (colour,) = dominant(np.full((500, 3), rgb, np.uint8))
    assert (colour.name, colour.share) == (name, 1.0)
    assert all(abs(int(colour.rgb[at : at + 2], 16) - level) <= 1 for at, level in zip((1, 3, 5), rgb, strict=True))


def test_colours_come_with_their_shares_and_without_crumbs() -> None:
    pixels = np.array([(36, 88, 200)] * 600 + [(208, 32, 32)] * 380 + [(240, 216, 40)] * 20, np.uint8)
    assert [(colour.name, colour.share) for colour in dominant(pixels)] == [("blue", 0.6), ("red", 0.38)]


def test_light_and_tone_of_plain_fields() -> None:
    black = looks([np.zeros((90, 160, 3), np.uint8)] * 3)
    assert black.black
    assert black.static
    assert black.brightness == 0
    red = looks([np.full((90, 160, 3), (0, 0, 255), np.uint8)] * 3)
    assert not red.black
    assert red.warmth == 1
    assert red.saturation == 1
    assert looks([np.full((90, 160, 3), (255, 0, 0), np.uint8)]).warmth == 0


def test_static_is_what_never_changes_even_slowly() -> None:
    fields = [np.full((90, 160, 3), 100 + number, np.uint8) for number in range(10)]
    assert not looks(fields).static
    assert looks(fields[:1] * 10).static


def test_focus_and_lines() -> None:
    stripes = np.zeros((300, 400, 3), np.uint8)
    stripes[:, ::40] = 255
    sharp, blurred = looks([stripes]), looks([cv2.GaussianBlur(stripes, (0, 0), 4)])
    assert sharp.sharpness > 0.7
    assert blurred.sharpness < 0.2
    assert sharp.straight_lines > 0.9
    grown = cv2.cvtColor(texture(8)[:300, :400], cv2.COLOR_GRAY2BGR)
    assert looks([grown]).straight_lines < 0.3


def test_noise_is_not_sharp() -> None:
    chance = np.random.default_rng(9)
    soft = cv2.GaussianBlur(texture(9)[:300, :400], (0, 0), 5).astype(float)
    noisy = np.clip(soft + chance.normal(0, 0.8, soft.shape), 0, 255).astype(np.uint8)
    assert looks([cv2.cvtColor(noisy, cv2.COLOR_GRAY2BGR)]).sharpness < 0.2


@pytest.mark.parametrize("period", [30, 41])
def test_a_loop_closes_where_it_does(period: int) -> None:
    finder = LoopFinder(RATE)
    for number in range(2 * period + 7):
        angle = 2 * np.pi * number / period
        finder.add(window(texture(10), 300 + 40 * np.cos(angle), 300 + 40 * np.sin(angle)))
    loop = finder.loop()
    assert loop.end - loop.begin == 2 * period
    assert loop.quality > 0.9


def test_what_never_comes_back_loops_badly_and_stillness_well() -> None:
    pan = LoopFinder(RATE)
    for number in range(60):
        pan.add(window(texture(11), 100 + 6 * number, 300))
    assert pan.loop().quality < 0.1
    still = LoopFinder(RATE)
    for _ in range(60):
        still.add(window(texture(11), 300, 300))
    assert (still.loop().begin, still.loop().end, still.loop().quality) == (0, 60, 1.0)


def test_a_long_fragment_loops_between_its_ends_in_bounded_memory() -> None:
    finder = LoopFinder(RATE)
    for number in range(2600):
        finder.add(np.full((18, 32), number % 251, np.uint8))
    loop = finder.loop()
    assert (loop.end - loop.begin) % 251 == 0
    assert loop.quality > 0.9


def test_few_frames_are_a_loop_of_themselves() -> None:
    finder = LoopFinder(RATE)
    finder.add(np.zeros((18, 32), np.uint8))
    assert (finder.loop().begin, finder.loop().end) == (0, 1)


def test_a_hash_stays_under_scaling_encoding_and_light_and_differs_between_pictures() -> None:
    for seed in range(20):
        picture = texture(seed)[:480, :600]
        own = perceptual_hash(picture)
        half = cv2.resize(picture, (300, 240), interpolation=cv2.INTER_AREA)
        _, coded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, 30))
        darker = (picture * 0.7).astype(np.uint8)
        for other in (half, cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), darker):
            assert bits_apart(own, perceptual_hash(other)) <= 4
        assert bits_apart(own, perceptual_hash(texture(seed + 100)[:480, :600])) > 14
        assert bits_apart(own, perceptual_hash(np.rot90(picture))) > 14


def test_loudness_is_that_of_ebu_r128() -> None:
    """EBU Tech 3341: a stereo sine of 1 kHz at -23 dB (peak) reads -23 LUFS; with us both channels are the same."""
    at_s = np.arange(48_000 * 5) / 48_000
    sine = (10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * at_s)).astype(np.float32)
    assert loudness_lufs(sine, 48_000) == pytest.approx(-23, abs=0.1)
    assert loudness_lufs(np.zeros(48_000, np.float32), 48_000) == -70
    assert -30 < loudness_lufs(sine[:4800], 48_000) < -23


@pytest.mark.parametrize("count", [1, 5, 12, 301])
def test_a_strip_has_twelve_pictures_of_equal_parts(count: int) -> None:
    strip = Strip(count)
    for index in range(count):
        strip.add(index, np.full((90, 320, 3), min(index, 255), np.uint8))
    picture = strip.picture()
    assert picture.shape == (45, STRIP_COUNT * STRIP_WIDTH, 3)
    levels = picture[20, STRIP_WIDTH // 2 :: STRIP_WIDTH, 0].tolist()
    assert levels == [min(255, (2 * part + 1) * count // 24) for part in range(STRIP_COUNT)]
