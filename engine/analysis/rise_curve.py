"""How much of a sound begins at each moment: one curve that the fast onset detector and the beat finder read.

Every 64 samples, the spectrum of the newest 256 is summed into bands a quarter of an octave apart. A band's level
counts relative to its own recent peak (adaptive whitening: D. Stowell and M. Plumbley, ICMC 2007), on a logarithmic
scale (online log-filtered spectral flux: S. Böck, F. Krebs and M. Schedl, ISMIR 2012). What it has risen by is
taken against the greatest level of the past 27 ms, but for the newest 8, so that neither the ripple of a low note nor
a beating pad is a rise (the maximum filter of S. Böck and G. Widmer, DAFx 2013, turned to run along time).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from engine.analysis.hit import Mono32

Floats = npt.NDArray[np.float64]

HOP = 64  # samples
RISE_HOPS = 6  # over which a rise adds up
_WINDOW = 256  # samples
_NEWEST = 96  # samples over which the window falls to its newest end: steep, so that what is new counts soon
_BANDS = 36
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 14_000.0
COMPRESSION = 10.0
_PEAK_FALL_S = 2.0  # time constant with which a band forgets its peak
_SPAN = 10 ** (-25 / 20)  # a band that is quieter than the loudest by more counts as this loud
_LEAST = 10 ** (-90 / 20)
_PAST_HOPS = 20  # the level that a rise is taken against is the greatest from here to RISE_HOPS ago
_CHUNK_HOPS = 1024  # whole tracks are taken in pieces, so that memory stays small


class RiseCurve:
    """The mean rise of all bands, 0..1, a value a hop, of a sound that arrives in whole hops. Belongs to one thread.

    `band` leaves out of the spectrum what lies outside of it. `compression` says how much of a level's rise counts
    while it is far below the band's peak: the higher, the more.
    """

    def __init__(
        self, rate_hz: int, band: tuple[float, float] | None = None, *, compression: float = COMPRESSION
    ) -> None:
        self._compression = compression
        self._window = _window()
        self._bank = _bank(rate_hz, band)
        self._fall = HOP / rate_hz / _PEAK_FALL_S
        self._heard = np.zeros(_WINDOW - HOP, dtype=np.float32)
        self._past: Floats = np.zeros((_PAST_HOPS, len(self._bank)))  # levels of the hops before, oldest first
        self._log_peaks: Floats = np.full(len(self._bank), np.log(_LEAST))

    def feed(self, samples: Mono32) -> Floats:
        """Hear the next hops, float32 (n × 64,); the curve there, (n,). The same in blocks of any size."""
        heard = np.concatenate([self._heard, samples])
        hops = len(samples) // HOP
        curves = [
            self._rise(heard[begin * HOP : (min(begin + _CHUNK_HOPS, hops) - 1) * HOP + _WINDOW])
            for begin in range(0, hops, _CHUNK_HOPS)
        ]
        self._heard = heard[hops * HOP :]
        return np.concatenate(curves) if curves else np.zeros(0)

    def _rise(self, samples: Mono32) -> Floats:
        frames = sliding_window_view(samples, _WINDOW)[::HOP]
        spectra = np.fft.rfft(frames * self._window, axis=1)
        levels: Floats = np.sqrt((spectra.real**2 + spectra.imag**2) @ self._bank.T)
        peaks = self._peaks(levels)
        history = np.concatenate([self._past, levels])
        before = _running_maximum(history, _PAST_HOPS - RISE_HOPS + 1)[: len(levels)]
        self._past = history[-_PAST_HOPS:]
        risen = np.log((peaks + self._compression * levels) / (peaks + self._compression * before))
        mean: Floats = np.maximum(risen, 0).mean(axis=1) / np.log1p(self._compression)
        return mean

    def _peaks(self, levels: Floats) -> Floats:
        """Each band's recent peak at each hop: the greatest level, forgotten exponentially."""
        fallen = self._fall * np.arange(1, len(levels) + 1)[:, None]
        logs = np.log(np.maximum(levels, _LEAST)) + fallen
        np.maximum(logs[0], self._log_peaks, out=logs[0])
        followed = np.maximum.accumulate(logs, axis=0) - fallen
        self._log_peaks = followed[-1]
        peaks = np.exp(followed)
        floors = np.maximum(peaks.max(axis=1, keepdims=True) * _SPAN, _LEAST)
        raised: Floats = np.maximum(peaks, floors)
        return raised


def _running_maximum(rows: Floats, length: int) -> Floats:
    """For each row from which `length` rows follow (itself among them), their maximum, by doubling."""
    reached = 1
    while reached < length:
        step = min(reached, length - reached)
        rows = np.asarray(np.maximum(rows[:-step], rows[step:]))
        reached += step
    return rows


def _window() -> Floats:
    """Hann's rise over most of it, a short fall at the newest end; a full sine gives 1."""
    rise = _WINDOW - _NEWEST
    rising = np.sin(np.pi / 2 * (np.arange(rise) + 0.5) / rise) ** 2
    falling = np.cos(np.pi / 2 * (np.arange(_NEWEST) + 0.5) / _NEWEST) ** 2
    window = np.concatenate([rising, falling])
    scaled: Floats = window * 2 / window.sum()
    return scaled


def _bank(rate_hz: int, band: tuple[float, float] | None) -> Floats:
    """Triangles at even steps of a logarithmic scale, (bands, bins): at the low end, where several would fall on the
    same bin, it is one. At least one lies in `band`."""
    bins_hz = np.fft.rfftfreq(_WINDOW, 1 / rate_hz)
    corners = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, 0.45 * rate_hz), _BANDS + 2)
    rows: list[Floats] = []
    centres: list[float] = []
    for low, centre, high in zip(corners, corners[1:], corners[2:], strict=False):
        row = np.clip(np.minimum((bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)), 0, None)
        if row.sum() < 1:
            row = np.zeros(len(bins_hz))
            row[np.argmin(np.abs(bins_hz - centre))] = 1
        if not rows or not np.array_equal(row, rows[-1]):
            rows.append(row)
            centres.append(float(centre))
    bank = np.array(rows)
    if band is None:
        return bank
    inside = (np.array(centres) >= band[0]) & (np.array(centres) <= band[1])
    if not inside.any():
        inside[np.argmin(np.abs(np.array(centres) - np.sqrt(max(band[0], 20.0) * band[1])))] = True
    return bank[inside]
