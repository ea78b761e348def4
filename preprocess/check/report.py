"""The list of doubtful texts, for a person: a CSV, and the same as values of JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.formats.replace_file import replace_file
from preprocess.check.store import DoubtfulText

DOUBTFUL = "reports/doubtful.csv"
_COLUMNS = ("clip", "kind", "doubt", "why", "tries", "origin", "text")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_doubtful(library: Path, doubts: Iterable[DoubtfulText]) -> None:
    """Write `reports/doubtful.csv`: what only a person can settle. Raises OutputError where it cannot be written."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in doubts:
        if one.for_person:
            writer.writerow([_cell(value) for value in doubt_row(one).values()])
    path = library / DOUBTFUL
    content = table.getvalue().encode()
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(exist_ok=True)
        replace_file(path, content)


def _cell(value: Any) -> str:
    """A cell that a spreadsheet takes for text, whatever it begins with."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def doubt_row(one: DoubtfulText) -> dict[str, Any]:
    """A doubt by the list's columns."""
    row = asdict(one)
    return {"clip": one.slug} | {name: row[name] for name in _COLUMNS[1:]}
