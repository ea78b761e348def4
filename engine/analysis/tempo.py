"""Beats of a whole track: one even grid where its tempo holds, else beat after beat along the music.

The tempo comes from the rise curve's autocorrelation, weighed towards 120 beats a minute, and the beats of a changing
tempo from dynamic programming, both after D. Ellis, "Beat tracking by dynamic programming" (JNMR 2007). The grid is
taken where about as much begins on its beats as on those that were free to follow the music.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.analysis.hit import Mono32, clean
from engine.analysis.rise_curve import HOP, Floats, RiseCurve

_USUAL_BPM = 120.0
_OCTAVES = 0.8  # how far from the usual tempo another one may be: a Gaussian's width
_LEAST_BPM, _MOST_BPM = 45.0, 240.0
_FINE = 0.03  # the grid's tempo is looked for this much to either side of the autocorrelation's
_STEP = 8  # hops a point of the coarse curve
_SHORTEST_S = 2.0
_STEADY = 0.8  # of what begins on free beats must begin on the grid's
_LEAST_PULSE = 0.12  # the autocorrelation at the beat, of a sound that has one at all
_TIGHTNESS = 100.0  # how much an uneven beat costs (Ellis)
_LATE_S = 0.004  # how long after a hit began the curve is at its highest
_PHASES = 96  # places of a beat within a period


@dataclass(frozen=True, slots=True)
class Beats:
    """`beats_s` are seconds, ascending. `bpm` is their mean tempo; `even` says that they are a grid."""

    bpm: float
    beats_s: tuple[float, ...]
    even: bool


def beat_grid(bpm: float, first_beat_s: float, duration_s: float) -> tuple[float, ...]:
    """The beats from `first_beat_s` up to the end of a track of which the tempo is known."""
    count = max(0, math.ceil((duration_s - first_beat_s) * bpm / 60 - 1e-9))
    return tuple(first_beat_s + number * 60 / bpm for number in range(count))


class TrackBeats:
    """Finds the beats of a whole sound that is handed over piece by piece. Belongs to one thread."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._curves = (RiseCurve(rate_hz), RiseCurve(rate_hz, (40.0, 200.0)))
        self._rest: Mono32 = np.zeros(0, dtype=np.float32)
        self._rises: list[Floats] = []

    def feed(self, block: Mono32) -> None:
        """Hear the next samples, float32 (n,), any n."""
        samples = np.concatenate([self._rest, clean(block)])
        whole = len(samples) - len(samples) % HOP
        self._rest = samples[whole:]
        # Low drums count twice: hats between the beats are as many as those on them.
        everywhere, low = (curve.feed(samples[:whole]) for curve in self._curves)
        self._rises.append((everywhere + low) / 2)

    def found(self) -> Beats | None:
        """The beats; None where there is no pulse, or less than two seconds of sound. Once, at the end."""
        fine = np.concatenate([*self._rises, np.zeros(0)])
        fine_hz = self._rate_hz / HOP
        if len(fine) < _SHORTEST_S * fine_hz:
            return None
        coarse = fine[: len(fine) // _STEP * _STEP].reshape(-1, _STEP).max(axis=1)
        coarse_hz = fine_hz / _STEP
        period_s = _period(coarse, coarse_hz)
        if period_s is None:
            return None
        period_s = _refined(coarse, coarse_hz, period_s)
        followed = _followed(coarse, coarse_hz, period_s)
        grid, bpm = _grid(fine, fine_hz, period_s)
        if _begins_on(grid, coarse, coarse_hz) >= _STEADY * _begins_on(followed, coarse, coarse_hz):
            return Beats(bpm, tuple(grid), even=True)
        return Beats(60 / float(np.median(np.diff(followed))), tuple(followed), even=False)


def _period(curve: Floats, curve_hz: float) -> float | None:
    """The likeliest period of a beat in seconds; None where nothing recurs."""
    centred = curve - curve.mean()
    longest = min(int(4 * 60 / _LEAST_BPM * curve_hz) + 2, len(curve) - 1)
    size = 1 << (2 * len(curve)).bit_length()
    spectrum = np.fft.rfft(centred, size)
    alike = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[: longest + 1]
    if alike[0] <= 0:
        return None
    alike = alike / alike[0]
    lags = np.arange(curve_hz * 60 / _MOST_BPM, curve_hz * 60 / _LEAST_BPM, 0.1)
    strength = np.zeros(len(lags))
    for multiple, share in ((1, 1.0), (2, 0.5), (4, 0.5)):  # a beat recurs as a half bar and as a bar
        strength += share * np.interp(lags * multiple, np.arange(len(alike)), alike, right=0.0)
    octaves = np.log2(60 * curve_hz / lags / _USUAL_BPM)
    best = int(np.argmax(strength * np.exp(-0.5 * (octaves / _OCTAVES) ** 2)))
    return float(lags[best] / curve_hz) if strength[best] >= _LEAST_PULSE else None


def _refined(curve: Floats, curve_hz: float, period_s: float) -> float:
    """The period that fits the whole curve best, near one that was found."""
    size = 1 << (16 * len(curve)).bit_length()
    spectrum = np.abs(np.fft.rfft(curve - curve.mean(), size))
    bin_hz = curve_hz / size
    # Two harmonics with the beat itself: sharper than it alone.
    base = np.arange(math.ceil((1 - _FINE) / period_s / bin_hz), math.floor((1 + _FINE) / period_s / bin_hz) + 1)
    if not len(base):
        return period_s
    together = sum(spectrum[np.minimum(base * harmonic, len(spectrum) - 1)] for harmonic in (1, 2, 4))
    return 1 / float(base[int(np.argmax(together))] * bin_hz)


def _begins_on(beats_s: list[float], curve: Floats, curve_hz: float) -> float:
    """How much begins on the beats, give or take 20 ms: the curve's mean there."""
    if not beats_s:
        return 0.0
    at = np.array(beats_s) * curve_hz
    reach = math.ceil(0.02 * curve_hz)
    places = np.clip(at.astype(int)[:, None] + np.arange(-reach, reach + 1), 0, len(curve) - 1)
    return float(curve[places].max(axis=1).mean())


def _grid(curve: Floats, curve_hz: float, period_s: float) -> tuple[list[float], float]:
    """The even beats of the whole curve, at the place in the period where most begins; and how many a minute."""
    times_s = np.arange(1, len(curve) + 1) / curve_hz - _LATE_S
    places = (times_s / period_s) % 1.0
    folded = np.bincount((places * _PHASES).astype(int) % _PHASES, weights=curve, minlength=_PHASES)
    reach = max(1, round(0.015 / period_s * _PHASES))
    kernel = np.hanning(2 * reach + 3)[1:-1]
    around = np.convolve(np.concatenate([folded[-reach:], folded, folded[:reach]]), kernel, "valid")
    middle = (int(np.argmax(around)) + 0.5) / _PHASES
    offsets = (places - middle + 0.5) % 1.0 - 0.5
    near = np.abs(offsets) * period_s <= 0.02
    weights = curve[near] ** 2
    phase = middle + float((offsets[near] * weights).sum() / max(weights.sum(), 1e-12))
    first_s, period_s = _fitted(curve[near], times_s[near], (phase % 1.0) * period_s, period_s)
    first_s -= math.floor((first_s + 0.02) / period_s) * period_s  # a track may begin a hair after its first beat
    beats = np.arange(first_s, len(curve) / curve_hz, period_s)
    return [max(float(at_s), 0.0) for at_s in beats], 60 / period_s


def _fitted(rises: Floats, times_s: Floats, first_s: float, period_s: float) -> tuple[float, float]:
    """The grid (its first beat, its period) moved so that it lies best in what rises near its beats."""
    numbers = np.round((times_s - first_s) / period_s)
    weights = rises**2
    if len(np.unique(numbers[weights > 0])) < 2:
        return first_s, period_s
    period_s, first_s = np.polyfit(numbers, times_s, 1, w=np.sqrt(weights))
    return float(first_s), float(period_s)


def _followed(curve: Floats, curve_hz: float, period_s: float) -> list[float]:
    """Beats at high places of the curve, each about one period after the last: the best such path."""
    period = period_s * curve_hz
    smoothing = np.exp(-0.5 * (np.arange(-round(period), round(period) + 1) * 32 / period) ** 2)
    local = np.convolve(curve / max(float(curve.std()), 1e-9), smoothing, "same")
    back = np.arange(-round(2 * period), -max(round(period / 2), 1))
    cost = -_TIGHTNESS * np.log(-back / period) ** 2
    best, before = local.copy(), np.full(len(local), -1)
    for at in range(-int(back[0]), len(local)):
        through = best[at + back] + cost
        chosen = int(np.argmax(through))
        best[at] += through[chosen]
        before[at] = at + back[chosen]
    at = len(best) - round(period) + int(np.argmax(best[-round(period) :]))
    path = []
    while at >= 0:
        path.append(max((at + 0.5) / curve_hz - _LATE_S, 0.0))
        at = int(before[at])
    return path[::-1]
