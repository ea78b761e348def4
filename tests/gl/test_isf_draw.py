"""What ISF files draw: each feature of the format against a computed expectation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import moderngl
import numpy as np
import pytest

from engine.core.figures import Figures
from engine.errors import ShaderError
from engine.formats.isf import Imported, Isf, parse_isf
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_store import ShaderStore
from engine.gl.shader_use import Moment, ShaderUse
from engine.gl.target_pool import TargetPool
from engine.gl.targets import new_target, release_target
from tests.gl.gl_support import Floats, Pixels, marked_pixels, pixels_of
from tests.isf_support import MAIN, isf

WIDTH, HEIGHT = 12, 8
Draw = Callable[..., Pixels]


@pytest.fixture
def target(context: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    made = new_target(context, (WIDTH, HEIGHT))
    yield made
    release_target(made)


@pytest.fixture
def use(context: moderngl.Context) -> Iterator[Callable[..., ShaderUse]]:
    """Makes a use of a shader, of its text or as it was parsed."""
    made: list[ShaderUse] = []

    def make(text: str | Isf, *, premultiplied: bool = False) -> ShaderUse:
        source = parse_isf(text, "x.fs") if isinstance(text, str) else text
        made.append(ShaderUse(ShaderProgram(context, source, premultiplied=premultiplied)))
        return made[-1]

    yield make
    for one in made:
        one.release()
        one.program.release()


@pytest.fixture
def draw(use: Callable[..., ShaderUse], target: moderngl.Framebuffer) -> Draw:
    """Draws a shader once for each of `frames` (the fields of Moment, and inputs) and gives the last picture."""

    def once(text: str | Isf, *frames: dict[str, object]) -> Pixels:
        shader = use(text)
        for frame in frames or ({},):
            fields = {"time_s": 0.0, **frame}
            inputs = fields.pop("inputs", None)
            shader.draw(target, Moment(**fields), inputs)  # type: ignore[arg-type]
        return pixels_of(target)

    return once


@pytest.fixture
def picture(context: moderngl.Context) -> Iterator[Callable[[Pixels], moderngl.Texture]]:
    """Makes textures of (height, width, channels) pixels."""
    made: list[moderngl.Texture] = []

    def make(pixels: Pixels) -> moderngl.Texture:
        height, width, channels = pixels.shape
        made.append(context.texture((width, height), channels, np.ascontiguousarray(pixels), alignment=1))
        return made[-1]

    yield make
    for one in made:
        one.release()


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
        "IMG_NORM_THIS_PIXEL(picture)",
        "texture2D(picture, vv_FragNormCoord)",
        "texture2D(picture, vv_FragNormCoord, -1.0)",
        "texture2DRect(picture, isf_FragCoord.xy)",
        "texture(picture, isf_FragNormCoord)",
        "textureLod(picture, isf_FragNormCoord, 0.0)",
        "texelFetch(picture, ivec2(gl_FragCoord.xy), 0)",
        "IMG_PIXEL(picture, isf_FragNormCoord * _picture_imgRect.zw)",
    ],
)
def test_pictures_stand_upright(draw: Draw, picture: Callable[[Pixels], moderngl.Texture], sample: str) -> None:
    pixels = marked_pixels(WIDTH, HEIGHT)
    text = isf(f"void main() {{ gl_FragColor = {sample}; }}", INPUTS=[{"NAME": "picture", "TYPE": "image"}])
    assert np.array_equal(draw(text, {"inputs": {"picture": picture(pixels)}}), pixels)
    assert not draw(text).any(), "a picture that is not given is clear"


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


def test_a_pass_has_nothing_of_the_others(use: Callable[..., ShaderUse]) -> None:
    """Software GL runs both sides of a branch: a pass would cost as much as all of them."""
    body = """void main() {
        if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(inputImage);
        else gl_FragColor = IMG_THIS_PIXEL(first);
    }"""
    image = {"NAME": "inputImage", "TYPE": "image"}
    program = use(isf(body, INPUTS=[image], PASSES=[{"TARGET": "first"}, {}])).program
    read = []
    for index in range(2):
        program.begin_pass(index)
        read.append([name for name in ("inputImage", "first") if program.pass_reads(name)])
    assert read == [["inputImage"], ["first"]]
    assert program.reads("inputImage")
    assert program.reads("first")


def test_a_file_may_declare_the_index_of_the_pass_itself(draw: Draw) -> None:
    body = """uniform int PASSINDEX;
    void main() {
        if (PASSINDEX == 0) gl_FragColor = vec4(40.0 / 255.0);
        else gl_FragColor = IMG_THIS_PIXEL(first) + vec4(float(PASSINDEX) / 255.0);
    }"""
    assert draw(isf(body, PASSES=[{"TARGET": "first"}, {}]))[0, 0, 0] == 41


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


def test_all_that_the_compiler_complains_of_is_told_and_no_warning(context: moderngl.Context) -> None:
    body = """
