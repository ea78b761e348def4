"""Runs of faders folded in at once: the state that one after another would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.actions import applied
from engine.core.gliding import glided, run_end
from engine.core.step import advanced, begun, folded
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from tests.world_support import clip, rows, world

WORLD = world(
    clips=[clip("a"), clip("b")],
    layers=[{"name": "base"}, {"name": "echo", "on_onset": {"action": "jump"}}],
    movements=[("one", 2.0, rows("base", ("a", 1.0), ("b", 1.0))), ("two", 3.0, ())],
    onsets=[0.5, 1.5, 2.5],
    track_s=5.0,
)
PATHS = (
    *("/layer/echo/opacity", "/layer/base/scale", "/layer/echo/target", "/master/fade", "/track/volume"),
    *("/layer/echo/land", "/layer/echo/speed", "/master/freeze", "/movement/next", "/reset"),
)
events = st.lists(st.tuples(st.floats(0, 5), st.sampled_from(PATHS), st.floats(0, 1), st.booleans()), max_size=40).map(
    lambda made: [
        Event(at_s, EventSource.MIDI, number, path, value, wait=Quantise(to="onset") if waits else None)
        for number, (at_s, path, value, waits) in enumerate(sorted(made, key=lambda one: one[0]))
    ]
)


@given(events)
def test_a_run_gives_what_its_events_give_one_after_another(played: Sequence[Event]) -> None:
    state = begun(WORLD)
    for event in played:
        state = applied(WORLD, advanced(WORLD, state, event.at_s), event)
    assert folded(WORLD, begun(WORLD), played) == state


def test_a_run_ends_at_what_does_not_glide_what_waits_and_what_happens_by_itself() -> None:
    fade = Event(0.0, EventSource.MIDI, 0, "/master/fade", 0.5)
    run = [replace(fade, at_s=number / 10) for number in range(5)]
    assert run_end(WORLD, run, 0, 9.0) == 5
    assert run_end(WORLD, run, 1, 0.3) == 3
    assert run_end(WORLD, [*run, replace(fade, address="/go")], 0, 9.0) == 5
    assert run_end(WORLD, [replace(fade, wait=Quantise(to="onset"))], 0, 9.0) == 0
    assert run_end(WORLD, [replace(fade, address="/master/freeze")], 0, 9.0) == 0


def test_a_run_ramps_each_parameter_from_where_it_stands() -> None:
    run = [Event(at_s, EventSource.MIDI, 0, "/master/fade", value) for at_s, value in ((1.0, 0.5), (1.025, 0.0))]
    after = glided(WORLD, begun(WORLD), run)
    assert after.at_s == 1.025
    # Half of the way from 0.75, which it had come to.
    assert after.values["/master/fade"].at(1.05) == pytest.approx(0.375)
