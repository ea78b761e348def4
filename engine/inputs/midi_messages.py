"""MIDI messages of one port as controls and values, and what time they tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from engine.core.midi_ports import fits
from engine.inputs.midi_fine import FineValues
from engine.inputs.midi_stream import MidiStream
from engine.model import events as addresses
from engine.model.controls import Binding, MidiControl, Modifier

Heard: TypeAlias = "tuple[str, float] | bytes"
"""A control's address and its value 0..1; or, as bytes, a message that tells the time."""

_PITCH_CENTRE, _PITCH_TOP = 8192, 16_383
# Clock, start, continue, stop; time code quarter frame; song position: MIDI 1.0 and MIDI Time Code (MMA, RP-004/008).
_TIME = frozenset((0xF8, 0xFA, 0xFB, 0xFC, 0xF1, 0xF2))
_RESET = 0xFF
_FULL_FRAME_LENGTH = 10
_ALL_SOUND_OFF, _ALL_NOTES_OFF = 120, 123


@dataclass(frozen=True, slots=True)
class ShowControls:
    """The controls of a show that want more of the decoder than a message at a time.

    `fine` ones have 14 bits: pairs of control changes and NRPNs. `held` ones count as held while above 0, and are let
    go when their port goes.
    """

    fine: tuple[MidiControl, ...] = ()
    held: tuple[MidiControl, ...] = ()

    @classmethod
    def of(cls, bindings: Iterable[Binding], modifiers: Iterable[Modifier]) -> ShowControls:
        """Those among a show's bindings and modifiers."""
        bound = [(binding.midi, binding.press in ("momentary", "gate")) for binding in bindings]
        bound += [(modifier.midi, True) for modifier in modifiers]
        controls = [(control, held) for control, held in bound if control is not None]
        return cls(
            tuple(control for control, _ in controls if control.bits == 14 or control.nrpn is not None),
            tuple(control for control, held in controls if held and control.cc is not None and control.bits == 7),
        )

    def on_port(self, name: str) -> ShowControls:
        """Those that listen to the port of this name."""
        return ShowControls(
            tuple(control for control in self.fine if fits(name, control.port)),
            tuple(control for control in self.held if fits(name, control.port)),
        )


NO_CONTROLS = ShowControls()


def pitch_value(bend: int) -> float:
    """The value 0..1 of a bend 0..16383, 0.5 at rest: a straight line on either side of 8192."""
    if bend <= _PITCH_CENTRE:
        return bend / (2 * _PITCH_CENTRE)
    return 0.5 + (bend - _PITCH_CENTRE) / (2 * (_PITCH_TOP - _PITCH_CENTRE))


class MidiDecoder:
    """What comes in by one port, decoded: bytes in chunks of any size to what was heard. One thread; no clock.

    A note on with velocity 0 is a note off. All notes off, all sound off and a reset let go of the notes that are down.
    Bytes that are no MIDI raise nothing; `malformed` counts them (see MidiStream).
    """

    def __init__(self, controls: ShowControls = NO_CONTROLS) -> None:
        self._stream = MidiStream()
        self.hear(controls)
        self._down: dict[str, None] = {}  # the addresses that are held, in the order in which they went down

    def hear(self, controls: ShowControls) -> None:
        """From now on these are the controls that want more than a message. What is held stays so."""
        self._fine = FineValues(controls.fine)
        self._held_cc = {(control.channel, control.cc) for control in controls.held}

    @property
    def malformed(self) -> int:
        """How much had to be thrown away."""
        return self._stream.malformed

    def feed(self, chunk: Iterable[int], at_s: float) -> list[Heard]:
        """What these bytes say, which came in at `at_s` (any clock, but always the same)."""
        heard: list[Heard] = []
        for message in self._stream.feed(chunk):
            status = message[0]
            if status >= 0xF0:
                heard += self._system(message)
            else:
                heard += self._channel(status & 0xF0, (status & 0x0F) + 1, message, at_s)
        return heard

    def settle(self, at_s: float) -> list[tuple[str, float, float]]:
        """Coarse halves of fine values whose fine half has not come: address, value, and when they came in."""
        return self._fine.settle(at_s)

    def let_go(self) -> list[tuple[str, float]]:
        """Value 0 for every note that is down and every other control that is held: none is held from here on."""
        released = [(address, 0.0) for address in self._down]
        self._down.clear()
        return released

    def _system(self, message: bytes) -> list[Heard]:
        status = message[0]
        if status in _TIME or _is_full_frame(message):
            return [message]
        return [*self.let_go()] if status == _RESET else []

    def _channel(self, kind: int, channel: int, message: bytes, at_s: float) -> list[Heard]:
        first, last = message[1], message[-1]
        match kind:
            case 0x80 | 0x90:
                return [self._touched(addresses.midi_note(channel, first), last if kind == 0x90 else 0)]
            case 0xA0:
                return [self._touched(addresses.midi_aftertouch(channel, first), last)]
            case 0xB0:
                return self._control_change(channel, first, last, at_s)
            case 0xC0:
                return [(addresses.midi_program(channel, first), 1.0)]
            case 0xD0:
                return [self._touched(addresses.midi_pressure(channel), last)]
            case _:
                return [(addresses.midi_pitch(channel), pitch_value(first + 128 * last))]

    def _control_change(self, channel: int, number: int, value: int, at_s: float) -> list[Heard]:
        fine = self._fine.take(channel, number, value, at_s)
        if fine is not None:
            return [*fine]
        address = addresses.midi_cc(channel, number)
        if (channel, number) in self._held_cc or (None, number) in self._held_cc:
            return [self._touched(address, value)]
        heard: list[Heard] = [(address, value / 127)]
        if number in (_ALL_SOUND_OFF, _ALL_NOTES_OFF) and value == 0:
            heard += self._notes_off(channel)
        return heard

    def _notes_off(self, channel: int) -> list[Heard]:
        beginning = addresses.midi_note(channel, 0)[:-1]
        ended = [address for address in self._down if address.startswith(beginning)]
        return [self._touched(address, 0) for address in ended]

    def _touched(self, address: str, value: int) -> tuple[str, float]:
        """Of a control that a hand holds while its value is above 0."""
        if value:
            self._down[address] = None
        else:
            self._down.pop(address, None)
        return address, value / 127


def _is_full_frame(message: bytes) -> bool:
    """Whether it is the SysEx that tells a whole time code: F0 7F, any device, 01 01, four numbers, F7."""
    return len(message) == _FULL_FRAME_LENGTH and message[:2] == b"\xf0\x7f" and message[3:5] == b"\x01\x01"
