"""What modulations make of parameters hangs on the instant alone: not on the frame rate, nor on where one begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.modulation import Moment
from engine.core.state import State
from engine.core.step import advanced, begun, history, stepped
from engine.model.events import Event, EventSource
from engine.model.world import Onset, PlacedTrack, World
from tests.look_support import look_world

PATHS = ("/layer/low/opacity", "/layer/low/x", "/layer/low/effect/tint/amount", "/layer/low/effect/tint/tone/red")
SOURCES = (
    "lfo: {shape: sine, period_s: 0.7}",
    "lfo: {shape: triangle, period_s: 1.3, phase: 0.3}",
    "lfo: {shape: random, period_beats: 0.5}",
    "onset: {attack_s: 0.05, decay_s: 0.4}",
    "onset: {min_strength: 0.5, by_strength: true}",
    "entry: {attack_s: 1, hold_s: 0.5, decay_s: 3}",
    "level: {name: room}",
    "parameter: /layer/high/opacity",
)
TRACK = PlacedTrack(Path("t.flac"), 3.0, tuple(Onset(0.3 * n, n / 10) for n in range(10)), loops=True, loop_from_s=1.0)

modulations = st.lists(
    st.tuples(st.sampled_from(PATHS), st.sampled_from(SOURCES), st.sampled_from(["set", "add"])), min_size=1, max_size=6
)
events = st.lists(
    st.tuples(
        st.integers(0, 480).map(lambda step: step / 60),
        st.sampled_from(
            [
                *PATHS,
                "/layer/high/opacity",
                "/onset",
                "/level/room",
                "/tempo/tap",
                "/movement/restart",
                "/movement/next",
            ]
        ),
        st.floats(0, 1),
    ),
    max_size=8,
)


def world_of(written: list[tuple[str, str, str]]) -> World:
    lines = "".join(f"  - {{to: {path}, mode: {mode}, {source}}}\n" for path, source, mode in written)
    return look_world(
        f"""
layers:
  - {{name: low, generator: {{shader: dots}}, effects: [{{shader: tint}}]}}
  - {{name: high, generator: {{shader: dots}}}}
levels: [{{name: room, source: input}}]
tempo: {{bpm: 90}}
track: {{file: tests/conftest.py, at_end: loop}}
modulations:
{lines}
movements: [{{name: one, duration_s: 3, transition_s: 0.5}}, {{name: two, duration_s: 5}}]
""",
        track=TRACK,
    )


def values(world: World, state: State, at_s: float) -> list[float]:
    moment = Moment(world, state, state.current, at_s)
    return [moment.value(path) for path in PATHS]


@settings(max_examples=30, deadline=None)  # each reads a show and plays it four times
@given(written=modulations, sent=events)
def test_values_are_the_same_at_any_rate_and_from_any_beginning(
    written: list[tuple[str, str, str]], sent: list[tuple[float, str, float]]
) -> None:
    world = world_of(written)
    made = sorted(
        (Event(at_s, EventSource.OSC, number, path, value) for number, (at_s, path, value) in enumerate(sent)),
        key=lambda event: event.order,
    )
    asked = [2.0, 4.5, 8.0]
    found: dict[int, list[list[float]]] = {}
    for rate in (24, 30, 60):
        past, number, found[rate] = history(begun(world)), 0, []
        for frame in range(8 * rate + 1):
            at_s = frame / rate
            due = [event for event in made[number:] if event.at_s <= at_s]
            number += len(due)
            past = stepped(world, past, due, at_s)
            if at_s in asked:
                found[rate].append(values(world, advanced(world, past.head, at_s), at_s))
    directly = []
    for at_s in asked:
        state = stepped(world, history(begun(world)), [event for event in made if event.at_s <= at_s], at_s).head
        directly.append(values(world, advanced(world, state, at_s), at_s))
    for rate, told in found.items():
        for one, other in zip(told, directly, strict=True):
            assert one == pytest.approx(other, abs=1e-9), rate


@settings(max_examples=30, deadline=None)
@given(written=modulations, at_s=st.floats(0, 60))
def test_values_stay_within_their_range(written: list[tuple[str, str, str]], at_s: float) -> None:
    world = world_of(written)
    state = advanced(world, begun(world), at_s)
    for path, value in zip(PATHS, values(world, state, at_s), strict=True):
        parameter = world.tree.parameters[path]
        assert parameter.low <= value <= parameter.high
