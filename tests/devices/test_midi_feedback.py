"""Controllers that are told what they play, through JACK: a foreign port is the lamp and the motor fader."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import mido
import pytest
import rtmidi

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.midi_telling import told_controls
from engine.errors import DeviceError
from engine.inputs.midi import MidiInput, midi_api
from engine.model.controls import Binding
from engine.model.controls import MidiInput as MidiSettings
from engine.model.show import Show
from engine.model.tree import ParameterTree
from engine.outputs.midi_feedback import MidiFeedback
from tests.devices.midi_support import Lamps
from tests.devices.sound_support import wait_until

TREE = ParameterTree(
    Show.model_validate({"layers": [{"name": "base"}], "movements": [{"name": "one", "duration_s": 1}]})
)
LEDS = {"midi/note/1/36": (5, 1)}
BINDINGS = (
    Binding.model_validate({"midi": {"cc": 21}, "to": "/master/fade"}),
    Binding.model_validate({"midi": {"cc": 1, "bits": 14}, "to": "/master/fade"}),
    Binding.model_validate({"midi": {"pitch": True, "channel": 9}, "to": "/master/fade"}),
    Binding.model_validate({"midi": {"note": 36, "channel": 1}, "to": "/master/blackout", "press": "toggle"}),
)


class Desk:
    """The values of a show, set by a test."""

    def __init__(self, **values: float) -> None:
        self.values = {f"/master/{name}": value for name, value in values.items()}

    def value(self, path: str) -> float | None:
        return self.values.get(path)


@contextmanager
def feedback(
    desk: Desk, part: str = "", inputs: Sequence[str] = (), bindings: Sequence[Binding] = BINDINGS
) -> Iterator[MidiFeedback]:
    controls = told_controls(bindings, TREE, LEDS)
    telling = MidiFeedback(controls, lambda: desk, lambda: inputs, Figures(), part=part, api=midi_api())
    try:
        yield telling
    finally:
        telling.close()


def cc(control: int, value: int) -> mido.Message:
    return mido.Message("control_change", control=control, value=value)


def pad(velocity: int) -> mido.Message:
    return mido.Message("note_on", note=36, velocity=velocity)


FULL = (cc(21, 127), cc(1, 127), cc(33, 127), mido.Message("pitchwheel", channel=8, pitch=8191), pad(1))


def test_a_foreign_controller_is_told_all_at_first_then_what_changes_and_its_lamp_is_put_out(jack: None) -> None:
    desk = Desk(fade=1.0, blackout=0.0)
    with Lamps("faders") as controller:
        with feedback(desk, "faders"):
            controller.is_told(*FULL)
            desk.values["/master/blackout"] = 1.0
            controller.is_told(pad(5))
        controller.is_told(pad(1))


def test_a_controller_that_comes_back_is_told_everything_anew(jack: None) -> None:
    desk = Desk(fade=1.0, blackout=0.0)
    with feedback(desk, "faders") as telling:
        for _ in range(2):
            with Lamps("faders") as controller:
                controller.is_told(*FULL)
            wait_until(lambda: not telling.port_names, "the controller to be missed")


def test_only_the_other_direction_of_a_port_that_is_listened_to_is_told(jack: None) -> None:
    desk = Desk(fade=1.0, blackout=0.0)
    with (
        mido.open_output("pads", virtual=True, client_name="pads"),
        Lamps("pads") as pads,
        Lamps("synth") as synth,
    ):
        midi = MidiInput(MidiSettings(port="pads"), Inbox().put, time.monotonic, Figures())
        try:
            with feedback(desk, "", midi.port_names):
                pads.is_told(*FULL)
                assert not synth.pending()
        finally:
            midi.close()


def test_what_is_told_does_not_come_back_as_input(jack: None) -> None:
    inbox, desk = Inbox(), Desk(fade=1.0, blackout=0.0)
    midi = MidiInput(MidiSettings(), inbox.put, time.monotonic, Figures())
    try:
        with Lamps("faders") as controller, feedback(desk, "faders"):
            controller.is_told(*FULL)
            with mido.open_output("keys", virtual=True) as keys:
                wait_until(lambda: len(midi.port_names) == 1, "the keys to be listened to")
                keys.send(mido.Message("note_on", note=1, velocity=127))
                wait_until(lambda: bool(inbox.drain(1e9)), "the key")
            desk.values["/master/blackout"] = 1.0
            controller.is_told(pad(5))
        assert inbox.drain(1e9) == []
    finally:
        midi.close()


def test_a_hand_on_a_fader_is_not_fought(jack: None) -> None:
    desk = Desk(fade=1.0, blackout=0.0)
    fader = Binding.model_validate({"midi": {"cc": 21}, "to": "/master/fade"})
    with (
        Lamps("faders") as controller,
        feedback(desk, "faders", bindings=(fader, BINDINGS[-1])) as telling,
    ):
        controller.is_told(cc(21, 127), pad(1))
        moved_s = time.monotonic()
        telling.note_moved("midi/cc/1/21", moved_s)
        desk.values |= {"/master/fade": 0.0, "/master/blackout": 1.0}
        controller.is_told(pad(5))
        controller.is_told(cc(21, 0))
        assert time.monotonic() - moved_s >= 0.3


def test_without_a_driver_there_is_no_feedback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    with pytest.raises(DeviceError, match="feedback: false"):
        MidiFeedback((), lambda: None, lambda: (), Figures(), part="", api=rtmidi.API_UNIX_JACK)
