"""What a track is built of: sections, where its sound becomes another, and which of them are alike.

Twelve pitch classes, twelve bands of the spectrum and the level, averaged from beat to beat. Where the beats before
and after a place differ most is a boundary: the novelty of J. Foote, "Automatic audio segmentation using a measure of
audio novelty" (ICME 2000). His kernel, a checkerboard tapered by a Gaussian, is the product of one vector with
itself, so its sum over the self-similarity matrix is the squared length of the beats weighed with that vector: the
matrix itself is never made, and a track of hours takes no more memory than its beats.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from engine.analysis.hit import Mono32
from preprocess.track.values import Section

Floats = npt.NDArray[np.float64]

_WINDOW, _HOP = 4096, 2048
_PITCHES, _BANDS = 12, 12
_LOWEST_HZ, _HIGHEST_PITCH_HZ, _HIGHEST_HZ = 55.0, 2000.0, 12_000.0
_REACH_BEATS = 16  # to either side of a boundary: four bars
_SHORTEST_BEATS = 8
_LEAST_NOVELTY = 0.25  # of what two sounds that have nothing in common would give
_ALIKE = 0.8  # cosine from which two sections bear one letter
_QUIET_DB = -60.0


class TrackFeatures:
    """Gathers what a sound is like over time, piece by piece. Belongs to one thread.

    A row of features every 2048 samples: pitch classes, bands, level in dB.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._rest: Mono32 = np.zeros(_WINDOW // 2, np.float32)  # so that the first row is about second 0
        self._rows: list[Floats] = []
        bins_hz: Floats = np.asarray(np.fft.rfftfreq(_WINDOW, 1 / rate_hz), np.float64)
        self._pitches = _pitch_bank(bins_hz)
        self._bands = _band_bank(bins_hz)

    def feed(self, block: Mono32) -> None:
        """Hear the next samples, float32 (n,), any n."""
        samples = np.concatenate([self._rest, block])
        if len(samples) < _WINDOW:
            self._rest = samples
            return
        frames = sliding_window_view(samples, _WINDOW)[::_HOP]
        self._rest = samples[len(frames) * _HOP :]
        for begin in range(0, len(frames), 256):
            self._rows.append(self._described(frames[begin : begin + 256]))

    def _described(self, frames: Mono32) -> Floats:
        power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)) ** 2
        level = np.sqrt((frames.astype(np.float64) ** 2).mean(axis=1))
        level_db = 20 * np.log10(np.maximum(level, 10 ** (_QUIET_DB / 20)))
        pitches = np.sqrt(power @ self._pitches.T)
        bands = np.log10(1e-4 + power @ self._bands.T)
        return np.column_stack([pitches, bands, level_db])

    def rows(self) -> tuple[Floats, float]:
        """The features, (n, 25), and how many a second. Once, at the end."""
        return np.concatenate([*self._rows, np.zeros((0, _PITCHES + _BANDS + 1))]), self._rate_hz / _HOP


def _pitch_bank(bins_hz: Floats) -> Floats:
    """Which bins belong to which of twelve pitch classes, (12, bins)."""
    bank = np.zeros((_PITCHES, len(bins_hz)))
    inside = np.flatnonzero((bins_hz >= _LOWEST_HZ) & (bins_hz <= _HIGHEST_PITCH_HZ))
    bank[np.round(12 * np.log2(bins_hz[inside] / 440)).astype(int) % 12, inside] = 1
    return bank


def _band_bank(bins_hz: Floats) -> Floats:
    """Bands at even steps of a logarithmic scale, (12, bins)."""
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _BANDS + 1)
    return np.array([(bins_hz >= low) & (bins_hz < high) for low, high in pairwise(edges)], float)


