"""The clip library as its one writer sees it: sources, clips and their files, changed so that a kill harms nothing.

Files `arrive` in the transaction that speaks of them: named first, moved when it is committed, if need be by the next
writer.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from engine.errors import LibraryError, OutputError
from engine.formats.library_arrivals import ARRIVALS, note_arrivals, raise_disk_error, settle_arrivals
from engine.formats.library_catalogue import check_version
from engine.formats.library_rows import (
    Damage,
    StoredClip,
    StoredSource,
    Traits,
    clip_from_row,
    clip_row,
    source_from_row,
)
from engine.formats.library_schema import CATALOGUE, CLIPS, FORMAT_VERSION, SCHEMA, THUMBNAILS
from engine.formats.library_table import stored_table
from engine.model.clips import FrameTable

if sys.platform != "win32":
    import fcntl

# The writer's own, and the values that it takes and gives.
__all__ = ["Damage", "LibraryWriter", "StoredClip", "StoredSource", "Traits"]

WORK_PREFIX = ".work-"
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "fuse.glusterfs", "ceph"}


class LibraryWriter:
    """The one writer of a library; a context manager. One thread, and one process at a time (locked).

    Making it creates the folder and the catalogue where there are none, and clears what a killed writer left.
    Raises LibraryError where the folder cannot be written, is being written by another process, or holds a
    catalogue of another version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()  # clips are found by it, wherever the process stands
        self._lock_fd: int | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock_fd = _locked(folder)
            for name in (CLIPS, THUMBNAILS):
                (folder / name).mkdir(exist_ok=True)
            self._catalogue = _opened(folder)
            self._arriving = False
            self._recover()
            self.work = self.folder / f"{WORK_PREFIX}{os.getpid()}"
            self.work.mkdir()
        except BaseException as error:
            self._unlock()
            if isinstance(error, OSError):
                mend = "choose a folder that you may write to"
                raise LibraryError(f"cannot be written: {error.strerror}", subject=folder, mend=mend) from error
            if isinstance(error, sqlite3.Error):
                raise_disk_error(error, folder)
                mend = "choose another folder for the library"
                raise LibraryError(f"{CATALOGUE} cannot be written: {error}", subject=folder, mend=mend) from error
            raise

    def __enter__(self) -> LibraryWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave one plain file behind (no WAL beside it, so that it reads from a read-only disk) and unlock."""
        if self._settled():  # else the next writer needs what lies in the work folder
            shutil.rmtree(self.work, ignore_errors=True)  # what an ending worker still writes, the next writer clears
        with suppress(sqlite3.Error):  # a player that reads at this moment (the next close does it), or damage
            self._catalogue.execute("PRAGMA journal_mode = DELETE")
        self._catalogue.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def _settled(self) -> bool:
        """Whether nothing is on its way any more: Ctrl-C may have come between a commit and the moves."""
        try:
            settle_arrivals(self._catalogue, self.folder)
        except (OutputError, LibraryError, sqlite3.Error):
            return False  # whoever opens the library next is told
        return True

    @property
    def connection(self) -> sqlite3.Connection:
        """The open catalogue, for programs that keep tables of their own in it; write within `transaction`."""
        return self._catalogue

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written within, or, when it is left by an exception, nothing. Not to be nested.

        Raises OutputError where the disk is full or the catalogue is locked; it is then as it was before.
        """
        self._arriving = False
        try:
            self._catalogue.execute("BEGIN IMMEDIATE")
            yield self._catalogue
            self._catalogue.execute("COMMIT")
        except BaseException as error:
            if self._catalogue.in_transaction:  # SQLite may have rolled back by itself
                self._catalogue.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise_disk_error(error, self.folder)
            raise
        if self._arriving:
            settle_arrivals(self._catalogue, self.folder)

    def arrive(self, arriving: Mapping[str, Path], leaving: Iterable[str] = ()) -> None:
        """Have files moved to their places (`arriving`: names in the library, such as `clips/a.mov`, to finished and
        flushed files in the work folder) and others removed (`leaving`) when the open transaction is committed.

        Rolled back, everything stays where it was; killed after the commit, the next writer moves them.
        """
        assert self._catalogue.in_transaction, "files arrive with the transaction that speaks of them"
        note_arrivals(self._catalogue, self.folder, arriving, leaving)
        self._arriving = True

    def _recover(self) -> None:
        """Finish what a killed writer had committed, and remove what else it left."""
        settle_arrivals(self._catalogue, self.folder)
        for left in self.folder.glob(f"{WORK_PREFIX}*"):
            shutil.rmtree(left)

    # Sources

    def sources(self) -> dict[Path, StoredSource]:
        """Every source that the catalogue knows, by path."""
        damage: dict[int, list[Damage]] = {}
        for source_id, *span in self._catalogue.execute("SELECT source_id, from_s, to_s, what FROM damage"):
            damage.setdefault(source_id, []).append(Damage(*span))
        return {
            source.path: source
            for source in (
                source_from_row(row, damage.get(row["id"], ()))
                for row in self._catalogue.execute("SELECT * FROM sources")
            )
        }

    def enter_sources(self, sources: Iterable[StoredSource]) -> None:
        """Enter new sources as pending, which settles the names of their clips before the work begins."""
        with self.transaction() as catalogue:
            catalogue.executemany(
                "INSERT INTO sources (path, title, base, verdict) VALUES (?, ?, ?, 'pending')",
                [(os.fsencode(source.path), source.title, source.base) for source in sources],
            )

    def describe_source(self, source: StoredSource) -> None:
        """Note all that there is to say of an entered source, its damage too, within the open transaction."""
        assert self._catalogue.in_transaction
        _update_source(self._catalogue, self._source_id(source), source)

    def refresh_source(self, source: StoredSource) -> None:
        """Note the size and time of a source whose content is known to be unchanged."""
        with self.transaction() as catalogue:
            catalogue.execute(
                "UPDATE sources SET size = ?, mtime_ns = ? WHERE path = ?",
                (source.size, source.mtime_ns, os.fsencode(source.path)),
            )

    def _source_id(self, source: StoredSource) -> int:
        row = self._catalogue.execute("SELECT id FROM sources WHERE path = ?", (os.fsencode(source.path),)).fetchone()
        if row is None:
            raise LibraryError(f"{source.path} was not entered before its clips", subject=self.folder)
        return int(row[0])

    # Clips

    def clips(self) -> list[StoredClip]:
        """Every clip with its measures, in slug order; without frame tables."""
        rows = self._catalogue.execute(
            "SELECT clips.*, path FROM clips JOIN sources ON sources.id = source_id ORDER BY slug"
        )
        return [clip_from_row(self.folder, row) for row in rows]

    def put_clip(self, base: str, stored: StoredClip, table: FrameTable, files: Mapping[str, Path]) -> None:
        """Put a clip of source `base` in place of the one of its slug, within the open transaction.

        `files` arrive with it: its own (`clips/SLUG.mov`) and what goes with that, flushed, in the work folder.
        """
        source_id = self._catalogue.execute("SELECT id FROM sources WHERE base = ?", (base,)).fetchone()[0]
        self._catalogue.execute("DELETE FROM clips WHERE slug = ?", (stored.clip.slug,))
        _insert_clip(self._catalogue, source_id, stored, table)
        self.arrive(files)

    def say_of_clip(self, slug: str, title: str, traits: Traits) -> None:
        """Note a clip's title and looks anew, within the open transaction; its file stays as it is."""
        row = {"slug": slug, "title": title, **asdict(traits)}
        changes = ", ".join(f"{name} = :{name}" for name in row)
        self._catalogue.execute(f"UPDATE clips SET {changes} WHERE slug = :slug", row)  # noqa: S608 - our own names

    def drop_clips(self, slugs: Iterable[str]) -> None:
        """Remove clips with their files, within the open transaction. Slugs that are no clips are passed over."""
        for slug in slugs:
            row = self._catalogue.execute("SELECT file FROM clips WHERE slug = ?", (slug,)).fetchone()
            if row is not None:
                self._catalogue.execute("DELETE FROM clips WHERE slug = ?", (slug,))
                self.arrive({}, leaving=[row["file"]])

    # Files that a person may edit

    def written(self, file: str) -> set[str]:
        """The SHA-256 hashes that a run gave the library's `file`; empty where none wrote it."""
        return {row[0] for row in self._catalogue.execute("SELECT sha256 FROM written WHERE file = ?", (file,))}

    def note_written(self, file: str, sha256: str) -> None:
        """Note the hash that `file` is about to get. Older hashes stay: the file may still be an older one."""
        with self.transaction() as catalogue:
            catalogue.execute("INSERT OR IGNORE INTO written VALUES (?, ?)", (file, sha256))


