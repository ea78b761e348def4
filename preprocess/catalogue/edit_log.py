"""What a person did to the catalogue, row by row, so that it can be undone and done again exactly.

An edit is recorded as the rows that it changed, as they were before and as they were after. Undoing it puts the
first back, doing it again the second. The stack lies in the catalogue: it outlives the page, and each run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.errors import LibraryError
from preprocess.catalogue.catalogue import Catalogue, now
from preprocess.catalogue.texts import PERSON

# What an edit may change: each table's key, and the column by which its rows are found. A parent stands before its
# rows. `derived` tables are made anew by later runs: there a row whose movement is gone needs no putting back.
_KEYS: dict[str, tuple[str, ...]] = {
    "texts": ("id",),
    "given_tags": ("slug", "tag", "origin"),
    "tags": ("slug", "tag"),
    "marks": ("slug", "mark"),
    "placements": ("slug", "movement"),
    "assignments": ("movement", "slug"),
    "schedules": ("movement", "state"),
    "schedule_rows": ("movement", "state", "row_index"),
}
_OF_MOVEMENTS = ("schedules", "schedule_rows")
_DERIVED = ("tags", "assignments")

_DONE, _UNDONE, _OVERTAKEN = 0, 1, 2
_AT_ONCE = 500  # values in one IN (…)

_Row: TypeAlias = dict[str, Any]
_Rows: TypeAlias = dict[tuple[str, str], _Row]  # by table and key; the key as JSON


@dataclass(frozen=True, slots=True)
class Stack:
    """What can be undone and done again next, in words; empty where there is nothing."""

    undo: str
    redo: str


@contextmanager
def recorded(
    catalogue: Catalogue, words: str, slugs: Collection[str], movements: Collection[str]
) -> Iterator[sqlite3.Connection]:
    """A transaction whose changes to these fragments and movements become one entry of the stack.

    Nothing that changed nothing is entered. What had been undone before can then no longer be done again.
    """
    with catalogue.transaction() as connection:
        before = _rows(connection, slugs, movements)
        yield connection
        after = _rows(connection, slugs, movements)
        changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        if not changed:
            return
        connection.execute("UPDATE edits SET undone = ? WHERE undone = ?", (_OVERTAKEN, _UNDONE))
        connection.execute(
            "INSERT INTO edits (what, inverse, at) VALUES (?, ?, ?)",
            (
                json.dumps({"words": words, "rows": _images(changed, after)}, ensure_ascii=False),
                json.dumps(_images(changed, before), ensure_ascii=False),
                now(),
            ),
        )


def stack(catalogue: Catalogue) -> Stack:
    """What can be undone and done again next."""
    undo, redo = _next_undo(catalogue), _next_redo(catalogue)
    return Stack(_words(undo), _words(redo))


def undo(catalogue: Catalogue) -> str:
    """Take the last edit back; what it was, in words, '' where there is none. See `_restore` for what it raises."""
    row = _next_undo(catalogue)
    if row is None:
        return ""
    with catalogue.transaction() as connection:
        _restore(connection, json.loads(row["inverse"]), f"“{_words(row)}” cannot be undone")
        connection.execute("UPDATE edits SET undone = ? WHERE id = ?", (_UNDONE, row["id"]))
    return _words(row)


def redo(catalogue: Catalogue) -> str:
    """Do again what was undone last; what it was, in words, '' where there is none. See `_restore` for its errors."""
    row = _next_redo(catalogue)
    if row is None:
        return ""
    with catalogue.transaction() as connection:
        _restore(connection, json.loads(row["what"])["rows"], f"“{_words(row)}” cannot be done again")
        connection.execute("UPDATE edits SET undone = ? WHERE id = ?", (_DONE, row["id"]))
    return _words(row)


def _next_undo(catalogue: Catalogue) -> sqlite3.Row | None:
    query = "SELECT * FROM edits WHERE undone = ? ORDER BY id DESC LIMIT 1"
    row: sqlite3.Row | None = catalogue.connection.execute(query, (_DONE,)).fetchone()
    return row


def _next_redo(catalogue: Catalogue) -> sqlite3.Row | None:
    query = "SELECT * FROM edits WHERE undone = ? ORDER BY id LIMIT 1"
    row: sqlite3.Row | None = catalogue.connection.execute(query, (_UNDONE,)).fetchone()
    return row


def _words(row: sqlite3.Row | None) -> str:
    return "" if row is None else str(json.loads(row["what"])["words"])


def _rows(connection: sqlite3.Connection, slugs: Collection[str], movements: Collection[str]) -> _Rows:
    """Every row that an edit of these may change. Proposals of schedules too: giving one back takes one up."""
    found: _Rows = {}
    for table, key in _KEYS.items():
        column, values = ("movement", movements) if table in _OF_MOVEMENTS else ("slug", slugs)
        wanted = sorted(values)
        for begin in range(0, len(wanted), _AT_ONCE):
            some = wanted[begin : begin + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT * FROM {table} WHERE {column} IN ({marks})"  # noqa: S608 - our own names
            for row in connection.execute(query, some):
                found[table, json.dumps([row[name] for name in key])] = dict(row)
    return found


def _images(keys: Sequence[tuple[str, str]], rows: Mapping[tuple[str, str], _Row]) -> list[list[Any]]:
    return [[table, json.loads(key), rows.get((table, key))] for table, key in keys]


def _restore(connection: sqlite3.Connection, images: Sequence[Sequence[Any]], refused: str) -> None:
    """Make rows as their images have them: [table, key, row or None where it was not there].

    What a run has made of derived rows since is replaced. Raises LibraryError where a fragment or movement that an
    image speaks of is no longer there; the transaction is then to be rolled back.
    """
    order = list(_KEYS)
    texts = {(row["slug"], row["kind"]) for table, _, row in images if table == "texts" and row}
    # Rows go before others come, and a text stops being current before another becomes it.
    ordered = sorted(images, key=lambda image: (image[2] is not None, _is_current(image), order.index(image[0])))
    for table, key, row in ordered:
        if row is None:
            where = " AND ".join(f"{name} = ?" for name in _KEYS[table])
            connection.execute(f"DELETE FROM {table} WHERE {where}", key)  # noqa: S608 - our own names
            continue
        if table == "texts" and row["state"] == "current":
            _make_room(connection, row)
        try:
            _put(connection, table, row)
        except sqlite3.IntegrityError as error:
            if table in _DERIVED:
                continue
            name = row.get("slug") or row.get("movement")
            raise LibraryError(
                f"{refused}: {name} is no longer there", subject=str(name), mend="a later run took it out"
            ) from error
    for slug, kind in sorted(texts):
        _take_up_proposal(connection, slug, kind)
    for movement in sorted({key[0] for table, key, _ in images if table == "schedules"}):
        take_up_proposed_schedule(connection, movement)


def _is_current(image: Sequence[Any]) -> bool:
    table, _, row = image
    return table == "texts" and row is not None and row["state"] == "current"


def _put(connection: sqlite3.Connection, table: str, row: _Row) -> None:
    """Insert or change a row. No REPLACE: it would delete first, and with it what hangs on the row."""
    key = _KEYS[table]
    updates = ", ".join(f"{name} = excluded.{name}" for name in row if name not in key)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"  # noqa: S608 - our own names
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}",
        tuple(row.values()),
    )


def _make_room(connection: sqlite3.Connection, row: _Row) -> None:
    """A text that a run made current since gives way; to a person's it becomes the proposal."""
    state = "proposal" if row["origin"] == PERSON else "superseded"
    of_this = (row["slug"], row["kind"])
    current = "SELECT id FROM texts WHERE slug = ? AND kind = ? AND state = 'current' AND id != ?"
    found = connection.execute(current, (*of_this, row["id"])).fetchone()
    if found is None:
        return
    if state == "proposal":
        query = "UPDATE texts SET state = 'superseded' WHERE slug = ? AND kind = ? AND state = 'proposal'"
        connection.execute(query, of_this)
    connection.execute("UPDATE texts SET state = ? WHERE id = ?", (state, found["id"]))


