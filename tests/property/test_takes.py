"""Takes: what was played live is what its take plays again, whenever it arrived; and no file harms the reader."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.app.pace import Tick
from engine.core.planner import plan
from engine.core.step import advanced
from engine.errors import ShowError
from engine.formats.take import Take, event_line
from engine.formats.take_edit import trimmed
from engine.model.controls import Binding
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from tests.property.test_state import busy_world
from tests.take_support import HEADER, Performed, Ticks, at_instants, perform, read_text, take_text, written

WORLD = busy_world()
LENGTH_S = 6.0

BINDINGS = (
    Binding(midi={"cc": 21}, to="/layer/base/opacity"),
    Binding(midi={"cc": 22}, to="/layer/echo/x", takeover="pickup"),
    Binding(midi={"cc": 23}, scrub="/layer/top"),
    Binding(midi={"cc": 24}, to="/layer/top/clip"),
    Binding(midi={"note": 36}, to="/layer/echo/jump", quantise=Quantise(to="onset")),
    Binding(midi={"note": 37}, to="/layer/top/random", quantise=Quantise(to="beat", every=2, at_most_s=1.5)),
    Binding(key="space", to="/movement/next", quantise=Quantise(to="bar", at_most_s=0.8, then="drop")),
    Binding(key="a", to="/cue/go"),
)
_FADERS = ("midi/cc/1/21", "midi/cc/1/22", "midi/cc/1/23", "midi/cc/1/24")
_PADS = ("midi/note/1/36", "midi/note/1/37", "key/space", "key/a")
_PATHS = (
    "/tempo/tap",
    "/onset",
    "/onset/kick",
    "/layer/top/release",
    "/movement/release",
    "/reset",
    "/layer/base/next",
)

_instants = st.floats(0.0, LENGTH_S - 2.5)
_delays = st.floats(0.0, 0.3) | st.floats(0.0, 1.6)  # of both kinds: within the window, and too late for it


@st.composite
def sessions(draw: st.DrawFn) -> list[tuple[float, Event]]:
    """Faders that sweep, pads and keys: each event with the show time at which it arrives."""
    arrivals: list[tuple[float, Event]] = []
    for control in draw(st.lists(st.sampled_from(_FADERS), max_size=3)):
        from_s, delay_s = draw(_instants), draw(_delays)
        for step in range(draw(st.integers(1, 12))):
            at_s = from_s + step * 0.0071
            arrivals.append(
                (at_s + delay_s, Event(at_s, EventSource.MIDI, 0, control, draw(st.floats(0, 1)), port="nano"))
            )
    for address in draw(st.lists(st.sampled_from(_PADS + _PATHS), max_size=8)):
        at_s, source = draw(_instants), EventSource.KEY if address.startswith("key") else EventSource.OSC
        arrivals.append((at_s + draw(_delays), Event(at_s, source, 0, address, draw(st.sampled_from([1.0, 0.5, 0.0])))))
    return arrivals


@st.composite
def live_ticks(draw: st.DrawFn) -> Ticks:
    """Ticks a frame apart, now and then late, once perhaps held up for long."""
    now_s, ticks = 0.0, []
    steps = draw(st.lists(st.sampled_from([0.0167, 0.0333, 0.05, 0.2]), min_size=5, max_size=12))
    stall_at = draw(st.none() | st.integers(5, 40))
    while now_s < LENGTH_S:
        number = len(ticks)
        ticks.append(Tick(number, now_s, now_s + 1 / 60))
        now_s += 1.3 if number == stall_at else steps[number % len(steps)]
    return Ticks(ticks)


def settled(done: Performed) -> dict[float, Any]:
    """The plans of a live run a second later, when all that was on its way had come in."""
    stamps = {event.at_s for event in done.folded}
    bases = {past.base.at_s: past.base for past in done.histories}
    return {at_s: plan(WORLD, base, at_s) for at_s, base in bases.items() if at_s not in stamps}


@settings(max_examples=25, deadline=None)
@given(sessions(), live_ticks())
def test_a_take_replays_what_was_played_however_it_arrived(session: list[tuple[float, Event]], ticks: Ticks) -> None:
    live = perform(WORLD, ticks, arrivals=session, bindings=BINDINGS)
    take = written(WORLD, live.folded)
    assert not take.warnings
    assert sorted(take.events, key=str) == sorted(live.folded, key=str)  # to the last bit, origins and all
    seen = settled(live)
    again = perform(WORLD, at_instants(sorted(seen)), replayed=take.events, live=False)
    assert again.plans == seen
    end_s = LENGTH_S + 2
    replayed_head = perform(WORLD, at_instants([end_s]), replayed=take.events, live=False).histories[-1].head
    assert advanced(WORLD, replayed_head, end_s) == advanced(WORLD, live.histories[-1].head, end_s)


@settings(max_examples=12, deadline=None)
@given(sessions(), live_ticks())
def test_a_take_gives_the_same_plans_at_24_30_and_60_frames_a_second(
    session: list[tuple[float, Event]], ticks: Ticks
) -> None:
    take = written(WORLD, perform(WORLD, ticks, arrivals=session, bindings=BINDINGS).folded)
    at = {
        rate: perform(
            WORLD, at_instants(n / rate for n in range(int(LENGTH_S) * rate)), replayed=take.events, live=False
        )
        for rate in (24, 30, 60)
    }
    assert all(at[60].plans[at_s] == shown for at_s, shown in at[30].plans.items())
    assert all(at[24].plans[n / 6] == at[60].plans[n / 6] for n in range(int(LENGTH_S) * 6) if n / 6 in at[24].plans)


@settings(max_examples=12, deadline=None)
@given(sessions(), sessions(), live_ticks(), live_ticks())
def test_what_was_played_over_a_take_is_in_the_new_take_with_it(
    first: list[tuple[float, Event]], second: list[tuple[float, Event]], ticks: Ticks, later_ticks: Ticks
) -> None:
    old = written(WORLD, perform(WORLD, ticks, arrivals=first, bindings=BINDINGS).folded)
    over = perform(WORLD, later_ticks, arrivals=second, bindings=BINDINGS, replayed=old.events)
    new = written(WORLD, over.folded)
    seen = settled(over)
    assert perform(WORLD, at_instants(sorted(seen)), replayed=new.events, live=False).plans == seen


@settings(max_examples=12, deadline=None)
@given(sessions(), live_ticks(), st.integers(0, 60))
def test_a_trimmed_take_shows_what_the_whole_one_showed(
    session: list[tuple[float, Event]], ticks: Ticks, from_frame: int
) -> None:
    take = written(WORLD, perform(WORLD, ticks, arrivals=session, bindings=BINDINGS).folded)
    instants = [frame / 30 for frame in range(from_frame, from_frame + 60)]
    whole = perform(
        WORLD, at_instants(frame / 30 for frame in range(from_frame + 60)), replayed=take.events, live=False
    )
    part = trimmed(take, instants[0], instants[-1])
    shown = perform(WORLD, at_instants(instants), replayed=part.events, live=False)
    assert shown.plans == {at_s: whole.plans[at_s] for at_s in instants}


_events = st.builds(
    Event,
    at_s=st.floats(0, 1e6),
    source=st.sampled_from(EventSource),
    sequence=st.integers(0, 2**40),
    address=st.sampled_from(["/layer/base/opacity", "/go", "/layer/base/clip/some-clip"]),
    value=st.floats(allow_nan=False, allow_infinity=False),
    port=st.text(st.characters(codec="utf-8"), max_size=20),
    wait=st.none() | st.builds(Quantise, to=st.sampled_from(["beat", "kick"]), every=st.integers(1, 64)),
)


@given(st.lists(_events, max_size=20))
def test_every_number_is_read_back_to_the_last_bit(events: list[Event]) -> None:
    in_order = sorted(events, key=lambda event: event.order)
    assert list(read_text(take_text(*in_order)).events) == in_order


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([10**400, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_LINES = take_text(
    Event(0.5, EventSource.MIDI, 3, "/layer/base/opacity", 0.25, Event(0.5, EventSource.MIDI, 3, "midi/cc/1/21", 0.2)),
    Event(0.75, EventSource.KEY, 4, "/layer/base/jump", 1.0, wait=Quantise(to="beat")),
    Event(1.5, EventSource.OSC, 5, "/go", 1.0),
).splitlines(keepends=True)


def read_or_refused(content: bytes) -> Take | ShowError:
    try:
        return read_text(content)
    except ShowError as error:
        return error


def survives(content: bytes) -> None:
    """Read or refused, with a reason and a place; and what is read is sound."""
    take = read_or_refused(content)
    if isinstance(take, ShowError):
        assert take.problems
        assert all(problem.what and problem.mend for problem in take.problems)
        assert str(take).encode()  # can be printed
        return
    assert all(math.isfinite(event.at_s) and math.isfinite(event.value) for event in take.events)
    assert list(take.events) == sorted(take.events, key=lambda event: event.order)
    assert take.until_s >= max([take.header.start_s, *(event.at_s for event in take.events)])


@given(st.integers(0, 4), st.data())
def test_a_value_replaced_by_anything_is_read_or_refused(line: int, data: st.DataObject) -> None:
    record = json.loads(_LINES[line])
    place = data.draw(st.sampled_from(sorted(record)))
    inner = record[place]
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(_json)
    else:
        record[place] = data.draw(_json)
    spoiled = [*_LINES[:line], json.dumps(record) + "\n", *_LINES[line + 1 :]]
    survives("".join(spoiled).encode())


@given(st.integers(0, 2000), st.binary(max_size=6), st.integers(0, 40))
def test_bytes_put_in_or_taken_out_are_read_or_refused(at: int, instead: bytes, gone: int) -> None:
    content = "".join(_LINES).encode()
    at %= len(content)
    survives(content[:at] + instead + content[at + gone :])


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    survives(content)
    survives(_LINES[0].encode() + content)


@given(st.integers(0, 10_000))
def test_a_take_cut_anywhere_gives_all_whole_lines(cut: int) -> None:
    content = "".join(_LINES).encode()
    cut = len(_LINES[0]) + cut % (len(content) - len(_LINES[0]) + 1)
    take = read_text(content[:cut])
    whole = content[:cut].count(b"\n") - 1
    complete = content[:cut].rpartition(b"\n")[2] == b"" or content[cut : cut + 1] == b"\n"
    assert len(take.events) == min(3, whole + (complete and content[:cut][-1:] != b"\n"))
    assert bool(take.warnings) is not complete
    assert take.header == HEADER


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_that_is_none_can_be_written(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        event_line(Event(0.0, EventSource.OSC, 0, "/go", value))
