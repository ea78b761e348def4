"""A movement's schedule: which clip each layer plays when. The CSV that a person edits, in values."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One row of a movement CSV, placed: it runs from `start_s` for `duration_s` of the movement's time.

    `clip` is a slug, or None for a gap. `in_s` and `out_s` bound the material used (seconds of the clip;
    `out_s` None means its end). `transition_s` is the length of the transition from the row before (0 cuts), and
    `transition` the shader that makes it; "" leaves that to the layer.
    """

    order: int
    layer: str
    clip: str | None
    start_s: float
    duration_s: float
    in_s: float = 0.0
    out_s: float | None = None
    transition_s: float = 0.0
    hint: str = ""
    transition: str = ""

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rows of one movement; for each layer in the order in which they run, one after another."""

    rows: tuple[ScheduleRow, ...]
    by_layer: dict[str, tuple[ScheduleRow, ...]] = field(init=False, compare=False, repr=False)
    _starts: dict[str, tuple[float, ...]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        by_layer: dict[str, list[ScheduleRow]] = {}
        for row in self.rows:
            by_layer.setdefault(row.layer, []).append(row)
        ordered = {layer: tuple(sorted(rows, key=lambda row: row.start_s)) for layer, rows in by_layer.items()}
        object.__setattr__(self, "by_layer", ordered)
        starts = {layer: tuple(row.start_s for row in rows) for layer, rows in ordered.items()}
        object.__setattr__(self, "_starts", starts)

    @property
    def duration_s(self) -> float:
        """Where the last row ends; 0 for an empty schedule."""
        return max((row.end_s for row in self.rows), default=0.0)

    def row_index_at(self, layer: str, position_s: float) -> int | None:
        """Index into `by_layer[layer]` of the row that runs at `position_s`; None without any.

        Before the first row it is None; the last row goes on past its end.
        """
        starts = self._starts.get(layer)
        if not starts:
            return None
        index = bisect_right(starts, position_s + 1e-9) - 1
        return index if index >= 0 else None

    def next_start_s(self, layer: str, position_s: float) -> float | None:
        """Where the layer's first row after `position_s` begins; None without any."""
        starts = self._starts.get(layer, ())
        index = bisect_right(starts, position_s + 1e-9)
        return starts[index] if index < len(starts) else None
