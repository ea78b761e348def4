"""`runtime-preprocess build`, from files to a library: every frame the right one, every verdict with its reason."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.formats.library import read_library
from engine.formats.show_yaml import read_show
from engine.model.clips import Clip, Codec
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

COMMAND = [sys.executable, "-m", "preprocess.cli", "build"]


def build(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["build", *map(str, arguments), "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


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
    numbered_movie(tmp_path / "archive/long.mp4", 250, MovieSpec(rate=Fraction(20)))  # 12.5 s: two clips
    numbered_movie(tmp_path / "archive/short.mkv", 41, MovieSpec(rate=Fraction(30000, 1001), gop=7))
    build(capsys, tmp_path / "archive", "-o", tmp_path / "library", "--codec", codec)
    clips = read_library(tmp_path / "library")
    assert {slug: clip.frame_count for slug, clip in clips.items()} == {"long-01": 125, "long-02": 125, "short": 41}
    for slug, clip in clips.items():
        first = 125 if slug == "long-02" else 0
        ours = lumas(clip)
        theirs = ffmpeg_lumas(ffmpeg, clip.file, clip.width, clip.height)
        assert len(ours) == len(theirs) == clip.frame_count
        for index, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            assert read_number(our) == read_number(their) == first + index
    _pixels_match_the_source(tmp_path, clips["short"], ffmpeg)


def _pixels_match_the_source(tmp_path: Path, clip: Clip, ffmpeg: str) -> None:
    """Every picture against the foreign program's decode of the source itself; BC1 keeps five bits of red and blue."""
    source = ffmpeg_lumas(ffmpeg, tmp_path / "archive/short.mkv", 160, 96)
    for ours, theirs in zip(ffmpeg_lumas(ffmpeg, clip.file, 160, 96), source, strict=True):
        error = np.abs(ours.astype(float) - theirs).mean()
        assert error < {Codec.MJPEG: 2.5, Codec.HAP: 6, Codec.HAP_Q: 4}[clip.codec]


def test_mjpeg_frames_carry_a_restart_marker_after_each_row_of_blocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbered_movie(tmp_path / "a.mp4", 3, MovieSpec(width=174, height=96))
    build(capsys, tmp_path / "a.mp4", "-o", tmp_path / "library", "--codec", "mjpeg")
    clip = read_library(tmp_path / "library")["a"]
    assert clip.table is not None
    content = clip.file.read_bytes()
    for offset, length in zip(clip.table.offsets, clip.table.lengths, strict=True):
        frame = content[int(offset) : int(offset) + int(length)]
        at = frame.index(b"\xff\xdd\x00\x04")
        assert int.from_bytes(frame[at + 4 : at + 6], "big") == 11  # 174 px are 11 blocks of 16
        scan = frame[frame.index(b"\xff\xda") :]
        markers = [scan[n + 1] for n in range(len(scan) - 1) if scan[n] == 0xFF and 0xD0 <= scan[n + 1] <= 0xD7]
        assert markers == [0xD0 + n for n in range(5)]  # 96 rows are 6 rows of blocks


