"""The benchmark's suite `start`: its libraries, and what it tells of starts."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from engine.errors import RuntimeShowError
from engine.formats.library import read_library
from tools.bench import start
from tools.bench.media import ClipWish, Kind
from tools.bench.rows import Options


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_CLIP", ClipWish(Kind.MJPEG, 64, 48, frames=3, repeats=2))
    monkeypatch.setattr(start, "SMALL", 3)
    monkeypatch.setattr(start, "LARGE", 12)
    monkeypatch.setattr(start, "_BARS_MS", {3: 1e6})
    monkeypatch.setattr(start, "_ROUNDS", 1)


def _nothing(_: str) -> None:
    pass


def test_a_library_has_as_many_clips_as_were_asked_for_and_every_one_is_whole(tmp_path: Path) -> None:
    clips = read_library(start._library(tmp_path, 12, _nothing))
    assert len(clips) == 12
    for clip in clips.values():
        assert clip.table is not None
        assert clip.frame_count == len(clip.table.offsets) == 6
        last = int(clip.table.offsets[-1])
        assert clip.file.read_bytes()[last : last + 2] == b"\xff\xd8"


def test_a_library_is_made_once(tmp_path: Path) -> None:
    made = start._library(tmp_path, 3, _nothing)
    marked = made / "mark"
    marked.touch()
    assert start._library(tmp_path, 3, _nothing) == made
    assert marked.exists()
    assert not list(tmp_path.glob(".partial-*"))


def test_a_file_system_that_gives_a_file_no_more_names_gets_a_copy_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, content = tmp_path / "original", b"a movie"
    original.write_bytes(content)
    link = os.link

    def limited(source: Path, target: Path, **options: bool) -> None:
        if Path(source).stat().st_nlink >= 3:
            raise OSError(errno.EMLINK, "too many links")
        link(source, target, **options)

    monkeypatch.setattr(os, "link", limited)
    names = [start._linked(original, tmp_path / f"{number}") for number in range(7)]
    assert [name.read_bytes() for name in names] == [content] * 7
    assert original.read_bytes() == content
    assert len({name.stat().st_ino for name in names}) == 4  # two names each, beside the original's


def test_a_player_that_does_not_start_is_no_figure(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    with pytest.raises(RuntimeShowError, match="no clip library here"):
        list(start.rows(Options(tmp_path, library=tmp_path / "library"), _nothing))


@pytest.mark.slow
def test_every_way_of_starting_gives_its_figures_and_the_small_library_its_bar(tmp_path: Path) -> None:
    rows = list(start.rows(Options(tmp_path), _nothing))
    cases = {row.case for row in rows if row.figure == "first frame p50"}
    assert cases == {
        "interpreter, NumPy and GL context alone",
        *(f"runtime-{mode}, {count} clips" for mode in ("play", "render") for count in (3, 12)),
    }
    assert all(row.value is not None and row.value > 0 for row in rows if row.figure != "memory a clip")
    assert {row.case for row in rows if row.bar is not None and row.unit == "ms"} == {
        "runtime-play, 3 clips",
        "runtime-render, 3 clips",
    }
