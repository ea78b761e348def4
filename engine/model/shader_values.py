"""What an input of a shader can be set to: the value that a show writes, the numbers of its paths, and back. Pure.

Every path of the tree takes one number, so an input has as many paths as it has numbers: a colour four, a point two.
A switch is 0 or 1; a long that has choices is the index of one, another long is its own number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeAlias

from engine.model.shaders import InputType, ShaderInput, Value

# The last step of each path of an input.
PARTS = {InputType.COLOR: ("red", "green", "blue", "alpha"), InputType.POINT2D: ("x", "y")}
_HEX = re.compile(r"#([0-9a-fA-F]{6})([0-9a-fA-F]{2})?")

Written: TypeAlias = bool | float | tuple[float, ...] | str
"""A setting as show.yaml has it."""


def value_written(one: ShaderInput, written: Written) -> Value | None:
    """The value of an input that a show sets to `written`; None where an input of this type cannot be that.

    A colour is three or four numbers, or "#rrggbb" with or without an alpha; a long is one of its values or labels.
    Ranges are not looked at: see `reaches`.
    """
    read = _READ.get(one.type)
    return None if read is None else read(one, written)


def _bool(_one: ShaderInput, written: Written) -> bool | None:
    return bool(written) if isinstance(written, bool) or written in (0, 1) else None


def _float(_one: ShaderInput, written: Written) -> float | None:
    return float(written) if isinstance(written, int | float) and not isinstance(written, bool) else None


def _point(_one: ShaderInput, written: Written) -> tuple[float, ...] | None:
    return tuple(map(float, written)) if isinstance(written, tuple) and len(written) == 2 else None


def _colour(_one: ShaderInput, written: Written) -> tuple[float, ...] | None:
    numbers = _hex_colour(written) if isinstance(written, str) else written
    if not isinstance(numbers, tuple) or len(numbers) not in (3, 4):
        return None
    return tuple(map(float, (*numbers, 1.0)[:4]))


def _long(one: ShaderInput, written: Written) -> int | None:
    if isinstance(written, str):
        return next((value for label, value in one.choices if label.casefold() == written.casefold()), None)
    if isinstance(written, bool | tuple) or written != int(written):
        return None
    whole = int(written)
    return whole if not one.choices or any(value == whole for _, value in one.choices) else None


def _hex_colour(text: str) -> tuple[float, ...] | None:
    found = _HEX.fullmatch(text)
    return None if found is None else tuple(byte / 255 for byte in bytes.fromhex(found[1] + (found[2] or "ff")))


_READ: dict[InputType, Callable[[ShaderInput, Written], Value | None]] = {
    InputType.BOOL: _bool,
    InputType.COLOR: _colour,
    InputType.FLOAT: _float,
    InputType.LONG: _long,
    InputType.POINT2D: _point,
}


def default_of(one: ShaderInput) -> Value:
    """The input's default; where the file gives none, what is nearest to nothing within its range."""
    if one.default is not None:
        return one.default
    fallback: dict[InputType, Value] = {
        InputType.COLOR: (1.0, 1.0, 1.0, 1.0),
        InputType.POINT2D: (0.0, 0.0),
        InputType.FLOAT: 0.0,
        InputType.LONG: one.choices[0][1] if one.choices else 0,
    }
    return fallback.get(one.type, False)


def numbers_of(one: ShaderInput, value: Value) -> tuple[float, ...]:
    """The numbers of the input's paths at `value`."""
    if isinstance(value, tuple):
        return value
    if one.type is InputType.LONG and one.choices:
        return (float(next((place for place, choice in enumerate(one.choices) if choice[1] == value), 0)),)
    return (float(value),)


def value_of(one: ShaderInput, numbers: tuple[float, ...]) -> Value:
    """The input's value where its paths stand at `numbers`."""
    if one.type in PARTS:
        return numbers
    number = numbers[0]
    if one.type is InputType.FLOAT:
        return number
    if one.type is not InputType.LONG:
        return number >= 0.5
    index = math.floor(number + 0.5)
    return one.choices[min(max(index, 0), len(one.choices) - 1)][1] if one.choices else index


def reaches(one: ShaderInput) -> tuple[tuple[float, float], ...]:
    """The lowest and highest number of each of the input's paths.

    What the file leaves open is 0 to 1, or wider where its default lies outside.
    """
    if one.type in (InputType.BOOL, InputType.EVENT):
        return ((0.0, 1.0),)
    if one.type is InputType.LONG and one.choices:
        return ((0.0, float(len(one.choices) - 1)),)
    defaults = numbers_of(one, default_of(one))
    count = len(defaults)
    lows, highs = _numbers(one.minimum, count), _numbers(one.maximum, count)
    found = []
    for default, low, high in zip(defaults, lows, highs, strict=True):
        least = min(0.0, default) if low is None else low
        most = max(1.0, default) if high is None else high
        found.append((min(least, most), max(least, most)))
    return tuple(found)


def is_bounded(one: ShaderInput) -> bool:
    """Whether the file says itself how far its numbers reach."""
    if one.range_is_guessed:
        return False
    return one.type in (InputType.COLOR, InputType.BOOL) or None not in (one.minimum, one.maximum)


def _numbers(value: Value | None, count: int) -> tuple[float | None, ...]:
    if value is None:
        return (None,) * count
    return value if isinstance(value, tuple) else (float(value),) * count
