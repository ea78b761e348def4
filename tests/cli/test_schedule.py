"""`runtime-preprocess assign` and `schedule` as commands, and their page in a real browser."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from preprocess import cli
from preprocess.catalogue.catalogue import Catalogue
from tests.schedule_support import ClipSpec, drums, fill, some_clips, thumbnails
from tests.support import absent, need_program


def preprocess(*words: object, code: int = 0) -> str:
    """What a command says on standard output, or on standard error where it is to fail."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert cli.main([str(word) for word in words]) == code
    return err.getvalue() if code else out.getvalue()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    clips = [*some_clips(20), ClipSpec("odd", source="=odd <b>", people=1)]
    with Catalogue(tmp_path / "library") as catalogue:
        fill(catalogue, clips, tmp_path / "archive")
        thumbnails(catalogue.folder, clips)
    return tmp_path / "library"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return drums(tmp_path / "song.flac", [(0.3 * n, 1.0) for n in range(20)], 6)


def scheduled(*words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(preprocess("schedule", *words, "--json"))
    return found


def test_assign_tells_who_has_what_and_why(library: Path) -> None:
    report = json.loads(preprocess("assign", library, "--json"))
    assert report["movements"][0]["movement"] == "orientation"
    assert sum(len(each["clips"]) for each in report["movements"]) == 21
    assert all(clip["why"] for each in report["movements"] for clip in each["clips"])
    words = [sys.executable, "-m", "preprocess.cli", "assign", str(library)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "orientation" in done.stdout


def test_schedule_writes_csvs_and_pictures_cut_on_the_track(library: Path, song: Path) -> None:
    preprocess("assign", library)
    report = scheduled(library, "--track", song)
    assert report["track"]["file"] == "track.flac"
    assert report["track"]["onsets"] == 20
    assert [each["origin"] for each in report["movements"]] == ["automatic"] * 5
    assert all((library / each["csv"]).is_file() for each in report["movements"])
    assert (library / report["picture"]).read_bytes().startswith(b"\x89PNG")
    assert report["conflicts"] == []
    assert scheduled(library) == report
    assert "schedule.html" in preprocess("schedule", library)


def test_conflicts_are_told(library: Path) -> None:
    preprocess("assign", library)
    preprocess("schedule", library, "--no-track")
    (library / "schedules/built.csv").write_text("clip,duration_s,layer\nnobody,2,base\n")
    (conflict,) = scheduled(library)["conflicts"]
    assert conflict["item"] == "schedules/built.csv:2"
    assert "schedules/built.csv:2: clip: the library has no clip nobody" in preprocess("schedule", library)


def test_a_style_with_mistakes_is_refused_with_all_of_them(library: Path) -> None:
    (library / "style.yaml").write_text("movements:\n  - name: a\n    wishes: {motion: 1}\n  - nme: b\n")
    said = preprocess("assign", library, code=2)
    assert "style.yaml:3: movements.0.wishes.motion: is not a key" in said
    assert "style.yaml:4: movements.1.nme: is not a key" in said


def test_where_there_is_no_library_none_is_made(tmp_path: Path) -> None:
    assert "no clip library here" in preprocess("schedule", tmp_path / "nothing", code=2)
    assert not (tmp_path / "nothing").exists()


def test_a_track_that_is_no_sound_is_refused(library: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("words")
    assert "is not a sound" in preprocess("schedule", library, "--track", tmp_path / "notes.txt", code=2)


def test_pointing_at_a_clip_tells_why_it_is_there(library: Path, song: Path) -> None:
    chromium = need_program("chromium", "chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("the package playwright", "the [dev] extra")
    preprocess("assign", library)
    preprocess("schedule", library, "--track", song)
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.goto((library / "reports/schedule.html").as_uri())
        row = page.locator(".row").nth(2)
        card = row.locator("i")
        assert not card.is_visible()
        row.hover()
        assert card.is_visible()
        assert "energy" in card.inner_text()
        assert page.locator("section").count() == 5
        browser.close()
    assert wrong == []
