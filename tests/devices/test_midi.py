"""MIDI through real ports: JACK's dummy driver carries what a virtual controller sends."""

from __future__ import annotations

import time
from collections.abc import Iterator

import mido
import pytest

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.errors import DeviceError
from engine.inputs.midi import MidiInput, list_midi_ports
from engine.model.controls import MidiInput as MidiSettings
from engine.model.events import Event, EventSource
from tests.devices.sound_support import wait_until

FOREVER_S = 1e9


@pytest.fixture
def controller(jack: None) -> Iterator[mido.ports.BaseOutput]:
    with mido.open_output("faders", virtual=True) as port:
        yield port


def gathered(inbox: Inbox, count: int) -> list[Event]:
    """The next `count` events of the inbox, once they have come."""
    events: list[Event] = []

    def all_there() -> bool:
        events.extend(inbox.drain(FOREVER_S))
        return len(events) >= count

    wait_until(all_there, f"{count} MIDI events")
    return events


def test_notes_controls_and_bends_arrive_stamped_in_the_order_they_were_sent(controller: mido.ports.BaseOutput) -> None:
    inbox, figures = Inbox(), Figures()
    midi = MidiInput(MidiSettings(port="FADERS"), inbox.put, time.monotonic, figures)
    begun_s = time.monotonic()
    try:
        for number in range(100):
            controller.send(mido.Message("control_change", channel=1, control=21, value=number))
        controller.send(mido.Message("note_on", channel=9, note=36, velocity=127))
        controller.send(mido.Message("note_on", channel=9, note=36, velocity=0))
        controller.send(mido.Message("clock"))
        controller.send(mido.Message("pitchwheel", channel=0, pitch=8191))
        events = gathered(inbox, 103)
    finally:
        midi.close()
    assert [(event.address, event.value) for event in events[:100]] == [("midi/cc/2/21", n / 127) for n in range(100)]
    assert [(event.address, event.value) for event in events[100:]] == [
        ("midi/note/10/36", 1.0),
        ("midi/note/10/36", 0.0),
        ("midi/pitch/1", 1.0),
    ]
    assert all(event.source is EventSource.MIDI for event in events)
    stamps = [event.at_s for event in events]
    assert stamps == sorted(stamps)
    assert begun_s <= stamps[0]
    assert stamps[-1] <= time.monotonic()
    assert figures.counter("midi_events").count == 103


def test_an_empty_name_listens_to_every_port(controller: mido.ports.BaseOutput) -> None:
    inbox = Inbox()
    with mido.open_output("pads", virtual=True) as pads:
        midi = MidiInput(MidiSettings(), inbox.put, time.monotonic, Figures())
        try:
            assert len(midi.port_names) == 2
            pads.send(mido.Message("note_on", note=1, velocity=127))
            controller.send(mido.Message("note_on", note=2, velocity=127))
            assert {event.address for event in gathered(inbox, 2)} == {"midi/note/1/1", "midi/note/1/2"}
        finally:
            midi.close()


def test_a_port_that_is_not_there_is_named_with_those_that_are(controller: mido.ports.BaseOutput) -> None:
    with pytest.raises(DeviceError) as caught:
        MidiInput(MidiSettings(port="nanoKONTROL"), Inbox().put, time.monotonic, Figures())
    assert caught.value.subject == "nanoKONTROL"
    assert any("faders" in name and name in caught.value.mend for name in list_midi_ports())


def test_without_any_port_the_mend_says_how_to_do_without(jack: None) -> None:
    with pytest.raises(DeviceError, match="enabled: false"):
        MidiInput(MidiSettings(), Inbox().put, time.monotonic, Figures())


def test_closing_while_notes_pour_in_neither_hangs_nor_leaves_a_callback_behind(
    controller: mido.ports.BaseOutput,
) -> None:
    inbox, figures = Inbox(), Figures()
    midi = MidiInput(MidiSettings(), inbox.put, time.monotonic, figures)
    for number in range(1000):
        controller.send(mido.Message("note_on", note=number % 128, velocity=1))
        if number == 500:
            midi.close()
            count = figures.counter("midi_events").count
    midi.close()
    assert figures.counter("midi_events").count == count
