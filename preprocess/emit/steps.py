"""How many things went into each step, how many came out, and what became of the rest."""

from __future__ import annotations

from typing import Any

from preprocess.catalogue.catalogue import Catalogue

_FRAGMENTS = "SELECT count(*) FROM fragments WHERE retired = 0"
_TEXTS = "SELECT count(*) FROM texts WHERE state = 'current' AND kind = "

# Step, what goes in, what comes out, in words and as counts; the words say what is counted.
_COUNTS: tuple[tuple[str, str, str, str, str], ...] = (
    ("ingest", "sources", "SELECT count(*) FROM sources", "ready to cut", "SELECT count(*) FROM footage"),
    ("split", "sources", "SELECT count(*) FROM footage", "fragments", _FRAGMENTS),
    ("analyze", "fragments", _FRAGMENTS, "measured", "SELECT count(*) FROM analyses"),
    ("encode", "measured", "SELECT count(*) FROM analyses", "clips", "SELECT count(*) FROM clips"),
    (
        *("compare", "fragments", "SELECT count(*) FROM analyses", "no duplicates"),
        "SELECT (SELECT count(*) FROM analyses) - (SELECT count(*) FROM duplicates)",
    ),
    ("caption", "fragments", _FRAGMENTS, "captioned", f"{_TEXTS}'caption'"),
    ("describe", "captioned", f"{_TEXTS}'caption'", "described", f"{_TEXTS}'description'"),
    (
        *("check", "texts", "SELECT count(*) FROM texts WHERE state = 'current'", "without doubt"),
        "SELECT (SELECT count(*) FROM texts WHERE state = 'current')"
        " - (SELECT count(*) FROM (SELECT DISTINCT slug, kind FROM doubts))",
    ),
    (
        *("normalize", "words", "SELECT count(DISTINCT tag) FROM given_tags", "tags"),
        "SELECT count(DISTINCT tag) FROM tags",
    ),
    (
        *("resolve", "tags of clips", "SELECT count(*) FROM (SELECT DISTINCT slug, tag FROM given_tags)", "that hold"),
        "SELECT count(*) FROM tags",
    ),
    ("embed", "fragments", _FRAGMENTS, "with a vector", "SELECT count(DISTINCT slug) FROM embeddings"),
    (
        *("assign", "clips", "SELECT count(*) FROM clips", "in a movement"),
        "SELECT count(DISTINCT slug) FROM assignments",
    ),
    (
        *("schedule", "in a movement", "SELECT count(DISTINCT slug) FROM assignments", "shown"),
        "SELECT count(DISTINCT slug) FROM schedule_rows WHERE state = 'current'",
    ),
)


def steps(catalogue: Catalogue) -> list[dict[str, Any]]:
    """A row for each step: `taken` of what `takes` says, `made` of what `makes` says, and how many `failed`."""
    ask = catalogue.connection.execute
    failed = {row["step"]: row["n"] for row in ask("SELECT step, count(*) AS n FROM failures GROUP BY step")}
    quarantined = ask("SELECT count(*) FROM sources WHERE verdict = 'quarantined'").fetchone()[0]
    return [
        {
            "step": step,
            "takes": takes,
            "taken": ask(taken).fetchone()[0],
            "makes": makes,
            "made": ask(made).fetchone()[0],
            "failed": failed.get(step, 0) + (quarantined if step == "ingest" else 0),
        }
        for step, takes, taken, makes, made in _COUNTS
    ]
