"""The pictures that stand for a fragment: its thumbnail and its strip."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from engine.errors import OutputError

Picture = npt.NDArray[np.uint8]  # (rows, columns, 3) BGR

THUMBNAIL_WIDTH = 320
STRIP_WIDTH = 160  # of one of its pictures
STRIP_COUNT = 12
_QUALITY = 82


class Strip:
    """Gathers the twelve pictures of a strip: of equal parts of the fragment, each the one in its middle."""

    def __init__(self, frame_count: int) -> None:
        self._wanted = [(2 * part + 1) * frame_count // (2 * STRIP_COUNT) for part in range(STRIP_COUNT)]
        self._pictures: list[Picture] = []

    def add(self, index: int, picture: Picture) -> None:
        """Frame `index` of the fragment, in order."""
        if index not in self._wanted:
            return
        small = scaled(picture, STRIP_WIDTH)
        self._pictures += [small] * self._wanted.count(index)

    def picture(self) -> Picture:
        """All of them side by side."""
        return np.hstack(self._pictures)


def scaled(picture: Picture, width: int) -> Picture:
    """The picture `width` wide."""
    size = width, max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def write_jpeg(path: Path, picture: Picture) -> None:
    """Write a picture, flushed. Raises OutputError where the disk is full or may not be written."""
    done, coded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    assert done, "a picture that cannot be a JPEG"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(coded.tobytes())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        mend = "make room, or choose another disk; the same command goes on from there"
        raise OutputError(f"cannot be written: {error.strerror}", subject=path, mend=mend) from error
