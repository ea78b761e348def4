"""Levels followed over time: loudness, peaks and brightness of a sound or of one band of it, as numbers from 0 to 1."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from engine.analysis.bands import BandPass
from engine.analysis.hit import Mono32, clean
from engine.model.sound import Level

Values32 = npt.NDArray[np.float32]

LEVEL_HZ = 100  # values a second, where the rate divides by it
_DARK_HZ, _OCTAVES = 50.0, 8.0  # a centroid of 0 lies here, one of 1 so many octaves above
_SINE_DB = 10 * math.log10(2)  # AES17: the RMS of a full-scale sine is 0 dB


class LevelStream:
    """One level of a sound that arrives block by block. Belongs to one thread.

    Value number i tells of the sound around second i / `values_hz`, 10 ms before and after; it comes `latency_s` after
    that second has sounded. rms and peak are scaled evenly in decibels from `floor_db` (0) to full scale (1); a
    full-scale sine has the RMS 1 (AES17). centroid is the mean frequency, weighted by magnitude, from 50 Hz (0) to
    12.8 kHz (1), even in octaves; it is 0 where the RMS is below `floor_db`.
    """

    def __init__(self, rate_hz: int, settings: Level) -> None:
        self._hop = max(round(rate_hz / LEVEL_HZ), 1)
        self.values_hz = rate_hz / self._hop
        self._settings = settings
        self._rate_hz = rate_hz
        self._band = None if settings.band is None else BandPass(rate_hz, settings.band)
        delay_s = 0.0 if self._band is None else self._band.delay_s
        self._late = round(delay_s * rate_hz)  # of the band's samples, which are left out at the beginning
        self.latency_s = delay_s + 1 / self.values_hz
        self._rest: Mono32 = np.zeros(self._hop, dtype=np.float32)
        self._window = np.hanning(2 * self._hop)
        self._bins_hz = np.fft.rfftfreq(2 * self._hop, 1 / rate_hz)

    def feed(self, block: Mono32) -> Values32:
        """Hear the next samples, float32 (n,), any n; the values known from them and not before, (m,), 0..1."""
        samples = clean(block)
        if self._band is not None:
            samples = self._band.feed(samples)
            left_out = min(self._late, len(samples))
            self._late -= left_out
            samples = samples[left_out:]
        heard = np.concatenate([self._rest, samples])
        count = len(heard) // self._hop - 1
        if count <= 0:
            self._rest = heard
            return np.zeros(0, dtype=np.float32)
        self._rest = heard[count * self._hop :]
        frames = sliding_window_view(heard[: (count + 1) * self._hop], 2 * self._hop)[:: self._hop]
        return self._measured(frames).astype(np.float32)

    def tail(self) -> Values32:
        """What there is to say of the last samples fed. Once, at the end."""
        return self.feed(np.zeros(round(self.latency_s * self._rate_hz) + self._hop, dtype=np.float32))

    def _measured(self, frames: Mono32) -> npt.NDArray[np.float64]:
        floor_db = self._settings.floor_db
        if self._settings.measure == "peak":
            return _scaled(_decibels(np.abs(frames).max(axis=1)), floor_db)
        rms_db = _decibels(np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1))) + _SINE_DB
        if self._settings.measure == "rms":
            return _scaled(rms_db, floor_db)
        magnitudes = np.abs(np.fft.rfft(frames * self._window, axis=1))
        centroids_hz = magnitudes @ self._bins_hz / np.maximum(magnitudes.sum(axis=1), 1e-12)
        bright = np.clip(np.log2(np.maximum(centroids_hz, _DARK_HZ) / _DARK_HZ) / _OCTAVES, 0, 1)
        return np.where(rms_db >= floor_db, bright, 0.0)


class TrackLevel:
    """One level over a whole sound that is handed over piece by piece. Belongs to one thread."""

    def __init__(self, rate_hz: int, settings: Level) -> None:
        self._stream = LevelStream(rate_hz, settings)
        self.values_hz = self._stream.values_hz
        self._values: list[Values32] = []
        self._heard_s = 0.0
        self._rate_hz = rate_hz

    def feed(self, block: Mono32) -> None:
        """Hear the next samples, float32 (n,), any n."""
        self._values.append(self._stream.feed(block))
        self._heard_s += len(block) / self._rate_hz

    def found(self) -> Values32:
        """The level as measured, one value every 1 / `values_hz` seconds from the first sample to the last. Once."""
        values = np.concatenate([*self._values, self._stream.tail()])
        return values[: math.floor(self._heard_s * self.values_hz) + 1]


def shaped(values: Values32, values_hz: float, *, attack_s: float, release_s: float) -> Values32:
    """A level that rises and falls no faster than with these time constants (one pole each; 0 follows at once).

    Value number i depends on those up to i alone. Begins where the level begins.
    """
    rising, falling = (1 - _kept(seconds, values_hz) for seconds in (attack_s, release_s))
    followed, level = [], float(values[0]) if len(values) else 0.0
    for value in values.tolist():
        level += (value - level) * (rising if value > level else falling)
        followed.append(level)
    return np.array(followed, dtype=np.float32)


def _kept(time_constant_s: float, values_hz: float) -> float:
    """What is left of a distance after one value's time."""
    return math.exp(-1 / (time_constant_s * values_hz)) if time_constant_s > 0 else 0.0


def _decibels(amplitudes: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    return np.asarray(20 * np.log10(np.maximum(amplitudes, 1e-9)), dtype=np.float64)


def _scaled(decibels: npt.NDArray[np.float64], floor_db: float) -> npt.NDArray[np.float64]:
    return np.clip(1 - decibels / floor_db, 0, 1)
