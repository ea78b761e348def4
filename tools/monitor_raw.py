"""Controllers listened to without any show: which control is which."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.errors import DeviceError
from engine.formats.osc_peer import OscPeer
from engine.inputs.midi import MidiInput
from engine.inputs.midi_clock import MidiClockInput
from engine.inputs.osc import OscInput
from engine.inputs.osc_packet import OscMessage
from engine.model.clock import FREE_RUN
from engine.model.clocks import MidiClock
from engine.model.controls import MidiInput as MidiSettings
from engine.model.controls import OscInput as OscSettings
from engine.model.events import EventSource
from engine.model.show import Layer, Movement, Show
from engine.model.tree import ParameterTree
from tools.monitor_told import Clock, Row, Told

_log = logging.getLogger(__name__)

_EACH_S = 0.01
_CLOCK_EACH_S = 0.25
_OSC = OscSettings()
# OSC patterns and names need a tree to be looked up in: this one has what every show has.
_NO_SHOW = Show(layers=(Layer(name="layer"),), movements=(Movement(name="movement", duration_s=1),))


class RawControls:
    """Every MIDI port and OSC, from construction until `close`. Main thread. What cannot be had is logged.

    `osc_port` is the port that is listened on, None without.
    """

    def __init__(self, osc: OscSettings = _OSC) -> None:
        figures, self._inbox, self._begun_s = Figures(), Inbox(), time.monotonic()
        self._midi: MidiInput | None = None
        self._osc: OscInput | None = None
        self._midi_clock = MidiClockInput(MidiClock(), None)
        self._clock_s = 0.0
        try:
            self._midi = MidiInput(
                MidiSettings(), self._inbox.put, self._now_s, figures, on_clock=self._midi_clock.on_message
            )
            if self._midi.absent is not None:
                _log.warning("%s", self._midi.absent)
        except DeviceError as error:
            _log.warning("%s", error)
        try:
            self._osc = OscInput(osc, self._inbox.put, self._now_s, figures, tree=ParameterTree(_NO_SHOW), answers=self)
        except DeviceError as error:
            mend = f"If a player is there, this watches it: runtime-tools monitor --port {osc.port}"
            _log.warning("%s: %s. %s", error.subject, error.what, mend)

    @property
    def osc_port(self) -> int | None:
        return None if self._osc is None else self._osc.port

    def poll(self, wait_s: float) -> Iterator[Told]:
        """What came since it was asked last; waits a hundredth of a second, `wait_s` at most."""
        time.sleep(min(wait_s, _EACH_S))
        for event in self._inbox.drain(self._now_s()):
            yield Row(event.at_s, event.source.name.lower(), event.address, event.value, "", port=event.port)
        now_s = time.monotonic()
        if now_s >= self._clock_s:
            self._clock_s = now_s + _CLOCK_EACH_S
            beats = self._midi_clock.beats(now_s)
            if beats is not None:
                yield Clock(FREE_RUN, ("midi",), (), "midi", beats.bpm)

    def answer(self, message: OscMessage, _peer: OscPeer) -> None:
        """A question for a player is shown as any message. The OSC input's thread."""
        self._inbox.put(EventSource.OSC, message.address, message.value or 0.0, self._now_s())

    def close(self) -> None:
        """Give the ports back. Safe to call twice."""
        for opened in (self._osc, self._midi):
            if opened is not None:
                opened.close()

    def _now_s(self) -> float:
        return time.monotonic() - self._begun_s
