"""Rows as tables for people: what was measured, then each bar with what it was held against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.bench.rows import Row

_MET = {True: Text("yes", "green"), False: Text("NO", "bold red"), None: Text("–")}
_FEW_COLUMNS = 9


def print_suite(console: Console, rows: Sequence[Row]) -> None:
    """The rows of one suite: tables of the cases that have the same figures, the bars, then what there is to say."""
    for figures, cases in _alike(rows):
        console.print(_table(rows[0].suite, figures, cases))
    barred = [row for row in rows if row.bar is not None]
    if barred:
        console.print(_bars(rows[0].suite, barred))
    for note in _notes(rows):
        console.print(Text(note, "dim"), soft_wrap=True)


_Cases = list[tuple[str, dict[str, Row]]]


def _alike(rows: Sequence[Row]) -> list[tuple[tuple[str, ...], _Cases]]:
    """The cases, in order, each with the others that have a subset of one another's figures."""
    cases = [(name, {row.figure: row for row in of_case if row.value is not None}) for name, of_case in _by_case(rows)]
    groups: list[tuple[tuple[str, ...], _Cases]] = []
    for name, of_case in cases:
        if not of_case:
            continue
        for at, (figures, members) in enumerate(groups):
            together = tuple(dict.fromkeys((*figures, *of_case)))
            # Cases share a table when they share most of its columns.
            if 2 * len(set(figures) & of_case.keys()) > min(len(figures), len(of_case)) and _fits(together, figures):
                groups[at] = (together, [*members, (name, of_case)])
                break
        else:
            groups.append((tuple(of_case), [(name, of_case)]))
    return groups


def _fits(together: Sequence[str], before: Sequence[str]) -> bool:
    return len(together) <= max(_FEW_COLUMNS, len(before))


def _by_case(rows: Iterable[Row]) -> Iterable[tuple[str, list[Row]]]:
    for case, found in groupby(rows, key=lambda row: row.case):
        yield case, list(found)


def _table(suite: str, figures: Sequence[str], cases: _Cases) -> Table:
    units: dict[str, set[str]] = {figure: set() for figure in figures}
    for _, of_case in cases:
        for figure, row in of_case.items():
            units[figure].add(row.unit)
    table = Table(title=suite, title_justify="left")
    table.add_column("case", overflow="fold")
    for figure in figures:
        unit = next(iter(units[figure])) if len(units[figure]) == 1 else ""
        table.add_column(f"{figure}\n{unit}" if unit else figure, justify="right")
    for name, of_case in cases:
        table.add_row(name, *(_cell(of_case.get(figure), units[figure]) for figure in figures))
    return table


def _cell(row: Row | None, units: set[str]) -> str:
    if row is None or row.value is None:
        return ""
    return number(row.value) if len(units) == 1 else f"{number(row.value)} {row.unit}".strip()


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
    """Each note once, with the cases that it is about."""
    cases: dict[str, list[str]] = {}
    for row in rows:
        if row.note and row.case not in cases.setdefault(row.note, []):
            cases[row.note].append(row.case)
    return [f"{', '.join(about)}: {note}" for note, about in cases.items()]
