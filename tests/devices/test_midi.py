"""MIDI through real ports: JACK's dummy driver carries what a virtual controller sends.

JACK carries whole messages only, each with its status: running status and split messages are in
tests/unit/test_midi_stream.py.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mido
import pytest

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.midi_ports import OWN_FEEDBACK, OWN_INPUT
from engine.errors import DeviceError
from engine.inputs.midi import MidiInput, list_midi_ports, midi_api
from engine.inputs.midi_messages import ShowControls
from engine.model.controls import MidiControl
from engine.model.controls import MidiInput as MidiSettings
from engine.model.events import Event, EventSource
from tests.devices.sound_support import wait_until

FOREVER_S = 1e9


@pytest.fixture
def controller(jack: None) -> Iterator[mido.ports.BaseOutput]:
    with mido.open_output("faders", virtual=True) as port:
        yield port


@contextmanager
def listening(inbox: Inbox, part: str = "", figures: Figures | None = None, **more: Any) -> Iterator[MidiInput]:
    midi = MidiInput(MidiSettings(port=part), inbox.put, time.monotonic, figures or Figures(), **more)
    try:
        yield midi
    finally:
        midi.close()


def gathered(inbox: Inbox, count: int) -> list[Event]:
    """The next `count` events of the inbox, once they have come."""
    events: list[Event] = []

    def all_there() -> bool:
        events.extend(inbox.drain(FOREVER_S))
        return len(events) >= count

    wait_until(all_there, f"{count} MIDI events")
    return events


def said(events: list[Event]) -> list[tuple[str, float]]:
    return [(event.address, event.value) for event in events]


def test_every_kind_of_control_arrives_stamped_in_the_order_it_was_sent(controller: mido.ports.BaseOutput) -> None:
    inbox, figures = Inbox(), Figures()
    controls = ShowControls(fine=(MidiControl(cc=7, bits=14), MidiControl(nrpn=130)))
    begun_s = time.monotonic()
    with listening(inbox, "FADERS", figures, controls=controls) as midi:
        for number in range(100):
            controller.send(mido.Message("control_change", channel=1, control=21, value=number))
        controller.send(mido.Message("note_on", channel=9, note=36, velocity=127))
        controller.send(mido.Message("note_on", channel=9, note=36, velocity=0))
        controller.send(mido.Message("sysex", data=[1] * 500))
        controller.send(mido.Message("clock"))
        controller.send(mido.Message("pitchwheel", channel=0, pitch=8191))
        controller.send(mido.Message("program_change", channel=2, program=5))
        controller.send(mido.Message("aftertouch", channel=3, value=127))
        controller.send(mido.Message("polytouch", channel=4, note=60, value=127))
        for control, value in ((7, 127), (39, 127), (99, 1), (98, 2), (6, 127), (38, 127)):
            controller.send(mido.Message("control_change", channel=0, control=control, value=value))
        events = gathered(inbox, 110)
        assert {event.port for event in events} == set(midi.port_names)
    assert said(events[:100]) == [("midi/cc/2/21", n / 127) for n in range(100)]
    assert said(events[100:]) == [
        ("midi/note/10/36", 1.0),
        ("midi/note/10/36", 0.0),
        ("midi/pitch/1", 1.0),
        ("midi/program/3/5", 1.0),
        ("midi/pressure/4", 1.0),
        ("midi/aftertouch/5/60", 1.0),
        ("midi/cc14/1/7", 1.0),
        ("midi/cc14/1/7", 1.0),
        ("midi/nrpn/1/130", 1.0),
        ("midi/nrpn/1/130", 1.0),
    ]
    assert all(event.source is EventSource.MIDI for event in events)
    stamps = [event.at_s for event in events]
    assert stamps == sorted(stamps)
    assert begun_s <= stamps[0]
    assert stamps[-1] <= time.monotonic()
    assert (figures.counter("midi_events").count, figures.counter("midi_malformed").count) == (110, 0)


def test_a_coarse_half_whose_fine_half_never_comes_arrives_all_the_same(controller: mido.ports.BaseOutput) -> None:
    inbox = Inbox()
    with listening(inbox, controls=ShowControls(fine=(MidiControl(cc=7, bits=14),))):
        for control, value in ((7, 1), (39, 1), (7, 64)):
            controller.send(mido.Message("control_change", control=control, value=value))
        assert gathered(inbox, 3)[-1].value == 64 * 128 / 16_383


def test_what_tells_the_time_is_handed_on_with_its_port_and_instant(controller: mido.ports.BaseOutput) -> None:
    told: list[tuple[str, bytes, float]] = []
    sent = [
        mido.Message("songpos", pos=300),
        mido.Message("continue"),
        *[mido.Message("clock")] * 48,
        mido.Message("quarter_frame", frame_type=1, frame_value=2),
        mido.Message("sysex", data=[0x7F, 0x7F, 1, 1, 0x21, 2, 3, 4]),
        mido.Message("stop"),
    ]
    begun_s = time.monotonic()
    with listening(Inbox(), on_clock=lambda port, message, at_s: told.append((port, message, at_s))) as midi:
        for message in sent:
            controller.send(message)
        wait_until(lambda: len(told) >= len(sent), "the clock's messages")
        assert {port for port, _, _ in told} == set(midi.port_names)
    assert [message for _, message, _ in told] == [bytes(message.bytes()) for message in sent]
    stamps = [at_s for _, _, at_s in told]
    assert stamps == sorted(stamps)
    assert begun_s <= stamps[0] <= stamps[-1] <= time.monotonic()


def test_an_empty_name_listens_to_every_port_and_tells_them_apart(controller: mido.ports.BaseOutput) -> None:
    inbox = Inbox()
    with mido.open_output("pads", virtual=True) as pads, listening(inbox) as midi:
        assert len(midi.port_names) == 2
        pads.send(mido.Message("note_on", note=1, velocity=127))
        controller.send(mido.Message("note_on", note=1, velocity=127))
        events = gathered(inbox, 2)
        assert {event.address for event in events} == {"midi/note/1/1"}
        assert {event.port for event in events} == set(midi.port_names)


def test_a_port_that_is_not_there_is_named_with_those_that_are(controller: mido.ports.BaseOutput) -> None:
    with listening(Inbox(), "nanoKONTROL") as midi:
        assert midi.absent is not None
        assert midi.absent.subject == "nanoKONTROL"
        assert any("faders" in name and name in midi.absent.mend for name in list_midi_ports())


def test_without_any_port_the_show_waits_for_one(jack: None) -> None:
    inbox = Inbox()
    with listening(inbox) as midi:
        assert midi.absent is not None
        assert "enabled: false" in midi.absent.mend
        with mido.open_output("late", virtual=True) as late:
            wait_until(lambda: len(midi.port_names) == 1, "the new controller to be listened to")
            late.send(mido.Message("note_on", note=1, velocity=127))
            assert said(gathered(inbox, 1)) == [("midi/note/1/1", 1.0)]


def test_without_a_driver_there_is_no_midi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    before = mido.backend
    mido.set_backend("mido.backends.rtmidi/UNIX_JACK")
    try:
        with pytest.raises(DeviceError, match="start JACK"):
            MidiInput(MidiSettings(), Inbox().put, time.monotonic, Figures())
    finally:
        mido.set_backend(before)


def test_a_controller_that_is_pulled_lets_go_of_what_it_held_and_plays_again_when_it_is_back(
    jack: None, caplog: pytest.LogCaptureFixture
) -> None:
    inbox, figures = Inbox(), Figures()
    shift = MidiControl(cc=64, port="pads")
    with listening(inbox, "pads", figures, controls=ShowControls(held=(shift,))) as midi:
        with mido.open_output("pads", virtual=True) as pads:
            wait_until(lambda: bool(midi.port_names), "the controller to be listened to")
            pads.send(mido.Message("note_on", note=36, velocity=127))
            pads.send(mido.Message("note_on", note=37, velocity=127))
            pads.send(mido.Message("note_off", note=37))
            pads.send(mido.Message("control_change", control=64, value=127))
            pads.send(mido.Message("control_change", control=1, value=127))
            gathered(inbox, 5)
            name = midi.port_names[0]
        with caplog.at_level(logging.WARNING):
            wait_until(lambda: not midi.port_names, "the controller to be missed")
        released = gathered(inbox, 2)
        assert said(released) == [("midi/note/1/36", 0.0), ("midi/cc/1/64", 0.0)]
        assert {event.port for event in released} == {name}
        assert name in caplog.text
        assert "2 held notes and controls end" in caplog.text
        assert figures.counter("midi_ports_lost").count == 1
        with mido.open_output("pads", virtual=True) as pads:
            wait_until(lambda: bool(midi.port_names), "the controller to be listened to again")
            assert midi.port_names == (name,)
            pads.send(mido.Message("note_on", note=36, velocity=127))
            assert said(gathered(inbox, 1)) == [("midi/note/1/36", 1.0)]


def test_one_that_is_pulled_and_put_back_does_not_disturb_another(controller: mido.ports.BaseOutput) -> None:
    inbox, figures = Inbox(), Figures()
    sent = 0

    def play_until(holds: Callable[[], bool]) -> None:
        nonlocal sent
        deadline = time.monotonic() + 15
        while not holds():
            assert time.monotonic() < deadline
            controller.send(mido.Message("note_on", note=sent % 128, velocity=1 + sent // 128 % 127))
            sent += 1
            time.sleep(0.001)

    with listening(inbox, figures=figures) as midi:
        for _ in range(3):
            with mido.open_output("pads", virtual=True):
                play_until(lambda: len(midi.port_names) == 2)
            play_until(lambda: len(midi.port_names) == 1)
        events = gathered(inbox, sent)
    assert [event.address for event in events] == [f"midi/note/1/{n % 128}" for n in range(sent)]
    stamps = [event.at_s for event in events]
    assert stamps == sorted(stamps)


def test_our_own_output_is_not_listened_to(jack: None) -> None:
    import rtmidi

    own = rtmidi.MidiOut(midi_api(), OWN_FEEDBACK)
    try:
        own.open_virtual_port(OWN_FEEDBACK)
        with mido.open_output("pads", virtual=True), listening(Inbox()) as midi:
            assert [name.rpartition(":")[2] for name in midi.port_names] == ["pads"]
            assert any(OWN_INPUT in name for name in own.get_ports())
    finally:
        own.delete()


def test_a_flood_arrives_whole_in_a_bounded_inbox(controller: mido.ports.BaseOutput) -> None:
    """3,000 a second are offered for 3 s in bursts, notes among faders: each note arrives, in order."""
    rate_hz, seconds, burst = 3000, 3, 30
    inbox, figures = Inbox(), Figures()
    events: list[Event] = []
    with listening(inbox, figures=figures):
        begun_s = time.monotonic()
        for number in range(rate_hz * seconds):
            if number % burst == 0:
                events += inbox.drain(FOREVER_S)
                time.sleep(max(0.0, begun_s + number / rate_hz - time.monotonic()))
            if number % 3:
                controller.send(mido.Message("control_change", control=number % 128, value=number // 128 % 128))
            else:
                controller.send(mido.Message("note_on", channel=1, note=number // 3 % 128, velocity=64))
        events += gathered(inbox, rate_hz * seconds - len(events))
    notes = [event.address for event in events if "/note/" in event.address]
    assert notes == [f"midi/note/2/{number % 128}" for number in range(rate_hz * seconds // 3)]
    assert len(events) == figures.counter("midi_events").count == rate_hz * seconds
    assert inbox.dropped == 0


def test_closing_while_notes_pour_in_neither_hangs_nor_leaves_a_thread_behind(
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
