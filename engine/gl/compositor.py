"""The compositor: a frame plan and its pictures in, the finished canvas out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import moderngl

from engine.core.figures import Figures
from engine.formats.isf import Isf
from engine.gl.compressed import GetProcAddress, egl_get_proc_address
from engine.gl.flash_guard import FlashGuard
from engine.gl.gpu_timer import GpuTimer
from engine.gl.pass_graph import pass_graph
from engine.gl.pass_runner import PassRunner, ShaderFailedError
from engine.gl.passes import PassGraph
from engine.gl.pictures import MaskBy, Signature
from engine.gl.plan_pictures import Stage, whole_picture
from engine.gl.still_pictures import Pixels
from engine.gl.targets import new_target, picture_of, release_target
from engine.gl.textures import TextureStore
from engine.model.looks import Chain, PictureFrom
from engine.model.pictures import FrameRef, Lookup
from engine.model.plan import FramePlan
from engine.model.world import LoadedShow, PlacedMovement

_SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "swiftshader", "gdi generic")
_KEPT_BYTES = 256 * 2**20
_TEXEL_BYTES = 8
_MOST_STEPS_ON_STAGE, _MOST_STEPS = 4, 60


class Compositor:
    """Composites plans on a canvas of one size. All of it belongs to the thread whose context it is given.

    Layers are premultiplied RGBA16F, gamma-encoded BT.709; a layer's blend mode follows W3C Compositing and Blending
    Level 1 with the backdrop's alpha, and each group and movement begins clear. The output is RGBA8, opaque, over
    black. After the first draws of a plan nothing is allocated on the GPU; see `prepare`.

    What looks as it did in the draw before is not drawn again: the canvas as a whole at once, a layer, a group, or the
    first effects of a chain after its third draw. A shader that cannot be drawn is passed by, counted, and logged once.
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
        on_stage: bool = False,
        times_passes: bool | None = None,
    ) -> None:
        """A canvas of `width` × `height` pixels.

        `get_proc_address` looks up GL functions in the context's own way (glfw's for a window); EGL's where left out.
        `smooth_chroma` interpolates subsampled chroma in pictures drawn 1:1: free on a GPU, a sixth of the draw on
        software GL, so by default everywhere but there. `on_stage`: shaders with memory make up for a few missed
        steps at most. `times_passes` asks for GPU times; by default everywhere but on software GL, which draws each
        pass to its end before it tells.
        Figures: `upload_ms`, `upload_failed`, `passes`, `shaders_failed`, `picture_file_failed`, `gpu_ms`.
        Raises ShaderError where a shipped shader does not compile, with the context as it was.
        """
        software = is_software(context)
        load = get_proc_address or egl_get_proc_address
        times_passes = not software if times_passes is None else times_passes
        self._timer = GpuTimer.where_there_is_one(load) if times_passes else None
        self._context = context
        self._size = (width, height)
        self._textures = TextureStore(context, figures, load)
        self._output = new_target(context, self._size)
        self._output.clear(color=(0.0, 0.0, 0.0, 1.0))
        self._runner = PassRunner(
            context,
            self._output,
            self._textures,
            figures,
            smooth_chroma=not software if smooth_chroma is None else smooth_chroma,
            timer=self._timer,
        )
        self._most_steps = _MOST_STEPS_ON_STAGE if on_stage else _MOST_STEPS
        self._most_kept = max(1, _KEPT_BYTES // (width * height * _TEXEL_BYTES))
        self._passes = figures.samples("passes")
        self._gpu_ms = figures.samples("gpu_ms")
        self._sightings: dict[Signature, int] = {}
        self._drawn: Signature | None = None
        self._guard: FlashGuard | None = None
        self._staged_guard: FlashGuard | None = None
        self.gpu_times_ms: Mapping[str, float] = {}
        """GPU time of the newest draw that was timed, by layer, group and effect: "MOVEMENT/layer/NAME", an effect's
        key, "master"; "" is the output's. Replaced as a whole, so that any thread may read it."""

    @property
    def texture_count(self) -> int:
        """How many textures hold pictures of clips: constant once the show has settled."""
        return self._textures.texture_count

    @property
    def target_count(self) -> int:
        """How many pictures there are that passes draw into, those that shaders remember among them."""
        return self._runner.targets.count

    @property
    def program_count(self) -> int:
        """How many shaders of the show are compiled."""
        return self._runner.shaders.program_count

    def prepare(self, blends: Iterable[str], *, flow: bool = False) -> None:
        """Compile the blend modes that the show will use, and `flow` if it does, so that none is while it runs.

        Raises ShaderError for a mode without a file in shaders/blend, or whose file does not compile.
        """
        for blend in blends:
            self._runner.blends.prepare(blend)
        if flow:
            self._runner.prepare_flow()

    def prepare_show(self, loaded: LoadedShow) -> None:
        """Compile all that a show uses, and read its stills and tables of colours. It reads disks.

        Where the show asks for the guard against flashes, whatever is drawn passes it.

        May be called again with another version of the show: what is as it was stays. Raises ShaderError as `prepare`
        does; what is wrong with the show's own shaders and files is counted and logged, and left out of the picture.
        """
        flow = _has_flow(loaded)
        self.prepare((), flow=flow)
        self._runner.prepare_upon(flow=flow)
        for blend, linear, mask_by in _blend_variants(loaded):
            self._runner.blends.prepare(blend, linear=linear, mask_by=mask_by)
        drawn = {name: shader for name, shader in loaded.shaders.items() if name not in loaded.barred}
        self._runner.shaders.prepare(drawn)
        self._runner.files.prepare(sorted(_picture_files(loaded)))
        self._guards(loaded.show.master.flash_guard)
        self.forget()

    def stage(self, loaded: LoadedShow, sources: Mapping[str, Isf], pictures: Mapping[str, Pixels]) -> Iterator[None]:
        """Compile and upload what another version of the show has beside this one, a thing with each `next`: between
        frames. It takes its place with `prepare_show`; `unstage` gives it back.

        `sources` are the shaders that are new or have changed, by name, `pictures` such files as
        `engine.gl.still_pictures.read_picture` gives them. Nothing is read from disks. Raises ShaderError where
        something cannot be drawn; what is shown goes on.
        """
        for name, source in sources.items():
            self._runner.shaders.stage(name, loaded.shaders[name], source)
            yield
        for file, pixels in pictures.items():
            self._runner.files.stage(file, pixels)
            yield
        if loaded.show.master.flash_guard and self._guard is None and self._staged_guard is None:
            self._staged_guard = self._new_guard()
            yield
        flow = _has_flow(loaded)
        self.prepare((), flow=flow)
        self._runner.prepare_upon(flow=flow)
        for blend, linear, mask_by in _blend_variants(loaded):
            if not self._runner.blends.is_there(blend, linear=linear, mask_by=mask_by):
                self._runner.blends.prepare(blend, linear=linear, mask_by=mask_by)
                yield

    def unstage(self) -> None:
        """Forget what was staged."""
        self._runner.shaders.unstage()
        self._runner.files.unstage()
        if self._staged_guard is not None:
            self._staged_guard.release()
            self._staged_guard = None

    def forget(self) -> None:
        """Draw everything anew the next time, even what looks as it did before. Shaders keep their memory."""
        self._drawn = None
        self._sightings.clear()
        self._runner.let_go(())

    def draw(self, plan: FramePlan, frames: Mapping[FrameRef, Lookup]) -> moderngl.Framebuffer:
        """Draw the picture of `plan` (at most two movements with a share in it) and return the canvas.

        Its texel row 0 is the top row, so a plain read gives rows from the top; it is valid until the next draw.
        A frame that `frames` lacks or calls Missing leaves its layer clear; a picture that cannot be uploaded does so
        too, is counted, and logged once for its clip. Raises ShaderError for an unknown blend mode and ValueError for
        a third movement; the next draw is sound again.
        """
        while True:
            try:
                self._draw(plan, frames)
                break
            except ShaderFailedError as error:
                self._runner.shaders.set_aside(error.name, error)  # one less, so that this comes to an end
        if self._guard is None:
            return self._output
        # A person who asks for black gets it at once; the guard counts it, and holds back what comes out of it.
        return self._guard.draw(picture_of(self._output), plan.at_s, at_once=plan.fade <= 0)

    def release(self) -> None:
        """Give everything on the GPU back. Nothing can be drawn after it."""
        self.unstage()
        self._guards(False)
        self._runner.release()
        self._textures.release()
        release_target(self._output)

    def _guards(self, wished: bool) -> None:
        """Have a guard against flashes, or none."""
        if wished and self._guard is None:
            self._guard, self._staged_guard = self._staged_guard or self._new_guard(), None
        elif not wished and self._guard is not None:
            self._guard.release()
            self._guard = None

    def _new_guard(self) -> FlashGuard:
        """One that has drawn: some drivers compile at the first draw."""
        guard = FlashGuard(self._context, self._size)
        guard.draw(picture_of(self._output), 0.0)
        guard.restart()
        return guard

    def _draw(self, plan: FramePlan, frames: Mapping[FrameRef, Lookup]) -> None:
        shaders = self._runner.shaders
        shaders.begin_draw(plan.picture_at_s)
        stage = Stage(self._size, shaders.usable, shaders.memory, self._most_steps)
        whole = whole_picture(plan, frames, stage)
        signature = whole.signature
        if signature == self._drawn:
            self._passes.add(0)
            return
        self._drawn = None
        graph = pass_graph(whole, self._runner.kept, self._sightings, most_kept=self._most_kept)
        self._note(graph)
        self._runner.let_go(graph.reads)
        draws, is_whole = self._runner.run(graph, plan)
        self._passes.add(draws)
        if is_whole:
            self._drawn = signature
        else:
            self.forget()  # a frame that cannot be had is tried again

    def _note(self, graph: PassGraph) -> None:
        self._sightings = {one: self._sightings.get(one, 0) + 1 for one in graph.candidates}
        times = self._timer.begin_draw() if self._timer is not None else None
        if times is not None:
            self.gpu_times_ms = times
            self._gpu_ms.add(sum(times.values()))


def is_software(context: moderngl.Context) -> bool:
    """Whether the CPU draws, so that every pixel costs."""
    renderer = str(context.info["GL_RENDERER"]).lower()
    return any(name in renderer for name in _SOFTWARE_RENDERERS)


def _has_flow(loaded: LoadedShow) -> bool:
    return any(layer.interpolation == "flow" for movement in loaded.movements for layer in movement.layers)


def _blend_variants(loaded: LoadedShow) -> set[tuple[str, bool, MaskBy | None]]:
    """What the passes of a show's blends are compiled with."""
    variants: set[tuple[str, bool, MaskBy | None]] = set()
    for movement in loaded.movements:
        variants |= {(group.blend, False, None) for group in movement.groups}
        for layer in movement.layers:
            mask_by = None if layer.mask is None else layer.mask_by
            # What is lowest is blended in gamma, whatever the layer says.
            variants |= {(layer.blend, layer.light == "linear", mask_by), (layer.blend, False, mask_by)}
    return variants


def _picture_files(loaded: LoadedShow) -> Iterator[str]:
    """The files that shaders and masks of a show read, as plans name them."""
    folder = loaded.file.parent
    for source in _pictures_from(loaded):
        if source.file is not None:
            yield str(folder / source.file)


def _pictures_from(loaded: LoadedShow) -> Iterator[PictureFrom]:
    yield from _of_chain(loaded.show.master.effects)
    for movement in loaded.movements:
        yield from _of_movement(movement)


def _of_movement(movement: PlacedMovement) -> Iterator[PictureFrom]:
    for chain in (movement.effects, *(group.effects for group in movement.groups)):
        yield from _of_chain(chain)
    for transition in (movement.transition, movement.exit):
        if transition is not None:
            yield from transition.pictures.values()
    for layer in movement.layers:
        yield from _of_chain(layer.effects)
        yield from layer.transition.pictures.values()
        if layer.generator is not None:
            yield from layer.generator.pictures.values()
        if layer.mask is not None:
            yield layer.mask


def _of_chain(chain: Chain) -> Iterator[PictureFrom]:
    for effect in chain:
        yield from effect.pictures.values()
