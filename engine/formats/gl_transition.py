"""Transitions of the GL Transitions collection (https://github.com/gl-transitions/gl-transitions, version 1 of its
specification), read as the ISF transitions that they could have been written as.

The file has a function `vec4 transition(vec2 uv)`, uv counted from the lower left. It finds `progress`, `ratio`,
`getFromColor` and `getToColor`, and declares its parameters as uniforms with a default in a comment:

    uniform float speed; // = 1.0
    uniform vec2 centre /* = vec2(0.5) */, size /* = vec2(1.0) */;

What ISF has no type for is made of inputs that it has: a vec3 within 0..1 of a colour without its alpha, an ivec2 of a
point2D, any other vector of one input a component, NAME_x, NAME_y, … A sampler2D is an image. Pure: no GL. Any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ShaderError, printable
from engine.formats.glsl_literal import WIDTHS, components
from engine.formats.isf import Isf
from engine.formats.isf.inputs import NAME_MEND, is_name
from engine.formats.isf.reader import one_line_end, read_shader_text
from engine.formats.isf.words import Piece, Sort, pieces_of
from engine.model.shaders import FROM_PICTURE, PROGRESS, TO_PICTURE, InputType, ShaderInput, Value

_SAMPLER = "sampler2D"
_PRECISIONS = frozenset(("lowp", "mediump", "highp"))
_ENTRY = ("vec4", "transition", "(")
_ABOUT = re.compile(r"^[ \t/*]*(author|licen[sc]e)[ \t]*:(.*)", re.IGNORECASE | re.MULTILINE)
# Words may follow it, but no arithmetic that goes on.
_LEADING_VALUE = re.compile(r"(?>(?!true|false)\w+\s*\([^()]*\)|[-+.\w]+)(?!\s*[-+*/]\s*[\d.(])")
_LONGEST_TOLD = 80
_WHOLE = frozenset(("int", "ivec2", "ivec3", "ivec4"))
_LARGEST, _LARGEST_INT = 3.4e38, 2**31 - 1  # that the GPU holds

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
_MAIN = "\nvoid main() { gl_FragColor = transition(isf_FragNormCoord); }\n"


def read_gl_transition(file: Path) -> Isf:
    """Read the transition `file`. Raises ShaderError with file, line and what would mend it."""
    return parse_gl_transition(read_shader_text(file), str(file))


def parse_gl_transition(text: str, file: str = "") -> Isf:
    """Parse the text of a transition; `file` is for messages. Raises ShaderError as `read_gl_transition` does."""
    text = one_line_end(text)
    pieces = list(pieces_of(text))
    code = [piece.text for piece in _code(pieces)]
    if not any(tuple(code[at : at + 3]) == _ENTRY for at in range(len(code))):
        mend = "A GL Transition has vec4 transition(vec2 uv) { … }."
        raise ShaderError("has no function transition", subject=f"{file}:1", mend=mend)
    mistakes: list[ShaderError] = []
    kept, declared = _without_uniforms(pieces, file, mistakes)
    parameters = [one for one in declared if one.name not in _HOSTS]
    mistakes += _wrong_names(parameters)
    if mistakes:
        raise ShaderError.of(mistakes)
    prelude = _PRELUDE + "".join(one.declaration for one in parameters)
    about = {key.lower(): value.strip(" \t/*") for key, value in reversed(_ABOUT.findall(text))}
    licence = about.get("license") or about.get("licence")
    return Isf(
        file=file,
        body=f"{prelude}\n{_body(kept, parameters)}{_MAIN}",
        body_line=0,
        inputs=_HOST_INPUTS + tuple(made for one in parameters for made in one.inputs()),
        description=printable(f"Licence: {licence}") if licence else "",
        credit=printable(about.get("author", "")),
    )


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A uniform of the file: `values` are the components of its default, none for a picture."""

    type: str
    name: str
    values: tuple[float, ...]
    place: str

    def inputs(self) -> Iterator[ShaderInput]:
        """What stands for it in ISF. The format states no ranges: see `_range`."""
        match self.type:
            case "sampler2D":
                yield ShaderInput(self.name, InputType.IMAGE, None)
            case "bool":
                yield ShaderInput(self.name, InputType.BOOL, bool(self.values[0]))
            case "int":
                low, high = _range(self.values[0], 10)
                yield self._number(self.name, InputType.LONG, int(self.values[0]), int(low), int(high))
            case "float":
                yield self._number(self.name, InputType.FLOAT, self.values[0], *_range(self.values[0], 1))
            case "vec2" | "ivec2":
                yield self._number(self.name, InputType.POINT2D, self.values, *self._point_range())
            case _ if self._is_colour:
                yield ShaderInput(self.name, InputType.COLOR, (*self.values, 1.0)[:4])
            case _:
                for name, value in zip(self._component_names(), self.values, strict=True):
                    yield self._number(name, InputType.FLOAT, value, *_range(value, 1))

    @staticmethod
    def _number(name: str, kind: InputType, default: Value, low: Value, high: Value) -> ShaderInput:
        return ShaderInput(name, kind, default, low, high, range_is_guessed=True)

    @property
    def renamed(self) -> str:
        """What the body has to call it: "" for its own name. Renamed all over the file, so that a function's own
        variable of the same name stays its own."""
        return f"glt_{self.name}" if self._made_of_inputs() else ""

    @property
    def declaration(self) -> str:
        """The GLSL that makes it of its inputs; "" where its one input is it."""
        return f"{self.type} {self.renamed} = {self._made_of_inputs()}; " if self.renamed else ""

    def _made_of_inputs(self) -> str:
        """The value in terms of its inputs; "" where its one input is it."""
        if self._is_colour:
            return f"{self.name}.rgb" if self.type == "vec3" else ""
        if self.type == "ivec2":
            return f"ivec2(floor({self.name} + 0.5))"
        if self.type in ("float", "int", "bool", "vec2", _SAMPLER):
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


