"""The shaders of a show on the GPU: a program each, shared by all its uses, and the memory of those that have one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import moderngl

from engine.core.figures import Figures
from engine.errors import ShaderError
from engine.formats.isf import Isf
from engine.formats.shader_files import read_shader
from engine.gl.memory_steps import LONGEST_GAP_S, STEPS_A_SECOND, grid_number, number_from
from engine.gl.passes import Shade
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, ShaderUse, ready_program
from engine.gl.target_pool import TargetPool
from engine.model.plan import ShaderPlan
from engine.model.shaders import Shader, Value

_log = logging.getLogger(__name__)

_IDLE_DRAWS = 240
_DAY_S = 86_400.0


@dataclass(slots=True)
class _Memory:
    """What one key remembers, the steps it began and ended with, the draw that used it last, and when the last of each
    event was that it has had."""

    use: ShaderUse
    program: ShaderProgram
    first_step: int
    last_step: int
    draw_index: int
    had: dict[str, float] = field(default_factory=dict)

    def begin(self, shader: ShaderPlan) -> None:
        """Pass by the events that were over before it began."""
        self.had = {name: at_s for name, at_s in shader.fired.items() if not shader.settings.get(name)}

    def events(self, shader: ShaderPlan, step: int) -> dict[str, Value]:
        """Which events are true in a step: each in one, the first that is not before it. What a new version of the
        shader no longer has is left out."""
        due = {name for name, at_s in shader.fired.items() if self.had.get(name) != at_s and number_from(at_s) <= step}
        self.had |= {name: shader.fired[name] for name in due}
        return {name: name in due for name in shader.fired if name in self.program.inputs}


class ShaderStore:
    """Programs by the names that the show calls them. Render thread only.

    A shader that does not compile, or cannot be drawn, is set aside: it is counted, logged once, and no longer in
    `usable` until another version of it is loaded.
    """

    def __init__(self, context: moderngl.Context, targets: TargetPool, figures: Figures) -> None:
        """`targets` is where shaders' own passes get their pictures."""
        self.usable: dict[str, Shader] = {}
        self._context = context
        self._failed = figures.counter("shaders_failed")
        self._targets = targets
        self._programs: dict[str, ShaderProgram] = {}
        self._uses: dict[str, ShaderUse] = {}  # of shaders without memory: one serves all
        self._memories: dict[str, _Memory] = {}
        self._aside: dict[str, Shader] = {}
        self._staged: dict[str, tuple[Shader, ShaderProgram]] = {}  # for the next `prepare`
        self._wrong_sizes: set[str] = set()  # of which shaders they were told
        self._draw_index = 0
        self._grid_number = 0  # of the draw before

    @property
    def program_count(self) -> int:
        return len(self._programs)

    @property
    def memory(self) -> Mapping[str, int]:
        """The number of the last step of each key that remembers something."""
        return {key: one.last_step for key, one in self._memories.items()}

    def prepare(self, shaders: Mapping[str, Shader]) -> None:
        """Let `shaders` be those that are there: what was staged takes its place, what else is new is compiled and
        drawn once, small (some drivers compile at the first draw), what is not among them goes. What cannot be drawn is
        set aside; what is as it was stays so."""
        for name in [name for name in self._programs if name not in shaders]:
            self._drop(name)
        for name, shader in shaders.items():
            if name in self._staged:
                self._put(name, *self._staged.pop(name))
            elif shader not in (self.usable.get(name), self._aside.get(name)):
                try:
                    self.load(name, shader)
                except ShaderError as error:
                    self.set_aside(name, error, shader)
        self.unstage()

    def stage(self, name: str, shader: Shader, source: Isf) -> None:
        """Compile a version of a shader that takes its place with the next `prepare`; its file is not read.

        Raises ShaderError with file, line and source line where it cannot be drawn.
        """
        program = ready_program(self._context, source, self._targets)
        if name in self._staged:
            self._staged.pop(name)[1].release()
        self._staged[name] = shader, program

    def unstage(self) -> None:
        """Forget what was staged."""
        while self._staged:
            self._staged.popitem()[1][1].release()

    def load(self, name: str, shader: Shader) -> None:
        """Compile `shader` and put it in the place of what is called `name`. What that remembered is lost.

        Raises ShaderError with file, line and source line where it cannot be drawn; what was there before goes on.
        """
        self._put(name, shader, ready_program(self._context, read_shader(shader.file), self._targets))

    def _put(self, name: str, shader: Shader, program: ShaderProgram) -> None:
        self._drop(name)
        self._aside.pop(name, None)
        self.usable[name], self._programs[name] = shader, program
        if not shader.has_memory:
            self._uses[name] = self._use(name)

    def set_aside(self, name: str, error: ShaderError, shader: Shader | None = None) -> None:
        """Pass the shader by, until `prepare`; a `shader` that does not even compile until its file is another."""
        self._failed.add()
        if shader is not None:
            self._aside[name] = shader
        _log.warning("the shader %s is passed by: %s", name, error)
        self._drop(name)

    def draw(
        self,
        one: Shade,
        target: moderngl.Framebuffer,
        at_s: float,
        inputs: Mapping[str, Value | moderngl.Texture],
        *,
        least_alpha: float = 0.0,
    ) -> int:
        """Draw a shader into `target` with `inputs`, where alpha is `least_alpha` at least; the number of draws that it
        took. Raises ShaderError."""
        name = one.shader.shader
        self._programs[name].set_least_alpha(least_alpha)
        if not one.has_memory:
            moment = Moment(at_s, 1 / STEPS_A_SECOND, grid_number(at_s))
            return self._draw(self._uses[name], target, moment, inputs)
        memory = self._remembered(one)
        draws = 0
        for step in one.steps:
            is_first = step == memory.first_step
            delta_s = 0.0 if is_first else 1 / STEPS_A_SECOND
            moment = Moment(step / STEPS_A_SECOND, delta_s, step - memory.first_step)
            given = {**inputs, **memory.events(one.shader, step)}
            draws += self._draw(memory.use, target, moment, given, is_seen=step == one.steps[-1])
        memory.last_step = one.steps[-1]
        memory.draw_index = self._draw_index
        return draws

    def begin_draw(self, at_s: float) -> None:
        """Forget what would begin anew anyhow: memories that nobody asked for over a second, or for many draws.

        What was seen at the draw before this one, at whatever time that was, goes on where time leaps forwards, with
        one step: the picture was frozen, or the machine stood still.
        """
        self._draw_index += 1
        now, before = grid_number(at_s), self._grid_number
        self._grid_number = now
        leaps = now - before > LONGEST_GAP_S * STEPS_A_SECOND
        for key, one in list(self._memories.items()):
            if one.last_step == before:
                one.draw_index = self._draw_index
                if leaps:
                    one.last_step = now - 1
            is_old = abs(now - one.last_step) > LONGEST_GAP_S * STEPS_A_SECOND
            if is_old or self._draw_index - one.draw_index > _IDLE_DRAWS:
                self._memories.pop(key).use.forget()

    def release(self) -> None:
        self.unstage()
        for name in list(self._programs):
            self._drop(name)

    def _use(self, name: str) -> ShaderUse:
        return ShaderUse(self._programs[name], self._targets, on_wrong_size=lambda error: self._tell_size(name, error))

    def _tell_size(self, name: str, error: ShaderError) -> None:
        if name not in self._wrong_sizes:
            self._wrong_sizes.add(name)
            _log.warning("where a setting has no size, the passes of %s are as large as the canvas: %s", name, error)

    def _draw(
        self,
        use: ShaderUse,
        target: moderngl.Framebuffer,
        moment: Moment,
        inputs: Mapping[str, Value | moderngl.Texture],
        *,
        is_seen: bool = True,
    ) -> int:
        # The date is the show's own: a take that is rendered again looks the same.
        date = (2000.0, 1.0, 1.0, moment.time_s % _DAY_S)
        use.draw(target, replace(moment, date=date), inputs, is_seen=is_seen)
        return use.pass_count

    def _remembered(self, one: Shade) -> _Memory:
        key, program = one.shader.key, self._programs[one.shader.shader]
        memory = self._memories.get(key)
        if memory is None or memory.program is not program:
            if memory is not None:
                memory.use.forget()
            memory = _Memory(self._use(one.shader.shader), program, one.steps[0], one.steps[0], self._draw_index)
            memory.begin(one.shader)
            self._memories[key] = memory
        elif one.restarts:
            memory.use.forget()
            memory.begin(one.shader)
            memory.first_step = one.steps[0]
        return memory

    def _drop(self, name: str) -> None:
        self.usable.pop(name, None)
        self._uses.pop(name, None)
        self._wrong_sizes.discard(name)
        program = self._programs.pop(name, None)
        if program is None:
            return
        for key, memory in list(self._memories.items()):
            if memory.program is program:
                self._memories.pop(key).use.forget()
        program.release()
