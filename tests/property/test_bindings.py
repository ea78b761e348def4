"""Controls and what they play: curves and their inverses, takeover, encoders, presses, coalescing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.coalescing import coalesced
from engine.core.control_value import CURVES, Reach, into_dead_zone, out_of_dead_zone, steps_turned
from engine.core.takeover import THRESHOLD, Pickup, Scaling
from engine.model.controls import Curve, Relative
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from engine.model.parameters import Kind
from tests.binding_support import TREE, Stage

CURVE_NAMES: tuple[Curve, ...] = ("linear", "exponential", "logarithmic", "s_curve")
ENCODINGS: tuple[Relative, ...] = ("twos_complement", "binary_offset", "sign_bit")
UNIT = st.floats(0, 1)
curves = st.sampled_from(CURVE_NAMES)
ends = st.floats(-1e4, 1e4)


@given(curves, UNIT)
def test_a_curve_has_its_inverse(curve: Curve, travel: float) -> None:
    forward, back = CURVES[curve]
    # At the ends of an s-curve a whole stretch of travel comes to next to nothing.
    assert forward(back(travel)) == pytest.approx(travel, abs=1e-12)
    assert back(forward(travel)) == pytest.approx(travel, abs=1e-7)


@given(curves, UNIT, UNIT)
def test_a_curve_rises_from_0_to_1(curve: Curve, one: float, other: float) -> None:
    for function in CURVES[curve]:
        assert (function(0.0), function(1.0)) == (0.0, 1.0)
        low, high = function(min(one, other)), function(max(one, other))
        assert 0.0 <= low <= high + 1e-12
        assert high <= 1.0


@given(curves, ends, ends, UNIT)
def test_a_value_stays_within_its_range_and_comes_back(curve: Curve, low: float, high: float, travel: float) -> None:
    reach = Reach(low, high, curve)
    value = reach.value(travel)
    span, rounding = abs(high - low), 1e-15 * max(abs(low), abs(high))
    assert min(low, high) - rounding <= value <= max(low, high) + rounding
    assert (reach.value(0.0), reach.value(1.0)) == (low, high)
    assert reach.gives(reach.travel(value), value) or span < 1e-3  # then rounding is a part of the range


@given(st.integers(-50, 50), st.integers(-50, 50), UNIT)
def test_each_index_of_a_range_is_where_its_travel_says(low: int, high: int, travel: float) -> None:
    reach = Reach(low, high, kind=Kind.INDEX)
    assert reach.value(travel) in range(min(low, high), max(low, high) + 1)
    for index in range(min(low, high), max(low, high) + 1):
        assert reach.value(reach.travel(index)) == index


@given(UNIT, UNIT, st.floats(0, 0.3), st.booleans())
def test_a_dead_zone_keeps_the_order_and_the_ends(one: float, other: float, zone: float, centred: bool) -> None:
    low, high = (out_of_dead_zone(value, zone, centred=centred) for value in sorted((one, other)))
    assert 0.0 <= low <= high <= 1.0
    assert out_of_dead_zone(zone, zone, centred=centred) == pytest.approx(0.0, abs=1e-12)
    assert out_of_dead_zone(1 - zone, zone, centred=centred) == pytest.approx(1.0)
    assert out_of_dead_zone(into_dead_zone(one, zone, centred=centred), zone, centred=centred) == pytest.approx(one)
    if centred:
        assert out_of_dead_zone(0.5 + zone * 0.49, zone, centred=True) == (0.5 if zone else pytest.approx(0.5))


@given(st.integers(-63, 63))
def test_an_encoding_gives_the_steps_that_were_sent(steps: int) -> None:
    sent = {
        "twos_complement": steps % 128,
        "binary_offset": 64 + steps,
        "sign_bit": steps if steps >= 0 else 64 - steps,
    }
    for encoding in ENCODINGS:
        assert steps_turned(sent[encoding] / 127, encoding) == steps


@given(st.lists(st.tuples(UNIT, st.floats(0, 0.2)), min_size=1, max_size=40), UNIT)
def test_a_fader_that_picks_up_never_makes_a_slow_jump(moves: Sequence[tuple[float, float]], start: float) -> None:
    """Whenever the parameter leaps, the control was near, went across, or had it just before."""
    pickup, value, before, at_s = Pickup(), start, None, 0.0
    taken_s = -1.0
    for travel, wait_s in moves:
        at_s += wait_s
        taken = pickup.taken(travel, value, at_s)
        near = abs(travel - value) <= THRESHOLD
        across = before is not None and (before - value) * (travel - value) <= 0
        was_near = before is not None and abs(before - value) <= THRESHOLD
        in_time = at_s - taken_s <= 0.05
        assert (taken is not None) == (near or across or was_near or in_time)
        before = travel
        if taken is not None:
            value, taken_s = taken, at_s


@given(st.lists(UNIT, min_size=2, max_size=40), UNIT)
def test_scaling_moves_with_the_hand_and_meets_it_at_the_ends(moves: Sequence[float], start: float) -> None:
    scaling, value = Scaling(), start
    before = None
    for travel in moves:
        taken = scaling.taken(travel, value, 0.0)
        if taken is None:
            assert before is None
        else:
            assert 0.0 <= taken <= 1.0
            if before is not None:
                went = taken - value
                assert went >= -1e-12 if travel >= before else went <= 1e-12
            if travel in (0.0, 1.0) and before not in (None, travel):
                assert taken == travel
            value = taken
        before = travel


@given(st.lists(st.integers(-20, 20), max_size=60), st.integers(1, 5), st.integers(2, 300))
def test_steps_add_up_however_they_fall_into_ticks(turns: list[int], a_tick: int, steps: int) -> None:
    stage = Stage({"midi": {"cc": 1, "relative": "binary_offset"}, "to": "/master/fade", "steps": steps})
    stage.values["/master/fade"] = expected = 0.5
    for first in range(0, len(turns), a_tick):
        taken = turns[first : first + a_tick]
        stage.tick(*(stage.event("midi/cc/1/1", (64 + turn) / 127) for turn in taken))
        for turn in taken:
            expected = min(max(expected + turn / steps, 0.0), 1.0)
    assert stage.values["/master/fade"] == pytest.approx(expected)


PADS = ("midi/note/1/1", "midi/note/1/2", "key/a", "midi/cc/1/1")


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(PADS), st.sampled_from([0.0, 0.3, 1.0])),
            st.tuples(st.just("/control/page"), st.sampled_from([0.0, 1.0])),
            st.tuples(st.sampled_from(["key/z", "key/y"]), st.sampled_from([0.0, 1.0])),
        ),
        max_size=60,
    )
)
def test_whatever_was_pressed_is_let_go(acts: Sequence[tuple[str, float]]) -> None:
    """Under pages and modifiers that change at any time: once all hands are off, every parameter is down again."""
    paths = ("/layer/echo/opacity", "/master/fade", "/master/volume")
    presses: list[dict[str, object]] = [
        {"page": 0, "to": paths[0]},
        {"page": 1, "to": paths[1], "press": "momentary"},
        {"modifier": "shift", "to": paths[2], "press": "gate"},
        {"modifier": "other", "page": 1, "to": paths[0], "press": "momentary"},
    ]
    controls: list[dict[str, object]] = [
        {"midi": {"note": 1}}, {"midi": {"note": 2}}, {"key": "a"}, {"midi": {"cc": 1}, "press": "gate"},
    ]  # fmt: skip
    stage = Stage(
        *({**press, **control} for control in controls for press in presses),
        modifiers={"shift": {"key": "z"}, "other": {"key": "y"}},
    )
    stage.values.update(dict.fromkeys(paths, 0.0))
    down: Counter[str] = Counter()
    for address, value in acts:
        for path, played in stage.played(address, value):
            down[path] += played > 0
    assert all(stage.values[path] == 0.0 or down[path] for path in paths)
    for address in PADS:
        stage.move(address, 0.0)
    assert [stage.values[path] for path in paths] == [0.0, 0.0, 0.0]
    assert all(stage.move(address, 0.0).outcome == "ignored" for address in PADS)


ADDRESSES = (
    "/master/fade",
    "/layer/echo/target",
    "/layer/echo/land",
    "/go",
    "/layer/echo/clip",
    "/layer/echo/clip/lake",
)
_WAIT = Quantise(to="beat")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ADDRESSES),
            st.floats(0, 1),
            st.booleans(),
            st.sampled_from(["midi/cc/1/1", "midi/note/1/1"]),
        ),
        max_size=30,
    )
)
def test_coalescing_keeps_what_matters_in_order(made: Sequence[tuple[str, float, bool, str]]) -> None:
    events = []
    for number, (address, value, waits, control) in enumerate(made):
        raw = Event(0.0, EventSource.MIDI, number, control, value)
        events.append(
            Event(
                0.0, EventSource.MIDI, number, address, value, raw, wait=_WAIT if waits and "echo" in address else None
            )
        )
    kept = coalesced(events, TREE)
    assert [event.sequence for event in kept] == sorted({event.sequence for event in kept})
    for event in events:
        parameter = TREE.find(event.address)
        assert parameter is not None
        is_note = event.origin is not None and event.origin.address.startswith("midi/note")
        if event.wait is not None or parameter.kind is Kind.ACTION or is_note:
            assert event in kept
    for upto in range(len(events) + 1):
        acts = upto == len(events) or (events[upto].address == "/layer/echo/land" and events[upto].wait is None)
        if not acts:
            continue
        assert _last_target(events[:upto]) == _last_target([event for event in kept if event.sequence < upto])
    assert {event.address: event.value for event in events if event.wait is None} == {
        event.address: event.value for event in kept if event.wait is None
    }


def _last_target(events: Sequence[Event]) -> float | None:
    spoken = [event.value for event in events if event.address == "/layer/echo/target" and event.wait is None]
    return spoken[-1] if spoken else None


def test_of_a_fader_within_a_tick_one_value_is_left() -> None:
    raw = Event(0.0, EventSource.MIDI, 0, "midi/cc/1/1", 0.5)
    events = [Event(0.0, EventSource.MIDI, number, "/master/fade", number / 100, raw) for number in range(100)]
    assert coalesced(events, TREE) == events[-1:]
