"""Which clips of a library are alike: the nearest of each, by the measures that the catalogue has of every clip."""

from __future__ import annotations

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


class NearestClips(Mapping[str, tuple[str, ...]]):
    """For each slug the 16 clips most like it, the nearest first. Immutable; any thread; never reads a disk.

    Likeness is the distance between the clips' measures, each scaled by how much it differs within the library.
    A clip takes 36 bytes here; neighbours are worked out when they are asked for, in 1 ms of a library of 100,000
    clips, and those of the last 1024 asked for are kept.
    """

    def __init__(self, slugs: tuple[str, ...], measures: npt.NDArray[np.float32]) -> None:
        """`measures` is float32 (clips, measures), its rows in the order of `slugs`, which are sorted."""
        self._slugs = slugs
        spread = measures.std(axis=0) if len(slugs) else np.ones(measures.shape[1], np.float32)
        self._measures = measures / np.where(spread > 0, spread, 1)
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
        apart = np.square(self._measures - self._measures[row]).sum(axis=1)
        apart[row] = np.inf
        count = min(NEIGHBOURS, len(self._slugs) - 1)
        # Of two as near, the one that comes first by name: the same on every machine.
        return tuple(self._slugs[place] for place in np.argsort(apart, kind="stable")[:count])


def read_nearest(folder: Path, slugs: Collection[str]) -> NearestClips:
    """What is alike in the library in `folder`, whose clips are `slugs` in slug order. Any thread.

    Raises LibraryError where the catalogue cannot be read, has a measure that is no number, or other clips by now.
    """
    with open_catalogue(folder) as catalogue:
        rows = catalogue.execute(f"SELECT {', '.join(_MEASURES)} FROM clips ORDER BY slug")  # noqa: S608 - our own names
        try:
            measures = np.fromiter(chain.from_iterable(rows), np.float32).reshape(-1, len(_MEASURES))
        except (TypeError, ValueError) as error:
            raise LibraryError(f"a measure that is no number ({error})", subject=folder, mend=REBUILD) from error
    if not np.isfinite(measures).all():
        raise LibraryError("a measure that is no number", subject=folder, mend=REBUILD)
    if len(measures) != len(slugs):
        raise LibraryError("was built again meanwhile", subject=folder, mend="Start anew.")
    return NearestClips(tuple(slugs), measures)
