"""aubio's detection functions as a hit detector, with its times put right.

Times are where a hit begins, not where aubio noticed it: aubio's delay is taken off, and so is what is left of
it for each method (measured on synthetic clicks and drums with known times).
"""

from __future__ import annotations

import math

import numpy as np

from engine.analysis.hit import Hit, Mono32

WINDOW = 1024  # samples
HOP = 256  # samples; 128 doubled the false hits under sustained pads
_LEAD_IN_HOPS = 8  # silence fed first: aubio treats a sound's very beginning by rules of its own
_BEFORE_HOPS = 4  # the level that a hit stands out from is taken over these

# How much earlier than the hit aubio's own compensated time lies, in ms: medians over clicks, kick, snare and
# hat at 48 kHz, window 1024, hop 256. What remains is within 10 ms for each method, mostly within 4.
_EARLY_MS = {
    "hfc": 0.5,
    "specdiff": 0.0,
    "energy": -2.5,
    "kl": 0.0,
    "mkl": 0.5,
    "complex": 3.5,
    "phase": 5.0,
    "specflux": 5.0,
}


class AubioDetector:
    """Hits by one of aubio's methods. Belongs to one thread.

    `threshold` is aubio's own. What is quieter than `floor_rms` is no hit.
    """

    def __init__(self, rate_hz: int, *, method: str, threshold: float, floor_rms: float) -> None:
        import aubio  # noqa: PLC0415 - 0.1 s, and a show without music or live onsets needs none of it

        self._rate_hz = rate_hz
        self._detector = aubio.onset(method, WINDOW, HOP, rate_hz)
        self._detector.set_threshold(threshold)
        # The gate and the gap are kept by us. aubio's gate looks at the newest hop only, four hops after the
        # hit, and so loses every click out of digital silence whatever its level.
        self._detector.set_silence(-math.inf)
        self._detector.set_minioi_s(0.0)
        self._delay = int(self._detector.get_delay())
        self.latency_s = self._delay / rate_hz
        self._early_s = _EARLY_MS[method] / 1000
        self._floor_rms = floor_rms
        self._rest: Mono32 = np.zeros(_LEAD_IN_HOPS * HOP, dtype=np.float32)
        self._powers: list[float] = []  # mean square of each hop that may still matter
        self._hops = 0

    def feed(self, block: Mono32) -> list[Hit]:
        """Hear the next samples, float32 (n,), any n; the hits found in them, in order."""
        samples = np.concatenate([self._rest, block])
        found = []
        whole = len(samples) - len(samples) % HOP
        for start in range(0, whole, HOP):
            hit = self._hop(samples[start : start + HOP])
            if hit is not None:
                found.append(hit)
        self._rest = samples[whole:]
        return found

    def _hop(self, hop: Mono32) -> Hit | None:
        self._powers.append(float(np.dot(hop, hop)) / HOP)
        del self._powers[: -(_BEFORE_HOPS + self._delay // HOP + 4)]
        self._hops += 1
        if not self._detector(hop)[0]:
            return None
        at = int(self._detector.get_last()) - _LEAD_IN_HOPS * HOP
        loudest, rise = self._level_since(at)
        if loudest < self._floor_rms:
            return None
        return Hit(max(at / self._rate_hz + self._early_s, 0.0), rise)

    def _level_since(self, at: int) -> tuple[float, float]:
        """Of the hops since sample `at`: the loudest one's RMS, and the RMS of what came on top of the sound before.

        Powers of unrelated sounds add, so a hat over a loud pad is as strong as the hat alone.
        """
        age = min(max(self._hops - _LEAD_IN_HOPS - at // HOP, 1), len(self._powers))
        since, before = self._powers[-age:], self._powers[:-age][-_BEFORE_HOPS:]
        loudest = max(since)
        return math.sqrt(loudest), math.sqrt(max(loudest - (max(before) if before else 0.0), 0.0))
