"""Flashes in a picture that moves, as the limits for photosensitive epilepsy count them.

A *turn* is a rise or fall that opposes the one before; two opposing turns are a flash. It is counted where relative
luminance changes by 10 % of the maximum or more and its darker side is below 80 % (a general flash), or where the
light R − G − B, negative taken for 0, changes by more than 20/320 and either side is a saturated red,
R / (R + G + B) ≥ 0.8 (a red flash): W3C, Web Content Accessibility Guidelines 2.1, success criterion 2.3.1, with the
definitions of "general flash and red flash thresholds". More than three flashes within a second over more than a
quarter of the picture are too many: Recommendation ITU-R BT.1702, which Ofcom's guidance follows.

The picture is a grid of cells, each the mean of its light, so what is finer than a cell cancels out. A cell has its own
turns; beside them the picture as a whole turns in a frame where more of it rises than falls by over the limit's area,
or the other way round: that is how flashes are found that come in another place each time.

Pure: NumPy, no files, no clock. Memory is bounded whatever the length.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]

COLUMNS, ROWS = 64, 32
AREA_LIMIT = 0.25
MOST_FLASHES = 3
GENERAL_STEP, DARKER_BELOW = 0.1, 0.8
RED_STEP, SATURATED = 20 / 320, 0.8

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_REMEMBERED = 64  # turns of a cell: a second of 60 frames that each turn
_LONGEST_FRAME_S = 1 / 24  # a film of stills may well have a fast passage
_ROUNDING = 1e-6  # of float32, so that a change of just 10 % is one


def _light_of_levels() -> Floats:
    encoded = np.arange(256) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LIGHT = _light_of_levels()


class FlashKind(Enum):
    """What flashes."""

    GENERAL = "general"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Flashing:
    """How much flashes at one instant, of one kind.

    `flashes` in the second up to now over more than the limit's area, in halves (a turn is half a flash); `area`
    0..1, the share of the picture that flashes more than three times in that second.
    """

    kind: FlashKind
    flashes: float
    area: float


def cell_light(pixels: npt.NDArray[np.uint8]) -> Floats:
    """The mean linear light of each cell, float32 (ROWS, COLUMNS, 3), 0..1.

    `pixels` is encoded RGB, uint8 (height, width, 3), its sides multiples of the grid's. The curve is IEC 61966-2-1.
    """
    height, width, _ = pixels.shape
    cells = _LIGHT[pixels].reshape(ROWS, height // ROWS, COLUMNS, width // COLUMNS, 3)
    return np.asarray(cells.mean(axis=(1, 3)), np.float32)


class FlashMeter:
    """Counts flashes frame by frame. One thread at a time."""

    def __init__(self, frame_s: float, *, area_limit: float = AREA_LIMIT) -> None:
        """`frame_s`: seconds from frame to frame, in the mean. `area_limit`: 0..1 of the picture.

        A second is as many frames as it has, whatever the rounding of their times: so it begins half a frame late.
        """
        self._window_s = 1.0 - min(frame_s, _LONGEST_FRAME_S) / 2
        self._area_limit = area_limit
        self._kinds = {
            FlashKind.GENERAL: _Turns(GENERAL_STEP, DARKER_BELOW, area_limit),
            FlashKind.RED: _Turns(RED_STEP, np.inf, area_limit),
        }

    def add(self, at_s: float, light: Floats) -> tuple[Flashing, Flashing]:
        """Take in the frame shown from `at_s` on, its `light` as of `cell_light`; general and red flashing.

        `at_s` must not fall.
        """
        red, rest = light[..., 0], light[..., 1] + light[..., 2]
        saturated = (red > 0) & (red >= SATURATED * (red + rest))
        self._kinds[FlashKind.GENERAL].add(at_s, light @ _LUMINANCE, np.ones_like(saturated))
        self._kinds[FlashKind.RED].add(at_s, np.maximum(red - rest, 0), saturated)
        general, reds = (self._flashing(kind, at_s) for kind in FlashKind)
        return general, reds

    def _flashing(self, kind: FlashKind, at_s: float) -> Flashing:
        turns = self._kinds[kind]
        since_s = at_s - self._window_s
        counts = turns.counts(since_s)
        over = counts > 2 * MOST_FLASHES
        whole = turns.whole_shares(since_s)
        area = float(over.mean())
        if len(whole) > 2 * MOST_FLASHES:
            area = max(area, min(whole))
        beyond = int(self._area_limit * counts.size)  # so many cells may have more
        cells = int(np.partition(counts, -1 - beyond)[-1 - beyond]) if beyond < counts.size else 0
        return Flashing(kind, max(cells, len(whole)) / 2, area)


class _Turns:
    """The turns of every cell, and of the picture as a whole, in one measure."""

    def __init__(self, step: float, darker_below: float, area_limit: float) -> None:
        self._step, self._darker_below, self._area_limit = step - _ROUNDING, darker_below, area_limit
        self._whole: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)  # when, and how much of the picture
        self._whole_way = 0
        self._is_new = True

    def add(self, at_s: float, measure: Floats, counts: Mask) -> None:
        """Take in `measure` (rows, columns); a swing is a turn only if it counts at either end."""
        if self._is_new:
            self._is_new = False
            # The least and the most since the last swing began; before the first one, since the beginning.
            self._low = self._high = self._start = measure
            self._low_counts = self._high_counts = self._start_counts = counts
            self._way = np.zeros(measure.shape, np.int8)  # 1 up, -1 down
            self._is_turn = np.zeros(measure.shape, np.bool_)  # the swing has been counted
            self._times_s = np.full((_REMEMBERED, *measure.shape), -np.inf)
            self._next = np.zeros(measure.shape, np.int64)
            return
        rises = (self._way != 1) & (measure - self._low >= self._step)
        falls = (self._way != -1) & (self._high - measure >= self._step)
        self._begin_swings(rises, falls)
        lower, higher = (rises | falls | further for further in (measure < self._low, measure > self._high))
        self._low, self._low_counts = np.where(lower, measure, self._low), np.where(lower, counts, self._low_counts)
        self._high, self._high_counts = (
            np.where(higher, measure, self._high),
            np.where(higher, counts, self._high_counts),
        )
        further = np.where(self._way == 1, higher, lower & (self._way == -1))
        darker = np.minimum(self._start, measure)
        turned = further & ~self._is_turn & (counts | self._start_counts) & (darker < self._darker_below)
        self._is_turn |= turned
        rows, columns = np.nonzero(turned)
        self._times_s[self._next[rows, columns], rows, columns] = at_s
        self._next[rows, columns] = (self._next[rows, columns] + 1) % _REMEMBERED
        self._turn_whole(at_s, float((turned * self._way).mean()))

    def _begin_swings(self, rises: Mask, falls: Mask) -> None:
        self._start = np.where(rises, self._low, np.where(falls, self._high, self._start))
        high_counts = np.where(falls, self._high_counts, self._start_counts)
        self._start_counts = np.where(rises, self._low_counts, high_counts)
        self._way = np.where(rises, np.int8(1), np.where(falls, np.int8(-1), self._way))
        self._is_turn &= ~(rises | falls)

    def counts(self, since_s: float) -> npt.NDArray[np.int64]:
        """How many turns each cell has had after `since_s`; flat, at most 64."""
        return np.asarray((self._times_s > since_s).sum(axis=0).ravel())

    def whole_shares(self, since_s: float) -> list[float]:
        """For each turn of the whole picture after `since_s`, how much of it turned."""
        return [share for at_s, share in self._whole if at_s > since_s]

    def _turn_whole(self, at_s: float, net: float) -> None:
        way = (net > self._area_limit) - (net < -self._area_limit)
        if way and way != self._whole_way:
            self._whole_way = way
            self._whole.append((at_s, abs(net)))
