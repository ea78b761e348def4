"""runtime-render from the command line: the film shows what the plan says, and bad input harms nothing."""

from __future__ import annotations

import json
import shutil
import signal
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.film_support import (
    GREY_STEP,
    click_track,
    film_frames,
    film_rate,
    grey_movie,
    plan_rows,
    run_module,
    start_module,
)

CLICKS_S = (0.31, 0.9, 1.23, 1.77, 2.4)

SHOW = """
canvas: {width: 64, height: 36, rate: 30}
track: {file: track.flac}
layers:
  - name: base
    source: up.mp4
    on_onset: {action: jump}
movements:
  - {name: one, duration_s: 1.5}
  - {name: two, duration_s: 1.5}
"""


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show")
    grey_movie(folder / "up.mp4")
    click_track(folder / "track.flac", CLICKS_S, 3.0)
    (folder / "show.yaml").write_text(SHOW)
    return folder


@pytest.fixture(scope="module")
def rendered(material: Path) -> dict[str, Any]:
    """One render of the whole show, lossless, with its plan and hashes."""
    folder = material / "out"
    folder.mkdir()
    run = run_module(
        "engine.app.render", material / "show.yaml", "-o", folder / "film.mkv", "--codec", "ffv1",
        "--plan", folder / "film.plan", "--hashes", folder / "film.hashes", "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return {"folder": folder, "figures": json.loads(run.stdout), "rows": plan_rows(folder / "film.plan")}


def test_every_frame_of_the_film_is_the_frame_that_the_plan_says(rendered: dict[str, Any]) -> None:
    frames = film_frames(rendered["folder"] / "film.mkv")
    assert len(frames) == len(rendered["rows"]) == 90 == rendered["figures"]["frames"]
    assert film_rate(rendered["folder"] / "film.mkv") == 30
    for frame, row in zip(frames, rendered["rows"], strict=True):
        (layer,) = row["movements"][0]["layers"]
        assert abs(int(np.median(frame)) - (16 + layer["index"] * GREY_STEP)) < GREY_STEP / 2


def test_cuts_fall_on_the_first_frame_at_or_after_each_onset(rendered: dict[str, Any]) -> None:
    indexes = [row["movements"][0]["layers"][0]["index"] for row in rendered["rows"]]
    # Played on, the index moves by 0 or 1 a frame (25 into 30); anything else is a cut. At 1.5 s a movement begins.
    cuts = [n for n in range(1, 90) if indexes[n] - indexes[n - 1] not in (0, 1) and n != 45]
    expected = [int(np.ceil(click * 30)) for click in CLICKS_S]
    # An onset's time is good to about 5 ms, so that one within 5 ms of a frame's instant may fall on either side.
    assert len(cuts) == len(expected)
    assert all(abs(cut / 30 - click) <= 1 / 30 + 0.006 for cut, click in zip(cuts, CLICKS_S, strict=True))
    levels = [int(np.median(frame)) for frame in film_frames(rendered["folder"] / "film.mkv")]
    seen = [n for n in range(1, 90) if not -2 <= levels[n] - levels[n - 1] <= GREY_STEP + 2 and n != 45]
    assert seen == cuts


def test_rendering_twice_gives_the_same_hashes(material: Path, rendered: dict[str, Any], tmp_path: Path) -> None:
    run = run_module(
        "engine.app.render", material / "show.yaml", "-o", tmp_path / "b.mp4", "--hashes", tmp_path / "b.hashes"
    )
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "b.hashes").read_text() == (rendered["folder"] / "film.hashes").read_text()


def test_a_part_is_the_same_part_of_the_whole(material: Path, rendered: dict[str, Any], tmp_path: Path) -> None:
    run = run_module(
        "engine.app.render", material / "show.yaml", "-o", tmp_path / "part.mp4", "--from", "1", "--to", "2",
        "--hashes", tmp_path / "part.hashes",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    whole = [line.split()[1:] for line in (rendered["folder"] / "film.hashes").read_text().splitlines()]
    part = [line.split()[1:] for line in (tmp_path / "part.hashes").read_text().splitlines()]
    assert part == whole[30:60]


def test_events_from_a_file_are_played(material: Path, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text('{"at_s": 0.5, "address": "/layer/base/position", "value": 1.0}\n')
    run = run_module(
        "engine.app.render", material / "show.yaml", "-o", tmp_path / "film.mp4", "--to", "1",
        "--events", tmp_path / "events.jsonl", "--plan", tmp_path / "film.plan",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    indexes = [row["movements"][0]["layers"][0]["index"] for row in plan_rows(tmp_path / "film.plan")]
    assert set(indexes[15:]) == {49}
    assert indexes[14] != 49


def test_the_music_is_in_the_film(rendered: dict[str, Any]) -> None:
    import av

    with av.open(str(rendered["folder"] / "film.mkv")) as container:
        heard = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)])[:, 0]
        rate_hz = container.streams.audio[0].rate
    loud = np.abs(heard.astype(np.float64)) > np.abs(heard.astype(np.float64)).max() / 20
    assert abs(len(heard) / rate_hz - 3.0) < 0.05
    assert abs(int(np.argmax(loud)) / rate_hz - CLICKS_S[0]) < 0.005


