"""The report `conversion_errors`: what could not be used of the sources, why, and what would mend it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from engine.formats.library_rows import StoredSource
from engine.formats.replace_file import replace_file
from preprocess.catalogue.catalogue import Catalogue

REPORTS = "reports"
ERRORS = "conversion_errors"

_COLUMNS = ("file", "title", "verdict", "reason", "mend", "lost")
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")  # of a cell that a spreadsheet would work out
_WORDS = {"damaged": "partly damaged", "quarantined": "quarantined"}


def conversion_errors(catalogue: Catalogue) -> list[dict[str, Any]]:
    """A row for each source that is quarantined or partly damaged, in path order, of JSON's own types."""
    sources = sorted(catalogue.library.sources().items())
    return [_row(source) for _, source in sources if source.verdict in _WORDS]


def write_errors(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Write `reports/conversion_errors.csv` and `.json` of a library, whole; the rows that they have.

    Raises OutputError where they cannot be written. Files that would be the same are left alone.
    """
    rows = conversion_errors(catalogue)
    folder = catalogue.folder / REPORTS
    folder.mkdir(exist_ok=True)
    _replace(folder / f"{ERRORS}.json", json.dumps(rows, indent=2, ensure_ascii=False).encode() + b"\n")
    _replace(folder / f"{ERRORS}.csv", _as_csv(rows))
    return rows


def shown(text: object) -> str:
    """Text that every terminal, CSV and JSON can hold: odd bytes and control characters made visible."""
    plain = str(text).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in plain)


def _row(source: StoredSource) -> dict[str, Any]:
    return {
        "file": shown(source.path),
        "title": shown(source.title),
        "verdict": _WORDS[source.verdict],
        "reason": shown(source.reason),
        "mend": source.mend,
        "lost": [{"from_s": span.from_s, "to_s": span.to_s, "what": span.what} for span in source.damage],
    }


def _as_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        spans = "; ".join(f"{span['from_s']:.2f}-{span['to_s']:.2f} s" for span in row["lost"])
        writer.writerow([_cell(value) for value in (*(row[name] for name in _COLUMNS[:-1]), spans)])
    return text.getvalue().encode()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


def _replace(file: Path, content: bytes) -> None:
    if not file.exists() or file.read_bytes() != content:
        replace_file(file, content)
