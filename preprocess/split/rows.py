"""The rows of a source's split in the catalogue: written where they differ, kept where a person worked on them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_fragments
from preprocess.catalogue.values import Fragment, Scene

# What a person did about a fragment: written, tagged, marked, placed, put into a schedule.
_WORKED_ON = """
    SELECT slug FROM texts WHERE origin = 'person'
    UNION SELECT slug FROM given_tags WHERE origin = 'person'
    UNION SELECT slug FROM marks
    UNION SELECT slug FROM placements
    UNION SELECT schedule_rows.slug FROM schedule_rows JOIN schedules USING (movement, state) WHERE origin = 'person'
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of a source's split beside its fragments: see the table `splits`."""

    highest: int
    pages: int
    notes: tuple[str, ...] = ()


def read_noted(catalogue: Catalogue) -> dict[str, Noted]:
    """What is noted of each source that was ever split, by base."""
    rows = catalogue.connection.execute("SELECT base, highest, pages, notes FROM splits")
    return {row["base"]: Noted(row["highest"], row["pages"], tuple(json.loads(row["notes"]))) for row in rows}


def note(connection: sqlite3.Connection, base: str, noted: Noted) -> None:
    """Note it."""
    connection.execute(
        "INSERT OR REPLACE INTO splits (base, highest, pages, notes) VALUES (?, ?, ?, ?)",
        (base, noted.highest, noted.pages, json.dumps(noted.notes, ensure_ascii=False)),
    )


def read_scenes(catalogue: Catalogue) -> dict[str, list[Scene]]:
    """The scenes of each source, in order, by base."""
    scenes: dict[str, list[Scene]] = {}
    rows = "SELECT base, scene_index, begin, end, opens_with FROM scenes ORDER BY base, scene_index"
    for row in catalogue.connection.execute(rows):
        scenes.setdefault(row["base"], []).append(Scene(**dict(row)))
    return scenes


def store_scenes(connection: sqlite3.Connection, base: str, scenes: Sequence[Scene]) -> None:
    """Put these scenes in place of the source's."""
    connection.execute("DELETE FROM scenes WHERE base = ?", (base,))
    connection.executemany(
        "INSERT INTO scenes (base, scene_index, begin, end, opens_with) VALUES (?, ?, ?, ?, ?)",
        [(one.base, one.scene_index, one.begin, one.end, one.opens_with) for one in scenes],
    )


def store_fragments(catalogue: Catalogue, base: str, fragments: Sequence[Fragment]) -> None:
    """Put these fragments in place of the source's; call it within a transaction.

    Those that are no more go with all that is theirs, but those that a person worked on stay, retired.
    """
    before = {one.slug: one for one in read_fragments(catalogue, [base], retired=True)}
    gone = before.keys() - {one.slug for one in fragments}
    connection = catalogue.connection
    remove_fragments(connection, gone)
    connection.executemany(
        "INSERT INTO fragments (slug, base, scene_index, begin, end, handle_in, handle_out, retired)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (slug) DO UPDATE SET scene_index = excluded.scene_index,"
        " begin = excluded.begin, end = excluded.end, handle_in = excluded.handle_in,"
        " handle_out = excluded.handle_out, retired = 0",
        [
            (one.slug, one.base, one.scene_index, one.begin, one.end, one.handle_in, one.handle_out)
            for one in fragments
            if before.get(one.slug) != one
        ],
    )


def remove_fragments(connection: sqlite3.Connection, slugs: Iterable[str]) -> None:
    """Delete fragments, or retire them where a person worked on them."""
    worked_on = {row["slug"] for row in connection.execute(_WORKED_ON)}
    for slug in sorted(slugs):
        if slug in worked_on:
            connection.execute("UPDATE fragments SET retired = 1 WHERE slug = ?", (slug,))
        else:
            connection.execute("DELETE FROM fragments WHERE slug = ?", (slug,))
