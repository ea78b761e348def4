"""Whether clips are as they were written: their files, and what the catalogue says of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from engine.errors import SourceError
from engine.formats.frame_table import frame_table
from engine.formats.library_schema import CLIPS
from engine.formats.library_table import stored_table
from preprocess.catalogue.catalogue import Catalogue
from preprocess.encode.work import sha256_of

# Of blobs SQLite tells the length without reading them.
_TABLE_IS_WHOLE = (
    "coalesce(typeof(first_offset) = 'integer' AND first_offset >= 0 AND typeof(lengths) = 'blob'"
    " AND length(lengths) = 4 * frame_count AND (offsets IS NULL OR typeof(offsets) = 'blob'"
    " AND length(offsets) = 8 * frame_count), 0)"
)


@dataclass(frozen=True, slots=True)
class ClipRow:
    """What the catalogue has of a clip. `says` are its file's name, codec, width, height, rate and frame count."""

    byte_count: int
    sha256: str
    says: tuple[object, ...]
    has_table: bool


def clip_rows(catalogue: Catalogue, slugs: Collection[str]) -> dict[str, ClipRow]:
    """The rows of these clips, as far as there are any, by slug."""
    rows = catalogue.connection.execute(
        "SELECT slug, bytes, sha256, file, codec, width, height, rate_num, rate_den, frame_count,"  # noqa: S608 - our own
        f" {_TABLE_IS_WHOLE} FROM clips LEFT JOIN frame_tables ON clip_id = clips.id"
        " WHERE slug IN (SELECT value FROM json_each(?))",
        (json.dumps(list(slugs)),),
    )
    return {row[0]: ClipRow(row[1], row[2], tuple(row)[3:10], bool(row[10])) for row in rows}


def why_not_whole(
    catalogue: Catalogue, slug: str, row: ClipRow | None, says: tuple[object, ...] | None, *, verify: bool
) -> str:
    """What is wrong with a clip that should say this of itself (None: whatever it says); "" where it is whole.

    Looks at names, counts and lengths; with `verify` at the content of the file and of the frame table as well.
    """
    if row is None:
        return "the catalogue has lost it"
    if not row.has_table:
        return "its frame table is damaged"
    if says is not None and row.says != says:
        return "its row in the catalogue is damaged"
    file = catalogue.folder / CLIPS / f"{slug}.mov"
    try:
        byte_count = file.stat().st_size
    except FileNotFoundError:
        return "its file is gone"
    if byte_count != row.byte_count or (verify and sha256_of(file) != row.sha256):
        return "its file is not as it was written"
    return "its frame table is damaged" if verify and not _fits(catalogue, slug, file) else ""


def _fits(catalogue: Catalogue, slug: str, file: Path) -> bool:
    """Whether the catalogue has the frame table that the file itself gives."""
    row = catalogue.connection.execute(
        "SELECT first_offset, lengths, offsets FROM clips JOIN frame_tables ON clip_id = clips.id WHERE slug = ?",
        (slug,),
    ).fetchone()
    try:
        return tuple(row) == stored_table(frame_table(file))
    except SourceError:
        return False
