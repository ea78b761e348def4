"""Which clips of a library are alike: the nearest of each, by what was said of them, else by what was measured.

`runtime-preprocess embed` works out which clips are alike in meaning and writes the table `neighbours`; the measures
are in the catalogue for every clip, and stand in where that table says nothing.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import LibraryError
from engine.formats.library_catalogue import REBUILD, open_catalogue

NEIGHBOURS = 16
_KEPT = 1024
_MEASURES = ("brightness", "contrast", "colour", "warmth", "skin", "detail", "motion")


_NOBODY = -1  # in place of a neighbour
_MOST_NUMBER = 10_000_000

Places = npt.NDArray[np.int32]


class NearestClips(Mapping[str, tuple[str, ...]]):
    """For each slug the clips most like it, 16 at most, the nearest first. Immutable; any thread; never reads a disk.

    A clip whose neighbours are known has these. Of any other, likeness is the distance between the clips' measures,
    each scaled by how much it differs within the library; its neighbours are worked out when they are asked for, in
    1 ms of a library of 100,000 clips. Those of the last 1024 asked for are kept. A clip takes 36 bytes here, and 64
    more in a library where neighbours are known.
    """

    def __init__(self, slugs: tuple[str, ...], measures: npt.NDArray[np.float32], known: Places | None = None) -> None:
        """`measures` is float32 (clips, measures), its rows in the order of `slugs`, which are sorted.

        `known` is int32 (clips, 16): the places of each clip's neighbours in `slugs`; −1 is nobody.
        """
        self._slugs = slugs
        spread = measures.std(axis=0) if len(slugs) else np.ones(measures.shape[1], np.float32)
        self._measures = measures / np.where(spread > 0, spread, 1)
        self._known = known
        self._nearest = lru_cache(_KEPT)(self._found)

    def __getitem__(self, slug: str) -> tuple[str, ...]:
        return self._nearest(slug)

    def __iter__(self) -> Iterator[str]:
        return iter(self._slugs)

    def __len__(self) -> int:
        return len(self._slugs)

    def _found(self, slug: str) -> tuple[str, ...]:
        row = bisect_left(self._slugs, slug)
        if row == len(self._slugs) or self._slugs[row] != slug:
            raise KeyError(slug)
        known = () if self._known is None else self._known[row]
        if found := tuple(self._slugs[place] for place in known if place != _NOBODY):
            return found
        apart = np.square(self._measures - self._measures[row]).sum(axis=1)
        apart[row] = np.inf
        count = min(NEIGHBOURS, len(self._slugs) - 1)
        # Of two as near, the one that comes first by name: the same on every machine.
        return tuple(self._slugs[place] for place in np.argsort(apart, kind="stable")[:count])


def read_nearest(folder: Path, slugs: Collection[str]) -> NearestClips:
    """What is alike in the library in `folder`, whose clips are `slugs` in slug order. Any thread.

    Raises LibraryError where the catalogue cannot be read, has a measure that is no number, neighbours that are
    written wrongly, or other clips by now.
    """
    with open_catalogue(folder) as catalogue:
        rows = catalogue.execute(f"SELECT {', '.join(_MEASURES)} FROM clips ORDER BY slug")  # noqa: S608 - our own names
        try:
            measures = np.fromiter(chain.from_iterable(rows), np.float32).reshape(-1, len(_MEASURES))
        except (TypeError, ValueError) as error:
            raise LibraryError(f"a measure that is no number ({error})", subject=folder, mend=REBUILD) from error
        try:
            known = _read_known(catalogue, slugs)
        except (TypeError, ValueError, OverflowError) as error:
            mend = "run runtime-preprocess embed"
            raise LibraryError(f"neighbours that cannot be read ({error})", subject=folder, mend=mend) from error
    if not np.isfinite(measures).all():
        raise LibraryError("a measure that is no number", subject=folder, mend=REBUILD)
    if len(measures) != len(slugs):
        raise LibraryError("was built again meanwhile", subject=folder, mend="Start anew.")
    return NearestClips(tuple(slugs), measures, known)


def _read_known(catalogue: sqlite3.Connection, slugs: Collection[str]) -> Places | None:
    """The neighbours that the catalogue knows of; None where it has no table of them, or nobody in it.

    Clips that the library has not are passed over. Raises ValueError or TypeError where they are written wrongly.
    """
    if catalogue.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'neighbours'").fetchone() is None:
        return None
    place_of = {slug: place for place, slug in enumerate(slugs)}
    rows = catalogue.execute("SELECT slug, number, nearest FROM neighbours ORDER BY slug").fetchall()
    if not rows:
        return None
    # A row shorter or longer than usual is cut or filled with −1; joined, all of them become places at once.
    near = np.frombuffer(b"".join(_row(nearest) for _, _, nearest in rows), "<i4").reshape(-1, NEIGHBOURS)
    numbers = np.array([number for _, number, _ in rows], np.int64)
    if numbers.min() < 0 or numbers.max() > _MOST_NUMBER:
        raise ValueError("a number that cannot be")
    places = np.array([place_of.get(slug, _NOBODY) for slug, _, _ in rows], np.int32)
    place_of_number = np.full(int(numbers.max()) + 2, _NOBODY, np.int32)  # the last for numbers that nobody has
    place_of_number[numbers] = places
    last = len(place_of_number) - 1
    found = place_of_number[np.where((near < 0) | (near > last), last, near)]
    found[found == places[:, np.newaxis]] = _NOBODY  # nobody is like itself
    known = np.full((len(place_of), NEIGHBOURS), _NOBODY, np.int32)
    known[places[places != _NOBODY]] = found[places != _NOBODY]
    return known


def _row(nearest: object) -> bytes:
    if not isinstance(nearest, bytes) or len(nearest) % 4:
        raise TypeError("not a list of numbers")
    return nearest[: 4 * NEIGHBOURS].ljust(4 * NEIGHBOURS, b"\xff")
