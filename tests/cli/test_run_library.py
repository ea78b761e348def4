"""`runtime-preprocess run`, from files to a library and its show: every frame right, every verdict with its reason."""

from __future__ import annotations

import csv
import json
import os
import resource
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.errors import ShowError
from engine.formats.library import read_library
from engine.formats.show_yaml import read_show
from engine.model.clips import Clip, Codec
from preprocess.catalogue.catalogue import Catalogue
from preprocess.cli import main
from tests.archive_support import (
    MovieSpec,
    cut_short,
    ffmpeg_lumas,
    numbered_movie,
    numbered_picture,
    read_number,
    rotten,
    sound_only,
    track,
    write_movie,
)
from tests.support import need_program

COMMAND = [sys.executable, "-m", "preprocess.cli", "run"]
QUICK = ("--no-mezzanine", "--jobs", "2")
STREAMED = ("ingest", "split", "analyze", "encode")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["run", *map(str, arguments), *QUICK, "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def streamed(report: dict[str, Any]) -> list[int]:
    """How many items each step that goes source by source did."""
    return [report["done"][step] for step in STREAMED]


def lumas(clip: Clip) -> list[np.ndarray]:
    """Each frame of a clip as grey, from its own bytes alone, by the frame table."""
    assert clip.table is not None
    content = clip.file.read_bytes()
    pictures = []
    for offset, length in zip(clip.table.offsets, clip.table.lengths, strict=True):
        decoder = av.CodecContext.create("mjpeg" if clip.codec is Codec.MJPEG else "hap", "r")
        decoder.width, decoder.height = clip.width, clip.height
        if clip.codec.is_hap:
            decoder.codec_tag = {Codec.HAP: "Hap1", Codec.HAP_ALPHA: "Hap5", Codec.HAP_Q: "HapY"}[clip.codec]
        packet = av.Packet(content[int(offset) : int(offset) + int(length)])
        (frame,) = (*decoder.decode(packet), *decoder.decode(None))
        pictures.append(frame.reformat(format="gray").to_ndarray())
    return pictures


@pytest.mark.parametrize("codec", ["mjpeg", "hap", "hapq"])
def test_every_frame_of_every_clip_is_the_right_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], codec: str
) -> None:
    ffmpeg = need_program("ffmpeg", "ffmpeg")
    still_movie(tmp_path / "archive/long.mp4", 250, MovieSpec(rate=Fraction(20)))  # 12.5 s: two clips
    still_movie(tmp_path / "archive/short.mkv", 41, MovieSpec(rate=Fraction(30000, 1001), gop=7))
    run(capsys, tmp_path / "archive", "-o", tmp_path / "library", "--codec", codec)
    clips = read_library(tmp_path / "library")
    assert list(clips) == ["long-01", "long-02", "short"]
    assert clips["long-01"].frame_count + clips["long-02"].frame_count == 250
    for slug, clip in clips.items():
        first = clips["long-01"].frame_count if slug == "long-02" else 0
        ours = lumas(clip)
        theirs = ffmpeg_lumas(ffmpeg, clip.file, clip.width, clip.height)
        assert len(ours) == len(theirs) == clip.frame_count
        for index, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            assert read_number(our) == read_number(their) == first + index
    _pixels_match_the_source(tmp_path, clips["short"], ffmpeg)


def still_movie(path: Path, count: int, spec: MovieSpec | None = None) -> Path:
    """A numbered movie in which nothing but the number moves: one shot to any eye."""
    spec = spec or MovieSpec()
    pictures = [numbered_picture(number, spec.width, spec.height, moving=False) for number in range(count)]
    return write_movie(path, pictures, spec)


def _pixels_match_the_source(tmp_path: Path, clip: Clip, ffmpeg: str) -> None:
    """Every picture against the foreign program's decode of the source itself; BC1 keeps five bits of red and blue."""
    source = ffmpeg_lumas(ffmpeg, tmp_path / "archive/short.mkv", 160, 96)
    for ours, theirs in zip(ffmpeg_lumas(ffmpeg, clip.file, 160, 96), source, strict=True):
        error = np.abs(ours.astype(float) - theirs).mean()
        assert error < {Codec.MJPEG: 2.5, Codec.HAP: 6, Codec.HAP_Q: 4}[clip.codec]


