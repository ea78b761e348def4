"""Music heard for a schedule: onsets as the player's, bars, sections, whatever the file is like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.analysis.onsets import find_onsets
from engine.errors import SourceError
from engine.formats.sound import Sound, read_sound, write_sound
from engine.model.sound import Onsets
from preprocess.track.hear import hear
from preprocess.track.values import Section, Track
from tests.schedule_support import drums

RATE_HZ = 48_000
BEAT_S = 0.5


def heard(file: Path) -> Track:
    return hear(file, Onsets(), sha256="", name=file.name)


def tone(hz: float, seconds: float, level: float) -> np.ndarray:
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return level * sum(np.sin(2 * np.pi * hz * n * at) / n for n in (1, 2, 3)).astype(np.float32)


def song(path: Path, parts: str) -> Path:
    """Parts of 16 beats each: A a low chord, B a high loud one; a click on every beat, hardest on each fourth."""
    kinds = {"A": (110.0, 0.08), "B": (587.3, 0.3)}
    samples = np.concatenate([tone(kinds[part][0], 16 * BEAT_S, kinds[part][1]) for part in parts])
    noise = np.random.default_rng(0).normal(0, 0.2, 2400).astype(np.float32) * np.exp(-np.arange(2400) / 300)
    for beat in range(16 * len(parts)):
        begin = round(beat * BEAT_S * RATE_HZ)
        samples[begin : begin + 2400] += noise.astype(np.float32) * (2.0 if beat % 4 == 0 else 0.8)
    write_sound(path, Sound(np.clip(samples, -1, 1)[:, None].astype(np.float32), RATE_HZ))
    return path


def test_onsets_are_those_that_the_player_finds(tmp_path: Path) -> None:
    file = drums(tmp_path / "a.flac", [(0.1, 1.0), (0.7, 0.5), (1.2, 0.8)], 2)
    track, sound = heard(file), read_sound(file)
    wanted = find_onsets(sound.mono(), sound.rate_hz, Onsets())
    assert len(wanted) == 3
    assert [onset.at_s for onset in track.onsets] == [round(onset.at_s, 6) for onset in wanted]


def test_sections_are_told_apart_and_alike_ones_bear_one_letter(tmp_path: Path) -> None:
    track = heard(song(tmp_path / "song.flac", "ABAB"))
    assert [section.label for section in track.sections] == ["A", "B", "A", "B"]
    begins = [section.begin_s for section in track.sections]
    assert begins == pytest.approx([0, 8, 16, 24], abs=0.1)
    assert track.sections[-1].end_s == pytest.approx(32)
    assert track.sections[0].energy < 0.7 < track.sections[1].energy


def test_bars_begin_on_the_hardest_of_four_beats(tmp_path: Path) -> None:
    track = heard(song(tmp_path / "song.flac", "AB"))
    assert track.bpm == pytest.approx(120, abs=0.5)
    bars = [beat.at_s for beat in track.beats if beat.is_bar]
    assert bars == pytest.approx([2.0 * n for n in range(len(bars))], abs=0.05)
    assert len(bars) == 8


def test_a_sound_without_a_pulse_is_one_section(tmp_path: Path) -> None:
    write_sound(tmp_path / "hum.flac", Sound(tone(100, 20, 0.1)[:, None].astype(np.float32), RATE_HZ))
    track = heard(tmp_path / "hum.flac")
    assert track.sections == (Section(0.0, 20.0, 1.0, "A"),)


@pytest.mark.parametrize("seconds", [0.01, 0.3, 1.9])
def test_short_sounds_are_heard(tmp_path: Path, seconds: float) -> None:
    write_sound(tmp_path / "s.flac", Sound(tone(440, seconds, 0.2)[:, None].astype(np.float32), RATE_HZ))
    track = heard(tmp_path / "s.flac")
    assert track.duration_s == pytest.approx(seconds, abs=0.001)
    assert [section.label for section in track.sections] == ["A"]


def test_silence_has_no_onsets_and_one_section(tmp_path: Path) -> None:
    write_sound(tmp_path / "s.flac", Sound(np.zeros((RATE_HZ * 5, 2), np.float32), RATE_HZ))
    track = heard(tmp_path / "s.flac")
    assert (track.onsets, len(track.sections)) == ((), 1)
    assert set(track.waveform) == {0}


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mp3").write_text("words")
    with pytest.raises(SourceError):
        heard(tmp_path / "x.mp3")


def test_a_track_goes_on_in_a_loop(tmp_path: Path) -> None:
    track = heard(song(tmp_path / "song.flac", "AB"))
    once = [onset.at_s for onset in track.onsets]
    looped = [onset.at_s for onset in track.onsets_until(40)]
    assert looped[: len(once)] == once
    assert looped[len(once)] == pytest.approx(16 + once[0])
    assert all(at_s < 40 for at_s in looped)
    assert track.section_at(17).label == "A"
    assert track.changes_until(30) == pytest.approx([8, 16, 24], abs=0.1)
    assert track.loudness_between(1, 2) == pytest.approx(track.loudness_between(17, 18))
