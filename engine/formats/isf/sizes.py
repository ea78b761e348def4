"""The sizes of passes: arithmetic as shader files have it, worked out without ever running it as code."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

_LARGEST = 1e9
_LONGEST_EXPRESSION = 1000  # characters
_DEEPEST = 50  # brackets within brackets
_WORD = re.compile(
    r"\s*(?:([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?[fF]?|\.[0-9]+(?:[eE][+-]?[0-9]+)?[fF]?)|(\$?[A-Za-z_]\w*)|(\*\*|[<>=!]=|&&|\|\||.))"
)

_Numbers = Mapping[str, float]
_Tree = Callable[[_Numbers], float]

# Name → what it does and how many arguments it takes, at least and at most.
_FUNCTIONS: dict[str, tuple[Callable[..., float], int, int]] = {
    "abs": (abs, 1, 1),
    "acos": (math.acos, 1, 1),
    "asin": (math.asin, 1, 1),
    "atan": (math.atan, 1, 1),
    "atan2": (math.atan2, 2, 2),
    "avg": (lambda *values: math.fsum(values) / len(values), 1, 16),
    "ceil": (math.ceil, 1, 1),
    "clamp": (lambda value, low, high: min(max(value, low), high), 3, 3),
    "cos": (math.cos, 1, 1),
    "exp": (math.exp, 1, 1),
    "floor": (math.floor, 1, 1),
    "ln": (math.log, 1, 1),
    "log": (math.log, 1, 1),
    "log10": (math.log10, 1, 1),
    "log2": (math.log2, 1, 1),
    "max": (max, 1, 16),
    "min": (min, 1, 16),
    "mod": (lambda value, by: value - by * math.floor(value / by), 2, 2),
    "pow": (math.pow, 2, 2),
    "round": (lambda value: math.floor(value + 0.5), 1, 1),
    "sign": (lambda value: math.copysign(1.0, value) if value else 0.0, 1, 1),
    "sin": (math.sin, 1, 1),
    "sqrt": (math.sqrt, 1, 1),
    "sum": (lambda *values: math.fsum(values), 1, 16),
    "tan": (math.tan, 1, 1),
    "trunc": (math.trunc, 1, 1),
}
_CONSTANTS = {"pi": math.pi, "tau": math.tau, "e": math.e}


def size_px(expression: str, variables: Mapping[str, float]) -> int:
    """The value of a pass's WIDTH or HEIGHT in pixels, 1 to a billion; fractions of a pixel are dropped.

    An expression has numbers, + - * / % ** and ^ for powers, brackets, < > <= >= == != && ||, `a ? b : c` and
    `if(a, b, c)`, the functions of `_FUNCTIONS`, and variables, written `$NAME` or `NAME`. Raises ValueError where it
    is something else, names an unknown variable, or has no finite value.
    """
    tree = parsed(expression)
    try:
        value = tree(variables)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"the size {expression!r} has no value ({error})") from error
    if isinstance(value, complex) or not math.isfinite(value):
        raise ValueError(f"the size {expression!r} has no finite value")
    return max(1, int(min(value, _LARGEST)))


@lru_cache(maxsize=512)
def parsed(expression: str) -> _Tree:
    """The expression, ready to be worked out. Raises ValueError where it is not arithmetic."""
    if len(expression) > _LONGEST_EXPRESSION:
        raise ValueError(f"the size {expression[:40]!r}… is longer than {_LONGEST_EXPRESSION} characters")
    return _Parser(expression).whole()


@dataclass(slots=True)
class _Parser:
    """One expression, read from the left; each method is a level of binding, the weakest first."""

    expression: str
    words: list[str]
    at: int = 0
    depth: int = 0

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.words = [found[0].strip() for found in _WORD.finditer(expression) if found[0].strip()]
        self.at = self.depth = 0

    def whole(self) -> _Tree:
        tree = self.choice()
        if self.at < len(self.words):
            raise self.wrong()
        return tree

    def choice(self) -> _Tree:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(f"the size {self.expression[:40]!r}… has more than {_DEEPEST} brackets in one another")
        tree = self.either()
        if self.taken("?"):
            then = self.choice()
            if not self.taken(":"):
                raise self.wrong()
            tree = _chosen(tree, then, self.choice())
        self.depth -= 1
        return tree

    def either(self) -> _Tree:
        tree = self.both()
        while self.taken("||"):
            tree = _two("||", tree, self.both())
        return tree

    def both(self) -> _Tree:
        tree = self.comparison()
        while self.taken("&&"):
            tree = _two("&&", tree, self.comparison())
        return tree

    def comparison(self) -> _Tree:
        tree = self.sum()
        while operator := self.taken("<", ">", "<=", ">=", "==", "!="):
            tree = _two(operator, tree, self.sum())
        return tree

    def sum(self) -> _Tree:
        tree = self.product()
        while operator := self.taken("+", "-"):
            tree = _two(operator, tree, self.product())
        return tree

    def product(self) -> _Tree:
        tree = self.signed()
        while operator := self.taken("*", "/", "%"):
            tree = _two(operator, tree, self.signed())
        return tree

    def signed(self) -> _Tree:
        minus = False
        while sign := self.taken("+", "-"):
            minus ^= sign == "-"
        tree = self.power()
        return _negative(tree) if minus else tree

    def power(self) -> _Tree:
        tree = self.value()
        powers = [tree]
        while self.taken("**", "^"):
            minus = bool(self.taken("-"))
            tree = self.value()
            powers.append(_negative(tree) if minus else tree)
        tree = powers.pop()
        while powers:
            tree = _two("**", powers.pop(), tree)
        return tree

    def value(self) -> _Tree:
        word = self.next()
        if word == "(":
            tree = self.choice()
            self.close()
            return tree
        if word[0] in "0123456789" or (word[0] == "." and len(word) > 1):
            number = float(word.rstrip("fF"))
            return lambda _: number
        name = word.removeprefix("$")
        if not name.isidentifier():
            self.at -= 1
            raise self.wrong()
        return self.call(name) if not word.startswith("$") and self.taken("(") else _named(name, word)

    def call(self, name: str) -> _Tree:
        arguments: list[_Tree] = []
        if not self.taken(")"):
            arguments.append(self.choice())
            while self.taken(","):
                arguments.append(self.choice())
            self.close()
        if name == "if" and len(arguments) == 3:
            return _chosen(*arguments)
        if name not in _FUNCTIONS:
            raise ValueError(f"the size {self.expression!r} calls {name}; functions are {', '.join(_FUNCTIONS)}")
        function, least, most = _FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise ValueError(f"the size {self.expression!r} gives {name} {len(arguments)} arguments")
        return lambda numbers: float(function(*(argument(numbers) for argument in arguments)))

    def close(self) -> None:
        if not self.taken(")"):
            raise self.wrong()

    def next(self) -> str:
        if self.at == len(self.words):
            raise self.wrong()
        self.at += 1
        return self.words[self.at - 1]

    def taken(self, *wanted: str) -> str:
        """The next word if it is one of `wanted`, which is then behind us; "" if it is not."""
        if self.at < len(self.words) and self.words[self.at] in wanted:
            self.at += 1
            return self.words[self.at - 1]
        return ""

    def wrong(self) -> ValueError:
        where = f"at {self.words[self.at]!r}" if self.at < len(self.words) else "at its end"
        return ValueError(f"the size {self.expression!r} is not arithmetic {where}")


def _named(name: str, written: str) -> _Tree:
    def look_up(numbers: _Numbers) -> float:
        if name in numbers:
            return numbers[name]
        if name.lower() in _CONSTANTS and not written.startswith("$"):
            return _CONSTANTS[name.lower()]
        raise ValueError(f"there is no {written}")

    return look_up


def _negative(tree: _Tree) -> _Tree:
    return lambda numbers: -tree(numbers)


def _chosen(condition: _Tree, then: _Tree, otherwise: _Tree) -> _Tree:
    return lambda numbers: then(numbers) if condition(numbers) else otherwise(numbers)


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": math.fmod,
    "**": math.pow,
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "&&": lambda a, b: float(bool(a and b)),
    "||": lambda a, b: float(bool(a or b)),
}


def _two(operator: str, left: _Tree, right: _Tree) -> _Tree:
    function = _OPERATORS[operator]
    return lambda numbers: function(left(numbers), right(numbers))
