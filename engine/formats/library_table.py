"""Frame tables in the catalogue: their columns, and a table that is read when its clip is first used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import LibraryError, SourceError
from engine.formats.library_catalogue import REBUILD, open_catalogue
from engine.model.clips import FrameTable


def stored_table(table: FrameTable) -> tuple[int, bytes, bytes | None]:
    """A frame table as the columns first_offset, lengths and offsets; the latter None where frames are adjoining."""
    lengths, offsets = table.lengths.astype("<u4"), table.offsets.astype("<u8")
    first = int(offsets[0]) if len(offsets) else 0
    adjoining = bool(np.all(offsets[1:] == offsets[:-1] + lengths[:-1]))
    return first, lengths.tobytes(), None if adjoining else offsets.tobytes()


def unfolded_table(frame_count: int, first_offset: object, lengths: object, offsets: object) -> FrameTable:
    """The frame table of `frame_count` frames, 1 or more, that the three columns hold.

    Raises ValueError where they hold no such table. That its frames lie within the file is for the reader to see.
    """
    if not isinstance(first_offset, int) or not 0 <= first_offset < 1 << 63:
        raise ValueError(f"a first offset of {first_offset!r}")
    if not isinstance(lengths, bytes) or len(lengths) != 4 * frame_count:
        raise ValueError(f"no lengths for {frame_count} frames")
    sizes = np.frombuffer(lengths, "<u4")
    if offsets is None:
        starts = np.empty(frame_count, np.uint64)
        starts[0] = first_offset
        np.cumsum(sizes[:-1], out=starts[1:])
        starts[1:] += np.uint64(first_offset)
        return FrameTable(starts, sizes)
    if not isinstance(offsets, bytes) or len(offsets) != 8 * frame_count:
        raise ValueError(f"no offsets for {frame_count} frames")
    return FrameTable(np.frombuffer(offsets, "<u8"), sizes)


class CatalogueTable(FrameTable):
    """The frame table of a library's clip, read from the catalogue by the thread that first asks for its arrays.

    That is a decode worker when it opens the clip: nobody else needs them, and the loop, which never reads a disk,
    must not. Until then a table costs some bytes, and it knows its length. Reading raises SourceError where the
    catalogue is gone or has no sound table for the clip, and the next asking tries again. Any thread; two that ask
    at once both read.
    """

    __slots__ = ("_folder", "_frame_count", "_slug")
    _folder: Path
    _frame_count: int
    _slug: str

    def __init__(self, folder: Path, slug: str, frame_count: int) -> None:
        object.__setattr__(self, "_folder", folder)
        object.__setattr__(self, "_slug", slug)
        object.__setattr__(self, "_frame_count", frame_count)

    def __len__(self) -> int:
        return self._frame_count

    def __getattr__(self, name: str) -> npt.NDArray[np.uint64] | npt.NDArray[np.uint32]:
        """Fill the base's two arrays when one of them is first read."""
        if name not in ("offsets", "lengths"):
            raise AttributeError(name)
        table = _read(self._folder, self._slug, self._frame_count)
        object.__setattr__(self, "lengths", table.lengths)
        object.__setattr__(self, "offsets", table.offsets)
        return table.offsets if name == "offsets" else table.lengths

    def __reduce__(self) -> tuple[type[CatalogueTable], tuple[Path, str, int]]:
        return CatalogueTable, (self._folder, self._slug, self._frame_count)


def _read(folder: Path, slug: str, frame_count: int) -> FrameTable:
    """By slug, not by row: a run meanwhile may have given the row's number to another clip.

    Columns of another size than the table's are not even loaded.
    """
    query = (
        "SELECT first_offset, lengths, offsets FROM clips JOIN frame_tables ON clip_id = id"
        " WHERE slug = :slug AND frame_count = :count AND length(lengths) = 4 * :count"
        " AND (offsets IS NULL OR length(offsets) = 8 * :count)"
    )
    try:
        with open_catalogue(folder) as catalogue:
            row = catalogue.execute(query, {"slug": slug, "count": frame_count}).fetchone()
    except LibraryError as error:
        raise SourceError(f"{slug} has no frame table: {error.what}", subject=folder, mend=error.mend) from error
    try:
        if row is None:
            raise ValueError(f"there is none of {frame_count} frames")
        return unfolded_table(frame_count, *row)
    except ValueError as error:
        raise SourceError(f"the frame table of {slug} is damaged: {error}", subject=folder, mend=REBUILD) from error
