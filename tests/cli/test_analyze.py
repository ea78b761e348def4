"""`analyze` as a command: a table, JSON, and nothing to do the second time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from preprocess.catalogue.catalogue import Catalogue
from preprocess.cli import main
from tests.archive_support import numbered_movie
from tests.unit.test_analyze_step import enter


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    with Catalogue(folder) as catalogue:
        enter(catalogue, numbered_movie(tmp_path / "one.mp4", 40))
        enter(catalogue, numbered_movie(tmp_path / "two.mp4", 40))
    return folder


def test_measures_are_told_as_json_and_made_once(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["analyze", str(library), "--jobs", "1", "--progress", "none", "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["measured"], told["fragments"]) == (2, 2)
    assert told["left_out"] == {"two": "repeats one"}
    assert [len(analysis["hashes"][0]) for analysis in told["analyses"]] == [16, 16]
    stamps = [path.stat().st_mtime_ns for path in sorted((library / "thumbnails").iterdir())]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out) == {**told, "measured": 0}
    assert [path.stat().st_mtime_ns for path in sorted((library / "thumbnails").iterdir())] == stamps


def test_the_table_names_every_fragment(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(library), "--jobs", "1", "--progress", "none"]) == 0
    shown = capsys.readouterr().out
    assert "repeats one" in shown
    assert "2 fragments; 2 measured in this run, 1 left out" in shown


def test_a_folder_without_a_library_is_wrong_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(tmp_path)]) == 2
    assert "no clip library here" in capsys.readouterr().err
