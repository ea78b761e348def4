"""The state: the same from wherever it is entered, at whatever frame rate, in whatever order events arrive."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.carry import carried
from engine.core.planner import plan
from engine.core.step import LATE_WINDOW_S, advanced, begun, folded, history, stepped
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from engine.model.plan import FramePlan
from engine.model.world import Envelope, Onset, World
from tests.world_support import clip, rows, world

LENGTH_S = 12.0


def busy_world() -> World:
    """Three movements that fade, scheduled and free layers, onsets that jump, change clips and flash."""
    return world(
        clips=[clip("a", frames=60, rate=25), clip("b", frames=90, rate=30), clip("c", frames=24, rate=12)],
        layers=[
            {"name": "base", "interpolation": "blend"},
            {"name": "echo", "loop": "ping_pong", "transition_s": 0.3, "on_onset": {"action": "jump", "every": 2}},
            {"name": "top", "choose": "random", "speed": -0.5, "on_onset": {"action": "random_clip"}},
            {"name": "light", "loop": "hold", "on_onset": {"action": "flash"}},
        ],
        movements=[
            ("one", 4.0, rows("base", ("a", 1.5), ("b", 1.0), (None, 0.5), ("c", 1.0), transition_s=0.4)),
            ("two", 5.0, rows("base", ("b", 2.0), ("a", 3.0)) + rows("echo", ("c", 2.5), ("b", 2.5))),
            ("three", 3.0, ()),
        ],
        onsets=[0.0, 0.7, Onset(0.9, 1.0, "kick"), 1.3, 2.1, Onset(2.5, 0.7, "kick"), 2.9],
        track_s=3.1,
        beats=[0.1, 0.6, 1.1, 1.6, 2.1, 2.6],
        envelopes={("loud", 0.0, 0.2): Envelope(10.0, np.linspace(0, 1, 31, dtype=np.float32))},
        nearest={"a": ("b", "c"), "b": ("c", "a"), "c": ("a", "b")},
        detectors=[{"name": "kick"}],
        levels=[{"name": "loud"}, {"name": "room", "source": "input"}],
        mappings=[
            {"level": "loud", "to": "/layer/echo/scale", "attack_s": 0, "gain": 0.1},
            {"level": "room", "to": "/layer/base/opacity", "attack_s": 0.05, "gain": -1},
        ],
        cues=[
            {"name": "dark", "fires": [{"path": "/layer/base/opacity", "value": 0.2}], "pre_wait_s": 0.3},
            {
                "name": "hit",
                "fires": [{"path": "/layer/echo/jump"}, {"path": "/layer/top/next"}],
                "next": "auto_continue",
                "post_wait_s": 0.45,
                "quantise": {"to": "beat"},
            },
            {"name": "on", "fires": [{"path": "/movement/next"}], "next": "follow", "duration_s": 0.7},
            {"name": "end", "fires": [{"path": "/layer/light/flash"}]},
        ],
        track_at_end="loop",
        transition_s=0.5,
        seed=11,
        at_end="loop",
    )


WORLD = busy_world()

_ACTIONS = [
    "/go", "/movement/next", "/movement/previous", "/movement/restart", "/movement/release", "/panic", "/onset",
    "/layer/echo/jump", "/layer/base/next", "/layer/top/random", "/layer/echo/release", "/layer/light/flash",
    "/layer/base/clip/c", "/reset", "/layer/top/previous", "/layer/echo/similar", "/layer/echo/land", "/tempo/tap",
    "/tempo/release", "/onset/kick", "/cue/go", "/cue/back", "/cue/hit",
]  # fmt: skip
_VALUES = [
    ("/movement/position", 0.0, 1.0), ("/movement/index", 0.0, 2.0), ("/master/fade", 0.0, 1.0),
    ("/layer/echo/position", 0.0, 1.0), ("/layer/base/opacity", 0.0, 1.0), ("/layer/top/speed", -4.0, 4.0),
    ("/layer/base/x", -1.0, 1.0), ("/layer/base/clip", 0.0, 2.0), ("/layer/echo/target", 0.0, 1.0),
    ("/layer/echo/slice", 0.0, 7.0), ("/tempo/bpm", 20.0, 400.0), ("/tempo/beat", 0.0, 32.0), ("/level/room", 0.0, 1.0),
    ("/show/position", 0.0, 13.0), ("/master/freeze", 0.0, 1.0), ("/master/blackout", 0.0, 1.0),
    ("/cue/standby", 0.0, 4.0),
]  # fmt: skip


_WAITS = st.builds(
    Quantise,
    to=st.sampled_from(["onset", "kick", "beat", "bar", "movement_end"]),
    every=st.integers(1, 3),
    at_most_s=st.none() | st.floats(0.1, 3.0),
    then=st.sampled_from(["fire", "drop"]),
)


@st.composite
def performances(draw: st.DrawFn) -> list[Event]:
    """Up to a dozen things that a performer does within the show, in order."""
    stamps = sorted(draw(st.lists(st.floats(0.05, LENGTH_S - 1), max_size=12)))
    events: list[Event] = []
    for sequence, at_s in enumerate(stamps):
        if draw(st.booleans()):
            address, value, wait = draw(st.sampled_from(_ACTIONS)), 1.0, draw(st.none() | _WAITS)
        else:
            address, low, high = draw(st.sampled_from(_VALUES))
            value, wait = draw(st.floats(low, high)), None
        events.append(Event(at_s, draw(st.sampled_from(list(EventSource))), sequence, address, value, wait=wait))
    return sorted(events, key=lambda event: event.order)


def started_at(events: Sequence[Event], at_s: float) -> FramePlan:
    """The plan of a show entered at `at_s`: the events before it folded at once."""
    before = [event for event in events if event.at_s <= at_s]
    return plan(WORLD, folded(WORLD, begun(WORLD), before), at_s)


def played_through(events: Sequence[Event], rate: int, instants: Sequence[float]) -> dict[float, FramePlan]:
    """The plans at `instants` of a show played from its beginning, at `rate` frames a second."""
    past = history(begun(WORLD))
    waiting = list(events)
    plans: dict[float, FramePlan] = {}
    frame = 0
    while (now_s := frame / rate) <= LENGTH_S:
        due = [event for event in waiting if event.at_s <= now_s]
        waiting = waiting[len(due) :]
        past = stepped(WORLD, past, due, now_s)
        if now_s in instants:
            plans[now_s] = plan(WORLD, past.head, now_s)
        frame += 1
    return plans


AGAIN = busy_world()


@settings(max_examples=60, deadline=None)
@given(performances(), st.floats(0, LENGTH_S), st.floats(0, 3))
def test_the_same_show_read_again_goes_on_as_if_nothing_had_been(
    events: list[Event], at_s: float, later_s: float
) -> None:
    before = [event for event in events if event.at_s <= at_s]
    state = advanced(WORLD, folded(WORLD, begun(WORLD), before), at_s)
    goes_on = advanced(AGAIN, carried(WORLD, AGAIN, state), at_s + later_s)
    assert plan(AGAIN, goes_on, at_s + later_s) == plan(WORLD, advanced(WORLD, state, at_s + later_s), at_s + later_s)


@settings(max_examples=60, deadline=None)
@given(performances(), st.integers(0, int(LENGTH_S * 30)))
def test_start_at_an_instant_equals_play_through_to_it(events: list[Event], frame: int) -> None:
    at_s = frame / 30
    assert played_through(events, 30, [at_s])[at_s] == started_at(events, at_s)


@settings(max_examples=15, deadline=None)
@given(performances())
def test_one_performance_gives_the_same_plans_at_24_30_and_60_frames_a_second(events: list[Event]) -> None:
    shared = [second / 2 for second in range(int(LENGTH_S) * 2)]
    at_60 = played_through(events, 60, shared)
    assert played_through(events, 24, shared) == at_60
    assert played_through(events, 30, shared) == at_60


@settings(max_examples=40, deadline=None)
@given(performances(), st.randoms(use_true_random=False), st.floats(0, LATE_WINDOW_S * 0.9))
def test_late_and_shuffled_events_give_the_same_state(
    events: list[Event], shuffle: random.Random, delay_s: float
) -> None:
    """Each event arrives by itself up to `delay_s` after its stamp, so that many overtake one another."""
    arrivals = [(event.at_s + shuffle.uniform(0, delay_s), event) for event in events]
    past = history(begun(WORLD))
    frame = 0
    while (now_s := frame / 30) <= LENGTH_S + 1:
        due = [event for arrived_s, event in arrivals if arrived_s <= now_s]
        arrivals = [waiting for waiting in arrivals if waiting[0] > now_s]
        shuffle.shuffle(due)
        past = stepped(WORLD, past, due, now_s)
        frame += 1
    assert past.late == 0
    end_s = LENGTH_S + 1
    assert plan(WORLD, past.head, end_s) == plan(WORLD, folded(WORLD, begun(WORLD), events), end_s)


def test_an_event_older_than_the_window_still_counts_and_is_reported() -> None:
    past = history(begun(WORLD))
    for frame in range(90):
        past = stepped(WORLD, past, [], frame / 30)
    late = Event(0.1, EventSource.OSC, 0, "/master/fade", 0.25)
    past = stepped(WORLD, past, [late], 3.0)
    assert past.late == 1
    assert plan(WORLD, past.head, 4.0).fade == 0.25
