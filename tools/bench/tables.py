"""Rows as tables for people: what was measured, then each bar with what it was held against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.bench.rows import Row

_MOST_COLUMNS = 11  # more do not fit on a line
_CASES_ABREAST = 4
_MET = {True: Text("yes", "green"), False: Text("NO", "bold red"), None: Text("–")}


def print_suite(console: Console, rows: Sequence[Row]) -> None:
    """The rows of one suite: tables of the cases that have figures in common, the bars, then what there is to say."""
    suite = rows[0].suite
    for columns, cases in _alike(rows):
        if len(columns) <= _MOST_COLUMNS:
            console.print(_table(suite, columns, cases))
            continue
        for at in range(0, len(cases), _CASES_ABREAST):
            console.print(_turned(suite, columns, cases[at : at + _CASES_ABREAST]))
    barred = [row for row in rows if row.bar is not None]
    if barred:
        console.print(_bars(suite, barred))
    for note in _notes(rows):
        console.print(Text(note, "dim"), soft_wrap=True)


_Column: TypeAlias = tuple[str, str]  # figure and unit
_Columns: TypeAlias = tuple[_Column, ...]
_Case: TypeAlias = tuple[str, dict[_Column, float]]


def _alike(rows: Sequence[Row]) -> list[tuple[_Columns, list[_Case]]]:
    """The cases in order; those that have most of their columns in common share a table.

    A case of which every figure has a bar is left to the table of bars.
    """
    groups: list[tuple[_Columns, list[_Case]]] = []
    for name, found in groupby(rows, key=lambda row: row.case):
        of_case = list(found)
        values = {(row.figure, row.unit): row.value for row in of_case if row.value is not None}
        if not values or all(row.bar is not None for row in of_case):
            continue
        for at, (columns, members) in enumerate(groups):
            if 2 * len(values.keys() & set(columns)) > min(len(values), len(columns)):
                groups[at] = (tuple(dict.fromkeys((*columns, *values))), [*members, (name, values)])
                break
        else:
            groups.append((tuple(values), [(name, values)]))
    return groups


def _table(suite: str, columns: _Columns, cases: Sequence[_Case]) -> Table:
    table = Table(title=suite, title_justify="left")
    table.add_column("case", overflow="fold")
    for figure, unit in columns:
        table.add_column(f"{figure}\n{unit}" if unit else figure, justify="right")
    for name, values in cases:
        table.add_row(name, *(number(values[column]) if column in values else "" for column in columns))
    return table


def _turned(suite: str, columns: _Columns, cases: Sequence[_Case]) -> Table:
    """The same with a line for each figure."""
    table = Table(title=suite, title_justify="left")
    table.add_column("figure", overflow="fold")
    table.add_column("")
    for name, _ in cases:
        table.add_column(name, justify="right", overflow="fold")
    for column in columns:
        figure, unit = column
        found = [number(values[column]) if column in values else "" for _, values in cases]
        if any(found):
            table.add_row(figure, unit, *found)
    return table


def number(value: float) -> str:
    """Three figures that count, and no more places than a person reads."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _bars(suite: str, rows: Sequence[Row]) -> Table:
    table = Table(title=f"{suite}: bars", title_justify="left")
    for heading in ("case", "figure"):
        table.add_column(heading, overflow="fold")
    for heading in ("measured", "bar"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("met")
    for row in rows:
        measured = "–" if row.value is None else f"{number(row.value)} {row.unit}".strip()
        table.add_row(row.case, row.figure, measured, str(row.bar), _MET[row.met])
    return table


def _notes(rows: Iterable[Row]) -> list[str]:
    """Each note once, with what it is about: one figure of one case, or the first case of several figures."""
    about: dict[str, list[Row]] = {}
    for row in rows:
        if row.note:
            about.setdefault(row.note, []).append(row)
    return [f"{_subject(found)}: {note}" for note, found in about.items()]


def _subject(rows: Sequence[Row]) -> str:
    others = len({row.case for row in rows}) - 1
    if others:
        return f"{rows[0].case} and {others} more"
    return rows[0].case if len(rows) > 1 else f"{rows[0].case}, {rows[0].figure}"
