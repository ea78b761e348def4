"""A library whose catalogue is damaged inside: the next run notices, and makes the clip anew."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.formats.library import read_library
from preprocess.cli import main
from tests.archive_support import MovieSpec, numbered_picture, write_movie

_OF_A = "(SELECT id FROM clips WHERE slug = 'a')"
TABLE, ROW, LOST = "its frame table is damaged", "its row in the catalogue is damaged", "the catalogue has lost it"
DAMAGE = {
    "table gone": (f"DELETE FROM frame_tables WHERE clip_id = {_OF_A}", TABLE),
    "table short": (f"UPDATE frame_tables SET lengths = substr(lengths, 5) WHERE clip_id = {_OF_A}", TABLE),
    "table of text": (f"UPDATE frame_tables SET lengths = 'x' WHERE clip_id = {_OF_A}", TABLE),
    "table before its file": (f"UPDATE frame_tables SET first_offset = -1 WHERE clip_id = {_OF_A}", TABLE),
    "another count": ("UPDATE clips SET frame_count = 3 WHERE slug = 'a'", TABLE),
    "another size": ("UPDATE clips SET width = 9 WHERE slug = 'a'", ROW),
    "another file": ("UPDATE clips SET file = 'clips/c.mov' WHERE slug = 'a'", ROW),
    "clip gone": (f"DELETE FROM frame_tables WHERE clip_id = {_OF_A}; DELETE FROM clips WHERE slug = 'a'", LOST),
    "clip gone, its table left": ("DELETE FROM clips WHERE slug = 'a'", LOST),
}
GARBLED = f"UPDATE frame_tables SET lengths = zeroblob(length(lengths)) WHERE clip_id = {_OF_A}"


@pytest.fixture
def library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    for name in ("a", "b"):
        pictures = [numbered_picture(number, 160, 96, moving=False) for number in range(8)]
        write_movie(tmp_path / f"archive/{name}.mp4", pictures, MovieSpec())
    run(tmp_path / "library", capsys)
    return tmp_path / "library"


def run(library: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    words = ["run", str(library.parent / "archive"), "-o", str(library), "--no-mezzanine", "--jobs", "1", "--json"]
    assert main([*words, *more]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def damage(library: Path, script: str) -> None:
    connection = sqlite3.connect(library / "catalogue.sqlite")  # another program, which holds to no foreign keys
    connection.executescript(script)
    connection.close()


def lengths(library: Path) -> list[int]:
    table = read_library(library)["a"].table
    assert table is not None
    return table.lengths.tolist()


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_clip_is_encoded_anew_and_told_of_once(
    library: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    script, why = DAMAGE[name]
    before = lengths(library)
    content = (library / "clips/a.mov").read_bytes()
    damage(library, script)
    report = run(library, capsys)
    assert report["repaired"] == [{"clip": "a", "why": why}]
    assert report["done"]["encode"] == 1
    assert lengths(library) == before
    assert (library / "clips/a.mov").read_bytes() == content
    again = run(library, capsys)
    assert (again["repaired"], again["done"]["encode"]) == ([], 0)


def test_what_only_the_content_tells_is_found_by_verify(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = lengths(library)
    damage(library, GARBLED)
    assert run(library, capsys)["repaired"] == []
    assert run(library, capsys, "--verify")["repaired"] == [{"clip": "a", "why": TABLE}]
    assert lengths(library) == before
    assert run(library, capsys, "--verify")["done"]["encode"] == 0


def test_encode_alone_repairs_as_well(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(library, DAMAGE["table gone"][0])
    assert main(["encode", str(library), "--jobs", "1"]) == 0
    assert f"encoded anew: a: {TABLE}" in capsys.readouterr().out
    damage(library, GARBLED)
    assert main(["encode", str(library), "--jobs", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["repaired"] == []
    assert main(["encode", str(library), "--jobs", "1", "--json", "--verify"]) == 0
    assert json.loads(capsys.readouterr().out)["repaired"] == [{"clip": "a", "why": TABLE}]


def test_a_clip_whose_file_is_gone_is_told_of_too(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (library / "clips/a.mov").unlink()
    assert run(library, capsys)["repaired"] == [{"clip": "a", "why": "its file is gone"}]
    assert (library / "clips/a.mov").is_file()
