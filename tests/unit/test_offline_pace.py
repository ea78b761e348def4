"""The instants that a render plans for."""

from __future__ import annotations

from fractions import Fraction

import pytest

from engine.app.pace import OfflinePace


def test_a_render_from_the_middle_is_led_in() -> None:
    ticks = list(OfflinePace(Fraction(10), 3.0, 2, lead_in_s=0.5).ticks())
    assert [tick.frame_index for tick in ticks] == [-5, -4, -3, -2, -1, 0, 1]
    assert [tick.at_s for tick in ticks] == pytest.approx([2.5, 2.6, 2.7, 2.8, 2.9, 3.0, 3.1])
    assert [tick.is_shown for tick in ticks] == [False] * 5 + [True] * 2


def test_there_is_nothing_before_the_show_to_be_led_in_by() -> None:
    assert [tick.at_s for tick in OfflinePace(Fraction(10), 0.2, 1, lead_in_s=5.0).ticks()] == pytest.approx(
        [0, 0.1, 0.2]
    )
