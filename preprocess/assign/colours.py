"""The main colours of many clips, as columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class ClipColours:
    """Each clip's colours, the largest first, one clip's behind another's: those of clip `i` are `begins[i]` to
    `begins[i + 1]` of the columns.

    `name_index` counts into `names`, `rgb_index` into `rgbs` (`#rrggbb`); `share` is of the picture.
    """

    begins: npt.NDArray[np.intp]
    names: tuple[str, ...]
    rgbs: tuple[str, ...]
    name_index: npt.NDArray[np.intp]
    rgb_index: npt.NDArray[np.intp]
    share: npt.NDArray[np.float64]

    @property
    def clip_index(self) -> npt.NDArray[np.intp]:
        """Whose each colour is."""
        counts = np.diff(self.begins)
        return np.repeat(np.arange(len(counts)), counts)

    def main(self, index: int) -> str | None:
        """The largest colour of a clip, as `#rrggbb`; None where it has none."""
        begin, end = self.begins[index : index + 2]
        return self.rgbs[self.rgb_index[begin]] if end > begin else None

    def taken(self, indices: npt.NDArray[np.intp]) -> ClipColours:
        """Those of some of the clips."""
        counts = np.diff(self.begins)[indices]
        begins = _begins(counts)
        at = np.arange(begins[-1]) + np.repeat(self.begins[indices] - begins[:-1], counts)
        return ClipColours(begins, self.names, self.rgbs, self.name_index[at], self.rgb_index[at], self.share[at])


class ColourColumns:
    """Columns of colours that grow by some clips at a time."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._rgbs: dict[str, int] = {}
        self._parts: list[npt.NDArray[np.float64]] = [np.empty((0, 3))]
        self._counts: list[int] = []

    def add(self, clips: Iterable[str]) -> None:
        """Add clips, each as the catalogue has its colours: JSON `[[name, "#rrggbb", share], …]`."""
        found: list[list[tuple[str, str, float]]] = json.loads(f"[{','.join(clips)}]")
        self._counts += map(len, found)
        names, rgbs = self._names, self._rgbs
        rows = [
            (names.setdefault(name, len(names)), rgbs.setdefault(rgb, len(rgbs)), share)
            for name, rgb, share in chain.from_iterable(found)
        ]
        self._parts.append(np.array(rows, np.float64).reshape(-1, 3))

    def colours(self) -> ClipColours:
        """All that were added."""
        columns = np.concatenate(self._parts)
        name_index, rgb_index = columns[:, :2].astype(np.intp).T
        return ClipColours(
            _begins(self._counts), tuple(self._names), tuple(self._rgbs), name_index, rgb_index, columns[:, 2]
        )


def _begins(counts: Sequence[int] | npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    begins = np.zeros(len(counts) + 1, np.intp)
    np.cumsum(counts, out=begins[1:])
    return begins
