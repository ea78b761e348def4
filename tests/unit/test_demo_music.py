"""The demo track: what track.json says of it is what sounds."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analysis.onsets import find_onsets
from engine.formats.sound import Sound, read_sound
from engine.model.sound import Onsets
from tools import demo_music

NEAR_S = 0.03


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("music")
    assert demo_music.make_music(made)
    return made


@pytest.fixture(scope="module")
def track(folder: Path) -> Sound:
    return read_sound(folder / "track.flac")


@pytest.fixture(scope="module")
def notes(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "track.json").read_text())
    return found


def distances(of: list[float], to: list[float]) -> np.ndarray:
    return np.abs(np.array(of)[:, None] - np.array(to)[None]).min(axis=1)


def test_sections_begin_on_bars_and_fill_the_track(notes: dict[str, Any]) -> None:
    starts = [section["at_s"] for section in notes["sections"]]
    assert set(starts) <= set(notes["bars"])
    assert len(starts) == 5
    assert sum(section["bars"] for section in notes["sections"]) == len(notes["bars"])
    assert set(notes["bars"]) == set(notes["beats"][::4])
    assert notes["duration_s"] >= 60


def test_the_file_is_as_long_as_said_stereo_and_never_clips(track: Sound, notes: dict[str, Any]) -> None:
    assert track.duration_s == notes["duration_s"]
    assert track.samples.shape[1] == 2
    assert 0.85 < np.abs(track.samples).max() < 0.9  # −1 dBFS
    assert np.corrcoef(track.samples.T)[0, 1] < 0.95, "the two sides are almost the same"


def test_each_section_has_its_own_energy_and_the_end_is_silent(track: Sound, notes: dict[str, Any]) -> None:
    edges = [*(round(section["at_s"] * track.rate_hz) for section in notes["sections"]), len(track.samples)]
    parts = [track.samples[begin:end] for begin, end in pairwise(edges)]
    orientation, elemental, built, people, blur = (20 * np.log10(np.sqrt(np.mean(part**2))) for part in parts)
    assert built > elemental > blur > max(orientation, people)
    assert built - people > 4, "the break is not quiet"
    assert np.abs(track.samples[-100:]).max() < 1e-3


def test_onsets_are_heard_where_they_are_written(track: Sound, notes: dict[str, Any]) -> None:
    heard = [onset.at_s for onset in find_onsets(track.mono(), track.rate_hz, Onsets())]
    written = [onset["at_s"] for onset in notes["onsets"]]
    drums = [onset["at_s"] for onset in notes["onsets"] if onset["instrument"] in ("kick", "snare")]
    assert np.mean(distances(heard, written) < NEAR_S) > 0.97, "onsets where nothing was struck"
    assert np.mean(distances(drums, heard) < NEAR_S) > 0.9, "drums that are not heard"
    assert np.median(distances(heard, written)) < 0.005


def test_a_whole_track_is_left_alone_and_a_missing_one_made_again(folder: Path, track: Sound) -> None:
    before = (folder / "track.flac").stat().st_mtime_ns
    assert not demo_music.make_music(folder)
    assert (folder / "track.flac").stat().st_mtime_ns == before


def test_every_pitch_and_rhythm_can_be_played() -> None:
    for section in demo_music.SECTIONS:
        for line in (*section.drums.values(), section.bass, section.pluck):
            assert len(line) == 16
            assert set(line) <= set("xo.")
    assert demo_music.score() == demo_music.score()
