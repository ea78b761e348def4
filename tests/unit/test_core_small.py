"""The smaller parts of the core: choice, clock, lines, inbox."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.choice import pick_other, uniform
from engine.core.clock import MOST_SLEW, steered
from engine.core.inbox import Inbox
from engine.core.lines import Line, Ramp
from engine.model.events import EventSource


@given(st.integers(0, 2**63 - 1), st.text(max_size=20), st.integers(0, 10**6))
def test_a_choice_depends_on_its_arguments_alone(seed: int, path: str, fired: int) -> None:
    assert 0 <= uniform(seed, path, fired) < 1
    assert uniform(seed, path, fired) == uniform(seed, path, fired)


def test_choices_are_spread_evenly() -> None:
    drawn = [uniform(7, "/layer/echo/jump", fired) for fired in range(4000)]
    assert sum(drawn) / len(drawn) == pytest.approx(0.5, abs=0.02)
    assert all(abs(sum(1 for x in drawn if tenth <= x * 10 < tenth + 1) - 400) < 90 for tenth in range(10))


def test_another_is_never_the_current_and_each_other_comes() -> None:
    assert {pick_other(1, "/x", fired, 4, 2) for fired in range(60)} == {0, 1, 3}
    assert pick_other(1, "/x", 0, 1, 0) == 0


def test_a_choice_is_the_same_on_every_machine() -> None:
    assert uniform(7, "/layer/echo/jump", 3) == pytest.approx(0.6461350395329907, abs=1e-15)


@given(st.floats(-0.5, 0.5), st.floats(0, 1e6))
def test_a_steered_clock_never_jumps_and_settles(error_s: float, at_s: float) -> None:
    line = Line(0.0, 0.0)
    new = steered(line, at_s, at_s + error_s)
    assert new.at(at_s) == pytest.approx(at_s, abs=1e-6)
    assert abs(new.rate - 1) <= MOST_SLEW + 1e-12
    assert abs(at_s + 1 + error_s - new.at(at_s + 1)) <= abs(error_s) + 1e-6


def test_a_ramp_is_closed_in_time() -> None:
    ramp = Ramp(1.0, 0.0, 4.0, 2.0)
    assert [ramp.at(t) for t in (0.0, 1.0, 2.0, 3.0, 9.0)] == [0.0, 0.0, 2.0, 4.0, 4.0]


def test_the_inbox_gives_what_is_due_in_order_and_keeps_the_rest() -> None:
    inbox = Inbox()
    for at_s, address in ((0.3, "c"), (0.1, "a"), (0.9, "later"), (0.2, "b")):
        inbox.put(EventSource.OSC, address, 1.0, at_s)
    assert [found.address for found in inbox.drain(0.5)] == ["a", "b", "c"]
    assert [found.address for found in inbox.drain(1.0)] == ["later"]
    assert inbox.dropped == 0


def test_equal_stamps_are_ordered_by_source_then_arrival() -> None:
    inbox = Inbox()
    inbox.put(EventSource.KEY, "key", 1.0, 1.0)
    inbox.put(EventSource.MIDI, "first", 1.0, 1.0)
    inbox.put(EventSource.MIDI, "second", 1.0, 1.0)
    assert [found.address for found in inbox.drain(1.0)] == ["first", "second", "key"]


def test_a_full_inbox_drops_the_oldest_and_counts() -> None:
    inbox = Inbox(limit=10)
    for number in range(25):
        inbox.put(EventSource.OSC, str(number), 1.0, 0.0)
    assert [found.address for found in inbox.drain(1.0)] == [str(number) for number in range(15, 25)]
    assert inbox.dropped == 15


def test_events_of_the_future_are_bounded_too_and_the_newest_is_dropped() -> None:
    inbox = Inbox(limit=10)
    for number in range(25):
        inbox.put(EventSource.OSC, str(number), 1.0, 100.0 - number)
        assert inbox.drain(1.0) == []
    assert inbox.dropped == 15
    assert [found.address for found in inbox.drain(95.0)] == ["9", "8", "7", "6", "5"]
    inbox.put(EventSource.OSC, "room again", 1.0, 99.5)
    assert [found.address for found in inbox.drain(100.0)] == ["4", "3", "2", "1", "room again", "0"]
    assert inbox.dropped == 15


def test_many_threads_lose_nothing() -> None:
    inbox = Inbox()
    writers = [
        threading.Thread(target=lambda name=name: [inbox.put(EventSource.MIDI, name, n, 0.0) for n in range(500)])
        for name in "abcd"
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    drained = inbox.drain(1.0)
    assert len(drained) == 2000
    for name in "abcd":
        assert [found.value for found in drained if found.address == name] == list(range(500))
