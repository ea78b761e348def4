"""What a show may say of its clocks, and what it is told where it does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Problem
from tests.show_support import load

SHOW = """library: clips
layers:
  - name: base
movements:
  - name: one
    duration_s: 5
"""


def problems(text: str, folder: Path) -> list[Problem]:
    _, found = load(SHOW + text, folder)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "clocks: {order: []}\n",
        "clocks: {order: [mtc, tap], mtc: {offset_s: 3600}}\n",
        "clocks: {order: [link, midi], midi: {port: drum}}\ntempo: {bpm: 120}\n",
    ],
)
def test_clocks_that_fit(text: str, tmp_path: Path) -> None:
    assert problems(text, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "line", "path", "what"),
    [
        ("clocks:\n  order: [mtc, ltc, mtc]\n", 8, "clocks.order.2", "mtc is there twice"),
        ("clocks:\n  order: [mtc, track]\n", 8, "clocks.order.1", "the show has no track"),
        ("clocks:\n  order: [mtc]\n  ltc: {channel: 2}\n", 9, "clocks.ltc", "is not listened to"),
        ("clocks:\n  order: [metronome]\n", 8, "clocks.order.0", "metronome"),
        ("clocks:\n  order: [ltc]\n  ltc: {channel: 0}\n", 9, "clocks.ltc.channel", "0"),
    ],
)
def test_clocks_that_do_not_fit_are_named_with_their_line(
    text: str, line: int, path: str, what: str, tmp_path: Path
) -> None:
    [problem] = problems(text, tmp_path)
    assert (problem.line, problem.path) == (line, path)
    assert what in str(problem)


def test_a_movements_own_music_is_a_track_too(tmp_path: Path) -> None:
    (tmp_path / "own.wav").touch()
    text = SHOW.rstrip() + "\n    own_track: {file: own.wav}\nclocks: {order: [mtc, track]}\n"
    assert load(text, tmp_path)[1] == []
