"""Pictures that passes draw into, used again and again."""

from __future__ import annotations

from dataclasses import dataclass

import moderngl

from engine.gl.targets import new_target, release_target

_TEXEL_BYTES = {"f1": 4, "f2": 8, "f4": 16}


@dataclass(slots=True)
class _Idle:
    target: moderngl.Framebuffer
    dtype: str
    nbytes: int
    since_draw: int


class TargetPool:
    """RGBA pictures by size and by what a channel holds. Render thread only.

    The one that was given back last is taken first, so that few are in use. One that nobody took for `idle_draws`
    draws goes back to the GPU, and so do the longest idle ones above `idle_bytes`: after the first draws of a plan
    nothing is made, and nothing stays for ever.
    """

    def __init__(
        self,
        context: moderngl.Context,
        canvas_px: tuple[int, int],
        *,
        idle_draws: int = 600,
        idle_bytes: int = 512 * 2**20,
    ) -> None:
        self._context = context
        self._canvas_px = canvas_px
        self._idle_draws, self._idle_bytes = idle_draws, idle_bytes
        self._idle: list[_Idle] = []  # the latest last
        self._held_bytes = 0  # by the idle ones
        self._taken: dict[int, str] = {}  # what a channel holds, by target
        self._draw_index = 0

    @property
    def count(self) -> int:
        """How many there are, in use or not."""
        return len(self._taken) + len(self._idle)

    def begin_draw(self) -> None:
        """Let go of what has been idle for long."""
        self._draw_index += 1
        while self._idle and self._draw_index - self._idle[0].since_draw > self._idle_draws:
            self._let_go()

    def take_canvas(self) -> moderngl.Framebuffer:
        """A half-float picture of the canvas's size that is nobody else's; it may hold anything."""
        return self._take(self._canvas_px, "f2")

    def take(self, size: tuple[int, int], *, is_float: bool) -> moderngl.Framebuffer:
        """One of `size`, of 8 bits or 32 bits of float a channel: what passes of ISF shaders ask for."""
        return self._take(size, "f4" if is_float else "f1")

    def give_back(self, target: moderngl.Framebuffer) -> None:
        """It may go to others: what was drawn into it has been read."""
        dtype = self._taken.pop(id(target))
        nbytes = target.width * target.height * _TEXEL_BYTES[dtype]
        self._idle.append(_Idle(target, dtype, nbytes, self._draw_index))
        self._held_bytes += nbytes
        while self._held_bytes > self._idle_bytes:
            self._let_go()

    def release(self) -> None:
        """Give back to the GPU whatever is not taken."""
        while self._idle:
            self._let_go()

    def _take(self, size: tuple[int, int], dtype: str) -> moderngl.Framebuffer:
        target = self._reused(size, dtype)
        if target is None:
            target = new_target(self._context, size, half_float=dtype == "f2", full_float=dtype == "f4")
        self._taken[id(target)] = dtype
        return target

    def _reused(self, size: tuple[int, int], dtype: str) -> moderngl.Framebuffer | None:
        for index in reversed(range(len(self._idle))):
            one = self._idle[index]
            if one.dtype == dtype and one.target.size == size:
                del self._idle[index]
                self._held_bytes -= one.nbytes
                return one.target
        return None

    def _let_go(self) -> None:
        oldest = self._idle.pop(0)
        self._held_bytes -= oldest.nbytes
        release_target(oldest.target)
