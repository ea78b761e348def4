"""Onsets in samples: one detector for a whole track and for live input, by aubio's detection functions.

Times are where a hit begins, not where aubio noticed it: aubio's delay is taken off, and so is what is left of
it for each method (measured on synthetic clicks and drums with known times). Nothing here knows a device, and
the same samples give the same onsets however they are cut into blocks.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from engine.model.sound import Onsets
from engine.model.world import Onset

Mono32 = npt.NDArray[np.float32]

WINDOW = 1024  # samples
HOP = 256  # samples; 128 doubled the false hits under sustained pads
_LEAD_IN_HOPS = 8  # silence fed first: aubio treats a sound's very beginning by rules of its own
_TAIL_HOPS = 8  # silence fed last: a hit is noticed about four hops after it sounded
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


class OnsetStream:
    """Onsets of a sound that arrives block by block. Belongs to one thread.

    `latency_s` is how long after a hit its onset can be given at best (the detector's delay; aubio's figure).
    """

    def __init__(self, rate_hz: int, settings: Onsets) -> None:
        import aubio  # noqa: PLC0415 - 0.1 s, and a show without music or live onsets needs none of it

        self._rate_hz = rate_hz
        self._detector = aubio.onset(settings.method, WINDOW, HOP, rate_hz)
        self._detector.set_threshold(settings.threshold)
        # The gate and the gap are kept here. aubio's gate looks at the newest hop only, four hops after the
        # hit, and so loses every click out of digital silence whatever its level.
        self._detector.set_silence(-math.inf)
        self._detector.set_minioi_s(0.0)
        self._delay = int(self._detector.get_delay())
        self.latency_s = self._delay / rate_hz
        self._early_s = _EARLY_MS[settings.method] / 1000
        self._floor_rms = 10 ** (settings.silence_db / 20)
        self._min_gap_s = settings.min_gap_s
        self._last_s = -math.inf
        self._rest: Mono32 = np.zeros(_LEAD_IN_HOPS * HOP, dtype=np.float32)
        self._powers: list[float] = []  # mean square of each hop that may still matter
        self._hops = 0
        self._strongest = 0.0

    def feed(self, block: Mono32) -> list[Onset]:
        """Hear the next samples, float32 (n,), any n; the onsets noticed in them, in order.

        Times are seconds since the first sample ever fed. Strength is relative to the strongest so far.
        """
        found = []
        for at_s, level in self._heard(block):
            self._strongest = max(self._strongest, level)
            found.append(Onset(at_s, _relative(level, self._strongest)))
        return found

    def _heard(self, block: Mono32) -> list[tuple[float, float]]:
        """(time, absolute level) of each onset noticed in `block` and what was left over from the one before."""
        samples = np.concatenate([self._rest, np.asarray(block, dtype=np.float32)])
        found = []
        whole = len(samples) - len(samples) % HOP
        for start in range(0, whole, HOP):
            hit = self._hop(samples[start : start + HOP])
            if hit is not None:
                found.append(hit)
        self._rest = samples[whole:]
        return found

    def _hop(self, hop: Mono32) -> tuple[float, float] | None:
        self._powers.append(float(np.dot(hop, hop)) / HOP)
        del self._powers[: -(_BEFORE_HOPS + self._delay // HOP + 4)]
        self._hops += 1
        if not self._detector(hop)[0]:
            return None
        at = int(self._detector.get_last()) - _LEAD_IN_HOPS * HOP
        at_s = max(at / self._rate_hz + self._early_s, 0.0)
        loudest, rise = self._level_since(at)
        if loudest < self._floor_rms or at_s < self._last_s + self._min_gap_s:
            return None
        self._last_s = at_s
        return at_s, rise

    def _level_since(self, at: int) -> tuple[float, float]:
        """Of the hops since sample `at`: the loudest one's RMS, and the RMS of what came on top of the sound before.

        Powers of unrelated sounds add, so a hat over a loud pad is as strong as the hat alone.
        """
        age = min(max(self._hops - _LEAD_IN_HOPS - at // HOP, 1), len(self._powers))
        since, before = self._powers[-age:], self._powers[:-age][-_BEFORE_HOPS:]
        loudest = max(since)
        return math.sqrt(loudest), math.sqrt(max(loudest - (max(before) if before else 0.0), 0.0))


def find_onsets(samples: Mono32, rate_hz: int, settings: Onsets) -> tuple[Onset, ...]:
    """Every onset of a whole sound: float32 mono (n,), nominally -1..1. Any thread; the same in, the same out.

    Times are seconds from the first sample, rising, at least `settings.min_gap_s` apart; strength is 0..1 of the
    strongest. About 0.5 % of the sound's length in CPU time.
    """
    stream = OnsetStream(rate_hz, settings)
    heard = stream._heard(samples) + stream._heard(np.zeros(_TAIL_HOPS * HOP, dtype=np.float32))
    duration_s = len(samples) / rate_hz
    heard = [(at_s, level) for at_s, level in heard if at_s < duration_s]
    strongest = max((level for _, level in heard), default=0.0)
    return tuple(Onset(at_s, _relative(level, strongest)) for at_s, level in heard)


def _relative(level: float, strongest: float) -> float:
    return min(level / strongest, 1.0) if strongest > 0 else 0.0
