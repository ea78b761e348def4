"""Sound at another speed: samples between samples, by a windowed sinc whose band narrows as the speed rises."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Samples32 = npt.NDArray[np.float32]

_HALF = 8  # zero crossings to each side: what lies a quarter above the band is 44 dB down
_STEPS = 1024  # table entries from one zero crossing to the next; the nearest is taken, an error of -70 dB

_places = np.arange(_HALF * _STEPS + 2) / _STEPS
_TABLE = (np.sinc(_places) * np.where(_places < _HALF, np.cos(np.pi / 2 * _places / _HALF) ** 2, 0)).astype(np.float32)


def reach(speed: float) -> int:
    """How many samples before and after a position `resampled` looks at."""
    return math.ceil(_HALF * max(1.0, speed)) + 1


def resampled(samples: Samples32, positions: npt.NDArray[np.float64], speed: float) -> Samples32:
    """The sound at `positions` (n,), in samples of `samples` (2, m) and at least reach(speed) from both ends: (2, n).

    `speed` is how far apart the positions lie; above 1 what would fold down is filtered out. The kernel is a sinc
    under a Hann window (J. O. Smith, "Digital Audio Resampling", 1984).
    """
    narrowed = 1 / max(1.0, speed)
    half = reach(speed)
    first = np.floor(positions).astype(np.int64)
    taps = np.arange(1 - half, half + 1)
    distances = np.abs(taps[None, :] - (positions - first)[:, None]) * narrowed
    weights = _TABLE[np.minimum((distances * _STEPS + 0.5).astype(np.int64), len(_TABLE) - 1)]
    weights /= weights.sum(axis=1, keepdims=True)
    near = samples[:, first[:, None] + taps[None, :]]
    summed: Samples32 = np.einsum("cnt,nt->cn", near, weights)
    return summed
