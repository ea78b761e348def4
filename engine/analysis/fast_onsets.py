"""The engine's own onset detector: onsets told 2 to 5 ms after they sound, for live drums and for whole tracks alike.

Every 64 samples, the spectrum of the newest 256 is summed into bands a quarter of an octave apart. A band's level
counts relative to its own recent peak (adaptive whitening: D. Stowell and M. Plumbley, ICMC 2007), on a logarithmic
scale (online log-filtered spectral flux: S. Böck, F. Krebs and M. Schedl, ISMIR 2012). What it has risen by is
taken against the greatest level of the past 27 ms, but for the newest 8, so that neither the ripple of a low note nor
a beating pad is a rise (the maximum filter of S. Böck and G. Widmer, DAFx 2013, turned to run along time). Where
the mean rise of all bands comes over a threshold, part fixed and part the recent mean, is an onset: at once, without
waiting for the peak, which is where other detectors spend their time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from engine.analysis.hit import Hit, Mono32

Floats = npt.NDArray[np.float64]

HOP = 64  # samples
WINDOW = 256  # samples
_NEWEST = 96  # samples over which the window falls to its newest end: steep, so that what is new counts soon
_BANDS = 36
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 14_000.0
_COMPRESSION = 10.0
_PEAK_FALL_S = 2.0  # time constant with which a band forgets its peak
_SPAN = 10 ** (-25 / 20)  # a band that is quieter than the loudest by more counts as this loud
_LEAST = 10 ** (-90 / 20)
_PAST_HOPS = 20  # the level that a rise is taken against is the greatest from here ...
_RISE_HOPS = 6  # ... to here
_MEAN_S = 0.4  # over which the mean rise raises the threshold
_MEAN_SHARE = 0.5
_THRESHOLD_UNIT = 0.04 / 0.3  # so that 0.3 suits music here as with aubio's methods
_REARM = 0.8  # of the threshold: below it the next onset may come
_CHUNK_HOPS = 1024  # whole tracks are taken in pieces, so that memory stays small
_POWER_HOPS = 64  # of which levels are kept
_BEFORE_HOPS = 16  # the level that a hit stands out from is taken over these
_HIT_HOPS = 12  # a hit is as loud as the loudest of these, as far as they have been heard
_LATE_S = 0.002  # how long after a hit began its onset is found: median over drums


class FastDetector:
    """Onsets in samples that arrive block by block, by the method at the head of this module. Belongs to one thread.

    `threshold` as in a show. What is quieter than `floor_rms` is no onset. `band` leaves out of the spectrum what
    lies outside of it; filtering is the caller's. The same samples give the same onsets in blocks of any size.
    """

    latency_s = 0.003

    def __init__(
        self, rate_hz: int, *, threshold: float, floor_rms: float, band: tuple[float, float] | None = None
    ) -> None:
        self._rate_hz = rate_hz
        self._window = _window()
        self._bank = _bank(rate_hz, band)
        self._threshold = threshold * _THRESHOLD_UNIT
        self._floor_power = floor_rms**2
        self._fall = HOP / rate_hz / _PEAK_FALL_S
        self._rest: Mono32 = np.zeros(WINDOW - HOP, dtype=np.float32)
        self._past: Floats = np.zeros((_PAST_HOPS, len(self._bank)))  # levels of the hops before, oldest first
        self._log_peaks: Floats = np.full(len(self._bank), np.log(_LEAST))
        self._rises: Floats = np.zeros(round(_MEAN_S * rate_hz / HOP))  # of the hops before
        self._powers: Floats = np.zeros(_POWER_HOPS)
        self._hops = 0
        self._armed = True

    def feed(self, block: Mono32) -> list[Hit]:
        """Hear the next samples, float32 (n,), any n; the onsets found in them. Seconds count from the first sample."""
        samples = np.concatenate([self._rest, block])
        hops = (len(samples) - WINDOW) // HOP + 1
        found: list[Hit] = []
        for begin in range(0, hops, _CHUNK_HOPS):
            end = min(begin + _CHUNK_HOPS, hops)
            found += self._hear(samples[begin * HOP : (end - 1) * HOP + WINDOW])
        self._rest = samples[max(hops, 0) * HOP :]
        return found

    def _hear(self, samples: Mono32) -> list[Hit]:
        frames = sliding_window_view(samples, WINDOW)[::HOP]
        spectra = np.fft.rfft(frames * self._window, axis=1)
        levels = np.sqrt((spectra.real**2 + spectra.imag**2) @ self._bank.T)
        newest = frames[:, -HOP:].astype(np.float64)
        self._powers = np.concatenate([self._powers[-_POWER_HOPS:], np.mean(newest**2, axis=1)])
        rises = self._rise(levels)
        return self._pick(rises, self._limits(rises))

    def _rise(self, levels: Floats) -> Floats:
        """The mean rise of the bands at each hop, 0..1, of their levels (hops, bands)."""
        peaks = self._peaks(levels)
        history = np.concatenate([self._past, levels])
        before = _running_maximum(history, _PAST_HOPS - _RISE_HOPS + 1)[: len(levels)]
        self._past = history[-_PAST_HOPS:]
        risen = np.log((peaks + _COMPRESSION * levels) / (peaks + _COMPRESSION * before))
        mean: Floats = np.maximum(risen, 0).mean(axis=1) / np.log1p(_COMPRESSION)
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

    def _limits(self, rises: Floats) -> Floats:
        """What the rise at each hop has to exceed."""
        count = len(self._rises)
        history = np.concatenate([self._rises, rises])
        sums = np.concatenate([[0.0], np.cumsum(history)])
        self._rises = history[-count:]
        limits: Floats = self._threshold + _MEAN_SHARE / count * (sums[count:-1] - sums[: -count - 1])
        return limits

    def _pick(self, rises: Floats, limits: Floats) -> list[Hit]:
        found = []
        over, calm = (rises > limits).tolist(), (rises < _REARM * limits).tolist()
        for hop in range(len(over)):
            if self._armed:
                if over[hop] and self._loud_enough(hop):
                    self._armed = False
                    found.append(self._hit(hop))
            elif calm[hop]:
                self._armed = True
        self._hops += len(over)
        return found

    def _loud_enough(self, hop: int) -> bool:
        newest = _POWER_HOPS + hop + 1
        return bool(self._powers[newest - _RISE_HOPS : newest].max() >= self._floor_power)

    def _hit(self, hop: int) -> Hit:
        at_s = ((self._hops + hop + 1) * HOP) / self._rate_hz - _LATE_S
        begun = _POWER_HOPS + hop - 1
        before = self._powers[begun - _BEFORE_HOPS : begun].max()
        loudest = self._powers[begun : begun + _HIT_HOPS].max()
        return Hit(max(at_s, 0.0), float(np.sqrt(max(loudest - before, 0.0))))


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
    rise = WINDOW - _NEWEST
    rising = np.sin(np.pi / 2 * (np.arange(rise) + 0.5) / rise) ** 2
    falling = np.cos(np.pi / 2 * (np.arange(_NEWEST) + 0.5) / _NEWEST) ** 2
    window = np.concatenate([rising, falling])
    scaled: Floats = window * 2 / window.sum()
    return scaled


def _bank(rate_hz: int, band: tuple[float, float] | None) -> Floats:
    """Triangles at even steps of a logarithmic scale, (bands, bins): at the low end, where several would fall on the
    same bin, it is one. At least one lies in `band`."""
    bins_hz = np.fft.rfftfreq(WINDOW, 1 / rate_hz)
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
