"""What a suite of the benchmark gives: rows, each one figure, with the bar that it is held to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must keep to."""

    relation: Literal["≤", "≥"]
    limit: float

    def __str__(self) -> str:
        return f"{self.relation} {self.limit:g}"

    def met_by(self, value: float) -> bool:
        return value <= self.limit if self.relation == "≤" else value >= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: `suite` and `case` say what was done, `figure` what of it, `unit` in what ("ms", "×", "bytes").

    `value` is None where it could not be measured; `note` then says why.
    """

    suite: str
    case: str
    figure: str
    value: float | None
    unit: str
    bar: Bar | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bar is kept; None without a bar or a value."""
        return None if self.bar is None or self.value is None else self.bar.met_by(self.value)


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked of a run. `media` is where test clips are made once and kept; `full` takes the long runs.

    `quick` takes small pictures and few of them: a trial of the bench itself, whose figures mean little and are held
    to no bar. `library` is a library to measure instead of the test clips, where a suite can.
    """

    media: Path
    full: bool = False
    quick: bool = False
    library: Path | None = None


Tell: TypeAlias = Callable[[str], None]  # says what is being done now, for the progress line
Suite: TypeAlias = Callable[[Options, Tell], Iterator[Row]]
