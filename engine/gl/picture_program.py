"""Programs that sample a picture, whatever its layout, through shaders/passes/sample_*.glsl."""

from __future__ import annotations

from collections.abc import Sequence

import moderngl

from engine.gl.colour import conversion
from engine.gl.programs import build_program, shipped_part
from engine.gl.textures import UploadedPicture
from engine.model.pictures import Layout, Picture

# Which of shaders/passes/sample_*.glsl, in order, put together how a texel of a layout is sampled.
SAMPLE_FILES = {
    Layout.YUV: ("yuv",),
    Layout.YUV16: ("yuv",),
    Layout.GRAY: ("gray",),
    Layout.RGBA: ("rgba",),
    Layout.BC1: ("rgba",),
    Layout.BC3: ("rgba",),
    Layout.BC3_YCOCG: ("scaled_ycocg", "ycocg"),
    Layout.BC3_YCOCG_BC4: ("scaled_ycocg", "ycocg_alpha"),
    Layout.BC4: ("rgba",),
    Layout.BC7: ("rgba",),
}
PLANES = 3  # texture units that a picture may take, from 0
SECOND_UNIT = 8  # the first of those of a second picture


class PictureProgram:
    """A vertex and a fragment shader of shaders/passes, the latter calling `sampled`. Render thread only."""

    def __init__(
        self, context: moderngl.Context, sampling: Sequence[str], vertex: str, fragment: str, defines: Sequence[str]
    ) -> None:
        """`sampling` is one of SAMPLE_FILES. Raises ShaderError where it does not compile."""
        self._program = build_program(
            context,
            [shipped_part(f"passes/{vertex}")],
            [shipped_part(f"passes/{name}") for name in _sampled_by(sampling, fragment)],
            defines=defines,
        )
        self._vertices = context.vertex_array(self._program, [])
        for plane in range(PLANES):
            self.set(f"plane_{plane}", plane)
            self.set(f"second_plane_{plane}", SECOND_UNIT + plane)

    def set(self, name: str, value: object) -> None:
        """Set a uniform; one that this program has no use for is passed over."""
        uniform = self._program.get(name, None)
        if isinstance(uniform, moderngl.Uniform):
            uniform.value = value

    def draw(self, uploaded: UploadedPicture, mode: int, vertices: int) -> None:
        """Draw into the target in use, from the picture's textures at units 0, 1, …, which the caller has bound; those
        of a second one like it are at SECOND_UNIT and above."""
        picture = uploaded.picture
        self._set_visible("luma", picture, uploaded.textures[0], (1, 1))
        self._set_visible("chroma", picture, uploaded.textures[-1], picture.chroma)
        colours = conversion(picture.matrix, picture.full_range, 16 if picture.layout is Layout.YUV16 else 8)
        self.set("rgb_from_yuv", colours.rgb_from_yuv)
        self.set("rgb_offset", colours.rgb_offset)
        self.set("gray_scale_offset", colours.gray_scale_offset)
        self._vertices.render(mode, vertices=vertices)

    def release(self) -> None:
        self._vertices.release()
        self._program.release()

    def _set_visible(self, name: str, picture: Picture, texture: moderngl.Texture, step: tuple[int, int]) -> None:
        """Which part of a padded plane is the picture, and how near its edge filtering may go."""
        width, height = texture.size
        across, down = picture.width / step[0], picture.height / step[1]
        last_column, last_row = -(-picture.width // step[0]), -(-picture.height // step[1])
        self.set(f"{name}_extent", (across / width, down / height))
        self.set(
            f"{name}_bounds",
            (0.5 / width, 0.5 / height, (last_column - 0.5) / width, (last_row - 0.5) / height),
        )


def _sampled_by(sampling: Sequence[str], fragment: str) -> list[str]:
    return [*(f"sample_{name}.glsl" for name in ("within", *sampling)), fragment]