def find_sections(
    rows: Floats, rows_hz: float, duration_s: float, grid_s: list[float], bars_s: list[float]
) -> tuple[Section, ...]:
    """The sections of a track, in order, that cover it from 0 to `duration_s`.

    `rows` are features at `rows_hz`; `grid_s` are the beats (or even steps where there are none), `bars_s` the bars,
    on which boundaries fall where there is one near.
    """
    edges_s = [0.0, *(at_s for at_s in grid_s if 0.05 < at_s < duration_s - 0.05), duration_s]
    described = _by_beat(rows, rows_hz, edges_s)
    directions = _directions(described)
    begins = [0, *_boundaries(directions), len(described)]
    bounds_s = [_on_a_bar(edges_s[at], bars_s, duration_s) for at in begins]
    bounds_s[0], bounds_s[-1] = 0.0, duration_s
    means = np.array([described[begin:end].mean(axis=0) for begin, end in pairwise(begins)])
    labels = _labels(np.array([directions[begin:end].mean(axis=0) for begin, end in pairwise(begins)]))
    level = 10 ** (means[:, -1] / 20)
    energies = level / max(float(level.max()), 1e-9)
    return tuple(
        Section(round(begin_s, 6), round(end_s, 6), round(float(energy), 4), label)
        for begin_s, end_s, energy, label in zip(bounds_s, bounds_s[1:], energies, labels, strict=False)
        if end_s > begin_s
    )


def _by_beat(rows: Floats, rows_hz: float, edges_s: list[float]) -> Floats:
    """The mean of the rows from each edge to the next."""
    at = np.minimum(np.round(np.array(edges_s) * rows_hz).astype(int), len(rows))
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    counts = np.maximum(np.diff(at), 1)
    means = (sums[np.maximum(at[1:], np.minimum(at[:-1] + 1, len(rows)))] - sums[at[:-1]]) / counts[:, None]
    return np.asarray(means)


def _directions(described: Floats) -> Floats:
    """Beats as unit vectors in which pitch, colour and level weigh alike, about the track's own mean."""
    parts = []
    for part in np.split(described, (_PITCHES, _PITCHES + _BANDS), axis=1):
        centred = part - part.mean(axis=0)
        spread = np.sqrt((centred**2).sum(axis=1).mean())
        parts.append(centred / spread if spread > 1e-6 else np.zeros_like(centred))
    stacked = np.concatenate(parts, axis=1)
    lengths = np.sqrt((stacked**2).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(stacked, lengths, out=np.zeros_like(stacked), where=lengths > 1e-9))


def _boundaries(directions: Floats) -> list[int]:
    """Indices of the beats on which a new section begins, ascending."""
    reach = min(_REACH_BEATS, len(directions) // 2)
    if reach < _SHORTEST_BEATS // 2:
        return []
    offsets = np.arange(-reach, reach) + 0.5
    kernel = np.sign(offsets) * np.exp(-2 * (offsets / reach) ** 2)
    kernel /= np.abs(kernel).sum() / 2  # two sides of unit vectors: at most 2 long
    padded = np.concatenate([np.repeat(directions[:1], reach, 0), directions, np.repeat(directions[-1:], reach, 0)])
    windows = sliding_window_view(padded, 2 * reach, axis=0)[: len(directions)]
    novelty = ((windows @ kernel) ** 2).sum(axis=1) / 4
    found: list[int] = []
    for at in np.argsort(-novelty, kind="stable"):
        if novelty[at] < _LEAST_NOVELTY:
            break
        clear = min(_SHORTEST_BEATS, max(reach, 1))
        if clear <= at <= len(directions) - clear and all(abs(at - other) >= clear for other in found):
            found.append(int(at))
    return sorted(found)


def _on_a_bar(at_s: float, bars_s: list[float], duration_s: float) -> float:
    """The bar nearest to a boundary, where one is within a second; else the boundary."""
    near = min(bars_s, key=lambda bar_s: abs(bar_s - at_s), default=at_s)
    return near if abs(near - at_s) <= 1.0 else at_s


def _labels(means: Floats) -> list[str]:
    """A letter for each section: that of the earlier one that is most like it, else a new one."""
    labels: list[str] = []
    for number, mean in enumerate(means):
        lengths = np.sqrt((means[:number] ** 2).sum(axis=1)) * np.sqrt((mean**2).sum())
        alike = np.divide(means[:number] @ mean, lengths, out=np.zeros(number), where=lengths > 1e-9)
        if number and alike.max() >= _ALIKE:
            labels.append(labels[int(alike.argmax())])
        else:
            labels.append(_letter(len(set(labels))))
    return labels


def _letter(number: int) -> str:
    return chr(ord("A") + number % 26) + (str(number // 26) if number >= 26 else "")
