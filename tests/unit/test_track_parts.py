"""What the track player is made of: the ring, whose sound never slips, and the clock made of jittery stamps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.ring import SampleRing
from engine.audio.sample_clock import SampleClock

RATE_HZ = 48_000
Samples32 = npt.NDArray[np.float32]


def counted(start: int, frames: int) -> Samples32:
    """Frames that each hold their own number, from 1 so that none looks like silence."""
    return np.arange(start + 1, start + frames + 1, dtype=np.float32)[:, None]


def read(ring: SampleRing, frames: int) -> list[float]:
    out = np.full((frames, ring.channels), np.nan, np.float32)
    ring.read(out)
    return out[:, 0].tolist()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=60))
def test_every_frame_read_is_the_streams_own_or_silence(steps: list[tuple[bool, int]]) -> None:
    """Whoever is late, frame n of what is read is frame n of what was written, or silence; never another."""
    ring = SampleRing(64, 1)
    offered = taken = 0
    for writes, frames in steps:
        if writes:
            taken = ring.write(counted(offered, frames))
            assert taken <= frames
            offered += taken
        else:
            first = ring.read_frames
            for number, value in enumerate(read(ring, frames), start=first + 1):
                assert value in (0.0, float(number))
                assert value != 0.0 or number > offered


def test_a_late_writer_leaves_out_what_should_have_sounded() -> None:
    ring = SampleRing(16, 1)
    assert read(ring, 3) == [0, 0, 0]
    assert ring.write(counted(0, 5)) == 5
    assert read(ring, 4) == [4, 5, 0, 0]


def test_a_cut_replaces_what_has_not_sounded_yet() -> None:
    ring = SampleRing(16, 1)
    ring.write(counted(0, 10))
    read(ring, 2)
    ring.cut(3)
    ring.write(counted(100, 4))
    assert read(ring, 8) == [3, 4, 5, 101, 102, 103, 104, 0]


def test_a_full_ring_takes_no_more() -> None:
    ring = SampleRing(8, 1)
    assert ring.write(counted(0, 12)) == 8
    assert ring.write(counted(8, 4)) == 0
    assert read(ring, 3) == [1, 2, 3]
    assert ring.write(counted(8, 4)) == 3


def test_one_channel_is_spread_over_two() -> None:
    ring = SampleRing(8, 2)
    ring.write(counted(0, 2))
    out = np.zeros((2, 2), np.float32)
    assert ring.read(out) == 2
    assert out.tolist() == [[1, 1], [2, 2]]


def fed(
    clock: SampleClock, seconds: float, *, drift_ppm: float = 0, jitter_s: float = 0, start_s: float = 0
) -> list[float]:
    """Feed stamps every 1200 samples; the errors of the smoothed instants against the undisturbed ones, in s."""
    noise = np.random.default_rng(5)
    errors = []
    for sample in range(0, round(seconds * RATE_HZ), 1200):
        true_s = start_s + sample / RATE_HZ * (1 + drift_ppm / 1e6)
        errors.append(clock.feed(sample, true_s + noise.uniform(-jitter_s, jitter_s)) - true_s)
    return errors


def test_jitter_is_smoothed_away() -> None:
    errors = fed(SampleClock(RATE_HZ), 20, jitter_s=0.005)
    assert max(map(abs, errors[100:])) < 0.001


@pytest.mark.parametrize("drift_ppm", [-100, 100])
def test_a_device_that_drifts_is_followed(drift_ppm: float) -> None:
    clock = SampleClock(RATE_HZ)
    errors = fed(clock, 600, drift_ppm=drift_ppm, start_s=1e6)
    assert max(map(abs, errors)) < 0.0002
    assert clock.jumps == 0


def test_a_bad_first_stamp_is_soon_forgotten() -> None:
    clock = SampleClock(RATE_HZ)
    clock.feed(0, 0.010)
    for sample in range(1200, 12_000, 1200):
        clock.feed(sample, sample / RATE_HZ)
    assert clock.instant(0) == pytest.approx(0.001, abs=1e-6)


def test_the_line_never_runs_backwards_under_jitter() -> None:
    clock, noise = SampleClock(RATE_HZ), np.random.default_rng(6)
    instants = [clock.feed(n * 480, n / 100 + noise.uniform(-0.009, 0.009)) for n in range(2000)]
    assert min(np.diff(instants)) > 0


def test_a_server_that_stalls_after_its_first_buffers_is_not_trusted_before_it_runs() -> None:
    clock = SampleClock(RATE_HZ)
    for sample in range(0, 4800, 1200):  # 0.1 s asked for at once
        clock.feed(sample, 10.0 + sample / RATE_HZ)
    assert not clock.settled
    for sample in range(4800, 4800 + 6000, 1200):  # and 1.3 s later, the rest as time goes by
        clock.feed(sample, 11.3 + sample / RATE_HZ)
        assert not clock.settled
    clock.feed(4800 + 7200, 11.3 + 12_000 / RATE_HZ)
    assert clock.settled
    assert clock.jumps == 0
    assert clock.instant(0) == pytest.approx(11.3)


def test_a_dropout_begins_a_new_line() -> None:
    clock = SampleClock(RATE_HZ)
    fed(clock, 1.0)
    assert clock.feed(RATE_HZ, 1.5) == 1.5
    assert clock.jumps == 1
    assert clock.settled
