"""A show's clips as one mapping: the library's and the layers' own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.formats.show_clips import ShowClips
from engine.formats.show_resolve import Surroundings
from tests.show_support import BLENDS, CLIPS, WHOLE, clip, load, surroundings, write_schedule

OWN = clip("layer-echo", 40)


def test_the_librarys_clips_come_first_and_then_the_layers_own() -> None:
    clips = ShowClips(CLIPS, [OWN])
    assert dict(clips) == {**CLIPS, "layer-echo": OWN}
    assert list(clips) == [*CLIPS, "layer-echo"]
    assert len(clips) == 5
    assert "wall" in clips
    assert "layer-echo" in clips
    assert "walls" not in clips
    with pytest.raises(KeyError):
        clips["walls"]


def test_a_layers_own_source_stands_before_a_clip_of_its_slug() -> None:
    own = replace(OWN, slug="wall")
    clips = ShowClips(CLIPS, [own])
    assert clips["wall"] is own
    assert list(clips) == list(CLIPS)
    assert len(clips) == len(CLIPS)


def test_a_pattern_catches_clips_of_the_library_in_order_and_a_slug_itself() -> None:
    clips = ShowClips(CLIPS, [OWN])
    assert clips.matching("fire*") == ("fire-1", "fire-2")
    assert clips.matching("fire-[2-9]") == ("fire-2",)
    assert clips.matching("*") == tuple(sorted(CLIPS))
    assert clips.matching("layer-echo") == ("layer-echo",)
    assert clips.matching("Fire*") == ()
    assert clips.matching("fire") == ()


def test_layers_that_choose_among_the_same_clips_share_one_list_of_them(tmp_path: Path) -> None:
    text = WHOLE.replace("    hidden: [echo]\n", "").replace("    schedule: first.csv\n", "    duration_s: 4\n")
    loaded, problems = load(text, tmp_path, surroundings())
    assert problems == []
    assert loaded is not None
    chosen = loaded.layer_clips
    assert chosen["first", "base"] == tuple(sorted(CLIPS))
    assert chosen["first", "base"] is chosen["second", "base"]
    assert chosen["first", "echo"] == ("fire-1", "fire-2", "wall")
    assert chosen["first", "echo"] is chosen["second", "echo"]


def test_an_in_point_is_checked_against_clips_named_outright_and_against_a_whole_pattern(tmp_path: Path) -> None:
    write_schedule(tmp_path)

    def said(clips: str, in_s: float) -> list[str]:
        text = WHOLE.replace("      - fire*\n      - wall\n", clips).replace("in_s: 0.25", f"in_s: {in_s}")
        _, problems = load(text.replace("    out_s: 1.5\n", ""), tmp_path, Surroundings(CLIPS, {}, BLENDS))
        return [problem.what for problem in problems]

    assert said("      - fire*\n", 2.5) == []  # fire-1 is 2 s long, fire-2 is 4
    assert said("      - fire*\n", 4.5) == ["4.5 is past the end of fire-1 (2 s)"]
    assert said("      - fire*\n      - fire-1\n", 2.5) == ["2.5 is past the end of fire-1 (2 s)"]
    assert said("      - river\n      - wall\n", 3.5) == ["3.5 is past the end of wall (3 s)"]
