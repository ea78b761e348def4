"""The catalogue as readers open it: read-only, of the version that this program knows, and closed again at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath

from engine.errors import LibraryError
from engine.formats.library_schema import CATALOGUE, FORMAT_VERSION

REBUILD = "make it again with runtime-preprocess run"


@contextmanager
def open_catalogue(folder: Path) -> Iterator[sqlite3.Connection]:
    """The catalogue of the library in `folder`, read without writing a byte. Any thread.

    Raises LibraryError where there is none, or one of another version; every failure of SQLite and every ValueError
    within the block becomes a LibraryError, too.
    """
    file = folder / CATALOGUE
    if not file.is_file():
        raise LibraryError("no clip library here", subject=folder, mend="make one with runtime-preprocess run")
    try:
        with closing(_connect(file)) as connection:
            check_version(connection, folder)
            yield connection
    except (sqlite3.Error, ValueError) as error:
        raise LibraryError(f"the catalogue cannot be read: {error}", subject=folder, mend=REBUILD) from error


def _connect(file: Path) -> sqlite3.Connection:
    """A read-only connection. A read-only disk cannot hold SQLite's shared memory: there, read it as immutable."""
    uri = file.absolute().as_uri()
    connection = sqlite3.connect(f"{uri}?mode=ro", uri=True)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        connection = sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True)
    return connection


def check_version(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise LibraryError unless the open catalogue is of the version that this program reads and writes."""
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'format_version'").fetchone()
    except sqlite3.Error as error:
        raise LibraryError(f"{CATALOGUE} is not a catalogue: {error}", subject=folder, mend=REBUILD) from error
    if row is None or row[0] != str(FORMAT_VERSION):
        version = row[0] if row else "without a version"
        raise LibraryError(
            f"the library is of version {version}, this program reads version {FORMAT_VERSION}",
            subject=folder,
            mend="use the program that made it, or make it again in an empty folder",
        )


def is_inside(name: str) -> bool:
    """Whether a file's name in the catalogue, relative with forward slashes, stays within the library."""
    parts = PurePosixPath(name).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts and "\\" not in name and ":" not in name
