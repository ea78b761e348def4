"""The figures of a run: counters and samples, each written by one thread and read by any.

What they are called and what they mean stands in engine.model.figures.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import frexp

import numpy as np
import numpy.typing as npt

from engine.model.figures import STATISTICS, statistic_name

_LEAST_EXPONENT, _MOST_EXPONENT = -20, 44  # from a nanosecond in ms to 16 TiB in bytes
_LEAST, _MOST = 2.0**_LEAST_EXPONENT, 2.0**_MOST_EXPONENT
_STEPS = 64  # from a power of two to the next
# A value's place is its number of steps from 1/4: a bucket each, and one below the least for what is next to nothing.
_FIRST = (_LEAST_EXPONENT + 2) * _STEPS - 1
_PLACES = np.arange(_FIRST, (_MOST_EXPONENT + 2) * _STEPS + 1)
_VALUES: npt.NDArray[np.float64] = np.ldexp(_STEPS + _PLACES % _STEPS, _PLACES // _STEPS - 8)  # a bucket's middle
_VALUES[0] = 0.0
_TO_BUCKET = 0.5 - _FIRST


@dataclass(slots=True)
class Counter:
    """A count. One thread adds; any may read."""

    count: int = 0

    def add(self, number: int = 1) -> None:
        self.count += number


class Samples:
    """How the values of one quantity are spread, over the whole run: a histogram in logarithmic buckets.

    Values are float, ≥ 0. Percentiles come back within 0.8 % of a value that was added, and exactly where the values
    are whole numbers up to 128; whatever is below 1e-6, or no number, counts as 0, and what is above 1.7e13 as that.
    The size is fixed (33 kB), so is the time of `add`. One thread adds; any may read, and sees all but what is
    being added just then.
    """

    __slots__ = ("_counts", "count", "largest", "last")

    def __init__(self) -> None:
        self._counts = array("q", bytes(8 * len(_VALUES)))
        self.count = 0
        self.last = 0.0
        self.largest = 0.0

    def add(self, value: float) -> None:
        self.last = value
        if value > self.largest:  # noqa: PLR1730 (a call of max would cost as much as the rest)
            self.largest = value
        bucket = 0
        if value >= _LEAST:
            mantissa, exponent = frexp(value if value < _MOST else _MOST)
            bucket = int(mantissa * (2 * _STEPS) + exponent * _STEPS + _TO_BUCKET)  # 0.5 ≤ mantissa < 1
        self._counts[bucket] += 1
        self.count += 1

    def percentile(self, percent: float) -> float:
        """The least value that `percent` (0..100) of all values do not exceed; 0 without any."""
        return self.percentiles([percent])[0]

    def percentiles(self, percents: Sequence[float]) -> list[float]:
        """Several percentiles of the same values: the cost is that of one."""
        reached = np.cumsum(np.frombuffer(self._counts, np.int64))
        total, largest = int(reached[-1]), self.largest
        if not total:
            return [0.0] * len(percents)
        ranks = [max(1.0, percent / 100 * total) for percent in percents]
        return [min(float(_VALUES[bucket]), largest) for bucket in np.searchsorted(reached, ranks)]


@dataclass(slots=True)
class Figures:
    """Every counter and all samples of a run, by name. Names ending in `_ms` are milliseconds.

    Ask for a counter once, at construction, and keep it: looking one up is for set-up, not for the loop.
    """

    counters: dict[str, Counter] = field(default_factory=dict)
    samples_by_name: dict[str, Samples] = field(default_factory=dict)

    def counter(self, name: str) -> Counter:
        return self.counters.setdefault(name, Counter())

    def samples(self, name: str) -> Samples:
        return self.samples_by_name.setdefault(name, Samples())

    def snapshot(self) -> dict[str, float]:
        """All figures as numbers: counters by name, samples as NAME_p50, NAME_p99, NAME_max and NAME_last.

        Any thread, while others count and ask for more. Samples that nobody added to are left out.
        """
        # Lists, since another thread may add a name meanwhile: they are made in one go.
        numbers: dict[str, float] = {name: counter.count for name, counter in list(self.counters.items())}
        for name, samples in list(self.samples_by_name.items()):
            if samples.count:
                found = (*samples.percentiles((50, 99)), samples.largest, samples.last)
                for statistic, number in zip(STATISTICS, found, strict=True):
                    numbers[statistic_name(name, statistic)] = round(float(number), 3)
        return numbers