void main() {
    float unset;
    vec4 colour = vec4(unset);
    colour.r = vec3(1.0);
    colour.g = nobody();
    gl_FragColor = colour;\x1b
}"""
    with pytest.raises(ShaderError) as caught:
        ShaderProgram(context, parse_isf(isf(body), "bad.fs"), premultiplied=False)
    assert caught.value.subject == "bad.fs:6"
    assert "colour.r = vec3(1.0);" in caught.value.what
    assert "line 7: " in caught.value.what
    assert "colour.g = nobody();" in caught.value.what
    assert "warning" not in caught.value.what
    assert caught.value.what.isprintable()


@pytest.mark.parametrize("rest", ["void main() { gl_FragColor = vec4(1.0);", "void main() {\n}\nfloat a = 1.0\n\n"])
def test_what_a_file_leaves_open_is_told_of_its_last_line(context: moderngl.Context, rest: str) -> None:
    text = isf("\n" + rest)
    with pytest.raises(ShaderError, match=r"behind the last line.*Is a \} or a ; missing") as caught:
        ShaderProgram(context, parse_isf(text, "bad.fs"), premultiplied=False)
    assert caught.value.subject == f"bad.fs:{len(text.rstrip().splitlines())}"


def test_a_line_without_end_is_told_in_part(context: moderngl.Context) -> None:
    source = parse_isf(isf(f"void main() {{ gl_FragColor = nobody({'1.0, ' * 9999}1.0); }}"), "bad.fs")
    with pytest.raises(ShaderError, match="void main") as caught:
        ShaderProgram(context, source, premultiplied=False)
    assert len(caught.value.what) < 500


def test_a_file_that_includes_another_is_told(context: moderngl.Context) -> None:
    source = parse_isf(isf('\n  #  include "noise.glsl"\nvoid main() { gl_FragColor = vec4(1.0); }'), "bad.fs")
    with pytest.raises(ShaderError, match=r"includes another file: # +include .noise\.glsl.") as caught:
        ShaderProgram(context, source, premultiplied=False)
    assert caught.value.subject == "bad.fs:3"


def test_a_shader_that_does_not_link_names_its_file(context: moderngl.Context) -> None:
    source = parse_isf(isf("vec4 nobody();\nvoid main() { gl_FragColor = nobody(); }"), "bad.fs")
    with pytest.raises(ShaderError, match=r"bad\.fs"):
        ShaderProgram(context, source, premultiplied=False)


def test_an_input_that_the_shader_does_not_have(draw: Draw) -> None:
    with pytest.raises(ShaderError, match=r"no input sped.*Its inputs are speed"):
        draw(isf(MAIN, INPUTS=[{"NAME": "speed", "TYPE": "float"}]), {"inputs": {"sped": 1.0}})


def test_a_target_keeps_what_it_got_before_within_a_frame(draw: Draw) -> None:
    body = """void main() {
        if (PASSINDEX == 0) gl_FragColor = vec4(10.0 / 255.0);
        else if (PASSINDEX == 1) gl_FragColor = IMG_THIS_PIXEL(a) + vec4(5.0 / 255.0);
        else gl_FragColor = IMG_THIS_PIXEL(a) * 2.0;
    }"""
    assert draw(isf(body, PASSES=[{"TARGET": "a"}, {"TARGET": "a"}, {}]), {}, {})[0, 0, 0] == 30


@pytest.mark.parametrize("last", [{"TARGET": "a"}, {"TARGET": "a", "PERSISTENT": True}, {"WIDTH": "$WIDTH / 2"}])
def test_what_the_last_pass_draws_is_the_output(draw: Draw, last: dict[str, object]) -> None:
    body = "void main() { gl_FragColor = vec4(RENDERSIZE, float(PASSINDEX), 255.0) / 255.0; }"
    wanted = (WIDTH // 2 if "WIDTH" in last else WIDTH, HEIGHT, 1, 255)
    assert (draw(isf(body, PASSES=[{"TARGET": "b"}, last])) == wanted).all()


def test_the_last_pass_is_shown_upright_when_its_target_lasts(draw: Draw) -> None:
    body = "void main() { gl_FragColor = vec4(isf_FragNormCoord, 0.0, 1.0); }"
    plain = draw(isf(body))
    assert np.array_equal(draw(isf(body, PASSES=[{"TARGET": "a", "PERSISTENT": True}])), plain)


def test_a_persistent_target_has_its_size_before_it_is_drawn(draw: Draw) -> None:
    body = """void main() {
        if (PASSINDEX == 0) gl_FragColor = vec4(IMG_SIZE(memory), IMG_THIS_PIXEL(memory).r, 255.0) / 255.0;
        else gl_FragColor = IMG_THIS_PIXEL(early);
    }"""
    passes = [{"TARGET": "early"}, {"TARGET": "memory", "PERSISTENT": True, "WIDTH": "5", "HEIGHT": "3"}, {}]
    assert tuple(draw(isf(body, PASSES=passes))[0, 0]) == (5, 3, 0, 255)


def test_a_persistent_target_is_scaled_when_its_size_changes(draw: Draw) -> None:
    body = """void main() {
        if (PASSINDEX == 1) gl_FragColor = IMG_THIS_PIXEL(memory);
        else gl_FragColor = FRAMEINDEX == 0 ? vec4(step(0.5, isf_FragNormCoord.x)) : IMG_THIS_PIXEL(memory);
    }"""
    inputs = [{"NAME": "wide", "TYPE": "float", "DEFAULT": 4}]
    text = isf(body, INPUTS=inputs, PASSES=[{"TARGET": "memory", "PERSISTENT": True, "WIDTH": "$wide"}, {}])
    found = draw(text, {}, {"frame_index": 1, "inputs": {"wide": 8.0}})
    assert (found[:, :3] == 0).all()
    assert (found[:, -3:] == 255).all()


def test_version_1_draws_as_version_2(draw: Draw) -> None:
    body = """void main() {
        if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(memory) + vec4(10.0 / 255.0);
        else gl_FragColor = IMG_THIS_PIXEL(memory) + vec4(vv_FragNormCoord, 0.0, 0.0) * 0.0;
    }"""
    passes = [{"TARGET": "memory"}, {}]
    for buffers in (["memory"], {"memory": {"WIDTH": "$WIDTH", "HEIGHT": "$HEIGHT"}}):
        assert draw(isf(body, PERSISTENT_BUFFERS=buffers, PASSES=passes), {}, {}, {})[0, 0, 0] == 30


def test_a_vertex_shader_of_its_own(draw: Draw) -> None:
    source = parse_isf(
        isf(
            "varying vec2 shifted; varying vec4 corner;\n"
            "void main() { gl_FragColor = vec4(shifted, corner.x, level); }",
            INPUTS=[{"NAME": "level", "TYPE": "float", "DEFAULT": 1}],
        )
    )
    vertex = """varying vec2 shifted; varying vec4 corner;
    void main() {
        vv_vertShaderInit();
        shifted = isf_FragNormCoord * 0.5 * level;
        corner = vec4(isf_FragNormCoord.x > 0.5 && isf_FragNormCoord.y > 0.5 ? 1.0 : 0.0);
    }"""
    found = draw(replace(source, vertex=vertex, vertex_file="x.vs")) / 255.0
    x, y = (np.arange(WIDTH) + 0.5) / WIDTH, 1 - (np.arange(HEIGHT) + 0.5) / HEIGHT
    assert np.abs(found[..., 0] - x * 0.5).max() < 1 / 255
    assert np.abs(found[..., 1] - y[:, None] * 0.5).max() < 1 / 255
    assert found[0, -1, 2] > 0.7, "the corner at the top right is at the top right"
    assert found[-1, 0, 2] < 0.1


def test_a_vertex_shader_may_move_the_picture_up(draw: Draw) -> None:
    vertex = "void main() { isf_vertShaderInit(); gl_Position.y += 1.0; }"
    found = draw(replace(parse_isf(isf(MAIN)), vertex=vertex, vertex_file="x.vs"))
    assert (found[: HEIGHT // 2] == 255).all()
    assert not found[HEIGHT // 2 :].any()


def test_a_mistake_in_a_vertex_shader_is_told_with_its_line(use: Callable[..., ShaderUse]) -> None:
    vertex = "void main() {\n    isf_vertShaderInit();\n    gl_Position = nothing; // here\n}"
    with pytest.raises(ShaderError, match=r"^x\.vs:3: .*gl_Position = nothing; // here"):
        use(replace(parse_isf(isf(MAIN)), vertex=vertex, vertex_file="x.vs"))


def test_imported_pictures(draw: Draw) -> None:
    pixels = marked_pixels(WIDTH, HEIGHT)
    pixels[0, 0] = (200, 100, 50, 0)
    source = parse_isf(
        isf("void main() { gl_FragColor = IMG_THIS_PIXEL(noise); }", IMPORTED={"noise": {"PATH": "n.png"}})
    )
    assert np.array_equal(draw(replace(source, imported=(Imported("noise", Path("n.png"), pixels),))), pixels)
    with pytest.raises(ShaderError, match="the picture noise was not read"):
        draw(source)


def test_sound_is_a_picture(draw: Draw, picture: Callable[[Pixels], moderngl.Texture]) -> None:
    inputs = [{"NAME": "wave", "TYPE": "audio"}, {"NAME": "bands", "TYPE": "audioFFT"}]
    body = """void main() {
        float x = isf_FragNormCoord.x;
        gl_FragColor = vec4(IMG_NORM_PIXEL(wave, vec2(x, 0.75)).r, IMG_NORM_PIXEL(wave, vec2(x, 0.25)).r,
                            IMG_PIXEL(bands, vec2(2.5, 0.5)).r, IMG_SIZE(wave).x / 255.0);
    }"""
    left, right = np.arange(WIDTH, dtype=np.uint8) * 10, np.full(WIDTH, 7, np.uint8)
    wave, bands = picture(np.stack([left, right])[..., None]), picture(np.array([[[1], [2], [3]]], np.uint8))
    found = draw(isf(body, INPUTS=inputs), {"inputs": {"wave": wave, "bands": bands}})
    assert np.array_equal(found[0, :, 0], left), "the first channel is the top row"
    assert (found[..., 1:] == (7, 3, WIDTH)).all()


def test_sound_comes_in_as_many_columns_as_are_asked_for(
    draw: Draw, picture: Callable[[Pixels], moderngl.Texture]
) -> None:
    inputs = [{"NAME": "wave", "TYPE": "audio", "MAX": 2}, {"NAME": "bands", "TYPE": "audioFFT", "MAX": 1}]
    body = """void main() {
        gl_FragColor = vec4(IMG_PIXEL(wave, vec2(0.5)).r, IMG_PIXEL(wave, vec2(1.5, 0.5)).r,
                            IMG_THIS_PIXEL(bands).r, (IMG_SIZE(wave).x * 10.0 + IMG_SIZE(bands).x) / 255.0);
    }"""
    wave = picture(np.array([[[128], [120], [140], [128], [30], [200]]], np.uint8))
    bands = picture(np.array([[[1], [9], [3]]], np.uint8))
    found = draw(isf(body, INPUTS=inputs), {"inputs": {"wave": wave, "bands": bands}})
    assert (found == (140, 30, 9, 21)).all()
    assert (draw(isf(body, INPUTS=inputs))[..., 3] == 11).all(), "silence is a clear picture"


@pytest.mark.parametrize("progress", [0.0, 0.25, 1.0])
def test_a_transition(draw: Draw, picture: Callable[[Pixels], moderngl.Texture], progress: float) -> None:
    inputs: list[dict[str, object]] = [{"NAME": name, "TYPE": "image"} for name in ("startImage", "endImage")]
    inputs.append({"NAME": "progress", "TYPE": "float", "MIN": 0, "MAX": 1})
    body = """void main() {
        gl_FragColor = mix(IMG_THIS_PIXEL(startImage), IMG_THIS_PIXEL(endImage), step(isf_FragNormCoord.x, progress));
    }"""
    start, end = np.full((HEIGHT, WIDTH, 4), 40, np.uint8), np.full((HEIGHT, WIDTH, 4), 200, np.uint8)
    given = {"startImage": picture(start), "endImage": picture(end), "progress": progress}
    found = draw(isf(body, INPUTS=inputs), {"inputs": given})
    assert (found[:, : int(WIDTH * progress)] == 200).all()
    assert (found[:, int(WIDTH * progress) :] == 40).all()


OLD_GLSL = """#version 120
#extension GL_ARB_texture_rectangle : require
#ifdef GL_ES
precision mediump float;
#endif
#define PI 3.14
#define pixel(p) IMG_NORM_PIXEL(inputImage, p)
uniform float TIME;
const float turn = 2.0 * PI;
const float now = TIME + turn;
float half(float sample) { if (sample > 9.0) return 1; return sample * 0.5; }
vec2 buffer(in vec2 input, const in float filter) { return input + filter; }
float round(float x) { return floor(x + 0.5); }
void main(void) {
    const vec2 place = vv_FragNormCoord;
    float smooth = 1, output = mod(7, 4), common = max(0, -2.5) + pow(2, 3);
    int active = int(min(9, 3.0));
    for (float i = 0; i < 2; ++i) output += 1;
    vec4 resource = texture2D(inputImage, buffer(place, 0)) + 0 * pixel(place);
    gl_FragData[0] = vec4(half(common), output, active, now * 0 + 255) / 255 * smooth + resource;
}
"""


def test_glsl_for_gl_2_and_es_compiles(draw: Draw) -> None:
    found = draw(isf(OLD_GLSL, INPUTS=[{"NAME": "inputImage", "TYPE": "image"}]))
    assert tuple(found[0, 0]) == (4, 5, 3, 255)


def test_glsl_of_later_versions_compiles(draw: Draw) -> None:
    body = """#version 300 es
    out vec4 colour;
    uint twice(uint x) { uint y = 0; y = x * 2; return y; }
    void main() {
        float value = 0.0;
        switch (int(twice(uint(2)))) { case 4: value = 40.0; break; default: value = 1.0; }
        colour = vec4(value, float(twice(3u) > 5), 0.0, 255.0) / 255.0;
    }"""
    assert tuple(draw(isf(body))[0, 0]) == (40, 1, 0, 255)


def test_inputs_may_be_called_what_glsl_keeps_for_itself(draw: Draw) -> None:
    names = ["sample", "filter", "smooth", "default", "a__b"]
    body = f"void main() {{ gl_FragColor = vec4({' + '.join(names)}) / 255.0; }}"
    inputs = [{"NAME": name, "TYPE": "float", "DEFAULT": 2} for name in names]
    assert draw(isf(body, INPUTS=inputs), {"inputs": {"filter": 10.0}})[0, 0, 0] == 18


def test_heights_count_upwards_in_derivatives(draw: Draw) -> None:
    body = "void main() { gl_FragColor = vec4(dFdx(gl_FragCoord.x), dFdy(gl_FragCoord.y), 0.0, 1.0); }"
    assert (draw(isf(body)) == (255, 255, 0, 255)).all()


# And what is shown of them.
@pytest.mark.parametrize("kind", ["float", "vec2", "vec3", "vec4"])
@pytest.mark.parametrize(
    ("base", "exponent", "power"),
    [
        (-2.0, 3.0, -8.0),
        (-2.0, 2.0, 4.0),
        (-2.0, 0.0, 1.0),
        (-2.0, -1.0, -0.5),
        (-0.5, -2.0, 4.0),
        (2.0, 3.0, 8.0),
        (2.25, 1.5, 3.375),
        (0.0, 3.0, 0.0),
    ],
)
def test_powers_are_those_of_c(draw: Draw, kind: str, base: float, exponent: float, power: float) -> None:
    text = f"""const float two = pow(2.0, 1.0);
    void main() {{
        {kind} found = pow({kind}({base} + TIME), {kind}({exponent} + TIME));
        {kind} folded = pow({kind}({base}), {kind}({exponent}));
        bool same = distance(found, {kind}({power})) < 0.001 && distance(folded, {kind}({power})) < 0.001;
        gl_FragColor = vec4(same && two == 2.0);
    }}"""
    assert (draw(isf(text)) == 255).all()


def test_a_file_may_have_a_power_of_its_own(draw: Draw) -> None:
    body = "float pow(float a, int n) { return a * float(n); }\nvoid main() { gl_FragColor = vec4(pow(0.1, 2)); }"
    assert (draw(isf(body)) == 51).all()


NO_NUMBERS = {"sqrt(-1.0 - TIME)": 0, "0.0 / TIME": 0, "1.0 / TIME": 255, "-1.0 / TIME": 0, "log(-1.0 - TIME)": 0}


@pytest.mark.parametrize(("value", "shown"), NO_NUMBERS.items())
def test_what_is_no_number_does_not_stay(draw: Draw, value: str, shown: int) -> None:
    body = f"""void main() {{
        float bad = FRAMEINDEX == 0 ? {value} : 0.0;
        if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(memory) + vec4(bad, 0.25, 0.25, 0.5);
        else gl_FragColor = IMG_THIS_PIXEL(memory) + vec4(bad, 0.0, 0.0, 0.0);
    }}"""
    text = isf(body, PASSES=[{"TARGET": "memory", "PERSISTENT": True, "FLOAT": True}, {}])
    assert (draw(text, {"frame_index": 0}) == (shown, 64, 64, 128)).all()
    assert (draw(text, {"frame_index": 0}, {"frame_index": 1}) == (0, 128, 128, 255)).all()


def floats_of(target: moderngl.Framebuffer) -> Floats:
    width, height = target.size
    return np.frombuffer(target.read(components=4, dtype="f4"), np.float32).reshape(height, width, 4).astype(np.float64)


@pytest.mark.parametrize("passes", [[{}], [{"TARGET": "a"}, {}], [{"TARGET": "a", "PERSISTENT": True}]])
def test_premultiplied_pictures_are_shown_straight(
    context: moderngl.Context, use: Callable[..., ShaderUse], passes: list[dict[str, object]]
) -> None:
    straight = np.array([[[0.8, 0.4, 0.2, 0.5], [1.0, 0.5, 0.0, 1.0], [0.9, 0.9, 0.9, 0.0]]])
    premultiplied = straight * np.concatenate([straight[..., 3:]] * 3 + [np.ones((1, 3, 1))], axis=-1)
    given = context.texture((3, 1), 4, premultiplied.astype(np.float16).tobytes(), dtype="f2")
    shown = new_target(context, (3, 1), half_float=True)
    body = """void main() {
        vec4 colour = PASSINDEX == 0 ? IMG_THIS_PIXEL(inputImage) : OWN;
        gl_FragColor = PASSINDEX == 0 ? vec4(1.0 - colour.rgb, colour.a) : colour;
    }""".replace("OWN", "IMG_THIS_PIXEL(a)" if len(passes) > 1 else "vec4(0.0)")
    shader = use(isf(body, INPUTS=[{"NAME": "inputImage", "TYPE": "image"}], PASSES=passes), premultiplied=True)
    shader.draw(shown, Moment(0.0), {"inputImage": given})
    wanted = np.array([[[0.1, 0.3, 0.4, 0.5], [0.0, 0.5, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]])
    assert np.abs(floats_of(shown) - wanted).max() < 2 / 255
    given.release()
    release_target(shown)


def test_a_function_reads_what_the_shader_keeps_as_it_was_written(
    use: Callable[..., ShaderUse], target: moderngl.Framebuffer, picture: Callable[[Pixels], moderngl.Texture]
) -> None:
    """Numbers are kept in all four channels; the host's pictures are shown straight by the same function."""
    body = """
    vec4 at(sampler2D picture, float column);
    vec4 at(sampler2D picture, float column)
    {
        return texture2D(picture, vec2((column + 0.5) / 2.0, 0.5));
    }
    #define KEPT(column) at(kept, column)
    void main() {
        if (PASSINDEX == 0) {
            gl_FragColor = vec4(gl_FragCoord.x, -8.0, 3.0, gl_FragCoord.x > 1.0 ? 0.0 : 0.25);
            return;
        }
        bool sound = KEPT(0.0) == vec4(0.5, -8.0, 3.0, 0.25) && KEPT(1.0) == vec4(1.5, -8.0, 3.0, 0.0);
        gl_FragColor = vec4(at(inputImage, 0.0).rg, sound ? 1.0 : 0.0, 1.0);
    }"""
    passes = [{"TARGET": "kept", "WIDTH": "2", "HEIGHT": "1", "PERSISTENT": True, "FLOAT": True}, {}]
    shader = use(isf(body, INPUTS=[{"NAME": "inputImage", "TYPE": "image"}], PASSES=passes), premultiplied=True)
    given = picture(np.array([[(51, 102, 0, 102), (0, 0, 0, 0)]], np.uint8))
    shader.draw(target, Moment(0.0), {"inputImage": given})
    assert (pixels_of(target) == (128, 255, 255, 255)).all()


