"""`encode` and `emit` as commands on a library: exit codes, JSON, tables, a library that cannot be written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.formats.show_yaml import read_show
from preprocess.assign.step import AssignStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.cli import main
from preprocess.schedule.step import ScheduleStep
from preprocess.style.read import default_style
from preprocess.track.library import set_track
from tests.encode_support import add_footage, add_fragment


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library whose fragments are analysed."""
    folder = tmp_path / "library"
    with Catalogue(folder) as catalogue:
        set_track(catalogue, None)
        for base in ("lake", "tape"):
            add_footage(catalogue, base, 40)
            for number in range(4):
                add_fragment(catalogue, f"{base}-{number + 1:02d}", base, number * 10, number * 10 + 10)
    return folder


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "preprocess.cli", *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_encode_says_what_it_did_and_does_it_once(library: Path) -> None:
    first = command("encode", library, "--jobs", "2", "--json", "--progress", "none")
    assert first.returncode == 0, first.stderr
    said = json.loads(first.stdout)
    assert said["encoded"] == 8
    assert [(one["base"], one["codec"], one["clips"]) for one in said["sources"]] == [
        ("lake", "mjpeg", 4),
        ("tape", "mjpeg", 4),
    ]
    again = command("encode", library, "--progress", "none")
    assert again.returncode == 0
    assert "0 clips encoded" in again.stdout
    assert "MJPEG holds" in again.stdout


def test_emit_writes_a_show_that_loads(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["encode", str(library), "--jobs", "1", "--progress", "none"]) == 0
    with Catalogue(library) as catalogue:
        for step in (AssignStep(default_style()), ScheduleStep(default_style())):
            step.run(catalogue, lambda done, total: None)
    capsys.readouterr()
    assert main(["emit", str(library), "--json", "--progress", "none"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["show"] == str(library / "show.yaml")
    assert len(read_show(library / "show.yaml").show.movements) == 5
    assert main(["emit", str(library), "--progress", "none"]) == 0
    assert "runtime-play" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["encode", "emit"])
def test_a_step_makes_no_library(tmp_path: Path, name: str) -> None:
    ended = command(name, tmp_path / "none")
    assert ended.returncode == 2
    assert "no clip library here" in ended.stderr
    assert not (tmp_path / "none").exists()


def test_a_read_only_library_is_told(library: Path) -> None:
    library.chmod(0o500)
    try:
        (library / "probe").touch()
    except PermissionError:
        ended = command("encode", library)
        assert ended.returncode == 2
        assert "cannot be written" in ended.stderr
    else:  # root writes anywhere: then it must work
        (library / "probe").unlink()
        assert command("encode", library, "--progress", "none").returncode == 0
    finally:
        library.chmod(0o700)
