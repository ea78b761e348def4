"""Following MIDI clock: ticks, song position, start and stop (MIDI 1.0, system common and real time). Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from engine.core.line_fit import KNOWN, LineFit
from engine.core.lines import Line
from engine.model.clock import BeatReading, ClockReading

TICKS_A_BEAT = 24
_TICKS_A_SONG_POSITION = 6
_USUAL_BPM = 120.0
_DOUBT = 0.3  # about the tempo, before a tick has come
_TEMPO_KNOWN_AFTER = 12  # ticks
_LOST_AFTER_S, _LOST_AFTER_TICKS = 0.25, 4
_LEAST_BPM, _MOST_BPM = 10.0, 500.0
_FORGOTTEN_S = 86_400.0  # after so long a silence ticks are not counted on as if they had gone on


class MidiClock(IntEnum):
    """The status bytes of a MIDI clock."""

    SONG_POSITION = 0xF2
    TICK = 0xF8
    START = 0xFA
    CONTINUE = 0xFB
    STOP = 0xFC


class _Transport(Enum):
    UNKNOWN = 0  # the sender was there before us, or sends ticks alone: how fast is known, where is not
    STARTING = 1  # the next tick is the first
    RUNNING = 2
    STOPPED = 3


@dataclass(frozen=True, slots=True)
class _Ticking:
    line: Line  # ticks since the beginning of all over monotonic seconds
    origin: int  # the tick at which the song begins
    last_s: float
    tempo_known: bool
    transport: _Transport
    jumps: int

    @property
    def lost_after_s(self) -> float:
        return max(_LOST_AFTER_S, _LOST_AFTER_TICKS / self.line.rate)


class MidiClockFollower:
    """Where a MIDI clock stands, and how fast it runs. One thread feeds; any thread asks.

    While ticks fail to come it is taken to go on silently: on its return the ticks that it must have made meanwhile are
    counted in, which is exact while its tempo stayed. Its next start or song position puts the count right in any case.
    """

    def __init__(self, nominal_bpm: float | None) -> None:
        """`nominal_bpm` is the tempo at which a second of the show lasts a second; None for a clock of beats alone."""
        self._nominal_bpm = nominal_bpm
        self._fit = LineFit((nominal_bpm or _USUAL_BPM) * TICKS_A_BEAT / 60, _DOUBT)
        self._next = 0  # the number of the next tick
        self._origin = 0
        self._song_ticks = 0  # where a stopped song stands
        self._last_s = -math.inf
        self._transport = _Transport.UNKNOWN
        self._jumps = 0
        self._ticking: _Ticking | None = None  # feeding thread; replaced whole

    def feed(self, message: Sequence[int], at_s: float) -> None:
        """A MIDI message that came at the monotonic instant `at_s`. Others than those of the clock are left out."""
        if not message or not math.isfinite(at_s):
            return
        match message[0]:
            case MidiClock.TICK:
                self._tick(at_s)
            case MidiClock.START:
                self._begin(0)
            case MidiClock.CONTINUE:
                self._begin(self._song_ticks)
            case MidiClock.STOP:
                self._stop()
            case MidiClock.SONG_POSITION if len(message) >= 3:
                self._go_to((message[1] & 0x7F | (message[2] & 0x7F) << 7) * _TICKS_A_SONG_POSITION)

    def reading(self, now_s: float) -> ClockReading | None:
        """Where the show should be, in seconds at its nominal tempo; None while the song does not run."""
        ticking = self._running(now_s)
        if ticking is None or self._nominal_bpm is None or ticking.transport is not _Transport.RUNNING:
            return None
        tick_s = 60 / self._nominal_bpm / TICKS_A_BEAT
        ticks = ticking.line.at(now_s) - ticking.origin
        return ClockReading(now_s, ticks * tick_s, ticking.line.rate * tick_s, ticking.jumps)

    def beats(self, now_s: float) -> BeatReading | None:
        """Tempo and beat; None while the clock is stopped or lost, or its tempo is not known yet."""
        ticking = self._running(now_s)
        if ticking is None or not ticking.tempo_known:
            return None
        bpm = ticking.line.rate * 60 / TICKS_A_BEAT
        if not _LEAST_BPM <= bpm <= _MOST_BPM:
            return None
        runs = ticking.transport is _Transport.RUNNING
        beat = (ticking.line.at(now_s) - ticking.origin) / TICKS_A_BEAT if runs else None
        return BeatReading(now_s, bpm, beat)

    def _running(self, now_s: float) -> _Ticking | None:
        ticking = self._ticking
        if ticking is None or ticking.transport in {_Transport.STOPPED, _Transport.STARTING}:
            return None
        return None if now_s - ticking.last_s > ticking.lost_after_s else ticking

    def _tick(self, at_s: float) -> None:
        at_s = max(at_s, self._last_s)
        line, gap_s = self._fit.line, at_s - self._last_s
        if line is not None and gap_s > max(_LOST_AFTER_S, _LOST_AFTER_TICKS / line.rate):
            went_on = self._transport in {_Transport.RUNNING, _Transport.UNKNOWN}
            if went_on and gap_s < _FORGOTTEN_S:
                self._next = max(self._next, round(line.at(at_s)))
            self._fit.restart(line.rate, KNOWN if went_on else _DOUBT)
        if self._transport is _Transport.STARTING:
            self._transport = _Transport.RUNNING
            self._origin = self._next - self._song_ticks
        self._fit.feed(at_s, self._next)
        self._next += 1
        self._last_s = at_s
        self._publish()

    def _begin(self, song_ticks: int) -> None:
        self._song_ticks = song_ticks
        self._transport = _Transport.STARTING
        self._jumps += 1
        self._publish()

    def _stop(self) -> None:
        if self._transport is _Transport.RUNNING:
            self._song_ticks = self._next - self._origin
        self._transport = _Transport.STOPPED
        self._publish()

    def _go_to(self, song_ticks: int) -> None:
        if self._transport is _Transport.RUNNING:  # a sender that loops without a stop
            self._begin(song_ticks)
        self._song_ticks = song_ticks

    def _publish(self) -> None:
        if self._fit.line is not None:
            known = self._fit.count >= _TEMPO_KNOWN_AFTER
            self._ticking = _Ticking(self._fit.line, self._origin, self._last_s, known, self._transport, self._jumps)
