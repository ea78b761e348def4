"""GLSL written for other compilers, made such that GLSL 3.30 core takes it: word for word, line for line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.formats.isf.glsl import adapted, glsl_name
from engine.formats.isf.words import pieces_of, words_of


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("gl_FragColor.rgb = c;", "isf_colours[0].rgb = c;"),
        ("gl_FragData[0] = c;", "isf_colours[0] = c;"),
        ("vec2 p = gl_FragCoord.xy;", "vec2 p = isf_fragment().xy;"),
        ("varying vec2 place;", "in vec2 place;"),
        ("vec2 p = vv_FragNormCoord;", "vec2 p = isf_FragNormCoord;"),
        ("IMG_PIXEL(inputImage, p)", "isf_pixel(inputImage, p)"),
        ("IMG_PIXEL( buf, p)", "isf_own_pixel( buf, p)"),
        ("texture2D(buf, p)", "isf_own_norm_pixel(buf, p)"),
        ("texture2DRect(inputImage, p)", "isf_pixel(inputImage, p)"),
        ("texture(inputImage, p)", "isf_norm_pixel(inputImage, p)"),
        ("float texture = 1.0;", "float texture = 1.0;"),
        ("IMG_SIZE(buf)", "isf_size(buf)"),
        ("_inputImage_imgSize.x", "isf_size(inputImage).x"),
        ("_inputImage_imgRect.zw", "vec4(0.0, 0.0, isf_size(inputImage)).zw"),
        ("float sample = input.x + filter;", "float isf_named_sample = isf_named_input.x + isf_named_filter;"),
        ("float smooth = 1.0;", "float isf_named_smooth = 1.0;"),
        ("smooth in vec2 a;", "smooth in vec2 a;"),
        ("float default = case;", "float isf_named_default = isf_named_case;"),
        ("switch (x) { case 1: break; default: break; }", "switch (x) { case 1: break; default: break; }"),
        ("mix(a, b, length) + length * step(a, b)", "mix(a, b, isf_named_length) + isf_named_length * step(a, b)"),
        ("float mix = mix(a, b, 0.5);", "float mix = mix(a, b, 0.5);"),
        ("float a__b;", "float isf_named_a__b;"),
        ("#version 120\nfloat a;", "float a;"),
        ("\n\t#version 120\n  #define A IMG_PIXEL\nA(buf, p)", "#define A IMG_PIXEL isf_own_pixel(buf, p)"),
        ("# extension GL_X : require\nfloat a;", "float a;"),
        ("#if __VERSION__ > 120\n#endif", "#if __VERSION__ > 120 #endif"),
        ("#define AT(p) IMG_NORM_PIXEL(buf, p)", "#define AT(p) isf_own_norm_pixel(buf, p)"),
        ("uniform float TIME; uniform vec2 RENDERSIZE;", ""),
        ("uniform highp float level;\nfloat a;", "float a;"),
        ("uniform float other;", "uniform float other;"),
        ("varying vec2 isf_FragNormCoord;", ""),
        ("out vec4 colour; void main() { colour = c; }", "void main() { isf_colours[0] = c; }"),
        ("layout(location = 0) out highp vec4 o; void main() { o = c; }", "void main() { isf_colours[0] = c; }"),
        ("layout(location = 0) in vec4 a; layout", "layout(location = 0) in vec4 a; layout"),
        ("#line 99\nfloat a;", "float a;"),
        ("void f(out vec4 colour) {}", "void f(out vec4 colour) {}"),
        ("float f() { return 0; }", "float f() { return 0.0; }"),
        ("float f() { return pow(a, 3.0); }", "float f() { return isf_pow(a, 3.0); }"),
        ("float f(const float a) { return pow(a, 3.0); }", "float f(const float a) { return isf_pow(a, 3.0); }"),
        ("void f() { const float a = pow(2., 3.); }", "void f() { const float a = pow(2., 3.); }"),
        ("const float a = pow(2., 3.);", "const float a = pow(2., 3.);"),
        ("float pow(int a) { return pow(a, 3.0); }", "float pow(int a) { return pow(a, 3.0); }"),
        ("float f() { if (A) { return -1; } return 2.; }", "float f() { if (A) { return -1.0; } return 2.; }"),
        ("int f() { return 0; }", "int f() { return 0; }"),
        ("float f() { return n[0]; }", "float f() { return n[0]; }"),
        ("float f(int a) { return a ? 1 : a * 2; }", "float f(int a) { return float(a ? 1 : a * 2); }"),
        ("float f(int a) { return f(a); }", "float f(int a) { return f(a); }"),
        ("float f(vec2 a) { return a.x * .5; }", "float f(vec2 a) { return a.x * .5; }"),
        ("float f() { return\n#ifdef A\na;\n#else\nb;\n#endif\n}", "float f() { return #ifdef A a; #else b; #endif }"),
        ("#define tex texture2D\ntex(buf, p); tex(inputImage, p)",
         "#define tex texture2D isf_own_norm_pixel(buf, p); isf_norm_pixel(inputImage, p)"),
        ("#define A IMG_PIXEL\n#define B A\n#define C(p) B(buf, p)",
         "#define A IMG_PIXEL #define B A #define C(p) isf_own_pixel(buf, p)"),
        ("#ifdef A\n#define tex texture2D\n#else\n#define tex(s, p) mine(p)\n#endif\ntex(buf, p)",
         "#ifdef A #define tex texture2D #else #define tex(s, p) mine(p) #endif tex(buf, p)"),
        ("texture2D((buf), p)", "isf_own_norm_pixel((buf), p)"),
        ("textureGrad(buf, p, a, b)", "isf_own_gradient(buf, p, a, b)"),
        ("texture2DProj(inputImage, p)", "isf_projected(inputImage, p)"),
        ("textureOffset(inputImage, p, ivec2(1, 0))", "isf_offset(inputImage, p, ivec2(1, 0))"),
        ("float f(vec2 p, sampler2D s) { return texture2D(s, p).a; } f(p, buf) + f(p, inputImage)",
         "float f(vec2 p, sampler2D s) { return isf_norm_pixel(s, p).a; }"
         " float isf_mine_f(vec2 p, sampler2D s) { return isf_own_norm_pixel(s, p).a; }"
         " isf_mine_f(p, buf) + f(p, inputImage)"),
        ("float f(const in sampler2D s);\nfloat g(sampler2D t) {\nreturn f(t);\n}",
         "float f(const in sampler2D s); float isf_mine_f(const in sampler2D s);"
         " float g(sampler2D t) { return f(t); } float isf_mine_g(sampler2D t) { return isf_mine_f(t); }"),
        ("float f(sampler2D s); float f(vec2 p, sampler2D s); float f(vec2 p);"
         " f(buf) + f(p, buf) + f(p, inputImage) + f(p)",
         "float f(sampler2D s); float isf_mine_f(sampler2D s);"
         " float f(vec2 p, sampler2D s); float isf_mine_f(vec2 p, sampler2D s);"
         " float f(vec2 p); isf_mine_f(buf) + isf_mine_f(p, buf) + f(p, inputImage) + f(p)"),
        ("float f(sampler2D s) {\n#ifdef A\n#endif\n}", "float f(sampler2D s) { #ifdef A #endif }"),
        ("const float a = 2.0 * PI;", "float a = 2.0 * PI;"),
        ("#define PI 3.14\nconst float a = 2.0 * PI;", "#define PI 3.14 const float a = 2.0 * PI;"),
        ("#define T TIME\nconst float a = T;", "#define T TIME float a = T;"),
        ("const float a = TIME, b = 1.0;", "float a = TIME, b = 1.0;"),
        ("const int n = 1; const float a[n] = float[n](1.);", "const int n = 1; const float a[n] = float[n](1.);"),
        ("const vec2 a = vec2(1.0); const float b = a.x;", "const vec2 a = vec2(1.0); const float b = a.x;"),
        ("const vec2 a = vec2(TIME); const float b = a.x;", "vec2 a = vec2(TIME); float b = a.x;"),
        ("float f(const in vec2 a) { return a.x; }", "float f(const in vec2 a) { return a.x; }"),
        ("float a\u00a0=\u200b1.0; // caf\u00e9", "float a = 1.0;"),
    ],
)  # fmt: skip
def test_words(written: str, wanted: str) -> None:
    found = adapted(written, {"level", "buf", "inputImage", "length"}, {"buf"})
    assert plain(found) == wanted
    assert found.count("\n") == written.count("\n")


def test_a_file_without_pictures_of_its_own_has_its_functions_once() -> None:
    assert "isf_mine" not in adapted("float f(sampler2D s) { return texture2D(s, p).a; }", {"inputImage"}, ())


@pytest.mark.parametrize(
    "text", ["float f(){return ", "texture2D(", "f(sampler2D a) ", "vec4 f(", "float f(sampler2D s){"]
)
def test_text_without_end_is_rewritten_in_one_go(text: str) -> None:
    """A mebibyte of it: were each piece looked at anew from every other, it would take hours."""
    written = text * ((1 << 17) // len(text))
    assert len(adapted(written, {"buf"}, {"buf"})) >= len(written)


def test_a_vertex_shader_gives_what_varies() -> None:
    assert plain(adapted("varying vec2 a; attribute vec4 b;", (), (), is_vertex=True)) == "out vec2 a; in vec4 b;"


def test_names_of_inputs_and_their_uses_agree() -> None:
    for name in ("sample", "default", "smooth", "a__b", "level"):
        assert adapted(name, {name}, ()) == glsl_name(name)


def test_a_directive_that_goes_on_in_the_next_line() -> None:
    written = "#define TWO(a) a + \\  \n\ta /* twice */\nTWO(x)"
    assert adapted("#define TWO(a) a + \\\n\ta /* twice */\nTWO(x)", (), ()).split("\n")[0].endswith("\\")
    assert adapted(written, (), ()).count("\n") == 2


def test_words_in_comments_are_not_words() -> None:
    assert words_of("a /* b */ // c\n#define d e // f\n.5e3 g2") == {"a", "define", "d", "e", "g2"}


GLSL = st.lists(
    st.sampled_from(
        ["\n", " ", "#", "#define X ", "/*", "*/", "//", "\\\n", "{", "}", "(", ")", ";", "const ", "float ", "x", "=",
         "return ", "1", "uniform ", "out ", "vec4 ", "IMG_PIXEL", "buf", ",", "TIME", "\r", "é", '"']
    ),
    max_size=60,
).map("".join)  # fmt: skip


@given(GLSL)
def test_no_text_loses_a_piece_or_moves_a_line(text: str) -> None:
    assert "".join(piece.text for piece in pieces_of(text)) == text
    assert adapted(text, {"buf"}, {"buf"}).count("\n") == text.count("\n")
