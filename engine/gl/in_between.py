"""Pictures between two frames: what each of the two gives, moved along the motion from one to the other."""

from __future__ import annotations

from dataclasses import dataclass

import moderngl

from engine.gl.flow import Flows, Size
from engine.gl.full_screen import FullScreen
from engine.gl.pool import Pool
from engine.gl.targets import cleared_target, new_texture, picture_of, release_target
from engine.gl.textures import UploadedPicture
from engine.model.pictures import FrameRef


@dataclass(frozen=True, slots=True)
class MotionMaps:
    """For the first and the second of two pictures at one instant between them, in the picture's space, row 0 first.

    Red and green: how far to the right and down of its place, in fractions of the picture, a pixel is taken.
    Blue: the factor to its share in a plain mix. Offset 0 and factor 1 everywhere is the plain mix.
    """

    first: moderngl.Texture
    second: moderngl.Texture


class MotionPasses:
    """Motion maps by pair of frames and instant, kept while they are shown: a held fader costs their drawing only.

    Render thread only. After the first draws of a picture's size nothing is allocated.
    """

    def __init__(self, context: moderngl.Context) -> None:
        """Raises ShaderError where a shipped shader does not compile."""
        self._context = context
        self._flows = Flows(context)
        self._program = FullScreen(context, ["passes/flow_between.frag"], {"flow": 0, "trust": 1, "whole": 2})
        self._maps: Pool[tuple[FrameRef, FrameRef, float], Size, moderngl.Framebuffer] = Pool(
            self._new_target, release_target
        )

    def begin_draw(self) -> None:
        """From here on, maps are asked for by the next draw; those of the last one stay as they are."""
        self._flows.begin_draw()
        self._maps.begin_draw()

    def maps(self, first: UploadedPicture, second: UploadedPicture, mix: float) -> MotionMaps:
        """The maps of two pictures of one size at `mix` (0..1) of the way, valid until the next draw but one."""
        flow = self._flows.flow(first, second)
        target, fresh = self._maps.get((first.picture.ref, second.picture.ref, mix), flow.size)
        if fresh:
            self._program.set("level_px", flow.size)
            self._program.set("mix_at", mix)
            self._program.draw(target, [flow.ways, flow.trust, flow.whole])
        return MotionMaps(picture_of(target, 0), picture_of(target, 1))

    def release(self) -> None:
        """Give everything back."""
        self._maps.release()
        self._flows.release()
        self._program.release()

    def _new_target(self, size: Size) -> moderngl.Framebuffer:
        return cleared_target(self._context, [new_texture(self._context, size, half_float=True) for _ in range(2)])
