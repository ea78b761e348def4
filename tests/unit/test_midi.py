"""MIDI messages as control addresses and values."""

from __future__ import annotations

import mido
import pytest

from engine.inputs.midi import control_of


@pytest.mark.parametrize(
    ("message", "control"),
    [
        (mido.Message("note_on", channel=0, note=36, velocity=127), ("midi/note/1/36", 1.0)),
        (mido.Message("note_on", channel=15, note=0, velocity=1), ("midi/note/16/0", 1 / 127)),
        (mido.Message("note_on", channel=2, note=60, velocity=0), ("midi/note/3/60", 0.0)),
        (mido.Message("note_off", channel=2, note=60, velocity=64), ("midi/note/3/60", 0.0)),
        (mido.Message("control_change", channel=0, control=21, value=0), ("midi/cc/1/21", 0.0)),
        (mido.Message("control_change", channel=9, control=127, value=127), ("midi/cc/10/127", 1.0)),
        (mido.Message("pitchwheel", channel=0, pitch=-8192), ("midi/pitch/1", 0.0)),
        (mido.Message("pitchwheel", channel=0, pitch=0), ("midi/pitch/1", 8192 / 16_383)),
        (mido.Message("pitchwheel", channel=4, pitch=8191), ("midi/pitch/5", 1.0)),
        (mido.Message("clock"), None),
        (mido.Message("sysex", data=[1, 2, 3]), None),
        (mido.Message("program_change", program=3), None),
        (mido.Message("aftertouch", value=3), None),
    ],
)
def test_each_message_is_the_control_that_bindings_name(
    message: mido.Message, control: tuple[str, float] | None
) -> None:
    assert control_of(message) == control