@pytest.mark.parametrize("target_of_pass", [None, "kept"])
@pytest.mark.parametrize(
    ("fragment", "vertex"),
    [
        ("void main() { if (isf_FragNormCoord.x < 0.5) discard; gl_FragColor = vec4(1.0); }", ""),
        ("void main() { gl_FragColor = vec4(1.0); }", "void main() { isf_vertShaderInit(); gl_Position.x += 1.0; }"),
    ],
)
def test_pixels_that_a_shader_leaves_out_are_clear(
    use: Callable[..., ShaderUse],
    target: moderngl.Framebuffer,
    fragment: str,
    vertex: str,
    target_of_pass: str | None,
) -> None:
    """And not what somebody else drew before: pictures are used again."""
    passes = [{"TARGET": target_of_pass, "PERSISTENT": True}] if target_of_pass else []
    source = replace(parse_isf(isf(fragment, PASSES=passes)), vertex=vertex, vertex_file="x.vs")
    shader = use(source)
    wanted = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    wanted[:, WIDTH // 2 :] = 255
    for _ in range(2):
        target.clear(0.2, 0.4, 0.6, 0.8)
        shader.draw(target, Moment(0.0))
        assert np.array_equal(pixels_of(target), wanted)
    shader.program.set_least_alpha(1.0)
    shader.draw(target, Moment(0.0))
    assert (pixels_of(target)[..., 3] == 255).all()
    target.clear(0.2, 0.4, 0.6, 0.8)
    target.viewport = (0, 0, 4, 4)
    shader.draw(target, Moment(0.0))
    assert (pixels_of(target)[4:, 4:] == (51, 102, 153, 204)).all(), "what is beside its part is let be"


@pytest.mark.parametrize(
    "read",
    [
        "textureGrad(inputImage, place, dFdx(place), dFdy(place))",
        "texture2DGradEXT(inputImage, place, dFdx(place), dFdy(place))",
        "textureProj(inputImage, vec3(place * 2.0, 2.0))",
        "texture2DProj(inputImage, vec4(place * 2.0, 0.0, 2.0))",
        "textureOffset(inputImage, place - vec2(0.0, 1.0 / RENDERSIZE.y), ivec2(0, 1))",
        "tex(inputImage, place)",
        "norm(inputImage, place)",
    ],
)
def test_all_ways_to_read_a_picture_find_it_upright(
    use: Callable[..., ShaderUse],
    target: moderngl.Framebuffer,
    picture: Callable[[Pixels], moderngl.Texture],
    read: str,
) -> None:
    body = f"""
    #define tex texture2D
    #define norm IMG_NORM_PIXEL
    void main() {{ vec2 place = isf_FragNormCoord; gl_FragColor = {read}; }}"""
    shader = use(isf(body, INPUTS=[{"NAME": "inputImage", "TYPE": "image"}]))
    pixels = marked_pixels(WIDTH, HEIGHT)
    shader.draw(target, Moment(0.0), {"inputImage": picture(pixels)})
    assert np.array_equal(pixels_of(target)[..., :3], pixels[..., :3])


def test_the_output_is_within_what_a_screen_shows(context: moderngl.Context, use: Callable[..., ShaderUse]) -> None:
    shown = new_target(context, (2, 2), half_float=True)
    use(isf("void main() { gl_FragColor = vec4(9.0, -9.0, 0.5, 2.0); }"), premultiplied=True).draw(shown, Moment(0.0))
    assert np.array_equal(floats_of(shown)[0, 0], (1.0, 0.0, 0.5, 1.0))
    release_target(shown)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("float", "much"),
        ("float", (1.0, 2.0)),
        ("float", math.nan),
        ("bool", None),
        ("long", (1,)),
        ("long", math.inf),
        ("event", "now"),
        ("color", 1.0),
        ("color", (1.0, 1.0, 1.0)),
        ("color", ("a", "b", "c", "d")),
        ("point2D", (0.0, 0.0, 0.0)),
        ("point2D", (math.inf, 0.0)),
        ("image", 1.0),
        ("audio", (1.0, 2.0)),
    ],
)
def test_a_value_that_its_input_cannot_hold(draw: Draw, kind: str, value: object) -> None:
    with pytest.raises(ShaderError, match=rf"the input x is a {kind} and cannot be"):
        draw(isf(MAIN, INPUTS=[{"NAME": "x", "TYPE": kind}]), {"inputs": {"x": value}})