def test_transparent_sources_become_hap_alpha(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [np.dstack([numbered_picture(n, 160, 96), np.full((96, 160), 40 * n, np.uint8)]) for n in range(5)]
    write_movie(tmp_path / "glow.mov", pictures, MovieSpec(codec="png", pixel_format="rgba"))
    build(capsys, tmp_path / "glow.mov", "-o", tmp_path / "library")
    clip = read_library(tmp_path / "library")["glow"]
    assert clip.codec is Codec.HAP_ALPHA
    with av.open(str(clip.file)) as container:
        alphas = [frame.to_ndarray(format="rgba")[60, 80, 3] for frame in container.decode(video=0)]
    np.testing.assert_allclose(alphas, [0, 40, 80, 120, 160], atol=2)


def test_the_report_says_what_a_seek_in_a_source_would_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbered_movie(tmp_path / "archive/alone.mov", 20, MovieSpec(codec="mjpeg", pixel_format="yuvj420p"))
    numbered_movie(tmp_path / "archive/long.mp4", 36, MovieSpec(gop=18))
    alone, long = build(capsys, tmp_path / "archive", "-o", tmp_path / "library")["sources"]
    assert alone["notes"] == []
    assert long["notes"] == ["a seek decodes up to 18 frames, 10 on average; built into the library it is one"]


def test_pauses_of_a_variable_rate_become_repeated_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = [0, 1, 2, 3, 10, 11, 12, 30, 31]
    numbered_movie(tmp_path / "vfr.mkv", 9, MovieSpec(rate=Fraction(20), times=times))
    (source,) = build(capsys, tmp_path / "vfr.mkv", "-o", tmp_path / "library")["sources"]
    assert source["verdict"] == "sound"
    assert "variable frame rate made constant" in source["notes"][0]
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
    build(capsys, tmp_path, "-o", tmp_path / "library")
    clips = read_library(tmp_path / "library")
    assert (clips["turned"].width, clips["turned"].height) == (96, 160)
    assert [read_number(luma) for luma in lumas(clips["turned"])] == [5, 5, 5]
    assert (clips["oblong"].width, clips["oblong"].height) == (192, 144)


def hard_archive(folder: Path) -> Path:
    """One file of each kind that an archive also holds."""
    folder.mkdir()
    whole = numbered_movie(folder / "whole.mp4", 60)
    cut_short(folder / "truncated.mp4", whole)
    rotten(folder / "rotten.mp4", numbered_movie(folder / "Bitten é.mp4", 75, MovieSpec(gop=10)), 0.4, 0.5)
    (folder / "empty.mov").touch()
    (folder / "notes.mov").write_text("buy milk\n" * 40)
    sound_only(folder / "sound.mp4")
    write_movie(folder / "black.mp4", [np.zeros((96, 160, 3), np.uint8)] * 30)
    numbered_movie(folder / "still.mp4", 1)
    return folder


def test_every_file_gets_its_verdict_and_the_build_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = hard_archive(tmp_path / "hard")
    report = build(capsys, archive, archive / "gone.mp4", "-o", tmp_path / "library")
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
    assert report["counts"] == {"sound": 2, "partly damaged": 1, "flagged": 2, "quarantined": 5}
    by_name = {Path(source["file"]).name: source for source in report["sources"]}
    assert all(source["reason"] and source["mend"] for source in report["sources"] if source["verdict"] != "sound")
    assert "copy it again" in by_name["truncated.mp4"]["mend"]
    assert by_name["black.mp4"]["black"] == by_name["black.mp4"]["static"] == ["black"]
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
    numbered_movie(tmp_path / "a.mp4", 5)
    (tmp_path / "b.mov").touch()
    arguments = ["build", str(tmp_path), "-o", str(tmp_path / "library")]
    assert main(arguments) == 0
    assert main([*arguments, "--strict"]) == 3
    said = capsys.readouterr().out
    assert "b.mov" in said
    assert "empty: 0 bytes" in said
    assert "copy it again" in said


def test_wrong_input_is_refused_in_plain_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(tmp_path), "-o", str(tmp_path / "library")]) == 2
    assert "no video files here" in capsys.readouterr().err
    assert not (tmp_path / "library").exists()
    numbered_movie(tmp_path / "a.mp4", 3)
    assert (
        main(["build", str(tmp_path / "a.mp4"), "-o", str(tmp_path / "library"), "--track", str(tmp_path / "x")]) == 2
    )
    with pytest.raises(SystemExit) as ended:
        main(["build", str(tmp_path), "-o", str(tmp_path / "library"), "--jobs", "none"])
    assert ended.value.code == 2


def test_a_library_named_by_a_relative_path_is_up_to_date_the_second_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered_movie(tmp_path / "videos/one.mp4", 10)
    monkeypatch.chdir(tmp_path)
    assert build(capsys, "videos", "-o", "library", "--no-track")["converted"] == 1
    assert build(capsys, "videos", "-o", "library", "--no-track")["converted"] == 0


def test_a_second_build_touches_nothing_and_a_changed_source_alone_is_redone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        numbered_movie(tmp_path / f"archive/{name}.mp4", 10)
    arguments = (tmp_path / "archive", "-o", tmp_path / "library")
    assert build(capsys, *arguments)["converted"] == 2
    before = _files(tmp_path / "library")
    again = build(capsys, *arguments)
    assert (again["converted"], again["show_changed"]) == (0, False)
    assert _files(tmp_path / "library") == before
    numbered_movie(tmp_path / "archive/a.mp4", 14)
    os.utime(tmp_path / "archive/b.mp4")  # touched, not changed
    changed = {Path(source["file"]).name: source["converted"] for source in build(capsys, *arguments)["sources"]}
    assert changed == {"a.mp4": True, "b.mp4": False}
    clips = read_library(tmp_path / "library")
    assert {slug: clip.frame_count for slug, clip in clips.items()} == {"a": 14, "b": 10}
    (tmp_path / "library/clips/b.mov").unlink()
    assert build(capsys, *arguments)["converted"] == 1
    content = bytearray((tmp_path / "library/clips/b.mov").read_bytes())
    content[200] ^= 1
    (tmp_path / "library/clips/b.mov").write_bytes(content)
    assert build(capsys, *arguments)["converted"] == 0
    assert build(capsys, *arguments, "--verify")["converted"] == 1


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file's time and size; the catalogue's own are its writer's business."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "catalogue.sqlite")
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def _dump(library: Path) -> list[str]:
    """The catalogue in words, without what differs from run to run by right."""
    with sqlite3.connect(library / "catalogue.sqlite") as catalogue:
        assert catalogue.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        catalogue.row_factory = sqlite3.Row
        clips = catalogue.execute(
            "SELECT * FROM clips JOIN frame_tables ON clip_id = clips.id ORDER BY slug"
        ).fetchall()
        sources = catalogue.execute("SELECT base, sha256, verdict, reason FROM sources ORDER BY path").fetchall()
    catalogue.close()
    skipped = {"id", "clip_id", "source_id"}
    named = [{key: row[key] for key in row.keys() if key not in skipped} for row in (*clips, *sources)]  # noqa: SIM118
    return [repr(row) for row in named]


