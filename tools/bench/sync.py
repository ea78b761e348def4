"""Suite `sync`: the picture in step with a clock for an hour whose device runs fast or slow, in simulated time.

The loop is the player's own (engine.core.clock_choice), 60 ticks a second; the clock is a sound card's, time code's or
a MIDI clock's, ±100 ppm off the machine's, with ±5 ms of jitter on what arrives, and lost for 20 s in the middle.
"Off" is show time against where the music, the tape or the sequencer truly stands. A step is a correction within one
tick, beyond what the line's own slope says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.audio.sample_clock import SampleClock
from engine.core.beat_follow import MidiClock, MidiClockFollower
from engine.core.clock_choice import Following, Located, stepped_to
from engine.core.code_follow import CodeFollower
from engine.core.lines import Line
from engine.model.clock import ClockReading
from tools.bench.measuring import Case, without_bars
from tools.bench.rows import Bar, Options, Row, Tell

SUITE = "sync"
FRAME_S = 1 / 60
_TICKS_HZ = 60
_RATE_HZ = 48_000
_BLOCK = 2048
_JITTER_S = 0.005
_LOST_FOR_S = 20.0
_HOUR_S, _QUICK_S = 3600.0, 60.0
_SETTLED_S = 10.0  # after which a follower of codes is in step; a sound card sooner
_BPM = 120.0
_CODE_BEGINS_S = 3600.0


@dataclass(slots=True)
class Followed:
    """What an hour came to. Largest: how far off show time was, a step within one tick, and the slewing (a part of 1).

    `located` are the jumps that the clock asked of the show.
    """

    error_s: float = 0.0
    step_s: float = 0.0
    slew: float = 0.0
    located: tuple[Located, ...] = ()


class _Loop:
    """The loop after a clock that runs at `rate` of the machine's."""

    def __init__(self, name: str, rate: float, *, fresh: bool = False) -> None:
        self._name = name
        self._rate = rate
        self._following = Following(Line(0.0, 0.0), fresh_until_s=1.0 if fresh else -1.0)
        self.found = Followed()

    def tick(
        self, now_s: float, reading: ClockReading | None, *, settled: bool, position_s: float | None = None
    ) -> None:
        """`position_s` is where a code or sequencer truly stands; the track is heard at show time itself."""
        before_s = self._following.line.at(now_s)
        self._following, located = stepped_to(self._following, (self._name,), {self._name: reading}, now_s)
        found, line = self.found, self._following.line
        if located is not None:
            found.located += (located,)
        if not settled:
            return
        found.step_s = max(found.step_s, abs(line.at(now_s) - before_s))
        found.slew = max(found.slew, abs(line.rate / self._rate - 1))
        if position_s is None:
            true_s = now_s * self._rate
        else:
            first = found.located[0]
            true_s = first.at_s + position_s - first.position_s
        found.error_s = max(found.error_s, abs(line.at(now_s) - true_s))


def _is_lost(now_s: float, length_s: float) -> bool:
    return length_s / 2 <= now_s < length_s / 2 + _LOST_FOR_S


def after_sound_card(drift_ppm: float, length_s: float = _HOUR_S) -> Followed:
    """Follow a track whose device consumes samples at 48 kHz · (1 + drift), in blocks of 2048."""
    rate = 1 + drift_ppm * 1e-6
    noise = np.random.default_rng(4).uniform(-_JITTER_S, _JITTER_S, int(length_s * 1.2) * _RATE_HZ // _BLOCK)
    clock, latest, sample = SampleClock(_RATE_HZ), None, 0
    loop = _Loop("track", rate, fresh=True)
    for tick in range(round(length_s * _TICKS_HZ)):
        now_s = tick / _TICKS_HZ
        while (due_s := sample / _RATE_HZ / rate) <= now_s:
            heard_s = clock.feed(sample, due_s + noise[sample // _BLOCK])
            latest = ClockReading(heard_s, sample / _RATE_HZ) if clock.settled else None
            sample += _BLOCK
        there = latest is not None and not _is_lost(now_s, length_s)
        reading = ClockReading(now_s, latest.at(now_s)) if there and latest is not None else None
        loop.tick(now_s, reading, settled=now_s > 2)
    return loop.found


def after_time_code(drift_ppm: float, length_s: float = _HOUR_S) -> Followed:
    """Follow MTC at 25 frames a second: a whole time each two frames, from one hour on."""
    rate = 1 + drift_ppm * 1e-6
    noise = np.random.default_rng(5)
    follower, loop, frame = CodeFollower(2), _Loop("mtc", rate), 0
    for tick in range(round(length_s * _TICKS_HZ)):
        now_s = tick / _TICKS_HZ
        while (due_s := frame * 2 / 25 / rate) <= now_s - _JITTER_S:
            if not _is_lost(now_s, length_s):
                follower.feed(_CODE_BEGINS_S + frame * 2 / 25, due_s + noise.uniform(-_JITTER_S, _JITTER_S))
            frame += 1
        position_s = _CODE_BEGINS_S + now_s * rate
        loop.tick(now_s, follower.reading(now_s), settled=now_s > _SETTLED_S, position_s=position_s)
    return loop.found


def after_midi_clock(drift_ppm: float, length_s: float = _HOUR_S) -> Followed:
    """Follow MIDI clock at 120 beats a minute, 24 ticks a beat."""
    rate = 1 + drift_ppm * 1e-6
    noise = np.random.default_rng(6)
    follower, loop, number = MidiClockFollower(_BPM), _Loop("midi", rate), 0
    follower.feed([MidiClock.START], 0.0)
    for tick in range(round(length_s * _TICKS_HZ)):
        now_s = tick / _TICKS_HZ
        while (due_s := number / (_BPM * 24 / 60) / rate) <= now_s - _JITTER_S:
            if not _is_lost(now_s, length_s):
                follower.feed([MidiClock.TICK], due_s + noise.uniform(-_JITTER_S, _JITTER_S))
            number += 1
        loop.tick(now_s, follower.reading(now_s), settled=now_s > _SETTLED_S, position_s=now_s * rate)
    return loop.found


_CLOCKS: dict[str, Callable[[float, float], Followed]] = {
    "sound card": after_sound_card,
    "time code": after_time_code,
    "MIDI clock": after_midi_clock,
}


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Each clock, fast and slow; takes a minute."""
    found = _rows(_QUICK_S if options.quick else _HOUR_S, tell)
    return without_bars(found) if options.quick else found


def _rows(length_s: float, tell: Tell) -> Iterator[Row]:
    bar = Bar("≤", round(FRAME_S * 1000, 1))
    for name, follow in _CLOCKS.items():
        for drift_ppm in (-100.0, 100.0):
            case = Case(SUITE, f"{name} {drift_ppm:+g} ppm, {length_s / 60:g} min")
            tell(case.name)
            found = follow(drift_ppm, length_s)
            yield case.row("off at most", found.error_s * 1000, "ms", bar)
            yield case.row("largest step", found.step_s * 1000, "ms", bar)
            yield case.row("slewed by at most", found.slew * 100, "%")
            jumps = len(found.located) - (follow is not after_sound_card)  # a code's first place is no correction
            yield case.row("jumps", jumps, "", Bar("≤", 0))
