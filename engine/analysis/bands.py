"""One band of a sound: a band-pass filter for sound that arrives block by block, and how late it makes things."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import numpy.typing as npt

Mono32 = npt.NDArray[np.float32]

HOP = 64  # samples; the filter works in hops, since aubio's takes blocks of one size only

# The two pairs of poles of a Butterworth filter of the fourth order: 24 dB an octave, flat inside.
_QUALITIES = (0.54119610, 1.30656296)
_LOWEST_HZ = 20.0  # what counts as the lower end of a band that begins at 0
_HIGHEST = 0.45  # of the rate: a band that ends above has no upper end

_Biquad = tuple[float, float, float, float, float]  # b0, b1, b2, a1, a2


class BandPass:
    """What lies between two frequencies of a sound: Butterworth, 24 dB an octave on either side.

    `delay_s` is how much later the band's middle comes out, so that whoever looks for instants can take it off: 0.1 ms
    for hats, 8 ms for a kick drum's 30 to 120 Hz. Belongs to one thread.
    """

    def __init__(self, rate_hz: int, band: tuple[float, float]) -> None:
        low_hz, high_hz = min(band[0], _HIGHEST * rate_hz), band[1]
        biquads = [_high_pass(low_hz / rate_hz, quality) for quality in _QUALITIES if low_hz > 0]
        if high_hz < _HIGHEST * rate_hz:
            biquads += [_low_pass(high_hz / rate_hz, quality) for quality in _QUALITIES]
        middle = math.sqrt(max(low_hz, _LOWEST_HZ) * min(high_hz, _HIGHEST * rate_hz)) / rate_hz
        self.delay_s = sum(_delay(biquad, middle) for biquad in biquads) / rate_hz
        self._filters = [_filter(biquad) for biquad in biquads]
        self._rest: Mono32 = np.zeros(0, dtype=np.float32)

    def feed(self, block: Mono32) -> Mono32:
        """The band of the next samples, float32 (n,), any n. What is left over from whole hops comes with the next."""
        samples = np.concatenate([self._rest, block])
        whole = len(samples) - len(samples) % HOP
        self._rest = samples[whole:]
        filtered = np.empty(whole, dtype=np.float32)
        for start in range(0, whole, HOP):
            hop = samples[start : start + HOP]
            for one in self._filters:
                hop = one(hop)
            filtered[start : start + HOP] = hop
        return filtered


def _filter(biquad: _Biquad) -> Any:
    import aubio  # noqa: PLC0415 - 0.1 s, for shows that listen in bands only

    made = aubio.digital_filter(3)  # float64 inside
    made.set_biquad(*biquad)
    return made


def _low_pass(at: float, quality: float) -> _Biquad:
    """Robert Bristow-Johnson's cookbook formula; `at` is the edge as a part of the rate."""
    cosine, alpha = _cosine_alpha(at, quality)
    return _normal(((1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2), cosine, alpha)


def _high_pass(at: float, quality: float) -> _Biquad:
    """The cookbook's too."""
    cosine, alpha = _cosine_alpha(at, quality)
    return _normal(((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2), cosine, alpha)


def _cosine_alpha(at: float, quality: float) -> tuple[float, float]:
    turn = 2 * math.pi * at
    return math.cos(turn), math.sin(turn) / (2 * quality)


def _normal(ahead: tuple[float, float, float], cosine: float, alpha: float) -> _Biquad:
    scale = 1 + alpha
    return (ahead[0] / scale, ahead[1] / scale, ahead[2] / scale, -2 * cosine / scale, (1 - alpha) / scale)


def _delay(biquad: _Biquad, at: float) -> float:
    """The group delay at a frequency (a part of the rate), in samples: how steeply the phase falls there."""
    step = at / 1000
    turned = cmath.phase(_response(biquad, at + step) / _response(biquad, at - step))
    return -turned / (2 * math.pi * 2 * step)


def _response(biquad: _Biquad, at: float) -> complex:
    b0, b1, b2, a1, a2 = biquad
    z = cmath.exp(-2j * math.pi * at)
    return (b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z)
