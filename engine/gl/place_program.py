"""The program that puts a picture of the GPU's own where it lies on the canvas."""

from __future__ import annotations

import moderngl

from engine.gl.placement import Placement
from engine.gl.programs import build_program, shipped_part


class PlacePrograms:
    """Draws premultiplied textures, moved, scaled and turned, with soft edges. Render thread only."""

    def __init__(self, context: moderngl.Context) -> None:
        """Raises ShaderError where a shipped shader does not compile."""
        self._context = context
        vertex, fragment = (shipped_part(f"passes/{name}") for name in ("frame.vert", "place.frag"))
        self._programs = [
            build_program(context, [vertex], [fragment], defines=defines) for defines in ([], ["SOFT_EDGES"])
        ]
        self._vertices = [context.vertex_array(program, []) for program in self._programs]

    def draw(self, target: moderngl.Framebuffer, picture: moderngl.Texture, placement: Placement, flash: float) -> None:
        """Draw `picture` into `target`, over whatever is there; `flash` (0..1) lifts it towards white."""
        is_soft = not (placement.covers or placement.on_pixels)
        program = self._programs[is_soft]
        picture.use(0)
        values: dict[str, object] = {
            "picture": 0,
            "flash": flash,
            "ndc_from_unit": placement.ndc_from_unit,
            "stored_from_unit": placement.stored_from_unit,
            "size_px": placement.size_px,
        }
        for name, value in values.items():
            uniform = program.get(name, None)
            if isinstance(uniform, moderngl.Uniform):
                uniform.value = value
        target.use()
        self._context.enable_only(moderngl.NOTHING)
        self._vertices[is_soft].render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        for vertices, program in zip(self._vertices, self._programs, strict=True):
            vertices.release()
            program.release()
