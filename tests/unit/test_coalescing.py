"""Coalescing: what is left of the events of a tick."""

from __future__ import annotations

from engine.core.coalescing import coalesced
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource
from tests.binding_support import TREE


def events(*played: tuple[str, float] | tuple[str, float, str], wait: Quantise | None = None) -> list[Event]:
    """Resolved events, each a path, a value and, where it matters, the control that it came from."""
    made = []
    for number, (address, value, *control) in enumerate(played):
        origin = Event(0.0, EventSource.MIDI, number, control[0] if control else "midi/cc/1/1", value)
        made.append(Event(0.0, EventSource.MIDI, number, address, value, origin, wait=wait))
    return made


def left(*played: tuple[str, float] | tuple[str, float, str]) -> list[tuple[str, float]]:
    return [(event.address, event.value) for event in coalesced(events(*played), TREE)]


def test_within_a_tick_the_last_value_counts_and_every_action_stays() -> None:
    assert left(("/master/fade", 0.1), ("/go", 1), ("/master/fade", 0.2), ("/go", 1)) == [
        ("/go", 1), ("/master/fade", 0.2), ("/go", 1),
    ]  # fmt: skip


def test_an_action_finds_the_values_of_its_layer_as_they_were() -> None:
    target, land = "/layer/echo/target", "/layer/echo/land"
    assert left((target, 0.1), (target, 0.2), (land, 1), (target, 0.3), (target, 0.4), (land, 1)) == [
        (target, 0.2), (land, 1), (target, 0.4), (land, 1),
    ]  # fmt: skip


def test_a_note_that_is_pressed_and_let_go_within_a_tick_does_both() -> None:
    note = "midi/note/1/1"
    assert left(("/master/blackout", 1, note), ("/master/blackout", 0, note)) == [
        ("/master/blackout", 1), ("/master/blackout", 0),
    ]  # fmt: skip


def test_what_waits_stays_beside_what_does_not() -> None:
    now = events(("/layer/echo/position", 0.2))
    later = events(("/layer/echo/position", 0.7), wait=Quantise(to="beat"))
    assert coalesced([*later, *now], TREE) == [*later, *now]
    assert coalesced([*now, *later, *now], TREE) == [*later, *now]
