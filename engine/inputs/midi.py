"""MIDI in: notes, control changes and pitch bend from one port or from all of them, by RtMidi.

RtMidi's own thread takes each message in and notes how long after the one before it came. No Python runs there:
a thread of ours collects the messages and works the stamps out from those notes (docs/decisions/midi-threads.md).
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import mido
import rtmidi

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.model.controls import MidiInput as MidiSettings
from engine.model.events import EventSource, midi_cc, midi_note, midi_pitch

_log = logging.getLogger(__name__)

Put = Callable[[EventSource, str, float, float], None]

_COLLECT_EVERY_S = 0.002
_QUEUE = 8192  # messages that RtMidi keeps for us; its own default of 1024 is 0.3 s of a dense controller
_CLIENT = "runtime"

# What a driver, or the choice of one by MIDO_BACKEND, may raise.
_REFUSALS = (rtmidi.RtMidiError, OSError, ValueError)


def list_midi_ports() -> tuple[str, ...]:
    """The names of the MIDI ports that can be listened to. Raises DeviceError where MIDI is not to be had."""
    driver = _driver()
    try:
        return tuple(driver.get_ports())
    finally:
        driver.delete()


def control_of(message: Sequence[int]) -> tuple[str, float] | None:
    """The control address and value 0..1 of a message's bytes; None for one that is no control, or is cut short.

    A note on with velocity 0 is a note off, as the MIDI 1.0 specification has it. Pitch bend rests at 8192/16383,
    just above a half.
    """
    if len(message) < 3:
        return None
    status, first, second = message[:3]
    channel = (status & 0x0F) + 1
    match status & 0xF0:
        case 0x80:
            return midi_note(channel, first), 0.0
        case 0x90:
            return midi_note(channel, first), second / 127
        case 0xB0:
            return midi_cc(channel, first), second / 127
        case 0xE0:
            return midi_pitch(channel), (first + 128 * second) / 16_383
        case _:
            return None


class DeltaStamps:
    """Instants from a driver's deltas: when each message came in, however late it is collected. One thread.

    A message came its delta after the one before it, and not after it was collected; the promptest collection so
    far thus sets the line. A hundredth is added to each delta, so that a slow driver's clock, or a show clock
    that is being steered, cannot drag the line into the past. After a pause or a long stall the line begins anew.
    Messages keep their order.
    """

    _MOST_PAUSE_S = 1.0
    _MOST_LATE_S = 0.25

    def __init__(self) -> None:
        self._last_s = -math.inf

    def stamp(self, delta_s: float, collected_s: float) -> float:
        """The show time at which a message came in that was collected at show time `collected_s`."""
        instant_s = min(self._last_s + delta_s * 1.01, collected_s)
        if delta_s > self._MOST_PAUSE_S or instant_s < collected_s - self._MOST_LATE_S:
            instant_s = collected_s
        self._last_s = instant_s
        return instant_s


@dataclass(slots=True)
class _Port:
    name: str
    driver: Any
    stamps: DeltaStamps = field(default_factory=DeltaStamps)


class MidiInput:
    """Listens to MIDI from its construction until `close`.

    Events carry the show time at which the driver took them in, and arrive 2 ms later at most. `put` and
    `now_s` are called on the thread "midi-input". Raises DeviceError, with the ports there are, where none
    fits or one refuses; nothing stays open then. Counter: `midi_events`.
    """

    def __init__(self, settings: MidiSettings, put: Put, now_s: Callable[[], float], figures: Figures) -> None:
        self._put = put
        self._now_s = now_s
        self._events = figures.counter("midi_events")  # midi-input thread
        self._ports: list[_Port] = []  # midi-input thread, while it runs
        self._closing = threading.Event()
        names = list_midi_ports()
        for index in _fitting(names, settings.port):
            try:
                self._ports.append(_Port(names[index], _open(index)))
            except _REFUSALS as error:
                self._give_back()
                raise DeviceError(
                    f"the port refuses ({error})",
                    subject=names[index],
                    mend="Close the program that holds it, or name another port.",
                ) from error
        self.port_names = tuple(port.name for port in self._ports)
        self._thread = threading.Thread(target=self._listen, name="midi-input", daemon=True)
        self._thread.start()
        _log.info("listening to MIDI from %s", ", ".join(self.port_names))

    def close(self) -> None:
        """Give the ports back. Safe to call twice."""
        self._closing.set()
        self._thread.join(timeout=5)
        self._give_back()

    def _give_back(self) -> None:
        while self._ports:
            driver = self._ports.pop().driver
            driver.close_port()
            driver.delete()

    def _listen(self) -> None:
        while not self._closing.wait(_COLLECT_EVERY_S):
            for port in self._ports:
                self._collect(port)

    def _collect(self, port: _Port) -> None:
        while (received := port.driver.get_message()) is not None:
            message, delta_s = received
            at_s = port.stamps.stamp(delta_s, self._now_s())
            control = control_of(message)
            if control is not None:
                self._events.add()
                self._put(EventSource.MIDI, *control, at_s)


def _driver() -> Any:
    """An RtMidi input client of the driver that MIDO_BACKEND chooses ("mido.backends.rtmidi/UNIX_JACK"), or RtMidi."""
    try:
        wanted = mido.backend.api
        api = getattr(rtmidi, f"API_{wanted}") if wanted else rtmidi.API_UNSPECIFIED
        return rtmidi.MidiIn(api, _CLIENT, _QUEUE)
    except AttributeError as error:
        raise DeviceError(
            f"RtMidi knows no driver {wanted}",
            subject="MIDI",
            mend="Unset MIDO_BACKEND, or see `runtime-tools doctor`.",
        ) from error
    except _REFUSALS as error:
        raise DeviceError(
            f"MIDI is not to be had here ({error})",
            subject="MIDI",
            mend="Load the ALSA sequencer (modprobe snd-seq), or start JACK and set "
            "MIDO_BACKEND=mido.backends.rtmidi/UNIX_JACK.",
        ) from error


def _open(index: int) -> Any:
    driver = _driver()
    # RtMidi counts a delta from the last message even where it then ignores that one, so none may be ignored there.
    driver.ignore_types(sysex=False, timing=False, active_sense=False)
    try:
        driver.open_port(index)
    except _REFUSALS:
        driver.delete()
        raise
    return driver


def _fitting(names: tuple[str, ...], part: str) -> range | tuple[int, ...]:
    """The indices of every port for an empty part; otherwise of the first whose name contains it, letter case aside."""
    if names and not part:
        return range(len(names))
    for index, name in enumerate(names):
        if part.casefold() in name.casefold():
            return (index,)
    if names:
        raise DeviceError("no such MIDI port", subject=part, mend=f"There are: {', '.join(names)}.")
    raise DeviceError(
        "no MIDI port on this machine",
        subject=part or "MIDI",
        mend="Plug a controller in, or say `inputs: midi: enabled: false`.",
    )
