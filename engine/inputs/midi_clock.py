"""MIDI clock from a port: 24 ticks a beat, song position, start, continue and stop."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.beat_follow import MidiClock, MidiClockFollower
from engine.inputs.clock_port import ClockPort
from engine.model.clock import BeatReading, ClockReading
from engine.model.clocks import MidiClock as MidiClockSettings

_STATUSES = frozenset(MidiClock)


class MidiClockInput:
    """Follows the clock among the messages of all MIDI ports. `on_message` is for one thread, the rest for any."""

    def __init__(self, settings: MidiClockSettings, nominal_bpm: float | None) -> None:
        """`nominal_bpm` is the tempo at which the show's seconds last a second. None: a clock of beats alone."""
        self._port = ClockPort(settings.port)
        self._follower = MidiClockFollower(nominal_bpm)

    def on_message(self, port: str, message: Sequence[int], at_s: float) -> None:
        """One whole message of `port`, which came at the monotonic instant `at_s`. Others are left out."""
        if message and message[0] in _STATUSES and self._port.takes(port, at_s):
            self._follower.feed(message, at_s)

    def reading(self, now_s: float) -> ClockReading | None:
        """The show position that the clock asks for at the monotonic instant `now_s`; None while it does not run."""
        return self._follower.reading(now_s)

    def beats(self, now_s: float) -> BeatReading | None:
        """Tempo and beat at the monotonic instant `now_s`; None while it does not run."""
        return self._follower.beats(now_s)
