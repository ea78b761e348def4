"""Which clips are alike, by what the catalogue has measured of them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine.errors import LibraryError
from engine.formats.library_nearest import NEIGHBOURS, NearestClips, read_nearest
from tests.unit.test_library import library_with


def test_the_nearest_come_first_and_a_clip_is_not_its_own_neighbour() -> None:
    measures = np.array([[0.0, 0.5], [0.1, 0.5], [0.9, 0.5], [0.3, 0.5]], np.float32)
    nearest = NearestClips(("a", "b", "c", "d"), measures)
    assert nearest["a"] == ("b", "d", "c")
    assert nearest["c"] == ("d", "b", "a")


def test_each_measure_counts_by_how_much_it_differs_within_the_library() -> None:
    # The second one hardly differs at all, and tells the clips apart all the more.
    measures = np.array([[0.0, 0.500], [0.5, 0.500], [0.0, 0.502], [1.0, 0.502]], np.float32)
    assert NearestClips(("a", "b", "c", "d"), measures)["a"] == ("b", "c", "d")


def test_there_are_sixteen_at_most_and_of_two_as_near_the_first_by_name() -> None:
    slugs = tuple(f"clip-{number:03}" for number in range(100))
    found = NearestClips(slugs, np.ones((100, 3), np.float32))["clip-050"]
    assert found == slugs[:NEIGHBOURS]


def test_a_library_of_one_clip_has_no_neighbours() -> None:
    assert NearestClips(("a",), np.ones((1, 7), np.float32))["a"] == ()
    with pytest.raises(KeyError):
        NearestClips((), np.zeros((0, 7), np.float32))["a"]


def test_it_is_read_from_the_catalogue(tmp_path: Path) -> None:
    folder = library_with(tmp_path, "a", "b", "c")
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue, catalogue:
        catalogue.execute("UPDATE clips SET brightness = 0.9, motion = 0.8 WHERE slug = 'b'")
    nearest = read_nearest(folder, ["a", "b", "c"])
    assert nearest["a"] == ("c", "b")
    assert list(nearest) == ["a", "b", "c"]


def with_neighbours(folder: Path, **rows: str) -> Path:
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue, catalogue:
        catalogue.execute("CREATE TABLE neighbours (slug TEXT PRIMARY KEY, model TEXT, nearest TEXT)")
        catalogue.executemany("INSERT INTO neighbours VALUES (?, 'tfidf', ?)", rows.items())
    return folder


def test_neighbours_that_the_catalogue_knows_come_before_measures(tmp_path: Path) -> None:
    folder = with_neighbours(library_with(tmp_path, "a", "b", "c", "d"), a='["d", "b"]', b="[]", z='["a"]')
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue, catalogue:
        catalogue.execute("UPDATE clips SET motion = 0.1 WHERE slug = 'd'")
    nearest = read_nearest(folder, ["a", "b", "c", "d"])
    assert nearest["a"] == ("d", "b")
    assert nearest["b"] == ("a", "c", "d"), "nothing is known: by measures"
    assert nearest["c"] == ("a", "b", "d"), "not in the table: by measures"


def test_neighbours_are_clips_of_the_library_without_the_clip_itself_and_sixteen_at_most(tmp_path: Path) -> None:
    slugs = [f"c{number:02}" for number in range(20)]
    told = json.dumps(["gone", "c00", *reversed(slugs)])
    nearest = read_nearest(with_neighbours(library_with(tmp_path, *slugs), c00=told), slugs)
    assert nearest["c00"] == tuple(reversed(slugs[4:]))


def test_a_table_without_rows_is_as_none(tmp_path: Path) -> None:
    assert read_nearest(with_neighbours(library_with(tmp_path, "a", "b")), ["a", "b"])["a"] == ("b",)


@pytest.mark.parametrize(
    "told", ["", "{}", "null", '"b"', "[[]]", '["b"', '["b"], ["c"]', "[{}]", "1", "\x00", "[" * 10**5]
)
def test_neighbours_that_are_no_list_of_names_are_refused(tmp_path: Path, told: str) -> None:
    folder = with_neighbours(library_with(tmp_path, "a", "b"), a=told)
    with pytest.raises(LibraryError, match="neighbours that cannot be read"):
        read_nearest(folder, ["a", "b"])


def test_a_number_in_place_of_a_list_is_refused_and_one_in_place_of_a_name_passed_over(tmp_path: Path) -> None:
    folder = with_neighbours(library_with(tmp_path, "a", "b"), a='[3, "b", null]')
    assert read_nearest(folder, ["a", "b"])["a"] == ("b",)
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue, catalogue:
        catalogue.execute("UPDATE neighbours SET nearest = x'ff'")
    with pytest.raises(LibraryError, match="neighbours that cannot be read"):
        read_nearest(folder, ["a", "b"])


def test_a_measure_that_is_no_number_is_refused(tmp_path: Path) -> None:
    folder = library_with(tmp_path, "a", "b")
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue, catalogue:
        catalogue.execute("UPDATE clips SET warmth = 'hot' WHERE slug = 'b'")
    with pytest.raises(LibraryError, match="no number"):
        read_nearest(folder, ["a", "b"])


def test_a_library_that_was_built_again_meanwhile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="built again"):
        read_nearest(library_with(tmp_path, "a", "b"), ["a", "b", "c"])
