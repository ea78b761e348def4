"""Shader files in ISF 2.0: a JSON header in the first comment, then GLSL (https://github.com/mrRay/ISF_Spec).

Read here: DESCRIPTION, CREDIT, CATEGORIES, INPUTS (float, bool, long, color, point2D, image, event) and PASSES (TARGET,
WIDTH, HEIGHT, PERSISTENT, FLOAT). Not yet: the input types audio and audioFFT, and IMPORTED pictures, which are
errors rather than ignored. Pure: no GL. Any thread.
"""

from __future__ import annotations

import ast
import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from engine.errors import ShaderError
from engine.model.shaders import InputType, ShaderInput, Value

_HEADER = re.compile(r"\s*/\*(.*?)\*/", re.DOTALL)
_NAME = re.compile(r"^(?!gl_|isf_)[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*_?$")


_WIDTHS = {InputType.COLOR: 4, InputType.POINT2D: 2}
_FALLBACKS: dict[InputType, Value | None] = {
    InputType.FLOAT: 0.0,
    InputType.BOOL: False,
    InputType.LONG: 0,
    InputType.COLOR: (1.0, 1.0, 1.0, 1.0),
    InputType.POINT2D: (0.0, 0.0),
    InputType.IMAGE: None,
    InputType.EVENT: False,
}


@dataclass(frozen=True, slots=True)
class IsfPass:
    """One pass: into the picture `target`, or into the output where it is empty.

    `width` and `height` are expressions in $WIDTH, $HEIGHT and the numeric inputs; see `size_px`.
    A persistent target keeps its picture from frame to frame; `is_float` asks for more than 8 bits.
    """

    target: str = ""
    width: str = "$WIDTH"
    height: str = "$HEIGHT"
    persistent: bool = False
    is_float: bool = False


@dataclass(frozen=True, slots=True)
class Isf:
    """A shader file that was read. `body` is its GLSL, which begins at line `body_line` (1-based) of `file`."""

    file: str
    body: str
    body_line: int
    inputs: tuple[ShaderInput, ...] = ()
    passes: tuple[IsfPass, ...] = (IsfPass(),)
    description: str = ""
    credit: str = ""
    categories: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the pictures that passes draw into, each once."""
        return tuple(dict.fromkeys(one.target for one in self.passes if one.target))


def read_isf(file: Path) -> Isf:
    """Read the shader `file` (UTF-8). Raises ShaderError with file, line and what would mend it."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ShaderError(f"cannot be read ({error})", subject=file, mend="Is it there, and is it text?") from error
    return parse_isf(text, str(file))


def parse_isf(text: str, file: str = "") -> Isf:
    """Parse the text of a shader; `file` is for messages. Raises ShaderError as `read_isf` does."""
    found = _HEADER.match(text)
    if found is None:
        raise ShaderError(
            "has no ISF header", subject=f"{file}:1", mend='Begin the file with a comment of JSON: /*{"ISFVSN": "2"}*/'
        )
    header_line = text.count("\n", 0, found.start(1)) + 1
    header = _Header(file, header_line, found[1])
    inputs = tuple(_input(header, entry) for entry in header.entries("INPUTS"))
    passes = tuple(_pass(header, entry) for entry in header.entries("PASSES")) or (IsfPass(),)
    if header.document.get("IMPORTED"):
        header.refuse("IMPORTED", "IMPORTED pictures are not supported yet", "Make it an input of type image.")
    _check_names(header, inputs, passes)
    return Isf(
        file=file,
        body=text[found.end() :],
        body_line=text.count("\n", 0, found.end()) + 1,
        inputs=inputs,
        passes=passes,
        description=str(header.document.get("DESCRIPTION", "")),
        credit=str(header.document.get("CREDIT", "")),
        categories=tuple(str(category) for category in header.document.get("CATEGORIES") or ()),
    )


class _Header:
    """The JSON of a header, which knows in which line of the file a word stands."""

    def __init__(self, file: str, first_line: int, text: str) -> None:
        self._file, self._first_line, self._text = file, first_line, text
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise ShaderError(
                f"the header is not JSON: {error.msg}",
                subject=f"{file}:{first_line + error.lineno - 1}",
                mend="Check commas and quotes there.",
            ) from error
        if not isinstance(document, dict):
            self.refuse("", "the header is not a JSON object", "Write {…}.")
        self.document: dict[str, Any] = document

    def refuse(self, word: str, what: str, mend: str = "") -> NoReturn:
        """Raise ShaderError at the line where `word` stands in quotes, else where the header begins."""
        at = max(self._text.find(f'"{word}"'), 0)
        line = self._first_line + self._text.count("\n", 0, at)
        raise ShaderError(what, subject=f"{self._file}:{line}", mend=mend)

    def entries(self, key: str) -> list[dict[str, Any]]:
        """The list of objects under `key`; empty where it is left out."""
        found = self.document.get(key) or []
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            self.refuse(key, f"{key} must be a list of objects")
        return found