def _take_up_proposal(connection: sqlite3.Connection, slug: str, kind: str) -> None:
    """A proposal that a run made beside a person's text is the newest one when that text goes: it becomes current."""
    query = "SELECT id, origin, state FROM texts WHERE slug = ? AND kind = ? AND state != 'superseded'"
    rows = {row["state"]: row for row in connection.execute(query, (slug, kind))}
    if "proposal" in rows and ("current" not in rows or rows["current"]["origin"] != PERSON):
        if "current" in rows:
            connection.execute("UPDATE texts SET state = 'superseded' WHERE id = ?", (rows["current"]["id"],))
        connection.execute("UPDATE texts SET state = 'current' WHERE id = ?", (rows["proposal"]["id"],))


def take_up_proposed_schedule(connection: sqlite3.Connection, movement: str) -> None:
    """The schedule that a run proposed beside a person's takes the place of one that is no longer a person's."""
    query = "SELECT state, origin FROM schedules WHERE movement = ?"
    origins = {row["state"]: row["origin"] for row in connection.execute(query, (movement,))}
    if "proposal" not in origins or origins.get("current") == PERSON:
        return
    connection.execute("DELETE FROM schedules WHERE movement = ? AND state = 'current'", (movement,))
    connection.execute(
        "INSERT INTO schedules SELECT movement, 'current', origin, strategy FROM schedules WHERE movement = ?",
        (movement,),
    )
    connection.execute("UPDATE schedule_rows SET state = 'current' WHERE movement = ?", (movement,))
    connection.execute("DELETE FROM schedules WHERE movement = ? AND state = 'proposal'", (movement,))
