"""The programs that put one frame of a layer on the canvas: one for each way of sampling, with hard or soft edges."""

from __future__ import annotations

import moderngl

from engine.gl.picture_program import PLANES, SAMPLE_FILES, PictureProgram
from engine.gl.placement import Placement
from engine.gl.textures import UploadedPicture

# What a program is compiled with: keeping off padding costs a sixth of a draw on llvmpipe, soft edges more.
_PLAIN: tuple[str, ...] = ()
_BOUNDED: tuple[str, ...] = ("BOUNDED",)
_SOFT: tuple[str, ...] = ("BOUNDED", "SOFT_EDGES")
_EDGES = (_PLAIN, _BOUNDED, _SOFT)
_MOTION = "MOTION"
_MOTION_UNIT = PLANES


class FramePrograms:
    """Draws frames into whatever framebuffer and blending are set. Render thread only."""

    def __init__(self, context: moderngl.Context, *, smooth_chroma: bool) -> None:
        """`smooth_chroma` interpolates subsampled chroma even where luma is drawn texel for pixel.

        Raises ShaderError where a shipped shader does not compile.
        """
        self._smooth_chroma = smooth_chroma
        self._nearest = context.sampler(filter=(moderngl.NEAREST, moderngl.NEAREST), repeat_x=False, repeat_y=False)
        self._linear = context.sampler(filter=(moderngl.LINEAR, moderngl.LINEAR), repeat_x=False, repeat_y=False)
        self._context = context
        self._programs: dict[tuple[tuple[str, ...], tuple[str, ...]], PictureProgram] = {}
        for edges in _EDGES:
            self._compile(edges)

    def prepare_motion(self) -> None:
        """Compile what draws pictures in motion, so that nothing is compiled while they are shown."""
        for edges in _EDGES:
            self._compile((*edges, _MOTION))

    def draw(
        self,
        placement: Placement,
        uploaded: UploadedPicture,
        flash: float,
        weight: float,
        motion: moderngl.Texture | None = None,
    ) -> None:
        """Draw one frame where it is placed, premultiplied by alpha and `weight`.

        `motion` is one of MotionMaps: how far from its place each part of the picture is taken, and how much it counts.
        """
        luma = self._nearest if placement.one_to_one and motion is None else self._linear
        smooth = self._smooth_chroma and uploaded.picture.chroma != (1, 1)
        chroma = self._linear if smooth else luma
        for unit, texture in enumerate(uploaded.textures):
            texture.use(unit)
            (chroma if unit else luma).use(unit)
        if not (placement.covers or placement.on_pixels):
            defines = _SOFT
        else:
            defines = _BOUNDED if _reaches_padding(uploaded, nearest=chroma is self._nearest) else _PLAIN
        if motion is not None:
            motion.use(_MOTION_UNIT)
            defines = (*defines, _MOTION)
        program = self._programs[SAMPLE_FILES[uploaded.picture.layout], defines]
        program.set("ndc_from_unit", placement.ndc_from_unit)
        program.set("stored_from_unit", placement.stored_from_unit)
        program.set("size_px", placement.size_px)
        program.set("weight", weight)
        program.set("flash", flash)
        program.draw(uploaded, moderngl.TRIANGLE_STRIP, 4)
        for unit in range(len(uploaded.textures)):
            self._linear.clear(unit)

    def release(self) -> None:
        for program in self._programs.values():
            program.release()
        self._nearest.release()
        self._linear.release()

    def _compile(self, defines: tuple[str, ...]) -> None:
        for sampling in sorted(set(SAMPLE_FILES.values())):
            if (sampling, defines) not in self._programs:
                program = PictureProgram(self._context, sampling, "frame.vert", "frame.frag", defines)
                program.set("motion", _MOTION_UNIT)
                self._programs[sampling, defines] = program


def _reaches_padding(uploaded: UploadedPicture, *, nearest: bool) -> bool:
    """Whether filtering, which takes in a texel's neighbours, could take in padding."""
    picture = uploaded.picture
    steps = ((1, 1), picture.chroma, picture.chroma)
    return not nearest and any(
        texture.size != (-(-picture.width // across), -(-picture.height // down))
        for texture, (across, down) in zip(uploaded.textures, steps, strict=False)
    )
