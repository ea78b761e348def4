"""ISF shaders on the GPU: compiled once, drawn at any time with any inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import moderngl

from engine.errors import ShaderError
from engine.formats.isf import Isf, IsfPass, size_px
from engine.gl.programs import Part, build_program, shipped_part
from engine.gl.targets import new_target, picture_of, release_target
from engine.model.shaders import InputType, Value

InputValue: TypeAlias = Value | moderngl.Texture

_GLSL_TYPES = {
    InputType.FLOAT: "float",
    InputType.BOOL: "bool",
    InputType.LONG: "int",
    InputType.COLOR: "vec4",
    InputType.POINT2D: "vec2",
    InputType.IMAGE: "sampler2D",
    InputType.EVENT: "bool",
}


@dataclass(slots=True)
class _Target:
    """A pass's own picture: what other passes read is `front`; a persistent one draws into `back`, then swaps."""

    front: moderngl.Framebuffer
    back: moderngl.Framebuffer


class IsfShader:
    """One compiled shader with the pictures of its passes. All of it belongs to the render thread.

    Pictures, its own and those given to it, hold their top row first, and so does what it draws: a plain read of
    the framebuffer gives rows from the top. The shader itself sees heights that count upwards, as ISF says.
    """

    def __init__(self, context: moderngl.Context, source: Isf) -> None:
        """Compile `source`. Raises ShaderError with file, line and source line where it does not compile."""
        self.source = source
        self._context = context
        body = Part(source.file, source.body.replace("#version", "//"), source.body_line)
        declarations = Part(source.file, _declarations(source))
        self._program = build_program(
            context,
            [shipped_part("passes/isf.vert")],
            [shipped_part("passes/isf_prelude.glsl"), declarations, body],
        )
        self._vertices = context.vertex_array(self._program, [])
        self._inputs = {one.name: one for one in source.inputs}
        self._targets: dict[str, _Target] = {}
        self._clear_picture = context.texture((1, 1), 4, bytes(4))

    def draw(
        self,
        target: moderngl.Framebuffer,
        *,
        time_s: float,
        frame_index: int = 0,
        time_delta_s: float = 0.0,
        date: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
        inputs: Mapping[str, InputValue] | None = None,
    ) -> None:
        """Draw every pass, the last into `target` as far as its viewport goes.

        `inputs` sets inputs by name; those left out have their defaults, a picture left out is clear. `date` is
        (year, month, day, second of the day). Raises ShaderError for a name that the shader has no input of,
        and for a pass whose size has no value; the target is then untouched.
        """
        values = self._values(inputs or {})
        width, height = target.viewport[2:]
        numbers = {"WIDTH": float(width), "HEIGHT": float(height)} | {
            name: float(value) for name, value in values.items() if isinstance(value, bool | int | float)
        }
        sizes = [self._pass_size(one, numbers) if one.target else (width, height) for one in self.source.passes]
        self._set("TIME", time_s)
        self._set("TIMEDELTA", time_delta_s)
        self._set("FRAMEINDEX", frame_index)
        self._set("DATE", date)
        textures = {name: value for name, value in values.items() if isinstance(value, moderngl.Texture)}
        for name, value in values.items():
            if not isinstance(value, moderngl.Texture):
                self._set(name, value)
        for index, one in enumerate(self.source.passes):
            self._set("PASSINDEX", index)
            self._draw_pass(one, sizes[index], target, textures)

    def release(self) -> None:
        """Give back everything on the GPU. The shader cannot be drawn after it."""
        for name in list(self._targets):
            self._drop_target(name)
        self._clear_picture.release()
        self._vertices.release()
        self._program.release()

    def _values(self, given: Mapping[str, InputValue]) -> dict[str, InputValue]:
        unknown = sorted(set(given) - set(self._inputs))
        if unknown:
            known = ", ".join(self._inputs) or "none"
            raise ShaderError(f"has no input {unknown[0]}", subject=self.source.file, mend=f"Its inputs are {known}.")
        defaults = {
            name: self._clear_picture if one.default is None else one.default for name, one in self._inputs.items()
        }
        return {**defaults, **given}

    def _pass_size(self, one: IsfPass, numbers: Mapping[str, float]) -> tuple[int, int]:
        try:
            return size_px(one.width, numbers), size_px(one.height, numbers)
        except ValueError as error:
            raise ShaderError(str(error), subject=self.source.file, mend="Mend WIDTH and HEIGHT in PASSES.") from error

    def _draw_pass(
        self,
        one: IsfPass,
        size: tuple[int, int],
        output: moderngl.Framebuffer,
        textures: Mapping[str, moderngl.Texture],
    ) -> None:
        own = self._target(one, size) if one.target else None
        into = output if own is None else own.back
        pictures = dict(textures)
        for name in self.source.targets:
            pictures[name] = self._readable(name, into)
        for unit, (name, texture) in enumerate(pictures.items()):
            texture.use(unit)
            self._set(name, unit)
        self._set("RENDERSIZE", (float(size[0]), float(size[1])))
        into.use()
        self._context.disable(moderngl.BLEND)
        self._vertices.render(moderngl.TRIANGLES, vertices=3)
        if own is not None:
            own.front, own.back = own.back, own.front

    def _readable(self, name: str, being_drawn: moderngl.Framebuffer) -> moderngl.Texture:
        """What a pass may read of `name`: clear before its first drawing and while it is being drawn over."""
        target = self._targets.get(name)
        if target is None or target.front is being_drawn:
            return self._clear_picture
        return picture_of(target.front)

    def _target(self, one: IsfPass, size: tuple[int, int]) -> _Target:
        """The pass's own picture, made anew where its size changed."""
        held = self._targets.get(one.target)
        if held is not None and held.front.size == size:
            return held
        if held is not None:
            self._drop_target(one.target)
        front = new_target(self._context, size, half_float=one.is_float)
        back = new_target(self._context, size, half_float=one.is_float) if one.persistent else front
        held = _Target(front, back)
        self._targets[one.target] = held
        return held

    def _drop_target(self, name: str) -> None:
        target = self._targets.pop(name)
        release_target(target.front)
        if target.back is not target.front:
            release_target(target.back)

    def _set(self, name: str, value: object) -> None:
        """Set a uniform; one that the shader does not use was optimised away and is passed over."""
        uniform = self._program.get(name, None)
        if isinstance(uniform, moderngl.Uniform):
            uniform.value = value


def _declarations(source: Isf) -> str:
    """The uniforms that the header asks for, all in the file's first line as far as messages go."""
    inputs = [f"uniform {_GLSL_TYPES[one.type]} {one.name};" for one in source.inputs]
    return " ".join(inputs + [f"uniform sampler2D {name};" for name in source.targets])
