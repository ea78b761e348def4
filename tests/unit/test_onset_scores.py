"""How well onsets are found, as F within ±50 ms: in music made here, and in recordings labelled by hand, if there."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from engine.analysis.onsets import find_onsets
from engine.formats.sound import SHOW_RATE_HZ
from engine.model.sound import Onsets
from tools.bench.onsets import labelled, score
from tools.bench.scored_music import Music, scored

LABELS = sorted((Path(__file__).parents[1] / "labels").glob("*.json"))


def found_s(music: Music, settings: Onsets) -> list[float]:
    return [onset.at_s for onset in find_onsets(music.samples, SHOW_RATE_HZ, settings)]


@pytest.fixture(scope="module")
def pieces() -> dict[str, Music]:
    return {music.name: music for music in scored(quick=True)}


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("drums", 0.98),
        ("drums and bass", 0.95),
        ("dense hats", 0.95),
        ("drums 34 dB down", 0.98),
        ("drums over a pad", 0.95),
        ("drums under a pad", 0.95),
        ("plucks", 0.95),
        ("soft attacks", 0.80),
    ],
)
def test_a_show_that_says_nothing_finds_the_onsets(name: str, least: float, pieces: dict[str, Music]) -> None:
    assert score(found_s(pieces[name], Onsets()), pieces[name].onsets_s).f >= least


def test_recordings_that_were_labelled_by_hand() -> None:
    """On a machine that has none of them this says nothing."""
    for music, doubtful_s in labelled():
        if music.name.startswith("loop"):
            for method in ("fast", "mkl"):
                f = score(found_s(music, Onsets(method=method)), music.onsets_s, doubtful_s).f
                assert f >= 0.90, f"{music.name}, {method}"


@pytest.mark.parametrize("file", LABELS, ids=lambda file: file.stem)
def test_labels_rise_and_are_no_closer_than_they_say(file: Path) -> None:
    label = json.loads(file.read_text(encoding="utf-8"))
    assert min((after - before for before, after in pairwise(label["onsets"])), default=1) > 0.03
    assert not set(label["onsets"]) & set(label["doubtful"])
    assert label["about"]
    assert label["made"]


def test_the_score_counts_each_onset_once_and_leaves_out_what_is_doubtful() -> None:
    assert score([1.0, 2.04, 3.0], [1.01, 2.0, 3.1]).f == pytest.approx(2 / 3)
    assert score([1.0, 1.02], [1.01]).precision == 0.5
    assert score([1.0], [1.01, 1.02]).recall == 0.5
    assert score([1.0, 5.0], [1.0], doubtful_s=[5.01]).f == 1.0
    assert score([1.0, 5.0], [1.0, 5.02], doubtful_s=[5.01]).f == 1.0
    assert score([], []).f == 0.0
    assert score([0.5, 1.0], [1.0]).precision == 0.5
