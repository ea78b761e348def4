"""Shaders by name: the show's own, the shipped ones, and what may not be had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import ShaderError
from engine.formats.shader_files import ShaderFiles, parts_of, read_shader, shader_files
from engine.model.shaders import ShaderKind
from engine.shipped import shipped

GENERATOR = '/*{"ISFVSN": "2"}*/\nvoid main() { gl_FragColor = vec4(1.0); }\n'
TRANSITION = "vec4 transition(vec2 uv) { return getFromColor(uv); }\n"


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """A show's folder with a few shaders."""
    folder = tmp_path / "show"
    texts = {
        "shaders/Color Controls.fs": GENERATOR,
        "shaders/foreign/VVMotionBlur 3.0.fs": GENERATOR,
        "shaders/foreign/Rotate.fs": GENERATOR,
        "shaders/foreign/Rotate.vs": "void main() { isf_vertShaderInit(); }",
        "shaders/swap.glsl": TRANSITION,
        "shaders/a/twice.fs": GENERATOR,
        "shaders/b/twice.glsl": TRANSITION,
        "shaders/clouds.isf": GENERATOR,
        "shaders/.hidden.fs": GENERATOR,
        "looks/apart.frag": GENERATOR,
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Color Controls", "shaders/Color Controls.fs"),
        ("VVMotionBlur 3.0", "shaders/foreign/VVMotionBlur 3.0.fs"),
        ("swap", "shaders/swap.glsl"),
        ("shaders/Color Controls.fs", "shaders/Color Controls.fs"),
        ("looks/apart.frag", "looks/apart.frag"),
        ("shaders/b/twice.glsl", "shaders/b/twice.glsl"),
    ],
)
def test_a_shader_of_the_show(show: Path, name: str, wanted: str) -> None:
    assert ShaderFiles(show).find(name) == show / wanted


def test_the_shows_own_comes_before_a_shipped_one(show: Path) -> None:
    files = ShaderFiles(show)
    assert files.find("clouds") == show / "shaders/clouds.isf"
    assert files.find("sea") == ShaderFiles().find("sea") == shipped("shaders") / "generators/sea.fs"


def test_all_names(show: Path) -> None:
    names = ShaderFiles(show).names
    assert {"Color Controls", "VVMotionBlur 3.0", "Rotate", "swap", "sea"} <= names.keys()
    assert names["clouds"] == show / "shaders/clouds.isf"
    assert not {"twice", "apart", ".hidden"} & names.keys()
    assert list(names) == sorted(names)
    assert "sea" in ShaderFiles().names


def test_every_shipped_shader_has_a_name_of_its_own() -> None:
    folders = [shipped("shaders") / name for name in ("generators", "effects", "transitions")]
    files = [file for folder in folders for file in shader_files(folder)]
    assert sorted(ShaderFiles().names.values()) == sorted(files)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Color Control", "there is no such shader. did you mean Color Controls?"),
        ("zzz", "put zzz.fs or zzz.glsl into shaders/ beside the show"),
        ("twice", "2 shaders have this name. Say which one: shaders/a/twice.fs or shaders/b/twice.glsl."),
        ("shaders/color controls.fs", "did you mean shaders/Color Controls.fs?"),
        ("shaders/foreign/Rotate.vs", "is not a shader file"),
        ("../outside.fs", "lies outside of the show's folder"),
        ("shaders/../../outside.fs", "lies outside of the show's folder"),
        ("shaders/link.fs", "lies outside of the show's folder"),
        ("link", "lies outside of the show's folder"),
        ("circle", "lies outside of the show's folder"),
        ("nul\0.fs", "there is no such shader"),
        ("x" * 5000 + ".fs", "there is no such shader"),
    ],
)
def test_what_is_not_had(show: Path, name: str, said: str) -> None:
    (show.parent / "outside.fs").write_text(GENERATOR)
    (show / "shaders/link.fs").symlink_to(show.parent / "outside.fs")
    (show / "shaders/circle.fs").symlink_to("circle.fs")
    with pytest.raises(ShaderError) as caught:
        ShaderFiles(show).find(name)
    assert said in str(caught.value)
    assert caught.value.subject == name


def test_an_absolute_path_is_none_of_the_show(show: Path) -> None:
    (show.parent / "outside.fs").write_text(GENERATOR)
    with pytest.raises(ShaderError, match="outside"):
        ShaderFiles(show).find(str(show.parent / "outside.fs"))


def test_links_to_folders_are_not_entered(show: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.fs").write_text(GENERATOR)
    (show / "shaders" / "away").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert "far" not in ShaderFiles(show).names
    assert all(file.stem != "far" for file in shader_files(show))


def test_a_shader_is_read_by_its_ending(show: Path) -> None:
    assert read_shader(show / "shaders/swap.glsl").kind is ShaderKind.TRANSITION
    assert read_shader(show / "looks/apart.frag").kind is ShaderKind.GENERATOR
    rotate = show / "shaders/foreign/Rotate.fs"
    assert parts_of(read_shader(rotate)) == (rotate, rotate.with_suffix(".vs"))


def test_what_is_no_shader_file(show: Path) -> None:
    large, pipe = show / "large.glsl", show / "pipe.fs"
    large.write_text("x" * (5 << 20))
    os.mkfifo(pipe)
    for file, said in ((large, "cannot be read"), (pipe, "is not a file"), (show / "none.fs", "is not a file")):
        with pytest.raises(ShaderError, match=said):
            read_shader(file)
