"""Wiring: where live and offline part ways.

They differ in three objects: the pace, what to do when a frame is not decoded yet, and the output (a screen, or a
film). What one of them alone needs (FFmpeg for films, glfw for windows, MIDI) is imported where it is made: each takes
a tenth of a second.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from engine.app.film import check_render_paths, film_of, written_whole
from engine.app.jobs import LiveJob, RenderJob
from engine.app.learn import StageLearn
from engine.app.messages import Messages
from engine.app.notices import Notices
from engine.app.operator_screen import open_operator
from engine.app.pace import LivePace, OfflinePace
from engine.app.plan_file import PlanWriter, StagePlanWriter
from engine.app.player import Player
from engine.app.recorder import recording
from engine.app.replay import Replay
from engine.app.screen import kept, live_rate, stage_screen
from engine.core.bindings import Bindings, pads_of
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.planner import plan
from engine.core.prefetch import Prefetch
from engine.core.step import begun, history
from engine.errors import SourceError
from engine.gl.compositor import Compositor
from engine.gl.context import headless_context
from engine.media.frame_store import FrameStore
from engine.model.controls import Binding
from engine.model.pictures import FrameRef, Lookup
from engine.model.plan import FramePlan
from engine.model.show import Show
from engine.model.world import World
from engine.outputs.nothing import Nothing

if TYPE_CHECKING:
    from pathlib import Path

    from engine.app.live_inputs import LiveInputs

log = logging.getLogger(__name__)

_LEAD_IN_S = 5.0  # a trail that lost half its strength in each second is past an 8-bit level by then, but for 3 %
_GUARD_LEAD_IN_S = 1.0  # the guard against flashes counts those of a second
_WARM_UP_S = 5.0  # a disk that wakes up takes about as long


@contextmanager
def offline(world: World, job: RenderJob) -> Iterator[Player]:
    """A player that renders `job`. Leaving the block finishes the files; an exception throws them away."""
    check_render_paths(job)
    figures = Figures()
    with ExitStack() as stack:
        context = kept(stack, headless_context())
        store = _frame_store(stack, world, figures)
        compositor = _ready(stack, world, Compositor(context, job.width, job.height, figures))
        film, soundtrack = film_of(stack, world, job, figures)
        inbox = Inbox(limit=max(65_536, len(job.script)))
        for event in job.script:
            inbox.put(event.source, event.address, event.value, event.at_s)
        player = Player(
            world=world,
            history=history(begun(world)),
            pace=OfflinePace(job.rate, job.from_s, job.frames, lead_in_s=_lead_in_s(world)),
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
            player.after_tick.append(PlanWriter(stack.enter_context(written_whole(job.plan, overwrite=job.overwrite))))
        yield player


def _lead_in_s(world: World) -> float:
    """How long before a render's beginning shaders with memory have to run."""
    if any(shader.has_memory for shader in world.loaded.shaders.values()):
        return _LEAD_IN_S
    return _GUARD_LEAD_IN_S if world.loaded.show.master.flash_guard else 0.0


@contextmanager
def live(world: World, job: LiveJob, messages: Messages | None = None) -> Iterator[tuple[Player, LiveInputs]]:
    """A player for the stage, its devices open. Leaving the block closes them all.

    A device that is not there, a display too, is a warning in the log, and the show goes on without it. Raises
    DeviceError where there is no GL driver, or no monitor of the name that was asked for. Without
    `messages` (what is logged) the operator has no window.
    """
    from engine.app.live_hearing import LiveHearing  # noqa: PLC0415
    from engine.app.live_inputs import LiveInputs  # noqa: PLC0415

    figures = Figures()
    with ExitStack() as stack:
        inputs = LiveInputs(world, figures, start_s=job.from_s)
        stack.callback(inputs.close)
        show = world.loaded.show
        output, context, loader = stage_screen(stack, world, job, inputs)
        store = _frame_store(stack, world, figures)
        canvas = show.canvas
        compositor = Compositor(context, canvas.width, canvas.height, figures, get_proc_address=loader, on_stage=True)
        _ready(stack, world, compositor)
        player = Player(
            world=world,
            history=history(begun(world)),
            pace=LivePace(
                live_rate(world, output), inputs.clock.now_s, lambda: inputs.over(player.history.head), figures
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
            hearing=LiveHearing(lambda: inputs.sound),
            before_tick=inputs.before_tick(None if isinstance(output, Nothing) else output.poll),
        )
        if job.record is not None:
            take = recording(world, job.record, figures, start_s=job.from_s, over=job.over, overwrite=job.overwrite)
            player.after_events.append(stack.enter_context(take))
        if job.plan is not None:
            plan_file = stack.enter_context(written_whole(job.plan, overwrite=job.overwrite))
            player.after_tick.append(StagePlanWriter(plan_file, player))
        _learn(stack, world, player, inputs)
        if job.reload:
            _reload(stack, player, inputs, store, compositor, take=job.record)
        player.after_tick.append(Notices(player.bindings, figures))
        player.after_tick.append(inputs.board.publish)
        if messages is not None:
            open_operator(stack, job, output, player, inputs=inputs, compositor=compositor, messages=messages)
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


def _reload(
    stack: ExitStack,
    player: Player,
    inputs: LiveInputs,
    store: FrameStore,
    compositor: Compositor,
    *,
    take: Path | None,
) -> None:
    """Take over what is changed in the show's files while it plays."""
    from engine.app.reload import Reload  # noqa: PLC0415 - it tries shaders in processes of their own

    def bindings_of(world: World) -> list[Binding]:
        return [*world.loaded.bindings, *_free_key_bindings(world.loaded.show)]

    reload = Reload(player, inputs, store, compositor, bindings_of, take=take)
    stack.callback(reload.close)
    player.before_tick = (*player.before_tick, reload)
    inputs.reload = reload


def _frame_store(stack: ExitStack, world: World, figures: Figures) -> FrameStore:
    store = FrameStore(world.loaded.clips, figures=figures, cache_bytes=world.loaded.show.cache_mb * 2**20)
    stack.callback(store.close)
    return store


def _ready(stack: ExitStack, world: World, compositor: Compositor) -> Compositor:
    """The compositor with all that the show uses compiled and uploaded."""
    stack.callback(compositor.release)
    compositor.prepare_show(world.loaded)
    return compositor


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
