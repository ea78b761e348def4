"""MIDI in: notes, control changes and pitch bend from one port or from all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import mido
import rtmidi

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.model.events import EventSource, midi_cc, midi_note, midi_pitch
from engine.model.show import MidiInput as MidiSettings

_log = logging.getLogger(__name__)

Put = Callable[[EventSource, str, float, float], None]

# What a driver, or the choice of one by MIDO_BACKEND, may raise.
_REFUSALS = (rtmidi.RtMidiError, OSError, ImportError, ValueError)


def list_midi_ports() -> tuple[str, ...]:
    """The names of the MIDI ports that can be listened to. Raises DeviceError where MIDI is not to be had."""
    try:
        return tuple(dict.fromkeys(mido.get_input_names()))
    except _REFUSALS as error:
        raise DeviceError(
            f"MIDI is not to be had here ({error})",
            subject="MIDI",
            mend="Load the ALSA sequencer (modprobe snd-seq), or start JACK and set "
            "MIDO_BACKEND=mido.backends.rtmidi/UNIX_JACK.",
        ) from error


def control_of(message: Any) -> tuple[str, float] | None:
    """The control address and value 0..1 of a mido message; None for a message that is no control.

    A note on with velocity 0 is a note off, as the MIDI 1.0 specification has it. Pitch bend rests at 8192/16383,
    just above a half.
    """
    match message.type:
        case "note_on":
            return midi_note(message.channel + 1, message.note), message.velocity / 127
        case "note_off":
            return midi_note(message.channel + 1, message.note), 0.0
        case "control_change":
            return midi_cc(message.channel + 1, message.control), message.value / 127
        case "pitchwheel":
            return midi_pitch(message.channel + 1), (message.pitch + 8192) / 16_383
        case _:
            return None


class MidiInput:
    """Listens to MIDI from its construction until `close`.

    Events are stamped in the driver's callback thread, as they come in; `put` and `now_s` must be safe there.
    Raises DeviceError, with the ports there are, where none fits or one refuses; nothing stays open then.
    Counter: `midi_events`.
    """

    def __init__(self, settings: MidiSettings, put: Put, now_s: Callable[[], float], figures: Figures) -> None:
        self._put = put
        self._now_s = now_s
        self._events = figures.counter("midi_events")  # callback threads
        self._ports: list[Any] = []
        self.port_names = _fitting(list_midi_ports(), settings.port)
        for name in self.port_names:
            try:
                self._ports.append(mido.open_input(name, callback=self._on_message))
            except _REFUSALS as error:
                self.close()
                raise DeviceError(
                    f"the port refuses ({error})",
                    subject=name,
                    mend="Close the program that holds it, or name another port.",
                ) from error
        _log.info("listening to MIDI from %s", ", ".join(self.port_names))

    def close(self) -> None:
        """Give the ports back. Safe to call twice."""
        while self._ports:
            self._ports.pop().close()

    def _on_message(self, message: Any) -> None:
        at_s = self._now_s()
        control = control_of(message)
        if control is not None:
            self._events.add()
            self._put(EventSource.MIDI, *control, at_s)


def _fitting(names: tuple[str, ...], part: str) -> tuple[str, ...]:
    """Every port for an empty part; otherwise the first whose name contains it, letter case aside."""
    fitting = tuple(name for name in names if part.casefold() in name.casefold())
    if fitting:
        return fitting if not part else fitting[:1]
    if names:
        raise DeviceError("no such MIDI port", subject=part, mend=f"There are: {', '.join(names)}.")
    raise DeviceError(
        "no MIDI port on this machine",
        subject=part or "MIDI",
        mend="Plug a controller in, or say `inputs: midi: enabled: false`.",
    )
