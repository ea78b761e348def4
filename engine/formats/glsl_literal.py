"""Numbers as GLSL writes them: `0.5`, `1.0f`, `true`, `vec2(1.0, 2.0)`, `1.0 / 3.0`. Pure; any thread."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable

# Components of each type that a number or a vector can have.
WIDTHS = {
    **{"float": 1, "int": 1, "bool": 1},
    **{f"{kind}vec{width}": width for kind in ("", "i", "b") for width in (2, 3, 4)},
}

_SUFFIX = re.compile(r"(?<=[\d.])[fF]\b")
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_MOST_CHARACTERS = 1000


def components(text: str, width: int) -> tuple[float, ...] | None:
    """The `width` finite numbers that `text` stands for, one number standing for all; None where it is no literal."""
    if len(text) > _MOST_CHARACTERS:
        return None
    try:
        values = _numbers(ast.parse(_SUFFIX.sub("", text).strip(), mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        return None
    if len(values) == 1:
        values *= width
    return values if len(values) == width and all(map(math.isfinite, values)) else None


def _numbers(tree: ast.expr) -> tuple[float, ...]:
    """Walk the few kinds of node that a literal has; everything else is a ValueError."""
    match tree:
        case ast.Constant(value=int() | float() as value):
            return (float(value),)
        case ast.Name(id="true" | "false" as name):
            return (float(name == "true"),)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return tuple(-value for value in _numbers(operand))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _numbers(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            pairs = zip(_numbers(left), _numbers(right), strict=True)
            return tuple(_OPERATORS[type(op)](one, other) for one, other in pairs)
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as args, keywords=[]) if name in WIDTHS:
            values = tuple(value for argument in args for value in _numbers(argument))
            return values * WIDTHS[name] if len(values) == 1 else values
    raise ValueError(ast.unparse(tree))
