"""Text for the operator: letters of a bitmap font, all of a page in one draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np
import numpy.typing as npt

from engine.gl.letters import HEIGHT, LETTERS, WIDTH, letter_indices
from engine.gl.programs import build_program, shipped_part

_PER_LETTER = 6  # floats: place x and y, letter, red, green, blue
_SPACE = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One line of text, its upper left corner in pixels from the target's upper left; colours 0..1."""

    x_px: float
    y_px: float
    text: str
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)


class Text:
    """Draws runs of text with one font. It belongs to the context that it is given; the thread whose context it is.

    Raises ShaderError where its program does not compile.
    """

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = build_program(context, [shipped_part("passes/text.vert")], [shipped_part("passes/text.frag")])
        strip = np.where(LETTERS, np.uint8(255), np.uint8(0)).swapaxes(0, 1).reshape(HEIGHT, -1)
        self._letters = context.texture((strip.shape[1], HEIGHT), 1, strip.tobytes(), alignment=1)
        self._letters.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._buffer = context.buffer(reserve=4 * _PER_LETTER, dynamic=True)
        self._vertices = self._array()
        self._set("letter_px", (WIDTH, HEIGHT))
        self._set("letters", 0)

    def draw(self, target: moderngl.Framebuffer, size: tuple[int, int], runs: Sequence[Run], scale: int = 1) -> None:
        """Draw `runs` over what `target`, `size` pixels wide and high, shows; a letter is 6 × 8 · `scale` pixels.

        Characters that the font has not got are a box; what lies outside is cut off. `target` stays in use.
        """
        letters = _instances(runs, scale)
        if not len(letters):
            return
        if letters.nbytes > self._buffer.size:
            self._vertices.release()
            self._buffer.release()
            self._buffer = self._context.buffer(reserve=2 * letters.nbytes, dynamic=True)
            self._vertices = self._array()
        self._buffer.orphan()
        self._buffer.write(letters.tobytes())
        self._set("target_px", size)
        self._set("scale", float(scale))
        self._letters.use(0)
        target.use()
        target.viewport = (0, 0, *size)
        self._context.enable_only(moderngl.NOTHING)
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(letters))

    def release(self) -> None:
        """Give everything on the GPU back."""
        for part in (self._vertices, self._buffer, self._letters, self._program):
            part.release()

    def _array(self) -> moderngl.VertexArray:
        content = [(self._buffer, "2f 1f 3f/i", "place_px", "letter", "letter_colour")]
        return self._context.vertex_array(self._program, content)

    def _set(self, name: str, value: object) -> None:
        uniform = self._program[name]
        assert isinstance(uniform, moderngl.Uniform)
        uniform.value = value


def _instances(runs: Sequence[Run], scale: int) -> npt.NDArray[np.float32]:
    """A row a letter that is not a space, float32 (n, 6)."""
    rows = [_letters_of(run, scale) for run in runs]
    return np.concatenate(rows) if rows else np.empty((0, _PER_LETTER), np.float32)


def _letters_of(run: Run, scale: int) -> npt.NDArray[np.float32]:
    indices = letter_indices(run.text)
    at = np.flatnonzero(indices != _SPACE)
    rows = np.empty((len(at), _PER_LETTER), np.float32)
    rows[:, 0] = run.x_px + at * (WIDTH * scale)
    rows[:, 1] = run.y_px
    rows[:, 2] = indices[at]
    rows[:, 3:] = run.colour
    return rows
