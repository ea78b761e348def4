"""The programs that put one frame of a layer on the canvas: one for each way of sampling, with hard or soft edges."""

from __future__ import annotations

import moderngl

from engine.gl.colour import conversion
from engine.gl.placement import Placement
from engine.gl.programs import build_program, shipped_part
from engine.gl.textures import UploadedPicture
from engine.model.pictures import Layout, Picture

# Which of shaders/passes/sample_*.glsl, in order, put together how a texel of a layout is sampled.
_SAMPLE_FILES = {
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

# What a program is compiled with: keeping off padding costs a sixth of a draw on llvmpipe, soft edges more.
_PLAIN: tuple[str, ...] = ()
_BOUNDED: tuple[str, ...] = ("BOUNDED",)
_SOFT: tuple[str, ...] = ("BOUNDED", "SOFT_EDGES")


class FramePrograms:
    """Draws frames into whatever framebuffer and blending are set. Render thread only."""

    def __init__(self, context: moderngl.Context, *, smooth_chroma: bool) -> None:
        """`smooth_chroma` interpolates subsampled chroma even where luma is drawn texel for pixel.

        Raises ShaderError where a shipped shader does not compile.
        """
        self._smooth_chroma = smooth_chroma
        self._nearest = context.sampler(filter=(moderngl.NEAREST, moderngl.NEAREST), repeat_x=False, repeat_y=False)
        self._linear = context.sampler(filter=(moderngl.LINEAR, moderngl.LINEAR), repeat_x=False, repeat_y=False)
        self._programs = {
            (names, defines): _FrameProgram(context, names, defines)
            for names in sorted(set(_SAMPLE_FILES.values()))
            for defines in (_PLAIN, _BOUNDED, _SOFT)
        }

    def draw(self, placement: Placement, uploaded: UploadedPicture, flash: float, weight: float) -> None:
        """Draw one frame where it is placed, premultiplied by alpha and `weight`."""
        luma = self._nearest if placement.one_to_one else self._linear
        smooth = self._smooth_chroma and uploaded.picture.chroma != (1, 1)
        chroma = self._linear if smooth else luma
        for unit, texture in enumerate(uploaded.textures):
            texture.use(unit)
            (chroma if unit else luma).use(unit)
        if not (placement.covers or placement.on_pixels):
            defines = _SOFT
        else:
            defines = _BOUNDED if _reaches_padding(uploaded, nearest=chroma is self._nearest) else _PLAIN
        self._programs[_SAMPLE_FILES[uploaded.picture.layout], defines].draw(placement, uploaded, flash, weight)
        for unit in range(len(uploaded.textures)):
            self._linear.clear(unit)

    def release(self) -> None:
        for program in self._programs.values():
            program.release()
        self._nearest.release()
        self._linear.release()


def _reaches_padding(uploaded: UploadedPicture, *, nearest: bool) -> bool:
    """Whether filtering, which takes in a texel's neighbours, could take in padding."""
    picture = uploaded.picture
    steps = ((1, 1), picture.chroma, picture.chroma)
    return not nearest and any(
        texture.size != (-(-picture.width // across), -(-picture.height // down))
        for texture, (across, down) in zip(uploaded.textures, steps, strict=False)
    )


class _FrameProgram:
    def __init__(self, context: moderngl.Context, sampling: tuple[str, ...], defines: tuple[str, ...]) -> None:
        self._program = build_program(
            context,
            [shipped_part("passes/frame.vert")],
            [
                *(shipped_part(f"passes/sample_{name}.glsl") for name in ("within", *sampling)),
                shipped_part("passes/frame.frag"),
            ],
            defines=defines,
        )
        self._vertices = context.vertex_array(self._program, [])
        for unit in range(3):
            self._set(f"plane_{unit}", unit)

    def draw(self, placement: Placement, uploaded: UploadedPicture, flash: float, weight: float) -> None:
        picture = uploaded.picture
        self._set("ndc_from_unit", placement.ndc_from_unit)
        self._set("stored_from_unit", placement.stored_from_unit)
        self._set("size_px", placement.size_px)
        self._set("weight", weight)
        self._set("flash", flash)
        self._set_visible("luma", picture, uploaded.textures[0], (1, 1))
        self._set_visible("chroma", picture, uploaded.textures[-1], picture.chroma)
        colours = conversion(picture.matrix, picture.full_range, 16 if picture.layout is Layout.YUV16 else 8)
        self._set("rgb_from_yuv", colours.rgb_from_yuv)
        self._set("rgb_offset", colours.rgb_offset)
        self._set("gray_scale_offset", colours.gray_scale_offset)
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        self._vertices.release()
        self._program.release()

    def _set_visible(self, name: str, picture: Picture, texture: moderngl.Texture, step: tuple[int, int]) -> None:
        """Which part of a padded plane is the picture, and how near its edge filtering may go."""
        width, height = texture.size
        across, down = picture.width / step[0], picture.height / step[1]
        last_column, last_row = -(-picture.width // step[0]), -(-picture.height // step[1])
        self._set(f"{name}_extent", (across / width, down / height))
        self._set(
            f"{name}_bounds",
            (0.5 / width, 0.5 / height, (last_column - 0.5) / width, (last_row - 0.5) / height),
        )

    def _set(self, name: str, value: object) -> None:
        """Set a uniform; one that this program has no use for is passed over."""
        uniform = self._program.get(name, None)
        if isinstance(uniform, moderngl.Uniform):
            uniform.value = value
