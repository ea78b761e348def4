"""Files on their way into a library or out of it: they move once the transaction that speaks of them is committed.

A row of `arrivals` is written in that transaction. After a kill between the commit and the move, the next writer
moves them: the catalogue never speaks of a file that cannot be put in its place, and a transaction that is rolled
back leaves every file where it was.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.errors import LibraryError, OutputError
from engine.formats.library_catalogue import is_inside

# `made` is where the file lies until then, NULL where `file` goes. Both relative to the library, with forward slashes.
ARRIVALS = "CREATE TABLE IF NOT EXISTS arrivals (file TEXT PRIMARY KEY, made TEXT) WITHOUT ROWID;"

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PUT_BACK = (
    "put back a copy of catalogue.sqlite, or move it away and run again: all is made anew then, and what you wrote"
    " comes back from exported files only"
)
_NOT_WRITTEN = {
    sqlite3.SQLITE_FULL: ("the disk is full", "make room"),
    sqlite3.SQLITE_IOERR: ("the catalogue cannot be written", "look at the disk of the library, and make room"),
    sqlite3.SQLITE_READONLY: ("the catalogue cannot be written: it is read-only", "look at its permissions"),
    sqlite3.SQLITE_BUSY: (
        "another program holds its catalogue locked",
        "close it (a database browser?)",
    ),
}


def note_arrivals(
    catalogue: sqlite3.Connection, folder: Path, arriving: Mapping[str, Path], leaving: Iterable[str]
) -> None:
    """Note files within the open transaction. `arriving` has, by name in the library, files of a work folder in it."""
    rows: list[tuple[str, str | None]] = [(name, None) for name in leaving]
    rows += [(name, made.relative_to(folder).as_posix()) for name, made in arriving.items()]
    catalogue.executemany("INSERT OR REPLACE INTO arrivals VALUES (?, ?)", rows)


def settle_arrivals(catalogue: sqlite3.Connection, folder: Path) -> None:
    """Move what is noted, which may be done any number of times.

    Raises OutputError where a file cannot be moved, LibraryError where a row speaks of one outside the library; the
    rows stay then, for the next writer.
    """
    rows = catalogue.execute("SELECT file, made FROM arrivals").fetchall()
    if not rows:
        return
    moves = [(_inside(folder, name), None if made is None else _inside(folder, made)) for name, made in rows]
    try:
        for place, made in moves:
            _move(place, made)
        for parent in {place.parent for place, _ in moves}:
            sync_folder(parent)
    except OSError as error:
        mend = "look at the disk of the library; the same command goes on from there"
        raise OutputError(f"cannot be put in its place ({error.strerror})", subject=folder, mend=mend) from error
    try:
        catalogue.execute("DELETE FROM arrivals")
    except sqlite3.OperationalError as error:
        raise_disk_error(error, folder)
        raise


def raise_disk_error(error: sqlite3.Error, folder: Path) -> None:
    """Raise OutputError where the disk would not take what SQLite wrote or another program holds the catalogue locked,
    LibraryError where the catalogue is damaged; nothing where it is none of these."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the number says in which call
    if code in _DAMAGED:
        raise LibraryError(f"its catalogue is damaged: {error}", subject=folder, mend=_PUT_BACK) from error
    if code in _NOT_WRITTEN:
        what, mend = _NOT_WRITTEN[code]
        raise OutputError(what, subject=folder, mend=f"{mend}; the same command goes on from there") from error


def _move(place: Path, made: Path | None) -> None:
    if made is None:
        place.unlink(missing_ok=True)
    elif made.exists():  # else it was moved before the kill
        place.parent.mkdir(parents=True, exist_ok=True)
        made.replace(place)


def _inside(folder: Path, name: object) -> Path:
    if not is_inside(str(name)):
        raise LibraryError(f"speaks of a file outside the library: {name}", subject=folder, mend="make it anew")
    return folder / str(name)


def sync_folder(folder: Path) -> None:
    """Make renames within a folder last; Windows needs no such step and has none."""
    if sys.platform == "win32" or not folder.is_dir():
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
