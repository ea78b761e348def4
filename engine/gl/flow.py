"""Optical flow between two pictures, on the GPU: where each part of one is to be found in the other, both ways.

Dense inverse search (T. Kroeger and others, "Fast Optical Flow using Dense Inverse Search", 2016), coarse to fine on
luma made small: the steps of Lucas and Kanade (1981) on overlapping patches. See passes/flow_search.frag.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import moderngl

from engine.gl.flow_luma import LumaPass
from engine.gl.full_screen import FullScreen
from engine.gl.pool import Pool
from engine.gl.targets import new_target, picture_of, release_target
from engine.gl.textures import UploadedPicture
from engine.model.pictures import FrameRef

Size: TypeAlias = tuple[int, int]

# The finest level: finer follows finer texture, and costs with its square. See docs/decisions/in-between-frames.md.
LONGEST_SIDE = 160
_COARSEST_SIDE = 10
_TRUST_MIPMAPS = 3  # as flow_whole.frag reads them
_STRIDE = 4  # texels from patch to patch, as in flow_search.frag and flow_dense.frag


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow of one pair of pictures. Textures are `size` small and have the picture's row 0 first.

    `ways` has, in fractions of the picture, how far to the right and down a place of the first picture is found in the
    second (red, green), and one of the second in the first (blue, alpha). `trust` (0..1) says how far to believe
    either (red, green), and has mipmaps. `whole` is one texel (red, 0..1): whether to follow any of it.
    """

    ways: moderngl.Texture
    trust: moderngl.Texture
    whole: moderngl.Texture
    size: Size


class Flows:
    """Flows by pair of frames, each worked out once and kept while the pair is shown. Render thread only.

    After the first draws of a picture's size nothing is allocated.
    """

    def __init__(self, context: moderngl.Context) -> None:
        """Raises ShaderError where a shipped shader does not compile."""
        self._context = context
        self._luma = LumaPass(context)
        pair = {"first": 0, "second": 1}
        self._level = FullScreen(context, ["passes/flow_level.frag"], {"finer": 0})
        self._coarsest = FullScreen(context, ["passes/flow_search.frag"], pair)
        self._search = FullScreen(context, ["passes/flow_search.frag"], {**pair, "coarser": 2}, ["COARSER"])
        self._dense = FullScreen(context, ["passes/flow_dense.frag"], {**pair, "patches": 2})
        self._trust = FullScreen(context, ["passes/flow_trust.frag"], {**pair, "flow": 2})
        self._whole = FullScreen(context, ["passes/flow_whole.frag"], {"trust": 0})
        self._pyramids: Pool[FrameRef, Size, _Pyramid] = Pool(self._new_pyramid, _Pyramid.release)
        self._fields: Pool[tuple[FrameRef, FrameRef], Size, _Field] = Pool(self._new_field, _Field.release)

    def begin_draw(self) -> None:
        """From here on, flows are asked for by the next draw; those of the last one stay as they are."""
        self._pyramids.begin_draw()
        self._fields.begin_draw()

    def flow(self, first: UploadedPicture, second: UploadedPicture) -> Flow:
        """The flow of two pictures of one size, valid until the next draw but one."""
        size = flow_size(first.picture.width, first.picture.height)
        field, fresh = self._fields.get((first.picture.ref, second.picture.ref), size)
        if fresh:
            self._work_out(field, self._pyramid(first, size), self._pyramid(second, size))
        return field.flow

    def release(self) -> None:
        """Give everything back."""
        self._pyramids.release()
        self._fields.release()
        self._luma.release()
        for program in (self._level, self._coarsest, self._search, self._dense, self._trust, self._whole):
            program.release()

    def _pyramid(self, uploaded: UploadedPicture, size: Size) -> _Pyramid:
        pyramid, fresh = self._pyramids.get(uploaded.picture.ref, size)
        if fresh:
            self._luma.draw(pyramid.luma, uploaded)
            finer = picture_of(pyramid.luma)
            for level in pyramid.levels:
                self._level.set("level_px", level.size)
                self._level.draw(level, [finer])
                finer = picture_of(level)
        return pyramid

    def _work_out(self, field: _Field, first: _Pyramid, second: _Pyramid) -> None:
        coarser: list[moderngl.Texture] = []
        for level in reversed(range(len(field.levels))):
            pair = [picture_of(first.levels[level]), picture_of(second.levels[level])]
            patches, ways = field.patches[level], field.levels[level]
            search = self._search if coarser else self._coarsest
            for program in (search, self._dense):
                program.set("level_px", ways.size)
            search.draw(patches, [*pair, *coarser])
            self._dense.draw(ways, [*pair, picture_of(patches)])
            coarser = [picture_of(ways)]
        self._trust.set("level_px", field.flow.size)
        self._trust.draw(field.trust, [*pair, *coarser])
        field.flow.trust.build_mipmaps(max_level=_TRUST_MIPMAPS)
        self._whole.draw(field.whole, [field.flow.trust])

    def _new_pyramid(self, size: Size) -> _Pyramid:
        levels = [_float_target(self._context, level) for level in level_sizes(size)]
        return _Pyramid(_float_target(self._context, size), levels)

    def _new_field(self, size: Size) -> _Field:
        sizes = level_sizes(size)
        return _Field(
            [_float_target(self._context, (-(-w // _STRIDE), -(-h // _STRIDE))) for w, h in sizes],
            [_float_target(self._context, size) for size in sizes],
            _float_target(self._context, size),
            _float_target(self._context, (1, 1)),
        )


def flow_size(width: int, height: int) -> Size:
    """The size of the finest level for a picture: no longer than LONGEST_SIDE, and a whole number of pixels a texel."""
    factor = math.ceil(max(width, height) / LONGEST_SIDE)
    return -(-width // factor), -(-height // factor)


def level_sizes(finest: Size) -> list[Size]:
    """The sizes of a pyramid's levels, finest first."""
    sizes = [finest]
    while min(sizes[-1]) >= 2 * _COARSEST_SIDE:
        width, height = sizes[-1]
        sizes.append((-(-width // 2), -(-height // 2)))
    return sizes


def _float_target(context: moderngl.Context, size: Size) -> moderngl.Framebuffer:
    return new_target(context, size, half_float=True)


class _Pyramid:
    """The luma of one picture, made small, and its levels, finest first."""

    def __init__(self, luma: moderngl.Framebuffer, levels: list[moderngl.Framebuffer]) -> None:
        self.luma = luma
        self.levels = levels

    def release(self) -> None:
        for target in (self.luma, *self.levels):
            release_target(target)


class _Field:
    """What a flow is worked out in: patches and dense flow for each level, finest first, and the trust in it."""

    def __init__(
        self,
        patches: list[moderngl.Framebuffer],
        levels: list[moderngl.Framebuffer],
        trust: moderngl.Framebuffer,
        whole: moderngl.Framebuffer,
    ) -> None:
        self.patches = patches
        self.levels = levels
        self.trust = trust
        self.whole = whole
        self.flow = Flow(picture_of(levels[0]), picture_of(trust), picture_of(whole), levels[0].size)

    def release(self) -> None:
        for target in (*self.patches, *self.levels, self.trust, self.whole):
            release_target(target)
