"""The picture in step with a clock for an hour: drift, jitter and a loss of 20 s, in simulated time."""

from __future__ import annotations

import pytest

from engine.core.clock import MOST_SLEW
from tools.bench.sync import FRAME_S, Followed, after_midi_clock, after_sound_card, after_time_code


def told(found: Followed) -> Followed:
    print(f"at most {found.error_s * 1000:.2f} ms off, slewed by {found.slew * 100:.3f} %")
    return found


@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_an_hour_after_a_sound_card_stays_within_a_frame(drift_ppm: float) -> None:
    found = told(after_sound_card(drift_ppm))
    assert found.error_s < FRAME_S
    assert found.step_s < 1e-9
    assert found.slew <= MOST_SLEW * 1.05  # drift comes on top
    assert found.located == ()


@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_an_hour_after_time_code_stays_within_a_frame(drift_ppm: float) -> None:
    found = told(after_time_code(drift_ppm))
    assert found.error_s < FRAME_S
    assert found.step_s < 1e-9
    assert found.slew <= MOST_SLEW * 1.1
    assert len(found.located) == 1


def test_ten_minutes_after_midi_clock_stay_within_a_frame() -> None:
    found = told(after_midi_clock(100, 600))
    assert found.error_s < FRAME_S
    assert found.step_s < 1e-9
    assert len(found.located) == 1
