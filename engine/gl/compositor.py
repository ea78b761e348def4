"""The compositor: a frame plan and its pictures in, the finished canvas out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import moderngl

from engine.core.figures import Figures
from engine.errors import DeviceError, FrameError
from engine.gl.blend_pass import BlendPass
from engine.gl.compressed import GetProcAddress, egl_get_proc_address
from engine.gl.draw_list import FrameDraw, LayerDraw, Motion, MovementDraw, draw_list
from engine.gl.frame_program import FramePrograms
from engine.gl.full_screen import FullScreen
from engine.gl.in_between import MotionMaps, MotionPasses
from engine.gl.targets import new_target, picture_of, release_target
from engine.gl.textures import TextureStore
from engine.model.pictures import FrameRef, Lookup
from engine.model.plan import FramePlan

_log = logging.getLogger(__name__)

_SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "swiftshader", "gdi generic")

_CLEAR = (0.0, 0.0, 0.0, 0.0)
_BLACK = (0.0, 0.0, 0.0, 1.0)

# (source colour, destination colour, source alpha, destination alpha)
_OVER = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
_SUM = (moderngl.ONE, moderngl.ONE, moderngl.ONE, moderngl.ONE)
# For these modes the general formula on premultiplied colours is what fixed-function blending works out, exactly.
_FIXED_FUNCTION = {
    "normal": _OVER,
    "add": (moderngl.ONE, moderngl.ONE, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA),
    "screen": (moderngl.ONE, moderngl.ONE_MINUS_SRC_COLOR, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA),
}


class Compositor:
    """Composites plans on a canvas of one size. All of it belongs to the thread whose context it is given.

    Layers are premultiplied RGBA16F, gamma-encoded BT.709; a layer's blend mode follows W3C Compositing and Blending
    Level 1 with the backdrop's alpha, and each movement begins clear. The output is RGBA8, opaque, over black.
    After the first draws of a size and mode nothing is allocated on the GPU; see `prepare`.
    """

    def __init__(
        self,
        context: moderngl.Context,
        width: int,
        height: int,
        figures: Figures,
        *,
        get_proc_address: GetProcAddress | None = None,
        smooth_chroma: bool | None = None,
    ) -> None:
        """A canvas of `width` × `height` pixels.

        `get_proc_address` looks up GL functions in the context's own way (glfw's for a window); EGL's where left out.
        `smooth_chroma` interpolates subsampled chroma in pictures drawn 1:1: free on a GPU, a sixth of the draw on
        software GL, so by default everywhere but there. Figures: `upload_ms`, `upload_failed`.
        Raises ShaderError where a shipped shader does not compile, with the context as it was.
        """
        if smooth_chroma is None:
            smooth_chroma = not is_software(context)
        self._context = context
        self._size = (width, height)
        self._textures = TextureStore(context, figures, get_proc_address or egl_get_proc_address)
        self._upload_failed = figures.counter("upload_failed")
        self._reported: set[str] = set()
        self._frames = FramePrograms(context, smooth_chroma=smooth_chroma)
        self._moving: MotionPasses | None = None
        self._motions: dict[Motion, MotionMaps] = {}
        self._blends = BlendPass(context)
        self._output_programs = tuple(
            FullScreen(context, ["passes/output.frag"], {"first": 0, "second": 1}, defines)
            for defines in ([], ["TWO_MOVEMENTS"])
        )
        self._output = new_target(context, self._size)
        self._canvases = [new_target(context, self._size, half_float=True) for _ in range(3)]
        self._layer = new_target(context, self._size, half_float=True)

    @property
    def texture_count(self) -> int:
        """How many textures hold pictures: constant once the show has settled."""
        return self._textures.texture_count

    def prepare(self, blends: Iterable[str], *, flow: bool = False) -> None:
        """Compile the blend modes that the show will use, and `flow` if it does, so that none is while it runs.

        Raises ShaderError for a mode without a file in shaders/blend, or whose file does not compile.
        """
        for blend in blends:
            if blend not in _FIXED_FUNCTION:
                self._blends.prepare(blend)
        if flow:
            self._flow_passes()

    def draw(self, plan: FramePlan, frames: Mapping[FrameRef, Lookup]) -> moderngl.Framebuffer:
        """Draw the picture of `plan` (at most two movements with a share in it) and return the canvas.

        Its texel row 0 is the top row, so a plain read gives rows from the top; it is valid until the next draw.
        A frame that `frames` lacks or calls Missing leaves its layer clear; a picture that cannot be uploaded does so
        too, is counted, and logged once for its clip. Raises ShaderError for an unknown blend mode and ValueError for
        a third movement; the next draw is sound again.
        """
        movements = draw_list(plan, frames, self._size)
        if len(movements) > len(self._output_programs):
            raise ValueError(f"{len(movements)} movements at once: a picture has two at most")
        self._textures.begin_draw()
        self._motions = self._motion_maps(movements)
        if len(movements) == 1 and len(movements[0].layers) == 1 and len(movements[0].layers[0].frames) == 1:
            self._draw_only_frame(movements[0])
        else:
            self._draw_movements(movements)
        return self._output

    def release(self) -> None:
        """Give everything on the GPU back. Nothing can be drawn after it."""
        for target in (self._output, self._layer, *self._canvases):
            release_target(target)
        for program in self._output_programs:
            program.release()
        self._blends.release()
        if self._moving is not None:
            self._moving.release()
        self._frames.release()
        self._textures.release()

    def _flow_passes(self) -> MotionPasses:
        if self._moving is None:
            self._frames.prepare_motion()
            self._moving = MotionPasses(self._context)
        return self._moving

    def _motion_maps(self, movements: tuple[MovementDraw, ...]) -> dict[Motion, MotionMaps]:
        """What the frames in motion need, drawn ahead of all else; those that cannot be uploaded are left out."""
        frames = [frame for movement in movements for layer in movement.layers for frame in layer.frames]
        motions = dict.fromkeys(frame.motion for frame in frames if frame.motion is not None)
        if not motions:
            return {}
        passes = self._flow_passes()
        passes.begin_draw()
        maps: dict[Motion, MotionMaps] = {}
        for motion in motions:
            try:
                first, second = (self._textures.uploaded(picture) for picture in (motion.first, motion.second))
            except (FrameError, DeviceError):
                continue  # reported when it is drawn, by itself or in a plain mix
            maps[motion] = passes.maps(first, second, motion.mix)
        return maps

    def _draw_only_frame(self, movement: MovementDraw) -> None:
        """A single frame needs no canvas of its own: over black, its weight is all that fades and opacity do."""
        (layer,) = movement.layers
        (frame,) = layer.frames
        self._output.clear(color=_BLACK)
        self._output.use()
        self._draw_frame(frame, layer.flash, _OVER, frame.weight * movement.weight)

    def _draw_movements(self, movements: tuple[MovementDraw, ...]) -> None:
        free = list(self._canvases)
        finished: list[moderngl.Framebuffer] = []
        for movement in movements:
            canvas = self._composite(movement.layers, free[0], free[1])
            free.remove(canvas)
            finished.append(canvas)
        if not movements:
            self._output.clear(color=_BLACK)
            return
        output = self._output_programs[len(movements) - 1]
        output.set("first_weight", movements[0].weight)
        output.set("second_weight", movements[-1].weight)
        output.draw(self._output, [picture_of(canvas) for canvas in finished])

    def _composite(
        self, layers: tuple[LayerDraw, ...], canvas: moderngl.Framebuffer, spare: moderngl.Framebuffer
    ) -> moderngl.Framebuffer:
        """Composite a movement's layers; the canvas or the spare one, whichever holds the result."""
        self._fill(canvas, layers[0])
        for layer in layers[1:]:
            factors = _FIXED_FUNCTION.get(layer.blend)
            if factors is not None and len(layer.frames) == 1:
                canvas.use()
                self._draw_frame(layer.frames[0], layer.flash, factors)
                continue
            self._fill(self._layer, layer)
            self._blend_into(spare, canvas, layer.blend)
            canvas, spare = spare, canvas
        return canvas

    def _fill(self, target: moderngl.Framebuffer, layer: LayerDraw) -> None:
        """Make `target` hold the layer alone, whose frames add up."""
        target.use()
        first, *others = layer.frames
        if first.placement.covers:
            if not self._draw_frame(first, layer.flash, None):
                target.clear(color=_CLEAR)
        else:
            target.clear(color=_CLEAR)
            self._draw_frame(first, layer.flash, _SUM)
        for frame in others:
            self._draw_frame(frame, layer.flash, _SUM)

    def _draw_frame(
        self, frame: FrameDraw, flash: float, factors: tuple[int, int, int, int] | None, weight: float | None = None
    ) -> bool:
        """Draw one frame into the target in use, replacing what is there without `factors`; False if it cannot be."""
        try:
            uploaded = self._textures.uploaded(frame.picture)
        except (FrameError, DeviceError) as error:  # the latter: a format that this driver lacks
            self._report(frame, error)
            return False
        if factors is None:
            self._context.enable_only(moderngl.NOTHING)
        else:
            self._context.enable_only(moderngl.BLEND)
            self._context.blend_func = factors  # type: ignore[assignment]  # takes four, though it is annotated with two
        weight = frame.weight if weight is None else weight
        self._frames.draw(frame.placement, uploaded, flash, weight, self._motion_of(frame))
        return True

    def _motion_of(self, frame: FrameDraw) -> moderngl.Texture | None:
        maps = None if frame.motion is None else self._motions.get(frame.motion)
        if maps is None or frame.motion is None:
            return None
        return maps.first if frame.picture is frame.motion.first else maps.second

    def _blend_into(self, target: moderngl.Framebuffer, backdrop: moderngl.Framebuffer, blend: str) -> None:
        """Draw the layer over `backdrop` into `target`, through the blend mode's own function."""
        self._blends.draw(target, picture_of(self._layer), picture_of(backdrop), blend)

    def _report(self, frame: FrameDraw, error: FrameError | DeviceError) -> None:
        self._upload_failed.add()
        clip = frame.picture.ref.clip
        if clip not in self._reported:
            self._reported.add(clip)
            _log.warning("%s", error)


def is_software(context: moderngl.Context) -> bool:
    """Whether the CPU draws, so that every pixel costs."""
    renderer = str(context.info["GL_RENDERER"]).lower()
    return any(name in renderer for name in _SOFTWARE_RENDERERS)
