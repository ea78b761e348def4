"""The step `compare`: which fragments repeat another one, exactly or nearly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from preprocess.analyze.nearness import alike_pairs, distance
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.step import Tell, WholeStep, hashed
from preprocess.style.model import Style


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A fragment as it is compared. `mark` is what a person said of its being a duplicate: 0, 1, or None."""

    slug: str
    frame_count: int
    pixels: int
    hashes: tuple[int, ...]
    digest: str
    mark: int | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """That `slug` repeats `of_slug`; `distance` in bits."""

    slug: str
    of_slug: str
    distance: float
    kind: str


class CompareStep(WholeStep):
    """Of fragments that show the same, one is the original: the longest, of these the one with the largest picture,
    of these the first by slug. One that a person says is a duplicate comes last, one that is said to be none is none.

    Black fragments and retired ones are not compared.
    """

    name = "compare"
    version = 1

    def __init__(self, style: Style) -> None:
        self._bits = style.analyze.near_duplicate_bits

    @property
    def settings(self) -> str:
        return hashed(self._bits)

    def inputs(self, catalogue: Catalogue) -> str:
        ask = catalogue.connection.execute
        fragments = "SELECT slug, digest, black FROM analyses JOIN fragments USING (slug) WHERE NOT retired"
        return hashed(
            [tuple(row) for row in ask(f"{fragments} ORDER BY slug")],
            [tuple(row) for row in ask("SELECT DISTINCT version FROM results WHERE step = 'analyze' ORDER BY version")],
            [tuple(row) for row in ask("SELECT slug, value FROM marks WHERE mark = 'duplicate' ORDER BY slug")],
        )

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        candidates = _candidates(catalogue)
        found = duplicates(candidates, self._bits)
        with catalogue.transaction() as connection:
            connection.execute("DELETE FROM duplicates")
            connection.executemany(
                "INSERT INTO duplicates (slug, of_slug, distance, kind) VALUES (?, ?, ?, ?)",
                [(one.slug, one.of_slug, one.distance, one.kind) for one in found],
            )
        tell(len(candidates), len(candidates))


def _candidates(catalogue: Catalogue) -> list[_Candidate]:
    rows = catalogue.connection.execute(
        "SELECT slug, end - begin AS frame_count, width * height AS pixels, hashes, analyses.digest, value AS mark"
        " FROM analyses JOIN fragments USING (slug) JOIN footage USING (base)"
        " LEFT JOIN (SELECT slug, value FROM marks WHERE mark = 'duplicate') USING (slug)"
        " WHERE NOT retired AND NOT black ORDER BY slug"
    )
    return [
        _Candidate(
            slug=row["slug"],
            frame_count=row["frame_count"],
            pixels=row["pixels"],
            hashes=tuple(np.frombuffer(row["hashes"], "<u8").tolist()),
            digest=row["digest"],
            mark=row["mark"],
        )
        for row in rows
    ]


def _rank(one: _Candidate) -> tuple[int, int, int, str]:
    said = {0: 0, None: 1, 1: 2}[one.mark]
    return said, -one.frame_count, -one.pixels, one.slug


def duplicates(candidates: list[_Candidate], bits: int) -> list[Duplicate]:
    """Which of them repeat another one that is kept, by slug: each of the original that is nearest, and of no copy."""
    ranked = sorted(candidates, key=_rank)
    neighbours = _neighbours(ranked, bits)
    kept: set[int] = set()
    found = []
    for index, one in enumerate(ranked):
        originals = [] if one.mark == 0 else [(near, other) for other, near in neighbours[index] if other in kept]
        if not originals:
            kept.add(index)
            continue
        near, other = min(originals)
        kind = "exact" if ranked[other].digest == one.digest else "near"
        found.append(Duplicate(one.slug, ranked[other].slug, round(near, 3), kind))
    return sorted(found, key=lambda duplicate: duplicate.slug)


def _neighbours(ranked: list[_Candidate], bits: int) -> dict[int, list[tuple[int, float]]]:
    """For each index the earlier ones that show the same, with their distances."""
    hashed_ones = [index for index, one in enumerate(ranked) if one.hashes]
    seen: set[tuple[int, int]] = set()
    neighbours: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for end in (0, -1):
        keys = np.array([ranked[index].hashes[end] for index in hashed_ones], np.uint64)
        for ones, others in alike_pairs(keys, bits):
            for pair in zip(ones.tolist(), others.tolist(), strict=True):
                if pair in seen:
                    continue
                seen.add(pair)
                one, other = hashed_ones[pair[0]], hashed_ones[pair[1]]
                near = distance(ranked[one].hashes, ranked[other].hashes, bits)
                if near is not None:
                    neighbours[other].append((one, near))
    return neighbours