def test_what_hands_do_to_the_sound_is_in_the_film(material: Path, tmp_path: Path) -> None:
    import av

    quiet_s, jump_s = CLICKS_S[0] + 0.1, CLICKS_S[1] + 0.1
    (tmp_path / "events.jsonl").write_text(
        f'{{"at_s": {quiet_s}, "address": "/track/volume", "value": 0}}\n'
        f'{{"at_s": {jump_s}, "address": "/track/volume", "value": 1}}\n'
        f'{{"at_s": {jump_s}, "address": "/show/position", "value": 0}}\n'
    )
    run = run_module(
        "engine.app.render", material / "show.yaml", "-o", tmp_path / "film.mkv", "--events", tmp_path / "events.jsonl"
    )
    assert run.returncode == 0, run.stderr
    with av.open(str(tmp_path / "film.mkv")) as container:
        heard = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)])[:, 0]
        rate_hz = container.streams.audio[0].rate
    loud_s = np.nonzero(np.abs(heard.astype(np.float64)) > np.abs(heard.astype(np.float64)).max() / 20)[0] / rate_hz
    assert not ((loud_s > quiet_s) & (loud_s < jump_s)).any()
    again_s = loud_s[loud_s > jump_s][0]
    assert again_s == pytest.approx(jump_s + CLICKS_S[0], abs=0.005)


@pytest.mark.parametrize("option", ["-o", "--hashes", "--plan"])
def test_a_path_that_exists_is_refused_before_anything_is_rendered(material: Path, tmp_path: Path, option: str) -> None:
    taken = tmp_path / "taken.mp4"
    taken.write_text("mine")
    others = [] if option == "-o" else ["-o", tmp_path / "film.mp4"]
    run = run_module("engine.app.render", material / "show.yaml", option, taken, *others)
    assert run.returncode == 2
    assert "exists already" in run.stderr
    assert taken.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["taken.mp4"]


def test_a_folder_that_is_not_there_is_refused(material: Path, tmp_path: Path) -> None:
    run = run_module("engine.app.render", material / "show.yaml", "-o", tmp_path / "no" / "film.mp4")
    assert run.returncode == 2
    assert "its folder does not exist" in run.stderr


def test_a_killed_render_leaves_nothing_under_the_final_name(material: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    process = start_module("engine.app.render", material / "show.yaml", "-o", film, "--fps", "240", "--size", "640x360")
    try:
        while process.poll() is None and not list(tmp_path.glob(".film.mp4.*")):
            pass
        assert process.poll() is None, "it ended before it could be killed"
    finally:
        process.kill()
        process.communicate()
    assert not film.exists()
    again = run_module("engine.app.render", material / "show.yaml", "-o", film, "--to", "0.2")
    assert again.returncode == 0, again.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]  # what the killed one left is gone, too


def test_ctrl_c_stops_a_render_and_leaves_nothing(material: Path, tmp_path: Path) -> None:
    process = start_module(
        "engine.app.render", material / "show.yaml", "-o", tmp_path / "film.mp4", "--fps", "240", "--size", "640x360"
    )
    while process.poll() is None and not list(tmp_path.glob(".film.mp4.*")):
        pass
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_every_mistake_of_a_show_is_said_at_once(material: Path, tmp_path: Path) -> None:
    shutil.copy(material / "up.mp4", tmp_path / "up.mp4")
    (tmp_path / "show.yaml").write_text(
        "canvas: {width: 641, height: 36}\n"
        "layers:\n"
        "  - name: base\n"
        "    source: up.mp4\n"
        "    opacty: 0.5\n"
        "  - name: Bad Name\n"
        "movements:\n"
        "  - name: one\n"
        "    duration_s: -3\n"
    )
    run = run_module("engine.app.render", tmp_path / "show.yaml", "-o", tmp_path / "film.mp4")
    assert run.returncode == 2
    for line in (1, 5, 6, 9):
        assert f"show.yaml:{line}: " in run.stderr, run.stderr
    assert "opacity" in run.stderr
    assert not (tmp_path / "film.mp4").exists()


def test_a_source_that_rots_while_the_show_knows_it_is_whole(material: Path, tmp_path: Path) -> None:
    """The table and the header promise 50 frames; from the middle of the file on there is only noise."""
    movie = (material / "up.mp4").read_bytes()
    rotten = bytearray(movie)
    body = movie.index(b"mdat") + 4
    start = (
        body + (movie.index(b"moov") - body) // 2 if movie.index(b"moov") > body else body + (len(movie) - body) // 2
    )
    stop = movie.index(b"moov") - 4 if movie.index(b"moov") > body else len(movie)
    rotten[start:stop] = np.random.default_rng(1).integers(0, 256, stop - start, dtype=np.uint8).tobytes()
    (tmp_path / "up.mp4").write_bytes(rotten)
    (tmp_path / "show.yaml").write_text(SHOW.replace("track: {file: track.flac}\n", ""))
    run = run_module("engine.app.render", tmp_path / "show.yaml", "-o", tmp_path / "film.mp4", "--json")
    assert run.returncode == 0, run.stderr
    assert len(film_frames(tmp_path / "film.mp4")) == 90


def test_help_has_examples() -> None:
    run = run_module("engine.app.render", "--help")
    assert run.returncode == 0
    assert "runtime-render show.yaml -o film.mp4" in run.stdout


def test_a_read_only_folder_is_refused(material: Path, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        (folder / "probe").touch()
    except PermissionError:
        run = run_module("engine.app.render", material / "show.yaml", "-o", folder / "film.mp4")
        assert run.returncode == 2
        assert "cannot be written" in run.stderr
    else:  # root writes anywhere: then the render must work
        run = run_module("engine.app.render", material / "show.yaml", "-o", folder / "film.mp4", "--to", "0.1")
        assert run.returncode == 0, run.stderr
    finally:
        folder.chmod(stat.S_IRWXU)
