"""Of a crowd of events those that are out of date are left out unseen: what is folded in is the same as without."""

from __future__ import annotations

from collections.abc import Sequence
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.bindings import Bindings
from engine.core.coalescing import coalesced
from engine.core.figures import Figures
from engine.model.controls import Binding, Modifier
from engine.model.events import Event, EventSource
from tests.world_support import clip, world

LAYERS = [{"name": "low"}, {"name": "high"}]
BINDINGS = [
    Binding(midi={"cc": 1}, to="/layer/low/opacity"),
    Binding(midi={"cc": 2}, to="/layer/low/target", range=(0.2, 0.8)),
    Binding(midi={"cc": 3}, to="/layer/high/opacity", takeover="pickup"),
    Binding(midi={"cc": 4}, to="/master/fade"),
    Binding(midi={"cc": 4}, to="/layer/high/x"),
    Binding(midi={"note": 36}, to="/layer/low/land"),
    Binding(midi={"note": 37}, to="/layer/high/jump", quantise={"to": "onset"}),
    Binding(key="a", to="/layer/low/opacity", value=0.5),
    Binding(midi={"cc": 5}, to="/layer/low/scale", modifier="shift"),
]
ADDRESSES = [
    *(f"midi/cc/1/{number}" for number in range(1, 7)),
    "midi/note/1/36",
    "midi/note/1/37",
    "midi/note/1/40",
    "key/a",
    "/layer/low/opacity",
    "/layer/low/target",
    "/layer/low/land",
    "/master/fade",
    "/nothing",
]
WORLD = world(clips=[clip("a")], layers=LAYERS, bindings=[])


@st.composite
def crowds(draw: st.DrawFn) -> list[Event]:
    values = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, -0.5, float("nan"), float("inf")])
    found = draw(st.lists(st.tuples(st.sampled_from(ADDRESSES), values), max_size=60))
    return [
        Event(number / 1000, EventSource.OSC if address.startswith("/") else EventSource.MIDI, number, address, value)
        for number, (address, value) in enumerate(found)
    ]


def folded_in(events: Sequence[Event], *, crowd: int) -> list[Event]:
    modifiers = {"shift": Modifier(midi={"note": 40})}
    bindings = Bindings(BINDINGS, WORLD.tree, Figures(), modifiers=modifiers)
    with mock.patch("engine.core.bindings._CROWD", crowd), mock.patch("engine.core.bindings._MOST_NEW", 1.0):
        handled = bindings.resolve(events)
    return coalesced([event for one in handled for event in one.resolved], WORLD.tree)


@settings(max_examples=300, deadline=None)
@given(crowds())
def test_what_is_folded_in_is_the_same(events: list[Event]) -> None:
    assert folded_in(events, crowd=0) == folded_in(events, crowd=1_000_000)


def test_a_value_that_came_before_a_modifier_was_held_counts() -> None:
    addresses = ["midi/cc/1/1", "midi/note/1/40", "midi/cc/1/1"]
    events = [Event(at_s, EventSource.MIDI, at_s, address, 0.5) for at_s, address in enumerate(addresses)]
    assert [event.at_s for event in folded_in(events, crowd=0)] == [0]


def test_a_flood_of_one_fader_is_one_event() -> None:
    events = [Event(number / 10_000, EventSource.OSC, number, "/layer/low/opacity", 0.5) for number in range(400)]
    handled = Bindings([], WORLD.tree, Figures()).resolve(events)
    assert [one.event for one in handled] == events[-1:]
