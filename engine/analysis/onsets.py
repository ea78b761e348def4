"""Onsets in samples: one detector for a whole track and for live input, by aubio's methods or the engine's own.

Nothing here knows a device, and the same samples give the same onsets however they are cut into blocks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from engine.analysis.aubio_onsets import AubioDetector
from engine.analysis.bands import BandPass
from engine.analysis.fast_onsets import FastDetector
from engine.analysis.hit import Hit, HitDetector, Mono32, clean
from engine.model.sound import Detection
from engine.model.world import Onset

_TAIL_S = 0.06  # silence fed last: aubio notices a hit about four hops after it sounded, and bands come late
_BAND_SHARE = 0.6  # of a band's delay after which a detector notices a hit in it: drums, each method, within 10 ms
PIECE_S = 10.0  # whole tracks are taken in pieces, so that memory stays small


class OnsetStream:
    """Onsets of a sound that arrives block by block. Belongs to one thread.

    `latency_s` is how long after a hit its onset can be given at best: the detector's delay and its band's.
    """

    def __init__(self, rate_hz: int, settings: Detection, *, name: str = "") -> None:
        self._name = name
        self._band = None if settings.band is None else BandPass(rate_hz, settings.band)
        self._band_delay_s = 0.0 if self._band is None else _BAND_SHARE * self._band.delay_s
        self._detector = _detector(rate_hz, settings)
        self.latency_s = self._detector.latency_s + self._band_delay_s
        self._min_gap_s = settings.min_gap_s
        self._last_s = -math.inf
        self._strongest = 0.0

    def feed(self, block: Mono32) -> list[Onset]:
        """Hear the next samples, float32 (n,), any n; the onsets noticed in them, in order.

        Times are seconds since the first sample ever fed. Strength is relative to the strongest so far, of what has
        been heard of the hit when it is noticed.
        """
        found = []
        for hit in self.hits(block):
            self._strongest = max(self._strongest, hit.rise)
            found.append(Onset(hit.at_s, _relative(hit.rise, self._strongest), self._name))
        return found

    def hits(self, block: Mono32) -> list[Hit]:
        """The same as hits, whose strength stands beside nothing: for a whole track, whose strongest comes last."""
        samples = clean(block)
        if self._band is not None:
            samples = self._band.feed(samples)
        found = []
        for hit in self._detector.feed(samples):
            at_s = max(hit.at_s - self._band_delay_s, 0.0)
            if at_s >= self._last_s + self._min_gap_s:
                self._last_s = at_s
                found.append(Hit(at_s, hit.rise))
        return found


class TrackOnsets:
    """Every onset of a whole sound that is handed over piece by piece. Belongs to one thread."""

    def __init__(self, rate_hz: int, settings: Detection, *, name: str = "") -> None:
        self._stream = OnsetStream(rate_hz, settings, name=name)
        self._rate_hz = rate_hz
        self._name = name
        self._heard = 0
        self._hits: list[Hit] = []

    def feed(self, block: Mono32) -> None:
        """Hear the next samples, float32 (n,), any n."""
        self._hits += self._stream.hits(block)
        self._heard += len(block)

    def found(self) -> tuple[Onset, ...]:
        """The onsets, rising, at least the least gap apart; strength is 0..1 of the strongest. Once, at the end."""
        self._hits += self._stream.hits(np.zeros(round(_TAIL_S * self._rate_hz), dtype=np.float32))
        hits = [hit for hit in self._hits if hit.at_s < self._heard / self._rate_hz]
        strongest = max((hit.rise for hit in hits), default=0.0)
        return tuple(Onset(hit.at_s, _relative(hit.rise, strongest), self._name) for hit in hits)


def find_onsets(samples: Mono32, rate_hz: int, settings: Detection) -> tuple[Onset, ...]:
    """Every onset of a whole sound: float32 mono (n,), nominally -1..1. Any thread; the same in, the same out.

    Times are seconds from the first sample, rising, at least `settings.min_gap_s` apart; strength is 0..1 of the
    strongest. About 0.5 % of the sound's length in CPU time.
    """
    track = TrackOnsets(rate_hz, settings)
    for piece in pieces(samples, rate_hz):
        track.feed(piece)
    return track.found()


def pieces(samples: Mono32, rate_hz: int) -> Iterable[Mono32]:
    """A whole sound, (n,) or (n, channels), in pieces of ten seconds."""
    length = round(PIECE_S * rate_hz)
    return (samples[begin : begin + length] for begin in range(0, len(samples), length))


def _detector(rate_hz: int, settings: Detection) -> HitDetector:
    floor_rms = 10 ** (settings.silence_db / 20)
    if settings.method == "fast":
        return FastDetector(rate_hz, threshold=settings.threshold, floor_rms=floor_rms, band=settings.band)
    return AubioDetector(rate_hz, method=settings.method, threshold=settings.threshold, floor_rms=floor_rms)


def _relative(level: float, strongest: float) -> float:
    return min(level / strongest, 1.0) if strongest > 0 else 0.0
