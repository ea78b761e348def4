"""The figures of a run: counters and samples, each written by one thread and read by any."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(slots=True)
class Counter:
    """A count. One thread adds; any may read."""

    count: int = 0

    def add(self, number: int = 1) -> None:
        self.count += number


class Samples:
    """The last `size` values of one quantity (float64), in a ring. One thread adds; any may read."""

    def __init__(self, size: int = 8192) -> None:
        self._ring: npt.NDArray[np.float64] = np.zeros(size)
        self.count = 0  # of all values ever added

    def add(self, value: float) -> None:
        self._ring[self.count % len(self._ring)] = value
        self.count += 1

    def percentile(self, percent: float) -> float:
        """The percentile (0..100) of the values held; 0 without any."""
        held = self._ring[: min(self.count, len(self._ring))]
        return float(np.percentile(held, percent)) if len(held) else 0.0

    @property
    def last(self) -> float:
        return float(self._ring[(self.count - 1) % len(self._ring)]) if self.count else 0.0


@dataclass(slots=True)
class Figures:
    """Every counter and sample ring of a run, by name. Names ending in `_ms` are milliseconds.

    Ask for a counter once, at construction, and keep it: looking one up is for set-up, not for the loop.
    """

    counters: dict[str, Counter] = field(default_factory=dict)
    samples_by_name: dict[str, Samples] = field(default_factory=dict)

    def counter(self, name: str) -> Counter:
        return self.counters.setdefault(name, Counter())

    def samples(self, name: str) -> Samples:
        return self.samples_by_name.setdefault(name, Samples())

    def snapshot(self) -> dict[str, float]:
        """All figures as numbers: counters by name, samples as NAME_p50 and NAME_p99."""
        numbers: dict[str, float] = {name: counter.count for name, counter in self.counters.items()}
        for name, samples in self.samples_by_name.items():
            if samples.count:
                numbers[f"{name}_p50"] = round(samples.percentile(50), 3)
                numbers[f"{name}_p99"] = round(samples.percentile(99), 3)
        return numbers
