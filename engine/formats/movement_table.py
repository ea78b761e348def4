"""The table in a movement CSV as spreadsheets save it: its text, its separator, its columns and its cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.errors import Problem
from engine.formats.nearest import did_you_mean

COLUMNS = ("order", "clip", "in_s", "out_s", "duration_s", "layer", "transition", "hint")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: its 1-based line, and its cells by column, stripped."""

    number: int
    cells: Mapping[str, str]

    def cell(self, column: str) -> str:
        return self.cells.get(column, "")


class Table:
    """One reading of one file, and the problems found on the way."""

    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self._file = file

    def problem(self, line: int, column: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(self._file, line, column, what, mend))

    def decode(self, content: bytes) -> str | None:
        # "Unicode text" of some spreadsheets is UTF-16 with a byte-order mark.
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self.problem(line, "", "is not UTF-8", "save it again as CSV UTF-8")
            return None

    def lines(self, text: str) -> tuple[list[str], Iterator[Line]]:
        """The names of the columns, none where they cannot be used, and the rows that are not empty."""
        lines = self._lines(text)
        header = next(lines, None)
        if header is None:
            return [], iter(())
        columns = self._columns(*header)
        return (columns, self._cells(lines, columns)) if "clip" in columns else ([], iter(()))

    def _lines(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Line number and stripped cells of each row that is not empty."""
        skipped = 0
        declared = re.match(r"sep=(.)\r?\n?", text)  # a spreadsheet's own way to name the separator
        if declared:
            text, skipped = text[declared.end() :], 1
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=declared[1] if declared else _separator(text), strict=True
        )
        last_line = 0
        try:
            for cells in reader:
                first_line, last_line = last_line + 1 + skipped, reader.line_num
                stripped = [cell.strip() for cell in cells]
                if any(stripped):
                    yield first_line, stripped
        except csv.Error as error:
            self.problem(last_line + 1 + skipped, "", f"cannot be read as CSV: {error}", "is a quote left open here?")

    def _columns(self, line: int, cells: list[str]) -> list[str]:
        columns = [cell.lower() for cell in cells]
        if not set(columns) & set(COLUMNS):
            self.problem(line, "", "does not begin with a row that names the columns", ",".join(COLUMNS))
            return columns
        for column in columns:
            if column and column not in COLUMNS:
                self.problem(
                    line, column, "is not a column of a schedule", did_you_mean(column, COLUMNS, ", ".join(COLUMNS))
                )
            elif column and columns.count(column) > 1:
                self.problem(line, column, "is there more than once", "keep one")
        if "clip" not in columns:
            self.problem(line, "", "has no column clip", f"the columns are {', '.join(COLUMNS)}")
        return columns

    def _cells(self, lines: Iterable[tuple[int, list[str]]], columns: list[str]) -> Iterator[Line]:
        for number, cells in lines:
            if any(cells[len(columns) :]):
                self.problem(
                    number,
                    "",
                    f"has more cells than the {len(columns)} columns",
                    "a decimal comma or a comma in a hint needs quotes around its cell",
                )
            else:
                yield Line(number, dict(zip(columns, cells, strict=False)))


def _separator(text: str) -> str:
    """The separator that cuts the first row into most names of columns."""
    first = next((line for line in text.splitlines() if line.strip()), "").lower()

    def names(separator: str) -> int:
        return sum(cell.strip(' "') in COLUMNS for cell in first.split(separator))

    return max((",", ";", "\t"), key=names)
