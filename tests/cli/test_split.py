"""`runtime-preprocess split` as a process, over a real film in a real library, and over what a person did in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.dump import dump, files_of
from preprocess.catalogue.fragments import read_fragments
from preprocess.catalogue.texts import put_text
from preprocess.catalogue.values import Text
from tests.archive_support import numbered_movie
from tests.film_support import run_module
from tests.shot_support import film, write_film
from tools.bench.shots_films import Film

STYLE = """version: 1
movements:
- name: one
show:
  layers: [{{name: base}}]
split:
  shortest_s: {shortest}
  longest_s: {longest}
"""


@pytest.fixture(scope="module")
def made() -> Film:
    return film(4, 7)


@pytest.fixture
def library(tmp_path: Path, made: Film) -> Path:
    source = write_film(tmp_path / "in" / "Film.mp4", made)
    numbered_movie(tmp_path / "in" / "one.mp4", 1)
    run = run_module("preprocess.cli", "ingest", source.parent, "-o", tmp_path / "L", "--progress", "none")
    assert run.returncode == 0, run.stderr
    return tmp_path / "L"


def split(library: Path) -> dict[str, Any]:
    run = run_module("preprocess.cli", "split", library, "--progress", "none", "--json")
    assert run.returncode == 0, run.stderr
    said: dict[str, Any] = json.loads(run.stdout)
    return said


def dumped(library: Path) -> list[str]:
    with Catalogue(library) as catalogue:
        return [*dump(catalogue.connection), *files_of(library)]


def slugs(library: Path) -> dict[str, bool]:
    """Every slug of the film, and whether it is retired."""
    with Catalogue(library) as catalogue:
        return {one.slug: one.retired for one in read_fragments(catalogue, ["film"], retired=True)}


def test_a_film_is_cut_at_its_boundaries_and_a_second_run_does_nothing(library: Path, made: Film) -> None:
    said = split(library)
    assert (said["split"], said["failed"]) == (2, {})
    found = [(scene["begin"], scene["opens_with"]) for scene in said["sources"]["film"]["scenes"]]
    assert found[0] == (0, "start")
    wanted = [(true.end, true.kind) for true in made.truth]
    assert [kind for _, kind in found[1:]] == [kind for _, kind in wanted]
    assert all(abs(at - true) <= 6 for (at, _), (true, _) in zip(found[1:], wanted, strict=True))
    assert said["sources"]["one"]["fragments"] == [
        {"slug": "one", "begin": 0, "end": 1, "handle_in": 0, "handle_out": 0, "duration_s": 0.04}
    ]
    sheet = cv2.imread(str(library / "reports/split/film.jpg"))
    assert sheet is not None
    assert sheet.shape[1] > 900
    before = dumped(library)
    assert split(library)["split"] == 0
    assert dumped(library) == before


@pytest.mark.slow
def test_other_settings_keep_the_names_of_what_stays_and_all_that_a_person_worked_on(library: Path) -> None:
    split(library)
    first = slugs(library)
    with Catalogue(library) as catalogue:
        longest = max(read_fragments(catalogue, ["film"]), key=lambda one: one.frame_count).slug
        put_text(catalogue, Text(longest, "caption", "mine", "person"))
    half_s = 1.2
    (library / "style.yaml").write_text(STYLE.format(shortest=0.4, longest=half_s))
    said = split(library)
    assert all(one["duration_s"] <= half_s + 0.01 for one in said["sources"]["film"]["fragments"])
    second = slugs(library)
    assert second[longest]
    with Catalogue(library) as catalogue:
        texts = catalogue.connection.execute("SELECT slug, text FROM texts").fetchall()
    assert [tuple(row) for row in texts] == [(longest, "mine")]
    (library / "style.yaml").unlink()
    split(library)
    third = slugs(library)
    assert third[longest] is False
    new = set(third) - {longest}
    assert not new & (set(first) - set(second)), "a name that was given up came back"


def test_what_no_library_is_and_a_detector_that_there_is_none_of_are_wrong_input(tmp_path: Path, library: Path) -> None:
    run = run_module("preprocess.cli", "split", tmp_path / "nothing")
    assert run.returncode == 2
    assert "no clip library" in run.stderr
    (library / "style.yaml").write_text("version: 1\nmovements:\n- name: one\nsplit:\n  detector: eyes\n")
    run = run_module("preprocess.cli", "split", library)
    assert run.returncode == 2
    assert "detector" in run.stderr
