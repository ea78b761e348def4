"""What no schedule may show: measures, comparisons, and a person's word against either."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from engine.formats.library_rows import StoredSource
from preprocess.analyze.traits import traits_of
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_analyses, store_analysis
from preprocess.catalogue.marks import left_out
from preprocess.catalogue.values import Analysis, Colour


def analysis(slug: str, **known: object) -> Analysis:
    """An analysis with these values, and 0 or nothing for the others."""
    zeros = {"str": "", "int": 0, "float": 0.0, "bool": False}
    values: dict[str, object] = {f.name: zeros.get(str(f.type).split(" ")[0], ()) for f in fields(Analysis)}
    return Analysis(**{**values, "loudness_lufs": None, "slug": slug, **known})  # type: ignore[arg-type]


@pytest.fixture
def catalogue(tmp_path: Path):
    with Catalogue(tmp_path / "library") as catalogue:
        catalogue.library.enter_sources([StoredSource(path=tmp_path / "a.mov", title="a", base="a")])
        yield catalogue


def enter(catalogue: Catalogue, slug: str, frame_count: int = 50, *, retired: bool = False, **known: object) -> None:
    with catalogue.transaction() as connection:
        connection.execute(
            "INSERT INTO fragments (slug, base, scene_index, begin, end, retired) VALUES (?, 'a', 0, 10, ?, ?)",
            (slug, 10 + frame_count, retired),
        )
        store_analysis(catalogue, analysis(slug, **known))


def mark(catalogue: Catalogue, slug: str, name: str, value: int) -> None:
    with catalogue.transaction() as connection:
        connection.execute("INSERT INTO marks VALUES (?, ?, ?)", (slug, name, value))


def test_each_reason_is_told(catalogue: Catalogue) -> None:
    enter(catalogue, "good")
    enter(catalogue, "dark", black=True, static=True)
    enter(catalogue, "still", static=True)
    enter(catalogue, "one", frame_count=1, static=True)
    enter(catalogue, "copy")
    enter(catalogue, "gone", retired=True)
    enter(catalogue, "spoilt")
    with catalogue.transaction() as connection:
        connection.execute("INSERT INTO duplicates VALUES ('copy', 'good', 2.0, 'near')")
    catalogue.fail("encode", "spoilt", "the disk is full", "make room")
    assert left_out(catalogue) == {
        "copy": "nearly repeats good",
        "dark": "black",
        "gone": "retired: the split no longer makes it",
        "one": "a single frame",
        "spoilt": "encode failed: the disk is full",
        "still": "static",
    }


def test_a_person_overrules_a_measure_and_a_measure_no_person(catalogue: Catalogue) -> None:
    for slug in ("both", "one_word", "all", "chosen", "hidden"):
        enter(catalogue, slug, black=slug != "hidden", static=slug != "hidden")
    mark(catalogue, "both", "black", 0)
    mark(catalogue, "both", "static", 0)
    mark(catalogue, "one_word", "black", 0)
    mark(catalogue, "all", "left_out", 0)
    mark(catalogue, "chosen", "left_out", 0)
    mark(catalogue, "chosen", "duplicate", 1)
    mark(catalogue, "hidden", "left_out", 1)
    assert left_out(catalogue) == {
        "chosen": "marked a duplicate by hand",
        "hidden": "left out by hand",
        "one_word": "static",
    }


def test_nothing_brings_back_what_was_retired(catalogue: Catalogue) -> None:
    enter(catalogue, "gone", retired=True)
    mark(catalogue, "gone", "left_out", 0)
    assert list(left_out(catalogue)) == ["gone"]


def test_an_analysis_comes_back_from_the_catalogue_as_it_went_in(catalogue: Catalogue) -> None:
    enter(catalogue, "one")
    known = analysis(
        "one",
        brightness=0.25,
        faces=2,
        loudness_lufs=-20.5,
        black=True,
        colours=(Colour("navy", "#000080", 0.5), Colour("white", "#ffffff", 0.25)),
        onsets_s=(0.5, 1.25),
        hashes=(1, 2**64 - 1, 0x0123456789ABCDEF),
        telling_index=7,
        digest="abc",
    )
    with catalogue.transaction():
        store_analysis(catalogue, known)
    assert list(read_analyses(catalogue)) == [known]


def test_the_players_traits_are_those_of_the_analysis() -> None:
    traits = traits_of(analysis("one", saturation=0.5, motion=0.25, static=True))
    assert (traits.colour, traits.motion, traits.static, traits.black) == (0.5, 0.25, True, False)
