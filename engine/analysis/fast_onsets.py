"""The engine's own onset detector: onsets told 1 to 3 ms after they sound, for live drums and for whole tracks alike.

Where the rise curve (`rise_curve.py`: log-filtered spectral flux, whitened) comes over a threshold, part fixed and
part the curve's recent mean, is an onset: at once, without waiting for the peak, which is where other detectors spend
their time. The adaptive part is that of S. Böck, F. Krebs and M. Schedl, "Evaluating the online capabilities of onset
detection methods" (ISMIR 2012).
"""

from __future__ import annotations

import numpy as np

from engine.analysis.hit import Hit, Mono32
from engine.analysis.rise_curve import COMPRESSION, HOP, RISE_HOPS, Floats, RiseCurve

_MEAN_S = 0.4  # over which the curve's mean raises the threshold
_MEAN_SHARE = 0.5
_THRESHOLD_UNIT = 0.04 / 0.3  # so that 0.3 suits music here as with aubio's methods
# In one band a single instrument is meant, and its neighbours reach into it: 0.3 hears what comes within some 14 dB of
# the loudest hits of the past seconds.
_BAND_THRESHOLD_UNIT = 0.25 / 0.3
_BAND_COMPRESSION = 2.0
_REARM = 0.8  # of the threshold: below it the next onset may come
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
        self._curve = RiseCurve(rate_hz, band, compression=COMPRESSION if band is None else _BAND_COMPRESSION)
        self._threshold = threshold * (_THRESHOLD_UNIT if band is None else _BAND_THRESHOLD_UNIT)
        self._floor_power = floor_rms**2
        self._rest: Mono32 = np.zeros(0, dtype=np.float32)
        self._rises: Floats = np.zeros(round(_MEAN_S * rate_hz / HOP))  # of the hops before
        self._powers: Floats = np.zeros(_POWER_HOPS)
        self._hops = 0
        self._armed = True

    def feed(self, block: Mono32) -> list[Hit]:
        """Hear the next samples, float32 (n,), any n; the onsets found in them. Seconds count from the first sample."""
        samples = np.concatenate([self._rest, block])
        whole = len(samples) - len(samples) % HOP
        self._rest = samples[whole:]
        if not whole:
            return []
        hops = samples[:whole].reshape(-1, HOP)
        self._powers = np.concatenate([self._powers[-_POWER_HOPS:], np.mean(np.square(hops, dtype=np.float64), axis=1)])
        rises = self._curve.feed(samples[:whole])
        return self._pick(rises, self._limits(rises))

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
        return bool(self._powers[newest - RISE_HOPS : newest].max() >= self._floor_power)

    def _hit(self, hop: int) -> Hit:
        at_s = ((self._hops + hop + 1) * HOP) / self._rate_hz - _LATE_S
        begun = _POWER_HOPS + hop - 1
        before = self._powers[begun - _BEFORE_HOPS : begun].max()
        loudest = self._powers[begun : begun + _HIT_HOPS].max()
        return Hit(max(at_s, 0.0), float(np.sqrt(max(loudest - before, 0.0))))
