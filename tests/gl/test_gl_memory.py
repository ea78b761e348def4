"""Shaders with memory: 60 steps a second of show time whatever the rate, and what they hold is given back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.gl.compositor import Compositor
from engine.gl.memory_steps import Steps, grid_number, steps_due
from engine.model.pictures import Picture
from engine.model.plan import FramePlan, MovementPlan
from tests.gl.gl_support import Pixels, drawn, frames_of, layer_of, plain_picture
from tests.gl.look_support import effect, with_shaders

Make = Callable[..., Compositor]
SIZE = (16, 12)


@pytest.mark.parametrize(
    ("last", "at_s", "wanted"),
    [
        (None, 0.5, Steps((30,), True)),
        (30, 0.5, Steps((), False)),
        (30, 0.51, Steps((), False)),
        (30, 31 / 60, Steps((31,), False)),
        (30, 32 / 60, Steps((31, 32), False)),
        (30, 1.0, Steps((57, 58, 59, 60), False)),
        (30, 1.6, Steps((96,), True)),
        (30, 0.4, Steps((24,), True)),
    ],
)
def test_steps_due(last: int | None, at_s: float, wanted: Steps) -> None:
    assert steps_due(last, at_s, most=4) == wanted


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60, 120])
def test_every_instant_of_the_grid_comes_once(rate: int) -> None:
    last, stepped = None, list[int]()
    for frame in range(4 * rate + 1):
        due = steps_due(last, frame / rate, most=60)
        stepped += due.numbers
        last = grid_number(frame / rate)
    assert stepped == list(range(241))


@pytest.fixture
def make(compositor: Make, tmp_path: Path) -> Compositor:
    return with_shaders(compositor(*SIZE), tmp_path, "trail")


def white() -> Picture:
    return plain_picture(*SIZE, (255, 255, 255, 255))


def plan_at(at_s: float, picture: Picture, key: str = "trail", **settings: object) -> FramePlan:
    layer = layer_of(picture, effects=(effect("trail", key),), **settings)
    return FramePlan(at_s, (MovementPlan("m", at_s, (layer,)),))


def played(make: Compositor, picture: Picture, instants: Iterable[float]) -> Pixels:
    found = None
    for at_s in instants:
        found = drawn(make, plan_at(at_s, picture), frames_of(picture))
    assert found is not None
    return found.copy()


def level(steps: int) -> float:
    return 255 * (1 - 0.9**steps)


def test_any_rate_remembers_the_same(compositor: Make, tmp_path: Path) -> None:
    picture = white()
    found = {}
    for rate in (20, 30, 60, 120):
        make = with_shaders(compositor(*SIZE), tmp_path, "trail")
        found[rate] = played(make, picture, (frame / rate for frame in range(rate // 5 + 1)))
    for pixels in found.values():
        assert np.array_equal(pixels, found[60])
    assert abs(int(found[60][0, 0, 0]) - level(13)) <= 1


def test_a_jump_clears_the_memory(make: Compositor) -> None:
    picture = white()
    assert abs(int(played(make, picture, (0.0, 0.1))[0, 0, 0]) - level(7)) <= 1
    assert abs(int(played(make, picture, (0.05,))[0, 0, 0]) - level(1)) <= 1, "backwards"
    assert abs(int(played(make, picture, (0.1,))[0, 0, 0]) - level(4)) <= 1


def test_an_effect_that_was_off_for_over_a_second_begins_anew(make: Compositor) -> None:
    picture = white()
    played(make, picture, (0.0, 0.1))
    for at_s in (0.2, 1.3):
        without = FramePlan(at_s, (MovementPlan("m", at_s, (layer_of(picture),)),))
        drawn(make, without, frames_of(picture))
    assert abs(int(played(make, picture, (1.4,))[0, 0, 0]) - level(1)) <= 1


def test_after_a_long_stillness_the_memory_goes_on(make: Compositor) -> None:
    picture = white()
    played(make, picture, (0.0, 0.1))
    frozen = replace(plan_at(0.1, picture), frozen_at_s=0.1)
    for frame in range(300):
        drawn(make, replace(frozen, at_s=0.1 + frame / 60), frames_of(picture))
    assert abs(int(played(make, picture, (5.2,))[0, 0, 0]) - level(8)) <= 1


def test_on_stage_missed_steps_are_left_out(compositor: Make, tmp_path: Path) -> None:
    make = with_shaders(compositor(*SIZE, on_stage=True), tmp_path, "trail")
    assert abs(int(played(make, white(), (0.0, 0.5))[0, 0, 0]) - level(5)) <= 1


def test_between_two_steps_the_picture_stays(make: Compositor) -> None:
    first, second = white(), plain_picture(*SIZE, (0, 0, 0, 255))
    before = played(make, first, (0.0, 1 / 60))
    assert np.array_equal(drawn(make, plan_at(1.4 / 60, second, opacity=0.999999), frames_of(second)), before)


def test_each_key_remembers_for_itself(make: Compositor) -> None:
    picture = white()
    played(make, picture, (frame / 60 for frame in range(5)))
    other = drawn(make, plan_at(5 / 60, picture, "other"), frames_of(picture))
    assert abs(int(other[0, 0, 0]) - level(1)) <= 1


def test_what_nobody_asks_for_is_forgotten(make: Compositor) -> None:
    picture = white()
    played(make, picture, (0.0, 0.1))
    for frame in range(70):
        drawn(make, plan_at(0.1 + frame / 60, picture, "other"), frames_of(picture))
    held = make.target_count
    for frame in range(70, 200):
        drawn(make, plan_at(0.1 + frame / 60, picture, f"key-{frame // 50}"), frames_of(picture))
    assert make.target_count <= held + 3, "the same targets serve one key after another"
    again = drawn(make, plan_at(0.1 + 200 / 60, picture), frames_of(picture))
    assert abs(int(again[0, 0, 0]) - level(1)) <= 1


def test_time_stands_in_a_frozen_picture(make: Compositor) -> None:
    picture = white()
    frames = frames_of(picture)
    before = played(make, picture, (number / 60 for number in range(4)))
    for at_s in (0.1, 0.5, 3.0):
        frozen = replace(plan_at(at_s, picture), frozen_at_s=3 / 60)
        np.testing.assert_array_equal(drawn(make, frozen, frames), before)
    after = drawn(make, plan_at(4 / 60, picture), frames)
    assert after[0, 0, 0] > before[0, 0, 0]  # and goes on from there
