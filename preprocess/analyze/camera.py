"""How the picture moves: drift, zoom and shake of the camera, told apart from what moves before it.

Dense optical flow between neighbouring frames (DIS: T. Kroeger et al., "Fast optical flow using dense inverse
search", ECCV 2016), to which a similarity (shift, scale, turn) is fitted that most of the textured picture agrees
with. The sum of the shifts is a path; its slow part is drift, what quivers around it is shake.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Grey = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]  # (n,) rows or columns, px
Similarity: TypeAlias = tuple[float, float, float, float]  # right, down (px, at the middle), growth, turn

WIDTH = 160  # of the copies that flow is measured on
_GRID = 6  # px between the places at which the flow is read
_ROUNDS = 5  # of reweighting
_LEAST_TEXTURE = 2.5  # mean slope in levels below which a place says nothing
_FEWEST_PLACES = 12
_AGREE_PX, _AGREE_SHARE = 0.25, 0.1  # how far from the camera's movement a place may be that follows it
_BLOCKS = 4, 3  # columns, rows in which the picture is divided
_FEWEST_IN_BLOCK = 3  # places
_FEWEST_BLOCKS = 5  # of 12 that must move as the camera does: what fills fewer is something that passes by
_BORDER = 0.2  # of each side's length that belongs to the border
_FEWEST_ON_BORDER, _STANDING = 4, 1 / 10  # places; share of the border's: no camera that moves leaves so many alone
_STANDS_PX, _CARRIED_PX = 0.25, 1.0  # a place that stands; what a camera moves by that would carry it away
_DARK = 24  # levels; rows and columns that are darker along all their length frame the picture
_SMOOTH_S = 0.6  # what the path does faster than this is shake
_FULL_SHAKE = 0.006  # picture widths (rms) that a camera may quiver before nobody can look
_FULL_SPEED = 1.0  # picture widths a second
_FULL_CHANGE = 0.08  # mean of |difference| between frames a 25th of a second apart
_STILL_PX = 0.08  # shifts below this are noise


@dataclass(frozen=True, slots=True)
class Movement:
    """As in `preprocess.catalogue.values.Analysis`."""

    motion: float
    motion_x: float
    motion_y: float
    zoom: float
    shake: float


class MovementMeter:
    """Gathers the movement of one fragment. `step_s` lies between the frames that it is given. One thread."""

    def __init__(self, step_s: float) -> None:
        self._step_s = step_s
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._flow.setFinestScale(1)  # half the size; at its own quarter a zoom comes out a sixth too slow
        self._before: Grey | None = None
        self._shifts: list[tuple[float, float, float]] = []  # right, down (px), growth (log) at the middle
        self._speeds: list[float] = []
        self._changes: list[float] = []

    def add(self, grey: Grey) -> None:
        """The next frame: grey, WIDTH wide."""
        if self._before is not None:
            self._changes.append(float(cv2.mean(cv2.absdiff(grey, self._before))[0]) / 255)
            flow = self._flow.calc(self._before, grey, np.zeros((*grey.shape, 2), np.float32))
            self._measure(np.asarray(flow, np.float32), self._before)
        self._before = grey

    def _measure(self, flow: npt.NDArray[np.float32], grey: Grey) -> None:
        height, width = grey.shape
        rows, columns = _grid(height, width)
        slopes = cv2.boxFilter(cv2.magnitude(*_gradients(grey)), -1, (_GRID, _GRID))[rows, columns]
        places = slopes > _LEAST_TEXTURE
        if places.sum() < _FEWEST_PLACES:
            self._shifts.append((0.0, 0.0, 0.0))
            self._speeds.append(0.0)
            return
        rows, columns = rows[places], columns[places]
        moved = flow[rows, columns].astype(np.float64)
        shift, agree = fitted(columns - (width - 1) / 2, rows - (height - 1) / 2, moved)
        speeds = np.hypot(moved[:, 0], moved[:, 1])
        self._speeds.append(float(np.maximum(speeds - _STILL_PX, 0).mean()))
        blocks = columns * _BLOCKS[0] // width * _BLOCKS[1] + rows * _BLOCKS[1] // height
        agreeing = np.bincount(blocks[agree], minlength=_BLOCKS[0] * _BLOCKS[1]) >= _FEWEST_IN_BLOCK
        stands = math.hypot(*shift[:2]) >= _CARRIED_PX and _border_stands(rows, columns, speeds, grey)
        self._shifts.append((0.0, 0.0, 0.0) if stands or agreeing.sum() < _FEWEST_BLOCKS else shift)

    def movement(self) -> Movement:
        """Of all frames so far; still where there was only one."""
        if not self._shifts:
            return Movement(0.0, 0.0, 0.0, 0.0, 0.0)
        assert self._before is not None
        height, width = self._before.shape
        right, down, growth = np.array(self._shifts).T
        speed = float(np.mean(self._speeds)) / width / self._step_s
        change = float(np.mean(self._changes)) * 0.04 / max(self._step_s, 0.04)
        drift_x, drift_y = float(right.mean()) / width, -float(down.mean()) / height
        return Movement(
            motion=min(1.0, max(speed / _FULL_SPEED, change / _FULL_CHANGE)),
            motion_x=_limited(drift_x / self._step_s),
            motion_y=_limited(drift_y / self._step_s),
            zoom=_limited(math.expm1(float(growth.mean()) / self._step_s)),
            shake=min(1.0, self._quiver(right / width, down / width) / _FULL_SHAKE),
        )

    def _quiver(self, right: Floats, down: Floats) -> float:
        """RMS distance of the path from itself made smooth, in picture widths."""
        span = max(3, round(_SMOOTH_S / self._step_s) | 1)
        if len(right) < span + 1:
            return 0.0
        off = 0.0
        for steps in (right, down):
            path = np.concatenate([[0.0], np.cumsum(steps)])
            smooth = np.convolve(path, np.ones(span) / span, mode="valid")
            middle = path[span // 2 : span // 2 + len(smooth)]
            # A curve bends away from its own running mean; what is left of that is no quiver.
            rest = middle - smooth
            off += float(np.mean((rest - _bend(rest, span)) ** 2))
        return math.sqrt(off)


def _bend(rest: Floats, span: int) -> Floats:
    """The slow part of what a running mean leaves."""
    if len(rest) < span:
        return np.full_like(rest, rest.mean())
    padded = np.pad(rest, span // 2, mode="edge")
    smooth: Floats = np.convolve(padded, np.ones(span) / span, mode="valid")
    return smooth


def _border_stands(rows: Places, columns: Places, speeds: Floats, grey: Grey) -> bool:
    """Whether too much of the picture's border stands still for a camera that moves. Black bars are no border."""
    across, down = _lit(grey.max(axis=0)), _lit(grey.max(axis=1))
    sides = np.minimum(columns - across[0], across[1] - columns)
    ends = np.minimum(rows - down[0], down[1] - rows)
    inside = (sides >= _GRID / 2) & (ends >= _GRID / 2)
    border = inside & ((sides < _BORDER * grey.shape[1]) | (ends < _BORDER * grey.shape[0]))
    still = int((speeds[border] < _STANDS_PX).sum())
    return still >= max(_FEWEST_ON_BORDER, _STANDING * int(border.sum()))


