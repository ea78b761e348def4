"""`runtime-tools flash-check` on films whose flashes are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.archive_support import MovieSpec, cut_short, sound_only, write_movie
from tools.cli import main
from tools.flash_check import film_flashes
from tools.flash_plot import plotted

WIDTH, HEIGHT, RATE = 160, 96, 25


def flashing(
    path: Path,
    hz: float,
    share: float,
    *,
    seconds: float = 2,
    bright: Sequence[int] = (255, 255, 255),
    spec: MovieSpec | None = None,
) -> Path:
    """A film whose left `share` flashes from black to `bright` and back, `hz` times a second."""
    pictures = []
    for index in range(round(seconds * RATE)):
        pixels = np.full((HEIGHT, WIDTH, 3), 70, np.uint8)
        pixels[:, : round(share * WIDTH)] = bright if (index / RATE * hz + 1e-9) % 1 < 0.5 else (0, 0, 0)
        pictures.append(pixels)
    return write_movie(path, pictures, spec)


@pytest.mark.parametrize(
    ("hz", "share", "bright", "verdict"),
    [
        (4, 0.5, (255, 255, 255), "fail"),
        (3, 0.5, (255, 255, 255), "pass"),
        (4, 0.1, (255, 255, 255), "pass"),
        (4, 0.5, (150, 0, 0), "fail"),  # 7 % of luminance: as red alone
        (4, 0.5, (0, 0, 150), "pass"),
        (0, 0.5, (255, 255, 255), "pass"),
    ],
)
def test_verdicts(tmp_path: Path, hz: float, share: float, bright: tuple[int, int, int], verdict: str) -> None:
    assert film_flashes(flashing(tmp_path / "film.mp4", hz, share, bright=bright)).verdict == verdict


def test_what_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film, plot = flashing(tmp_path / "film.mp4", 5, 0.5, seconds=3), tmp_path / "plot.png"
    assert main(["flash-check", str(film), "--json", "--strict", "--plot", str(plot)]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["frames"], found["duration_s"]) == ("fail", 75, 3.0)
    assert found["worst_second"]["general_flashes"] == pytest.approx(5, abs=0.5)
    (passage,) = found["passages"]
    assert (passage["kind"], passage["verdict"], passage["area"]) == ("general", "fail", pytest.approx(0.5, abs=0.02))
    assert 0.5 < passage["from_s"] < 1 < passage["to_s"] < 3
    with av.open(str(plot)) as picture:
        assert next(picture.decode(video=0)).width == 1000

    assert main(["flash-check", str(film)]) == 0
    text = capsys.readouterr().out
    assert f"{film}: fail (75 frames, 3.0 s)" in text
    assert "fail: general, 0.72 to 2.96 s, 5 flashes a second; 50% of the picture" in text
    assert main(["flash-check", str(film), "--plot", str(plot)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main(["flash-check", str(film), "--area", "0.6", "--strict"]) == 0


def test_frames_of_uneven_length_count_by_their_times(tmp_path: Path) -> None:
    pictures = [np.full((HEIGHT, WIDTH, 3), 255 * (index % 2), np.uint8) for index in range(20)]
    fast, slow = [n * 2 for n in range(20)], [n * 5 for n in range(20)]
    specs = [MovieSpec(width=WIDTH, height=HEIGHT, rate=Fraction(RATE), times=times) for times in (fast, slow)]
    verdicts = [
        film_flashes(write_movie(tmp_path / f"{n}.mkv", pictures, spec)).verdict for n, spec in enumerate(specs)
    ]
    assert verdicts == ["fail", "pass"]


def test_a_film_whose_last_frame_says_that_it_is_years_later(tmp_path: Path) -> None:
    pictures = [np.full((HEIGHT, WIDTH, 3), 255 * (index % 2), np.uint8) for index in range(20)]
    spec = MovieSpec(width=WIDTH, height=HEIGHT, rate=Fraction(RATE), times=[*range(19), 2_000_000_000])
    found = film_flashes(write_movie(tmp_path / "film.mkv", pictures, spec))
    assert (found.verdict, len(found.seconds)) == ("fail", 2)
    assert plotted(found).shape[1] == 1000


def test_files_that_are_no_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = flashing(tmp_path / "film.mp4", 4, 0.5)
    (tmp_path / "text.mp4").write_text("not a film")
    for file in (tmp_path / "none.mp4", tmp_path / "text.mp4", sound_only(tmp_path / "sound.mp4"), tmp_path):
        assert main(["flash-check", str(file)]) == 2
        assert str(file) in capsys.readouterr().err
    assert main(["flash-check", str(cut_short(tmp_path / "cut.mp4", film))]) == 2
    for area in ("25", "nan", "a quarter"):
        with pytest.raises(SystemExit) as usage:
            main(["flash-check", str(film), "--area", area])
        assert usage.value.code == 2
        assert f"'{area}' is no share of the picture; write 0.25 for a quarter" in capsys.readouterr().err
