"""What the suites share: the collector set aside, CPU seconds beside wall seconds, and samples turned into rows."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType

import numpy as np

from tools.bench.rows import Bar, Row


@contextmanager
def collector_set_aside() -> Iterator[None]:
    """No collection within, as on stage (engine.app.play): its pauses are not what is measured."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@dataclass(slots=True)
class Stopwatch:
    """Wall and CPU seconds of `with` blocks, summed; CPU of every thread of this process."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    _begun: tuple[float, float] = (0.0, 0.0)

    def __enter__(self) -> Stopwatch:
        self._begun = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wall_s += time.perf_counter() - self._begun[0]
        self.cpu_s += time.process_time() - self._begun[1]


@dataclass(frozen=True, slots=True)
class Case:
    """What every row of one case has in common."""

    suite: str
    name: str

    def row(self, figure: str, value: float | None, unit: str, bar: Bar | None = None, note: str = "") -> Row:
        return Row(self.suite, self.name, figure, value, unit, bar, note)

    def part(self, what: str) -> Case:
        """A case beside this one, for one thing in it."""
        return Case(self.suite, f"{self.name}: {what}")

    def spread(self, what: str, values: Sequence[float], unit: str) -> Iterator[Row]:
        """Median, 99th percentile and worst of `values`, in a part of their own; None where there are no values."""
        part = self.part(what)
        yield part.row("p50", percentile(values, 50), unit)
        yield part.row("p99", percentile(values, 99), unit)
        yield part.row("worst", max(values, default=None), unit)

    def cpu(self, watch: Stopwatch) -> Row:
        """How many cores the block kept busy."""
        return self.row("CPU seconds a second", watch.cpu_s / watch.wall_s if watch.wall_s else None, "s/s")


def without_bars(rows: Iterable[Row]) -> Iterator[Row]:
    """The same rows, held to nothing: a quick trial's figures mean little."""
    return (replace(row, bar=None) for row in rows)


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The percentile (0..100), interpolated; None of nothing."""
    return float(np.percentile(values, percent)) if len(values) else None


def ratio(above: float | None, below: float | None) -> float | None:
    """`above` ÷ `below`; None where either is missing or there is nothing to divide by."""
    return above / below if above is not None and below else None


@dataclass(slots=True)
class Collections:
    """How often the collector runs within a `with` block, whoever made it run."""

    count: int = field(default=0)

    def __enter__(self) -> Collections:
        gc.callbacks.append(self._seen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        gc.callbacks.remove(self._seen)

    def _seen(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self.count += 1
