"""One use of a shader: the pictures that it makes for itself, and drawing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import moderngl

from engine.errors import ShaderError
from engine.formats.isf import Isf, IsfPass
from engine.formats.isf.passes import pass_sizes
from engine.gl.shader_program import ShaderProgram
from engine.gl.targets import new_target, picture_of, release_target
from engine.model.shaders import Value


@dataclass(frozen=True, slots=True)
class Moment:
    """When a shader is drawn. `time_s` since its show began, `time_delta_s` since it was drawn before (0 at first);
    `date` is (year, month, day, second of the day)."""

    time_s: float
    time_delta_s: float = 0.0
    frame_index: int = 0
    date: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


class Targets(Protocol):
    """Where passes get the pictures that they draw into."""

    def take(self, size: tuple[int, int], *, is_float: bool) -> moderngl.Framebuffer:
        """A target of `size`, RGBA of 8 bits or 32 bits of float a channel, that is nobody else's; it may hold
        anything."""

    def give_back(self, target: moderngl.Framebuffer) -> None:
        """It may go to others: what was drawn into it has been read."""


class OwnTargets:
    """Targets for as long as they are wanted: what is given back is kept for the next that asks. Render thread only."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._free: defaultdict[tuple[tuple[int, int], bool], list[moderngl.Framebuffer]] = defaultdict(list)

    def take(self, size: tuple[int, int], *, is_float: bool) -> moderngl.Framebuffer:
        free = self._free[size, is_float]
        return free.pop() if free else new_target(self._context, size, full_float=is_float)

    def give_back(self, target: moderngl.Framebuffer) -> None:
        self._free[target.size, picture_of(target).dtype == "f4"].append(target)

    def release(self) -> None:
        """Give every target that is not taken back to the GPU."""
        for free in self._free.values():
            for target in free:
                release_target(target)
        self._free.clear()


def ready_program(context: moderngl.Context, source: Isf, targets: Targets) -> ShaderProgram:
    """A program for the show, drawn once, small: some drivers compile at the first draw. Render thread only.

    Raises ShaderError where it cannot be drawn; nothing is left on the GPU then.
    """
    program = ShaderProgram(context, source, premultiplied=True)
    # Sizes may have no value on so small a picture, and have one on the canvas.
    use = ShaderUse(program, targets, on_wrong_size=lambda _: None)
    small = new_target(context, (2, 2), half_float=True)
    try:
        use.draw(small, Moment(0.0))
    except BaseException:  # a driver without memory, say: the show goes on without it
        program.release()
        raise
    finally:
        use.forget()
        release_target(small)
    return program


