"""Scenes and fragments from shots: lengths, handles, quiet divisions, losses, and slugs that last. No pictures."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocess.catalogue.values import Piece
from preprocess.split.division import Division, Span, divide, divisions
from preprocess.split.names import Known, Named, named
from preprocess.split.settings import SplitSettings
from preprocess.split.shots import Shots, Transition
from tests.shot_support import still_shots

RATE = Fraction(25)


def divided(*shots: Shots, **settings: object) -> Division:
    begin, pieces = 0, []
    for one in shots:
        pieces.append(Piece(begin, begin + one.measures.frame_count, begin / 25 + len(pieces)))
        begin = pieces[-1].end
    return divide("film", pieces, shots, RATE, SplitSettings.model_validate(settings))


def ends(division: Division) -> list[tuple[int, int]]:
    return [(span.begin, span.end) for span in division.spans]


def test_fragments_leave_out_the_frames_of_dissolves_and_fades() -> None:
    transitions = (Transition("cut", 60, 60), Transition("dissolve", 120, 140), Transition("fade", 200, 240))
    division = divided(still_shots(300, transitions))
    assert ends(division) == [(0, 60), (60, 120), (140, 200), (240, 300)]
    assert [scene.opens_with for scene in division.scenes] == ["start", "cut", "dissolve", "fade"]


def test_no_fragment_spans_a_loss_and_remnants_are_left_out_with_a_note() -> None:
    division = divided(still_shots(100), still_shots(10), still_shots(80))
    assert ends(division) == [(0, 100), (110, 190)]
    assert [scene.opens_with for scene in division.scenes] == ["start", "loss"]
    assert division.notes == ("0.40 s between losses is left out, from 5.00 s",)


def test_short_scenes_are_left_out_with_a_note_but_a_short_source_is_kept() -> None:
    cuts = (Transition("cut", 60, 60), Transition("cut", 70, 70))
    division = divided(still_shots(160, cuts))
    assert ends(division) == [(0, 60), (70, 160)]
    assert "0.40 s is left out: too short, from frame 60" in division.notes[0]
    assert ends(divided(still_shots(1))) == [(0, 1)]
    assert ends(divided(still_shots(20, (Transition("cut", 12, 12),)))) == [(0, 12)]


def test_a_fade_and_no_more_is_kept_whole() -> None:
    assert ends(divided(still_shots(48, (Transition("fade", 0, 47),)))) == [(0, 48)]


def test_handles_stay_within_the_scene() -> None:
    transitions = (Transition("dissolve", 100, 120),)
    first, second = divided(still_shots(220, transitions), handles_s=1).spans
    assert (first.handle_in, first.handle_out) == (0, 0)
    assert (second.handle_in, second.handle_out) == (0, 0)
    parts = divided(still_shots(500), handles_s=1).spans
    assert [(part.handle_in, part.handle_out) for part in parts] == [(0, 25), (25, 0)]


def test_a_long_shot_is_divided_where_it_is_quiet() -> None:
    motion = np.full(500, 0.2)
    motion[268:280] = 0.01
    (cut,) = divisions(motion.astype(np.float32), 25, 300, 6)
    assert 270 <= cut <= 278


@given(length=st.integers(1, 3000), shortest=st.integers(1, 60), longest=st.integers(60, 400), seed=st.integers(0, 99))
def test_every_part_of_a_long_shot_is_within_its_lengths(length: int, shortest: int, longest: int, seed: int) -> None:
    motion = np.random.default_rng(seed).random(length).astype(np.float32)
    edges = [0, *divisions(motion, shortest, longest, 6), length]
    parts = np.diff(edges)
    assert parts.max() <= longest
    assert parts.min() >= min(shortest, length, longest // 4)
    assert edges[1:-1] == divisions(motion, shortest, longest, 6)


def spans(*pairs: tuple[int, int]) -> list[Span]:
    return [Span(0, begin, end, 0, 0) for begin, end in pairs]


def test_a_single_fragment_has_the_base_alone_and_several_have_numbers() -> None:
    assert named("fire", spans((0, 50)), [], None) == Named(("fire",), 0)
    assert named("fire", spans((0, 50), (50, 90)), [], None) == Named(("fire-01", "fire-02"), 2)


def test_what_stays_much_the_same_keeps_its_slug_and_numbers_are_not_given_twice() -> None:
    known = [Known("fire-01", 0, 50), Known("fire-02", 50, 90)]
    assert named("fire", spans((0, 48), (50, 70), (70, 90)), known, 2) == Named(("fire-01", "fire-03", "fire-04"), 4)
    assert named("fire", spans((0, 48)), [], 4) == Named(("fire-05",), 5)
    assert named("fire", spans((0, 48)), [Known("fire", 0, 50)], 0) == Named(("fire",), 0)
    assert named("fire", spans((0, 20), (20, 50)), [Known("fire", 0, 50)], 0) == Named(("fire-01", "fire"), 1)


@pytest.mark.parametrize("count", [3, 120])
def test_the_same_split_again_has_the_same_names(count: int) -> None:
    cut = spans(*((at * 10, at * 10 + 10) for at in range(count)))
    first = named("tape", cut, [], None)
    known = [Known(slug, span.begin, span.end) for slug, span in zip(first.slugs, cut, strict=True)]
    assert named("tape", cut, known, first.highest) == first
    assert len(set(first.slugs)) == count
    assert list(first.slugs) == sorted(first.slugs)
