"""The output of `--headless`: pictures are drawn to the end and shown nowhere."""

from __future__ import annotations

import moderngl


class Nothing:
    """Waits until the GPU has drawn the canvas, as a display would, and shows it nowhere. Main thread."""

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        canvas.ctx.finish()

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass
