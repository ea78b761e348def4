"""Which clips are alike, by what the catalogue has measured of them."""

from __future__ import annotations

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


def numbers(*numbers: int) -> bytes:
    return np.array(numbers, "<i4").tobytes()


def with_neighbours(folder: Path, *rows: tuple[str, object, object]) -> Path:
    """Rows of slug, number and the numbers of the nearest."""
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue, catalogue:
        catalogue.execute("CREATE TABLE neighbours (slug TEXT PRIMARY KEY, model TEXT, number INTEGER, nearest BLOB)")
        catalogue.executemany("INSERT INTO neighbours VALUES (?, 'tfidf', ?, ?)", rows)
    return folder


def test_neighbours_that_the_catalogue_knows_come_before_measures(tmp_path: Path) -> None:
    rows = ("a", 0, numbers(7, 3)), ("b", 3, b""), ("d", 7, numbers(0)), ("gone", 4, numbers(0))
    folder = with_neighbours(library_with(tmp_path, "a", "b", "c", "d"), *rows)
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as catalogue, catalogue:
        catalogue.execute("UPDATE clips SET motion = 0.1 WHERE slug = 'd'")
    nearest = read_nearest(folder, ["a", "b", "c", "d"])
    assert nearest["a"] == ("d", "b")
    assert nearest["d"] == ("a",)
    assert nearest["b"] == ("a", "c", "d"), "nothing is known: by measures"
    assert nearest["c"] == ("a", "b", "d"), "not in the table: by measures"


def test_neighbours_are_clips_of_the_library_without_the_clip_itself_and_sixteen_at_most(tmp_path: Path) -> None:
    slugs = [f"c{number:02}" for number in range(20)]
    others = [(slug, number, b"") for number, slug in enumerate(slugs[1:], 1)]
    told = numbers(99, 0, -5, 20, *range(19, 0, -1))  # a gone one, itself, and numbers that nobody has
    rows = ("c00", 0, told), *others, ("gone", 99, b"")
    nearest = read_nearest(with_neighbours(library_with(tmp_path, *slugs), *rows), slugs)
    assert nearest["c00"] == tuple(reversed(slugs[8:])), "of the first sixteen, those that are there"


def test_a_table_without_rows_is_as_none(tmp_path: Path) -> None:
    assert read_nearest(with_neighbours(library_with(tmp_path, "a", "b")), ["a", "b"])["a"] == ("b",)


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "[1]"), (0, b"abc"), (0, None), (0, 1.5), (-1, b""), (2**40, b""), ("x", b""), (None, b""), (2**62, b"")],
)
def test_neighbours_that_are_written_wrongly_are_refused(tmp_path: Path, number: object, told: object) -> None:
    folder = with_neighbours(library_with(tmp_path, "a", "b"), ("a", number, told), ("b", 1, b""))
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
