"""Movement CSV: the schedule of one movement, as a person edits it in a spreadsheet.

Columns `order,clip,in_s,out_s,duration_s,layer,transition,hint`, in any order; only `clip` must be there. The rows of
a layer run one after another by `order`. What spreadsheets do is taken as it comes: a byte-order mark, commas,
semicolons or tabs, any line end, decimal commas, quoted cells, empty rows and columns at the end.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import Problem
from engine.formats.movement_table import COLUMNS, Line, Table
from engine.formats.nearest import did_you_mean
from engine.formats.replace_file import replace_file
from engine.formats.transition_cell import Cell, read_cell, write_cell
from engine.model.clips import Clip
from engine.model.schedule import Schedule, ScheduleRow

MAX_BYTES = 16 * 2**20
MAX_SECONDS = 86_400.0
# Finding the nearest of 2,000 slugs takes up to 0.1 s; a schedule of another library would ask for it in each row.
MAX_SUGGESTIONS = 20

_NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
# A spreadsheet takes a cell that begins so for a formula, and a hint or a shader may come from a file's name. The
# apostrophe that spreadsheets know as "this is text" keeps it from being run.
_FORMULA_STARTS = ("=", "+", "-", "@", "'")

WhyNot = Callable[[str], tuple[str, str] | None]
"""Why a shader cannot be a transition, by its name, and what would mend that; None where it can."""


def read_movement_csv(
    path: Path,
    clips: Mapping[str, Clip] | None,
    layer_names: Sequence[str] | None,
    why_no_transition: WhyNot | None = None,
) -> tuple[Schedule, list[Problem]]:
    """Read a movement CSV against the clips and layers of its show. Any thread.

    Returns the schedule, its rows in the file's order with their starts worked out, and every problem found with its
    line; a row with a problem is left out. None for `clips`, `layer_names` or `why_no_transition` leaves those
    unchecked, for a show whose own are not known yet. Never raises for what the file holds, or that it cannot be read.
    """
    table = _Schedule(str(path), clips, layer_names, why_no_transition)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Schedule(()), [Problem(str(path), 0, "", f"cannot be read: {reason}", "check its name and its rights")]
    if len(content) > MAX_BYTES:
        table.problem(0, "", "is larger than 16 MiB", "a schedule is a small table; is this another file?")
        return Schedule(()), table.problems
    text = table.decode(content)
    rows = table.rows(text) if text is not None else []
    if not rows and not table.problems:
        table.problem(0, "", "has no rows", "add one, or leave schedule out of the movement")
    return Schedule(tuple(placed(rows))), table.problems


def write_movement_csv(path: Path, rows: Iterable[ScheduleRow]) -> None:
    """Write a movement CSV in UTF-8, replacing `path` whole. Any thread.

    `start_s` is not written: it follows from the rows before. Reading the file gives the same rows if they are
    `placed`, their numbers within the format's bounds and their hints without blanks at the ends; a hint's line ends
    become \\n.
    Raises OutputError where it cannot be written; then `path` is as it was.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        hint = row.hint.replace("\r\n", "\n").replace("\r", "\n")  # the csv module leaves a lone \r unquoted
        fade = write_cell(Cell(row.transition, row.transition_s))
        end = "" if row.out_s is None else _text(row.out_s)
        writer.writerow(
            (
                row.order,
                row.clip or "",
                _text(row.in_s),
                end,
                _text(row.duration_s),
                row.layer,
                _safe(fade),
                _safe(hint),
            )
        )
    # A hint may be made from a file's name, whose odd bytes have no UTF-8: they become "?".
    replace_file(path, out.getvalue().encode("utf-8", "replace"))


def placed(rows: Sequence[ScheduleRow]) -> list[ScheduleRow]:
    """The same rows with `start_s` worked out: those of a layer one after another by `order`, equal ones as given."""
    starts: dict[str, float] = {}
    start_of: dict[int, float] = {}
    for index in sorted(range(len(rows)), key=lambda index: rows[index].order):
        row = rows[index]
        start_of[index] = starts.get(row.layer, 0.0)
        starts[row.layer] = start_of[index] + row.duration_s
    return [replace(row, start_s=start_of[index]) for index, row in enumerate(rows)]


