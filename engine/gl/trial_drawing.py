"""Drawing a shader that is tried, and looking at what it drew."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import moderngl
import numpy as np
import numpy.typing as npt

from engine.errors import ShaderError
from engine.formats.isf import Isf
from engine.formats.shader_files import read_shader
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, OwnTargets, ShaderUse, ready_program
from engine.gl.targets import cleared_target, new_texture, picture_of, release_target
from engine.gl.trial_inputs import TrialInputs
from engine.gl.trial_job import TrialJob

Pixels = npt.NDArray[np.uint8]
Tell = Callable[..., None]
"""Hears how far a trial has come: `doing` as words, `kind`, `compiled`."""

_BLANK_LEVELS = 0.5  # standard deviation of all pixels of all frames, in levels of 0..255
# Of processor time. The slowest of the public shaders take a tenth of it, where GL draws on the processor.
_MOST_NS_A_PIXEL = 25_000.0
_DATE = (2024.0, 2.0, 29.0, 45_296.7)


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What was drawn. `pictures` uint8 (height, width, 4), premultiplied, the top row first."""

    pictures: tuple[Pixels, ...]
    is_blank: bool
    is_blank_by_default: bool
    frame_ms: float
    remarks: tuple[str, ...]


class MarkedTargets:
    """Targets with a mark beside each pixel, for programs that are `marked`. Render thread only."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._all: list[moderngl.Framebuffer] = []
        self._free: list[moderngl.Framebuffer] = []

    def take(self, size: tuple[int, int], *, is_float: bool) -> moderngl.Framebuffer:
        for index, target in enumerate(self._free):
            if target.size == size and (picture_of(target).dtype == "f4") == is_float:
                return self._free.pop(index)
        mark = self._context.texture(size, 1)
        target = cleared_target(self._context, [new_texture(self._context, size, full_float=is_float), mark])
        self._all.append(target)
        return target

    def give_back(self, target: moderngl.Framebuffer) -> None:
        self._free.append(target)

    def are_marked(self, besides: moderngl.Framebuffer | None) -> bool:
        """Whether a pass has marked a pixel of a target; `besides` is not looked at."""
        return any(any(one.read(components=1, attachment=1)) for one in self._all if one is not besides)

    def release(self) -> None:
        for target in self._all:
            release_target(target)
        self._all.clear()
        self._free.clear()


def drawn(context: moderngl.Context, file: Path, job: TrialJob, tell: Tell) -> Drawing:
    """Read, compile and draw the shader `file`. Raises ShaderError where it cannot be; nothing is left on the GPU."""
    tell(doing="reading it")
    source = read_shader(file)
    tell(doing="compiling it", kind=source.kind.value)
    program = ShaderProgram(context, source, premultiplied=True, marked=True)
    tell(compiled=True)
    targets = MarkedTargets(context)
    wrong_sizes: list[ShaderError] = []
    use = ShaderUse(program, targets, on_wrong_size=wrong_sizes.append)
    inputs = TrialInputs(context, source, (job.width, job.height))
    try:
        return _frames(use, targets, inputs, job, tell, wrong_sizes=wrong_sizes)
    finally:
        inputs.release()
        use.release()
        targets.release()
        program.release()


def compiled_as_played(context: moderngl.Context, file: Path, tell: Tell) -> None:
    """Compile the shader `file` as a show does, without marks: a driver that keeps what it compiled has it then,
    and the show need not wait. Raises ShaderError where it cannot be compiled; nothing is left on the GPU."""
    tell(doing="compiling it as it is played")
    targets = OwnTargets(context)
    try:
        ready_program(context, read_shader(file), targets).release()
    finally:
        targets.release()


def _frames(
    use: ShaderUse,
    targets: MarkedTargets,
    inputs: TrialInputs,
    job: TrialJob,
    tell: Tell,
    *,
    wrong_sizes: list[ShaderError],
) -> Drawing:
    context = use.program.context
    output = targets.take((job.width, job.height), is_float=False)
    pictures: list[Pixels] = []
    kept: list[Pixels] = []
    took_ms: list[float] = []
    worked_ms: list[float] = []
    remarks: list[str] = []
    before_s = job.frames[0].at_s
    source = use.program.source
    passes = sum(bool(one.target) or one is source.passes[-1] for one in source.passes)
    for index, frame in enumerate(job.frames):
        tell(doing=f"drawing its {frame}")
        moment = Moment(frame.at_s, max(0.0, frame.at_s - before_s), index, _DATE)
        before_s = frame.at_s
        values = inputs.at(frame)
        wrong_sizes.clear()
        started_s, worked_s = time.perf_counter(), time.process_time()
        try:
            use.draw(output, moment, values)
        except ShaderError as error:
            if frame.settings == "default":
                raise
            remarks.append(f"{frame}: {error.what}")
            continue
        if wrong_sizes and frame.settings != "default":  # with those, reading has tried the sizes on a real canvas
            remarks.append(f"{frame}: {wrong_sizes[0].what}; then every pass is as large as the canvas")
        context.finish()
        took_ms.append((time.perf_counter() - started_s) * 1e3)
        worked_ms.append((time.process_time() - worked_s) * 1e3)
        if context.error != "GL_NO_ERROR":
            raise ShaderError(f"OpenGL refuses to draw its {frame}", subject=source.file)
        # What is copied into the output has been looked at in its own target; a copy marks nothing, and clears nothing.
        if not remarks and targets.are_marked(besides=output if use.pass_count > passes else None):
            remarks.append(f"{frame}: it divides by zero or the like; such pixels are shown black or white")
        pictures.append(_pixels(output))
        if frame.is_kept:
            kept.append(pictures[-1])
    _check_pace(median(worked_ms[1:] or worked_ms), job, source)
    by_default = pictures[: sum(frame.settings == "default" for frame in job.frames)]
    return Drawing(
        tuple(kept), _are_blank(pictures), _are_blank(by_default), median(took_ms[1:] or took_ms), tuple(remarks)
    )


def _check_pace(frame_ms: float, job: TrialJob, source: Isf) -> None:
    """Raises ShaderError where a frame takes so much processor time that no show could play it: software GL ends a loop
    without end after some ten thousand rounds, and then goes on."""
    if frame_ms > _MOST_NS_A_PIXEL * job.width * job.height * 1e-6:
        what = f"takes {frame_ms:.0f} ms for a frame of {job.width} × {job.height} pixels, too slow for any show"
        raise ShaderError(what, subject=source.file, mend="Has it a loop without end? It is left out.")


def _are_blank(pictures: Sequence[Pixels]) -> bool:
    return float(np.stack(pictures).std(axis=(0, 1, 2)).max()) < _BLANK_LEVELS


def _pixels(output: moderngl.Framebuffer) -> Pixels:
    width, height = output.size
    return np.frombuffer(output.read(components=4), np.uint8).reshape(height, width, 4)