class ShaderUse:
    """A shader's program with what this one use of it remembers. Render thread only."""

    def __init__(
        self,
        program: ShaderProgram,
        targets: Targets | None = None,
        *,
        on_wrong_size: Callable[[ShaderError], None] | None = None,
    ) -> None:
        """`targets` is where its passes get their pictures; without it they are its own. `on_wrong_size` hears of a
        pass whose size has no value or is too large, and every pass is as large as the output for once; without it
        `draw` raises."""
        self.program = program
        self._on_wrong_size = on_wrong_size
        self.pass_count = 0
        """How many full-screen passes the last draw took."""
        self._own = OwnTargets(program.context) if targets is None else None
        self._targets: Targets = self._own or targets  # type: ignore[assignment]
        self._held: dict[str, moderngl.Framebuffer] = {}
        self._persistent = frozenset(one.target for one in program.source.passes if one.persistent)
        self._clear = dict.fromkeys(program.source.targets, program.clear_picture)  # what is read before it is drawn
        # What the sizes of passes were worked out for last, since arithmetic costs more than to look whether it is new.
        self._asked: tuple[tuple[int, int], list[Value]] | None = None
        self._asked_sizes: list[tuple[int, int]] = []

    def draw(
        self,
        target: moderngl.Framebuffer,
        moment: Moment,
        inputs: Mapping[str, Value | moderngl.Texture] | None = None,
        *,
        is_seen: bool = True,
    ) -> None:
        """Draw every pass, the last into `target` as far as its viewport goes. Where nobody sees the picture, since it
        is a step on the way to another, the last is drawn only if it leaves something behind.

        `inputs` sets inputs by name; those left out have their defaults. Raises
        ShaderError for a name that the shader has no input of, a value that its input cannot hold, and, unless
        somebody hears of it, a pass whose size has no value or is too large; then nothing is drawn, made or forgotten.
        """
        values = self.program.values(inputs or {})
        output_size = (target.viewport[2], target.viewport[3])
        passes = self._passes(output_size, values)
        self._set_values(moment, values)
        pictures = {name: value for name, value in values.items() if isinstance(value, moderngl.Texture)}
        self._begin_what_lasts(passes)
        self.pass_count = 0
        reduced = self._reduced(pictures)
        pictures |= {name: picture_of(held) for name, held in reduced.items()}
        for index, one, size in passes:
            is_last, lasts = index == passes[-1][0], one.target in self._persistent
            if is_last and not (is_seen or lasts):
                break
            self.program.begin_pass(index)
            if is_last and size == output_size and not lasts:
                self._draw_pass(target, size, pictures, is_output=True)
            else:
                self._draw_own(one, size, pictures)
                if is_last and is_seen:
                    self.program.copy(self._held[one.target], target, output_size)
                    self.pass_count += 1
        self._give_back_what_does_not_last()
        for held in reduced.values():
            self._targets.give_back(held)

    def forget(self) -> None:
        """Clear what it remembers: the next draw is like its first."""
        for held in self._held.values():
            self._targets.give_back(held)
        self._held.clear()

    def release(self) -> None:
        """Give its pictures back. It can be drawn again, and begins anew."""
        self.forget()
        if self._own is not None:
            self._own.release()

    def _passes(
        self, output_size: tuple[int, int], values: Mapping[str, Value | moderngl.Texture]
    ) -> list[tuple[int, IsfPass, tuple[int, int]]]:
        """The passes that leave something behind, with their index and size: those with a target, and the last."""
        passes = self.program.source.passes
        sizes = self._sizes(output_size, values)
        last = len(passes) - 1
        return [(i, one, sizes[i]) for i, one in enumerate(passes) if one.target or i == last]

    def _sizes(
        self, output_size: tuple[int, int], values: Mapping[str, Value | moderngl.Texture]
    ) -> list[tuple[int, int]]:
        source = self.program.source
        asked = (output_size, [value for value in values.values() if not isinstance(value, moderngl.Texture)])
        if asked == self._asked:
            return self._asked_sizes
        try:
            sizes = pass_sizes(source.passes, source.file, output_size, values)
            self._check_sides(sizes)
            self._asked, self._asked_sizes = asked, sizes
            return sizes
        except ShaderError as error:
            if self._on_wrong_size is None:
                raise
            self._on_wrong_size(error)
            return [output_size] * len(source.passes)

    def _check_sides(self, sizes: Sequence[tuple[int, int]]) -> None:
        most = self.program.largest_side_px
        for one, size in zip(self.program.source.passes, sizes, strict=True):
            if max(size) > most:
                what = f"a pass wants {size[0]} × {size[1]} pixels, and this GPU has at most {most} a side"
                raise ShaderError(what, subject=f"{self.program.source.file}:{one.line}", mend="Make it smaller.")

    def _set_values(self, moment: Moment, values: Mapping[str, Value | moderngl.Texture]) -> None:
        self.program.set("TIME", moment.time_s)
        self.program.set("TIMEDELTA", moment.time_delta_s)
        self.program.set("FRAMEINDEX", moment.frame_index)
        self.program.set("DATE", moment.date)
        for name, value in values.items():
            if not isinstance(value, moderngl.Texture):
                self.program.set(name, value)

    def _reduced(self, pictures: Mapping[str, moderngl.Texture]) -> dict[str, moderngl.Framebuffer]:
        """What is heard, as wide as the file's audio inputs want it, where it is not."""
        program = self.program
        reduced = {}
        for name, count in program.source.sample_counts.items():
            sound = pictures[name]
            if program.reads(name) and sound is not program.clear_picture and sound.width != count:
                reduced[name] = self._targets.take((count, sound.height), is_float=False)
                program.reduce(name, sound, reduced[name])
                self.pass_count += 1
        return reduced

    def _begin_what_lasts(self, passes: Sequence[tuple[int, IsfPass, tuple[int, int]]]) -> None:
        """Clear pictures of the right size for the persistent targets that were never drawn."""
        for _, one, size in passes:
            if one.target in self._persistent and one.target not in self._held:
                self._held[one.target] = self._targets.take(size, is_float=one.is_float)
                self._held[one.target].clear()

    def _draw_own(self, one: IsfPass, size: tuple[int, int], pictures: Mapping[str, moderngl.Texture]) -> None:
        """Draw a pass into a picture of the shader's own, which others then read in place of the one before."""
        drawn = self._targets.take(size, is_float=one.is_float)
        self._draw_pass(drawn, size, pictures, is_output=False)
        before = self._held.pop(one.target, None)
        self._held[one.target] = drawn
        if before is not None:
            self._targets.give_back(before)

    def _draw_pass(
        self,
        into: moderngl.Framebuffer,
        size: tuple[int, int],
        pictures: Mapping[str, moderngl.Texture],
        *,
        is_output: bool,
    ) -> None:
        program = self.program
        own = {name: picture_of(held) for name, held in self._held.items() if name}
        units = 0
        for name, texture in {**pictures, **program.imported, **self._clear, **own}.items():
            if program.pass_reads(name):
                texture.use(units)
                program.sampler.use(units)
                program.set_of_pass(name, units)
                units += 1
        program.set_of_pass("RENDERSIZE", (float(size[0]), float(size[1])))
        program.set_of_pass("isf_to_output", is_output)
        if program.leaves_pixels_out:
            into.clear(alpha=program.least_alpha if is_output else 0.0, viewport=into.viewport)
        into.use()
        program.draw()
        for unit in range(units):
            program.sampler.clear(unit)
        self.pass_count += 1

    def _give_back_what_does_not_last(self) -> None:
        for name in [name for name in self._held if name not in self._persistent]:
            self._targets.give_back(self._held.pop(name))
