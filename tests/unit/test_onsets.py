"""Onsets: found where the hits are, however the sound is cut, for every method that a show may name."""

from __future__ import annotations

import random
import typing

import numpy as np
import numpy.typing as npt
import pytest

from engine.analysis.onsets import OnsetStream, find_onsets
from engine.model.sound import Band, OnsetMethod, Onsets
from engine.model.world import Onset

RATE_HZ = 48_000
METHODS = typing.get_args(Onsets.model_fields["method"].annotation)
Mono32 = npt.NDArray[np.float32]


def hit(kind: str, noise: np.random.Generator) -> npt.NDArray[np.float64]:
    """One drum, 0.3 s, faded out at its end so that the end is no hit of its own."""
    times = np.arange(round(0.3 * RATE_HZ)) / RATE_HZ
    fade = np.minimum(1, (0.3 - times) / 0.05)
    if kind == "click":
        return 0.8 * (times < 0.001)
    if kind == "kick":
        return fade * 0.8 * np.sin(2 * np.pi * (50 * times + 3.3 * (1 - np.exp(-30 * times)))) * np.exp(-9 * times)
    if kind == "snare":
        body = 0.3 * np.sin(2 * np.pi * 190 * times) * np.exp(-18 * times)
        return fade * (0.4 * noise.standard_normal(len(times)) * np.exp(-20 * times) + body)
    assert kind == "hat"
    return fade * np.diff(noise.standard_normal(len(times) + 1)) * 0.12 * np.exp(-60 * times)


def drums(kinds: tuple[str, ...], hits: int = 30, seed: int = 1) -> tuple[Mono32, npt.NDArray[np.float64]]:
    """A rhythm of 0.24 to 0.4 s steps from 0.5 s on, and the times of its hits."""
    noise = np.random.default_rng(seed)
    steps_s = 0.25 * noise.choice([1, 1, 1.5], hits) * noise.uniform(0.97, 1.05, hits)
    starts = np.round((0.5 + np.concatenate([[0], np.cumsum(steps_s)[:-1]])) * RATE_HZ).astype(int)
    samples = np.zeros(starts[-1] + RATE_HZ)
    for start in starts:
        one = hit(kinds[noise.integers(len(kinds))], noise)
        samples[start : start + len(one)] += one
    return samples.astype(np.float32), starts / RATE_HZ


def in_turn(*kinds: str) -> tuple[Mono32, npt.NDArray[np.float64]]:
    """Sixty hits 0.3 s apart, of one kind after the other, and their times."""
    noise = np.random.default_rng(4)
    samples = np.zeros(20 * RATE_HZ)
    times_s = 0.45 + 0.3 * np.arange(60)
    for number, at_s in enumerate(times_s):
        one = hit(kinds[number % len(kinds)], noise)
        samples[round(at_s * RATE_HZ) :][: len(one)] += one
    return samples.astype(np.float32), times_s


def matched(found: tuple[Onset, ...], times_s: npt.NDArray[np.float64]) -> tuple[float, list[float]]:
    """F-measure within ±50 ms, each hit matched once; and the errors of the matches in seconds."""
    left = [onset.at_s for onset in found]
    errors = []
    for time_s in times_s:
        nearest = min(left, key=lambda at_s: abs(at_s - time_s), default=None)
        if nearest is not None and abs(nearest - time_s) <= 0.05:
            left.remove(nearest)
            errors.append(nearest - time_s)
    return 2 * len(errors) / max(len(found) + len(times_s), 1), errors


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["click", "hat", "snare"])
def test_every_method_finds_single_drums_where_they_are(method: str, kind: str) -> None:
    samples, times_s = drums((kind,))
    score, errors_s = matched(find_onsets(samples, RATE_HZ, Onsets(method=method)), times_s)
    assert score >= 0.98
    assert max(abs(error_s) for error_s in errors_s) <= 0.010


# phase and specflux take a pure, low kick for many onsets; on noise-like drums they are good.
@pytest.mark.parametrize("method", [method for method in METHODS if method not in ("phase", "specflux")])
def test_percussive_music_is_found(method: str) -> None:
    samples, times_s = drums(("kick", "snare", "hat"))
    score, errors_s = matched(find_onsets(samples, RATE_HZ, Onsets(method=method)), times_s)
    assert score >= 0.90
    assert max(abs(error_s) for error_s in errors_s) <= 0.010


@pytest.mark.parametrize(
    ("method", "least"), [("hfc", 0.88), ("energy", 0.95), ("specdiff", 0.95), ("kl", 0.95), ("fast", 0.95)]
)
def test_a_pad_under_the_drums_hides_few(method: str, least: float) -> None:
    samples, times_s = drums(("kick", "snare", "hat"))
    seconds = np.arange(len(samples)) / RATE_HZ
    pad = sum(0.03 * np.sin(2 * np.pi * pitch_hz * seconds + pitch_hz) for pitch_hz in (110, 220, 277, 330, 440))
    score, _ = matched(find_onsets((samples + pad).astype(np.float32), RATE_HZ, Onsets(method=method)), times_s)
    assert score >= least


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", ["fast", "hfc"])
@pytest.mark.parametrize("band", [None, (200.0, 4000.0)])
def test_the_stream_finds_the_same_in_blocks_of_any_size(seed: int, method: OnsetMethod, band: Band | None) -> None:
    samples, _ = drums(("kick", "snare", "hat"), hits=12)
    settings = Onsets(method=method, band=band)
    whole = find_onsets(samples, RATE_HZ, settings)
    sizes = random.Random(seed)
    stream, live, at = OnsetStream(RATE_HZ, settings), [], 0
    while at < len(samples):
        size = sizes.choice([0, 1, 63, 256, 1000, 5000])
        live += stream.feed(samples[at : at + size])
        at += size
    assert [onset.at_s for onset in live] == [onset.at_s for onset in whole]


