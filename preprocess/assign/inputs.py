"""What assign and schedule are made from, as one hash that costs little."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.marks import left_out
from preprocess.pipeline.step import hashed

# Measures follow from what `analyze` made them of; a hundred thousand of those lines are read in a moment.
_CLIPS = (
    "SELECT step, item, inputs, version, settings FROM results WHERE step IN ('ingest', 'split', 'analyze')"
    " ORDER BY step, item",
    "SELECT slug, begin, end, handle_in, handle_out FROM fragments WHERE retired = 0 ORDER BY slug",
    "SELECT slug, movement, kind FROM placements ORDER BY slug, movement",
    "SELECT slug, mark, value FROM marks ORDER BY slug, mark",
)


def hashed_clips(catalogue: Catalogue) -> str:
    """A hash of which clips there are, what is known of them and what a person says of where they belong.

    Where their sources lie, and what these are called, is not in it: a source that moves changes no clip.
    """
    rows = hashed_rows(catalogue, *((query, ()) for query in _CLIPS))
    return hashed(rows, left_out(catalogue))


def hashed_rows(catalogue: Catalogue, *queries: tuple[str, Sequence[object]]) -> str:
    """A hash of all rows that these queries give, which must order them."""
    digest = hashlib.sha256()
    cursor = catalogue.connection.cursor()
    cursor.row_factory = None
    for query, values in queries:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(10_000):
            digest.update(repr(rows).encode())
        digest.update(b"\n")
    return digest.hexdigest()[:24]
