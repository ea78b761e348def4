"""Shader files as programs: compiled once each, shared by everything that draws with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import moderngl
import numpy as np

from engine.errors import ShaderError
from engine.formats.isf import Isf
from engine.formats.isf.glsl import adapted, glsl_name
from engine.formats.isf.words import words_of
from engine.gl.full_screen import FullScreen
from engine.gl.programs import Part, build_program, shipped_part
from engine.gl.targets import picture_of
from engine.gl.textures import still_texture
from engine.model.shaders import PICTURE_TYPES, InputType, ShaderKind, Value

_GLSL_TYPES = {
    InputType.FLOAT: "float",
    InputType.BOOL: "bool",
    InputType.LONG: "int",
    InputType.COLOR: "vec4",
    InputType.POINT2D: "vec2",
    InputType.EVENT: "bool",
}
_SILENCE = 128 / 255
_LARGEST_LONG, _LARGEST_FLOAT = 2**31 - 1, 3.4e38
_MOST_PROGRAMS = 16  # of one file; with more passes all have one
_RAMP_PX = 2048  # half a texel at either end is even
_WIDTHS = {InputType.COLOR: 4, InputType.POINT2D: 2}

_HOST_UNIFORMS = (
    "TIME",
    "TIMEDELTA",
    "FRAMEINDEX",
    "DATE",
    "PASSINDEX",
    "RENDERSIZE",
    "isf_to_output",
    "isf_least_alpha",
    "isf_least_alpha",
)

UniformValue: TypeAlias = bool | int | float | tuple[float, ...]


class ShaderProgram:
    """A shader file compiled, with the pictures that it imports. Render thread only.

    What one use of it remembers and reads is `engine.gl.shader_use`'s; a program may serve any number of them.
    Pictures, the shader's own and those given to it, hold their top row first; the shader sees heights that count
    upwards. Where `premultiplied`, the host's pictures and the output are, while the shader sees straight alpha.
    """

    def __init__(self, context: moderngl.Context, source: Isf, *, premultiplied: bool, marked: bool = False) -> None:
        """Compile `source`. Where `marked`, each pass marks in a second picture, beside its own, the pixels to which it
        gave something that is no finite number. Raises ShaderError with file, line and source line where it does not
        compile or link, and where an imported picture has no pixels; nothing is left on the GPU then."""
        self.context, self.source, self.premultiplied = context, source, premultiplied
        self.inputs = {one.name: one for one in source.inputs}
        self.largest_side_px = int(context.info["GL_MAX_TEXTURE_SIZE"])
        self.least_alpha = 0.0
        self.leaves_pixels_out = bool(source.vertex) or "discard" in words_of(source.body)
        """Whether it may draw less than every pixel: what it draws into has to be clear then."""
        defines = [name for name, wanted in (("PREMULTIPLIED", premultiplied), ("MARKED", marked)) if wanted]
        self._programs = [_Program(context, program, source) for program in _built(context, source, defines)]
        self._now = self._programs[0]
        self.clear_picture = context.texture((1, 1), 4, bytes(4))
        self.sampler = context.sampler(repeat_x=False, repeat_y=False)
        self.imported: dict[str, moderngl.Texture] = {}
        shader = source.as_shader(source.file)
        self._ramp = _ramp(context) if shader.kind is ShaderKind.TRANSITION and shader.pictures else None
        self._left_out = dict.fromkeys((one.name for one in shader.pictures), self._ramp or self.clear_picture)
        self._copier: FullScreen | None = None
        self._reducer: FullScreen | None = None
        try:
            if _ends_in_own_picture(source):
                self._copier = FullScreen(context, ["passes/isf_copy.frag"], {"picture": 0})
                self._copier.set("is_premultiplied", premultiplied)
            if source.sample_counts:
                self._reducer = FullScreen(context, ["passes/isf_sound.frag"], {"sound": 0})
            for one in source.imported:
                if one.pixels is None:
                    raise ShaderError(f"the picture {one.name} was not read", subject=source.file)
                if max(one.pixels.shape[:2]) > self.largest_side_px:
                    what = f"the picture {one.name} has more than {self.largest_side_px} pixels a side"
                    raise ShaderError(what, subject=source.file, mend="No more fit onto this GPU. Scale it.")
                self.imported[one.name] = still_texture(context, one.pixels)
        except BaseException:  # a driver without memory, say: the show goes on without it
            self.release()
            raise

    def set(self, name: str, value: UniformValue) -> None:
        """Set a uniform of all passes, by its name in the file; one that the shader does not use was optimised away and
        is passed over."""
        for one in self._programs:
            one.set(name, value)

    def begin_pass(self, index: int) -> None:
        """What is set by `set_of_pass` and drawn from now on is the pass of that index."""
        self._now = self._programs[index if len(self._programs) > 1 else 0]
        self._now.set("PASSINDEX", index)

    def set_of_pass(self, name: str, value: UniformValue) -> None:
        """Set a uniform as this pass has it."""
        self._now.set(name, value)

    def set_least_alpha(self, alpha: float) -> None:
        """What the output's alpha is at least, from the next draw on: 1 where the picture lies over black."""
        self.least_alpha = alpha
        self.set("isf_least_alpha", alpha)
        if self._copier is not None:
            self._copier.set("least_alpha", alpha)

    def reads(self, picture: str) -> bool:
        """Whether the shader looks at the picture of that name."""
        return any(picture in one.uniforms for one in self._programs)

    def pass_reads(self, picture: str) -> bool:
        """Whether this pass may look at the picture of that name."""
        return picture in self._now.uniforms

    def values(self, given: Mapping[str, Value | moderngl.Texture]) -> dict[str, Value | moderngl.Texture]:
        """Every input's value: what is given, as the input's type wants it, else its default; for a picture a clear
        one, and for a further one of a transition dark at the left to bright at the right.

        Raises ShaderError for a name that the shader has no input of, and a value that its input cannot hold.
        """
        unknown = sorted(set(given) - set(self.inputs))
        if unknown:
            known = ", ".join(self.inputs) or "none"
            raise ShaderError(f"has no input {unknown[0]}", subject=self.source.file, mend=f"Its inputs are {known}.")
        found: dict[str, Value | moderngl.Texture] = {}
        for name, one in self.inputs.items():
            if name in given:
                found[name] = self._fitting(name, one.type, given[name])
            else:
                found[name] = self._left_out.get(name, self.clear_picture) if one.default is None else one.default
        return found

    def draw(self) -> None:
        """Run the program once over the framebuffer in use."""
        self.context.enable_only(moderngl.NOTHING)
        if self.source.vertex:  # what varies need not be a plane over one large triangle
            self._now.vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)
        else:
            self._now.vertices.render(moderngl.TRIANGLES, vertices=3)

    def copy(self, own: moderngl.Framebuffer, target: moderngl.Framebuffer, size: tuple[int, int]) -> None:
        """Make a picture of the shader's own the output, `size` pixels of it."""
        assert self._copier is not None
        self._copier.set("size", (float(size[0]), float(size[1])))
        self._copier.draw(target, [picture_of(own)])

    def reduce(self, name: str, sound: moderngl.Texture, target: moderngl.Framebuffer) -> None:
        """Draw what the input `name` hears into `target`, which is as wide as the input wants it."""
        assert self._reducer is not None
        is_wave = self.inputs[name].type is InputType.AUDIO
        self._reducer.set("silence", _SILENCE if is_wave else 0.0)
        self._reducer.set("columns", target.width)
        self._reducer.draw(target, [sound])

    def release(self) -> None:
        """Give back everything on the GPU. The program cannot be used after it."""
        for texture in self.imported.values():
            texture.release()
        self.imported.clear()
        for one in (self._copier, self._reducer):
            if one is not None:
                one.release()
        if self._ramp is not None:
            self._ramp.release()
        self.sampler.release()
        self.clear_picture.release()
        for program in self._programs:
            program.release()

    def _fitting(self, name: str, kind: InputType, value: Value | moderngl.Texture) -> Value | moderngl.Texture:
        if kind in PICTURE_TYPES:
            if isinstance(value, moderngl.Texture):
                return value
        elif kind in _WIDTHS:
            if isinstance(value, tuple) and len(value) == _WIDTHS[kind] and all(map(_is_number, value)):
                return value
        elif isinstance(value, bool | int | float) and _is_number(value):
            if kind is InputType.LONG:
                return max(-_LARGEST_LONG, min(round(value), _LARGEST_LONG))
            return float(value) if kind is InputType.FLOAT else bool(value)
        what = f"the input {name} is a {kind.value} and cannot be {value!r}"
        raise ShaderError(what, subject=self.source.file, mend="Give it a value of its type.")


