"""The clip library as the player reads it: its catalogue as clips, without writing a byte.

A library is a folder with `catalogue.sqlite`, `clips/SLUG.mov` and `thumbnails/SLUG.jpg`; `docs/library-format.md`
has the format, `library_schema` its tables, `library_writer` the one that writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from engine.errors import LibraryError
from engine.formats.library_schema import CATALOGUE, FORMAT_VERSION, SLUG_PATTERN
from engine.model.clips import Clip, Codec, FrameTable

_REBUILD = "build it again with runtime-preprocess build"


class StoredFrameTable(FrameTable):
    """A frame table as the catalogue stores it: 4 bytes a frame until its offsets are first asked for.

    Immutable as its base is; the offsets are worked out once, on whichever thread asks first (twice at worst).
    """

    __slots__ = ("_first_offset", "_stored_lengths", "_stored_offsets")
    _first_offset: int
    _stored_lengths: bytes
    _stored_offsets: bytes | None

    def __init__(self, first_offset: int, lengths: bytes, offsets: bytes | None) -> None:
        object.__setattr__(self, "_first_offset", first_offset)
        object.__setattr__(self, "_stored_lengths", lengths)
        object.__setattr__(self, "_stored_offsets", offsets)

    def __len__(self) -> int:
        return len(self._stored_lengths) // 4

    def __getattr__(self, name: str) -> npt.NDArray[np.uint64] | npt.NDArray[np.uint32]:
        """Fill the base's two arrays when one of them is first read."""
        if name not in ("offsets", "lengths"):
            raise AttributeError(name)
        lengths = np.frombuffer(self._stored_lengths, "<u4")
        if self._stored_offsets is None:
            offsets = np.empty(len(lengths), np.uint64)
            offsets[0] = self._first_offset
            np.cumsum(lengths[:-1], out=offsets[1:])
            offsets[1:] += np.uint64(self._first_offset)
        else:
            offsets = np.frombuffer(self._stored_offsets, "<u8")
        object.__setattr__(self, "lengths", lengths)
        object.__setattr__(self, "offsets", offsets)
        return offsets if name == "offsets" else lengths

    def __reduce__(self) -> tuple[type[StoredFrameTable], tuple[int, bytes, bytes | None]]:
        return StoredFrameTable, (self._first_offset, self._stored_lengths, self._stored_offsets)


def stored_table(table: FrameTable) -> tuple[int, bytes, bytes | None]:
    """A frame table as the columns first_offset, lengths and offsets; the latter None where frames are adjoining."""
    lengths, offsets = table.lengths.astype("<u4"), table.offsets.astype("<u8")
    first = int(offsets[0]) if len(offsets) else 0
    adjoining = bool(np.all(offsets[1:] == offsets[:-1] + lengths[:-1]))
    return first, lengths.tobytes(), None if adjoining else offsets.tobytes()


def read_library(folder: Path) -> dict[str, Clip]:
    """Every clip of the library in `folder`, by slug, in slug order. Any thread.

    Opens read-only and works from a read-only disk; that the clips' files exist is found out when one is
    played. Raises LibraryError where the catalogue is missing, damaged, of another version, or names a file
    outside the folder.
    """
    with _catalogue(folder) as catalogue:
        rows = catalogue.execute(
            "SELECT slug, file, codec, width, height, rate_num, rate_den, frame_count, title,"
            " first_offset, lengths, offsets FROM clips LEFT JOIN frame_tables ON clip_id = id ORDER BY slug"
        )
        rates: dict[tuple[int, int], Fraction] = {}
        clips: dict[str, Clip] = {}
        for slug, file, codec, width, height, num, den, frame_count, title, *stored in rows:
            path = _inside(folder, slug, file)
            rate = rates.setdefault((num, den), Fraction(num, den))
            if stored[1] is None or len(stored[1]) != 4 * frame_count:
                raise LibraryError(f"the frame table of {slug} is damaged", subject=folder, mend=_REBUILD)
            table = StoredFrameTable(*stored)
            clips[slug] = Clip(slug, path, Codec(codec), width, height, rate, frame_count, table, title)
    return clips


def _inside(folder: Path, slug: str, file: str) -> Path:
    parts = PurePosixPath(file).parts
    if file != f"clips/{slug}.mov" and (not parts or parts[0] == "/" or ".." in parts or "\\" in file or ":" in file):
        raise LibraryError(f"the file of {slug} lies outside the library: {file}", subject=folder, mend=_REBUILD)
    if not SLUG_PATTERN.fullmatch(slug):
        raise LibraryError(f"{slug!r} is no name for a clip", subject=folder, mend=_REBUILD)
    return folder / file


@contextmanager
def _catalogue(folder: Path) -> Iterator[sqlite3.Connection]:
    """The catalogue, read-only and of this version; every failure of SQLite within becomes a LibraryError."""
    file = folder / CATALOGUE
    if not file.is_file():
        raise LibraryError("no clip library here", subject=folder, mend="build one with runtime-preprocess build")
    try:
        with closing(_connect(file)) as connection:
            check_version(connection, folder)
            yield connection
    except (sqlite3.Error, ValueError) as error:
        raise LibraryError(f"the catalogue cannot be read: {error}", subject=folder, mend=_REBUILD) from error


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
        raise LibraryError(f"{CATALOGUE} is not a catalogue: {error}", subject=folder, mend=_REBUILD) from error
    if row is None or row[0] != str(FORMAT_VERSION):
        version = row[0] if row else "without a version"
        raise LibraryError(
            f"the library is of version {version}, this program reads version {FORMAT_VERSION}",
            subject=folder,
            mend="use the program that made it, or build it again into an empty folder",
        )
