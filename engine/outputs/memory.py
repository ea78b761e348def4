"""The output that keeps pictures in memory, for tests and previews."""

from __future__ import annotations

import moderngl
import numpy as np

from engine.outputs.output import Pixels, read_canvas


class Memory:
    """Keeps every frame: `frames[i]` is uint8 (height, width, 4), RGBA, row 0 at the top; it belongs to the caller.

    `frame_indices` and `times_s` run beside it. `abort` forgets them all. Main thread.
    """

    def __init__(self) -> None:
        self.frames: list[Pixels] = []
        self.frame_indices: list[int] = []
        self.times_s: list[float] = []
        self._closed = False

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        pixels = np.empty((canvas.height, canvas.width, 4), np.uint8)
        read_canvas(canvas, pixels)
        self.frames.append(pixels)
        self.frame_indices.append(frame_index)
        self.times_s.append(at_s)

    def close(self) -> None:
        self._closed = True

    def abort(self) -> None:
        if not self._closed:
            self.frames.clear()
            self.frame_indices.clear()
            self.times_s.clear()