class _Program:
    """What one pass is drawn with, or all of them."""

    def __init__(self, context: moderngl.Context, program: moderngl.Program, source: Isf) -> None:
        self._program = program
        self.vertices = context.vertex_array(program, [])
        self.uniforms = {
            name: uniform
            for name in (*_HOST_UNIFORMS, *_declared(source))
            if isinstance(uniform := program.get(glsl_name(name), None), moderngl.Uniform)
        }

    def set(self, name: str, value: UniformValue) -> None:
        uniform = self.uniforms.get(name)
        if uniform is not None:
            uniform.value = value

    def release(self) -> None:
        self.vertices.release()
        self._program.release()


def _built(context: moderngl.Context, source: Isf, defines: Sequence[str]) -> list[moderngl.Program]:
    """A program for each pass of `source`, or one for all.

    A program that knows its pass has nothing of the others: where both sides of a branch are run, as software GL does,
    each pass would cost as much as all of them. Raises ShaderError.
    """
    vertex, fragment = _vertex(source), _fragment(source)
    count = len(source.passes)
    if 1 < count <= _MOST_PROGRAMS and "PASSINDEX" in words_of(source.body + (source.vertex or "")):
        built: list[moderngl.Program] = []
        try:
            built.extend(
                build_program(context, vertex, fragment, defines=[*defines, f"ISF_PASS {index}"])
                for index in range(count)
            )
            return built
        except ShaderError:  # told of the program for all; or the file declares PASSINDEX itself, which that may
            for program in built:
                program.release()
    return [build_program(context, vertex, fragment, defines=defines)]


