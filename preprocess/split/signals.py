"""What is measured of each frame of footage, on small pictures: pure functions, and the series that they make up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]

# Frames are measured at this size: enough to tell pictures apart, and little enough to keep up with any decoder.
MEASURED_LONG_PX = 96
_THUMB_LONG_PX = 24  # a hand's shake is less than one of these pixels
_DETAIL_SIGMA_PX = 3.0


@dataclass(frozen=True, slots=True)
class FrameMeasures:
    """What was measured of each frame of a stretch, float32 of shape (frames,), 0..1.

    `light` and `spread` are mean and standard deviation of the luma; `detail` is the mean square of the luma without
    its slow changes; `motion` is the mean change of the luma since the frame before, 0 for the first.
    """

    light: Floats
    spread: Floats
    detail: Floats
    motion: Floats

    @property
    def frame_count(self) -> int:
        return len(self.light)


def measured_size(width: int, height: int) -> tuple[int, int]:
    """The size at which frames of footage of this size are measured: even numbers, in its proportions."""
    factor = MEASURED_LONG_PX / max(width, height)
    return max(8, 2 * round(width * factor / 2)), max(8, 2 * round(height * factor / 2))


def luma(picture: Pixels) -> Pixels:
    """Grey (rows, columns) of a BGR picture (rows, columns, 3)."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))


def thumb(picture: Pixels) -> Floats:
    """A picture as a vector: float32 BGR 0..255 of its thumbnail, of a length that only the picture's size decides."""
    height, width = picture.shape[:2]
    factor = _THUMB_LONG_PX / max(width, height)
    size = max(2, round(width * factor)), max(2, round(height * factor))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32).ravel()


def detail(grey: Pixels) -> float:
    """Mean square of what is fine in a grey picture: its difference from its own blur. 0..1."""
    fine = grey.astype(np.float32)
    fine -= cv2.GaussianBlur(fine, (0, 0), _DETAIL_SIGMA_PX)
    return float(np.mean(fine * fine)) / 255**2


def change(before: Pixels, after: Pixels) -> float:
    """Mean difference of two grey pictures, 0..1."""
    return float(cv2.absdiff(before, after).mean()) / 255


class Measuring:
    """Measures frames one after another. One thread."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float, float]] = []
        self._before: Pixels | None = None

    def push(self, picture: Pixels) -> None:
        """Measure the next frame, uint8 BGR of the size of `measured_size`."""
        grey = luma(picture)
        light, spread = (float(value[0, 0]) / 255 for value in cv2.meanStdDev(grey))
        motion = 0.0 if self._before is None else change(self._before, grey)
        self._before = grey
        self._rows.append((light, spread, detail(grey), motion))

    def detail_of_last(self) -> float:
        """The `detail` of the frame that was pushed last."""
        return self._rows[-1][2]

    def measures(self) -> FrameMeasures:
        """Everything until now."""
        columns = np.array(self._rows, np.float32).reshape(-1, 4).T
        return FrameMeasures(*np.ascontiguousarray(columns))
