"""Draws frames of clips: uploaded, moved along the motion between two of them, blended with what is below."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import moderngl

from engine.core.figures import Figures
from engine.errors import DeviceError, FrameError
from engine.gl.frame_program import FramePrograms, Second, Taken, Upon
from engine.gl.full_screen import Factors, use_blending
from engine.gl.in_between import MotionMaps, MotionPasses
from engine.gl.layer_frames import FrameDraw, Motion
from engine.gl.passes import FrameUpon, Mode
from engine.gl.textures import TextureStore, UploadedPicture

_log = logging.getLogger(__name__)

FACTORS: dict[Mode, Factors | None] = {
    "replace": None,
    "sum": (moderngl.ONE, moderngl.ONE, moderngl.ONE, moderngl.ONE),
    "normal": (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA),
    "add": (moderngl.ONE, moderngl.ONE, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA),
    "screen": (moderngl.ONE, moderngl.ONE_MINUS_SRC_COLOR, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA),
}
_TAKEN: dict[Mode, Taken] = {
    "sum": (0.0, 0.0, 0.0, 0.0),
    "normal": (1.0, 0.0, 1.0, 0.0),
    "add": (0.0, 0.0, 1.0, 0.0),
    "screen": (0.0, 1.0, 1.0, 0.0),
    "multiply": (1.0, 0.0, 1.0, 1.0),
}


class FrameDrawer:
    """Render thread only."""

    def __init__(
        self, context: moderngl.Context, textures: TextureStore, figures: Figures, *, smooth_chroma: bool
    ) -> None:
        """Raises ShaderError where a shipped shader does not compile."""
        self._context = context
        self._textures = textures
        self._programs = FramePrograms(context, smooth_chroma=smooth_chroma)
        self._moving: MotionPasses | None = None
        self._motions: dict[Motion, MotionMaps] = {}
        self._upload_failed = figures.counter("upload_failed")
        self._reported: set[str] = set()

    def prepare_upon(self, *, flow: bool) -> None:
        """Compile what draws frames upon pictures, two at once, and those that `flow` moves, too."""
        self._programs.prepare_upon(motion=flow)

    def prepare_flow(self) -> MotionPasses:
        """Compile what follows motion between frames."""
        if self._moving is None:
            self._programs.prepare_motion()
            self._moving = MotionPasses(self._context)
        return self._moving

    def begin_draw(self, frames: Iterable[FrameDraw]) -> None:
        """From here on, `frames` are drawn; what those in motion need is drawn ahead of all else."""
        self._textures.begin_draw()
        self._motions = {}
        motions = dict.fromkeys(frame.motion for frame in frames if frame.motion is not None)
        if not motions:
            return
        passes = self.prepare_flow()
        passes.begin_draw()
        for motion in motions:
            try:
                first, second = (self._textures.uploaded(picture) for picture in (motion.first, motion.second))
            except (FrameError, DeviceError):
                continue  # reported when it is drawn, by itself or in a plain mix
            self._motions[motion] = passes.maps(first, second, motion.mix)

    def draw(
        self,
        frames: Sequence[FrameUpon],
        target: moderngl.Framebuffer,
        below: moderngl.Texture | None,
        least_alpha: float,
    ) -> int:
        """Draw one frame or two into `target`, as DrawFrames says; how many of them could be. One that cannot is left
        out, counted, and logged once for its clip; without any, `target` stays as it is."""
        found = [(one, uploaded) for one in frames if (uploaded := self._uploaded(one.frame)) is not None]
        if found:
            target.use()
            use_blending(self._context, FACTORS[frames[0].mode] if below is None else None)
            self._draw(*found, below=below, least_alpha=least_alpha)
        return len(found)

    def release(self) -> None:
        self._programs.release()
        if self._moving is not None:
            self._moving.release()

    def _draw(
        self,
        first: tuple[FrameUpon, UploadedPicture],
        second: tuple[FrameUpon, UploadedPicture] | None = None,
        *,
        below: moderngl.Texture | None,
        least_alpha: float,
    ) -> None:
        one, uploaded = first
        upon = None if below is None else Upon(below, _TAKEN[one.mode])
        other = None
        if second is not None:
            upper, its_uploaded = second
            other = Second(its_uploaded, upper.flash, upper.weight, _TAKEN[upper.mode])
        motion = self._motion_of(one.frame)
        self._programs.draw(
            one.frame.placement,
            uploaded,
            one.flash,
            one.weight,
            motion,
            upon=upon,
            second=other,
            least_alpha=least_alpha,
        )

    def _uploaded(self, frame: FrameDraw) -> UploadedPicture | None:
        try:
            return self._textures.uploaded(frame.picture)
        except (FrameError, DeviceError) as error:  # the latter: a format that this driver lacks
            self._report(frame, error)
            return None

    def _motion_of(self, frame: FrameDraw) -> moderngl.Texture | None:
        maps = None if frame.motion is None else self._motions.get(frame.motion)
        if maps is None or frame.motion is None:
            return None
        return maps.first if frame.picture is frame.motion.first else maps.second

    def _report(self, frame: FrameDraw, error: FrameError | DeviceError) -> None:
        self._upload_failed.add()
        clip = frame.picture.ref.clip
        if clip not in self._reported:
            self._reported.add(clip)
            _log.warning("%s", error)
