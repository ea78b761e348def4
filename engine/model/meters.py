"""What level meters show: how loud each bus is, in decibels below full."""

from __future__ import annotations

from dataclasses import dataclass

# What silence reads.
SILENCE_DB = -120.0


@dataclass(frozen=True, slots=True)
class Meter:
    """A bus, left and right, in dBFS (≥ SILENCE_DB): the highest sample, falling 20 dB/s, and the RMS of 0.3 s."""

    peak_db: tuple[float, float] = (SILENCE_DB, SILENCE_DB)
    rms_db: tuple[float, float] = (SILENCE_DB, SILENCE_DB)


@dataclass(frozen=True, slots=True)
class Meters:
    """The three buses: what leaves (after the limiter), the music, and the clips' own sound."""

    master: Meter = Meter()
    track: Meter = Meter()
    clips: Meter = Meter()
