"""What each part of a player's tick costs, in wall and in CPU time of the loop's own thread."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import moderngl

from engine.app.player import Compositor, Player
from engine.model.pictures import FrameRef, Lookup
from engine.model.plan import FramePlan
from engine.outputs.output import Output

STAGES = ("python", "frames", "draw", "present")


@dataclass(slots=True)
class Laps:
    """Milliseconds of each stage, a value a tick: *python* is events, state, plan and prefetch; *frames* asks the
    frame store; *draw* uploads and draws; *present* hands the canvas to the output.

    CPU time leaves out what the scheduler and other threads took, wall time has it. Main thread.
    """

    wall_ms: dict[str, list[float]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    cpu_ms: dict[str, list[float]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    _since: tuple[float, float] = (0.0, 0.0)

    def follow(self, player: Player) -> None:
        """Stand between `player` and its parts from now on."""
        ask = player.frames_for

        def frames_for(plan: FramePlan) -> Mapping[FrameRef, Lookup]:
            self.lap("python")
            found = ask(plan)
            self.lap("frames")
            return found

        player.frames_for = frames_for
        player.compositor = _Compositor(player.compositor, self)
        player.output = _Output(player.output, self)
        player.before_tick = (*player.before_tick, self._begin)

    def _begin(self) -> None:
        self._since = time.perf_counter(), time.thread_time()

    def lap(self, stage: str, *, more: bool = False) -> None:
        """The time since the last lap was this stage's; with `more`, it adds to this tick's value."""
        wall_s, cpu_s = time.perf_counter(), time.thread_time()
        for times, took_s in ((self.wall_ms, wall_s - self._since[0]), (self.cpu_ms, cpu_s - self._since[1])):
            if more:
                times[stage][-1] += took_s * 1000
            else:
                times[stage].append(took_s * 1000)
        self._since = wall_s, cpu_s


class _Compositor:
    def __init__(self, inner: Compositor, laps: Laps) -> None:
        self._inner = inner
        self._laps = laps

    def draw(self, plan: FramePlan, frames: Mapping[FrameRef, Lookup]) -> moderngl.Framebuffer:
        self._laps.lap("python", more=True)
        canvas = self._inner.draw(plan, frames)
        self._laps.lap("draw")
        return canvas


class _Output:
    def __init__(self, inner: Output, laps: Laps) -> None:
        self._inner = inner
        self._laps = laps

    def present(self, canvas: moderngl.Framebuffer, frame_index: int, at_s: float) -> None:
        self._inner.present(canvas, frame_index, at_s)
        self._laps.lap("present")

    def close(self) -> None:
        self._inner.close()

    def abort(self) -> None:
        self._inner.abort()