def _code(pieces: Iterable[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.sort not in (Sort.SPACE, Sort.COMMENT)]


def _joined(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _without_uniforms(
    pieces: Sequence[Piece], file: str, mistakes: list[ShaderError]
) -> tuple[list[Piece], list[_Parameter]]:
    """The file without its declarations of uniforms, every line where it was; and what they declare, as far as that
    makes sense: the rest is added to `mistakes`."""
    kept: list[Piece] = []
    parameters: list[_Parameter] = []
    at, line = 0, 1
    while at < len(pieces):
        end = at + 1
        if pieces[at].text == "uniform":  # a word: a comment is longer
            place = f"{file}:{line}"
            end = next((index + 1 for index in range(at, len(pieces)) if pieces[index].text == ";"), 0)
            if not end:
                raise ShaderError("a uniform is declared without end", subject=place, mend="Write TYPE NAME;")
            try:
                parameters.extend(_declared(pieces[at + 1 : end - 1], _comment_after(pieces, end), place))
            except ShaderError as error:
                mistakes.append(error)
            kept.append(Piece(Sort.SPACE, "\n" * _joined(pieces[at:end]).count("\n")))
        else:
            kept.append(pieces[at])
        line += _joined(pieces[at:end]).count("\n")
        at = end
    return kept, parameters


def _comment_after(pieces: Sequence[Piece], at: int) -> str:
    """The comment that follows in the same line."""
    for piece in pieces[at : at + 2]:
        if piece.sort is Sort.COMMENT:
            return piece.text
        if piece.sort is not Sort.SPACE or "\n" in piece.text:
            break
    return ""


def _body(pieces: Sequence[Piece], parameters: Sequence[_Parameter]) -> str:
    """The file's GLSL, reading its parameters as they are declared now."""
    renamed = {one.name: one.renamed for one in parameters if one.renamed}
    return "".join(
        renamed.get(piece.text, piece.text) if before is None or before.text != "." else piece.text
        for before, piece in zip([None, *pieces], pieces, strict=False)
    )


def _declared(pieces: Sequence[Piece], after: str, place: str) -> Iterator[_Parameter]:
    """The parameters of one declaration. `after` is the comment behind it, whose default is that of all."""
    code = [piece for piece in _code(pieces) if piece.text not in _PRECISIONS]
    if len(code) < 2:
        raise ShaderError(f"a uniform is declared as {_told(pieces)}", subject=place, mend="Write TYPE NAME;")
    kind = code[0]
    for named in _between_commas([piece for piece in pieces if piece is not kind and piece.text not in _PRECISIONS]):
        name, *given = [piece.text for piece in _code(named)] or [""]
        is_known = kind.text in WIDTHS or kind.text == _SAMPLER
        if name.isidentifier() and not is_name(name):
            raise ShaderError(f"a parameter is named {name[:_LONGEST_TOLD]}", subject=place, mend=NAME_MEND)
        if not is_known or not name.isidentifier() or (given and given[0] != "="):
            known = ", ".join([*WIDTHS, _SAMPLER])
            what = f"the parameter {_told(named)} has the type {kind.text}"
            raise ShaderError(what, subject=place, mend=f"A parameter is one of {known}, and no array.")
        own = next((said for piece in named if piece.sort is Sort.COMMENT and (said := _stated(piece.text))), "")
        default = "".join(given[1:]) or own or _stated(after)
        values = () if kind.text == _SAMPLER else _default(kind.text, name, default, place)
        yield _Parameter(kind.text, name, values, place)


def _between_commas(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The stretches between commas that are in no brackets."""
    depth, stretch = 0, list[Piece]()
    for piece in pieces:
        depth += (piece.text == "(") - (piece.text == ")")
        if piece.text == "," and not depth:
            yield stretch
            stretch = []
        else:
            stretch.append(piece)
    yield stretch


def _told(pieces: Iterable[Piece]) -> str:
    return printable(_joined(_code(pieces))[:_LONGEST_TOLD])


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
    if values is None or any(abs(value) > (_LARGEST_INT if kind in _WHOLE else _LARGEST) for value in values):
        what = f"the parameter {name} has the default {given[:_LONGEST_TOLD]!r}"
        raise ShaderError(what, subject=place, mend=f"Write a {kind} in numbers.")
    return values


def _wrong_names(parameters: Iterable[_Parameter]) -> Iterator[ShaderError]:
    seen = {one.name for one in _HOST_INPUTS}
    for parameter in parameters:
        for one in parameter.inputs():
            if one.name in seen:
                mend = "Give each parameter its own name."
                yield ShaderError(f"{one.name} is declared twice", subject=parameter.place, mend=mend)
            seen.add(one.name)