def _insert_clip(catalogue: sqlite3.Connection, source_id: int, stored: StoredClip, table: FrameTable) -> None:
    row = {"source_id": source_id, **clip_row(stored)}
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    clip_id = catalogue.execute(f"INSERT INTO clips ({names}) VALUES ({marks})", row).lastrowid  # noqa: S608
    # "OR REPLACE": another program may have taken the clip and left its table.
    catalogue.execute("INSERT OR REPLACE INTO frame_tables VALUES (?, ?, ?, ?)", (clip_id, *stored_table(table)))


def _made_of(source: StoredSource) -> tuple[int, int, str, str]:
    return source.size, source.mtime_ns, source.sha256, source.settings


def _update_source(catalogue: sqlite3.Connection, source_id: int, source: StoredSource) -> None:
    catalogue.execute(
        "UPDATE sources SET size = ?, mtime_ns = ?, sha256 = ?, settings = ?, verdict = ?, reason = ?, mend = ?,"
        " notes = ? WHERE id = ?",
        (*_made_of(source), source.verdict, source.reason, source.mend, json.dumps(source.notes), source_id),
    )
    catalogue.execute("DELETE FROM damage WHERE source_id = ?", (source_id,))
    spans = [(source_id, span.from_s, span.to_s, span.what) for span in source.damage]
    catalogue.executemany("INSERT INTO damage VALUES (?, ?, ?, ?)", spans)


