"""GL Transitions: what becomes of their parameters, and what is wrong with a file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ShaderError
from engine.formats.gl_transition import parse_gl_transition, read_gl_transition
from engine.formats.glsl_literal import components
from engine.model.shader_values import is_bounded
from engine.model.shaders import InputType, ShaderInput, ShaderKind

FADE = "vec4 transition(vec2 uv) { return mix(getFromColor(uv), getToColor(uv), progress); }\n"


def parameters(text: str) -> list[ShaderInput]:
    """The inputs that are not the host's."""
    return list(parse_gl_transition(text + FADE).inputs[3:])


def test_a_transition_is_told_by_its_inputs() -> None:
    found = parse_gl_transition("// Author: Ada Example\n// License: MIT\n" + FADE, "wipe.glsl")
    assert found.kind is ShaderKind.TRANSITION
    assert (found.credit, found.description) == ("Ada Example", "Licence: MIT")
    assert [one.name for one in found.inputs] == ["startImage", "endImage", "progress"]
    assert (found.uses_time, found.has_memory, found.as_shader("wipe").settings) == (False, False, ())


@pytest.mark.parametrize(
    ("declaration", "wanted"),
    [
        ("uniform float a; // = 0.5", ShaderInput("a", InputType.FLOAT, 0.5, 0.0, 1.0)),
        ("uniform float a;// =8; // if 0, nothing moves", ShaderInput("a", InputType.FLOAT, 8.0, 0.0, 16.0)),
        ("uniform float a ; //= -.5 (to the left)", ShaderInput("a", InputType.FLOAT, -0.5, -1.0, 1.0)),
        ("uniform highp float a; // = 1.0 / 4.0", ShaderInput("a", InputType.FLOAT, 0.25, 0.0, 1.0)),
        ("uniform float a = 2.0f;", ShaderInput("a", InputType.FLOAT, 2.0, 0.0, 4.0)),
        ("uniform float a; // = 0.5 - half of it", ShaderInput("a", InputType.FLOAT, 0.5, 0.0, 1.0)),
        ("uniform/* for */float/* all */a/*= 0.5*/; // of it", ShaderInput("a", InputType.FLOAT, 0.5, 0.0, 1.0)),
        ("uniform bool a; // = true (or false)", ShaderInput("a", InputType.BOOL, True)),
        ("uniform float a; // how far", ShaderInput("a", InputType.FLOAT, 0.0, 0.0, 1.0)),
        ("uniform int a; // = 30", ShaderInput("a", InputType.LONG, 30, 0, 60)),
        ("uniform int a; // = -1", ShaderInput("a", InputType.LONG, -1, -2, 10)),
        ("uniform bool a; // = true", ShaderInput("a", InputType.BOOL, True)),
        ("uniform bool a; // = 0", ShaderInput("a", InputType.BOOL, False)),
        ("uniform vec2 a; // = vec2(0.5)", ShaderInput("a", InputType.POINT2D, (0.5, 0.5), (0.0, 0.0), (1.0, 1.0))),
        ("uniform vec2 a; // = vec2(0, 1.)", ShaderInput("a", InputType.POINT2D, (0.0, 1.0), (-1.0,) * 2, (1.0,) * 2)),
        ("uniform vec2 a;\t// = vec2(3.0)", ShaderInput("a", InputType.POINT2D, (3.0, 3.0), (-6.0,) * 2, (6.0,) * 2)),
        ("uniform ivec2 a; // = ivec2(4)", ShaderInput("a", InputType.POINT2D, (4.0,) * 2, (0.0,) * 2, (10.0,) * 2)),
        ("uniform vec3 a /* = vec3(0.9, 0.4, 0.2) */;", ShaderInput("a", InputType.COLOR, (0.9, 0.4, 0.2, 1.0))),
        ("uniform vec4 a; // = vec4(0.)", ShaderInput("a", InputType.COLOR, (0.0,) * 4)),
        ("uniform sampler2D a;", ShaderInput("a", InputType.IMAGE, None)),
    ],
)  # fmt: skip
def test_a_parameter_and_its_default(declaration: str, wanted: ShaderInput) -> None:
    (found,) = parameters(declaration + "\n")
    assert replace(found, range_is_guessed=False) == wanted
    assert found.range_is_guessed == (wanted.minimum is not None)
    assert is_bounded(found) == (found.type in (InputType.BOOL, InputType.COLOR)), "else a show may go beyond"


