"""`runtime-tools demo`, with a small archive and show in place of the shipped ones; all programs are the real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import DeviceError
from engine.gl.compositor import is_software
from engine.gl.context import headless_context
from tests.archive_support import numbered_movie
from tests.film_support import click_track, film_frames
from tests.support import absent
from tools import demo

SHOW = """
canvas: {width: 64, height: 36, rate: 10}
library: library
track: {file: track.flac}
layers: [{name: base}]
movements: [{name: one, schedule: schedules/one.csv}]
"""
SCHEDULE = "order,clip,duration_s,layer\n1,walk,1,base\n2,sea,1,base\n"


def make_small_archive(folder: Path, _stamps: Path) -> int:
    missing = [name for name in ("walk.mp4", "Sea.mp4") if not (folder / name).exists()]
    folder.mkdir(exist_ok=True)
    for name in missing:
        numbered_movie(folder / name, 30)
    return len(missing)


def make_clicks(folder: Path) -> bool:
    if (folder / "track.flac").exists():
        return False
    click_track(folder / "track.flac", (0.5, 1.0), 2.0)
    return True


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shipped demo that takes seconds; the path is where its show lies."""
    shipped = demo.shipped
    source = tmp_path / "shipped" / "demo"
    (source / "schedules").mkdir(parents=True)
    (source / "show.yaml").write_text(SHOW)
    (source / "schedules" / "one.csv").write_text(SCHEDULE)
    monkeypatch.setattr(demo, "shipped", lambda name: source.parent if name == "schedules" else shipped(name))
    monkeypatch.setattr(demo, "make_archive", make_small_archive)
    monkeypatch.setattr(demo, "make_music", make_clicks)
    return source


def test_the_demo_is_rendered_once_and_again_after_a_change(
    small: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    try:
        context = headless_context()
    except DeviceError:
        absent("OpenGL without a screen", "libegl1 libgl1 libgl1-mesa-dri")
    usual = (18, 32) if is_software(context) else (36, 64)
    context.release()
    folder = tmp_path / "demo"
    arguments = ["-o", str(folder), "--render", "--json"]

    assert demo.main(arguments) == 0
    report = json.loads(capfd.readouterr().out)
    assert report["film"] == str(folder / "demo.mp4")
    assert report["made"] == {"clips": 2, "track": 1}
    assert report["figures"]["frames_shown"] == 20
    assert "runtime-play" in report["next"]
    assert [frame.shape[:2] for frame in film_frames(folder / "demo.mp4")] == [usual] * 20
    made_ns = (folder / "demo.mp4").stat().st_mtime_ns

    assert demo.main(arguments) == 0
    assert json.loads(capfd.readouterr().out)["figures"] == report["figures"]
    assert (folder / "demo.mp4").stat().st_mtime_ns == made_ns, "rendered again for nothing"

    (folder / "schedules" / "one.csv").write_text(SCHEDULE + "3,walk,0.5,base\n")
    assert demo.main(["-o", str(folder), "--render", "--size", "64x36"]) == 0
    said = capfd.readouterr()
    assert str(folder / "demo.mp4") in said.out
    assert "one.csv: changed by you" in said.err.replace("\n", "")
    assert [frame.shape[:2] for frame in film_frames(folder / "demo.mp4")] == [(36, 64)] * 25


def test_the_shipped_show_follows_an_update_but_not_over_an_edit(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "laid"
    folder.mkdir()
    assert demo.lay_out(folder) == []
    (folder / "schedules" / "one.csv").write_text("mine")
    (small / "show.yaml").write_text(SHOW + "seed: 2\n")
    (small / "schedules" / "one.csv").write_text(SCHEDULE + "3,sea,1,base\n")
    for _ in range(2):
        assert demo.lay_out(folder) == [folder / "schedules" / "one.csv"]
        assert (folder / "schedules" / "one.csv").read_text() == "mine"
        assert (folder / "show.yaml").read_text().endswith("seed: 2\n")
    (folder / "schedules" / "one.csv").unlink()
    assert demo.lay_out(folder) == []


@pytest.mark.usefixtures("small")
def test_an_archive_that_is_not_there_is_said_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    assert demo.main(["-o", str(folder), "--archive", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert not folder.exists()


def test_without_a_display_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not demo.has_display()
    monkeypatch.setenv("DISPLAY", ":7777")
    assert not demo.has_display(), "a display that nobody serves"
