"""What every output promises: the audience's window, a film, a list of hashes, memory, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import moderngl
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


class Output(Protocol):
    """Where finished pictures go. All methods: main thread only, the one that owns the canvas's context.

    The canvas is an RGBA8 framebuffer whose texel row 0 is the top row of the picture; its alpha is not looked
    at. An output reads the canvas, never writes it, and is done with it when `present` returns.
    """

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        """Show or write the canvas as frame `frame_index`, the picture of show time `at_s` (seconds).

        Frames come in rising order. Raises OutputError where the picture cannot be written; then only `abort`
        (or `close`, which raises again) makes sense.
        """

    def close(self) -> None:
        """Finish: what was presented is complete under its final name. A second call does nothing.

        Raises OutputError where that fails; then nothing stands under the final name.
        """

    def abort(self) -> None:
        """Throw away: nothing stands under the final name. Does nothing after `close`. Never raises OutputError."""


class Several:
    """Several outputs that get every picture, in order: a film and its hashes."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = tuple(outputs)

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        for output in self._outputs:
            output.present(canvas, frame_index, at_s)

    def close(self) -> None:
        """Close them in order. Where one fails, those after it are thrown away; those before it stay."""
        for position, output in enumerate(self._outputs):
            try:
                output.close()
            except BaseException:
                for later in self._outputs[position + 1 :]:
                    later.abort()
                raise

    def abort(self) -> None:
        for output in self._outputs:
            output.abort()


def read_canvas(canvas: moderngl.Framebuffer, into: Pixels) -> None:
    """Copy the canvas into `into`, uint8 (height, width, 4), RGBA, row 0 at the top. Waits for the drawing.

    Raises ValueError where the sizes differ.
    """
    width, height = canvas.size
    if into.shape != (height, width, 4):
        raise ValueError(f"the canvas is {width}×{height}, the buffer {into.shape[1]}×{into.shape[0]}")
    canvas.read_into(into, components=4, alignment=1)
