"""What an ISF file's header says, and what is wrong with it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.errors import ShaderError
from engine.formats.isf import Isf, IsfPass, parse_isf, read_isf
from engine.model.shaders import InputType, ShaderInput, ShaderKind
from tests.isf_support import MAIN, isf, write_png


def test_a_header_in_full() -> None:
    text = isf(
        DESCRIPTION="Waves",
        CREDIT="somebody",
        CATEGORIES=["Generator", "Water"],
        INPUTS=[
            {"NAME": "speed", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0, "MAX": 2, "IDENTITY": 0, "LABEL": "Speed"},
            {"NAME": "on", "TYPE": "bool", "DEFAULT": 1},
            {"NAME": "mode", "TYPE": "long", "DEFAULT": 2, "VALUES": [1, 2], "LABELS": ["one", "two"]},
            {"NAME": "tint", "TYPE": "color", "DEFAULT": [1, 0, 0, 1], "MIN": [0, 0, 0, 0], "MAX": [1, 1, 1, 0.5]},
            {"NAME": "plain", "TYPE": "color", "DEFAULT": [1, 0, 0]},
            {"NAME": "centre", "TYPE": "point2D", "MIN": [-1, 0], "MAX": [1, 1]},
            {"NAME": "inputImage", "TYPE": "image", "DEFAULT": None},
            {"NAME": "hit", "TYPE": "event"},
            {"NAME": "wave", "TYPE": "audio", "MAX": 64},
            {"NAME": "bands", "TYPE": "audioFFT"},
        ],
        PASSES=[{"TARGET": "small", "WIDTH": "$WIDTH/4", "PERSISTENT": True, "FLOAT": True}, {}],
    )
    found = parse_isf(text, "waves.fs")
    assert found.inputs == (
        ShaderInput("speed", InputType.FLOAT, 0.5, 0.0, 2.0, "Speed"),
        ShaderInput("on", InputType.BOOL, True),
        ShaderInput("mode", InputType.LONG, 2, choices=(("one", 1), ("two", 2))),
        ShaderInput("tint", InputType.COLOR, (1.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0), (1.0, 1.0, 1.0, 0.5)),
        ShaderInput("plain", InputType.COLOR, (1.0, 0.0, 0.0, 1.0)),
        ShaderInput("centre", InputType.POINT2D, (0.0, 0.0), (-1.0, 0.0), (1.0, 1.0)),
        ShaderInput("inputImage", InputType.IMAGE, None),
        ShaderInput("hit", InputType.EVENT, False),
        ShaderInput("wave", InputType.AUDIO, None),
        ShaderInput("bands", InputType.AUDIO_FFT, None),
    )
    assert found.passes == (IsfPass("small", "$WIDTH/4", "$HEIGHT", True, True), IsfPass())
    assert (found.description, found.credit, found.categories) == ("Waves", "somebody", ("Generator", "Water"))
    assert found.targets == ("small",)
    assert found.sample_counts == {"wave": 64}
    assert [one.name for one in found.audio_inputs] == ["wave", "bands"]
    assert text.splitlines()[found.body_line :] == MAIN.splitlines()


def test_a_header_with_nothing_in_it_is_one_pass() -> None:
    assert parse_isf(isf()).passes == parse_isf(isf(INPUTS=None, PASSES=[], IMPORTED={})).passes == (IsfPass(),)


@pytest.mark.parametrize(
    "text",
    [
        '\n\n  /*{"DESCRIPTION": "found"}*/\nMAIN',
        '\ufeff/*\n\t{"DESCRIPTION": "found"}\n*/\nMAIN',
        '// made by a program\n/* (c) somebody */\n/*{"DESCRIPTION": "found"}*/\nMAIN',
        '/*{"DESCRIPTION": "found", "CREDIT": "a tab\tand\na line, then http://*/not.the.end"}*/\nMAIN',
        '/*{"DESCRIPTION": "found"}\n// and what somebody noted\n*/\nMAIN',
        '/*\r\n{"DESCRIPTION": "found"}\r\n*/\r\nMAIN',
        '#version 120\n#ifdef GL_ES\nprecision mediump float;\n#endif\n/*{"DESCRIPTION": "found"}*/\nMAIN',
    ],
)
def test_headers_as_real_files_have_them(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.fs"
    text = text.replace("MAIN", MAIN.strip())
    file.write_bytes(text.encode())
    found = read_isf(file)
    assert found.description == "found"
    assert found.body == f"\n{MAIN.strip()}"
    lines = text.replace("\r\n", "\n").split("\n")
    assert lines[found.body_line] == MAIN.strip(), "body_line is the line that the header ends in"


def test_old_files_in_latin_1_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.fs").write_bytes(isf("// \xa9 somebody\n" + MAIN).encode("latin-1"))
    assert "© somebody" in read_isf(tmp_path / "x.fs").body


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_text_as_editors_write_it(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "x.fs").write_bytes(f'/*{{"DESCRIPTION": "été"}}*/\n{MAIN}'.encode(encoding))
    assert read_isf(tmp_path / "x.fs").description == "été"


def test_text_for_people_holds_nothing_that_a_terminal_obeys() -> None:
    entry = {"NAME": "x", "TYPE": "long", "LABEL": "\ud800a\x1b[31m", "LABELS": ["b\x07"]}
    found = parse_isf(isf(INPUTS=[entry], DESCRIPTION="first\n\x1bsecond", CATEGORIES=["\udfff"], CREDIT="é\x9b"))
    assert (found.description, found.credit, found.categories) == ("first\n?second", "é?", ("?",))
    assert (found.inputs[0].label, found.inputs[0].choices) == ("?a?[31m", (("b?", 0),))


@pytest.mark.parametrize(
    ("entry", "default"),
    [
        ({"TYPE": "float"}, 0.5),
        ({"TYPE": "float", "MIN": 2, "MAX": 4}, 3.0),
        ({"TYPE": "float", "MIN": -4, "MAX": -2}, -3.0),
        ({"TYPE": "float", "MIN": 4, "MAX": 2}, 3.0),  # the wrong way round
        ({"TYPE": "float", "MIN": 2}, 2.0),
        ({"TYPE": "long", "VALUES": [3, 5], "LABELS": ["a", "b"]}, 3),
        ({"TYPE": "float", "DEFAULT": 9, "MIN": 0, "MAX": 1}, 9.0),
        ({"TYPE": "long", "MIN": 1}, 1),
        ({"TYPE": "point2D", "MIN": [0.5, -1], "MAX": [1, -0.5]}, (0.5, -0.5)),
        ({"TYPE": "bool", "DEFAULT": 0.0}, False),
        ({"TYPE": "bool", "DEFAULT": "TRUE"}, True),
        ({"TYPE": "bool", "DEFAULT": "false"}, False),
        ({"TYPE": "float", "DEFAULT": True}, 1.0),
    ],
)
def test_defaults(entry: dict[str, object], default: object) -> None:
    (found,) = parse_isf(isf(INPUTS=[{"NAME": "x", **entry}])).inputs
    assert found.default == default
    if isinstance(found.minimum, float) and isinstance(found.maximum, float):
        assert found.minimum <= found.maximum


def test_labels_without_values_count_from_zero() -> None:
    (found,) = parse_isf(isf(INPUTS=[{"NAME": "x", "TYPE": "long", "LABELS": ["a", "b"]}])).inputs
    assert found.choices == (("a", 0), ("b", 1))


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ({}, ShaderKind.GENERATOR),
        ({"picture": "image"}, ShaderKind.GENERATOR),
        ({"inputImage": "image"}, ShaderKind.FILTER),
        ({"inputImage": "float"}, ShaderKind.GENERATOR),
        ({"startImage": "image", "endImage": "image"}, ShaderKind.GENERATOR),
        ({"startImage": "image", "endImage": "image", "progress": "float"}, ShaderKind.TRANSITION),
    ],
)
def test_what_a_shader_is_for(names: dict[str, str], kind: ShaderKind) -> None:
    assert parse_isf(isf(INPUTS=[{"NAME": name, "TYPE": kind} for name, kind in names.items()])).kind is kind


def test_what_the_rest_of_the_engine_is_told() -> None:
    shader = parse_isf(isf("// TIME\n" + MAIN, DESCRIPTION="still"), "a/b.fs").as_shader("B")
    assert (shader.name, shader.file, shader.description) == ("B", Path("a/b.fs"), "still")
    assert not shader.uses_time
    assert not shader.has_memory
    for word in ("TIME", "TIMEDELTA", "DATE", "FRAMEINDEX"):
        assert parse_isf(isf(f"#define NOW float({word})\n" + MAIN)).uses_time, word
    assert parse_isf(isf(PASSES=[{"TARGET": "a", "PERSISTENT": 1}, {}])).as_shader("x").has_memory


def test_version_1_has_its_persistent_buffers_apart() -> None:
    passes = [{"TARGET": "kept"}, {"TARGET": "passing"}, {}]
    named = parse_isf(isf(PERSISTENT_BUFFERS=["kept"], PASSES=passes))
    assert named.passes == (IsfPass("kept", persistent=True), IsfPass("passing"), IsfPass())
    sized = parse_isf(
        isf(PERSISTENT_BUFFERS={"kept": {"WIDTH": "$WIDTH/2", "HEIGHT": 4, "FLOAT": True}}, PASSES=passes)
    )
    assert sized.passes[0] == IsfPass("kept", "$WIDTH/2", "4", persistent=True, is_float=True)


def test_a_target_of_several_passes_lasts_and_is_float_in_all_of_them() -> None:
    passes = [{"TARGET": "a"}, {"TARGET": "a", "PERSISTENT": "true", "FLOAT": 1}, {"TARGET": "b"}]
    first, second, third = parse_isf(isf(PASSES=passes)).passes
    assert first == second == IsfPass("a", persistent=True, is_float=True)
    assert third == IsfPass("b")


def read(folder: Path, text: str) -> Isf:
    (folder / "x.fs").write_text(text)
    return read_isf(folder / "x.fs")


@pytest.mark.parametrize("imported", [{"noise": {"PATH": "./noise.png"}}, [{"NAME": "noise", "PATH": "noise.png"}]])
def test_imported_pictures_are_read(tmp_path: Path, imported: object) -> None:
    write_png(tmp_path / "noise.png", [[(255, 0, 0, 255), (0, 255, 0, 128)]])
    (found,) = read(tmp_path, isf(IMPORTED=imported)).imported
    assert found.name == "noise"
    assert found.pixels is not None
    assert found.pixels.tolist() == [[[255, 0, 0, 255], [0, 255, 0, 128]]]


@pytest.mark.parametrize(
    "path",
    ["../secret.png", "/etc/passwd", "sub/../../secret.png", "link.png", "away/secret.png", "circle.png", "\ud800.png"],
)
def test_an_imported_picture_stays_beside_its_shader(tmp_path: Path, path: str) -> None:
    (tmp_path / "shaders").mkdir()
    write_png(tmp_path / "secret.png", [[(1, 2, 3, 255)]])
    (tmp_path / "shaders" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "shaders" / "away").symlink_to(tmp_path)
    (tmp_path / "shaders" / "circle.png").symlink_to("circle.png")
    with pytest.raises(ShaderError, match="lies outside the shader's folder"):
        read(tmp_path / "shaders", isf(IMPORTED={"noise": {"PATH": path}}))


@pytest.mark.parametrize("content", [None, b"", b"no picture at all", b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_an_imported_picture_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "noise.png").write_bytes(content)
    with pytest.raises(ShaderError, match=r"the picture noise .*\(noise\.png\)") as caught:
        read(tmp_path, '/*{"IMPORTED": {\n"noise": {"PATH": "noise.png"}}}*/\n' + MAIN)
    assert caught.value.subject == f"{tmp_path / 'x.fs'}:2"


def test_imported_pictures_have_a_size_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.formats.isf.pictures._LARGEST_SUM_PX", 5)
    write_png(tmp_path / "noise.png", [[(1, 2, 3, 255)] * 2])
    imported = {f"p{i}": {"PATH": "noise.png"} for i in range(4)}
    with pytest.raises(ShaderError, match="more than 5 pixels together") as caught:
        read(tmp_path, "/*" + json.dumps({"IMPORTED": imported}).replace('"p', '\n"p') + "*/" + MAIN)
    assert caught.value.subject == f"{tmp_path / 'x.fs'}:4"


@pytest.mark.parametrize("path", ["pipe.png", "playlist.png", "concat:{}/secret.png", "n" * 5000, "missing.png", "."])
def test_an_imported_picture_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    write_png(tmp_path / "secret.png", [[(1, 2, 3, 255)]])
    (tmp_path / "shaders").mkdir()
    monkeypatch.chdir(tmp_path / "shaders")  # a relative path must be no address of FFmpeg's
    os.mkfifo("pipe.png")
    Path("playlist.png").write_text(f"ffconcat version 1.0\nfile '{tmp_path}/secret.png'\n")
    with pytest.raises(ShaderError, match=r"the picture noise (is not a file|cannot be read)"):
        read(Path(), isf(IMPORTED={"noise": {"PATH": path.format(tmp_path)}}))


def test_a_vertex_shader_lies_beside_its_shader(tmp_path: Path) -> None:
    assert read(tmp_path, isf()).vertex == ""
    (tmp_path / "x.vert").write_text("// an older ending\nvoid main() { isf_vertShaderInit(); }")
    assert read(tmp_path, isf()).vertex_file == str(tmp_path / "x.vert")
    longest = tmp_path / f"{'n' * 252}.fs"  # no vertex shader can have such a name
    longest.write_text(isf())
    assert read_isf(longest).vertex == ""
    (tmp_path / "x.vs").write_text("void main() { isf_vertShaderInit(); }")
    found = read(tmp_path, isf())
    assert "isf_vertShaderInit" in found.vertex
    assert found.vertex_file == str(tmp_path / "x.vs")


def entry(**settings: object) -> str:
    return '/*{"INPUTS": [\n' + json.dumps({"NAME": "x", **settings}) + "]}*/"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (MAIN, 1, "no ISF header"),
        ("", 1, "no ISF header"),
        (MAIN + "/*{}*/", 1, "no ISF header"),
        ('/*{\n "INPUTS": [,]\n}*/', 2, "not JSON"),
        ('/*{"DESCRIPTION":\n"no end}*/', 2, "not JSON"),
        ('/*{"DESCRIPTION": "no end"}', 1, "comment has no end"),
        ("/*" + '{"a":[' * 100_000, 1, "not JSON"),
        ('/*{"a": ' + "9" * 5000 + "}*/", 1, "not JSON"),
        ("/*[]*/", 1, "not a JSON object"),
        ('/*{\n"INPUTS": 3}*/', 2, "list of objects"),
        ('/*{\n"INPUTS": ["x"]}*/', 2, "list of objects"),
        ('/*{\n"PASSES": {"a": 1}}*/', 2, "list of objects"),
        ('/*{\n"PERSISTENT_BUFFERS": 3}*/', 2, "object of objects"),
        ('/*{\n"PERSISTENT_BUFFERS": [3]}*/', 2, "object of objects"),
        ('/*{\n"IMPORTED": "noise.png"}*/', 2, "object of objects"),
        ('/*{"IMPORTED": {\n"noise": {"PATH": 3}}}*/', 2, "has the PATH 3"),
        ('/*{"IMPORTED": {\n"noise": {}}}*/', 2, "has the PATH None"),
        ('/*{"IMPORTED": {\n"a b": {"PATH": "x.png"}}}*/', 2, "named 'a b'"),
        (entry(TYPE="flaot"), 2, "type 'flaot'"),
        (entry(), 2, "type None"),
        (entry(TYPE=["float"]), 2, "type ['float']"),
        (entry(TYPE="audioFFT", MAX=0), 2, "wants 0 samples"),
        (entry(TYPE="audio", MAX=10**9), 2, "wants 1000000000 samples"),
        ('/*{"INPUTS": [\n{"NAME": "a;b", "TYPE": "float"}]}*/', 2, "named 'a;b'"),
        ('/*{"INPUTS": [\n{"NAME": "gl_x", "TYPE": "float"}]}*/', 2, "named 'gl_x'"),
        ('/*{\n"INPUTS": [{"NAME": 3, "TYPE": "float"}]}*/', 2, "named 3"),
        ('/*{\n"INPUTS": [{"TYPE": "float"}]}*/', 2, "named ''"),
        (entry(TYPE="color", DEFAULT=[1, 2]), 2, "value [1, 2]"),
        (entry(TYPE="color", DEFAULT="red"), 2, "value 'red'"),
        (entry(TYPE="color", MIN=0), 2, "value 0"),
        (entry(TYPE="point2D", DEFAULT=[1, "2"]), 2, "value [1, '2']"),
        (entry(TYPE="point2D", DEFAULT={"x": 1}), 2, "value {'x': 1}"),
        (entry(TYPE="float", MAX="much"), 2, "value 'much'"),
        (entry(TYPE="float", DEFAULT=[1]), 2, "value [1]"),
        (entry(TYPE="float", DEFAULT=float("nan")), 2, "value nan"),
        (entry(TYPE="float", DEFAULT=10**400), 2, "the input x has the value 1000"),
        (entry(TYPE="float", DEFAULT=1e39), 2, "value 1e+39"),
        (entry(TYPE="color", MAX=[1e300, 1, 1, 1]), 2, "value [1e+300, 1, 1, 1]"),
        (entry(TYPE="long", DEFAULT=1 << 31), 2, "value 2147483648"),
        (entry(TYPE="long", VALUES=[1 << 40], LABELS=["a"]), 2, "a value above 2147483647"),
        *(
            ('/*{"INPUTS": [\n' + json.dumps({"NAME": name, "TYPE": "float"}) + "]}*/", 2, f"named {name!r}")
            for name in ("TIME", "RENDERSIZE", "main", "vec2", "if", "in", "x\n")
        ),
        (entry(TYPE="bool", DEFAULT="yes"), 2, "value 'yes'"),
        (entry(TYPE="long", DEFAULT=[]), 2, "value []"),
        (entry(TYPE="event", DEFAULT="now"), 2, "value 'now'"),
        (entry(TYPE="long", VALUES=[1], LABELS=["a", "b"]), 2, "do not match"),
        (entry(TYPE="long", VALUES=["1"], LABELS=["a"]), 2, "do not match"),
        (entry(TYPE="long", VALUES=3, LABELS=["a"]), 2, "do not match"),
        (entry(TYPE="long", VALUES={"a": 1}), 2, "do not match"),
        ('/*{"INPUTS": [{"NAME": "a", "TYPE": "float"},\n{"NAME": "a", "TYPE": "bool"}]}*/', 1, "declared twice"),
        ('/*{"INPUTS": [{"NAME": "a", "TYPE": "float"}],\n"PASSES": [{"TARGET": "a"}]}*/', 1, "declared twice"),
        ('/*{"PASSES": [{"TARGET": "a"}],\n"IMPORTED": {"a": {"PATH": "x.png"}}}*/', 1, "declared twice"),
        ('/*{"PASSES": [\n{"TARGET": "a b"}]}*/', 2, "target 'a b'"),
        ('/*{"PASSES": [\n{"TARGET": ["a"]}]}*/', 1, "target ['a']"),
        ('/*{"PASSES": [\n{"WIDTH": "$WIDTH /"}]}*/', 2, "not arithmetic"),
        ('/*{"PASSES": [\n{"TARGET": "a", "WIDTH": [3]}]}*/', 2, "WIDTH of a pass is [3]"),
        ('/*{"PASSES": [\n{"TARGET": "a", "HEIGHT": "$nobody"}]}*/', 2, "there is no $nobody"),
        ('/*{"PASSES": [\n{"TARGET": "a", "WIDTH": "1e9"}]}*/', 2, "wants 1000000000 × 1080 pixels"),
        ('/*{"PASSES": [\n{"TARGET": "a", "WIDTH": 16000, "HEIGHT": 16000}]}*/', 1, "wants 16000 × 16000 pixels"),
        ('/*{"PASSES": [\n{"TARGET": "a", "WIDTH": "$WIDTH*1e300*1e300"}]}*/', 2, "no finite value"),
        (isf(PASSES=[{"TARGET": f"t{i}", "WIDTH": "5000", "HEIGHT": "5000"} for i in range(40)]), 5, "together"),
        (isf(PASSES=[{}] * 101), 2, "101 passes"),
        (isf(IMPORTED={f"p{i}": {"PATH": "x.png"} for i in range(17)}), 2, "imports 17 pictures"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ShaderError) as caught:
        parse_isf(text, "x.fs")
    assert caught.value.subject == f"x.fs:{line}"
    assert what in caught.value.what


@pytest.mark.parametrize("ending", [".fs", ".vs"])
def test_each_stage_has_a_main(tmp_path: Path, ending: str) -> None:
    (tmp_path / "x.fs").write_text(isf())
    (tmp_path / f"x{ending}").write_text(isf("vec4 colour() { return vec4(1.0); }"))
    with pytest.raises(ShaderError, match="has no function main") as caught:
        read_isf(tmp_path / "x.fs")
    assert caught.value.subject == str(tmp_path / f"x{ending}")


@pytest.mark.parametrize("comment", ["/* on\nand on", "/*/"])
def test_a_comment_that_takes_all_that_follows(tmp_path: Path, comment: str) -> None:
    with pytest.raises(ShaderError, match="a comment has no end") as caught:
        read(tmp_path, f"/*{{}}*/\n{MAIN}{comment}\n{MAIN}")
    assert caught.value.subject == f"{tmp_path / 'x.fs'}:3"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = """/*{"INPUTS": [
        {"NAME": "a", "TYPE": "flaot"},
        {"NAME": "b c", "TYPE": "bool"},
        {"NAME": "d", "TYPE": "audio", "MAX": 0},
        {"NAME": "e", "TYPE": "bool"}],
    "PASSES": [{"TARGET": "e"}, {"TARGET": "x y"}],
    "IMPORTED": {
        "n": {"PATH": "../x.png"},
        "m": {"PATH": "m.png"}}
    }*/"""
    with pytest.raises(ShaderError) as caught:
        read(tmp_path, text)
    assert caught.value.subject == f"{tmp_path / 'x.fs'}:2"
    words = [
        "'flaot'",
        "; line 3: an input is named 'b c'",
        "; line 6: a pass has the target 'x y'",
        "line 8: the picture n",
    ]
    words += ["line 5: e is declared twice", "line 4: the input d wants 0", "line 9: the picture m is not a file"]
    for word in words:
        assert word in caught.value.what
    assert "Types are float" in caught.value.mend
    assert "Put it beside the shader." in caught.value.mend


def test_sizes_that_make_no_sense_are_told_at_once() -> None:
    with pytest.raises(ShaderError, match=r"there is no \$a.*; line 1: the size '/'.*; line 1: a pass wants"):
        parse_isf('/*{"PASSES": [{"WIDTH": "$a"}, {"HEIGHT": "/"}, {"WIDTH": "1e9"}]}*/')


def test_of_very_many_mistakes_ten_are_told() -> None:
    with pytest.raises(ShaderError, match=r"and 40 more\."):
        parse_isf(isf(INPUTS=[{"NAME": f"x{i}", "TYPE": "flaot"} for i in range(50)]), "x.fs")


def test_what_is_not_json_is_shown() -> None:
    with pytest.raises(ShaderError, match=r'in double quotes.*: \{"NAME": "a",\},\?') as caught:
        parse_isf('/*{"INPUTS": [\n{"NAME": "a",},\x1b\n]}*/', "x.fs")
    assert caught.value.subject == "x.fs:2"


def test_a_file_that_is_not_there_or_is_not_text(tmp_path: Path) -> None:
    binary, large = tmp_path / "binary.fs", tmp_path / "large.fs"
    binary.write_bytes(b"\x7fELF\x00\x01" * 9)
    large.write_bytes(b" " * (3 << 20))
    for file in (tmp_path / "nothing.fs", tmp_path, binary, large):
        with pytest.raises(ShaderError, match="cannot be read"):
            read_isf(file)
