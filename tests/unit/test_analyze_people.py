"""Who is there without a face: figures that are drawn, and move or stand as told."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from preprocess.analyze.bodies import WIDTH, BodyFinder
from preprocess.analyze.boxes import covered, overlap
from preprocess.analyze.people import presence

PICTURE = 400, 225  # width, height
FRAMES_A_LOOK = 2


def room() -> np.ndarray:
    """A wall with a little grain over a darker floor."""
    grain = np.random.default_rng(1).normal(0, 2, (PICTURE[1], PICTURE[0]))
    plain = np.full((PICTURE[1], PICTURE[0]), 190.0)
    plain[170:] = 150
    return np.clip(plain + grain, 0, 255).astype(np.uint8)


def figure(picture: np.ndarray, x: float, feet: float, height: float = 120, step: float = 0.0) -> None:
    """Draw somebody in dark clothes; `step` opens the legs, as a share of the height."""
    unit = height / 8

    def at(across: float, up: float) -> tuple[int, int]:
        return round((x + across * unit) * 16), round((feet - up * unit) * 16)

    def line(one: tuple[float, float], other: tuple[float, float], width: float) -> None:
        cv2.line(picture, at(*one), at(*other), 40, max(1, round(width * unit)), cv2.LINE_AA, 4)

    for side in (-1, 1):
        line((side * 0.35, 4), (side * (0.4 + 4 * step), 0.3), 0.75)
        line((side * 0.9, 6.2), (side * 1.15, 3.9), 0.5)
    body = np.array([at(-1, 6.5), at(1, 6.5), at(0.75, 3.8), at(-0.75, 3.8)], np.int32)
    cv2.fillPoly(picture, [body], 40, cv2.LINE_AA, 4)
    cv2.circle(picture, at(0, 7.3), round(0.55 * unit * 16), 40, -1, cv2.LINE_AA, 4)


def bottle(picture: np.ndarray, x: float, foot: float) -> None:
    left, foot_px = round(x), round(foot)
    cv2.rectangle(picture, (left - 18, foot_px - 80), (left + 18, foot_px), 90, -1)
    cv2.rectangle(picture, (left - 7, foot_px - 115), (left + 7, foot_px - 80), 60, -1)


def counts(draw: Callable[[np.ndarray, int], None], looks: int = 30) -> np.ndarray:
    """What is found in `looks` looks at a room in which frame after frame is drawn."""
    finder = BodyFinder()
    for number in range(looks * FRAMES_A_LOOK):
        picture = room()
        draw(picture, number)
        height = round(WIDTH * PICTURE[1] / PICTURE[0])
        finder.add(np.asarray(cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8))
        if number % FRAMES_A_LOOK == 0:
            finder.look(picture)
    return finder.counts()


def test_somebody_who_sways_is_there_all_the_time() -> None:
    found = counts(lambda picture, n: figure(picture, 200 + 1.5 * np.sin(n), 200, step=0.02))
    assert found.tolist() == [1] * 30


def test_somebody_who_walks_through_is_there_until_gone() -> None:
    def draw(picture: np.ndarray, number: int) -> None:
        if 10 <= number < 46:
            figure(picture, 40 + 9 * (number - 10), 205, step=0.1 * abs(np.sin(number)))

    found = counts(draw)
    assert found.max() == 1
    assert found[9:20].all()
    assert not found[:4].any()
    assert not found[26:].any()


def test_a_statue_is_nobody() -> None:
    assert not counts(lambda picture, n: figure(picture, 200, 200)).any()


@pytest.mark.parametrize("moves", ["slides", "stands"])
def test_a_bottle_is_nobody(moves: str) -> None:
    assert not counts(lambda picture, n: bottle(picture, 60 + (4 * n if moves == "slides" else 100), 200)).any()


def test_nobody_is_told_from_a_statue_by_a_camera_that_moves() -> None:
    def draw(picture: np.ndarray, number: int) -> None:
        rough = np.random.default_rng(2).integers(0, 255, (30, 80), np.uint8)
        wide = cv2.resize(rough, (800, 225), interpolation=cv2.INTER_CUBIC)
        picture[:] = wide[:, 4 * number : 4 * number + PICTURE[0]]
        figure(picture, 350 - 4 * number, 200)

    assert not counts(draw).any()


def test_a_still_has_nobody_that_moves() -> None:
    assert counts(lambda picture, n: figure(picture, 200, 200), looks=1).tolist() == [0]


def test_whoever_shows_a_face_and_moves_counts_once() -> None:
    both = presence(np.array([1, 1, 0, 0]), np.array([0, 0, 1, 1, 1, 1, 0, 0]))
    assert (both.faces, both.faces_share, both.people, both.people_share) == (1, 0.5, 1, 0.75)
    alone = presence(np.array([0, 2, 1]), np.zeros(6, np.int64))
    assert (alone.people, alone.people_share) == (2, pytest.approx(2 / 3))


def test_boxes_meet() -> None:
    assert overlap((0, 0, 2, 2), (1, 0, 2, 2)) == pytest.approx(1 / 3)
    assert covered((0, 0, 2, 2), (1, 0, 10, 10)) == pytest.approx(1 / 2)
    assert overlap((0, 0, 1, 1), (3, 3, 1, 1)) == 0
