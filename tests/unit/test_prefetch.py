"""Prefetch: what it wants is what the planner will show, and every jump that can be foreseen is armed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.bindings import pads_of
from engine.core.planner import plan, refs_at
from engine.core.prefetch import JUMPS_WITHIN_S, Pad, Prefetch
from engine.core.step import History, advanced, begun, history, stepped
from engine.model.controls import Binding, MidiControl
from engine.model.events import Event, EventSource
from engine.model.pictures import FrameRef
from engine.model.plan import Wanted
from engine.model.world import World
from tests.world_support import clip, rows, world

CLIPS = [clip("a"), clip("b"), clip("c")]  # 4 s at 25 frames a second
PERIOD_S = 0.02


class Stage:
    """A loop that steps, plans and prefetches, tick by tick."""

    def __init__(self, made: World, pads: Sequence[Pad] = (), period_s: float = PERIOD_S) -> None:
        self.world = made
        self.past: History = history(begun(made))
        self.prefetch = Prefetch(made, pads)
        self.period_s = period_s
        self.at_s = 0.0
        self.found: dict[FrameRef, Wanted] = {}
        self.sequence = 0

    def tick(self, *events: tuple[str, float]) -> set[FrameRef]:
        """Go on by a tick, at whose beginning `events` (path, value) happen; the frames that it shows."""
        stamped = []
        for path, value in events:
            self.sequence += 1
            stamped.append(Event(self.at_s, EventSource.KEY, self.sequence, path, value))
        self.past = stepped(self.world, self.past, stamped, self.at_s)
        self.at_s += self.period_s
        state = advanced(self.world, self.past.head, self.at_s)
        shown = set(plan(self.world, state, self.at_s).refs())
        assert shown == set(refs_at(self.world, state, self.at_s))
        found = self.prefetch.wanted(state, self.past.event_count, self.at_s, self.period_s)
        self.found = {want.ref: want for want in found}
        return shown

    def run_to(self, at_s: float) -> None:
        while self.at_s < at_s - self.period_s / 2:
            self.tick()

    def armed(self) -> dict[FrameRef, float]:
        return {ref: round(want.needed_at_s, 6) for ref, want in self.found.items() if want.armed}


def test_the_next_ticks_frames_are_wanted_each_once() -> None:
    stage = Stage(world(clips=CLIPS))
    stage.run_to(1.0)
    assert sorted(ref.index for ref in stage.found if not stage.found[ref].armed) == [25, 26, 27, 28]
    assert all(want.needed_at_s > 1.0 for want in stage.found.values())


@pytest.mark.parametrize(
    ("layer", "expected"), [({"speed": -2.0}, {93, 92, 91, 90, 89}), ({"loop": "ping_pong", "in_s": 3.92}, {98, 99})]
)
def test_either_direction_and_back_and_forth(layer: dict[str, Any], expected: set[int]) -> None:
    stage = Stage(world(clips=[clip("a")], layers=[{"name": "base", **layer}]))
    stage.run_to(0.1)
    assert expected <= {ref.index for ref in stage.found}


def test_the_target_of_an_onset_is_armed_two_seconds_ahead() -> None:
    made = world(
        clips=CLIPS, layers=[{"name": "base", "on_onset": {"action": "random_clip"}}], onsets=[3.0], track_s=9, seed=3
    )
    stage = Stage(made)
    stage.run_to(3.0 - JUMPS_WITHIN_S + 0.4)
    (target,) = stage.armed()
    stage.run_to(2.98)
    assert stage.armed() == {target: 3.0}
    assert target in stage.tick()


@pytest.mark.parametrize("after_s", [1e-9, 5e-7, 1e-6])
def test_a_jump_a_breath_after_the_tick_is_foreseen_as_any_other(after_s: float) -> None:
    """One that a hand brings about there: it was not looked at before the tick."""
    made = world(
        clips=CLIPS,
        layers=[{"name": "base", "on_onset": {"action": "jump"}}],
        onsets=[round(1.0 + after_s, 9)],
        track_s=9,
        seed=3,
    )
    stage = Stage(made, period_s=0.25)
    stage.run_to(0.75)
    stage.tick(("/layer/base/position", 0.5))
    stage.tick(("/layer/base/release", 1.0))
    assert stage.at_s == 1.25


def test_the_beginning_of_a_loop_a_row_and_a_movement_is_armed() -> None:
    made = world(
        clips=CLIPS,
        layers=[{"name": "base", "out_s": 1.0}, {"name": "over"}],
        movements=[("one", 2.5, rows("over", ("b", 1.5), ("c", 1.0))), ("two", 5, rows("over", ("a", 5)))],
        layer_clips={"base": ("a",)},
    )
    stage = Stage(made)
    stage.run_to(0.9)
    assert stage.armed() == {FrameRef("a", 0): 1.0, FrameRef("c", 0): 1.5}
    stage.run_to(1.8)
    assert stage.armed() == {FrameRef("a", 0): 2.0}  # two's "over" begins on the same frame
    stage.run_to(2.2)
    assert stage.armed() == {FrameRef("a", 0): 2.5}


def test_each_pads_target_is_wanted_after_all_that_comes_by_itself() -> None:
    made = world(clips=CLIPS, layers=[{"name": "base", "choose": "random"}], movements=[("one", 9, ()), ("two", 9, ())])
    pads = [Pad("/layer/base/clip/c", 1.0), Pad("/layer/base/jump", 1.0), Pad("/layer/base/position", 0.5)]
    stage = Stage(made, pads)
    stage.run_to(1.5)
    last = [ref for ref, want in stage.found.items() if want.needed_at_s >= stage.at_s + JUMPS_WITHIN_S]
    assert not any(stage.found[ref].armed for ref in last)
    for pad in pads:
        other = Stage(made, pads)
        other.run_to(1.5)
        assert other.tick((pad.path, pad.value)) <= set(stage.found)
    assert len(last) == 3


def test_pads_are_the_controls_with_one_thing_to_say() -> None:
    made = world(clips=CLIPS)
    bindings = [
        Binding(key="space", to="/go"),
        Binding(midi=MidiControl(note=36), to="/layer/base/clip/b"),
        Binding(midi=MidiControl(cc=1), to="/layer/base/opacity"),
        Binding(midi=MidiControl(note=37), to="/layer/base/position", value=0.25),
        Binding(key="g", to="/go"),
    ]
    pads = pads_of(bindings, made.tree)
    assert pads == [Pad("/go", 1.0), Pad("/layer/base/clip/b", 1.0), Pad("/layer/base/position", 0.25)]


def test_a_hand_that_changes_no_frame_unsettles_nothing() -> None:
    made = world(clips=CLIPS, layers=[{"name": "base", "on_onset": {"action": "jump"}}], onsets=[1.0], track_s=9)
    still, touched = Stage(made), Stage(made)
    still.run_to(0.6)
    touched.run_to(0.5)
    while touched.at_s < 0.6 - PERIOD_S / 2:
        touched.tick(("/layer/base/opacity", 0.2 + touched.at_s), ("/layer/base/x", touched.at_s))
    assert touched.found == still.found


def test_an_armed_jump_stays_armed_under_a_moving_fader() -> None:
    made = world(
        clips=CLIPS,
        layers=[{"name": "base"}, {"name": "over", "on_onset": {"action": "next_clip"}}],
        onsets=[1.5],
        track_s=9,
        layer_clips={"over": ("b", "c")},
    )
    stage = Stage(made)
    stage.run_to(0.5)
    while stage.at_s < 1.5 - 1.5 * PERIOD_S:
        stage.tick(("/layer/base/position", stage.at_s % 1.0))
        assert FrameRef("c", 0) in stage.armed()
    assert FrameRef("c", 0) in stage.tick()


_PATHS = ["/layer/base/position", "/layer/base/jump", "/layer/over/random", "/layer/over/clip/b", "/layer/base/speed"]
_ACTIONS = ["jump", "random_clip", "next_clip", "none"]


@settings(deadline=None, max_examples=60)
@given(
    actions=st.tuples(st.sampled_from(_ACTIONS), st.sampled_from(_ACTIONS)),
    onsets=st.lists(st.floats(0.3, 7.5), max_size=12, unique=True).map(sorted),
    loop=st.sampled_from(["loop", "ping_pong", "hold"]),
    speed=st.floats(-3, 3),
    hands=st.dictionaries(st.integers(10, 250), st.tuples(st.sampled_from(_PATHS), st.floats(0, 1)), max_size=4),
    rate=st.sampled_from([5, 24, 30]),
    scheduled=st.booleans(),
)
def test_left_alone_for_half_a_second_nothing_comes_unforeseen(
    *,
    actions: tuple[str, str],
    onsets: list[float],
    loop: str,
    speed: float,
    hands: dict[int, tuple[str, float]],
    rate: int,
    scheduled: bool,
) -> None:
    """Whatever is shown was wanted at the tick before, unless a hand did something within the last half second."""
    made = world(
        clips=[clip("a", rate=rate), clip("b", frames=30, rate=rate), clip("c", frames=7, rate=rate)],
        layers=[
            {"name": "base", "loop": loop, "speed": speed, "on_onset": {"action": actions[0]}},
            {"name": "over", "choose": "random", "on_onset": {"action": actions[1]}},
        ],
        movements=[("one", 2.9, rows("over", ("b", 1.1), ("c", 1.8)) if scheduled else ()), ("two", 9.0, ())],
        onsets=onsets,
        track_s=8.0,
        seed=5,
    )
    stage, touched_at_s = Stage(made), 0.0
    for number in range(300):
        before = set(stage.found)
        hand = hands.get(number)
        if hand is not None:
            touched_at_s = stage.at_s
        shown = stage.tick(*([hand] if hand else []))
        if stage.at_s > touched_at_s + 0.5:
            assert shown <= before, stage.at_s
