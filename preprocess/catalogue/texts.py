"""Captions and descriptions with their history: what a person wrote wins, and nothing is lost."""

from __future__ import annotations

from preprocess.catalogue.catalogue import Catalogue, now
from preprocess.catalogue.values import Text, TextKind

PERSON = "person"


def current_texts(catalogue: Catalogue, kind: TextKind) -> dict[str, Text]:
    """The current text of each fragment that has one, by slug, in slug order."""
    rows = catalogue.connection.execute(
        "SELECT slug, kind, text, origin, model, prompt FROM texts WHERE kind = ? AND state = 'current' ORDER BY slug",
        (kind,),
    )
    return {row["slug"]: Text(**dict(row)) for row in rows}


def put_first_text(catalogue: Catalogue, new: Text) -> None:
    """Put a text that was made from the beginning: what was tried to better an earlier one counts no more."""
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM tries WHERE slug = ? AND kind = ?", (new.slug, new.kind))
        put_text(catalogue, new)


def put_text(catalogue: Catalogue, new: Text) -> bool:
    """Make `new` the current text, and keep what was as superseded; whether it became current.

    Where the current text is a person's and `new` is not, `new` is kept as the proposal instead, in place of an older
    proposal. A text that is word for word the current one of the same origin changes nothing.
    """
    with catalogue.transaction() as connection:
        row = connection.execute(
            "SELECT id, text, origin FROM texts WHERE slug = ? AND kind = ? AND state = 'current'", (new.slug, new.kind)
        ).fetchone()
        if row is not None and (row["text"], row["origin"]) == (new.text, new.origin):
            return True
        proposes = row is not None and row["origin"] == PERSON and new.origin != PERSON
        if proposes:
            connection.execute(
                "UPDATE texts SET state = 'superseded' WHERE slug = ? AND kind = ? AND state = 'proposal'",
                (new.slug, new.kind),
            )
        elif row is not None:
            connection.execute("UPDATE texts SET state = 'superseded' WHERE id = ?", (row["id"],))
        connection.execute(
            "INSERT INTO texts (slug, kind, text, origin, model, prompt, state, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                new.slug,
                new.kind,
                new.text,
                new.origin,
                new.model,
                new.prompt,
                "proposal" if proposes else "current",
                now(),
            ),
        )
    return not proposes
