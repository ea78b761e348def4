"""Level meters: peak and RMS of the buses, block by block."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from engine.model.meters import SILENCE_DB, Meter, Meters

Samples32 = npt.NDArray[np.float32]

_FALL_DB_S = 20.0
_RMS_S = 0.3


class LevelMeter:
    """The meter of one bus. Belongs to one thread."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._peak = np.zeros(2)
        self._square = np.zeros(2)

    def add(self, block: Samples32) -> None:
        """Take in a block, (2, n)."""
        seconds = block.shape[1] / self._rate_hz
        self._peak = np.maximum(np.abs(block).max(axis=1), self._peak * 10 ** (-_FALL_DB_S / 20 * seconds))
        weight = 1 - math.exp(-seconds / _RMS_S)
        self._square += weight * (np.einsum("cn,cn->c", block, block) / block.shape[1] - self._square)

    def read(self) -> Meter:
        return Meter(_db(self._peak), _db(np.sqrt(self._square)))


class LevelMeters:
    """The meters of all buses. `latest` is replaced whole by the mixing thread; any thread reads it."""

    def __init__(self, rate_hz: int) -> None:
        self.latest = Meters()
        self._master, self._track, self._clips = (LevelMeter(rate_hz) for _ in range(3))

    def add_buses(self, track: Samples32, clips: Samples32) -> None:
        self._track.add(track)
        self._clips.add(clips)

    def add_master(self, block: Samples32) -> None:
        self._master.add(block)

    def publish(self) -> None:
        """Let others see what was added up to now."""
        self.latest = Meters(self._master.read(), self._track.read(), self._clips.read())


def _db(amplitudes: npt.NDArray[np.float64]) -> tuple[float, float]:
    left, right = 20 * np.log10(np.maximum(amplitudes, 10 ** (SILENCE_DB / 20)))
    return round(float(left), 2), round(float(right), 2)
