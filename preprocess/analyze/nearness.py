"""Which fragments show the same: found among a hundred thousand by their perceptual hashes, and settled by time.

Two fragments can only be copies of one another if their first frames are alike, or their last ones. Pairs like that
are found by multi-index hashing (M. Norouzi, A. Punjani and D. Fleet, CVPR 2012): of four parts of 16 bits, two hashes
that differ in 7 bits at most have one that differs in one bit at most. Then all hashes of both are laid side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from preprocess.analyze.hashing import bits_apart

Hashes = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.intp]

_PARTS = 4
_PART_BITS = 16
_PROBED_BITS = 7  # what differing in one bit of a part finds for certain
_MOST_PAIRS = 2_000_000  # looked at at once
_BRUTE_ROWS = 64
_FEWEST = 3  # hashes that must be alike, where the fragments are not equally long


def alike_pairs(hashes: Hashes, bits: int) -> Iterator[tuple[Indices, Indices]]:
    """Blocks of pairs (one, other; one < other) of indices whose hashes differ in at most `bits`; some come twice."""
    if bits > _PROBED_BITS:
        yield from _all_pairs(hashes, bits)
        return
    for part in range(_PARTS):
        values = ((hashes >> np.uint64(_PART_BITS * part)) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        for mask in (0, *(1 << bit for bit in range(_PART_BITS))):
            begins = np.searchsorted(ordered, values ^ mask, side="left")
            ends = np.searchsorted(ordered, values ^ mask, side="right")
            for one, place in _spread(begins, ends):
                other = order[place]
                near = (one < other) & (np.bitwise_count(hashes[one] ^ hashes[other]) <= bits)
                if near.any():
                    yield one[near], other[near]


def _spread(begins: Indices, ends: Indices) -> Iterator[tuple[Indices, Indices]]:
    """(index, place) for every place from begins[index] to ends[index], in blocks."""
    counts = ends - begins
    totals = np.cumsum(counts)
    at = 0
    while at < len(counts):
        before = totals[at - 1] if at else 0
        until = max(at + 1, int(np.searchsorted(totals, before + _MOST_PAIRS, side="right")))
        some = counts[at:until]
        index = np.repeat(np.arange(at, until), some)
        within = np.arange(len(index)) - np.repeat(np.cumsum(some) - some, some)
        yield index, np.repeat(begins[at:until], some) + within
        at = until


def _all_pairs(hashes: Hashes, bits: int) -> Iterator[tuple[Indices, Indices]]:
    for at in range(0, len(hashes), _BRUTE_ROWS):
        rows = hashes[at : at + _BRUTE_ROWS]
        one, other = np.nonzero(np.bitwise_count(rows[:, None] ^ hashes[None, at:]) <= bits)
        later = one < other
        if later.any():
            yield one[later] + at, other[later] + at


def distance(one: Sequence[int], other: Sequence[int], bits: int) -> float | None:
    """Mean bits in which two fragments differ where they overlap, from the beginning or from the end; None: not alike.

    Each is its hashes, evenly spaced in time. At no time may the two be further apart than `bits`, nor by more than a
    quarter of that on average: another gesture before the same wall differs by little, but all the time. A shorter
    one needs three hashes, as one frame alone proves nothing.
    """
    count = min(len(one), len(other))
    if count == 0 or (count < _FEWEST and len(one) != len(other)):
        return None
    found = None
    for ours, theirs in ((one[:count], other[:count]), (one[-count:], other[-count:])):
        apart = [bits_apart(left, right) for left, right in zip(ours, theirs, strict=True)]
        mean = sum(apart) / count
        if max(apart) <= bits and mean <= bits / 4:
            found = mean if found is None else min(found, mean)
    return found