def test_a_picture_is_no_number(draw: Draw, picture: Callable[[Pixels], moderngl.Texture]) -> None:
    given = picture(marked_pixels(2, 2))
    with pytest.raises(ShaderError, match="the input x is a float"):
        draw(isf(MAIN, INPUTS=[{"NAME": "x", "TYPE": "float"}]), {"inputs": {"x": given}})


def test_a_size_that_an_input_makes_too_large_makes_nothing(
    use: Callable[..., ShaderUse], target: moderngl.Framebuffer
) -> None:
    inputs = [{"NAME": "scale", "TYPE": "float", "DEFAULT": 1}]
    passes = [{"TARGET": "memory", "PERSISTENT": True}, {"TARGET": "x", "WIDTH": "$WIDTH*$scale"}, {}]
    body = "void main() { gl_FragColor = IMG_THIS_PIXEL(memory) + vec4(PASSINDEX == 0 ? 10.0 / 255.0 : 0.0); }"
    shader = use(isf(body, INPUTS=inputs, PASSES=passes))
    shader.draw(target, Moment(0.0))
    for scale in (1e6, 1e38):
        with pytest.raises(ShaderError, match=r"^x\.fs:\d+: a pass wants \d+ × 8 pixels"):
            shader.draw(target, Moment(0.0), {"scale": scale})
    shader.draw(target, Moment(0.0))
    assert pixels_of(target)[0, 0, 0] == 20, "and it has forgotten nothing"


