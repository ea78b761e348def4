"""Soft takeover: Mixxx's truth table, and moving by parts of the way."""

from __future__ import annotations

import pytest

from engine.core.takeover import OVERRIDE_S, THRESHOLD, Pickup, Scaling

TARGET = 0.5
NEAR, FAR = THRESHOLD * 0.9, THRESHOLD * 1.1


def test_threshold_and_window_are_those_of_mixxx() -> None:
    assert (THRESHOLD, OVERRIDE_S) == (3 / 128, 0.05)


@pytest.mark.parametrize(
    ("before", "now", "in_window", "taken"),
    [
        # apart before: near or far, below or above; apart now; within 50 ms of the last value taken; is it taken?
        (-NEAR, -NEAR, False, True),
        (-NEAR, NEAR, False, True),
        (-NEAR, -FAR, False, True),
        (-NEAR, FAR, False, True),
        (NEAR, FAR, False, True),
        (NEAR, -FAR, False, True),
        (-FAR, -NEAR, False, True),
        (-FAR, NEAR, False, True),
        (-FAR, -FAR, False, False),
        (-FAR, FAR, False, True),
        (FAR, NEAR, False, True),
        (FAR, -NEAR, False, True),
        (FAR, FAR, False, False),
        (FAR, -FAR, False, True),
        (-FAR, -FAR, True, True),
        (FAR, FAR, True, True),
        (FAR, -FAR, True, True),
        (NEAR, FAR, True, True),
    ],
)
def test_the_truth_table(before: float, now: float, in_window: bool, taken: bool) -> None:
    pickup = Pickup()
    # A value that is taken far from the parameter, within the window of one that is near: so nothing was moved by
    # something else, and all that counts is where the control was, and when.
    assert pickup.taken(TARGET, TARGET, 0.0) == TARGET
    target = TARGET + THRESHOLD * 0.5
    pickup.taken(target + before, target, OVERRIDE_S)
    pickup.played = target
    then_s = OVERRIDE_S * (2.0 if in_window else 2.001)
    expected = target + now if taken else None
    assert pickup.taken(target + now, target, then_s) == expected


@pytest.mark.parametrize(("apart", "taken"), [(NEAR, True), (-NEAR, True), (FAR, False), (-FAR, False), (0.0, True)])
def test_a_first_value_is_taken_only_near_the_parameter(apart: float, taken: bool) -> None:
    assert (Pickup().taken(TARGET + apart, TARGET, 0.0) is not None) == taken


def test_the_window_opens_with_each_value_that_is_taken() -> None:
    pickup = Pickup()
    assert pickup.taken(0.5, 0.5, 0.0) == 0.5
    pickup.played = 0.5
    for number in range(1, 5):  # the parameter lags behind a hand that moves fast
        assert pickup.taken(0.5 + number / 10, 0.5, number * 0.04) is not None
        pickup.played = 0.5
    assert pickup.taken(0.95, 0.5, 0.25) is None


def test_what_was_moved_by_something_else_ignores_the_next_value_even_within_the_window() -> None:
    pickup = Pickup()
    assert pickup.taken(0.5, 0.5, 0.0) == 0.5
    assert pickup.taken(0.52, 0.9, 0.01) is None
    assert pickup.taken(0.53, 0.9, 0.02) is None  # and has no window left
    assert pickup.taken(0.95, 0.9, 0.03) == 0.95  # it went across


def test_a_parameter_that_was_moved_to_where_the_control_comes_is_taken_at_once() -> None:
    pickup = Pickup()
    pickup.taken(0.5, 0.5, 0.0)
    assert pickup.taken(0.6, 0.61, 0.01) == 0.6


def test_a_control_that_passed_by_has_to_come_to_the_parameter_again() -> None:
    pickup = Pickup()
    pickup.taken(0.5, 0.5, 0.0)
    pickup.passed_by(0.8)
    assert pickup.taken(0.79, 0.5, 0.01) is None
    assert pickup.taken(0.4, 0.5, 0.02) == 0.4


def test_scaling_holds_its_first_value_unless_it_is_near() -> None:
    assert Scaling().taken(0.2, 0.8, 0.0) is None
    assert Scaling().taken(0.79, 0.8, 0.0) == 0.79


@pytest.mark.parametrize(("travel", "expected"), [(0.6, 0.9), (1.0, 1.0), (0.1, 0.4), (0.0, 0.0), (0.2, 0.8)])
def test_scaling_goes_the_same_part_of_the_way_that_is_left(travel: float, expected: float) -> None:
    scaling = Scaling()
    scaling.taken(0.2, 0.8, 0.0)
    assert scaling.taken(travel, 0.8, 1.0) == pytest.approx(expected)


def test_scaling_at_an_end_leaves_the_parameter_until_the_hand_turns_round() -> None:
    scaling = Scaling()
    scaling.taken(1.0, 0.5, 0.0)
    assert scaling.taken(1.0, 0.5, 1.0) == 0.5
    assert scaling.taken(0.5, 0.5, 2.0) == 0.25
    scaling.passed_by(0.0)
    assert scaling.taken(0.5, 0.5, 3.0) == 0.75
