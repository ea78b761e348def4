"""The sizes of passes: what arithmetic files may write, and that it stays arithmetic."""

from __future__ import annotations

import pytest

from engine.errors import ShaderError
from engine.formats.isf import IsfPass, size_px
from engine.formats.isf.passes import pass_sizes

NUMBERS = {"WIDTH": 640.0, "HEIGHT": 360.0, "scale": 2.0, "off": 0.0}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("$WIDTH", 640),
        ("WIDTH", 640),
        ("$WIDTH/3", 213),
        (" floor( $HEIGHT * 0.5 ) - 1 ", 179),
        ("max(1, $scale*8)", 16),
        ("max($WIDTH / 2000.0, 1.0)", 1),
        ("min($WIDTH, $HEIGHT, 100)", 100),
        ("ceil(10.1)+round(2.5)+trunc(2.9)", 16),
        ("pow(2, 3) + 2^3 + 2**3", 24),
        ("2^3^2", 512),
        ("2^-1 * 8", 4),
        ("-2^2 + 10", 6),
        ("--5", 5),
        ("sqrt($WIDTH * $HEIGHT / 0.9)", 505),
        ("mod(-1, 8) + 9 % 4", 8),
        ("clamp($WIDTH, 1, 256)", 256),
        ("abs(-7) + sign(-3)", 6),
        ("$off > 0.5 ? 10 : 20", 20),
        ("$scale >= 2 ? $scale < 3 ? 30 : 40 : 50", 30),
        ("$scale == 2 && $off != 1 || 1/2 > 1 ? 30 : 40", 30),
        ("$off == 1 || $scale != 2 && $scale < 3 ? 30 : 40", 40),
        ("if($off == 0, 10, 1 / $off)", 10),
        ("sum(1, 2, 3) + avg(2, 4) + atan2(0, 1) + asin(0) + acos(1) + atan(0)", 9),
        ("log2(8) + log10(100) + exp(0) + cos(0) + sin(0) + tan(0) + ln(1) + log(1)", 7),
        ("8*pi/pi", 8),
        ("10.0f + .5 + 1e1", 20),
        ("5.0", 5),
        ("-5", 1),
        ("0.2", 1),
    ],
)
def test_sizes(expression: str, wanted: int) -> None:
    assert size_px(expression, NUMBERS) == wanted


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " ",
        "$nobody",
        "$pi",
        "1/0",
        "$WIDTH/$off",
        "9 % 0",
        "mod(1, 0)",
        "1e999",
        "0^-1",
        "(-8)^0.5",
        "10^400",
        "9^9^9^9^9",
        "sqrt(-1)",
        "ln(0)",
        "__import__('os')",
        "eval(1)",
        "(1).real",
        "'a'",
        "$WIDTH if 1 else 2",
        "[1]",
        "1 2",
        "1,2",
        "1 ? 2",
        "1 = 2",
        "1 & 2",
        "if(1, 2)",
        "* 3",
        "3 +",
        "(3",
        "3)",
        "floor()",
        "floor",
        "pow(1)",
        "floor(1, 2)",
        "max(" + ",".join("1" * 20) + ")",
        "lambda: 1",
        "1;2",
        "$$WIDTH",
        "²",
        "(" * 60 + "1" + ")" * 60,
        "1+" * 600 + "1",
    ],
)
def test_sizes_are_arithmetic_and_nothing_else(expression: str) -> None:
    with pytest.raises(ValueError, match="size"):
        size_px(expression, NUMBERS)


def test_the_deepest_and_longest_have_a_value() -> None:
    assert size_px("(" * 45 + "7" + ")" * 45, {}) == 7
    assert size_px("1+" * 499 + "1", {}) == 500
    assert size_px("-" * 900 + "7", {}) == 7


def test_inputs_in_sizes_count_as_numbers() -> None:
    one = IsfPass("a", "$count * 2", "$tall ? 9 : 3")
    assert pass_sizes([one], "x.fs", (640, 360), {"count": 4, "tall": True, "tint": (1.0, 1.0)}) == [(8, 9)]


def test_a_canvas_may_be_larger_than_any_other_pass() -> None:
    assert pass_sizes([IsfPass()], "x.fs", (32768, 2048), {}) == [(32768, 2048)]
    with pytest.raises(ShaderError, match="the most is"):
        pass_sizes([IsfPass("a", "$WIDTH * 2")], "x.fs", (32768, 2048), {})
