"""ISF files: what the header says, what is wrong with it, and what is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.errors import ShaderError
from engine.formats.isf import IsfPass, parse_isf, read_isf, size_px
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, ShaderUse
from engine.gl.targets import new_target, release_target
from engine.model.shaders import InputType, ShaderInput
from tests.gl.gl_support import Pixels, marked_pixels, pixels_of

MAIN = "void main() { gl_FragColor = vec4(1.0); }\n"
WIDTH, HEIGHT = 12, 8
Draw = Callable[..., Pixels]


def isf(body: str, **header: object) -> str:
    return f"/*{json.dumps(header, indent=1)}*/\n{body}"


def test_a_header_in_full() -> None:
    text = isf(
        MAIN,
        DESCRIPTION="Waves",
        CREDIT="somebody",
        CATEGORIES=["Generator", "Water"],
        INPUTS=[
            {"NAME": "speed", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0, "MAX": 2, "LABEL": "Speed"},
            {"NAME": "on", "TYPE": "bool", "DEFAULT": 1},
            {"NAME": "mode", "TYPE": "long", "DEFAULT": 2, "VALUES": [1, 2], "LABELS": ["one", "two"]},
            {"NAME": "tint", "TYPE": "color", "DEFAULT": [1, 0, 0, 1]},
            {"NAME": "centre", "TYPE": "point2D"},
            {"NAME": "inputImage", "TYPE": "image"},
            {"NAME": "hit", "TYPE": "event"},
        ],
        PASSES=[{"TARGET": "small", "WIDTH": "$WIDTH/4", "PERSISTENT": True, "FLOAT": True}, {}],
    )
    found = parse_isf(text, "waves.fs")
    assert found.inputs == (
        ShaderInput("speed", InputType.FLOAT, 0.5, 0.0, 2.0, "Speed"),
        ShaderInput("on", InputType.BOOL, True),
        ShaderInput("mode", InputType.LONG, 2, choices=(("one", 1), ("two", 2))),
        ShaderInput("tint", InputType.COLOR, (1.0, 0.0, 0.0, 1.0)),
        ShaderInput("centre", InputType.POINT2D, (0.0, 0.0)),
        ShaderInput("inputImage", InputType.IMAGE, None),
        ShaderInput("hit", InputType.EVENT, False),
    )
    assert found.passes == (IsfPass("small", "$WIDTH/4", "$HEIGHT", True, True), IsfPass())
    assert (found.description, found.credit, found.categories) == ("Waves", "somebody", ("Generator", "Water"))
    assert found.targets == ("small",)
    assert text.splitlines()[found.body_line :] == MAIN.splitlines()


def test_a_header_with_nothing_in_it_is_one_pass() -> None:
    assert parse_isf(isf(MAIN)).passes == (IsfPass(),)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (MAIN, 1, "no ISF header"),
        ('/*{\n "INPUTS": [,]\n}*/', 2, "not JSON"),
        ("/*[]*/", 1, "not a JSON object"),
        ('/*{\n"INPUTS": 3}*/', 2, "list of objects"),
        ('/*{\n"INPUTS": [\n{"NAME": "level", "TYPE": "flaot"}]}*/', 3, "type 'flaot'"),
        ('/*{\n"INPUTS": [\n{"NAME": "music", "TYPE": "audioFFT", "MAX": 0}]}*/', 3, "wants 0 samples"),
        ('/*{"INPUTS": [\n{"NAME": "a;b", "TYPE": "float"}]}*/', 2, "named 'a;b'"),
        ('/*{"INPUTS": [\n{"NAME": "gl_x", "TYPE": "float"}]}*/', 2, "named 'gl_x'"),
        ('/*{"INPUTS": [\n{"NAME": "c", "TYPE": "color", "DEFAULT": [1, 2]}]}*/', 2, "value [1, 2]"),
        ('/*{"INPUTS": [\n{"NAME": "c", "TYPE": "float", "MAX": "much"}]}*/', 2, "value 'much'"),
        ('/*{"INPUTS": [\n{"NAME": "c", "TYPE": "float", "DEFAULT": NaN}]}*/', 2, "value nan"),
        ('/*{"INPUTS": [\n{"NAME": "m", "TYPE": "long", "VALUES": [1], "LABELS": ["a", "b"]}]}*/', 2, "do not match"),
        ('/*{"INPUTS": [{"NAME": "a", "TYPE": "float"},\n{"NAME": "a", "TYPE": "bool"}]}*/', 1, "declared twice"),
        ('/*{"INPUTS": [{"NAME": "a", "TYPE": "float"}],\n"PASSES": [{"TARGET": "a"}]}*/', 1, "declared twice"),
        ('/*{"PASSES": [\n{"TARGET": "a b"}]}*/', 2, "target 'a b'"),
        ('/*{"PASSES": [\n{"WIDTH": "$WIDTH /"}]}*/', 2, "not arithmetic"),
        ('/*{\n"IMPORTED": {"noise": {"PATH": "../noise.png"}}}*/', 2, "outside the shader's folder"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ShaderError) as caught:
        parse_isf(text, "x.fs")
    assert caught.value.subject == f"x.fs:{line}"
    assert what in caught.value.what


def test_a_file_that_is_not_there_or_is_not_text(tmp_path: Path) -> None:
    binary = tmp_path / "binary.fs"
    binary.write_bytes(b"\xff\xfe\x00\x01" * 9)
    for file in (tmp_path / "nothing.fs", binary):
        with pytest.raises(ShaderError, match="cannot be read"):
            read_isf(file)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [("$WIDTH", 640), ("$WIDTH/3", 213), ("floor($HEIGHT*0.5)-1", 179), ("max(1, $scale*8)", 16), ("-5", 1)],
)
def test_sizes(expression: str, wanted: int) -> None:
    assert size_px(expression, {"WIDTH": 640, "HEIGHT": 360, "scale": 2.0}) == wanted


@pytest.mark.parametrize(
    "expression", ["$nobody", "1/0", "1e999", "__import__('os')", "(1).real", "'a'", "$WIDTH if 1 else 2", "floor()"]
)
def test_sizes_are_arithmetic_and_nothing_else(expression: str) -> None:
    with pytest.raises(ValueError):
        size_px(expression, {"WIDTH": 640})


@pytest.fixture
def draw(context: moderngl.Context) -> Iterator[Draw]:
    """Draws a shader once for each of `frames` (the fields of Moment, and inputs) and gives the last picture."""
    target = new_target(context, (WIDTH, HEIGHT))

    def once(text: str, *frames: dict[str, object]) -> Pixels:
        program = ShaderProgram(context, parse_isf(text, "x.fs"), premultiplied=False)
        shader = ShaderUse(program)
        for frame in frames or ({},):
            fields = {"time_s": 0.0, **frame}
            inputs = fields.pop("inputs", None)
            shader.draw(target, Moment(**fields), inputs)  # type: ignore[arg-type]
        found = pixels_of(target)
        shader.release()
        program.release()
        return found

    yield once
    release_target(target)


def test_row_0_is_the_top_while_the_shader_counts_upwards(draw: Draw) -> None:
    text = "void main() { gl_FragColor = vec4(isf_FragNormCoord, gl_FragCoord.xy / RENDERSIZE); }"
    found = draw(isf(text)) / 255.0
    x = (np.arange(WIDTH) + 0.5) / WIDTH
    y = 1 - (np.arange(HEIGHT) + 0.5) / HEIGHT
    for channel, wanted in ((0, x[None, :]), (1, y[:, None]), (2, x[None, :]), (3, y[:, None])):
        assert np.abs(found[..., channel] - wanted).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize(
    "sample",
    [
        "IMG_THIS_PIXEL(picture)",
        "IMG_THIS_NORM_PIXEL(picture)",
        "IMG_NORM_PIXEL(picture, isf_FragNormCoord)",
        "IMG_PIXEL(picture, gl_FragCoord.xy)",
        "IMG_PIXEL(picture, isf_FragNormCoord * IMG_SIZE(picture))",
        "texture2D(picture, vv_FragNormCoord)",
    ],
)
def test_pictures_stand_upright(context: moderngl.Context, draw: Draw, sample: str) -> None:
    pixels = marked_pixels(WIDTH, HEIGHT)
    picture = context.texture((WIDTH, HEIGHT), 4, pixels.tobytes())
    text = isf(f"void main() {{ gl_FragColor = {sample}; }}", INPUTS=[{"NAME": "picture", "TYPE": "image"}])
    assert np.array_equal(draw(text, {"inputs": {"picture": picture}}), pixels)
    assert not draw(text).any(), "a picture that is not given is clear"
    picture.release()


def test_time_and_counters(draw: Draw) -> None:
    text = isf("void main() { gl_FragColor = vec4(TIME, TIMEDELTA, float(FRAMEINDEX), DATE.x) / 255.0; }")
    frame = {"time_s": 10.0, "time_delta_s": 20.0, "frame_index": 30, "date": (40.0, 1.0, 1.0, 0.0)}
    assert tuple(draw(text, frame)[0, 0]) == (10, 20, 30, 40)


def test_inputs_have_their_defaults_until_they_are_given(draw: Draw) -> None:
    inputs = [
        {"NAME": "level", "TYPE": "float", "DEFAULT": 10},
        {"NAME": "on", "TYPE": "bool", "DEFAULT": True},
        {"NAME": "mode", "TYPE": "long", "DEFAULT": 3},
        {"NAME": "tint", "TYPE": "color", "DEFAULT": [0, 0, 0, 7]},
        {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [5, 6]},
        {"NAME": "hit", "TYPE": "event"},
    ]
    body = """void main() {
        gl_FragColor = vec4(level, float(mode) + (on ? 50.0 : 0.0), centre.x + (hit ? 100.0 : 0.0), tint.a) / 255.0;
    }"""
    assert tuple(draw(isf(body, INPUTS=inputs))[0, 0]) == (10, 53, 5, 7)
    given = {"level": 20.0, "on": False, "mode": 1, "tint": (0.0, 0.0, 0.0, 8.0), "centre": (9.0, 0.0), "hit": True}
    assert tuple(draw(isf(body, INPUTS=inputs), {"inputs": given})[0, 0]) == (20, 1, 109, 8)


def test_passes_feed_one_another_at_their_own_size(draw: Draw) -> None:
    body = """void main() {
        if (PASSINDEX == 0) gl_FragColor = vec4(RENDERSIZE, 3.0, 255.0) / 255.0;
        else gl_FragColor = IMG_THIS_PIXEL(half_size);
    }"""
    passes = [{"TARGET": "half_size", "WIDTH": "$WIDTH/2", "HEIGHT": "$HEIGHT/2"}, {}]
    assert tuple(draw(isf(body, PASSES=passes))[0, 0]) == (WIDTH // 2, HEIGHT // 2, 3, 255)


@pytest.mark.parametrize(("persistent", "wanted"), [(True, 40), (False, 10)])
def test_a_persistent_target_remembers(draw: Draw, persistent: bool, wanted: int) -> None:
    body = """void main() {
        if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(memory) + vec4(10.0 / 255.0);
        else gl_FragColor = IMG_THIS_PIXEL(memory);
    }"""
    passes = [{"TARGET": "memory", "PERSISTENT": persistent}, {}]
    assert draw(isf(body, PASSES=passes), {}, {}, {}, {})[0, 0, 0] == wanted


def test_a_float_target_holds_more_than_white(draw: Draw) -> None:
    body = """void main() {
        if (PASSINDEX == 0) gl_FragColor = vec4(8.0);
        else gl_FragColor = IMG_THIS_PIXEL(bright) / 16.0;
    }"""
    assert draw(isf(body, PASSES=[{"TARGET": "bright", "FLOAT": True}, {}]))[0, 0, 0] in (127, 128)


def test_a_shader_that_does_not_compile_is_told_with_line_and_source(context: moderngl.Context) -> None:
    text = isf(
        "\nvoid main() {\n    gl_FragColor = vec4(colour, 1.0);\n}\n", INPUTS=[{"NAME": "color", "TYPE": "color"}]
    )
    line = text[: text.index("vec4")].count("\n") + 1
    source = parse_isf(text, "bad.fs")
    with pytest.raises(ShaderError) as caught:
        ShaderProgram(context, source, premultiplied=False)
    assert caught.value.subject == f"bad.fs:{line}"
    assert "colour" in caught.value.what
    assert "gl_FragColor = vec4(colour, 1.0);" in caught.value.what


def test_a_shader_that_does_not_link_names_its_file(context: moderngl.Context) -> None:
    source = parse_isf(isf("vec4 nobody();\nvoid main() { gl_FragColor = nobody(); }"), "bad.fs")
    with pytest.raises(ShaderError, match=r"bad\.fs"):
        ShaderProgram(context, source, premultiplied=False)


def test_an_input_that_the_shader_does_not_have(draw: Draw) -> None:
    with pytest.raises(ShaderError, match=r"no input sped.*Its inputs are speed"):
        draw(isf(MAIN, INPUTS=[{"NAME": "speed", "TYPE": "float"}]), {"inputs": {"sped": 1.0}})


def test_a_size_without_a_value_is_told_when_drawn(draw: Draw) -> None:
    text = isf(MAIN, PASSES=[{"TARGET": "x", "WIDTH": "$nobody"}, {}])
    with pytest.raises(ShaderError, match="nobody"):
        draw(text)
