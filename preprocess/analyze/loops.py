"""Where a fragment closes into a loop: the two frames between which a jump back is seen least."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

_SMALL = 32, 18  # width, height of the copies that are compared
_MOST = 500  # frames at the beginning, and as many at the end, among which the loop's two ends are looked for
_SHORTEST_S = 1.0
_SHORTEST_SHARE = 0.4  # of the fragment: a loop of less is another clip
_SEEN = 0.015  # mean of |difference| beyond the usual one between frames at which a seam jumps out
_LONGER = 0.2  # of quality that the whole fragment has before none of it: of equal seams the longer loop wins
_STUTTER = 0.05  # of quality that a seam as large as the usual change costs: it shows a frame twice, or leaves one out
_LEAST_CHANGE = 0.002  # noise between frames

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Loop:
    """Frames begin to end (half open) of the fragment; quality 0..1, 1 where the seam cannot be seen."""

    begin: int
    end: int
    quality: float


class LoopFinder:
    """Finds the best loop of one fragment. `rate` in frames a second. Memory is bounded. One thread."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._head: list[npt.NDArray[np.uint8]] = []
        self._tail: list[npt.NDArray[np.uint8]] = []
        self._count = 0

    def add(self, grey: npt.NDArray[np.uint8]) -> None:
        """The next frame, grey, of any size."""
        copy = np.asarray(cv2.resize(grey, _SMALL, interpolation=cv2.INTER_AREA), np.uint8).ravel()
        if len(self._head) < _MOST:
            self._head.append(copy)
        else:
            self._tail.append(copy)
            if len(self._tail) > 2 * _MOST:
                del self._tail[:_MOST]
        self._count += 1

    def loop(self) -> Loop:
        """Of all frames so far; at least one must have been added."""
        count = self._count
        if count < 3:
            return Loop(0, count, 0.0 if count > 1 else 1.0)
        kept = np.stack(self._head + self._tail[-_MOST:]).astype(np.float32) / np.float32(255)
        indices = np.concatenate([np.arange(len(self._head)), np.arange(count - min(len(self._tail), _MOST), count)])
        usual = np.abs(np.diff(kept, axis=0)).mean(axis=1)
        whole = indices[1:] == indices[:-1] + 1
        return self._best(_seams(kept), indices, max(_LEAST_CHANGE, float(np.median(usual[whole]))))

    def _best(self, seams: Floats, indices: npt.NDArray[np.intp], usual: float) -> Loop:
        count = self._count
        begins, ends = indices, np.append(indices, count)
        length = ends[None, :] - begins[:, None]
        shortest = min(count, max(_SHORTEST_S * self._rate, _SHORTEST_SHARE * count))
        quality = np.exp(-np.maximum(0, seams - usual) / _SEEN)
        worth = quality + _LONGER * length / count - _STUTTER * np.minimum(1, seams / usual)
        score = np.where(length >= shortest, worth, -1.0)
        begin, end = np.unravel_index(int(score.argmax()), score.shape)
        return Loop(int(begins[begin]), int(ends[end]), round(float(quality[begin, end]), 4))


def _seams(kept: Floats) -> Floats:
    """How far the jump from frame end - 1 to frame begin is from going on: (begins, ends + 1).

    Going on would show frame `end`, so that `begin` should look like it, and `end - 1` like what comes before `begin`.
    """
    count = len(kept)
    apart = np.empty((count, count), np.float32)
    for row in range(count):  # one row at a time: all pairs at once would take a hundred times the memory
        apart[row] = np.abs(kept - kept[row]).mean(axis=1)
    ahead = np.full((count, count + 1), np.nan, np.float32)  # begin against end
    ahead[:, :count] = apart
    behind = np.full((count, count + 1), np.nan, np.float32)  # begin - 1 against end - 1
    behind[1:, 1:] = apart[:-1]
    seams = np.where(np.isnan(ahead), behind, np.where(np.isnan(behind), ahead, np.maximum(ahead, behind)))
    seams[0, count] = apart[0, count - 1]
    return seams
