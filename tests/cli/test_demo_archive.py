"""The demo archive: every generator draws something that moves, and clips are made once, whole and as said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from engine.errors import DeviceError
from engine.formats.isf import Isf, read_isf
from engine.gl.context import headless_context
from engine.gl.shader_program import ShaderProgram
from engine.gl.shader_use import Moment, ShaderUse
from engine.gl.targets import new_target, release_target
from engine.model.shaders import InputType
from engine.shipped import shipped
from preprocess.split.shots import LikenessFinder
from preprocess.split.signals import measured_size
from tests.support import absent
from tools import demo_archive
from tools.demo_archive import RECIPES, Recipe, make_archive, make_clip

GENERATORS = sorted((shipped("shaders") / "generators").glob("*.fs"))
FAMILIES = {"Orientation", "Elemental", "Built", "People", "Blur"}
SIZE = (64, 36)

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def context() -> Iterator[moderngl.Context]:
    try:
        made = headless_context()
    except DeviceError:
        absent("OpenGL without a screen", "libegl1 libgl1 libgl1-mesa-dri")
    yield made
    made.release()


def drawn(context: moderngl.Context, source: Isf, times_s: list[float], **inputs: float) -> list[Pixels]:
    program, target = ShaderProgram(context, source, premultiplied=False), new_target(context, SIZE)
    shader = ShaderUse(program)
    pictures = []
    for time_s in times_s:
        shader.draw(target, Moment(time_s), inputs)
        pictures.append(np.frombuffer(target.read(components=3), np.uint8).reshape(SIZE[1], SIZE[0], 3))
    shader.release()
    program.release()
    release_target(target)
    return pictures


@pytest.mark.parametrize("file", GENERATORS, ids=lambda file: file.stem)
def test_a_generator_draws_moves_and_heeds_its_inputs(context: moderngl.Context, file: Path) -> None:
    source = read_isf(file)
    first, later, again = drawn(context, source, [2.0, 5.0, 2.0])
    other = drawn(context, source, [2.0], seed=23.0)[0]
    assert first.std() > 4, "almost one colour"
    assert first.max() > 60, "almost black"
    assert np.abs(first.astype(int) - later).mean() > 1.5, "stands still"
    assert np.abs(first.astype(int) - other).mean() > 1.0, "seed changes nothing"
    assert np.array_equal(first, again), "the same moment looks different"


def test_each_family_has_generators_with_the_same_controls() -> None:
    sources = [read_isf(file) for file in GENERATORS]
    for family in FAMILIES:
        assert sum(family in source.categories for source in sources) >= 2
    for source in sources:
        kinds = {one.name: one.type for one in source.inputs}
        assert {"speed", "seed", "scale"} <= set(kinds)
        assert all(kinds[name] is InputType.COLOR for name in ("deep", "tone", "light"))


def test_recipes_are_as_mixed_as_an_archive() -> None:
    assert len({recipe.file for recipe in RECIPES}) == len(RECIPES) >= 15
    assert all(3 <= recipe.seconds <= 20 for recipe in RECIPES)
    assert len({(recipe.width, recipe.height) for recipe in RECIPES}) >= 5
    assert len({recipe.rate for recipe in RECIPES}) >= 6
    assert {Path(recipe.file).suffix.lower() for recipe in RECIPES} == {".mp4", ".mov", ".mkv", ".avi", ".webm"}
    assert {recipe.generator for recipe in RECIPES} == {file.stem for file in GENERATORS}


SMALL = tuple(
    replace(recipe, width=64, height=48, seconds=0.5)
    for recipe in RECIPES
    if recipe.file
    in ("Bonfire 1998 tape 2.avi", "Old maps box 3.mov", "incense test.webm", "untitled 3.mkv", "IMG_0412.MP4")
)


@pytest.mark.usefixtures("context")
def test_clips_are_whole_made_once_and_made_again_when_harmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_archive, "RECIPES", SMALL)
    folder, stamps = tmp_path / "archive", tmp_path / "archive.json"
    assert make_archive(folder, stamps, jobs=1) == len(SMALL)
    for recipe in SMALL:
        check_clip(folder / recipe.file, recipe)
    assert make_archive(folder, stamps) == 0

    hurt = folder / SMALL[0].file
    hurt.write_bytes(hurt.read_bytes()[:100])
    monkeypatch.setattr(demo_archive, "RECIPES", (replace(SMALL[1], inputs={"seed": 9.0}), SMALL[0], *SMALL[2:]))
    assert make_archive(folder, stamps, jobs=1) == 2
    check_clip(hurt, SMALL[0])
    assert sorted(path.name for path in folder.iterdir()) == sorted(recipe.file for recipe in SMALL)
    assert set(json.loads(stamps.read_text())) == {recipe.file for recipe in SMALL}


def check_clip(path: Path, recipe: Recipe) -> None:
    with av.open(path) as film:
        stream = film.streams.video[0]
        assert (stream.width, stream.height) == (64, 48)
        assert abs(Fraction(stream.average_rate or 0) - recipe.rate) < Fraction(1, 100)
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    assert len(frames) == recipe.frames
    assert not np.array_equal(frames[0], frames[-1])


@pytest.mark.slow
@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.file)
def test_each_film_is_one_shot_to_the_default_detector(tmp_path: Path, recipe: Recipe) -> None:
    width, height = measured_size(recipe.width, recipe.height)
    file = make_clip(tmp_path, replace(recipe, width=2 * width, height=2 * height, detail=1.0))
    finder = LikenessFinder("both", float(recipe.rate))
    with av.open(str(file)) as film:
        for frame in film.decode(video=0):
            picture = frame.to_ndarray(format="bgr24")
            finder.push(np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
    assert finder.finish().transitions == ()
