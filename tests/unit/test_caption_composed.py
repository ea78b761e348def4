"""Captions composed from an analysis: what they say, and that they say it in English."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from preprocess.caption.composed import Place, compose, listed
from preprocess.check.contradictions import contradictions
from tests.described_support import analysis, colours

MIDDLING: dict[str, Any] = {
    "brightness": 0.5,
    "contrast": 0.5,
    "saturation": 0.3,
    "detail": 0.4,
    "straight_lines": 0.2,
    "shake": 0.1,
    "motion": 0.1,
}


def caption(variation: int = 0, parts: int = 5, place: Place | None = None, **measures: Any) -> str:
    return compose(
        analysis("fire-01", **{**MIDDLING, **measures}), place or Place(3.0), parts=parts, variation=variation
    )


def test_says_what_an_analysis_shows() -> None:
    shown = caption(motion_x=0.05, colours=colours(blue=0.5, grey=0.3), brightness=0.7, faces=1, people=1)
    assert shown == "slow pan to the left, blue and grey, bright, one face"


@pytest.mark.parametrize(
    ("measures", "begins"),
    [
        ({"motion_x": -0.2}, "pan to the right"),
        ({"motion_x": 0.6}, "fast pan to the left"),
        ({"motion_y": -0.05}, "slow tilt up"),
        ({"motion_y": 0.2}, "tilt down"),
        ({"motion_x": -0.2, "motion_y": -0.2}, "pan to the right and up"),
        ({"zoom": 0.1}, "slowly moving in"),
        ({"zoom": -0.5}, "quickly pulling back"),
        ({"motion": 0.001}, "almost still"),
        ({"motion": 0.8}, "wild movement"),
        ({"static": True}, "still picture"),
        ({"black": True}, "black picture"),
    ],
)
def test_begins_with_what_the_camera_does(measures: dict[str, Any], begins: str) -> None:
    assert caption(**measures).split(", ")[0] == begins


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"red": 0.95}, "all red"),
        ({"red": 0.88, "blue": 0.1}, "mostly red"),
        ({"grey": 0.6, "blue": 0.1, "light_grey": 0.2}, "grey and blue"),
        ({"red": 0.4, "blue": 0.3, "green": 0.2, "grey": 0.1}, "red, blue and green"),
        ({"red": 0.5, "blue": 0.03}, "mostly red"),
        ({"green": 0.3, "dark_green": 0.3, "black": 0.2}, "green and black"),
    ],
)
def test_names_colours_by_their_share(shares: dict[str, float], says: str) -> None:
    named = {name.replace("_", " "): share for name, share in shares.items()}
    assert says in caption(colours=colours(**named))


def test_what_stands_out_most_finds_room_first() -> None:
    crowded: dict[str, Any] = {"shake": 0.5, "faces": 3, "brightness": 0.1, "contrast": 0.1, "saturation": 0.9}
    crowded["colours"] = colours(red=0.6, black=0.3)
    assert caption(parts=3, **crowded) == "some movement, red and black, three faces"
    assert len(caption(parts=8, **crowded).split(", ")) > 3


def test_a_variation_says_more_and_says_it_otherwise() -> None:
    same: dict[str, Any] = {"colours": colours(blue=0.5, grey=0.3), "loudness_lufs": -10.0, "loop_quality": 0.95}
    captions = [caption(variation, place=Place(3.0, 2, 4), **same) for variation in range(4)]
    assert len(set(captions)) == 4
    assert len(captions[1]) > len(captions[0])
    assert all("part 2 of a long shot" in one for one in captions[1:])


def test_is_the_same_for_the_same_measures() -> None:
    assert caption(2, faces=2) == caption(2, faces=2)


@pytest.mark.parametrize("variation", [0, 1, 2, 3])
def test_never_contradicts_the_measures_that_it_comes_from(variation: int) -> None:
    levels = (0.0, 0.1, 0.3, 0.65, 1.0)
    for brightness, motion, saturation, faces in product(levels, levels, levels, (0, 1, 12)):
        measured = analysis(
            "a",
            **{**MIDDLING, "brightness": brightness, "motion": motion, "saturation": saturation, "faces": faces},
            colours=colours(blue=0.4, grey=0.4),
        )
        for one in (measured, replace(measured, static=True), replace(measured, black=brightness == 0)):
            said = compose(one, Place(2.0, 1, 3), parts=10, variation=variation)
            assert re.fullmatch(r"[a-z0-9 .,-]+", said)
            assert "  " not in said
            assert not said.startswith(",")
            assert list(contradictions(said, one)) == []


def test_lists_words_as_a_sentence_does() -> None:
    assert [listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