def test_a_vector_that_is_no_colour_is_an_input_a_component() -> None:
    found = parameters("uniform vec3 axis; // = vec3(0.0, -2.0, 0.5)\n")
    assert [(one.name, one.default) for one in found] == [("axis_x", 0.0), ("axis_y", -2.0), ("axis_z", 0.5)]


def test_several_parameters_in_one_declaration() -> None:
    text = "uniform vec2 a /*= vec2(.1, .2)*/, b /* = vec2(0.3) */;\nuniform float c, d; // = 0.7; // both\n"
    assert [one.default for one in parameters(text)] == [(0.1, 0.2), (0.3, 0.3), 0.7, 0.7]


def test_what_the_host_gives_is_no_parameter() -> None:
    assert parameters("uniform float progress, ratio;\n// uniform float spoken;\n/* uniform float of; */\n") == []


def test_lines_keep_their_numbers() -> None:
    text = "uniform float a; // = 1.0\r\nuniform\n  vec3 b;\n" + FADE
    found = parse_gl_transition(text)
    lines = found.body.split("\n")
    assert lines[4 - found.body_line] == FADE.strip()


def test_all_mistakes_are_told_at_once() -> None:
    text = "uniform mat3 a;\nuniform float b; // = much\nuniform float c, progress;\nuniform bool c;\n"
    with pytest.raises(ShaderError, match=r"type mat3; line 2: .*'much'; line 4: c is declared twice\.") as caught:
        parse_gl_transition(text + FADE, "x.glsl")
    assert caught.value.subject == "x.glsl:1"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("void main() {}\n", 1, "no function transition"),
        ("// vec4 transition(vec2 uv)\n", 1, "no function transition"),
        ("\nuniform mat3 m;\n" + FADE, 2, "type mat3"),
        ("\nuniform float m[3];\n" + FADE, 2, "m[3]"),
        ("uniform float m; // = much\n" + FADE, 1, "default 'much'"),
        ("uniform float m; // = 1.0/3.0 of it\n" + FADE, 1, "default '1.0/3.0 of it'"),
        ("uniform float m; // = 1e999\n" + FADE, 1, "default '1e999'"),
        ("uniform float m; // = 1e39\n" + FADE, 1, "default '1e39'"),
        ("uniform int m; // = 5000000000\n" + FADE, 1, "default '5000000000'"),
        ("uniform float TIME;\n" + FADE, 1, "named TIME"),
        ("uniform vec2 m; // = vec2(1.0, 2.0, 3.0)\n" + FADE, 1, "default 'vec2(1.0, 2.0, 3.0)'"),
        ("uniform float m;\nuniform bool m;\n" + FADE, 2, "m is declared twice"),
        ("uniform float startImage;\n" + FADE, 1, "startImage is declared twice"),
        ("\n\nuniform float m\nvec4 transition(vec2 uv) {}", 3, "declared without end"),
        ("uniform m;\n" + FADE, 1, "declared as m"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ShaderError) as caught:
        parse_gl_transition(text, "x.glsl")
    assert caught.value.subject == f"x.glsl:{line}"
    assert what in caught.value.what


@pytest.mark.parametrize(
    "word", ["uniform ", "/*", "\n", "uniform vec3 a;", "a,", "author: * ", "(", "texture2D( ", "vec4 "]
)
def test_text_without_end_is_read_in_one_go(word: str) -> None:
    """What looks at all that follows, for each word, would take minutes."""
    with suppress(ShaderError):
        parse_gl_transition("uniform float " * (word == "a,") + word * 20_000 + "\n" + FADE)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.glsl").write_bytes(b"\xff\xfe\x00")
    for name in ("x.glsl", "none.glsl"):
        with pytest.raises(ShaderError, match="cannot be read"):
            read_gl_transition(tmp_path / name)


@pytest.mark.parametrize(
    "text",
    ["", "a", "__import__('os')", "(1).real", "'1'", "[1]", "vec2()", "1/0", "9**9", "2 if 1 else 3", "(" * 9999],
)
def test_a_literal_is_numbers_and_nothing_else(text: str) -> None:
    assert components(text, 1) is None
