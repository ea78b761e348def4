"""The picture in step with a clock for an hour: drift, jitter and a loss of 20 s, in simulated time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from engine.audio.sample_clock import SampleClock
from engine.core.beat_follow import MidiClock, MidiClockFollower
from engine.core.clock import MOST_SLEW
from engine.core.clock_choice import Following, Located, stepped_to
from engine.core.code_follow import CodeFollower
from engine.core.lines import Line
from engine.model.clock import ClockReading

FRAME_S = 1 / 60
RATE_HZ = 48_000
BLOCK = 2048
JITTER_S = 0.005
LOST_S = (1800.0, 1820.0)


@dataclass
class Run:
    """What one run of the loop came to: the largest values."""

    error_s: float = 0.0
    step_s: float = 0.0
    slew: float = 0.0
    located: tuple[Located, ...] = ()


class Loop:
    """A loop of 60 ticks a second after a clock that runs at `rate` of the machine's."""

    def __init__(self, name: str, rate: float, *, fresh: bool = False) -> None:
        self.name = name
        self.rate = rate
        self.following = Following(Line(0.0, 0.0), fresh_until_s=1.0 if fresh else -1.0)
        self.run = Run()

    def tick(
        self, now_s: float, reading: ClockReading | None, *, settled: bool, position_s: float | None = None
    ) -> None:
        """`position_s` is where a time code truly stands; the track is heard at show time itself."""
        before_s = self.following.line.at(now_s)
        self.following, located = stepped_to(self.following, (self.name,), {self.name: reading}, now_s)
        if located is not None:
            self.run.located += (located,)
        if not settled:
            return
        line, run = self.following.line, self.run
        run.step_s = max(run.step_s, abs(line.at(now_s) - before_s))
        run.slew = max(run.slew, abs(line.rate / self.rate - 1))
        if position_s is None:
            true_s = now_s * self.rate
        else:
            first = run.located[0]
            true_s = first.at_s + position_s - first.position_s
        run.error_s = max(run.error_s, abs(line.at(now_s) - true_s))


@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_an_hour_after_a_sound_card_stays_within_a_frame(drift_ppm: float) -> None:
    device_rate = 1 + drift_ppm * 1e-6
    noise = np.random.default_rng(4).uniform(-JITTER_S, JITTER_S, 4000 * RATE_HZ // BLOCK)
    clock, latest, sample = SampleClock(RATE_HZ), None, 0
    loop = Loop("track", device_rate, fresh=True)
    for tick in range(3600 * 60):
        now_s = tick / 60
        while (due_s := sample / RATE_HZ / device_rate) <= now_s:
            heard_s = clock.feed(sample, due_s + noise[sample // BLOCK])
            latest = ClockReading(heard_s, sample / RATE_HZ) if clock.settled else None
            sample += BLOCK
        there = latest is not None and not LOST_S[0] <= now_s < LOST_S[1]
        reading = ClockReading(now_s, latest.at(now_s)) if there and latest is not None else None
        loop.tick(now_s, reading, settled=now_s > 2)
    run = loop.run
    print(f"{drift_ppm:+} ppm: at most {run.error_s * 1000:.2f} ms off, slewed by {run.slew * 100:.3f} %")
    assert run.error_s < FRAME_S
    assert run.step_s < 1e-9
    assert run.slew <= MOST_SLEW * 1.05  # drift comes on top
    assert run.located == ()


@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_an_hour_after_time_code_stays_within_a_frame(drift_ppm: float) -> None:
    rate = 1 + drift_ppm * 1e-6
    noise = np.random.default_rng(5)
    follower, loop, frame = CodeFollower(2), Loop("mtc", rate), 0
    for tick in range(3600 * 60):
        now_s = tick / 60
        while (due_s := frame * 2 / 25 / rate) <= now_s - JITTER_S:
            if not LOST_S[0] <= now_s < LOST_S[1]:
                follower.feed(3600 + frame * 2 / 25, due_s + noise.uniform(-JITTER_S, JITTER_S))
            frame += 1
        loop.tick(now_s, follower.reading(now_s), settled=now_s > 10, position_s=3600 + now_s * rate)
    run = loop.run
    print(f"{drift_ppm:+} ppm: at most {run.error_s * 1000:.2f} ms off, slewed by {run.slew * 100:.3f} %")
    assert run.error_s < FRAME_S
    assert run.step_s < 1e-9
    assert run.slew <= MOST_SLEW * 1.1
    assert len(run.located) == 1


def test_ten_minutes_after_midi_clock_stay_within_a_frame() -> None:
    rate, bpm = 1 + 100e-6, 120.0
    noise = np.random.default_rng(6)
    follower, loop, number = MidiClockFollower(bpm), Loop("midi", rate), 0
    follower.feed([MidiClock.START], 0.0)
    for tick in range(600 * 60):
        now_s = tick / 60
        while (due_s := number / (bpm * 24 / 60) / rate) <= now_s - JITTER_S:
            if not 300 <= now_s < 320:
                follower.feed([MidiClock.TICK], due_s + noise.uniform(-JITTER_S, JITTER_S))
            number += 1
        loop.tick(now_s, follower.reading(now_s), settled=now_s > 10, position_s=now_s * rate)
    run = loop.run
    print(f"at most {run.error_s * 1000:.2f} ms off, slewed by {run.slew * 100:.3f} %")
    assert run.error_s < FRAME_S
    assert run.step_s < 1e-9
    assert len(run.located) == 1
