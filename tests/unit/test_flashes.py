"""Flashes as the limits count them: in frames whose flashes are known."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest

from engine.analysis.flash_report import FlashReport
from engine.analysis.flashes import COLUMNS, ROWS, FlashMeter, Floats, cell_light

GRAY = (0.2, 0.2, 0.2)
Light = float | tuple[float, ...]


def frames(
    hz: float, share: float = 1.0, *, rate: float = 30, seconds: float = 3, dark: Light = 0.0, bright: Light = 1.0
) -> list[Floats]:
    """The left `share` of a gray picture goes from `dark` to `bright` and back `hz` times a second (linear light)."""
    made = []
    for index in range(round(rate * seconds)):
        light = np.full((ROWS, COLUMNS, 3), GRAY, np.float32)
        light[:, : round(share * COLUMNS)] = bright if (index / rate * hz + 1e-9) % 1 < 0.5 else dark
        made.append(light)
    return made


def report(pictures: Iterable[Floats], rate: float = 30, area_limit: float = 0.25) -> FlashReport:
    meter, found = FlashMeter(1 / rate, area_limit=area_limit), FlashReport(area_limit)
    count = 0
    for index, light in enumerate(pictures):
        found.add(index / rate, meter.add(index / rate, light))
        count = index + 1
    found.end(count / rate)
    return found


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60])
def test_more_than_three_flashes_a_second_fail_at_any_rate(rate: float) -> None:
    assert report(frames(3, 0.5, rate=rate), rate).verdict == "pass"
    assert report(frames(4, 0.5, rate=rate), rate).verdict == "fail"
    assert report(frames(8, 0.5, rate=rate), rate).verdict == "fail"


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60, 24 / 1.001, 30 / 1.001, 60 / 1.001])
@pytest.mark.parametrize("digits", [9, 3], ids=["as they are", "rounded as in Matroska"])
def test_a_second_is_as_many_frames_as_it_has(rate: float, digits: int) -> None:
    """Flashes of so many frames each: too many as soon as three take less than a second."""
    for period in (math.ceil(rate / 3) - 1, math.ceil(rate / 3)):
        meter, found = FlashMeter(1 / rate), FlashReport()
        for index in range(round(1.5 * rate)):
            at_s, light = round(index / rate, digits), float(index % period < period // 2)
            found.add(at_s, meter.add(at_s, np.full((ROWS, COLUMNS, 3), light, np.float32)))
        assert (found.verdict == "fail") == (rate > 3 * period), period


def test_a_fast_passage_in_a_film_of_stills() -> None:
    meter, found = FlashMeter(0.5), FlashReport()
    for index, light in enumerate(frames(3.75, rate=60, seconds=1)):
        found.add(10 + index / 60, meter.add(10 + index / 60, light))
    assert found.verdict == "fail"


def test_what_counts_is_the_area() -> None:
    assert report(frames(4, 0.1)).verdict == "pass"
    assert report(frames(4, 0.2)).verdict == "caution"
    assert report(frames(4, 0.25)).verdict == "caution"
    assert report(frames(4, 0.27)).verdict == "fail"
    assert report(frames(4, 0.1), area_limit=0.05).verdict == "fail"


@pytest.mark.parametrize(
    ("dark", "bright", "verdict"),
    [
        (0.0, 0.09, "pass"),
        (0.0, 0.1, "fail"),
        (0.5, 0.61, "fail"),
        (0.79, 0.95, "fail"),
        (0.81, 1.0, "pass"),  # of two bright pictures the eye sees less
    ],
)
def test_how_large_a_change_counts(dark: float, bright: float, verdict: str) -> None:
    assert report(frames(5, dark=dark, bright=bright)).verdict == verdict


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.44, 0.545, "fail"), (0.45, 0.545, "pass")])
def test_a_flicker_around_what_was_first_counts(low: float, high: float, verdict: str) -> None:
    still = np.full((ROWS, COLUMNS, 3), 0.5, np.float32)
    assert report([still, *frames(8, dark=low, bright=high)]).verdict == verdict


@pytest.mark.parametrize(
    ("red", "other", "verdict"),
    [
        ((0.3, 0.0, 0.0), (0.0, 0.0, 0.0), "fail"),  # its luminance changes by 6 % only
        ((0.3, 0.05, 0.05), (0.09, 0.09, 0.09), "pass"),  # not saturated
        ((0.06, 0.0, 0.0), (0.0, 0.0, 0.0), "pass"),  # not much
        ((0.3, 0.0, 0.0), (0.0, 0.09, 0.0), "fail"),
        ((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), "pass"),  # blue is neither bright nor red
    ],
)
def test_saturated_red_flashes_by_itself(red: tuple[float, ...], other: tuple[float, ...], verdict: str) -> None:
    found = report(frames(5, dark=other, bright=red))
    assert found.verdict == verdict
    assert {one.kind.value for one in found.passages} <= {"red"}


def test_red_counts_where_it_is_at_an_end_of_a_swing() -> None:
    """A swing that passes through red to what is no red counts: there is a flash from black to red in it. One that is
    over does not, though red comes after it, since it went elsewhere."""
    black, red, pink = ((0.0, 0.0, 0.0), (0.09, 0.0, 0.0), (0.3, 0.045, 0.045))

    def film(*colours: tuple[float, ...]) -> list[Floats]:
        return [np.full((ROWS, COLUMNS, 3), one, np.float32) for one in colours * 10]

    def flashes(pictures: list[Floats]) -> float:
        return max(one.red_flashes for one in report(pictures, 60).seconds.values())

    assert flashes(film(black, pink)) == 0
    assert flashes(film(black, red)) == 9.5
    assert flashes(film(black, red, pink)) == 5
    assert flashes(film(pink, black, (0.05, 0.0, 0.0))) == 0


def test_a_slow_swing_counts_as_a_sudden_one() -> None:
    wave = [np.full((ROWS, COLUMNS, 3), 0.5 - 0.3 * np.cos(2 * np.pi * 5 * n / 60), np.float32) for n in range(180)]
    assert report(wave, 60).verdict == "fail"
    ripple = [light + np.float32(0.04 * (-1) ** n) for n, light in enumerate(frames(1, rate=60, bright=0.6))]
    assert report(ripple, 60).verdict == "pass"  # 8 % at 30 Hz on top of one flash a second


def test_flashes_in_another_place_each_time_are_flashes() -> None:
    pictures = []
    for index in range(90):
        light = np.zeros((ROWS, COLUMNS, 3), np.float32)
        if index // 3 % 2:
            left = index // 6 % 3 * 20
            light[:, left : left + 20] = 1
        pictures.append(light)
    found = report(pictures)
    assert found.verdict == "fail"
    assert max(one.area for one in found.passages) > 0.25


def test_halves_that_take_turns_at_two_a_second_pass() -> None:
    pictures = frames(2, 1.0, dark=0.0, bright=0.0)
    for index, light in enumerate(pictures):
        light[:, : COLUMNS // 2] = float(index // 8 % 2)
        light[:, COLUMNS // 2 :] = float(index // 8 % 2 == 0)
    assert report(pictures).verdict == "pass"


def test_three_flashes_at_once_pass_and_four_do_not() -> None:
    still = [np.zeros((ROWS, COLUMNS, 3), np.float32)] * 30
    assert report([*still, *frames(10, seconds=0.3), *still]).verdict == "pass"
    assert report([*still, *frames(10, seconds=0.4), *still]).verdict == "fail"


def test_three_a_second_for_long_is_a_caution() -> None:
    found = report(frames(3, seconds=8))
    assert found.verdict == "caution"
    (passage,) = found.passages
    assert (passage.kind.value, passage.flashes) == ("general", 3)
    assert 5 < passage.from_s < 7
    assert passage.to_s == pytest.approx(8, abs=0.1)


def test_when_and_how_much_is_told() -> None:
    found = report([*frames(1, seconds=3), *frames(6, 0.5, seconds=2), *frames(1, seconds=4), *frames(6, seconds=1)])
    first, second = found.passages
    assert 3.4 < first.from_s < 4 < first.to_s < 6
    assert (first.verdict, first.flashes, first.area) == ("fail", 6, 0.5)
    assert 9 < second.from_s < second.to_s < 10
    assert second.area == 1
    assert found.worst_second == 9
    assert [found.seconds[at].general_flashes > 3 for at in range(10)] == [False] * 3 + [True, True, True] + [
        False
    ] * 3 + [True]
    assert found.duration_s == pytest.approx(10)


def test_a_still_and_no_frame_at_all_pass() -> None:
    assert report([]).verdict == "pass"
    assert report([]).worst_second == 0
    assert report(frames(0)).verdict == "pass"


def test_the_light_of_cells_is_linear() -> None:
    pixels = np.zeros((ROWS * 2, COLUMNS * 2, 3), np.uint8)
    pixels[::2, ::2] = 255
    pixels[:2, :2] = 188
    light = cell_light(pixels)
    assert light.shape == (ROWS, COLUMNS, 3)
    assert light[1, 1].tolist() == [0.25] * 3
    assert light[0, 0, 0] == pytest.approx(0.503, abs=1e-3)
