"""What drifts is no dissolve, as evenly as it may go; two pictures laid over one another are one."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from preprocess.split.dissolves import dissolve_odds
from preprocess.split.likeness import Likeness, window_lengths
from preprocess.split.mix import measure_mix, mix_odds
from preprocess.split.shots import LikenessFinder
from preprocess.split.signals import Pixels, detail, luma, thumb
from tests.shot_support import takes

RATE = 25.0
WIDTH, HEIGHT = 96, 54


def smoke(lasts: float) -> list[Pixels]:
    """Clouds, coarse and fine, that turn into others evenly: noise in time as well, `lasts` frames long."""
    random = np.random.default_rng(3)
    noise = random.standard_normal((200, HEIGHT, WIDTH)).astype(np.float32)
    weights = np.exp(-0.5 * (np.arange(-40, 41) / lasts) ** 2).astype(np.float32)
    in_time = np.stack([np.tensordot(weights, noise[at : at + 81], 1) for at in range(120)])
    clouds = sum(
        strength * np.stack([cv2.GaussianBlur(one, (0, 0), sigma) * sigma for one in in_time])
        for strength, sigma in ((1.0, 1.5), (2.2, 7.0))
    )
    levels = np.clip(110 + 38 * clouds / np.std(clouds), 0, 255).astype(np.uint8)
    return [np.repeat(one[..., None], 3, 2) for one in levels]


def lamp_that_passes() -> list[Pixels]:
    """One still picture, over which a light goes from the left to the right."""
    random = np.random.default_rng(5)
    still = cv2.resize(takes()[5][0], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    across = np.linspace(-1, 1, WIDTH)[None, :, None]
    lights = (0.35 + 1.1 * np.exp(-2.5 * (across - middle) ** 2) for middle in np.linspace(-1.3, 1.3, 150))
    return [np.clip(still * light + random.normal(0, 2, still.shape), 0, 255).astype(np.uint8) for light in lights]


def mixed(length: int) -> list[Pixels]:
    """40 frames of a take, a dissolve, 40 of another."""
    before, after = ([picture[:90, :160] for picture in takes()[index][: 40 + length]] for index in (5, 6))
    between = [
        ((1 - part) * before[40 + at] + part * after[at]).astype(np.uint8)
        for at, part in enumerate((np.arange(length) + 1) / (length + 1))
    ]
    return [
        np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
        for picture in (*before[:40], *between, *after[length:])
    ]


@pytest.mark.parametrize(
    "drift",
    [lambda: smoke(8.0), lambda: smoke(14.0), lambda: smoke(22.0), lamp_that_passes],
    ids=["fast smoke", "smoke", "slow smoke", "lamp"],
)
def test_a_single_shot_that_drifts_stays_one(drift: Callable[[], list[Pixels]]) -> None:
    pictures = drift()
    greys = [luma(picture) for picture in pictures]
    likeness = Likeness(
        np.stack([thumb(picture) for picture in pictures]), np.array([detail(grey) for grey in greys], np.float32)
    )
    looks_like_one = max(
        float(dissolve_odds(likeness.windows(length, np.arange(likeness.count - length))).max())
        for length in window_lengths(RATE, 0.3, 3.0)
    )
    assert looks_like_one > 3, "nothing here that could be taken for a dissolve"
    finder = LikenessFinder("both", RATE)
    for picture in pictures:
        finder.push(picture)
    assert finder.finish().transitions == ()


@pytest.mark.parametrize("length", [12, 30])
def test_a_mix_of_two_takes_is_seen_to_be_one(length: int) -> None:
    greys = [luma(picture) for picture in mixed(length)]
    found = measure_mix(greys, 39, 40 + length)
    assert found.dip == pytest.approx(1.0, abs=0.35)
    assert found.dip_error < 0.5
    assert found.same < 0.4
    assert mix_odds(found, 0.1) > 0 > mix_odds(measure_mix(greys, 0, 39), 0.1)


@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH), (8, WIDTH)])
def test_pictures_without_detail_are_no_mix(shape: tuple[int, int]) -> None:
    flat = [np.full(shape, level, np.uint8) for level in range(40, 140, 4)]
    assert mix_odds(measure_mix(flat, 2, 20), 0.05) == -np.inf
