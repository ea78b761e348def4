"""The pass that draws a canvas into a window, and where it goes."""

from __future__ import annotations

import moderngl

from engine.shipped import shipped


class CanvasBlit:
    """Draws a canvas, its row 0 at the top, into the screen of a window's context. The thread of that context."""

    def __init__(self, context: moderngl.Context) -> None:
        passes = shipped("shaders") / "passes"
        self._context = context
        self._program = context.program(
            vertex_shader=(passes / "window_canvas.vert").read_text(encoding="utf-8"),
            fragment_shader=(passes / "window_canvas.frag").read_text(encoding="utf-8"),
        )
        self._triangle = context.vertex_array(self._program, [])
        # Samplers of our own: the canvas texture's filter is the compositor's business.
        self._nearest = context.sampler(False, False, filter=(moderngl.NEAREST, moderngl.NEAREST))
        self._linear = context.sampler(False, False, filter=(moderngl.LINEAR, moderngl.LINEAR))

    def draw(
        self,
        texture: moderngl.Texture,
        window: tuple[int, int],
        place: tuple[int, int, int, int],
        around: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:
        """Fill a window of that width and height with the colour `around`, and draw the canvas at `place`.

        `place` is left, bottom, width, height, in pixels from the window's lower left.
        """
        sampler = self._nearest if place[2:] == texture.size else self._linear
        screen = self._context.screen
        with self._context.scope(screen, enable_only=moderngl.NOTHING):
            texture.use(0)  # moderngl 5.13's scope(textures=…) raises GL_INVALID_ENUM and binds nothing
            sampler.use(0)
            screen.viewport = (0, 0, *window)
            screen.clear(*around, 1.0)
            screen.viewport = place
            self._triangle.render(moderngl.TRIANGLES, vertices=3)
            sampler.clear(0)


def letterbox(canvas: tuple[int, int], window: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a canvas (width, height) fits whole and in the middle of a window: left, bottom, width, height in px."""
    canvas_width, canvas_height = canvas
    window_width, window_height = window
    scale = min(window_width / canvas_width, window_height / canvas_height)
    width = max(1, min(window_width, round(canvas_width * scale)))
    height = max(1, min(window_height, round(canvas_height * scale)))
    return (window_width - width) // 2, (window_height - height) // 2, width, height
