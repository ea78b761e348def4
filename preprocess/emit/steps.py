"""How many things went into each step, how many came out, and what became of the rest."""

from __future__ import annotations

from typing import Any

from preprocess.catalogue.catalogue import Catalogue

# What is retired stays in the catalogue for what a person made of it; no step works on it.
_CURRENT = "slug IN (SELECT slug FROM fragments WHERE retired = 0)"
_FRAGMENTS = "SELECT count(*) FROM fragments WHERE retired = 0"
_MEASURED = f"SELECT count(*) FROM analyses WHERE {_CURRENT}"  # noqa: S608 - our own words, here and below
_TEXTS = f"SELECT count(*) FROM texts WHERE state = 'current' AND {_CURRENT}"  # noqa: S608
_CAPTIONED, _DESCRIBED = f"{_TEXTS} AND kind = 'caption'", f"{_TEXTS} AND kind = 'description'"
_CLIPS = f"SELECT count(*) FROM clips WHERE {_CURRENT}"  # noqa: S608
_DOUBLES = f"SELECT count(*) FROM duplicates WHERE {_CURRENT}"  # noqa: S608
_DOUBTFUL = f"SELECT count(*) FROM (SELECT DISTINCT slug, kind FROM doubts WHERE {_CURRENT})"  # noqa: S608
_EMBEDDED = f"SELECT count(DISTINCT slug) FROM embeddings WHERE {_CURRENT}"  # noqa: S608
_PLACED = "SELECT count(DISTINCT slug) FROM assignments"

# Step, what goes in, what comes out, in words and as counts; the words say what is counted.
_COUNTS: tuple[tuple[str, str, str, str, str], ...] = (
    ("ingest", "sources", "SELECT count(*) FROM sources", "ready to cut", "SELECT count(*) FROM footage"),
    ("split", "sources", "SELECT count(*) FROM footage", "fragments", _FRAGMENTS),
    ("analyze", "fragments", _FRAGMENTS, "measured", _MEASURED),
    ("encode", "measured", _MEASURED, "clips", _CLIPS),
    ("compare", "fragments", _MEASURED, "no duplicates", f"SELECT ({_MEASURED}) - ({_DOUBLES})"),
    ("caption", "fragments", _FRAGMENTS, "captioned", _CAPTIONED),
    ("describe", "captioned", _CAPTIONED, "described", _DESCRIBED),
    ("check", "texts", _TEXTS, "without doubt", f"SELECT ({_TEXTS}) - ({_DOUBTFUL})"),
    (
        *("normalize", "words", "SELECT count(DISTINCT tag) FROM given_tags", "tags"),
        "SELECT count(DISTINCT tag) FROM tags",
    ),
    (
        *("resolve", "tags of clips", "SELECT count(*) FROM (SELECT DISTINCT slug, tag FROM given_tags)", "that hold"),
        "SELECT count(*) FROM tags",
    ),
    ("embed", "fragments", _FRAGMENTS, "with a vector", _EMBEDDED),
    ("assign", "clips", _CLIPS, "in a movement", _PLACED),
    (
        *("schedule", "in a movement", _PLACED, "shown"),
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
