"""Small pictures of every frame that was read, kept on the disk until it is known which of them are to be shown."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from engine.errors import OutputError
from preprocess.split.signals import Pixels

_QUALITY = 85


class Spool:
    """Frames as JPEGs in a file that has no name and goes with the process; a context manager. One thread.

    About 3 kB a frame: in memory, the frames of a long source would be too many. Raises OutputError where the disk is
    full.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._ends = [0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def push(self, picture: Pixels) -> None:
        """Keep the next frame, uint8 BGR."""
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        try:
            self._file.write(coded.tobytes())
        except OSError as error:
            raise OutputError(
                f"cannot be written ({error.strerror})", subject=self._folder, mend="Make room."
            ) from error
        self._ends.append(self._ends[-1] + len(coded))

    def picture(self, index: int) -> Pixels:
        """Frame `index` of those that were pushed, uint8 BGR."""
        self._file.seek(self._ends[index])
        coded = self._file.read(self._ends[index + 1] - self._ends[index])
        return np.asarray(cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR), np.uint8)