def _opened(folder: Path) -> sqlite3.Connection:
    """The catalogue for writing, made where there is none, of this version."""
    file = folder / CATALOGUE
    catalogue = sqlite3.connect(file, isolation_level=None)
    mode = "DELETE" if _on_network(folder) else "WAL"
    catalogue.execute(f"PRAGMA journal_mode = {mode}")
    catalogue.execute("PRAGMA foreign_keys = ON")
    catalogue.row_factory = sqlite3.Row
    if catalogue.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        version = f"INSERT INTO meta VALUES ('format_version', '{FORMAT_VERSION}');"  # noqa: S608
        catalogue.executescript(f"BEGIN IMMEDIATE; {SCHEMA} {version} COMMIT;")
    check_version(catalogue, folder)
    catalogue.execute(ARRIVALS)  # came later than the format's version 1, whose readers do not ask for it
    return catalogue


def _locked(folder: Path) -> int | None:
    """Hold the folder against a second writer until the descriptor is closed; None on Windows, which cannot."""
    if sys.platform == "win32":
        return None
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise LibraryError("is being written by another run", subject=folder, mend="wait until it has ended") from None
    return fd


def _on_network(folder: Path) -> bool:
    """Whether the folder lies on a network file system, where SQLite's WAL is unsafe; False where nothing says so."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return False
    lines = (line.split() for line in mounts.read_text(errors="replace").splitlines())
    real = folder.resolve()
    holding = [(len(mount), kind) for _, mount, kind, *_ in lines if real.is_relative_to(mount)]
    return bool(holding) and max(holding)[1] in _NETWORK_FILE_SYSTEMS