@pytest.mark.parametrize(("method", "most_s"), [("fast", 0.008), ("hfc", 0.025), ("specdiff", 0.025)])
def test_the_stream_tells_an_onset_within_its_latency(method: OnsetMethod, most_s: float) -> None:
    samples, times_s = drums(("snare",), hits=10)
    stream = OnsetStream(RATE_HZ, Onsets(method=method))
    told_s = [
        (start + 128) / RATE_HZ
        for start in range(0, len(samples), 128)
        for _ in stream.feed(samples[start : start + 128])
    ]
    assert len(told_s) == len(times_s)
    assert np.median(np.array(told_s) - times_s) <= most_s
    assert max(np.array(told_s) - times_s) <= stream.latency_s + 0.010


@pytest.mark.parametrize("kind", ["click", "kick", "snare", "hat"])
def test_the_fast_detector_tells_every_drum_within_8_ms(kind: str) -> None:
    samples, times_s = drums((kind,), hits=20)
    stream = OnsetStream(RATE_HZ, Onsets(method="fast"))
    told_s = [
        (start + 64) / RATE_HZ for start in range(0, len(samples), 64) for _ in stream.feed(samples[start : start + 64])
    ]
    assert len(told_s) == len(times_s)
    assert max(np.array(told_s) - times_s) <= 0.008


@pytest.mark.parametrize("method", ["fast", "hfc", "energy"])
@pytest.mark.parametrize("band", [(30.0, 120.0), (0.0, 150.0), (40.0, 100.0)])
def test_a_band_finds_the_kick_among_hats_where_it_is(method: OnsetMethod, band: Band) -> None:
    samples, times_s = in_turn("kick", "hat")
    score, errors_s = matched(
        find_onsets(samples, RATE_HZ, Onsets(method=method, band=band, silence_db=-40)), times_s[::2]
    )
    assert score >= 0.95
    assert max(abs(error_s) for error_s in errors_s) <= 0.010


@pytest.mark.parametrize(("band", "first"), [((30.0, 120.0), 0), ((300.0, 5000.0), 1)])
def test_the_fast_detector_tells_a_kick_from_a_snare_by_its_band(band: Band, first: int) -> None:
    samples, times_s = in_turn("kick", "snare")
    found = find_onsets(samples, RATE_HZ, Onsets(method="fast", band=band))
    assert matched(found, times_s[first::2])[0] >= 0.95


def test_strength_is_what_the_hit_adds_relative_to_the_strongest() -> None:
    samples = np.zeros(3 * RATE_HZ, np.float32)
    one = hit("kick", np.random.default_rng(0)).astype(np.float32)
    for at_s, level in ((0.5, 0.25), (1.2, 1.0), (1.9, 0.5)):
        samples[round(at_s * RATE_HZ) :][: len(one)] += level * one
    strengths = [onset.strength for onset in find_onsets(samples, RATE_HZ, Onsets())]
    assert strengths == pytest.approx([0.25, 1.0, 0.5], abs=0.05)


def test_what_is_below_the_silence_level_is_no_onset() -> None:
    samples, times_s = drums(("snare",), hits=5)
    quiet = samples * np.float32(10 ** (-60 / 20))
    assert len(find_onsets(quiet, RATE_HZ, Onsets(silence_db=-90))) == len(times_s)
    assert find_onsets(quiet, RATE_HZ, Onsets(silence_db=-50)) == ()


def test_onsets_keep_their_least_distance() -> None:
    samples, _ = drums(("hat",))
    times_s = [onset.at_s for onset in find_onsets(samples, RATE_HZ, Onsets(min_gap_s=0.3))]
    assert len(times_s) > 3
    assert min(np.diff(times_s)) >= 0.3


def test_a_hit_at_the_very_beginning_or_end_is_found() -> None:
    one = hit("snare", np.random.default_rng(0)).astype(np.float32)
    samples = np.concatenate([one, np.zeros(RATE_HZ // 2, np.float32), one[: RATE_HZ // 50]])
    times_s = [onset.at_s for onset in find_onsets(samples, RATE_HZ, Onsets())]
    assert times_s == pytest.approx([0.0, 0.8], abs=0.010)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(100), np.zeros(RATE_HZ)])
def test_silence_has_no_onsets(samples: npt.NDArray[np.float64]) -> None:
    assert find_onsets(samples.astype(np.float32), RATE_HZ, Onsets()) == ()


def test_another_rate_gives_the_same_times() -> None:
    samples, times_s = drums(("click",), hits=5)
    found = find_onsets(samples, 44_100, Onsets())
    assert [onset.at_s for onset in found] == pytest.approx(times_s * RATE_HZ / 44_100, abs=0.010)


@pytest.mark.parametrize("method", ["fast", "hfc"])
@pytest.mark.parametrize("band", [None, (30.0, 12_000.0)])
def test_a_sample_that_is_no_number_deafens_nobody(method: OnsetMethod, band: Band | None) -> None:
    samples, times_s = drums(("snare",), hits=10)
    samples[[100, 101, 30_000]] = np.nan, np.inf, -np.inf
    found = find_onsets(samples, RATE_HZ, Onsets(method=method, band=band))
    assert matched(found, times_s)[0] >= 0.9