def _lit(brightest: Grey) -> tuple[int, int]:
    """The first and last index that is not dark; all, where each is."""
    lit = np.flatnonzero(brightest >= _DARK)
    return (int(lit[0]), int(lit[-1])) if len(lit) else (0, len(brightest) - 1)


def fitted(across: Floats, down: Floats, moved: Floats) -> tuple[tuple[float, float, float], npt.NDArray[np.bool_]]:
    """The similarity that most places follow: (shift right, down, px, at the middle; growth, log), and who follows it.

    `across`, `down`: places from the middle, px, (n,); `moved`: how each moved, px, (n, 2). Least squares, reweighted
    by Geman and McClure's function, whose outliers count nothing; it begins at the median.
    """
    found = float(np.median(moved[:, 0])), float(np.median(moved[:, 1])), 0.0, 0.0
    scale = math.inf
    off = _off(across, down, moved, found)
    for _ in range(_ROUNDS):
        scale = min(scale, max(0.15, 2 * float(np.median(off))))
        found = _weighted_fit(across, down, moved, 1 / (1 + (off / scale) ** 2) ** 2)
        off = _off(across, down, moved, found)
    growth = math.log(max(0.1, math.hypot(1 + found[2], found[3])))
    return (found[0], found[1], growth), off <= _AGREE_PX + _AGREE_SHARE * math.hypot(found[0], found[1])


def _weighted_fit(across: Floats, down: Floats, moved: Floats, weights: Floats) -> Similarity:
    """The similarity of least squares, in closed form about the places' weighted mean."""
    shares = weights / weights.sum()
    mean_across, mean_down = float(shares @ across), float(shares @ down)
    mean_right, mean_below = (float(mean) for mean in shares @ moved)
    x, y = across - mean_across, down - mean_down
    by_x, by_y = shares * x, shares * y
    spread = float(by_x @ x + by_y @ y)
    if spread == 0:
        return mean_right, mean_below, 0.0, 0.0
    larger = float(by_x @ moved[:, 0] + by_y @ moved[:, 1]) / spread
    turn = float(by_x @ moved[:, 1] - by_y @ moved[:, 0]) / spread
    right = mean_right - larger * mean_across + turn * mean_down
    return right, mean_below - larger * mean_down - turn * mean_across, larger, turn


def _off(across: Floats, down: Floats, moved: Floats, found: Similarity) -> Floats:
    """How far each place is from where the similarity puts it, px."""
    right, below, larger, turn = found
    rest_x = moved[:, 0] - (right + larger * across - turn * down)
    rest_y = moved[:, 1] - (below + larger * down + turn * across)
    return np.sqrt(rest_x * rest_x + rest_y * rest_y)


@lru_cache(4)
def _grid(height: int, width: int) -> tuple[Places, Places]:
    """Rows and columns of the places at which the flow is read."""
    rows, columns = np.mgrid[_GRID : height - _GRID : _GRID, _GRID : width - _GRID : _GRID]
    return rows, columns


def _gradients(grey: Grey) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    right, down = (cv2.Sobel(grey, cv2.CV_32F, *axes, ksize=3, scale=0.125) for axes in ((1, 0), (0, 1)))
    return np.asarray(right, np.float32), np.asarray(down, np.float32)


def _limited(value: float) -> float:
    return max(-1.0, min(1.0, value))
