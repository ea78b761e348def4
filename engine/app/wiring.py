"""Wiring: the only place where edges are constructed, and where live and offline part ways.

They differ in three objects: the pace, what to do when a frame is not decoded yet, and the output. What one of them
alone needs (FFmpeg for films, glfw for windows, MIDI) is imported where it is made: each takes a tenth of a second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import moderngl

from engine.app.learn import StageLearn
from engine.app.notices import Notices
from engine.app.pace import LivePace, OfflinePace
from engine.app.plan_file import PlanWriter, StagePlanWriter
from engine.app.player import Player
from engine.app.recorder import recording
from engine.app.replay import Replay
from engine.core.bindings import Bindings, pads_of
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.planner import plan
from engine.core.prefetch import Prefetch
from engine.core.sound_plan import makes_sound
from engine.core.step import begun, history
from engine.errors import NoDisplayError, SourceError
from engine.gl.compositor import Compositor
from engine.gl.context import headless_context
from engine.media.frame_store import FrameStore
from engine.model.controls import Binding
from engine.model.events import Event
from engine.model.media_time import frame_count
from engine.model.pictures import FrameRef, Lookup
from engine.model.plan import FramePlan
from engine.model.show import Show
from engine.model.world import World
from engine.outputs.beside import beside, check_output_path, put_in_place
from engine.outputs.film_formats import FilmCodec
from engine.outputs.hashes import Hashes
from engine.outputs.nothing import Nothing
from engine.outputs.output import Output, Several

if TYPE_CHECKING:
    from engine.app.live_inputs import LiveInputs
    from engine.app.soundtrack import Soundtrack
    from engine.outputs.window import Window

log = logging.getLogger(__name__)

_WARM_UP_S = 5.0  # a disk that wakes up takes about as long


@dataclass(frozen=True, slots=True)
class RenderJob:
    """What `runtime-render` was asked for. Sizes in pixels, instants in show seconds."""

    film: Path
    width: int
    height: int
    rate: Fraction
    from_s: float
    to_s: float
    codec: FilmCodec
    overwrite: bool = False
    hashes: Path | None = None
    plan: Path | None = None
    script: tuple[Event, ...] = ()
    take: tuple[Event, ...] = ()  # resolved

    @property
    def frames(self) -> int:
        return frame_count(self.to_s - self.from_s, self.rate)


@dataclass(frozen=True, slots=True)
class LiveJob:
    """What `runtime-play` was asked for."""

    headless: bool
    fullscreen: bool | None = None
    monitor: str | None = None
    from_s: float = 0.0
    for_s: float | None = None
    silent: bool = False
    record: Path | None = None
    plan: Path | None = None
    overwrite: bool = False  # of `record` and `plan`
    take: tuple[Event, ...] = ()  # resolved
    over: str = ""  # the take that these are of


def check_render_paths(job: RenderJob) -> None:
    """Refuse every output path that exists or cannot be written, before any work. Raises OutputError."""
    from engine.outputs.video_file import check_film  # noqa: PLC0415

    check_film(job.film, codec=job.codec, width=job.width, height=job.height, overwrite=job.overwrite)
    for path in (job.hashes, job.plan):
        if path is not None:
            check_output_path(path, overwrite=job.overwrite)


@contextmanager
def offline(world: World, job: RenderJob) -> Iterator[Player]:
    """A player that renders `job`. Leaving the block finishes the files; an exception throws them away."""
    check_render_paths(job)
    figures = Figures()
    with ExitStack() as stack:
        context = _kept(stack, headless_context())
        store = _frame_store(stack, world, figures)
        compositor = _ready(stack, world, Compositor(context, job.width, job.height, figures))
        film, soundtrack = _film(stack, world, job, figures)
        inbox = Inbox(limit=max(65_536, len(job.script)))
        for event in job.script:
            inbox.put(event.source, event.address, event.value, event.at_s)
        player = Player(
            world=world,
            history=history(begun(world)),
            pace=OfflinePace(job.rate, job.from_s, job.frames),
            inbox=inbox,
            bindings=_bindings(world, figures),
            frames_for=store.exact_frames_for,
            want=store.want,
            prefetch=Prefetch(world),
            compositor=compositor,
            output=film,
            figures=figures,
            waits=True,
            replay=Replay(job.take, world.tree, figures) if job.take else None,
            coalesces=False,
        )
        if soundtrack is not None:
            player.after_events.append(soundtrack.hear)
        if job.plan is not None:
            player.after_tick.append(PlanWriter(stack.enter_context(_written_whole(job.plan, job.overwrite))))
        yield player


@contextmanager
def live(world: World, job: LiveJob) -> Iterator[tuple[Player, LiveInputs]]:
    """A player for the stage, its devices open. Leaving the block closes them all.

    A device that is not there, a display too, is a warning in the log, and the show goes on without it. Raises
    DeviceError where there is no GL driver, or no monitor of the name that was asked for.
    """
    from engine.app.live_inputs import LiveInputs  # noqa: PLC0415

    figures = Figures()
    with ExitStack() as stack:
        inputs = LiveInputs(world, figures, start_s=job.from_s)
        stack.callback(inputs.close)
        show = world.loaded.show
        output, context, loader = _screen(stack, world, job, inputs)
        store = _frame_store(stack, world, figures)
        canvas = show.canvas
        compositor = Compositor(context, canvas.width, canvas.height, figures, get_proc_address=loader)
        _ready(stack, world, compositor)
        player = Player(
            world=world,
            history=history(begun(world)),
            pace=LivePace(
                _live_rate(world, output), inputs.clock.now_s, lambda: inputs.over(player.history.head), figures
            ),
            inbox=inputs.inbox,
            bindings=_bindings(world, figures, _free_key_bindings(show)),
            frames_for=store.frames_for,
            want=store.want,
            prefetch=Prefetch(world, pads_of(world.loaded.bindings, world.tree)),
            compositor=compositor,
            output=output,
            figures=figures,
            now_s=inputs.clock.now_s,
            replay=Replay(job.take, world.tree, figures) if job.take else None,
            before_tick=inputs.before_tick(None if isinstance(output, Nothing) else output.poll),
        )
        if job.record is not None:
            take = recording(world, job.record, figures, start_s=job.from_s, over=job.over, overwrite=job.overwrite)
            player.after_events.append(stack.enter_context(take))
        if job.plan is not None:
            plan_file = stack.enter_context(_written_whole(job.plan, job.overwrite))
            player.after_tick.append(StagePlanWriter(plan_file, player))
        _learn(stack, world, player, inputs)
        player.after_tick.append(Notices(player.bindings, figures))
        player.after_tick.append(inputs.board.publish)
        inputs.over_when(job.for_s, None if isinstance(output, Nothing) else lambda: output.should_close)
        _warm_up(store, compositor, plan(world, player.history.head, job.from_s))
        inputs.open(silent=job.silent)
        player.after_events += inputs.after_events
        yield player, inputs


def _warm_up(store: FrameStore, compositor: Compositor, first: FramePlan) -> None:
    """Draw the first picture before the clock starts: drivers compile programs at their first draw, and disks wake."""
    try:
        frames: Mapping[FrameRef, Lookup] = store.exact_frames_for(first, timeout_s=_WARM_UP_S)
    except SourceError as error:  # too slow for now; on stage the show begins all the same
        log.warning("%s", error)
        frames = store.frames_for(first)
    compositor.draw(first, frames)


def _learn(stack: ExitStack, world: World, player: Player, inputs: LiveInputs) -> None:
    """Let controls be learned while the show is played."""

    def add(binding: Binding) -> None:
        player.bindings.add(binding)
        inputs.hear(player.bindings.bindings)

    def value(path: str) -> float | None:
        latest = inputs.board.latest
        return None if latest is None else latest.value(path)

    learn = StageLearn(world, lambda: player.bindings.bindings, add, value)
    stack.callback(learn.close)
    player.before_bindings = learn.take_in
    player.after_events.append(learn.follow)
    inputs.learn = learn


def _screen(
    stack: ExitStack, world: World, job: LiveJob, inputs: LiveInputs
) -> tuple[Window | Nothing, moderngl.Context, Callable[[str], int] | None]:
    if not job.headless:
        try:
            window = _window(world, job, inputs)
            stack.callback(window.close)
            return window, window.context, window.get_proc_address
        except NoDisplayError as error:
            inputs.do_without(error)
    return Nothing(), _kept(stack, headless_context()), None


def _window(world: World, job: LiveJob, inputs: LiveInputs) -> Window:
    from engine.outputs.window import Window  # noqa: PLC0415

    show = world.loaded.show
    wish = show.outputs.window
    window = Window(
        title=show.title or world.loaded.file.stem,
        width=show.canvas.width,
        height=show.canvas.height,
        monitor=wish.monitor if job.monitor is None else job.monitor,
        fullscreen=wish.fullscreen if job.fullscreen is None else job.fullscreen,
        vsync=wish.vsync,
        on_key=lambda name, pressed: _window_key(window, inputs, name, pressed),
    )
    return window


def _window_key(window: Window, inputs: LiveInputs, name: str, pressed: bool) -> None:
    """F11 and escape are the window's own, as everywhere; every key reaches the show's bindings as well.

    While a control is learned, escape leaves that, and not the full screen.
    """
    if pressed and name == "f11":
        window.set_fullscreen(not window.fullscreen)
    elif pressed and name == "escape" and not (inputs.learn is not None and inputs.learn.active):
        window.set_fullscreen(False)
    inputs.keys.on_key(name, pressed)


def _live_rate(world: World, output: Window | Nothing) -> float:
    if not isinstance(output, Nothing) and output.refresh_hz > 0:
        return output.refresh_hz
    return world.loaded.show.canvas.rate


def _frame_store(stack: ExitStack, world: World, figures: Figures) -> FrameStore:
    store = FrameStore(world.loaded.clips, figures=figures, cache_bytes=world.loaded.show.cache_mb * 2**20)
    stack.callback(store.close)
    return store


def _ready(stack: ExitStack, world: World, compositor: Compositor) -> Compositor:
    """The compositor with every blend mode of the show compiled, and the passes for flow where a layer asks for it."""
    stack.callback(compositor.release)
    layers = [layer for movement in world.loaded.movements for layer in movement.layers]
    compositor.prepare({layer.blend for layer in layers}, flow=any(layer.interpolation == "flow" for layer in layers))
    return compositor


def _kept(stack: ExitStack, context: moderngl.Context) -> moderngl.Context:
    stack.callback(context.release)
    return context


def _film(stack: ExitStack, world: World, job: RenderJob, figures: Figures) -> tuple[Output, Soundtrack | None]:
    """The film, its hashes and its sound, finished when the stack unwinds in peace and thrown away otherwise."""
    from engine.app.soundtrack import FILM_SOUND, Soundtrack  # noqa: PLC0415
    from engine.outputs.video_file import VideoFile  # noqa: PLC0415

    heard = makes_sound(world)
    film = VideoFile(
        job.film,
        width=job.width,
        height=job.height,
        rate=job.rate,
        codec=job.codec,
        sound=FILM_SOUND if heard else None,
        overwrite=job.overwrite,
        figures=figures,
    )
    outputs: list[Output] = [film]
    if job.hashes is not None:
        outputs.append(Hashes(job.hashes, overwrite=job.overwrite))
    output = Several(outputs)
    stack.push(lambda kind, _error, _trace: output.close() if kind is None else output.abort())
    if not heard:
        return output, None
    soundtrack = Soundtrack(world, job.from_s, job.rate, film.hear, figures)
    stack.callback(soundtrack.close)
    stack.push(lambda kind, _error, _trace: soundtrack.finish() if kind is None else None)
    return output, soundtrack


# What every show can do on keys that it has not bound itself.
_KEYS = (("f1", "/figures"), ("f2", "/control/learn"))


def _bindings(world: World, figures: Figures, more: Iterable[Binding] = ()) -> Bindings:
    loaded = world.loaded
    return Bindings(
        (*loaded.bindings, *more), world.tree, figures, quantise=loaded.show.quantise, modifiers=loaded.modifiers
    )


def _free_key_bindings(show: Show) -> list[Binding]:
    taken = {binding.key for binding in show.bindings}
    return [Binding(key=name, to=path) for name, path in _KEYS if name not in taken]


@contextmanager
def _written_whole(path: Path, overwrite: bool) -> Iterator[Any]:
    """A text file written beside `path` and put in place on success."""
    partial = beside(path)
    try:
        with partial.open("w", encoding="utf-8") as file:
            yield file
        put_in_place(partial, path, overwrite=overwrite)
    finally:
        partial.unlink(missing_ok=True)
