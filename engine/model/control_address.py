"""The address under which a MIDI control's events arrive."""

from __future__ import annotations

from engine.model import events
from engine.model.controls import MidiControl


def midi_address(control: MidiControl) -> str:
    """The control's address (see engine.model.events), with "*" for a channel that it leaves open."""
    channel = control.channel or "*"
    if control.cc is not None:
        return (events.midi_cc14 if control.bits == 14 else events.midi_cc)(channel, control.cc)
    if control.note is not None:
        return events.midi_note(channel, control.note)
    if control.nrpn is not None:
        return events.midi_nrpn(channel, control.nrpn)
    if control.program is not None:
        return events.midi_program(channel, control.program)
    if control.aftertouch is not None:
        return events.midi_aftertouch(channel, control.aftertouch)
    return events.midi_pressure(channel) if control.pressure else events.midi_pitch(channel)
