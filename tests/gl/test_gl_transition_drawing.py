"""GL Transitions drawn: pictures upright, parameters as they were declared, messages with the file's own lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import moderngl
import numpy as np
import pytest

from engine.errors import ShaderError
from engine.formats.gl_transition import parse_gl_transition
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, ShaderUse
from engine.gl.targets import new_target, release_target
from engine.gl.textures import still_texture
from engine.model.shaders import Value
from tests.gl.gl_support import Pixels, marked_pixels, pixels_of

WIDTH, HEIGHT = 12, 8
Draw = Callable[..., Pixels]


@pytest.fixture
def draw(context: moderngl.Context) -> Iterator[Draw]:
    """Draws the text of a transition from marked corners to a plain picture of (10, 20, 30)."""
    target = new_target(context, (WIDTH, HEIGHT))
    pictures = {
        "startImage": still_texture(context, marked_pixels(WIDTH, HEIGHT)),
        "endImage": still_texture(context, np.full((HEIGHT, WIDTH, 4), (10, 20, 30, 255), np.uint8)),
    }

    def once(text: str, progress: float = 0.5, **settings: Value | moderngl.Texture) -> Pixels:
        program = ShaderProgram(context, parse_gl_transition(text, "x.glsl"), premultiplied=True)
        use = ShaderUse(program)
        use.draw(target, Moment(0.0), {**pictures, "progress": progress, **settings})
        found = pixels_of(target)
        use.release()
        program.release()
        return found

    yield once
    for texture in pictures.values():
        texture.release()
    release_target(target)


def test_from_the_one_picture_to_the_other(draw: Draw) -> None:
    text = "vec4 transition(vec2 uv) { return mix(getFromColor(uv), getToColor(uv), progress); }"
    start, end = marked_pixels(WIDTH, HEIGHT).astype(int), np.array((10, 20, 30, 255))
    assert np.array_equal(draw(text, 0.0), start)
    assert (draw(text, 1.0) == end).all()
    assert np.abs(draw(text, 0.25) - (start * 0.75 + end * 0.25)).max() <= 1


def test_heights_count_upwards_and_the_ratio_is_the_targets(draw: Draw) -> None:
    found = draw("vec4 transition(vec2 uv) { return vec4(uv, ratio / 2.0, 1.0); }") / 255
    assert np.abs(found[..., 0] - (np.arange(WIDTH) + 0.5) / WIDTH).max() < 1 / 255
    assert np.abs(found[..., 1] - (1 - (np.arange(HEIGHT) + 0.5) / HEIGHT)[:, None]).max() < 1 / 255
    assert np.abs(found[..., 2] - WIDTH / HEIGHT / 2).max() < 1 / 255


def test_parameters_are_what_they_were_declared_as(draw: Draw) -> None:
    text = """uniform vec3 tint; // = vec3(0.2, 0.4, 0.6)
uniform ivec2 size; // = ivec2(3, 4)
uniform vec3 far /* = vec3(0.0, -2.0, 7.0) */;
uniform bool on; // = true
float doubled(float tint) { return tint * 2.0; } // a name of its own, which hides the parameter's
vec4 transition(vec2 uv) {
    float whole = float(size.x / 2 + size.y % 3);
    return vec4(tint.g, doubled(tint.r), (far.z + far.y) / 10.0 - (on ? 0.0 : 1.0), whole / 2.0);
}
"""
    assert np.abs(draw(text)[0, 0] - np.array((0.4, 0.4, 0.5, 1.0)) * 255).max() <= 1
    settings = {"tint": (0.3, 0.1, 0.0, 1.0), "size": (2.0, 3.0), "far_z": 5.0}
    premultiplied = np.array((0.05, 0.3, 0.15, 0.5))
    assert np.abs(draw(text, **settings)[0, 0] - premultiplied * 255).max() <= 1


def test_a_map_that_is_not_given_is_a_ramp(context: moderngl.Context, draw: Draw) -> None:
    text = """uniform sampler2D luma;
vec4 transition(vec2 uv) { return mix(getToColor(uv), getFromColor(uv), step(progress, texture2D(luma, uv).r)); }
"""
    found, start = draw(text, 0.5), marked_pixels(WIDTH, HEIGHT)
    assert (found[:, : WIDTH // 2] == (10, 20, 30, 255)).all()
    assert np.array_equal(found[:, WIDTH // 2 :], start[:, WIDTH // 2 :])
    upper_half = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    upper_half[HEIGHT // 2 :, :, :3] = 0
    given = still_texture(context, upper_half)
    found = draw(text, 0.5, luma=given)
    assert np.array_equal(found[: HEIGHT // 2], start[: HEIGHT // 2])
    assert (found[HEIGHT // 2 :] == (10, 20, 30, 255)).all()
    given.release()


@pytest.mark.parametrize("lines_before", [0, 1, 30])
def test_a_mistake_is_told_with_its_line(draw: Draw, lines_before: int) -> None:
    text = "uniform vec3 tint; // = vec3(1.0)\n" * (lines_before > 0) + "\n" * max(0, lines_before - 1)
    with pytest.raises(ShaderError) as caught:
        draw(text + "vec4 transition(vec2 uv) { return getFromColour(uv); }")
    assert caught.value.subject == f"x.glsl:{lines_before + 1}"
    assert "getFromColour(uv)" in caught.value.what


def test_what_es_allows(draw: Draw) -> None:
    text = """#ifdef GL_ES
precision mediump float;
#endif
const float PI = 3.14;
float twice = progress * 2.0;
float round(float x) { return floor(x + 0.5); }
vec4 transition(vec2 uv) { float sample = twice; return vec4(round(sample + 0.4) / 2.0, 0.0, 0.0, 1); }"""
    assert tuple(draw(text)[0, 0]) == (128, 0, 0, 255)


def test_what_does_not_link_names_the_file_alone(draw: Draw) -> None:
    with pytest.raises(ShaderError) as caught:
        draw("float f(float x) { return f(x); } vec4 transition(vec2 uv) { return vec4(f(uv.x)); }")
    assert caught.value.subject in ("x.glsl", "x.glsl:1"), "by driver, with a line or without"
    assert "recurs" in caught.value.what
