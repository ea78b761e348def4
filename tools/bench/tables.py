"""Rows as tables for people: what was measured, then each bar with what it was held against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.bench.rows import Row

_MET = {True: Text("yes", "green"), False: Text("NO", "bold red"), None: Text("–")}


def print_suite(console: Console, rows: Sequence[Row]) -> None:
    """The rows of one suite: tables of the cases that have figures in common, the bars, then what there is to say."""
    suite = rows[0].suite
    for columns, cases in _alike(rows):
        console.print(_table(suite, columns, cases))
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
    """Each note once, with the first case that it is about."""
    cases: dict[str, list[str]] = {}
    for row in rows:
        if row.note and row.case not in cases.setdefault(row.note, []):
            cases[row.note].append(row.case)
    return [
        f"{about[0]}{f' and {len(about) - 1} more' if len(about) > 1 else ''}: {note}" for note, about in cases.items()
    ]