class _Schedule(Table):
    """One reading of one schedule, and the problems found on the way."""

    def __init__(
        self,
        file: str,
        clips: Mapping[str, Clip] | None,
        layer_names: Sequence[str] | None,
        why_no_transition: WhyNot | None,
    ) -> None:
        super().__init__(file)
        self._why_no_transition = why_no_transition
        self._clips = clips
        self._layer_names = layer_names
        self._suggested = 0

    def rows(self, text: str) -> list[ScheduleRow]:
        """Every sound row, in the file's order, not yet placed."""
        columns, lines = self.lines(text)
        found = (self._row(line, columns) for line in lines)
        return [row for row in found if row is not None]

    def _row(self, line: Line, columns: Collection[str]) -> ScheduleRow | None:
        before = len(self.problems)
        order = self._number(line, "order", 0, 1e9) if "order" in columns else float(line.number)
        in_s = self._number(line, "in_s", 0, MAX_SECONDS, empty=0.0)
        out_s = self._number(line, "out_s", 0, MAX_SECONDS) if line.cell("out_s") else None
        given_s = self._number(line, "duration_s", 0, MAX_SECONDS) if line.cell("duration_s") else None
        transition = self._transition(line)
        layer = self._layer(line)
        clip = self._clip(line)
        if order % 1 > 0:
            self.problem(line.number, "order", f"must be a whole number, not {line.cell('order')}")
        out_s = self._material(line, clip, in_s, out_s)
        duration_s = self._duration(line, clip, in_s, out_s, given_s)
        if len(self.problems) > before:
            return None
        return ScheduleRow(
            order=int(order),
            layer=layer,
            clip=line.cell("clip") or None,
            start_s=0.0,
            duration_s=duration_s,
            in_s=in_s,
            out_s=out_s,
            transition_s=transition.seconds,
            transition=transition.shader,
            hint=_plain(line.cell("hint")),
        )

    def _number(self, line: Line, column: str, low: float, high: float, empty: float = math.nan) -> float:
        """The number in a cell; `empty` for an empty one, or a problem where that is NaN.

        After a problem it is NaN, which no later comparison finds fault with.
        """
        text = line.cell(column)
        if not text:
            if math.isnan(empty):
                self.problem(line.number, column, "is empty", "give it a number")
            return empty
        if not _NUMBER.fullmatch(text):
            mend = "seconds, as a plain number" if column.endswith("_s") else ""
            self.problem(line.number, column, f"must be a number, not {text[:40]}", mend)
            return math.nan
        value = float(text.replace(",", "."))
        if not low <= value <= high:
            self.problem(line.number, column, f"must be {low:g} to {high:g}, not {text[:40]}")
            return math.nan
        return value + 0.0  # -0.0 becomes 0.0

    def _transition(self, line: Line) -> Cell:
        text = _plain(line.cell("transition"))
        cell = read_cell(text)
        if cell is None:
            mend = "it takes cut, fade SECONDS or SHADER SECONDS, up to 60"
            self.problem(line.number, "transition", f"cannot be {text[:40]}", mend)
            return Cell()
        if cell.shader and self._why_no_transition is not None:
            reason = self._why_no_transition(cell.shader)
            if reason is not None:
                self.problem(line.number, "transition", *reason)
        return cell

    def _layer(self, line: Line) -> str:
        name = line.cell("layer")
        known = self._layer_names
        if known is None or name in known:
            return name
        if not name and len(known) == 1:
            return known[0]
        names = ", ".join(known)
        if name:
            mend = did_you_mean(name, known, f"the show has {names}")
            self.problem(line.number, "layer", f"the show has no layer {name[:80]}", mend)
        else:
            self.problem(line.number, "layer", "is empty", f"name one of {names}")
        return name

    def _clip(self, line: Line) -> Clip | None:
        slug = line.cell("clip")
        if not slug or self._clips is None:
            return None
        if slug not in self._clips:
            mend = "runtime-preprocess run makes clips; an empty cell is a gap"
            if self._suggested < MAX_SUGGESTIONS:
                mend = did_you_mean(slug, self._clips, mend)
                self._suggested += 1
            self.problem(line.number, "clip", f"the library has no clip {slug[:80]}", mend)
        return self._clips.get(slug)

    def _material(self, line: Line, clip: Clip | None, in_s: float, out_s: float | None) -> float | None:
        """`out_s` checked against `in_s` and the clip: past its end by less than a frame, it is the end."""
        if out_s is not None and out_s <= in_s:
            self.problem(line.number, "out_s", f"must be after in_s ({in_s:g}), not {out_s:g}")
        elif clip is not None and in_s >= clip.duration_s:
            self.problem(line.number, "in_s", f"{in_s:g} is past the end of {clip.slug} ({clip.duration_s:g} s)")
        elif clip is not None and out_s is not None and out_s > clip.duration_s:
            if out_s - clip.duration_s < float(1 / clip.rate):
                return None
            self.problem(
                line.number,
                "out_s",
                f"{out_s:g} is past the end of {clip.slug} ({clip.duration_s:g} s)",
                "leave it empty for the end; a longer duration_s is filled by the layer's loop mode",
            )
        return out_s

    def _duration(
        self, line: Line, clip: Clip | None, in_s: float, out_s: float | None, given_s: float | None
    ) -> float:
        if given_s is not None:
            if given_s <= 0:
                self.problem(line.number, "duration_s", "must be more than 0", "take the row out to skip it")
            return given_s
        if out_s is not None:
            return out_s - in_s
        if clip is not None:
            return clip.duration_s - in_s
        if not line.cell("clip"):
            self.problem(line.number, "duration_s", "is empty", "a gap needs a duration")
        return 0.0


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def _text(number: float) -> str:
    """The shortest text that reads back as the same number, without a useless ".0"."""
    return repr(float(number)).removesuffix(".0")
