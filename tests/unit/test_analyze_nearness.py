"""Which fragments repeat others: pairs found by parts of hashes against all pairs, and which one stays."""

from __future__ import annotations

import numpy as np
import pytest

from preprocess.analyze.compare import Duplicate, _Candidate, duplicates
from preprocess.analyze.nearness import alike_pairs, distance


def spoilt(value: int, bits: int, chance: np.random.Generator) -> int:
    """A hash with so many bits turned."""
    for bit in chance.choice(64, bits, replace=False):
        value ^= 1 << int(bit)
    return value


def pairs(hashes: np.ndarray, bits: int) -> set[tuple[int, int]]:
    return {
        pair for ones, others in alike_pairs(hashes, bits) for pair in zip(ones.tolist(), others.tolist(), strict=True)
    }


@pytest.mark.parametrize("bits", [0, 3, 6, 7, 8, 12])
def test_all_pairs_are_found_and_no_others(bits: int) -> None:
    chance = np.random.default_rng(bits)
    hashes = [int(value) for value in chance.integers(0, 2**64, 300, dtype=np.uint64)]
    hashes += [spoilt(value, int(chance.integers(0, 14)), chance) for value in hashes[:150]]
    array = np.array(hashes, np.uint64)
    expected = {
        (one, other)
        for one in range(len(hashes))
        for other in range(one + 1, len(hashes))
        if (hashes[one] ^ hashes[other]).bit_count() <= bits
    }
    assert pairs(array, bits) == expected


def candidate(
    slug: str, hashes: list[int], *, frame_count: int = 0, pixels: int = 100, mark: int | None = None
) -> _Candidate:
    digest = str(hash(tuple(hashes)))
    return _Candidate(slug, frame_count or 6 * len(hashes), pixels, tuple(hashes), digest, mark)


CHANCE = np.random.default_rng(7)
FILM = [int(value) for value in CHANCE.integers(0, 2**64, 12, dtype=np.uint64)]
NEARLY = [spoilt(value, 1, CHANCE) for value in FILM]


def test_a_copy_a_coded_copy_and_a_cut_copy_repeat_the_longest() -> None:
    other = [int(value) for value in CHANCE.integers(0, 2**64, 12, dtype=np.uint64)]
    found = duplicates(
        [
            candidate("b", FILM),
            candidate("a_copy", FILM),
            candidate("coded", NEARLY),
            candidate("head", NEARLY[:5]),
            candidate("tail", NEARLY[-5:]),
            candidate("other", other),
        ],
        6,
    )
    assert found == [
        Duplicate("b", "a_copy", 0.0, "exact"),
        Duplicate("coded", "a_copy", 1.0, "near"),
        Duplicate("head", "a_copy", 1.0, "near"),
        Duplicate("tail", "a_copy", 1.0, "near"),
    ]


def test_of_equal_length_the_larger_picture_is_the_original_and_the_order_of_names_decides_last() -> None:
    assert duplicates([candidate("a", NEARLY), candidate("b", FILM, pixels=200)], 6)[0].of_slug == "b"
    assert duplicates([candidate("b", NEARLY), candidate("a", FILM)], 6)[0].of_slug == "a"


def test_a_persons_word_decides_which_is_the_original() -> None:
    assert duplicates([candidate("a", FILM, mark=1), candidate("b", FILM)], 6)[0].slug == "a"
    assert duplicates([candidate("a", FILM), candidate("b", FILM, mark=0)], 6)[0].slug == "a"
    assert duplicates([candidate("a", FILM, mark=0), candidate("b", FILM, mark=0)], 6) == []


def test_another_gesture_before_the_same_wall_is_no_copy() -> None:
    gesture = [spoilt(value, 2, CHANCE) for value in FILM]
    assert distance(FILM, gesture, 6) is None
    once = [*FILM[:6], spoilt(FILM[6], 9, CHANCE), *FILM[7:]]
    assert distance(FILM, once, 6) is None


def test_one_frame_alone_proves_nothing() -> None:
    assert distance(FILM, FILM[:2], 6) is None
    assert distance(FILM[:1], FILM[:1], 6) == 0
    assert distance([], FILM, 6) is None


def test_the_order_in_which_fragments_come_changes_nothing() -> None:
    some = [
        candidate(f"c{number}", [spoilt(value, number % 2, np.random.default_rng(number)) for value in FILM])
        for number in range(9)
    ]
    expected = duplicates(some, 6)
    assert len(expected) == 8
    for seed in range(5):
        mixed = [some[int(index)] for index in np.random.default_rng(seed).permutation(len(some))]
        assert duplicates(mixed, 6) == expected
