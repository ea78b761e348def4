"""The catalogue as lines that two libraries can be compared by: no row numbers, no times of day, no absolute paths."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

# Columns that say when or in which order something was stored, or how SQLite numbers rows.
_LEFT_OUT = {"id", "at", "source_id", "clip_id", "mtime_ns", "path"}
# What says only how the catalogue came about: what is on its way, and what can be undone.
_TABLES_LEFT_OUT = {"arrivals", "edits", "sqlite_sequence"}
# Rows of these are known by another's name.
_JOINS = {
    "damage": "SELECT base, damage.* FROM damage JOIN sources ON sources.id = source_id",
    "clips": "SELECT base, clips.* FROM clips JOIN sources ON sources.id = source_id",
    "frame_tables": "SELECT slug, frame_tables.* FROM frame_tables JOIN clips ON clips.id = clip_id",
}


def dump(connection: sqlite3.Connection) -> Iterator[str]:
    """Every row that says something of the library, one a line, `table: {column: value, …}`, sorted.

    Blobs stand as their SHA-256. `connection` gives rows by name. Two libraries of the same files, settings and edits
    give the same lines, whatever happened on the way.
    """
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    lines: list[str] = []
    for table in sorted(set(tables) - _TABLES_LEFT_OUT):
        rows = connection.execute(_JOINS.get(table, f"SELECT * FROM {table}"))  # noqa: S608 - the schema's own names
        for row in rows:
            shown = {name: _shown(row[name]) for name in row.keys() if name not in _LEFT_OUT}  # noqa: SIM118
            lines.append(f"{table}: {shown}")
    yield from sorted(lines)


def _shown(value: object) -> object:
    return f"sha256 {hashlib.sha256(value).hexdigest()}" if isinstance(value, bytes) else value


def files_of(folder: Path) -> Iterator[str]:
    """Every file of a library but the catalogue, `path sha256`, sorted: what a run left on the disk."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        if not name.startswith("catalogue.sqlite"):
            with file.open("rb") as opened:
                yield f"{name} {hashlib.file_digest(opened, 'sha256').hexdigest()}"