def test_no_picture_is_larger_than_the_gpu_has_them(
    context: moderngl.Context, use: Callable[..., ShaderUse], target: moderngl.Framebuffer
) -> None:
    shader = use(isf(MAIN, PASSES=[{"TARGET": "wide", "WIDTH": "600"}, {}]))
    shader.draw(target, Moment(0.0))
    shader.program.largest_side_px = 512
    with pytest.raises(ShaderError, match=r"wants 600 × 8 pixels, and this GPU has at most 512 a side"):
        ShaderUse(shader.program).draw(target, Moment(0.0))
    wide = Imported("noise", Path("noise.png"), np.zeros((1, context.info["GL_MAX_TEXTURE_SIZE"] + 1, 4), np.uint8))
    with pytest.raises(ShaderError, match=r"the picture noise has more than \d+ pixels a side"):
        use(replace(parse_isf(isf()), imported=(wide,)))


class CountedTargets:
    """Targets that know how many were made."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self.made: list[moderngl.Framebuffer] = []
        self.free: list[moderngl.Framebuffer] = []

    def take(self, size: tuple[int, int], *, is_float: bool) -> moderngl.Framebuffer:
        for one in self.free:
            if one.size == size:
                self.free.remove(one)
                return one
        self.made.append(new_target(self._context, size, full_float=is_float))
        return self.made[-1]

    def give_back(self, target: moderngl.Framebuffer) -> None:
        self.free.append(target)


def test_nothing_is_made_after_the_first_draw_of_a_size(
    context: moderngl.Context, use: Callable[..., ShaderUse], target: moderngl.Framebuffer
) -> None:
    passes = [{"TARGET": "a"}, {"TARGET": "memory", "PERSISTENT": True}, {"TARGET": "b"}, {"TARGET": "a"}, {}]
    program = use(isf(MAIN, PASSES=passes)).program
    targets = CountedTargets(context)
    shader = ShaderUse(program, targets)
    shader.draw(target, Moment(0.0))
    first = len(targets.made)
    assert first <= 5
    for frame_index in range(1, 4):
        shader.draw(target, Moment(0.0, frame_index=frame_index))
    assert len(targets.made) == first
    assert len(targets.free) == first - 1, "all but what lasts is given back after each draw"
    shader.forget()
    assert len(targets.free) == first
    for one in targets.made:
        release_target(one)


@pytest.mark.parametrize(
    ("passes", "wanted"),
    [
        ([], 1),
        ([{"TARGET": "a"}, {"TARGET": "b"}, {}], 3),
        ([{"TARGET": "a"}, {}, {}], 2),
        ([{"TARGET": "a"}], 1),
        ([{"TARGET": "a", "PERSISTENT": True}], 2),
    ],
)
def test_passes_are_counted_and_none_is_drawn_that_nobody_sees(
    use: Callable[..., ShaderUse], target: moderngl.Framebuffer, passes: list[dict[str, object]], wanted: int
) -> None:
    shader = use(isf(MAIN, PASSES=passes))
    shader.draw(target, Moment(0.0))
    assert shader.pass_count == wanted


@pytest.mark.parametrize(
    ("passes", "wanted"),
    [
        ([{"TARGET": "a"}, {}], 1),
        ([{"TARGET": "a"}, {"TARGET": "b", "WIDTH": "2"}], 1),
        ([{"TARGET": "a"}, {"TARGET": "b", "PERSISTENT": True}], 2),
    ],
)
def test_of_a_step_that_nobody_sees_the_last_pass_is_drawn_where_it_lasts(
    use: Callable[..., ShaderUse], target: moderngl.Framebuffer, passes: list[dict[str, object]], wanted: int
) -> None:
    shader = use(isf(MAIN, PASSES=passes))
    shader.draw(target, Moment(0.0), is_seen=False)
    assert shader.pass_count == wanted


@pytest.mark.parametrize("where", ["engine.gl.shader_program.still_texture", "engine.gl.shader_store.ShaderUse.draw"])
def test_a_driver_without_memory_leaves_nothing_behind(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    released: list[ShaderProgram] = []
    release = ShaderProgram.release

    def noted(program: ShaderProgram) -> None:
        released.append(program)
        release(program)

    def fail(*_: object, **__: object) -> None:
        raise moderngl.Error("out of memory")

    source = parse_isf(isf(MAIN, IMPORTED={"a": {"PATH": "a.png"}}), "x.fs")
    source = replace(source, imported=(replace(source.imported[0], pixels=np.zeros((2, 2, 4), np.uint8)),))
    targets = TargetPool(context, (WIDTH, HEIGHT))
    store = ShaderStore(context, targets, Figures())
    monkeypatch.setattr(ShaderProgram, "release", noted)
    monkeypatch.setattr(where, fail)
    with pytest.raises(moderngl.Error, match="out of memory"):
        store.stage("x", source.as_shader("x"), source)
    assert len(released) == 1
    targets.release()


def test_uses_of_one_program_remember_apart(use: Callable[..., ShaderUse], target: moderngl.Framebuffer) -> None:
    body = "void main() { gl_FragColor = IMG_THIS_PIXEL(memory) + vec4(10.0 / 255.0); }"
    first = use(isf(body, PASSES=[{"TARGET": "memory", "PERSISTENT": True}]))
    second = ShaderUse(first.program)
    for shader, wanted in ((first, 10), (first, 20), (second, 10), (first, 30)):
        shader.draw(target, Moment(0.0))
        assert pixels_of(target)[0, 0, 0] == wanted
    first.forget()
    first.draw(target, Moment(0.0))
    assert pixels_of(target)[0, 0, 0] == 10
    second.release()


def test_a_shader_reads_smoothly_whatever_the_texture_is_set_to(
    draw: Draw, picture: Callable[[Pixels], moderngl.Texture]
) -> None:
    given = picture(np.array([[[0, 0, 0, 255], [200, 200, 200, 255]]], np.uint8))
    given.filter = (moderngl.NEAREST, moderngl.NEAREST)
    given.repeat_x = True
    text = isf(
        "void main() { gl_FragColor = IMG_NORM_PIXEL(x, vec2(AT, 0.5)); }", INPUTS=[{"NAME": "x", "TYPE": "image"}]
    )
    assert draw(text.replace("AT", "0.5"), {"inputs": {"x": given}})[0, 0, 0] == 100
    assert draw(text.replace("AT", "1.5"), {"inputs": {"x": given}})[0, 0, 0] == 200
    assert given.filter == (moderngl.NEAREST, moderngl.NEAREST)
