"""The programs that put frames of layers on the canvas: one for each way of sampling, with hard or soft edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import moderngl

from engine.gl.picture_program import PLANES, SAMPLE_FILES, SECOND_UNIT, PictureProgram
from engine.gl.placement import Matrix3, Placement
from engine.gl.textures import UploadedPicture

# What a program is compiled with: keeping off padding costs a sixth of a draw on llvmpipe, soft edges more.
_PLAIN: tuple[str, ...] = ()
_BOUNDED: tuple[str, ...] = ("BOUNDED",)
_SOFT: tuple[str, ...] = ("BOUNDED", "SOFT_EDGES")
_EDGES = (_PLAIN, _BOUNDED, _SOFT)
_MOTION = "MOTION"
_UPON = "UPON"
_SECOND = "SECOND"
_MOTION_UNIT, _BELOW_UNIT = PLANES, PLANES + 1


# How much of what is below a frame's alpha and its colour take away; how much of its alpha, the alpha; and how much of
# the frame, what the picture below lacks of white.
Taken: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Upon:
    """A picture that a frame is blended with as it is drawn, into another of its size."""

    below: moderngl.Texture
    taken: Taken


@dataclass(frozen=True, slots=True)
class Second:
    """Another frame, that lies as the first one does, and is blended with it as both are drawn."""

    uploaded: UploadedPicture
    flash: float
    weight: float
    taken: Taken


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
        """Compile what draws pictures upon others, two at once, and those in motion, too."""
        for edges in (_PLAIN, _BOUNDED):
            for upon in ((_UPON,), (_SECOND,), (_UPON, _SECOND)):
                self._compile((*edges, *upon))
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
        second: Second | None = None,
        least_alpha: float = 0.0,
    ) -> None:
        """Draw one frame where it is placed, premultiplied by alpha and `weight`.

        `motion` is one of MotionMaps: how far from its place each part of the picture is taken, and how much it counts.
        `upon`, for a frame that covers the target, is what it is blended with, and `second`, for one at rest, what is
        blended with both. The result's alpha is `least_alpha` at least.
        """
        luma = self._nearest if placement.one_to_one and motion is None else self._linear
        chroma = self._linear if self._smooth_chroma and uploaded.picture.chroma != (1, 1) else luma
        textures = dict(enumerate(uploaded.textures))
        if second is not None:
            textures |= dict(enumerate(second.uploaded.textures, SECOND_UNIT))
        for unit, texture in textures.items():
            texture.use(unit)
            (chroma if unit not in (0, SECOND_UNIT) else luma).use(unit)
        defines, extent = _edges(placement, uploaded, nearest=chroma is self._nearest)
        if motion is not None:
            motion.use(_MOTION_UNIT)
            defines = (*defines, _MOTION)
        if upon is not None:
            upon.below.use(_BELOW_UNIT)
            defines = (*defines, _UPON)
        if second is not None:
            defines = (*defines, _SECOND)
        self._compile(defines)
        program = self._programs[SAMPLE_FILES[uploaded.picture.layout], defines]
        program.set("least_alpha", least_alpha)
        if upon is not None:
            program.set("taken", upon.taken)
        if second is not None:
            program.set("second_weight", second.weight)
            program.set("second_flash", second.flash)
            program.set("second_taken", second.taken)
        program.set("ndc_from_unit", placement.ndc_from_unit)
        program.set("stored_from_unit", _scaled(placement.stored_from_unit, extent))
        program.set("size_px", placement.size_px)
        program.set("weight", weight)
        program.set("flash", flash)
        program.draw(uploaded, moderngl.TRIANGLE_STRIP, 4)
        for unit in textures:
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


def _edges(
    placement: Placement, uploaded: UploadedPicture, *, nearest: bool
) -> tuple[tuple[str, ...], tuple[float, float]]:
    """What a program is compiled with, and by what it is given places in the picture times, to be those in textures.

    Filtering takes in a texel's neighbours, padding among them; the nearest texel is never one of it.
    """
    as_it_is = (1.0, 1.0)
    extent = _extent(uploaded)
    if not (placement.covers or placement.on_pixels):
        return _SOFT, as_it_is
    if extent is None or (extent != as_it_is and not nearest):
        return _BOUNDED, as_it_is
    return _PLAIN, extent


def _extent(uploaded: UploadedPicture) -> tuple[float, float] | None:
    """How much of its textures the picture takes (across, down); None where each plane has another share."""
    picture = uploaded.picture
    steps = ((1, 1), picture.chroma, picture.chroma)
    extents = {
        (picture.width / across / texture.width, picture.height / down / texture.height)
        for texture, (across, down) in zip(uploaded.textures, steps, strict=False)
    }
    return extents.pop() if len(extents) == 1 else None


def _scaled(stored_from_unit: Matrix3, by: tuple[float, float]) -> Matrix3:
    """The matrix, and a scale after it."""
    return tuple(number * (*by, 1.0)[index % 3] for index, number in enumerate(stored_from_unit))
