"""The programs that put one frame of a layer on the canvas: one for each way of sampling, with hard or soft edges."""

from __future__ import annotations

from dataclasses import dataclass

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
_UPON = "UPON"
_MOTION_UNIT, _BELOW_UNIT = PLANES, PLANES + 1


@dataclass(frozen=True, slots=True)
class Upon:
    """A picture that a frame is blended with as it is drawn, into another of its size.

    `taken`: how much of `below` the frame's alpha and its colour take away, and how much of its alpha, the alpha.
    """

    below: moderngl.Texture
    taken: tuple[float, float, float]


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

    def prepare_upon(self, *, motion: bool) -> None:
        """Compile what draws pictures upon others, and those in motion, too."""
        for edges in (_PLAIN, _BOUNDED):
            self._compile((*edges, _UPON))
            if motion:
                self._compile((*edges, _MOTION, _UPON))

    def draw(
        self,
        placement: Placement,
        uploaded: UploadedPicture,
        flash: float,
        weight: float,
        motion: moderngl.Texture | None = None,
        *,
        upon: Upon | None = None,
        least_alpha: float = 0.0,
    ) -> None:
        """Draw one frame where it is placed, premultiplied by alpha and `weight`.

        `motion` is one of MotionMaps: how far from its place each part of the picture is taken, and how much it counts.
        `upon`, for a frame that covers the target, is what it is blended with. The result's alpha is `least_alpha` at
        least.
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
        if upon is not None:
            upon.below.use(_BELOW_UNIT)
            defines = (*defines, _UPON)
            self._compile(defines)
        program = self._programs[SAMPLE_FILES[uploaded.picture.layout], defines]
        program.set("least_alpha", least_alpha)
        if upon is not None:
            program.set("taken", upon.taken)
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
                program.set("below", _BELOW_UNIT)
                self._programs[sampling, defines] = program


def _reaches_padding(uploaded: UploadedPicture, *, nearest: bool) -> bool:
    """Whether filtering, which takes in a texel's neighbours, could take in padding."""
    picture = uploaded.picture
    steps = ((1, 1), picture.chroma, picture.chroma)
    return not nearest and any(
        texture.size != (-(-picture.width // across), -(-picture.height // down))
        for texture, (across, down) in zip(uploaded.textures, steps, strict=False)
    )
