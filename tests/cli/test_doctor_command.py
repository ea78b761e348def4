"""runtime-tools as a person runs it: the doctor on this very machine, and a film as a sheet of stills."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.devices.xvfb_support import virtual_display
from tests.film_support import film_frames, grey_movie, run_module
from tests.media_support import encode, image_sequence
from tools import frames
from tools.cli import SUBCOMMANDS, main


def test_the_doctor_says_go_here_and_names_a_mend_for_all_that_is_absent(tmp_path: Path) -> None:
    done = run_module("tools.cli", "doctor", "--json", "--folder", tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, report["go"]) == (0, True), done.stdout + done.stderr
    checks = {check["name"]: check for check in report["checks"]}
    assert all(check["mend"] for check in checks.values() if not check["ok"])
    assert not any(check["mend"] for check in checks.values() if check["ok"])
    for name in ("python", "packages", "decoders", "encoders", "opengl off screen", "disk", "osc", "midi", "display"):
        assert name in checks


def test_the_doctor_tells_which_files_scrub(tmp_path: Path) -> None:
    size = (1280, 720)
    long_gop = {"g": "250", "bf": "0", "sc_threshold": "0", "preset": "ultrafast"}
    long = encode(tmp_path / "long.mp4", "libx264", "yuv420p", range(250), size=size, options=long_gop)
    alone = encode(tmp_path / "alone.mov", "prores_ks", "yuv422p10le", range(5))
    done = run_module("tools.cli", "doctor", "--json", long, alone, tmp_path / "gone.mov")
    report = json.loads(done.stdout)
    assert (done.returncode, report["go"]) == (1, False)
    checks = {check["name"]: check for check in report["checks"]}
    assert "no such file" in checks["gone.mov"]["found"]
    found = {clip["name"]: clip for clip in report["clips"] if clip}
    assert (found["long.mp4"]["codec"], found["long.mp4"]["seek_worst_frames"]) == ("h264", 250)
    assert found["long.mp4"]["seek_mean_frames"] == 125.5
    assert found["alone.mov"]["seek_worst_frames"] == 1
    for name, clip in found.items():
        assert clip["seek_worst_ms"] >= clip["seek_median_ms"] > 0
        assert clip["scrubs"] == checks[name]["ok"] == (clip["seek_worst_ms"] <= 40)
        assert ("runtime-preprocess run" in clip["mend"]) is not clip["scrubs"]


def test_the_doctor_looks_at_the_sources_of_a_show(tmp_path: Path) -> None:
    image_sequence(tmp_path / "stills", range(4))
    show = "layers:\n- {name: base, source: stills, source_rate: 12}\nmovements:\n- {name: one, duration_s: 1}\n"
    (tmp_path / "show.yaml").write_text(show)
    done = run_module("tools.cli", "doctor", "--show", tmp_path / "show.yaml")
    assert done.returncode == 0
    assert "layer base  images 128×96, 4 frames at 12/s: scrubs" in done.stdout
    (tmp_path / "show.yaml").write_text(show.replace("stills", "nowhere"))
    done = run_module("tools.cli", "doctor", "--show", tmp_path / "show.yaml")
    assert done.returncode == 2
    assert "nowhere does not exist" in done.stderr


def test_the_doctor_sees_the_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    with virtual_display(320, 240) as display:
        monkeypatch.setenv("DISPLAY", display.name)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        done = run_module("tools.doctor_probes", "display")
    found = json.loads(done.stdout)
    assert found["monitors"] == ["screen 320x240+0+0 0 Hz"]
    assert found["renderer"]


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_an_unknown_subcommand_is_wrong_usage() -> None:
    done = run_module("tools.cli", "dance")
    assert done.returncode == 2
    assert "doctor" in done.stderr


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grey_movie(tmp_path_factory.mktemp("film") / "up.mp4", frames=50, rate=25)


def test_a_sheet_shows_the_frame_of_each_time(film: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    arguments = [film, "-o", sheet, "--every", "0.2", "--from", "0.1", "--to", "0.9", "--columns", "3", "--width", "48"]
    done = run_module("tools.cli", "frames", *arguments, "--json")
    shown = json.loads(done.stdout)["frames"]
    assert [frame["asked_s"] for frame in shown] == [0.1, 0.3, 0.5, 0.7]
    assert [frame["shown_s"] for frame in shown] == [0.08, 0.28, 0.48, 0.68]
    (pixels,) = film_frames(sheet)
    levels = np.array([frame.mean() for frame in film_frames(film)])
    height = 27
    for position, frame_index in enumerate((2, 7, 12, 17)):
        top = 4 + position // 3 * (height + 16)
        left = 4 + position % 3 * 52
        level = pixels[top : top + height, left : left + 48].mean()
        assert np.abs(levels - level).argmin() == frame_index
        assert pixels[top + height : top + height + 16, left : left + 48].max() == 230  # the time stamp's ink


def test_far_stills_are_the_same_as_near_ones(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = [0.0, 0.41, 1.2, 1.99]
    with frames.film(film) as opened:
        near = [opened.at(time_s, 32) for time_s in times]
    monkeypatch.setattr(frames, "_SEEK_AHEAD_S", 0.0)
    with frames.film(film) as opened:
        far = [opened.at(time_s, 32) for time_s in times]
    assert [time_s for _, time_s in near] == pytest.approx([0.0, 0.4, 1.2, 1.96])
    for (one, one_s), (other, other_s) in zip(near, far, strict=True):
        assert one_s == other_s
        assert np.array_equal(one, other)


def test_time_stamps_are_readable() -> None:
    assert frames.time_stamp(0) == "0:00.000"
    assert frames.time_stamp(62.3456) == "1:02.346"
    assert frames.time_stamp(59.9999) == "1:00.000"
    one, eight = frames.letters("1"), frames.letters("8")
    assert one.shape == eight.shape == (10, 8)
    assert eight.sum() > one.sum()
    assert len({frames.letters(glyph).tobytes() for glyph in "0123456789:."}) == 12


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.mp4", "-o", "{}/sheet.png"], "nowhere.mp4: cannot be opened"),
        (["{film}", "-o", "{}/nowhere/sheet.png"], "its folder does not exist"),
        (["{film}", "-o", "{}/there.png"], "exists already"),
        (["{film}", "-o", "{}/sheet.png", "--from", "5"], "nothing lies between 5 and 2 s"),
        (["{film}", "-o", "{}/sheet.png", "--every", "0.0001"], "more than a sheet holds"),
    ],
)
def test_a_sheet_that_cannot_be_made_is_refused_in_plain_words(
    arguments: list[str], said: str, film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there.png").write_text("mine")
    assert main(["frames", *(argument.format(tmp_path, film=film) for argument in arguments)]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["there.png"]
