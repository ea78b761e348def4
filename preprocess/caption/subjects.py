"""What the steps on words know of each fragment: its measures, and where it lies in its shot."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

from preprocess.caption.composed import Place
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_analyses, read_fragments
from preprocess.catalogue.values import Analysis, Fragment

_FRAGMENTS = (
    "SELECT slug, base, scene_index, begin, end, rate_num, rate_den FROM fragments LEFT JOIN footage USING (base)"
    " WHERE retired = 0 ORDER BY slug"
)
_ANALYSES = "SELECT analyses.* FROM analyses JOIN fragments USING (slug) WHERE retired = 0 ORDER BY slug"


@dataclass(frozen=True, slots=True)
class Subject:
    """A fragment that was measured, and where it lies."""

    fragment: Fragment
    analysis: Analysis
    place: Place


def read_subjects(catalogue: Catalogue) -> list[Subject]:
    """Every fragment that was measured and is not retired, in slug order."""
    fragments = read_fragments(catalogue)
    analyses = {analysis.slug: analysis for analysis in read_analyses(catalogue)}
    rates = {
        row["base"]: row["rate_num"] / row["rate_den"]
        for row in catalogue.connection.execute("SELECT base, rate_num, rate_den FROM footage")
    }
    parts = Counter((fragment.base, fragment.scene_index) for fragment in fragments)
    part: Counter[tuple[str, int]] = Counter()
    places: dict[str, Place] = {}
    for fragment in sorted(fragments, key=lambda one: (one.base, one.begin)):
        scene = fragment.base, fragment.scene_index
        part[scene] += 1
        duration_s = fragment.frame_count / rates[fragment.base] if fragment.base in rates else 0.0
        places[fragment.slug] = Place(duration_s, part[scene], parts[scene])
    return [
        Subject(fragment, analyses[fragment.slug], places[fragment.slug])
        for fragment in fragments
        if fragment.slug in analyses
    ]


def subjects_digest(catalogue: Catalogue) -> str:
    """A hash of all that `read_subjects` gives, without making values of it."""
    return rows_digest(catalogue, _FRAGMENTS, _ANALYSES)


def rows_digest(catalogue: Catalogue, *queries: str) -> str:
    """A hash of what these queries give; they put their rows in a total order."""
    digest = hashlib.sha256()
    for query in queries:
        for row in catalogue.connection.execute(query):
            digest.update(repr(tuple(row)).encode("utf-8", "surrogateescape"))
        digest.update(b"\n")
    return digest.hexdigest()[:24]
