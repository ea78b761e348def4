"""What no schedule may show, and why: by measures, by comparison, and by what a person says of either."""

from __future__ import annotations

from collections.abc import Iterator

from preprocess.catalogue.catalogue import Catalogue

_MARKED = {
    "black": "marked black by hand",
    "static": "marked static by hand",
    "duplicate": "marked a duplicate by hand",
    "left_out": "left out by hand",
}


def left_out(catalogue: Catalogue) -> dict[str, str]:
    """Why each fragment that no schedule may show is left out, by slug, in slug order; the others are not in it.

    Black, static, a single frame, a duplicate of another, or nothing could be made of it; retired; or marked so by a
    person. A person's mark with value 0 overrules the measure of its name (`static` the single frame, too), and
    `left_out` with value 0, or a pin to a movement, overrules all measures, but not the person's own other marks.
    Nothing brings back what is retired or could not be made. Fast: reads what is flagged, not what was measured.
    """
    marks, pinned = _marks(catalogue), _pinned(catalogue)
    reasons: dict[str, str] = {}
    for slug, mark, reason in _measured(catalogue):
        said = marks.get(slug, {})
        if slug not in pinned and said.get(mark) != 0 and said.get("left_out") != 0:
            reasons.setdefault(slug, reason)
    for slug, said in marks.items():
        reasons.update((slug, _MARKED[mark]) for mark in sorted(said) if said[mark])
    reasons.update(_unusable(catalogue))
    return dict(sorted(reasons.items()))


def _marks(catalogue: Catalogue) -> dict[str, dict[str, int]]:
    marks: dict[str, dict[str, int]] = {}
    for row in catalogue.connection.execute("SELECT slug, mark, value FROM marks"):
        marks.setdefault(row["slug"], {})[row["mark"]] = row["value"]
    return marks


def _pinned(catalogue: Catalogue) -> set[str]:
    return {row["slug"] for row in catalogue.connection.execute("SELECT slug FROM placements WHERE kind = 'pin'")}


def _measured(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """(slug, the mark that overrules it, reason); what weighs most first."""
    ask = catalogue.connection.execute
    yield from ((row["slug"], "black", "black") for row in ask("SELECT slug FROM analyses WHERE black = 1"))
    for row in ask("SELECT slug FROM fragments WHERE end = begin + 1"):
        yield row["slug"], "static", "a single frame"
    yield from ((row["slug"], "static", "static") for row in ask("SELECT slug FROM analyses WHERE static = 1"))
    for row in ask("SELECT slug, of_slug, kind FROM duplicates"):
        yield row["slug"], "duplicate", f"{'repeats' if row['kind'] == 'exact' else 'nearly repeats'} {row['of_slug']}"


def _unusable(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    failed = "SELECT item, step, reason FROM failures WHERE step IN ('analyze', 'encode') ORDER BY step"
    for row in catalogue.connection.execute(failed):
        yield row["item"], f"{row['step']} failed: {row['reason']}"
    for row in catalogue.connection.execute("SELECT slug FROM fragments WHERE retired = 1"):
        yield row["slug"], "retired: the split no longer makes it"
