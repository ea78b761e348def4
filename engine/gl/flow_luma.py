"""A picture's luma, made small, from whatever layout it has."""

from __future__ import annotations

import math

import moderngl

from engine.gl.picture_program import SAMPLE_FILES, PictureProgram
from engine.gl.textures import UploadedPicture
from engine.model.pictures import Layout

# Of these the first plane is luma already: two planes less to read.
_LUMA_FIRST = {Layout.YUV: SAMPLE_FILES[Layout.GRAY], Layout.YUV16: SAMPLE_FILES[Layout.GRAY]}


class LumaPass:
    """Draws a picture's luma into small targets. Render thread only."""

    def __init__(self, context: moderngl.Context) -> None:
        """Raises ShaderError where a shipped shader does not compile."""
        self._context = context
        self._programs = {
            sampling: PictureProgram(context, sampling, "fullscreen.vert", "flow_luma.frag", ["BOUNDED"])
            for sampling in sorted({_sampling(layout) for layout in Layout})
        }

    def draw(self, target: moderngl.Framebuffer, uploaded: UploadedPicture) -> None:
        """Fill `target` with luma (0..1, premultiplied by alpha): of each texel's part of the picture, the mean."""
        program = self._programs[_sampling(uploaded.picture.layout)]
        for unit, texture in enumerate(uploaded.textures):
            texture.use(unit)
        target.use()
        self._context.enable_only(moderngl.NOTHING)
        program.set("target_px", target.size)
        program.set("taps", math.ceil(uploaded.picture.width / target.size[0] / 2))
        program.draw(uploaded, moderngl.TRIANGLES, 3)

    def release(self) -> None:
        for program in self._programs.values():
            program.release()


def _sampling(layout: Layout) -> tuple[str, ...]:
    return _LUMA_FIRST.get(layout, SAMPLE_FILES[layout])
