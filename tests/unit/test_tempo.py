"""Beats: a tempo that holds is found to a hundredth, one that changes is followed, and what has none has none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from engine.analysis.tempo import Beats, TrackBeats, beat_grid
from tests.unit.test_onsets import hit
from tools import demo_music

RATE_HZ = 48_000
Mono32 = npt.NDArray[np.float32]


def heard(samples: Mono32, rate_hz: int = RATE_HZ, block: int = 100_000) -> Beats | None:
    track = TrackBeats(rate_hz)
    for begin in range(0, len(samples), block):
        track.feed(samples[begin : begin + block])
    return track.found()


def rock(bpm: float, bars: int = 8, first_s: float = 0.3, seed: int = 1) -> Mono32:
    """Kick on one and three, snare on two and four, hats on eighths: drums that a beat is in."""
    noise = np.random.default_rng(seed)
    beat_s = 60 / bpm
    samples = np.zeros(round((first_s + bars * 4 * beat_s + 0.5) * RATE_HZ))
    for eighth in range(bars * 8):
        at = round((first_s + eighth * beat_s / 2) * RATE_HZ)
        kinds = ["hat"] if eighth % 2 else ["hat", "snare" if eighth % 4 == 2 else "kick"]
        for kind in kinds:
            one = hit(kind, noise)[: len(samples) - at]
            samples[at : at + len(one)] += one
    return samples.astype(np.float32)


@pytest.mark.parametrize("bpm", [86.0, 100.5, 120.0, 140.0, 155.0])
def test_an_even_tempo_is_found_with_its_beats(bpm: float) -> None:
    found = heard(rock(bpm))
    assert found is not None
    assert found.even
    assert found.bpm == pytest.approx(bpm, rel=0.001)
    places = (np.array(found.beats_s) - 0.3) * bpm / 60
    assert np.abs(places - np.round(places)).max() * 60 / bpm <= 0.010
    assert np.diff(found.beats_s) == pytest.approx(60 / found.bpm)


def test_the_demo_track_is_at_120() -> None:
    found = heard(demo_music.synthesise().mean(axis=1).astype(np.float32), demo_music.RATE)
    assert found is not None
    assert found.bpm == pytest.approx(120, abs=0.02)
    beats = demo_music.description()["beats"]
    assert len(found.beats_s) == len(beats)
    assert found.beats_s == pytest.approx(beats, abs=0.005)


def test_a_changing_tempo_is_followed() -> None:
    times_s = [0.5]
    while times_s[-1] < 40:
        times_s.append(times_s[-1] + 60 / (100 + times_s[-1]))
    samples = np.zeros(41 * RATE_HZ, dtype=np.float32)
    noise = np.random.default_rng(1)
    for at_s in times_s:
        one = hit("snare", noise).astype(np.float32)[: len(samples) - round(at_s * RATE_HZ)]
        samples[round(at_s * RATE_HZ) :][: len(one)] += one
    found = heard(samples)
    assert found is not None
    assert not found.even
    missed_s = np.abs(np.array(times_s)[:, None] - np.array(found.beats_s)[None]).min(axis=1)
    assert np.mean(missed_s < 0.03) > 0.9
    assert len(found.beats_s) == pytest.approx(len(times_s), abs=6)
    assert list(found.beats_s) == sorted(found.beats_s)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 10.0])
def test_silence_has_no_beat(seconds: float) -> None:
    assert heard(np.zeros(round(seconds * RATE_HZ), dtype=np.float32)) is None


def test_a_hiss_has_no_beat() -> None:
    assert heard(np.random.default_rng(1).normal(0, 0.1, 20 * RATE_HZ).astype(np.float32)) is None


def test_pieces_of_any_size_give_the_same() -> None:
    samples = rock(110, bars=4)
    one, other = heard(samples, block=len(samples)), heard(samples, block=777)
    assert one is not None
    assert other is not None
    assert other.beats_s == pytest.approx(one.beats_s, abs=1e-6)


def test_a_stated_tempo_is_a_grid_over_the_track() -> None:
    assert beat_grid(120, 0.25, 2.25) == (0.25, 0.75, 1.25, 1.75)
    assert beat_grid(60, 5.0, 4.0) == ()
