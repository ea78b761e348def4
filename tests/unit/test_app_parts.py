"""The parts of the app that decide something by themselves: clocks, pace, the music of a render, arguments."""

from __future__ import annotations

import argparse
import logging
import signal
from fractions import Fraction

import pytest

from engine.app import clocks, pace
from engine.app.clocks import LiveClock
from engine.app.command import StopWish, film_rate, rate, seconds, size
from engine.app.notices import Notices
from engine.app.pace import LivePace, OfflinePace, Tick
from engine.app.plan_file import plan_row
from engine.core.bindings import Bindings
from engine.core.figures import Figures
from engine.core.planner import plan
from engine.core.step import begun
from engine.model.clock import ClockReading
from engine.model.events import Event, EventSource
from engine.model.tree import ParameterTree
from tests.world_support import clip, rows, show_of, world


class Hands:
    """A monotonic clock that the test turns; sleeping turns it too, a little too far, as sleep does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        for module in (clocks, pace):
            monkeypatch.setattr(module.time, "monotonic", self.read)
            monkeypatch.setattr(module.time, "sleep", self.sleep)

    def read(self) -> float:
        self.now += 1e-5
        return self.now

    def sleep(self, length_s: float) -> None:
        self.now += length_s + 1e-4


def test_the_first_reading_is_taken_as_it_is_so_that_picture_and_sound_start_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hands = Hands(monkeypatch)
    clock = LiveClock(5.0)
    clock.restart(5.0)
    hands.now += 0.12
    assert clock.now_s() == pytest.approx(5.12, abs=1e-3)
    clock.follow({"track": ClockReading(hands.now, 4.98)})  # a buffer lies between the card and the ear
    assert clock.now_s() == 5.0  # and the show does not begin before its beginning
    hands.now += 1
    assert clock.now_s() == pytest.approx(5.98, abs=1e-3)


def test_later_readings_are_slewed_to_and_their_loss_runs_free(monkeypatch: pytest.MonkeyPatch) -> None:
    hands = Hands(monkeypatch)
    clock = LiveClock()
    clock.follow({"track": ClockReading(hands.now, 0.0)})
    hands.now += 10
    before = clock.now_s()
    clock.follow({"track": ClockReading(hands.now, 10.05)})
    assert clock.now_s() == pytest.approx(before, abs=1e-3)
    hands.now += 1
    assert clock.now_s() - before == pytest.approx(1.005, abs=1e-3)
    clock.follow({})
    free = clock.now_s()
    hands.now += 1
    assert clock.now_s() - free == pytest.approx(1.0, abs=1e-3)


def test_a_live_pace_plans_one_period_ahead_and_leaves_out_what_it_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    hands = Hands(monkeypatch)
    figures = Figures()
    turns = iter([False] * 6 + [True])
    live = LivePace(50.0, hands.read, lambda: next(turns), figures)
    seen: list[Tick] = []
    for tick in live.ticks():
        seen.append(tick)
        if len(seen) == 3:
            hands.now += 0.065  # something took three periods and a bit
    assert [tick.frame_index for tick in seen] == [0, 1, 2, 5, 6, 7]
    assert figures.counters["frames_dropped"].count == 2
    assert figures.counters["frames_late"].count == 1
    assert all(tick.at_s - tick.now_s == pytest.approx(0.02) for tick in seen)


@pytest.mark.parametrize(("frame_s", "is_late"), [(1 / 59.94, False), (1 / 59.0, True)])
def test_a_live_pace_follows_a_display_that_is_a_little_slower_than_it_says(
    monkeypatch: pytest.MonkeyPatch, frame_s: float, is_late: bool
) -> None:
    hands = Hands(monkeypatch)
    figures = Figures()
    turns = iter([False] * 4000 + [True])
    refresh_s = hands.now
    for _ in LivePace(60.0, hands.read, lambda: next(turns), figures).ticks():
        while refresh_s <= hands.now + 0.002:  # drawing takes 2 ms
            refresh_s += frame_s
        hands.now = refresh_s
    counted = figures.counters["frames_late"].count + figures.counters["frames_dropped"].count
    assert (counted > 0) == is_late


def test_an_offline_pace_gives_exact_instants() -> None:
    ticks = list(OfflinePace(Fraction(30000, 1001), 2.0, 4).ticks())
    assert [tick.at_s for tick in ticks] == [2.0 + n * 1001 / 30000 for n in range(4)]


def test_arguments() -> None:
    assert size("1920x1080") == (1920, 1080)
    assert rate("29.97") == Fraction(30000, 1001)
    assert rate("24000/1001") == Fraction(24000, 1001)
    assert rate("25") == 25
    assert film_rate(Fraction(60)) == 60
    assert seconds("1:30") == 90
    assert seconds("2.5") == 2.5
    for convert, wrong in ((size, "1920"), (size, "641x360"), (size, "axb"), (rate, "0"), (rate, "x"), (rate, "1/0"),
                           (seconds, "-1"), (seconds, "soon"), (seconds, "nan")):  # fmt: skip
        with pytest.raises(argparse.ArgumentTypeError):
            convert(wrong)


def test_a_signal_is_a_wish_and_a_second_one_an_order() -> None:
    before = signal.getsignal(signal.SIGINT)
    with StopWish() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_what_is_bound_to_nothing_is_told_once_a_second_at_most(caplog: pytest.LogCaptureFixture) -> None:
    figures = Figures()
    tree = ParameterTree(show_of(name="base"))
    bindings = Bindings((), tree, figures)
    notices = Notices(bindings, figures)
    made = world(clips=[clip("a")])
    state = begun(made)
    with caplog.at_level(logging.WARNING):
        for turn in range(90):
            bindings.resolve([Event(turn / 30, EventSource.OSC, turn, f"/nothing/{turn}")])
            notices(Tick(turn, turn / 30, turn / 30), plan(made, state, turn / 30), state)
    assert [record.message for record in caplog.records] == [
        "/nothing/0: bound to nothing, ignored (1 such events)",
        "/nothing/30: bound to nothing, ignored (30 such events)",
        "/nothing/60: bound to nothing, ignored (30 such events)",
    ]


def test_a_plans_row_says_what_a_cross_fade_mixes() -> None:
    made = world(clips=[clip("a"), clip("b")], movements=[("one", 9, rows("base", ("a", 2), ("b", 2), transition_s=1))])
    row = plan_row(Tick(68, 2.25, 2.25), plan(made, begun(made), 2.25))
    (movement,) = row["movements"]
    (layer,) = movement["layers"]
    assert (row["frame"], movement["movement"], movement["mix"]) == (68, "one", 1.0)
    assert {key: layer[key] for key in ("clip", "index", "from_clip", "from_index", "mix")} == {
        "clip": "b", "index": 6, "from_clip": "a", "from_index": 56, "mix": 0.25,
    }  # fmt: skip