def _input(header: _Header, entry: Mapping[str, Any]) -> ShaderInput:
    name = str(entry.get("NAME", ""))
    if not _NAME.match(name):
        header.refuse(name or "INPUTS", f"an input is named {name!r}", "NAME must be an identifier of GLSL.")
    known = [kind.value for kind in _FALLBACKS]
    if entry.get("TYPE") not in known:
        what = f"the input {name} has the type {entry.get('TYPE')!r}"
        header.refuse(name, what, f"Types are {', '.join(known)}.")
    kind = InputType(entry["TYPE"])
    default = _value(header, name, kind, entry.get("DEFAULT"))
    return ShaderInput(
        name=name,
        type=kind,
        default=_FALLBACKS[kind] if default is None else default,
        minimum=_value(header, name, kind, entry.get("MIN")),
        maximum=_value(header, name, kind, entry.get("MAX")),
        label=str(entry.get("LABEL", "")),
        choices=_choices(header, name, entry),
    )


def _value(header: _Header, name: str, kind: InputType, given: object) -> Value | None:
    """A DEFAULT, MIN or MAX as the input's type wants it; None where it is left out, or for an image."""
    if given is None or kind is InputType.IMAGE:
        return None
    if kind in _WIDTHS:
        width = _WIDTHS[kind]
        if isinstance(given, list) and len(given) == width and all(map(_is_number, given)):
            return tuple(float(number) for number in given)
        header.refuse(name, f"the input {name} has the value {given!r}", f"A {kind.value} is {width} numbers.")
    if isinstance(given, bool) or _is_number(given):
        number = float(given)  # type: ignore[arg-type]
        if kind in (InputType.BOOL, InputType.EVENT):
            return bool(number)
        return int(number) if kind is InputType.LONG else number
    header.refuse(name, f"the input {name} has the value {given!r}", f"A {kind.value} is one number.")


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)


def _choices(header: _Header, name: str, entry: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    values = entry.get("VALUES") or ()
    labels = entry.get("LABELS") or [str(value) for value in values]
    if len(labels) != len(values) or not all(map(_is_number, values)):
        header.refuse(name, f"the input {name} has VALUES and LABELS that do not match", "Give one label a value.")
    return tuple((str(label), int(value)) for label, value in zip(labels, values, strict=True))


def _pass(header: _Header, entry: Mapping[str, Any]) -> IsfPass:
    target = str(entry.get("TARGET", ""))
    if target and not _NAME.match(target):
        header.refuse(target, f"a pass has the target {target!r}", "TARGET must be an identifier of GLSL.")
    one = IsfPass(
        target=target,
        width=str(entry.get("WIDTH", "$WIDTH")),
        height=str(entry.get("HEIGHT", "$HEIGHT")),
        persistent=bool(entry.get("PERSISTENT", False)),
        is_float=bool(entry.get("FLOAT", False)),
    )
    for expression in (one.width, one.height):
        try:
            _tree(expression)
        except ValueError as error:
            header.refuse(expression, str(error), "Write arithmetic with $WIDTH and $HEIGHT.")
    return one


def _check_names(header: _Header, inputs: tuple[ShaderInput, ...], passes: tuple[IsfPass, ...]) -> None:
    """Inputs and targets share the shader's names, so none may come twice."""
    seen: set[str] = set()
    for name in [one.name for one in inputs] + list(dict.fromkeys(one.target for one in passes if one.target)):
        if name in seen:
            header.refuse(name, f"{name} is declared twice", "Give each input and target its own name.")
        seen.add(name)


_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "min": min,
    "max": max,
}


def size_px(expression: str, variables: Mapping[str, float]) -> int:
    """The value of a pass's WIDTH or HEIGHT in pixels, at least 1.

    An expression has numbers, + - * /, brackets, floor, ceil, round, min, max, and variables written `$NAME`.
    Raises ValueError where it is something else, names an unknown variable, or has no finite value.
    """
    try:
        value = _number(_tree(expression), variables)
    except (ZeroDivisionError, OverflowError, TypeError) as error:
        raise ValueError(f"the size {expression!r} has no value ({error})") from error
    if not math.isfinite(value):
        raise ValueError(f"the size {expression!r} has no finite value")
    return max(1, int(value))


def _tree(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.replace("$", ""), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"the size {expression!r} is not arithmetic") from error


def _number(tree: ast.expr, variables: Mapping[str, float]) -> float:
    """Walk the few kinds of node that arithmetic has; everything else is refused."""
    match tree:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name) if name in variables:
            return variables[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_number(left, variables), _number(right, variables))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand, variables)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_number(argument, variables) for argument in args))
    raise ValueError(f"{ast.unparse(tree)!r} does not belong into a size")
