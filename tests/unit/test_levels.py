"""Levels: what the numbers mean, that they come at their time, and that blocks of any size give the same."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
import pytest

from engine.analysis.levels import LevelStream, TrackLevel, shaped
from engine.model.sound import Level

RATE_HZ = 48_000
Values32 = npt.NDArray[np.float32]


def sine(hz: float, seconds: float = 1.0, amplitude: float = 1.0) -> Values32:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def followed(samples: Values32, level: Level) -> Values32:
    track = TrackLevel(RATE_HZ, level)
    track.feed(samples)
    return track.found()


@pytest.mark.parametrize("measure", ["rms", "peak"])
@pytest.mark.parametrize(("gain_db", "expected"), [(0, 1.0), (-30, 0.5), (-60, 0.0), (-80, 0.0)])
def test_decibels_are_even_between_floor_and_full(measure: str, gain_db: float, expected: float) -> None:
    values = followed(sine(1000, amplitude=10 ** (gain_db / 20)), Level(name="a", measure=measure))
    assert np.median(values) == pytest.approx(expected, abs=0.003)


def test_the_floor_is_where_the_show_says() -> None:
    assert np.median(followed(sine(1000, amplitude=0.1), Level(name="a", floor_db=-40))) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("hz", "expected"), [(100, 1 / 8), (800, 4 / 8), (6400, 7 / 8), (12_800, 1.0)])
def test_the_centroid_of_a_pure_tone_is_its_octave(hz: float, expected: float) -> None:
    values = followed(sine(hz, amplitude=0.5), Level(name="a", measure="centroid"))
    assert np.median(values) == pytest.approx(expected, abs=0.02)


def test_what_is_silent_has_no_brightness() -> None:
    hiss = np.random.default_rng(1).normal(0, 1e-5, RATE_HZ).astype(np.float32)
    assert not followed(hiss, Level(name="a", measure="centroid")).any()


def test_a_band_hears_itself_and_not_its_neighbours() -> None:
    bass = Level(name="a", band=(30, 150))
    inside, outside = followed(sine(80), bass), followed(sine(1000), bass)
    assert np.median(inside) == pytest.approx(1.0, abs=0.02)
    assert np.median(outside) == 0.0  # 2.7 octaves above at 24 dB each


@pytest.mark.parametrize("band", [None, (30.0, 120.0), (200.0, 2000.0), (0.0, 24_000.0)])
def test_a_level_rises_when_the_sound_does(band: tuple[float, float] | None) -> None:
    silence = np.zeros(RATE_HZ, dtype=np.float32)
    values = followed(
        np.concatenate([silence, sine(80 if band and band[1] < 200 else 500)]), Level(name="a", band=band)
    )
    assert len(values) == 201
    half_s = float(np.argmax(values > 0.9)) / 100
    assert half_s == pytest.approx(1.0, abs=0.021)
    assert not values[:98].any() or band is not None


@pytest.mark.parametrize("measure", ["rms", "peak", "centroid"])
@pytest.mark.parametrize("band", [None, (100.0, 3000.0)])
def test_blocks_of_any_size_give_the_same(measure: str, band: tuple[float, float] | None) -> None:
    samples = np.random.default_rng(2).normal(0, 0.1, RATE_HZ).astype(np.float32)
    level = Level(name="a", measure=measure, band=band)
    whole = LevelStream(RATE_HZ, level).feed(samples)
    stream, sizes, live, at = LevelStream(RATE_HZ, level), random.Random(3), [], 0
    while at < len(samples):
        size = sizes.choice([0, 1, 63, 256, 1000])
        live.append(stream.feed(samples[at : at + size]))
        at += size
    assert np.concatenate(live) == pytest.approx(whole, abs=1e-6)


def test_a_value_is_known_within_the_stated_latency() -> None:
    stream = LevelStream(RATE_HZ, Level(name="a", band=(40, 100)))
    known = 0
    for fed in range(64, RATE_HZ, 64):
        known += len(stream.feed(np.zeros(64, dtype=np.float32)))
        due_s = fed / RATE_HZ - stream.latency_s - 64 / RATE_HZ  # the filter works in hops of 64
        assert known >= due_s * stream.values_hz


def test_attack_and_release_are_time_constants() -> None:
    step = np.concatenate([np.zeros(10), np.ones(200), np.zeros(200)]).astype(np.float32)
    values = shaped(step, 100, attack_s=0.1, release_s=0.5)
    assert values[10 + 9] == pytest.approx(1 - np.exp(-1), abs=0.001)
    assert values[209] == pytest.approx(1.0, abs=0.001)
    assert values[209 + 50] == pytest.approx(np.exp(-1), abs=0.001)


def test_no_attack_and_no_release_change_nothing() -> None:
    values = np.random.default_rng(1).random(100).astype(np.float32)
    assert shaped(values, 100, attack_s=0, release_s=0) == pytest.approx(values)
    assert shaped(values[:0], 100, attack_s=1, release_s=1).size == 0


def test_other_rates_keep_the_time() -> None:
    track = TrackLevel(22_050, Level(name="a"))
    samples = np.zeros(22_050 * 20, dtype=np.float32)
    samples[22_050 * 10 :] = 0.5
    track.feed(samples)
    values = track.found()
    assert np.argmax(values > 0.5) / track.values_hz == pytest.approx(10.0, abs=0.011)


def test_a_sample_that_is_no_number_is_silence() -> None:
    sound = sine(500)
    sound[[10, 2000]] = np.nan, np.inf
    values = followed(sound, Level(name="a", band=(100, 2000)))
    assert np.isfinite(values).all()
    assert values[50] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    "band", [(0.0, 0.5), (0.0, 24_000.0), (23_000.0, 24_000.0), (10.0, 10.1), (19_900.0, 20_000.0)]
)
def test_a_band_at_the_edge_of_what_there_is_stays_in_bounds(band: tuple[float, float]) -> None:
    track = TrackLevel(44_100, Level(name="a", band=band))
    track.feed(np.random.default_rng(1).normal(0, 0.3, 44_100).astype(np.float32))
    values = track.found()
    assert np.isfinite(values).all()
    assert 0 <= values.min() <= values.max() <= 1
