"""The doubts in the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import PERSON
from preprocess.catalogue.values import Text, TextKind
from preprocess.check.doubts import KINDS, Doubt, DoubtKind


@dataclass(frozen=True, slots=True)
class DoubtfulText:
    """A text and one doubt about it. `tries` were made to better it; `for_person`: no more will be."""

    slug: str
    kind: TextKind
    doubt: DoubtKind
    why: str
    tries: int
    for_person: bool
    origin: str
    text: str


def store_doubts(
    catalogue: Catalogue,
    kind: TextKind,
    texts: Mapping[str, Text],
    found: Mapping[str, Iterable[Doubt]],
    most_tries: int,
) -> None:
    """Bring the doubts about texts of one kind to what was found. Tries count on for a text of the same origin."""
    rows = catalogue.connection.execute("SELECT slug, origin, tries FROM tries WHERE kind = ?", (kind,))
    tries_of = {(row["slug"], row["origin"]): row["tries"] for row in rows}
    wanted = set()
    for slug, doubts in found.items():
        origin = texts[slug].origin
        tries = tries_of.get((slug, origin), 0)
        for_person = origin == PERSON or tries >= most_tries
        wanted |= {(slug, kind, doubt.kind, doubt.why, origin, tries, int(for_person)) for doubt in doubts}
    columns = "slug, kind, doubt, why, origin, tries, for_person"
    query = f"SELECT {columns} FROM doubts WHERE kind = ?"  # noqa: S608 - our own names
    stored = {tuple(row) for row in catalogue.connection.execute(query, (kind,))}
    catalogue.connection.executemany(
        "DELETE FROM doubts WHERE (slug, kind, doubt) = (?, ?, ?)", sorted(row[:3] for row in stored - wanted)
    )
    catalogue.connection.executemany(
        f"INSERT INTO doubts ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own names
        sorted(wanted - stored),
    )


def read_doubts(catalogue: Catalogue) -> list[DoubtfulText]:
    """The doubts as `check` last found them: those for a person first, then by weight, clip and kind."""
    rows = catalogue.connection.execute(
        "SELECT doubts.slug, doubts.kind, doubt, why, tries, for_person, texts.origin, text FROM doubts JOIN texts"
        " ON texts.slug = doubts.slug AND texts.kind = doubts.kind AND texts.state = 'current'"
    )
    found = [DoubtfulText(**{**dict(row), "for_person": bool(row["for_person"])}) for row in rows]
    return sorted(found, key=lambda one: (not one.for_person, KINDS.index(one.doubt), one.slug, one.kind))


def note_try(catalogue: Catalogue, slug: str, kind: TextKind) -> None:
    """Count one more try at a doubtful text; call it in the transaction that stores what came of it."""
    key = (slug, kind)
    catalogue.connection.execute(
        "INSERT INTO tries SELECT slug, kind, origin, 1 FROM texts WHERE slug = ? AND kind = ? AND state = 'current'"
        " ON CONFLICT DO UPDATE SET tries = tries + 1",
        key,
    )
    catalogue.connection.execute("UPDATE doubts SET tries = tries + 1 WHERE slug = ? AND kind = ?", key)
