"""The flash guard's pictures, judged by the meter that judges films."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.analysis.flash_report import FlashReport
from engine.analysis.flashes import FlashMeter, cell_light
from engine.gl.flash_guard import FlashGuard
from tests.archive_support import MovieSpec, write_movie
from tests.gl.gl_support import Floats, Pixels, pixels_of
from tools.flash_check import film_flashes

WIDTH, HEIGHT = 128, 64
RATE = 30
SPEC = MovieSpec(width=WIDTH, height=HEIGHT, rate=Fraction(RATE))
Guard = Callable[..., list[Pixels]]


@pytest.fixture
def guarded(context: moderngl.Context) -> Guard:
    """Runs pictures, a frame after another, through a guard of their own."""

    def run(pictures: Sequence[Pixels], rate: float = RATE, fade: Sequence[float] | None = None) -> list[Pixels]:
        guard = FlashGuard(context, (WIDTH, HEIGHT))
        texture = context.texture((WIDTH, HEIGHT), 4)
        found = []
        for index, pixels in enumerate(pictures):
            texture.write(pixels.tobytes())
            black = fade is not None and bool(fade[index] <= 0)
            found.append(pixels_of(guard.draw(texture, index / rate, at_once=black)).copy())
        guard.release()
        texture.release()
        return found

    return run


def strobe(
    hz: float,
    share: float = 1.0,
    *,
    frames: int = 60,
    rate: float = RATE,
    bright: Sequence[int] = (255, 255, 255),
    dark: Sequence[int] = (0, 0, 0),
) -> list[Pixels]:
    """The left `share` of a picture with detail goes from bright to dark and back."""
    still = np.random.default_rng(2).integers(60, 120, (HEIGHT, WIDTH, 4), np.uint8)
    still[..., 3] = 255
    made = []
    for index in range(frames):
        pixels = still.copy()
        is_bright = (index / rate * hz + 1e-9) % 1 < 0.5
        pixels[:, : round(share * WIDTH), :3] = bright if is_bright else dark
        made.append(pixels)
    return made


def blocks(generator: np.random.Generator, side: int) -> Floats:
    """(HEIGHT, WIDTH, 3), of squares of a random colour each."""
    colours = generator.integers(0, 256, (HEIGHT // side, WIDTH // side, 3)).astype(np.float64)
    return colours.repeat(side, 0).repeat(side, 1)


def report(pictures: Sequence[Pixels], rate: float = RATE) -> FlashReport:
    meter, found = FlashMeter(1 / rate), FlashReport()
    for index, pixels in enumerate(pictures):
        found.add(index / rate, meter.add(index / rate, cell_light(pixels[..., :3])))
    return found


def changes(found: Sequence[Pixels], wanted: Sequence[Pixels]) -> int:
    return sum(int(not np.array_equal(one, other)) for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    "pictures",
    [
        strobe(4, 0.5),
        strobe(7.5),
        strobe(15, 0.3),
        strobe(6, bright=(255, 0, 0)),
        strobe(6, bright=(140, 0, 0)),
        strobe(6, bright=(140, 0, 0), dark=(80, 80, 80)),
        strobe(6, bright=(255, 0, 0), dark=(0, 140, 0)),
        strobe(6, bright=(110, 110, 110), dark=(40, 40, 40)),
        strobe(6, bright=(255, 255, 255), dark=(225, 225, 225)),
    ],
    ids=["4 Hz", "all", "15 Hz", "red", "dark red", "red and gray", "red and green", "dim", "bright"],
)
def test_what_fails_passes_once_guarded(guarded: Guard, pictures: list[Pixels]) -> None:
    assert report(pictures).verdict == "fail"
    found = guarded(pictures)
    assert report(found).verdict in ("pass", "caution")
    assert np.array_equal(found[0], pictures[0])
    assert changes(found, pictures) >= 3


def test_at_60_frames_a_second(guarded: Guard) -> None:
    pictures = strobe(10, frames=120, rate=60)
    assert report(pictures, 60).verdict == "fail"
    assert report(guarded(pictures, 60), 60).verdict != "fail"


def test_flashes_in_another_place_each_time(guarded: Guard) -> None:
    pictures = strobe(0, dark=(0, 0, 0), bright=(0, 0, 0))
    for index, pixels in enumerate(pictures):
        if index // 3 % 2:
            left = index // 6 % 3 * 42
            pixels[:, left : left + 42, :3] = 255
    assert report(pictures).verdict == "fail"
    assert report(guarded(pictures)).verdict != "fail"


def test_noise_that_flickers_everywhere(guarded: Guard) -> None:
    generator = np.random.default_rng(5)
    pictures = []
    for _ in range(60):
        blocks = generator.integers(0, 2, (8, 16, 1), np.uint8) * 255
        pictures.append(
            np.ascontiguousarray(np.repeat(blocks.repeat(8, 0).repeat(8, 1), 4, 2) | (0, 0, 0, 255)).astype("u1")
        )
    assert report(pictures).verdict == "fail"
    assert report(guarded(pictures)).verdict != "fail"


@pytest.mark.parametrize("tint", [(1, 1, 1), (1, 0.4, 0.3), (1, 0, 0)], ids=["white", "orange", "red"])
def test_a_wave_across_the_picture(guarded: Guard, tint: tuple[float, ...]) -> None:
    across = np.arange(WIDTH) / WIDTH * 6
    pictures = [np.full((HEIGHT, WIDTH, 4), 255, np.uint8) for _ in range(60)]
    for index, pixels in enumerate(pictures):
        wave = 0.5 + 0.5 * np.sin(across + 2 * np.pi * 3.9 * index / RATE)
        pixels[..., :3] = wave[:, None] * 255 * np.array(tint)
    assert report(pictures).verdict == "fail"
    assert report(guarded(pictures)).verdict != "fail"


@pytest.mark.parametrize("seed", range(12))
def test_whatever_flashes_and_fades(guarded: Guard, seed: int) -> None:
    """Two pictures of random blocks take turns, in one of several ways, and a hand fades them; or there is black."""
    generator = np.random.default_rng(seed)
    rate, hz, kind = (24, 25, 30, 50, 60 / 1.001, 60)[seed % 6], generator.uniform(3, 10), generator.integers(4)
    first, second = (blocks(generator, int(generator.choice([1, 4, 16, 64]))) for _ in range(2))
    if kind == 3:
        first[..., 1:], second[..., 1:] = first[..., 1:] * 0.1, 0
    across, at_s = np.arange(WIDTH) / WIDTH * 6, np.arange(round(rate * 1.5)) / rate
    fade = [np.ones_like(at_s), at_s * generator.uniform(1, 5) % 1 < 0.6, 0.5 + 0.5 * np.cos(at_s * 14)][seed % 3]
    pictures = []
    for one_s, by in zip(at_s, fade, strict=True):
        phase = 2 * np.pi * hz * one_s + (across if kind == 1 else 0)
        mix = 0.5 + 0.5 * np.cos(phase) if kind < 2 else np.asarray(np.cos(phase) > 0, np.float64)
        mixed = (first + (second - first) * mix.reshape(-1, 1)) * by
        pictures.append(np.dstack([mixed, np.full((HEIGHT, WIDTH), 255)]).astype(np.uint8))
    found = guarded(pictures, rate, fade)
    assert report(found, rate).verdict != "fail"
    assert not any(one[..., :3].any() for one, by in zip(found, fade, strict=True) if by <= 0)


def test_a_flicker_around_what_was_first(guarded: Guard) -> None:
    """Of 10.5 % of luminance, half of it above what the first picture has."""
    pictures = strobe(8, bright=(195,) * 3, dark=(177,) * 3)
    pictures.insert(0, strobe(0, bright=(187,) * 3)[0])
    assert report(pictures).verdict == "fail"
    assert report(guarded(pictures)).verdict != "fail"


def test_after_black_by_hand_there_is_room_for_it_again(guarded: Guard) -> None:
    fade = np.ones(RATE)
    fade[:3] = fade[-3:] = 0
    pictures = [(one * by).astype(np.uint8) for one, by in zip(strobe(7.5, frames=RATE), fade, strict=True)]
    found = np.array([one[..., :3].mean() for one in guarded(pictures, RATE, fade)])
    assert found[-1] == 0
    turns = np.sign(np.diff(found)) * (np.abs(np.diff(found)) > 100)
    assert np.count_nonzero(turns) <= 5


@pytest.mark.parametrize("pictures", [strobe(2.5, 0.5), strobe(8, 0.1), strobe(0)], ids=["2.5 Hz", "a tenth", "still"])
def test_what_passes_is_left_alone(guarded: Guard, pictures: list[Pixels]) -> None:
    assert changes(guarded(pictures), pictures) == 0


def test_the_rest_of_the_picture_goes_on(guarded: Guard) -> None:
    pictures = strobe(10, 0.5)
    for index, pixels in enumerate(pictures):
        pixels[:, -40:, 1] = 60 + index  # a slow change beside the flashes
    found = guarded(pictures)
    assert all(np.array_equal(one[:, -40:], other[:, -40:]) for one, other in zip(found, pictures, strict=True))


def test_a_film_of_guarded_pictures_passes(guarded: Guard, tmp_path: Path) -> None:
    pictures = strobe(7, 0.6)
    films = [
        write_movie(tmp_path / f"{name}.mp4", [one[..., :3] for one in found], SPEC)
        for name, found in (("as it was", pictures), ("guarded", guarded(pictures)))
    ]
    assert [film_flashes(film).verdict for film in films] == ["fail", "pass"]


def test_it_holds_back_and_does_not_black_out(guarded: Guard) -> None:
    found = guarded(strobe(10, bright=(200, 200, 200), dark=(50, 50, 50)))
    assert min(one[..., :3].min() for one in found) >= 49
    still_there = guarded([*strobe(10, frames=30), *[strobe(0, 0.0)[0]] * 45])
    assert np.array_equal(still_there[-1], strobe(0, 0.0)[0])  # once it no longer flashes, the picture is whole


def test_the_same_pictures_give_the_same(guarded: Guard) -> None:
    first, second = guarded(strobe(8)), guarded(strobe(8))
    assert changes(first, second) == 0


def test_a_jump_back_frees_nothing_and_a_restart_all(context: moderngl.Context) -> None:
    guard = FlashGuard(context, (WIDTH, HEIGHT))
    textures = [context.texture((WIDTH, HEIGHT), 4, strobe(0, bright=(one,) * 3)[0].tobytes()) for one in (0, 255)]
    found = [pixels_of(guard.draw(textures[n % 2], 5 - n / 10))[0, 0, 0] for n in range(10)]
    assert found[:6] == [0, 255, 0, 255, 0, 255]
    assert min(found[6:]) > 150
    guard.restart()
    assert pixels_of(guard.draw(textures[1], 0.0))[0, 0, 0] == 255
    guard.release()
    for texture in textures:
        texture.release()


def test_what_is_no_number_is_black_and_does_not_end_the_guard(context: moderngl.Context) -> None:
    guard = FlashGuard(context, (WIDTH, HEIGHT))
    broken = np.full((HEIGHT, WIDTH, 4), np.nan, np.float32)
    texture = context.texture((WIDTH, HEIGHT), 4, broken.tobytes(), dtype="f4")
    assert not pixels_of(guard.draw(texture, 0.0)).any()
    found = []
    for index in range(1, 12):
        texture.write(np.full_like(broken, index % 2).tobytes())
        found.append(pixels_of(guard.draw(texture, index / 20))[0, 0, 0])
    assert found[:5] == [255, 0, 255, 0, 255]
    assert min(found[5:]) > 150
    guard.release()
    texture.release()
