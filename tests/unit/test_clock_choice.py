"""Which clock is followed, and that show time never jumps by it."""

from __future__ import annotations

import logging

import pytest

from engine.app import clocks
from engine.app.clocks import LiveClock
from engine.core.clock import MOST_SLEW, steered
from engine.core.clock_choice import Following, Located, stepped_to
from engine.core.lines import Line
from engine.model.clock import FREE_RUN, ClockReading

ORDER = ("mtc", "track")


class Stage:
    """Show time as a loop of 60 ticks a second steers it; `readings` are set by the test."""

    def __init__(self, order: tuple[str, ...] = ORDER) -> None:
        self.order = order
        self.now_s = 0.0
        self.following = Following(Line(0.0, 0.0))
        self.located: list[Located] = []
        self.largest_step_s = 0.0  # by which show time moved at one instant

    def run(self, seconds: float, **clocks: tuple[float, float, int | None]) -> None:
        """`clocks` are (seconds ahead of monotonic time, rate, jumps) by name."""
        for _ in range(round(seconds * 60)):
            self.now_s += 1 / 60
            readings = {
                name: ClockReading(self.now_s, self.now_s * rate + ahead_s, rate, jumps)
                for name, (ahead_s, rate, jumps) in clocks.items()
            }
            before_s = self.show_s
            self.following, located = stepped_to(self.following, self.order, readings, self.now_s)
            self.largest_step_s = max(self.largest_step_s, abs(self.show_s - before_s))
            if located is not None:
                self.located.append(located)

    @property
    def show_s(self) -> float:
        return self.following.line.at(self.now_s)


def test_the_first_in_order_that_runs_is_followed_and_free_run_is_last() -> None:
    stage = Stage()
    stage.run(1, track=(0, 1, None), mtc=(100, 1, 1))
    assert stage.following.followed == "mtc"
    stage.run(1, track=(0, 1, None))
    assert stage.following.followed == "track"
    stage.run(1)
    assert stage.following.followed == FREE_RUN
    assert stage.following.since_s == pytest.approx(2 + 1 / 60)


def test_a_clock_that_is_not_in_the_order_is_not_followed() -> None:
    stage = Stage(("track",))
    stage.run(1, mtc=(100, 1, 1))
    assert (stage.following.followed, stage.located) == (FREE_RUN, [])


def test_a_time_code_is_located_once_and_then_slewed_to() -> None:
    stage = Stage()
    stage.run(10, mtc=(3600, 1, 1))
    assert [(one.name, round(one.position_s, 3)) for one in stage.located] == [("mtc", 3600.017)]
    stage.run(20, mtc=(3600.1, 1, 1))  # a tenth of a second ahead: a twentieth of a second each ten
    assert len(stage.located) == 1
    assert stage.show_s == pytest.approx(30.09, abs=0.02)
    assert stage.largest_step_s < 1e-9


@pytest.mark.parametrize(
    ("moved_s", "jumps", "locates"), [(5, 2, 1), (-5, 2, 1), (0.2, 2, 1), (0.02, 2, 0), (0.4, 1, 0)]
)
def test_a_time_code_that_is_moved_moves_the_show_and_never_its_time(moved_s: float, jumps: int, locates: int) -> None:
    stage = Stage()
    stage.run(1, mtc=(3600, 1, 1))
    stage.run(1, mtc=(3600 + moved_s, 1, jumps))
    assert len(stage.located) == 1 + locates
    assert stage.largest_step_s < 1e-9
    assert stage.show_s == pytest.approx(2, abs=0.02)


def test_a_lost_clock_free_wheels_at_its_rate_and_returns_without_a_jump() -> None:
    stage = Stage(("midi",))
    stage.run(10, midi=(0, 1.25, 1))
    stage.run(20)
    assert stage.show_s == pytest.approx(30 * 1.25, abs=0.05)
    stage.run(20, midi=(0, 1.25, 1))
    assert len(stage.located) == 1
    assert stage.largest_step_s < 1e-9
    assert abs(stage.following.error_s) < 0.001


def test_a_device_that_stood_still_is_told_to_seek_and_then_followed_where_it_is() -> None:
    stage = Stage(("track",))
    stage.run(10, track=(0, 1, None))
    stage.run(20)
    stage.run(10, track=(-20, 1, None))
    assert [one.name for one in stage.located] == ["track"]
    assert stage.located[0].at_s == pytest.approx(30, abs=0.02)
    assert stage.show_s == pytest.approx(40, abs=0.02)
    assert stage.largest_step_s < 1e-9


def test_a_handover_jumps_less_than_a_frame() -> None:
    stage = Stage()
    stage.run(5, mtc=(0, 1, 1), track=(0.3, 1, None))
    stage.run(5, track=(0.3, 1, None))
    assert stage.largest_step_s < 1e-9
    assert stage.show_s == pytest.approx(10 + 5 * MOST_SLEW, abs=0.01)


def test_steering_stays_within_half_a_percent_of_the_clocks_rate() -> None:
    assert steered(Line(0.0, 0.0), 10.0, 10.4, 1.1).rate == pytest.approx(1.1 * (1 + MOST_SLEW))
    assert steered(Line(0.0, 0.0), 10.0, 9.6, 1.1).rate == pytest.approx(1.1 * (1 - MOST_SLEW))


def test_the_live_clock_says_which_clock_it_follows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now_s = 100.0
    monkeypatch.setattr(clocks.time, "monotonic", lambda: now_s)
    clock = LiveClock(0.0, ("mtc", "track"))
    with caplog.at_level(logging.INFO, "engine.app.clocks"):
        now_s = 105.0
        located = clock.follow({"mtc": ClockReading(105.0, 600.0, 1.0, 1), "track": ClockReading(105.0, 5.0)})
        assert located == Located("mtc", 600.0, 5.0)
        assert (clock.status.followed, clock.status.running, clock.status.since_s) == ("mtc", ("mtc", "track"), 105.0)
        now_s = 106.0
        clock.follow({"track": ClockReading(106.0, 6.01)})
        assert clock.status.followed == "track"
        assert clock.status.error_ms == pytest.approx(10)
        now_s = 107.0
        clock.follow({})
        assert clock.status.followed == FREE_RUN
        now_s = 108.0
        clock.follow({"mtc": ClockReading(108.0, 603.0, 1.0, 1)})
    assert [record.getMessage() for record in caplog.records] == [
        "clock mtc: followed",
        "clock track: followed now, after mtc",
        "clock track: lost; the show runs on by itself at 1 × real time",
        "clock mtc: followed now, after a free run",
    ]


def test_a_late_first_reading_of_the_track_does_not_move_show_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(clocks.time, "monotonic", lambda: now_s)
    clock = LiveClock()
    now_s = 160.0
    clock.follow({"track": ClockReading(160.0, 59.9)})
    assert clock.now_s() == pytest.approx(60)
