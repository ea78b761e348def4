"""`runtime-preprocess ingest`, as a person types it: reports, exit codes, kills and folders that cannot be written."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from preprocess.cli import main
from tests.archive_support import numbered_movie

COMMAND = [sys.executable, "-m", "preprocess.cli", "ingest"]


def ingest(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["ingest", *map(str, arguments), "--json", "--jobs", "1"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def dumped(library: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the catalogue says, without times of day and row numbers."""
    with sqlite3.connect(library / "catalogue.sqlite") as catalogue:
        assert catalogue.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        said = {
            "sources": "SELECT path, base, size, sha256, verdict, reason, notes FROM sources ORDER BY path",
            "footage": "SELECT * FROM footage ORDER BY base",
            "results": "SELECT step, item, inputs, version, settings FROM results ORDER BY step, item",
            "left": "SELECT * FROM arrivals",
        }
        rows = {name: catalogue.execute(query).fetchall() for name, query in said.items()}
    catalogue.close()
    return rows


def test_the_report_names_each_source_and_what_became_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, library = tmp_path / "videos", tmp_path / "library"
    numbered_movie(folder / "good.mp4", 12)
    (folder / "[red]bad.mov").touch()
    report = ingest(capsys, folder, "-o", library)
    assert report["counts"] == {"sound": 1, "damaged": 0, "flagged": 0, "quarantined": 1}
    assert report["ingested"] == 2
    good = next(source for source in report["sources"] if source["base"] == "good")
    assert good["footage"]["mezzanine"] == "mezzanine/good.mov"
    assert good["footage"]["frames"] == 12
    (error,) = report["conversion_errors"]
    assert error["reason"] == "empty: 0 bytes"
    assert ingest(capsys, folder, "-o", library)["ingested"] == 0
    assert main(["ingest", str(folder), "-o", str(library), "--strict", "--progress", "none"]) == 3
    assert "[red]bad.mov" in capsys.readouterr().out


def test_wrong_input_is_said_and_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["ingest", str(tmp_path / "empty"), "-o", str(tmp_path / "library")]) == 2
    assert "no video files here" in capsys.readouterr().err
    assert not (tmp_path / "library").exists()
    source = numbered_movie(tmp_path / "a.mp4", 3)
    (tmp_path / "file").touch()
    assert main(["ingest", str(source), "-o", str(tmp_path / "file")]) == 2
    assert "choose a folder that you may write to" in capsys.readouterr().err


@pytest.mark.slow
def test_killed_at_any_time_the_next_run_comes_to_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    for number in range(4):
        numbered_movie(folder / f"{number}.mp4", 300)
    whole = tmp_path / "whole"
    subprocess.run([*COMMAND, folder, "-o", whole, "--jobs", "2"], check=True, capture_output=True, timeout=120)
    library = tmp_path / "killed"
    for mezzanines in (0, 1, 3):
        _kill_when(library, mezzanines, [*COMMAND, str(folder), "-o", str(library), "--jobs", "2"])
    subprocess.run([*COMMAND, folder, "-o", library, "--jobs", "2"], check=True, capture_output=True, timeout=120)
    assert dumped(library) == dumped(whole)
    assert not list(library.glob(".work-*"))
    for made in (whole / "mezzanine").iterdir():
        assert (library / "mezzanine" / made.name).read_bytes() == made.read_bytes()


def _kill_when(library: Path, mezzanines: int, command: list[str]) -> None:
    """Kill the command, and it alone, once work has begun and so many mezzanines stand."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        done = len(list((library / "mezzanine").glob("*.mov"))) if (library / "mezzanine").is_dir() else 0
        if done >= mezzanines and list(library.glob(".work-*/ingest/*")):
            break
        assert process.poll() is None, "it ended before it could be killed"
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