def test_transparent_sources_become_hap_alpha(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [np.dstack([numbered_picture(n, 160, 96), np.full((96, 160), 40 * n, np.uint8)]) for n in range(5)]
    write_movie(tmp_path / "glow.mov", pictures, MovieSpec(codec="png", pixel_format="rgba"))
    run(capsys, tmp_path / "glow.mov", "-o", tmp_path / "library")
    clip = read_library(tmp_path / "library")["glow"]
    assert clip.codec is Codec.HAP_ALPHA
    with av.open(str(clip.file)) as container:
        alphas = [frame.to_ndarray(format="rgba")[60, 80, 3] for frame in container.decode(video=0)]
    np.testing.assert_allclose(alphas, [0, 40, 80, 120, 160], atol=2)


def test_mezzanines_make_the_same_clips_of_the_same_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still_movie(tmp_path / "archive/tape.mp4", 60)
    arguments = ["run", str(tmp_path / "archive"), "-o", str(tmp_path / "library")]
    assert main([*arguments, "--jobs", "2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (tmp_path / "library/mezzanine/tape.mov").is_file()
    (clip,) = read_library(tmp_path / "library").values()
    assert (clip.slug, [read_number(luma) for luma in lumas(clip)]) == ("tape", list(range(60)))
    assert report["disk"]["mezzanines"] == (tmp_path / "library/mezzanine/tape.mov").stat().st_size
    run(capsys, tmp_path / "archive", "-o", tmp_path / "library")
    assert not (tmp_path / "library/mezzanine/tape.mov").exists(), "the source is read directly now"


def test_the_report_says_what_a_seek_in_a_source_would_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbered_movie(tmp_path / "archive/alone.mov", 20, MovieSpec(codec="mjpeg", pixel_format="yuvj420p"))
    numbered_movie(tmp_path / "archive/long.mp4", 36, MovieSpec(gop=18))
    alone, long = run(capsys, tmp_path / "archive", "-o", tmp_path / "library")["sources"]
    assert alone["notes"] == ["read directly; every frame stands alone"]
    assert long["notes"] == ["read directly; a seek decodes up to 18 frames, 10 on average"]


def test_pauses_of_a_variable_rate_become_repeated_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = [0, 1, 2, 3, 10, 11, 12, 30, 31]
    still_movie(tmp_path / "vfr.mkv", 9, MovieSpec(rate=Fraction(20), times=times))
    (source,) = run(capsys, tmp_path / "vfr.mkv", "-o", tmp_path / "library")["sources"]
    assert source["verdict"] == "sound"
    assert any("variable frame rate made constant" in note for note in source["notes"])
    clip = read_library(tmp_path / "library")["vfr"]
    shown = [read_number(luma) for luma in lumas(clip)]
    for index, number in enumerate(shown):
        at = index / float(clip.rate) * 20  # in units of the source's clock
        assert abs(times[number] - at) <= 0.5 * 20 / float(clip.rate) + 0.05 or times[number] < at
    assert sorted(set(shown)) == list(range(9))
    assert shown == sorted(shown)
    assert clip.duration_s == pytest.approx(32 / 20, abs=1 / float(clip.rate))


def test_turned_and_oblong_sources_come_out_upright_and_square(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sideways = np.rot90(numbered_picture(5, 96, 160), 1)  # turned anticlockwise: needs a turn clockwise
    write_movie(tmp_path / "turned.mp4", [sideways] * 3, MovieSpec(rotation_deg=-90))
    numbered_movie(tmp_path / "oblong.mkv", 3, MovieSpec(width=180, height=144, aspect=Fraction(16, 15)))
    run(capsys, tmp_path, "-o", tmp_path / "library")
    clips = read_library(tmp_path / "library")
    assert (clips["turned"].width, clips["turned"].height) == (96, 160)
    assert [read_number(luma) for luma in lumas(clips["turned"])] == [5, 5, 5]
    assert (clips["oblong"].width, clips["oblong"].height) == (192, 144)


def hard_archive(folder: Path) -> Path:
    """One file of each kind that an archive also holds."""
    folder.mkdir()
    whole = write_movie(folder / "whole.mp4", [numbered_picture(n, 160, 96)[::-1] for n in range(60)])
    cut_short(folder / "truncated.mp4", whole)
    rotten(folder / "rotten.mp4", still_movie(folder / "Bitten é.mp4", 75, MovieSpec(gop=10)), 0.4, 0.5)
    (folder / "empty.mov").touch()
    (folder / "notes.mov").write_text("buy milk\n" * 40)
    sound_only(folder / "sound.mp4")
    write_movie(folder / "black.mp4", [np.zeros((96, 160, 3), np.uint8)] * 30)
    numbered_movie(folder / "still.mp4", 1)
    return folder


def test_every_file_gets_its_verdict_and_the_run_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = hard_archive(tmp_path / "hard")
    report = run(capsys, archive, archive / "gone.mp4", "-o", tmp_path / "library")
    verdicts = {Path(source["file"]).name: source["verdict"] for source in report["sources"]}
    assert verdicts == {
        "whole.mp4": "sound",
        "Bitten é.mp4": "sound",
        "rotten.mp4": "partly damaged",
        "truncated.mp4": "quarantined",
        "empty.mov": "quarantined",
        "notes.mov": "quarantined",
        "sound.mp4": "quarantined",
        "gone.mp4": "quarantined",
        "black.mp4": "flagged",
        "still.mp4": "flagged",
    }
    counts = report["counts"]
    assert [counts[name] for name in ("sources", "sound", "damaged", "flagged", "quarantined")] == [10, 2, 1, 2, 5]
    by_name = {Path(source["file"]).name: source for source in report["sources"]}
    assert all(source["reason"] for source in report["sources"] if source["verdict"] != "sound")
    assert all(source["mend"] for source in report["sources"] if source["verdict"] in ("partly damaged", "quarantined"))
    assert "copy it again" in by_name["truncated.mp4"]["mend"]
    assert "black" in by_name["black.mp4"]["reason"]
    assert {one["clip"] for one in report["left_out"]} >= {"black", "still"}
    _the_good_frames_of_the_rotten_one_are_whole(tmp_path, by_name["rotten.mp4"])
    scheduled = {row["clip"] for row in _rows(tmp_path / "library")}
    assert scheduled
    assert not scheduled & {"black", "still"}


def _the_good_frames_of_the_rotten_one_are_whole(tmp_path: Path, source: dict[str, Any]) -> None:
    (span, *_), clips = source["damage"], read_library(tmp_path / "library")
    assert 0.5 < span["from_s"] < span["to_s"] < 2.5
    numbers = [read_number(luma) for slug in source["clips"] for luma in lumas(clips[slug])]
    assert numbers == sorted(set(numbers))
    lost = sum(round((span["to_s"] - span["from_s"]) * 25) for span in source["damage"])
    assert len(numbers) == 75 - lost
    assert numbers[0] == 0
    assert numbers[-1] == 74


def _rows(library: Path) -> list[dict[str, str]]:
    rows = []
    for file in (library / "schedules").glob("*.csv"):
        with file.open(encoding="utf-8-sig") as opened:
            rows += list(csv.DictReader(opened))
    return rows


def test_strict_counts_quarantined_sources_in_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still_movie(tmp_path / "a.mp4", 5)
    (tmp_path / "b.mov").touch()
    arguments = ["run", str(tmp_path), "-o", str(tmp_path / "library"), *QUICK]
    assert main(arguments) == 0
    capsys.readouterr()
    assert main([*arguments, "--strict"]) == 3
    said = capsys.readouterr().out
    assert "b.mov" in said
    assert "empty: 0 bytes" in said
    assert "copy it again" in said


def test_wrong_input_is_refused_in_plain_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = str(tmp_path / "library")
    assert main(["run", str(tmp_path), "-o", library]) == 2
    assert "no video files here" in capsys.readouterr().err
    assert not (tmp_path / "library").exists()
    source = str(still_movie(tmp_path / "a.mp4", 3))
    for option in ("--track", "--show"):
        assert main(["run", source, "-o", library, option, str(tmp_path / "none")]) == 2
        assert "none" in capsys.readouterr().err
    for wrong in (["--jobs", "none"], ["--max-height", "9"], ["--codec", "divx"], ["--track", "a", "--no-track"]):
        with pytest.raises(SystemExit) as ended:
            main(["run", source, "-o", library, *wrong])
        assert ended.value.code == 2


def test_two_runs_at_once_on_one_library_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = still_movie(tmp_path / "a.mp4", 3)
    with Catalogue(tmp_path / "library"):
        assert main(["run", str(source), "-o", str(tmp_path / "library"), *QUICK]) == 2
    assert "is being written by another run" in capsys.readouterr().err


def test_a_library_named_by_a_relative_path_is_up_to_date_the_second_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    still_movie(tmp_path / "videos/one.mp4", 10)
    monkeypatch.chdir(tmp_path)
    assert streamed(run(capsys, "videos", "-o", "library", "--no-track")) == [1, 1, 1, 1]
    assert not any(run(capsys, "videos", "-o", "library", "--no-track")["done"].values())


def test_a_second_run_touches_nothing_and_a_changed_source_alone_is_redone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        still_movie(tmp_path / f"archive/{name}.mp4", 30)
    arguments = (tmp_path / "archive", "-o", tmp_path / "library")
    assert streamed(run(capsys, *arguments)) == [2, 2, 2, 2]
    before = _files(tmp_path / "library")
    assert not any(run(capsys, *arguments)["done"].values())
    assert _files(tmp_path / "library") == before
    still_movie(tmp_path / "archive/a.mp4", 34)
    os.utime(tmp_path / "archive/b.mp4")  # touched, not changed
    assert streamed(run(capsys, *arguments)) == [1, 1, 1, 1]
    clips = read_library(tmp_path / "library")
    assert {slug: clip.frame_count for slug, clip in clips.items()} == {"a": 34, "b": 30}
    (tmp_path / "library/clips/b.mov").unlink()
    assert streamed(run(capsys, *arguments)) == [0, 0, 0, 1]
    content = bytearray((tmp_path / "library/clips/b.mov").read_bytes())
    content[200] ^= 1
    (tmp_path / "library/clips/b.mov").write_bytes(content)
    assert streamed(run(capsys, *arguments)) == [0, 0, 0, 0]
    assert streamed(run(capsys, *arguments, "--verify")) == [0, 0, 0, 1]
    assert streamed(run(capsys, *arguments, "--verify")) == [0, 0, 0, 0]


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file's time and size; the catalogue's own are its writer's business."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "catalogue.sqlite")
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_same_command_goes_on_once_there_is_room(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (90, 120, 160, 3), np.uint8)
    write_movie(tmp_path / "archive/noise.mp4", [picture.repeat(4, 0).repeat(4, 1) for picture in noise])
    arguments = [tmp_path / "archive", "-o", tmp_path / "library", "--no-track", "--codec", "hap", *QUICK]
    full = _limited([*COMMAND, *map(str, arguments)], 4_000_000)
    assert full.returncode == 2, full.stderr
    assert "noise" in full.stderr
    assert "is it full?" in full.stderr
    assert "Traceback" not in full.stderr
    assert not list((tmp_path / "library/clips").iterdir())
    assert not list((tmp_path / "library").glob(".work-*"))
    assert _limited([*COMMAND, *map(str, arguments)], resource.RLIM_INFINITY).returncode == 0
    (clip,) = read_library(tmp_path / "library").values()
    assert clip.frame_count == 90


def _limited(command: list[str], most_bytes: int) -> subprocess.CompletedProcess[str]:
    """Run a command that may write no longer files than that."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))

    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=240, preexec_fn=limit)


def test_the_first_show_is_read_by_the_engine_and_cut_on_the_track(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b", "c"):
        numbered_movie(tmp_path / f"archive/videos/{name}.mp4", 60)
    hits_s = [0.3 + 0.4 * n for n in range(18)]
    (tmp_path / "archive/music").mkdir()
    track(tmp_path / "archive/music/lively.flac", hits_s, 8)
    track(tmp_path / "archive/music/sparse.flac", hits_s[::4], 8)
    report = run(capsys, tmp_path / "archive/videos", "-o", tmp_path / "library")
    assert report["track"]["file"] == "track.flac"
    assert "most onsets" in report["track"]["why"]
    loaded = read_show(tmp_path / "library/show.yaml")
    assert [movement.name for movement in loaded.movements] == ["orientation", "elemental", "built", "people", "blur"]
    assert loaded.track_files == (tmp_path / "library/track.flac",)
    assert loaded.show.track is not None
    assert loaded.show.track.at_end == "loop"
    heard = np.array([hit_s + 8 * loop for loop in range(12) for hit_s in hits_s])
    begin_s = 0.0
    for movement in loaded.movements:
        assert 10 <= movement.duration_s <= 14
        for row in movement.schedule.by_layer["base"]:
            at_s = begin_s + row.start_s
            assert at_s == 0 or np.abs(heard - at_s).min() < 0.012
        begin_s += movement.duration_s


def test_what_a_person_edited_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive, library = tmp_path / "archive", tmp_path / "library"
    still_movie(archive / "a.mp4", 60)
    run(capsys, archive, "-o", library, "--no-track")
    schedule, show = next(iter(sorted(library.glob("schedules/*.csv")))), library / "show.yaml"
    schedule.write_text(schedule.read_text() + "99,a,0,,1,base,,mine\n")
    show.write_text(show.read_text() + "# mine\n")
    kept = schedule.read_text(), show.read_text()
    assert "show.yaml" in run(capsys, archive, "-o", library, "--no-track")["edited_by_hand"]
    write_movie(archive / "b.mp4", [numbered_picture(n, 160, 96)[::-1] for n in range(60)])
    report = run(capsys, archive, "-o", library, "--no-track")
    assert (schedule.read_text(), show.read_text()) == kept
    assert "show.yaml" in report["edited_by_hand"]
    assert [*library.glob("show.new*.yaml"), *library.glob("schedules/*.new*.csv")]
    assert "b" in {row["clip"] for row in _rows(library)}
    before = _files(library)
    assert not any(run(capsys, archive, "-o", library, "--no-track")["done"].values())
    assert _files(library) == before


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_schedule_with_mistakes_stays_and_its_last_good_one_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, by_hand: bool
) -> None:
    archive, library = tmp_path / "archive", tmp_path / "library"
    still_movie(archive / "a.mp4", 60)
    run(capsys, archive, "-o", library, "--no-track")
    show = library / "show.yaml"
    first = read_show(show).movements[0]
    own = library / f"schedules/{first.name}.csv"
    if by_hand:
        own.write_text("clip,duration_s,layer\na,1.5,base\na,1,base\n")
        run(capsys, archive, "-o", library, "--no-track")
    good = [replace(row, order=0) for row in read_show(show).movements[0].schedule.rows]
    broken = own.read_text() + "no-such-clip,x,base\na,x,ecco\n"
    own.write_text(broken)
    with pytest.raises(ShowError):
        read_show(show)

    failures = {one["item"]: one for one in run(capsys, archive, "-o", library, "--no-track")["failures"]}
    assert own.read_text() == broken
    lines = broken.count("\n")
    named = f"schedules/{first.name}.csv"
    assert {named, f"{named}:{lines - 1}", f"{named}:{lines}"} <= failures.keys()
    assert "last good schedule" in failures[named]["reason"]
    assert all(one["mend"] for one in failures.values())
    assert [replace(row, order=0) for row in read_show(show).movements[0].schedule.rows] == good
    assert f"# {named} has mistakes" in show.read_text()
    before = _files(library)
    assert not any(run(capsys, archive, "-o", library, "--no-track")["done"].values())
    assert _files(library) == before

    own.write_text("clip,duration_s,layer\na,0.5,base\n")
    assert not run(capsys, archive, "-o", library, "--no-track")["failures"]
    assert [row.duration_s for row in read_show(show).movements[0].schedule.rows] == [0.5]
    assert not [*library.glob("schedules/*.good.csv")]


def test_awkward_names_are_carried_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["-o #2 'x' \"y\".mp4", "new\nline.mp4", os.fsdecode(b"\xe9t\xe9.mp4"), "x" * 240 + ".mp4", "[bold]%20.MP4"]
    plain = still_movie(tmp_path / "plain.mp4", 4)
    (tmp_path / "archive").mkdir()
    for name in names:
        (tmp_path / "archive" / name).write_bytes(plain.read_bytes())
    report = run(capsys, tmp_path / "archive", "-o", tmp_path / "library")
    assert {source["verdict"] for source in report["sources"]} <= {"sound", "flagged"}, "copies are flagged"
    assert len(read_library(tmp_path / "library")) == 5
    assert main(["run", str(tmp_path / "archive"), "-o", str(tmp_path / "library"), *QUICK]) == 0
    assert "[bold]%20" in capsys.readouterr().out
