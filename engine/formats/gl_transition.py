"""Transitions of the GL Transitions collection (https://github.com/gl-transitions/gl-transitions, version 1 of its
specification), read as the ISF transitions that they could have been written as.

The file has a function `vec4 transition(vec2 uv)`, uv counted from the lower left. It finds `progress`, `ratio`,
`getFromColor` and `getToColor`, and declares its parameters as uniforms with a default in a comment:

    uniform float speed; // = 1.0
    uniform vec2 centre /* = vec2(0.5) */, size /* = vec2(1.0) */;

What ISF has no type for is made of inputs that it has: a vec3 within 0..1 of a colour without its alpha, an ivec2 of a
point2D, any other vector of one input a component, NAME_x, NAME_y, … A sampler2D is an image; while none is given it
reads as a ramp, dark at the left and bright at the right. Pure: no GL. Any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ShaderError
from engine.formats.glsl_literal import WIDTHS, components
from engine.formats.isf import Isf
from engine.formats.isf.reader import one_line_end, read_shader_text
from engine.model.shaders import FROM_PICTURE, PROGRESS, TO_PICTURE, InputType, ShaderInput, Value

_SAMPLER = "sampler2D"

_COMMENT = r"//[^\n]*|/\*.*?\*/"
_UNIFORM_OR_COMMENT = re.compile(
    rf"{_COMMENT}|\buniform\s+(?P<declared>(?:/\*.*?\*/|[^;/])*);(?P<after>[ \t]*(?:{_COMMENT})?)", re.DOTALL
)
_TYPE = re.compile(r"(?:(?:lowp|mediump|highp)\s+)?(?P<type>\w+)\s+(?P<names>.*)", re.DOTALL)
_NAMED = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*(?:=(?P<given>[^/]*))?(?P<comment>/\*.*?\*/)?\s*", re.DOTALL)
_COMMA_BETWEEN_NAMES = re.compile(r",(?![^(]*\))", re.DOTALL)
_ENTRY = re.compile(r"\bvec4\s+transition\s*\(")
_AUTHOR = re.compile(r"^[\s/*]*author\s*:\s*(.*?)[\s*/]*$", re.IGNORECASE | re.MULTILINE)
_LICENCE = re.compile(r"^[\s/*]*licen[sc]e\s*:\s*(.*?)[\s*/]*$", re.IGNORECASE | re.MULTILINE)
_LEADING_VALUE = re.compile(r"\w+\s*\([^()]*\)|[-+.\w]+")

_HOSTS = (PROGRESS, "ratio")
_HOST_INPUTS = (
    ShaderInput(FROM_PICTURE, InputType.IMAGE, None),
    ShaderInput(TO_PICTURE, InputType.IMAGE, None),
    ShaderInput(PROGRESS, InputType.FLOAT, 0.0, 0.0, 1.0),
)
# `ratio` is a variable and no macro, so that a function may have one of its own.
_PRELUDE = (
    "float ratio = RENDERSIZE.x / RENDERSIZE.y; "
    f"vec4 getFromColor(vec2 uv) {{ return IMG_NORM_PIXEL({FROM_PICTURE}, uv); }} "
    f"vec4 getToColor(vec2 uv) {{ return IMG_NORM_PIXEL({TO_PICTURE}, uv); }} "
)
# A picture that is not given is clear and one pixel large.
_MAP_READ = (
    "vec4 glt_{name}(vec2 uv) {{ return textureSize({name}, 0) == ivec2(1) ? "
    "vec4(vec3(clamp(uv.x, 0.0, 1.0)), 1.0) : IMG_NORM_PIXEL({name}, uv); }} "
)
_MAIN = "\nvoid main() { gl_FragColor = transition(isf_FragNormCoord); }\n"


def read_gl_transition(file: Path) -> Isf:
    """Read the transition `file`. Raises ShaderError with file, line and what would mend it."""
    return parse_gl_transition(read_shader_text(file), str(file))


def parse_gl_transition(text: str, file: str = "") -> Isf:
    """Parse the text of a transition; `file` is for messages. Raises ShaderError as `read_gl_transition` does."""
    text = one_line_end(text)
    if not _ENTRY.search(re.sub(_COMMENT, "", text, flags=re.DOTALL)):
        mend = "A GL Transition has vec4 transition(vec2 uv) { … }."
        raise ShaderError("has no function transition", subject=f"{file}:1", mend=mend)
    parameters: list[_Parameter] = []

    def without_declaration(found: re.Match[str]) -> str:
        if found["declared"] is None:
            return found[0]
        line = text.count("\n", 0, found.start()) + 1
        parameters.extend(_declared(found["declared"], found["after"], f"{file}:{line}"))
        return "\n" * found[0].removesuffix(found["after"]).count("\n") + found["after"]

    body = _UNIFORM_OR_COMMENT.sub(without_declaration, text)
    parameters = [one for one in parameters if one.name not in _HOSTS]
    _check_names(parameters)
    prelude = _PRELUDE
    for one in parameters:
        body, declaration = one.woven_into(body)
        prelude += declaration
    author, licence = _AUTHOR.search(text), _LICENCE.search(text)
    return Isf(
        file=file,
        body=f"{prelude}\n{body}{_MAIN}",
        body_line=0,
        inputs=_HOST_INPUTS + tuple(made for one in parameters for made in one.inputs()),
        description=f"Licence: {licence[1]}" if licence else "",
        credit=author[1] if author else "",
    )


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A uniform of the file: `values` are the components of its default, none for a picture."""

    type: str
    name: str
    values: tuple[float, ...]
    place: str

    def inputs(self) -> Iterator[ShaderInput]:
        """What stands for it in ISF. The format gives no ranges; see `_range`."""
        match self.type:
            case "sampler2D":
                yield ShaderInput(self.name, InputType.IMAGE, None)
            case "bool":
                yield ShaderInput(self.name, InputType.BOOL, bool(self.values[0]))
            case "int":
                low, high = _range(self.values[0], 10)
                yield ShaderInput(self.name, InputType.LONG, int(self.values[0]), int(low), int(high))
            case "float":
                yield ShaderInput(self.name, InputType.FLOAT, self.values[0], *_range(self.values[0], 1))
            case "vec2" | "ivec2":
                yield ShaderInput(self.name, InputType.POINT2D, self.values, *self._point_range())
            case _ if self._is_colour:
                yield ShaderInput(self.name, InputType.COLOR, (*self.values, 1.0)[:4])
            case _:
                for name, value in zip(self._component_names(), self.values, strict=True):
                    yield ShaderInput(name, InputType.FLOAT, value, *_range(value, 1))

    def woven_into(self, body: str) -> tuple[str, str]:
        """The GLSL that reads it, and what has to be declared before that."""
        if self.type == _SAMPLER:
            read = re.compile(rf"\btexture(?:2D)?\s*\(\s*{self.name}\s*,")
            return read.sub(f"glt_{self.name}(", body), _MAP_READ.format(name=self.name)
        made = self._made_of_inputs()
        if not made:
            return body, ""
        # Renamed all over the file, so that a function's own variable of the same name stays its own.
        renamed = f"glt_{self.name}"
        return re.sub(rf"(?<![.\w]){self.name}\b", renamed, body), f"{self.type} {renamed} = {made}; "

    def _made_of_inputs(self) -> str:
        """The GLSL that makes it of its inputs; "" where its one input is it."""
        if self._is_colour:
            return f"{self.name}.rgb" if self.type == "vec3" else ""
        if self.type == "ivec2":
            return f"ivec2(floor({self.name} + 0.5))"
        if self.type in ("float", "int", "bool", "vec2"):
            return ""
        return f"{self.type}({', '.join(self._component_names())})"

    @property
    def _is_colour(self) -> bool:
        return self.type in ("vec3", "vec4") and all(0 <= value <= 1 for value in self.values)

    def _component_names(self) -> list[str]:
        return [f"{self.name}_{letter}" for letter in "xyzw"[: len(self.values)]]

    def _point_range(self) -> tuple[Value, Value]:
        """Whole numbers are counts; a point within the picture stays there; anything else may turn round."""
        if self.type == "ivec2":
            ranges = [_range(value, 10) for value in self.values]
            return tuple(low for low, _ in ranges), tuple(high for _, high in ranges)
        if all(0 < value < 1 for value in self.values):
            return (0.0, 0.0), (1.0, 1.0)
        reach = max(abs(value) for value in self.values)
        reach = 2 * reach if reach > 1 else 1.0
        return (-reach, -reach), (reach, reach)


