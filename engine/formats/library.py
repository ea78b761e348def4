"""The clip library as the player reads it: its catalogue as clips, without writing a byte.

A library is a folder with `catalogue.sqlite`, `clips/SLUG.mov` and `thumbnails/SLUG.jpg`; `docs/library-format.md`
has the format, `library_schema` its tables, `library_writer` the one that writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from engine.errors import LibraryError
from engine.formats.library_catalogue import REBUILD, is_inside, open_catalogue
from engine.formats.library_schema import SLUG_PATTERN
from engine.formats.library_table import CatalogueTable
from engine.model.clips import Clip, Codec

# Clips that stay made once asked for. More than any show plays at once; each may hold an unfolded frame table.
_KEPT = 1024
_LARGEST = 65535  # pixels a side: what a JPEG can say, and more than any GPU takes

_Look: TypeAlias = tuple[Codec, int, int, Fraction]  # width and height in pixels, frames a second
# Its look, its frame count, its title, and its file, None where that is named after the slug.
_Row: TypeAlias = tuple[_Look, int, str, str | None]


class LibraryClips(Mapping[str, Clip]):
    """Every clip of a library by slug, in slug order. Immutable; any thread; never reads a disk.

    A clip takes about 300 bytes here and is made when it is asked for, so that a library of 100,000 costs little
    more to begin with than a small one. Of those that were made, the last 1024 asked for are kept.
    """

    def __init__(self, folder: Path, rows: Mapping[str, _Row]) -> None:
        self._folder = folder
        self._rows = rows
        self._clip = lru_cache(_KEPT)(self._made)

    def __getitem__(self, slug: str) -> Clip:
        return self._clip(slug)

    def __contains__(self, slug: object) -> bool:
        return slug in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _made(self, slug: str) -> Clip:
        (codec, width, height, rate), frame_count, title, file = self._rows[slug]
        path = self._folder / (_usual_file(slug) if file is None else file)
        table = CatalogueTable(self._folder, slug, frame_count)
        return Clip(slug, path, codec, width, height, rate, frame_count, table, title)


def read_library(folder: Path) -> Mapping[str, Clip]:
    """Every clip of the library in `folder`, by slug, in slug order. Any thread.

    Opens read-only and works from a read-only disk. That a clip's file is there and its frame table sound is found
    out when it is played: the table raises SourceError then, and the other clips are as good as before.
    Raises LibraryError where the catalogue is missing, damaged, of another version, or names a file outside the
    folder.
    """
    looks: dict[tuple[Any, ...], _Look] = {}
    titles: dict[str, str] = {}
    rows: dict[str, _Row] = {}
    with open_catalogue(folder) as catalogue:
        # CAST: SQLite keeps whatever was put into a column of text, and a blob is no text.
        for slug, file, title, frame_count, *stored in catalogue.execute(
            "SELECT CAST(slug AS TEXT), CAST(file AS TEXT), CAST(title AS TEXT), frame_count,"
            " codec, width, height, rate_num, rate_den FROM clips ORDER BY slug"
        ):
            usual = file == _usual_file(slug)
            if not usual:
                _check_inside(folder, slug, file)
            if not SLUG_PATTERN.fullmatch(slug):
                raise LibraryError(f"{slug!r} is no name for a clip", subject=folder, mend=REBUILD)
            if not isinstance(frame_count, int) or frame_count < 1:
                raise LibraryError(f"{slug} has {frame_count!r} frames", subject=folder, mend=REBUILD)
            key = tuple(stored)
            look = looks.get(key) or looks.setdefault(key, _look(folder, slug, *key))
            rows[slug] = (look, frame_count, titles.setdefault(title, title), None if usual else file)
    return LibraryClips(folder, rows)


def _usual_file(slug: str) -> str:
    return f"clips/{slug}.mov"


def _check_inside(folder: Path, slug: str, file: str) -> None:
    if not is_inside(file):
        raise LibraryError(f"the file of {slug} lies outside the library: {file}", subject=folder, mend=REBUILD)


def _look(folder: Path, slug: str, codec: object, *numbers: object) -> _Look:
    """What clips of one kind have in common, checked once for all of them."""
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        raise LibraryError(f"{slug} has a size or a rate that cannot be", subject=folder, mend=REBUILD)
    width, height, num, den = (number for number in numbers if isinstance(number, int))
    if max(width, height) > _LARGEST:
        raise LibraryError(f"{slug} has {width} × {height} pixels, which no clip has", subject=folder, mend=REBUILD)
    return Codec(codec), width, height, Fraction(num, den)
