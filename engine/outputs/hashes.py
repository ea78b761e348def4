"""The output that writes a hash for each frame: two renders of one show are equal if their hash files are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import moderngl
import numpy as np

from engine.formats.replace_file import replace_file
from engine.outputs.beside import check_output_path
from engine.outputs.output import Pixels, read_canvas

_DIGEST_BYTES = 16


class Hashes:
    """Writes one line a frame: `index at_s hash`, where hash is the BLAKE2b-128 of the RGBA8 bytes, in hex.

    Rows run from the top of the picture; `at_s` has six decimals. The file appears, whole, on `close`.
    Raises OutputError at construction where `path` exists (unless `overwrite`) or cannot be written. Main thread.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        check_output_path(path, overwrite=overwrite)
        self._path = path
        self._lines: list[str] = []
        self._buffer: Pixels = np.empty((0, 0, 4), np.uint8)
        self._finished = False

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        if self._buffer.shape[:2] != (canvas.height, canvas.width):
            self._buffer = np.empty((canvas.height, canvas.width, 4), np.uint8)
        read_canvas(canvas, self._buffer)
        digest = hashlib.blake2b(self._buffer.data, digest_size=_DIGEST_BYTES).hexdigest()
        self._lines.append(f"{frame_index} {at_s:.6f} {digest}\n")

    def close(self) -> None:
        if self._finished:
            return
        self._finished = True
        replace_file(self._path, "".join(self._lines).encode("ascii"))

    def abort(self) -> None:
        self._finished = True
