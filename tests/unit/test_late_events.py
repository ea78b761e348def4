"""What a late event costs: the stretch of events that it falls into, not the second that is kept."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from engine.core import step
from engine.core.state import State
from engine.core.step import begun, history, stepped
from engine.model.events import Event, EventSource
from engine.model.world import World
from tests.world_support import clip, world


def test_an_event_that_is_a_little_late_is_cheap_under_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = world(clips=[clip("fire")])
    folded_in = 0
    folded = step.folded

    def counted(of: World, state: State, events: Iterable[Event]) -> State:
        nonlocal folded_in
        listed = list(events)
        folded_in += len(listed)
        return folded(of, state, listed)

    monkeypatch.setattr(step, "folded", counted)
    past = history(begun(shown))
    put = 0
    for tick in range(180):
        now_s = 1 + tick / 60
        # Twenty on time, and one that its device held back for a few milliseconds.
        stamps_s = [now_s - 0.001 - number / 10_000 for number in range(20)] + [now_s - 0.020]
        events = [
            Event(at_s, EventSource.OSC, put + number, "/layer/base/x", number / 20)
            for number, at_s in enumerate(stamps_s)
        ]
        put += len(events)
        past = stepped(shown, past, events, now_s)
    assert folded_in < 16 * put  # a stretch of events each time; from a second ago it would be 50 times
