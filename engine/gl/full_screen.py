"""Programs that work on every pixel of their target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import moderngl

from engine.gl.programs import build_program, shipped_part

# (source colour, destination colour, source alpha, destination alpha)
Factors: TypeAlias = tuple[int, int, int, int]


def use_blending(context: moderngl.Context, factors: Factors | None) -> None:
    """Blend by `factors` what is drawn next; without them it replaces what is there."""
    if factors is None:
        context.enable_only(moderngl.NOTHING)
    else:
        context.enable_only(moderngl.BLEND)
        context.blend_func = factors  # type: ignore[assignment]  # takes four, though it is annotated with two


class FullScreen:
    """A fragment shader run once for each pixel of a target, reading textures. Render thread only."""

    def __init__(
        self, context: moderngl.Context, files: Sequence[str], units: Mapping[str, int], defines: Sequence[str] = ()
    ) -> None:
        """`files` are those of shaders/, put together in order; `units` says which sampler reads which unit.

        Raises ShaderError where they do not compile.
        """
        self._context = context
        self._program = build_program(
            context, [shipped_part("passes/fullscreen.vert")], [shipped_part(file) for file in files], defines=defines
        )
        self._vertices = context.vertex_array(self._program, [])
        for name, unit in units.items():
            self.set(name, unit)

    def set(self, name: str, value: object) -> None:
        """Set a uniform; one that this program has no use for is passed over."""
        uniform = self._program.get(name, None)
        if isinstance(uniform, moderngl.Uniform):
            uniform.value = value

    def draw(
        self, target: moderngl.Framebuffer, textures: Sequence[moderngl.Texture], factors: Factors | None = None
    ) -> None:
        """Fill `target`, with `textures` at units 0, 1, …; it stays the framebuffer in use.

        With `factors` what is drawn is blended with what is there.
        """
        for unit, texture in enumerate(textures):
            texture.use(unit)
        target.use()
        use_blending(self._context, factors)
        self._vertices.render(moderngl.TRIANGLES, vertices=3)

    def release(self) -> None:
        self._vertices.release()
        self._program.release()