def _range(default: float, least_high: float) -> tuple[float, float]:
    """How far a number may go: from 0 to at least twice its default."""
    return min(0.0, 2.0 * default), max(float(least_high), 2.0 * default)


def _declared(declared: str, after: str, place: str) -> Iterator[_Parameter]:
    """The parameters of one declaration. `after` is the comment behind it, whose default is that of all."""
    found = _TYPE.fullmatch(declared.strip())
    if found is None:
        raise ShaderError(f"a uniform is declared as {declared.strip()!r}", subject=place, mend="Write TYPE NAME;")
    kind = found["type"]
    for part in _COMMA_BETWEEN_NAMES.split(found["names"]):
        named = _NAMED.fullmatch(part)
        if named is None or (kind not in WIDTHS and kind != _SAMPLER):
            known = ", ".join([*WIDTHS, _SAMPLER])
            what = f"the parameter {part.strip()} has the type {kind}"
            raise ShaderError(what, subject=place, mend=f"A parameter is one of {known}, and no array.")
        given = named["given"] or _stated(named["comment"] or "") or _stated(after)
        values = () if kind == _SAMPLER else _default(kind, named["name"], given.strip(), place)
        yield _Parameter(kind, named["name"], values, place)


def _stated(comment: str) -> str:
    """The default that a comment states: what follows an `=` at its beginning."""
    text = comment.strip().removeprefix("//").removeprefix("/*").removesuffix("*/").strip()
    return re.split(r";|//", text[1:])[0].strip() if text.startswith("=") else ""


def _default(kind: str, name: str, given: str, place: str) -> tuple[float, ...]:
    """The components of a default; zeros where there is none, as GL has it. Words may follow it."""
    if not given:
        return (0.0,) * WIDTHS[kind]
    leading = _LEADING_VALUE.match(given)
    values = components(given, WIDTHS[kind]) or components(leading[0] if leading else "", WIDTHS[kind])
    if values is None:
        what = f"the parameter {name} has the default {given!r}"
        raise ShaderError(what, subject=place, mend=f"Write a {kind} in numbers.")
    return values


def _check_names(parameters: Iterable[_Parameter]) -> None:
    seen = {one.name for one in _HOST_INPUTS}
    for parameter in parameters:
        for one in parameter.inputs():
            if one.name in seen:
                mend = "Give each parameter its own name."
                raise ShaderError(f"{one.name} is declared twice", subject=parameter.place, mend=mend)
            seen.add(one.name)
