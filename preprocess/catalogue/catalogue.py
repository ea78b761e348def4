"""The catalogue as preprocess writes it: the library's own writer, and the tables that preprocess adds beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from engine.errors import LibraryError
from engine.formats.library_arrivals import raise_disk_error
from engine.formats.library_writer import LibraryWriter
from engine.formats.replace_file import clear_partials
from preprocess.catalogue.schema import MIGRATIONS

_VERSION_KEY = "preprocess_version"


@dataclass(frozen=True, slots=True)
class Made:
    """What a step's result of an item was made from. Two equal ones mean that nothing has to be done again."""

    inputs: str
    version: int
    settings: str


class Catalogue:
    """A library's catalogue, open for writing; a context manager. One thread, and one process at a time (locked).

    Opening it makes the library where there is none, brings older tables up to date, and clears what a killed run
    left. Raises LibraryError where the folder cannot be written, another process writes it, or a newer program made it.
    An error of SQLite's that comes up when it is opened or left becomes what `raise_disk_error` makes of it.
    `folder` is absolute; `work` is an empty folder inside it that goes when the catalogue is closed.
    """

    def __init__(self, folder: Path) -> None:
        self.library = LibraryWriter(folder)
        self.folder = self.library.folder
        self.work = self.library.work
        try:
            clear_partials(self.folder)
            self._migrate()
        except BaseException as error:
            self._leave(error)
            raise

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leave(error)

    def _leave(self, error: BaseException | None) -> None:
        self.library.close()
        if isinstance(error, sqlite3.Error):
            raise_disk_error(error, self.folder)

    @property
    def connection(self) -> sqlite3.Connection:
        """The open database, rows by name; for reading outside `transaction`, for writing within."""
        return self.library.connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Within one that is open, it joins that one.

        Raises OutputError where the disk is full; the catalogue is then as it was before.
        """
        if self.connection.in_transaction:
            yield self.connection
            return
        with self.library.transaction() as connection:
            yield connection

    def _migrate(self) -> None:
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (_VERSION_KEY,)).fetchone()
        version = int(row[0]) if row else 0
        if version > len(MIGRATIONS):
            raise LibraryError(
                f"was made by a newer preprocess (version {version}, this one knows {len(MIGRATIONS)})",
                subject=self.folder,
                mend="use the newer program",
            )
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self.connection.executescript(
                f"BEGIN IMMEDIATE; {script}"  # noqa: S608 - our own names
                f" INSERT OR REPLACE INTO meta VALUES ('{_VERSION_KEY}', '{number}'); COMMIT;"
            )

    # Steps

    def made(self, step: str) -> Mapping[str, Made]:
        """What each item's result of a step was made from."""
        rows = self.connection.execute("SELECT item, inputs, version, settings FROM results WHERE step = ?", (step,))
        return {row["item"]: Made(row["inputs"], row["version"], row["settings"]) for row in rows}

    def note_made(self, step: str, item: str, made: Made) -> None:
        """Note that an item's result stands; call it in the transaction that stores the result."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)",
                (step, item, made.inputs, made.version, made.settings, now()),
            )

    def forget_made(self, step: str, items: Iterable[str]) -> None:
        """Forget results, so that the items are redone."""
        with self.transaction() as connection:
            connection.executemany("DELETE FROM results WHERE step = ? AND item = ?", [(step, item) for item in items])

    def fail(self, step: str, item: str, reason: str, mend: str) -> None:
        """Note that a step could do nothing with an item."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)", (step, item, reason, mend))

    def failed(self, step: str) -> set[str]:
        """The items with which a step could do nothing."""
        return {row[0] for row in self.connection.execute("SELECT item FROM failures WHERE step = ?", (step,))}

    def clear_failure(self, step: str, item: str) -> None:
        with self.transaction() as connection:
            connection.execute("DELETE FROM failures WHERE step = ? AND item = ?", (step, item))


def now() -> str:
    """This instant, as the catalogue writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
