"""Sound at another speed: samples between samples, by a windowed sinc whose band narrows as the speed rises."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Samples32 = npt.NDArray[np.float32]

_HALF = 8  # zero crossings to each side: what lies a quarter above the band is 44 dB down
_PHASES = 1024  # places between two samples that have a kernel; the nearest is taken, an error of -70 dB
_WIDTHS = 16  # kernels for speeds above 1: one for each sixteenth


def reach(speed: float) -> int:
    """How many samples before and after a position `resampled` looks at."""
    return math.ceil(_HALF * _width(speed) / _WIDTHS) + 1


def resampled(samples: Samples32, positions: npt.NDArray[np.float64], speed: float) -> Samples32:
    """The sound at `positions` (n,), in samples of `samples` (2, m) and at least reach(speed) from both ends: (2, n).

    `speed` is how far apart the positions lie; above 1 what would fold down is filtered out. The kernel is a sinc
    under a Hann window (J. O. Smith, "Digital Audio Resampling", 1984).
    """
    kernels = _kernels(_width(speed))
    half = kernels.shape[1] // 2
    nearest = np.floor(positions * _PHASES + 0.5).astype(np.int64)
    first = nearest // _PHASES
    # np.take, since an index of arrays costs three times as much.
    near = np.take(samples, first[:, None] + np.arange(1 - half, half + 1), axis=1)
    summed: Samples32 = np.einsum("cnt,nt->cn", near, np.take(kernels, nearest % _PHASES, axis=0))
    return summed


def _width(speed: float) -> int:
    """How wide the kernel is, in sixteenths of the one for speeds up to 1."""
    return max(_WIDTHS, math.ceil(speed * _WIDTHS))


@lru_cache(maxsize=64)
def _kernels(width: int) -> Samples32:
    """The weights (phases, taps) of the samples around a position, for each place that it may have between two."""
    half = math.ceil(_HALF * width / _WIDTHS) + 1
    distances = np.abs(np.arange(1 - half, half + 1)[None, :] - np.arange(_PHASES)[:, None] / _PHASES)
    places = distances * _WIDTHS / width
    weights = np.sinc(places) * np.where(places < _HALF, np.cos(np.pi / 2 * places / _HALF) ** 2, 0)
    normal: Samples32 = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normal
