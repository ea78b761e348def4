"""Playheads are arithmetic: any instant may be asked for, in any order."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.playhead import Playhead, from_start
from engine.model.media_time import index_at, instant_s

RATES = st.sampled_from([Fraction(12), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60)])
LOOPS = st.sampled_from(["loop", "ping_pong", "hold", "clear"])


@st.composite
def playheads(draw: st.DrawFn) -> Playhead:
    start = draw(st.integers(0, 500))
    length = draw(st.integers(1, 500))
    return Playhead(
        anchor_s=draw(st.floats(-100, 100)),
        position=start + draw(st.floats(0, length, exclude_max=True)),
        rate=draw(st.floats(-120, 120)),
        in_index=start,
        out_index=start + length,
        loop=draw(LOOPS),
    )


@given(playheads(), st.floats(-1000, 1000))
def test_shown_frames_lie_within_the_range(playhead: Playhead, instant: float) -> None:
    shown = playhead.shown_at(instant, in_between=True)
    if shown is None:
        assert playhead.loop == "clear"
        return
    assert playhead.in_index <= shown.index < playhead.out_index
    if shown.next_index is not None:
        assert playhead.in_index <= shown.next_index < playhead.out_index
        assert 0 < shown.next_mix < 1


@given(RATES, st.integers(1, 400), st.integers(0, 4000), st.floats(0, 50_000))
def test_each_frame_begins_at_its_own_instant(rate: Fraction, length: int, index: int, anchor: float) -> None:
    """At frame n's instant frame n is shown, whatever rounding does to n / rate far from the anchor."""
    playhead = from_start(anchor, float(rate), 0, length, "loop")
    shown = playhead.shown_at(anchor + instant_s(index, rate))
    assert shown is not None
    assert shown.index == index % length


@given(playheads(), st.floats(-50, 50), st.floats(0, 50))
def test_anchoring_anew_changes_nothing(playhead: Playhead, when: float, later: float) -> None:
    before = playhead.position_at(when + later)
    after = playhead.moved(when).position_at(when + later)
    if playhead.loop == "hold":
        # Held at an end, an anchored playhead rests there; going back it leaves at once instead of first
        # undoing how far it had run past.
        return
    if before is None or after is None:
        assert before == after or abs((before or after or 0) - playhead.in_index) < playhead.length
        return
    gap = abs(before - after)
    assert min(gap, playhead.length - gap) < 1e-3


@given(playheads(), st.floats(-50, 50), st.floats(0, 1))
def test_a_fraction_holds(playhead: Playhead, when: float, fraction: float) -> None:
    held = playhead.at_fraction(when, fraction)
    now, later = held.shown_at(when), held.shown_at(when + 7)
    assert now is not None
    assert now == later
    assert now.index == index_at(playhead.in_index + fraction * (playhead.length - 1))


def test_loop_modes_past_the_end() -> None:
    def indexes(loop: str) -> list[int | None]:
        head = from_start(0.0, 1.0, 10, 13, loop)  # type: ignore[arg-type]
        return [None if (shown := head.shown_at(t)) is None else shown.index for t in range(8)]

    assert indexes("loop") == [10, 11, 12, 10, 11, 12, 10, 11]
    assert indexes("hold") == [10, 11, 12, 12, 12, 12, 12, 12]
    assert indexes("clear") == [10, 11, 12, None, None, None, None, None]
    assert indexes("ping_pong")[:4] == [10, 11, 12, 12]
    assert 10 in indexes("ping_pong")[5:]


def test_backwards_begins_with_the_last_frame() -> None:
    head = from_start(0.0, -1.0, 10, 13, "loop")
    assert [head.shown_at(t + 0.5).index for t in range(4)] == [12, 11, 10, 12]  # type: ignore[union-attr]


def test_between_two_frames_both_are_shown() -> None:
    head = from_start(0.0, 10.0, 0, 3, "loop")
    shown = head.shown_at(0.05, in_between=True)
    assert shown is not None
    assert (shown.index, shown.next_index, shown.next_mix) == (0, 1, pytest.approx(0.5))
    last = head.shown_at(0.25, in_between=True)
    assert last is not None
    assert (last.index, last.next_index) == (2, 0)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValueError, match="empty range"):
        Playhead(0, 0, 1, 5, 5)
