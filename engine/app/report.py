"""The figures of a run, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from engine.model.figures import FIGURES, Figure, split_name, statistic_name

_REPORTED = ("p50", "p99", "max")
_UNITS = {"ms": " ms", "bytes": " MiB"}


def report_table(numbers: Mapping[str, Any], title: str) -> Table:
    """Counts as rows, in the order of the figures' own table; then what was sampled, with p50, p99 and the largest.

    Of `numbers` (a snapshot of engine.core.figures; other entries are passed over) counts at 0 are left out, but for
    those that one looks for.
    """
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="cyan")
    table.add_column(justify="right")
    for row in (*_counts(numbers), *_sampled(numbers)):
        table.add_row(*row)
    return table


def print_report(console: Console, numbers: Mapping[str, Any], title: str) -> None:
    console.print(report_table(numbers, title))


def _counts(numbers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for figure in FIGURES.values():
        if not figure.sampled and figure.name in numbers and (numbers[figure.name] or figure.always):
            yield figure.label, f"{numbers[figure.name]:,}"


def _sampled(numbers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    held = {name for name, statistic in map(split_name, numbers) if statistic}
    for figure in (*FIGURES.values(), *map(_unknown, sorted(held - FIGURES.keys()))):
        if not figure.sampled or figure.name not in held:
            continue
        names = {statistic: statistic_name(figure.name, statistic) for statistic in _REPORTED}
        there = {statistic: numbers[name] for statistic, name in names.items() if name in numbers}
        unit = _UNITS.get(figure.unit, "")
        yield f"{figure.label}{unit}, {' / '.join(there)}", " / ".join(_written(n, figure) for n in there.values())


def _unknown(name: str) -> Figure:
    """A figure that is in no table yet, read from its name."""
    in_ms = name.endswith("_ms")
    label = name.removesuffix("_ms").replace("_", " ")
    return Figure(name, label, what="", high="", unit="ms" if in_ms else "", sampled=True)


def _written(number: float, figure: Figure) -> str:
    match figure.unit:
        case "ms":
            return f"{number:,.2f}"
        case "bytes":
            return f"{number / 2**20:,.1f}"
        case _:
            return f"{number:,g}"
