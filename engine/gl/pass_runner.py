"""Carries out a pass graph on the GPU. Nothing is decided here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

import moderngl

from engine.core.figures import Figures
from engine.errors import ShaderError
from engine.gl.blend_pass import BlendPass
from engine.gl.frame_drawer import FACTORS, FrameDrawer
from engine.gl.full_screen import FullScreen
from engine.gl.gpu_timer import GpuTimer
from engine.gl.passes import (
    OUTPUT,
    Blend,
    ClearSlot,
    DrawFrames,
    File,
    Finish,
    Kept,
    Lay,
    Mix,
    Pass,
    PassGraph,
    Place,
    Shade,
    Slot,
    Source,
)
from engine.gl.pictures import Signature
from engine.gl.place_program import PlacePrograms
from engine.gl.shader_store import ShaderStore
from engine.gl.still_pictures import FilePictures, SoundPictures
from engine.gl.target_pool import TargetPool
from engine.gl.targets import picture_of
from engine.gl.textures import TextureStore
from engine.model.plan import FramePlan
from engine.model.shaders import PROGRESS, InputType, Value

_log = logging.getLogger(__name__)
_P = TypeVar("_P", bound=Pass)

_CLEAR = (0.0, 0.0, 0.0, 0.0)
_BLACK = (0.0, 0.0, 0.0, 1.0)
_MASKS = {None: (), "luma": ("MASK_LUMA",), "alpha": ("MASK_ALPHA",)}


class ShaderFailedError(ShaderError):
    """A shader that compiled could not be drawn."""

    def __init__(self, name: str, error: ShaderError) -> None:
        super().__init__(error.what, subject=error.subject, mend=error.mend)
        self.name = name


class PassRunner:
    """Draws pass graphs into `output`. Render thread only."""

    def __init__(
        self,
        context: moderngl.Context,
        output: moderngl.Framebuffer,
        textures: TextureStore,
        figures: Figures,
        *,
        smooth_chroma: bool,
        timer: GpuTimer | None,
    ) -> None:
        """`output` RGBA8, whose alpha stays 1. Raises ShaderError where a shipped shader does not compile."""
        self.targets = TargetPool(context, output.size)
        self.shaders = ShaderStore(context, self.targets, figures)
        self.files = FilePictures(context, figures)
        self.blends = BlendPass(context)
        self.kept: dict[Signature, moderngl.Framebuffer] = {}
        """Pictures that outlived their draw."""
        self._output = output
        self._timer = timer
        self._sound = SoundPictures(context)
        self._frames = FrameDrawer(context, textures, figures, smooth_chroma=smooth_chroma)
        pair = {"first": 0, "second": 1}
        self._mix = FullScreen(context, ["passes/mix.frag"], pair)
        self._lay = {
            mask: FullScreen(context, ["passes/lay.frag"], {"picture": 0, "mask": 1}, defines)
            for mask, defines in _MASKS.items()
        }
        self._finish = [
            FullScreen(context, ["passes/output.frag"], pair, defines) for defines in ([], ["TWO_MOVEMENTS"])
        ]
        self._place = PlacePrograms(context)
        self._alive: dict[int, moderngl.Framebuffer] = {}
        self._at_s = 0.0
        self._draws: dict[type[Pass], Callable[..., int]] = {
            ClearSlot: self._clear_slot,
            DrawFrames: self._draw_frames,
            Shade: self._draw_shader,
            Mix: self._draw_mix,
            Place: self._draw_place,
            Lay: self._draw_lay,
            Blend: self._draw_blend,
            Finish: self._draw_finish,
        }
        self._is_whole = True

    def prepare_upon(self, *, flow: bool) -> None:
        """Compile what draws frames upon pictures, two at once, and those that `flow` moves, too."""
        self._frames.prepare_upon(flow=flow)

    def prepare_flow(self) -> None:
        """Compile what follows motion between frames."""
        self._frames.prepare_flow()

    def let_go(self, wanted: Iterable[Signature]) -> None:
        """Give back every kept picture but the `wanted` ones."""
        for signature in set(self.kept).difference(wanted):
            self.targets.give_back(self.kept.pop(signature))

    def run(self, graph: PassGraph, plan: FramePlan) -> tuple[int, bool]:
        """Draw `graph`; how many draws it took, and whether every frame was there to be drawn.

        Raises ShaderFailedError for a shader of the show that cannot be drawn, and ShaderError for a blend mode that
        there is not; the next run is sound again.
        """
        self._at_s, self._is_whole = plan.picture_at_s, True
        self.targets.begin_draw()
        self._sound.show(plan.sound)
        self._frames.begin_draw(
            each.frame for one in graph.passes if isinstance(one, DrawFrames) for each in one.frames
        )
        try:
            draws = self._passes(graph)
            for number, signature in graph.keeps:
                self.kept[signature] = self._alive.pop(number)
        finally:
            for target in self._alive.values():
                self.targets.give_back(target)
            self._alive.clear()
            if self._timer is not None:
                self._timer.end_draw()
        return draws, self._is_whole

    def release(self) -> None:
        self.let_go(())
        for part in (self.shaders, self.targets, self.files, self.blends, self._sound, self._frames, self._place):
            part.release()
        for program in (self._mix, *self._lay.values(), *self._finish):
            program.release()
        if self._timer is not None:
            self._timer.release()

    def _passes(self, graph: PassGraph) -> int:
        draws = 0
        for one, freed in zip(graph.passes, graph.frees, strict=True):
            if self._timer is not None:
                self._timer.begin(one.owner)
            draws += self._draws[type(one)](one, self._target(one))
            for number in freed:
                self.targets.give_back(self._alive.pop(number))
        return draws

    def _target(self, one: Pass) -> moderngl.Framebuffer:
        number = one.target
        if number == OUTPUT:
            return self._output
        if number not in self._alive:
            self._alive[number] = self.targets.take_canvas()
        return self._alive[number]

    def _texture(self, source: Source) -> moderngl.Texture:
        match source:
            case Slot(number):
                return picture_of(self._alive[number])
            case Kept(signature):
                return picture_of(self.kept[signature])
            case File(file):
                return self.files.texture(file)
        return self.files.nothing

    def _clear_slot(self, one: ClearSlot, target: moderngl.Framebuffer) -> int:
        target.clear(color=_BLACK if one.target == OUTPUT else _CLEAR)
        return 0

    def _draw_frames(self, one: DrawFrames, target: moderngl.Framebuffer) -> int:
        if one.clears:
            target.clear(color=_BLACK if one.target == OUTPUT else _CLEAR)
        below = None if one.below is None else self._texture(one.below)
        drawn = self._frames.draw(one.frames, target, below, _least_alpha(one))
        self._is_whole &= drawn == len(one.frames)
        return 1 if drawn else self._leave_out(one, target)

    def _leave_out(self, one: DrawFrames, target: moderngl.Framebuffer) -> int:
        """Draw all but the frames."""
        if one.below is not None:
            return self._draw_lay(Lay(one.target, one.owner, one.below, 1.0, None, "luma"), target)
        if one.frames[0].mode == "replace":
            target.clear(color=_BLACK if one.target == OUTPUT else _CLEAR)
        return 0

    def _draw_shader(self, one: Shade, target: moderngl.Framebuffer) -> int:
        inputs: dict[str, Value | moderngl.Texture] = {}
        for each in self.shaders.usable[one.shader.shader].inputs:
            if each.name in one.shader.settings:  # what a new version of the shader no longer has is left out
                inputs[each.name] = one.shader.settings[each.name]
            elif each.type is InputType.AUDIO:
                inputs[each.name] = self._sound.samples
            elif each.type is InputType.AUDIO_FFT:
                inputs[each.name] = self._sound.spectrum
        inputs |= {name: self._texture(source) for name, source in one.inputs}
        if one.progress is not None:
            inputs[PROGRESS] = one.progress
        try:
            return self.shaders.draw(one, target, self._at_s, inputs, least_alpha=_least_alpha(one))
        except ShaderError as error:
            raise ShaderFailedError(one.shader.shader, error) from error

    def _draw_mix(self, one: Mix, target: moderngl.Framebuffer) -> int:
        self._mix.set("first_share", one.first_share)
        self._mix.set("second_share", one.second_share)
        self._mix.set("least_alpha", _least_alpha(one))
        self._mix.draw(target, [self._texture(one.first), self._texture(one.second)])
        return 1

    def _draw_place(self, one: Place, target: moderngl.Framebuffer) -> int:
        target.clear(color=_CLEAR)
        self._place.draw(target, self._texture(one.picture), one.placement, one.flash)
        return 1

    def _draw_lay(self, one: Lay, target: moderngl.Framebuffer) -> int:
        program = self._lay[None if one.mask is None else one.mask_by]
        program.set("opacity", one.opacity)
        program.set("least_alpha", _least_alpha(one))
        program.draw(target, [self._texture(source) for source in one.sources], FACTORS[one.mode])
        return 1

    def _draw_blend(self, one: Blend, target: moderngl.Framebuffer) -> int:
        self.blends.draw(
            target,
            self._texture(one.picture),
            self._texture(one.canvas),
            one.blend,
            opacity=one.opacity,
            linear=one.linear,
            mask=None if one.mask is None else self._texture(one.mask),
            mask_by=one.mask_by,
            least_alpha=_least_alpha(one),
        )
        return 1

    def _draw_finish(self, one: Finish, target: moderngl.Framebuffer) -> int:
        program = self._finish[0 if one.second is None else 1]
        program.set("first_weight", one.first_weight)
        program.set("second_weight", one.second_weight)
        program.set("first_gain", one.first_gain)
        program.set("second_gain", one.second_gain)
        program.draw(target, [self._texture(source) for source in one.sources])
        return 1


def _least_alpha(one: Pass) -> float:
    """The output is opaque, since it lies over black."""
    return 1.0 if one.target == OUTPUT else 0.0