def _ramp(context: moderngl.Context) -> moderngl.Texture:
    """From dark at the left to bright at the right: a transition that follows it is a wipe."""
    row = np.ones((_RAMP_PX, 4), np.float16)
    row[:, :3] = ((np.arange(_RAMP_PX) + 0.5) / _RAMP_PX)[:, None]
    return context.texture((_RAMP_PX, 1), 4, row, dtype="f2")


def _is_number(value: object) -> bool:
    """Whether a float of the GPU can hold `value`."""
    return isinstance(value, bool | int | float) and abs(value) <= _LARGEST_FLOAT


def _ends_in_own_picture(source: Isf) -> bool:
    """Whether the last pass goes into a picture of the shader's own first: one that lasts, or of another size."""
    last = source.passes[-1]
    return last.persistent or (last.width, last.height) != ("$WIDTH", "$HEIGHT")


def _declarations(source: Isf) -> str:
    """The uniforms that the header asks for, all in the file's first line as far as messages go."""
    inputs = [f"uniform {_GLSL_TYPES.get(one.type, 'sampler2D')} {glsl_name(one.name)};" for one in source.inputs]
    pictures = [*source.targets, *(one.name for one in source.imported)]
    words = [*inputs, *(f"uniform sampler2D {glsl_name(name)};" for name in pictures)]
    return " ".join(words)


def _vertex(source: Isf) -> list[Part]:
    written = source.vertex
    text = adapted(written, _declared(source), _own(source), is_vertex=True)
    return [
        _extensions(source, source.vertex),
        Part(source.file, "#define OWN_VERTICES" if written else ""),
        shipped_part("passes/isf_common.glsl"),
        shipped_part("passes/isf_vertex.glsl"),
        Part(source.file, _declarations(source)),
        Part(source.vertex_file, text, written=written) if written else shipped_part("passes/isf_vertex_plain.glsl"),
        shipped_part("passes/isf_vertex_end.glsl"),
    ]


def _fragment(source: Isf) -> list[Part]:
    return [
        _extensions(source, source.body),
        shipped_part("passes/isf_common.glsl"),
        shipped_part("passes/isf_fragment.glsl"),
        Part(source.file, _declarations(source)),
        Part(source.file, adapted(source.body, _declared(source), _own(source)), source.body_line, source.body),
        shipped_part("passes/isf_fragment_end.glsl"),
    ]


def _extensions(source: Isf, text: str) -> Part:
    """What a file asks of the driver beyond GLSL 3.30: whole numbers that become unsigned ones by themselves."""
    return Part(source.file, "#extension GL_ARB_gpu_shader5 : enable" if "uint" in words_of(text) else "")


def _declared(source: Isf) -> frozenset[str]:
    """Every name that the header declares."""
    return _own(source) | {one.name for one in source.inputs}


def _own(source: Isf) -> frozenset[str]:
    """The pictures that do not come from the host."""
    return frozenset((*source.targets, *(one.name for one in source.imported)))
