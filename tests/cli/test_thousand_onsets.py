"""A thousand onsets of a track, each cut on the first frame at or after it: by the plan, and by the film's pixels."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.app.load import load_world
from tests.film_support import GREY_STEP, click_track, grey_movie, plan_rows, run_module

# It stands between onsets, so that each change of the index is a cut.
SHOW = """
canvas: {width: 32, height: 18, rate: 30}
track: {file: track.flac}
layers:
  - {name: base, source: up.mp4, speed: 0, on_onset: {action: jump}}
movements:
  - {name: one, duration_s: 175}
"""
CLICKS = 1_050
RATE = Fraction(30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("thousand")
    grey_movie(made / "up.mp4")
    gaps = random.Random(7)
    instants = itertools.accumulate(gaps.uniform(0.11, 0.22) for _ in range(CLICKS))
    click_track(made / "track.flac", list(instants), 175.0)
    (made / "show.yaml").write_text(SHOW)
    return made


def test_every_cut_is_on_the_first_frame_at_or_after_its_onset(folder: Path) -> None:
    run = run_module(
        "engine.app.render", folder / "show.yaml", "-o", folder / "film.mkv", "--codec", "ffv1",
        "--plan", folder / "film.plan",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    world = load_world(folder / "show.yaml")
    assert world.tracks[0] is not None
    onsets_s = [onset.at_s for onset in world.tracks[0].onsets]
    assert len(onsets_s) >= 1_000
    rows = plan_rows(folder / "film.plan")
    indexes = [row["movements"][0]["layers"][0]["index"] for row in rows]
    cuts = {frame for frame in range(1, len(indexes)) if indexes[frame] != indexes[frame - 1]}
    due = {math.ceil(Fraction(at_s) * RATE) for at_s in onsets_s}
    assert cuts <= due  # never early, never late
    assert len(cuts) >= 0.95 * len(due)  # one jump in fifty lands where it was
    levels = film_levels(folder / "film.mkv")
    assert len(levels) == len(indexes)
    shown = np.array([16 + index * GREY_STEP for index in indexes])
    assert np.abs(levels - shown).max() < GREY_STEP / 2


def film_levels(film: Path) -> np.ndarray:
    """The grey of each frame."""
    with av.open(str(film)) as container:
        return np.array([np.median(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)])