def test_a_build_killed_at_any_time_goes_on_and_comes_to_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "archive"
    _four_sources(archive)
    build(capsys, archive, "-o", tmp_path / "whole", "--no-track", "--jobs", "2")
    library = tmp_path / "killed"
    kept = []
    for clips_wanted in (0, 1, 3):  # killed before the first clip, and with some of them finished
        process = subprocess.Popen(
            [*COMMAND, str(archive), "-o", str(library), "--no-track", "--jobs", "2"], stderr=subprocess.DEVNULL
        )
        _until(process, lambda wanted=clips_wanted: _has_begun(library) and _clip_count(library) >= wanted)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        kept.append(_clip_count(library))
    assert kept[-1] > 0
    report = build(capsys, archive, "-o", library, "--no-track")
    assert report["unchanged"] > 0
    assert _dump(library) == _dump(tmp_path / "whole")
    assert sorted(_files(library)) == sorted(_files(tmp_path / "whole"))
    assert not list(library.glob(".*"))


def _four_sources(archive: Path) -> None:
    """The same pictures four times: enough work to be interrupted in."""
    first = numbered_movie(archive / "a.mp4", 240, MovieSpec(width=320, height=240, rate=Fraction(15)))
    for name in ("b", "c", "d"):
        shutil.copy(first, archive / f"{name}.mp4")


def _has_begun(library: Path) -> bool:
    try:
        return any(library.glob(".work-*/*/*"))
    except FileNotFoundError:  # a folder was cleared while it was looked into
        return True


def _clip_count(library: Path) -> int:
    return len(list(library.glob("clips/*.mov")))


def _until(process: subprocess.Popen[bytes], condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)  # polls a foreign process; there is nothing to wait on


def test_ctrl_c_ends_cleanly_and_says_what_is_kept(tmp_path: Path) -> None:
    archive, library = tmp_path / "archive", tmp_path / "library"
    _four_sources(archive)
    process = subprocess.Popen(
        [*COMMAND, str(archive), "-o", str(library), "--no-track"], stderr=subprocess.PIPE, start_new_session=True
    )
    _until(process, lambda: _has_begun(library))
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does: to the whole group
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"the same command goes on" in said
    assert b"Traceback" not in said
    assert not list(library.glob(".work-*"))
    assert not (library / "catalogue.sqlite-wal").exists()


def test_the_first_show_is_read_by_the_engine_and_cut_on_the_track(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b", "c"):
        numbered_movie(tmp_path / f"archive/videos/{name}.mp4", 60)
    hits_s = [0.3 + 0.4 * n for n in range(18)]
    (tmp_path / "archive/music").mkdir()
    track(tmp_path / "archive/music/lively.flac", hits_s, 8)
    track(tmp_path / "archive/music/sparse.flac", hits_s[::4], 8)
    report = build(capsys, tmp_path / "archive/videos", "-o", tmp_path / "library")
    assert report["track"]["file"].endswith("lively.flac")
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
    numbered_movie(archive / "a.mp4", 60)
    build(capsys, archive, "-o", library, "--no-track")
    edited = library / "schedules/blur.csv"
    edited.write_text(edited.read_text() + "99,a,0,,1,base,,mine\n")
    content = edited.read_text()
    assert build(capsys, archive, "-o", library, "--no-track")["show_changed"] is False
    numbered_movie(archive / "b.mp4", 60)
    report = build(capsys, archive, "-o", library, "--no-track")
    assert report["edited_by_hand"] == ["schedules/blur.csv"]
    assert report["show"].endswith("show.new.yaml")
    assert edited.read_text() == content
    assert "b" not in {row.clip for m in read_show(library / "show.yaml").movements for row in m.schedule.rows}
    assert "b" in {row.clip for m in read_show(library / "show.new.yaml").movements for row in m.schedule.rows}
    again = build(capsys, archive, "-o", library, "--no-track")
    assert (again["show_changed"], sorted(library.glob("show*"))) == (False, sorted(library.glob("show*.yaml")))
    assert len(list(library.glob("show*.yaml"))) == 2


def test_awkward_names_are_carried_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["-o #2 'x' \"y\".mp4", "new\nline.mp4", os.fsdecode(b"\xe9t\xe9.mp4"), "x" * 240 + ".mp4", "[bold]%20.MP4"]
    plain = numbered_movie(tmp_path / "plain.mp4", 4)
    (tmp_path / "archive").mkdir()
    for name in names:
        (tmp_path / "archive" / name).write_bytes(plain.read_bytes())
    report = build(capsys, tmp_path / "archive", "-o", tmp_path / "library")
    assert [source["verdict"] for source in report["sources"]] == ["sound"] * 5
    assert len(read_library(tmp_path / "library")) == 5
    assert main(["build", str(tmp_path / "archive"), "-o", str(tmp_path / "library")]) == 0
    assert "[bold]%20" in capsys.readouterr().out
