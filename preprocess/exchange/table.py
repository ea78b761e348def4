"""Tables for a spreadsheet: written so that no cell is run, and read back whatever the spreadsheet made of them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Problem
from engine.formats.nearest import did_you_mean

MAX_BYTES = 256 * 2**20
# A spreadsheet runs a cell that begins so, and a caption may be anybody's. The apostrophe says "this is text".
_FORMULA = re.compile(r"\s*[=+\-@'\t\r＝＋－＠]")
_YES_NO = {"": None, "yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}
_LARGEST_CELL = 2**24


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet runs."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` made this cell of. A cell that it cannot have made is a text as it stands."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def table_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV in UTF-8. Texts are guarded, True and False are yes and no, None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value)
    # The csv module leaves a lone \r unquoted, and what reads it breaks the row there.
    return guarded(str(value).replace("\r\n", "\n").replace("\r", "\n"))


def yes_or_no(cell: str) -> bool | None:
    """What a cell says; None for an empty one. Raises ValueError for another word."""
    word = cell.strip().lower()
    if word not in _YES_NO:
        raise ValueError(f"must be yes, no or empty, not {cell[:40]}")
    return _YES_NO[word]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its 1-based line in the file, and its cells by column, as texts."""

    line: int
    cells: dict[str, str]


def read_table(
    file: Path, name: str, columns: Sequence[str], needed: Sequence[str]
) -> tuple[list[TableRow], list[Problem]]:
    """The rows of a CSV, and every problem with its line; a row with one is left out. Any thread.

    `columns` are those that it may have, `needed` those without which nothing can be read. A byte-order mark,
    UTF-16, commas, semicolons or tabs, any line end, empty rows, empty columns: all as it comes.
    """
    reading = _Reading(name, columns, needed)
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        reading.problem(0, "", f"cannot be read: {error.strerror}", "check its rights")
        return [], reading.problems
    if len(content) > MAX_BYTES:
        reading.problem(0, "", "is larger than 256 MiB", "is this another file?")
        return [], reading.problems
    return list(reading.rows(content)), reading.problems


class _Reading:
    """One reading of one table."""

    def __init__(self, name: str, columns: Sequence[str], needed: Sequence[str]) -> None:
        self.problems: list[Problem] = []
        self._name, self._columns, self._needed = name, columns, needed

    def problem(self, line: int, column: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(self._name, line, column, what, mend))

    def rows(self, content: bytes) -> Iterator[TableRow]:
        text = self._decoded(content)
        lines = self._lines(text) if text is not None else iter(())
        header = next(lines, None)
        if header is None:
            if text is not None:
                self.problem(1, "", "is empty", f"its first row names the columns: {', '.join(self._columns)}")
            return
        names = [cell.strip().lower() for cell in header[1]]
        if not self._check(header[0], names):
            return
        for line, cells in lines:
            if any(cells[len(names) :]):
                self.problem(
                    line, "", f"has more cells than the {len(names)} columns", "a cell with commas needs quotes"
                )
                continue
            by_name = dict(zip(names, cells, strict=False))
            yield TableRow(line, {name: unguarded(by_name.get(name, "")) for name in names if name})

    def _decoded(self, content: bytes) -> str | None:
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            self.problem(content.count(b"\n", 0, error.start) + 1, "", "is not UTF-8", "save it again as CSV UTF-8")
            return None

    def _lines(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The rows that have anything in them, each with the line on which it begins."""
        declared = re.match(r"sep=(.)\r?\n", text)
        skipped = 0
        if declared:
            text, skipped = text[declared.end() :], 1
        csv.field_size_limit(_LARGEST_CELL)
        separator = declared[1] if declared else self._separator(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        last = 0
        try:
            for cells in reader:
                first, last = last + 1 + skipped, reader.line_num
                if any(cell.strip() for cell in cells):
                    yield first, cells
        except csv.Error as error:
            self.problem(last + 1 + skipped, "", f"cannot be read as CSV: {error}", "is a quote left open here?")

    def _separator(self, text: str) -> str:
        first = next((line for line in text.splitlines() if line.strip()), "").lower()
        return max(",;\t", key=lambda one: sum(cell.strip(' "') in self._columns for cell in first.split(one)))

    def _check(self, line: int, names: Sequence[str]) -> bool:
        for name in names:
            if name and name not in self._columns:
                mend = did_you_mean(name, self._columns, f"it has {', '.join(self._columns)}")
                self.problem(line, name[:40], "is not a column of this table", mend)
            elif name and names.count(name) > 1:
                self.problem(line, name, "is there more than once", "keep one")
        for name in self._needed:
            if name not in names:
                self.problem(line, "", f"has no column {name}", f"the columns are {', '.join(self._columns)}")
        return set(self._needed) <= set(names)
