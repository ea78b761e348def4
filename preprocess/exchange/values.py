"""What of a clip is exported, and what of that a person may change: as values, with a hash to tell whether they did."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, TypeAlias, get_args

from engine.errors import LibraryError
from preprocess.catalogue.values import Mark

TEXTS = ("caption", "description")
MARKS: tuple[str, ...] = get_args(Mark)
PLACES = {"pinned": "pin", "banned": "ban"}
FIELDS = (*TEXTS, "tags", *MARKS, *PLACES)

Value: TypeAlias = str | bool | tuple[str, ...] | None
Values: TypeAlias = dict[str, Value]  # by field

_HASH_LENGTH = 16


def canonical(field: str, value: object) -> Value:
    """A field's value in the one way in which it is compared and hashed: what a spreadsheet changes, left out.

    Line ends are newlines, blanks at the ends are gone, names are sorted, tags in lower case. Raises ValueError
    where it is of another kind.
    """
    if field in TEXTS:
        if not isinstance(value, str):
            raise ValueError("must be text")
        return value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if field in MARKS:
        if value is not None and not isinstance(value, bool):
            raise ValueError("must be true, false or null")
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError("must be a list of names")
    names = (" ".join(name.split()) for name in value)
    return tuple(sorted({name.casefold() if field == "tags" else name for name in names if name}))


def hash_of(value: object) -> str:
    """A short hash of a value of JSON's own types."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def read_values(connection: sqlite3.Connection) -> dict[str, Values]:
    """What a person may change of each clip, by slug, in slug order. The retired ones too: nothing of them is lost."""
    empty: Values = {
        field: canonical(field, "" if field in TEXTS else None if field in MARKS else ()) for field in FIELDS
    }
    found = {row[0]: dict(empty) for row in connection.execute("SELECT slug FROM fragments ORDER BY slug")}
    for slug, kind, text in connection.execute("SELECT slug, kind, text FROM texts WHERE state = 'current'"):
        found[slug][kind] = canonical(kind, text)
    for slug, mark, value in connection.execute("SELECT slug, mark, value FROM marks"):
        found[slug][mark] = bool(value)
    lists: dict[tuple[str, str], list[str]] = {}
    for slug, tag in connection.execute("SELECT slug, tag FROM tags"):
        lists.setdefault((slug, "tags"), []).append(tag)
    fields = {kind: field for field, kind in PLACES.items()}
    for slug, movement, kind in connection.execute("SELECT slug, movement, kind FROM placements"):
        lists.setdefault((slug, fields[kind]), []).append(movement)
    for (slug, field), names in lists.items():
        found[slug][field] = canonical(field, names)
    return found


_FACTS = """
SELECT fragments.slug, sources.title, sources.path, sources.sha256, fragments.begin, fragments.end, retired,
    source_in_s, source_out_s, duration_s FROM fragments JOIN sources USING (base) LEFT JOIN clips USING (slug)
    ORDER BY fragments.slug
"""
_NOT_SHOWN = ("slug", "hashes", "digest", "telling_index")


def read_facts(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """What else is known of each clip, by slug: of its source the name and the hash, and no place on this machine."""
    facts: dict[str, dict[str, Any]] = {}
    for row in connection.execute(_FACTS):
        name = PurePath(os.fsdecode(row["path"])).name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        facts[row["slug"]] = {
            "title": row["title"],
            "source": {"name": name, "sha256": row["sha256"]},
            "frames": [row["begin"], row["end"]],
            **{name: row[name] for name in ("source_in_s", "source_out_s", "duration_s")},
            **({"retired": True} if row["retired"] else {}),
            "written_by": {},
            "movements": {},
            "analysis": None,
        }
    for row in connection.execute("SELECT slug, kind, origin FROM texts WHERE state = 'current' ORDER BY kind"):
        facts[row["slug"]]["written_by"][row["kind"]] = row["origin"]
    for row in connection.execute("SELECT * FROM assignments ORDER BY slug, movement"):
        facts[row["slug"]]["movements"][row["movement"]] = {"score": row["score"], "why": row["why"]}
    for row in connection.execute("SELECT * FROM analyses"):
        shown = {name: row[name] for name in row.keys() if name not in _NOT_SHOWN}  # noqa: SIM118 - a sqlite3.Row
        facts[row["slug"]]["analysis"] = shown | {name: json.loads(shown[name]) for name in ("colours", "onsets_s")}
    return facts


def check_prepared(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise LibraryError where the library has none of preprocess's tables yet. Gives rows by name from then on."""
    connection.row_factory = sqlite3.Row
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'fragments'").fetchone() is None:
        raise LibraryError("has nothing to edit yet", subject=folder, mend="run runtime-preprocess run first")


def base_hashes(values: Mapping[str, Value], facts: object) -> dict[str, str]:
    """The hashes by which an import tells what was changed: one a field, and one of all that may not be."""
    return {**{field: hash_of(value) for field, value in values.items()}, "facts": hash_of(facts)}


def readable(value: Value | Iterable[str]) -> str:
    """A value in a sentence."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f"“{value}”" if value else "nothing"
    return ", ".join(value) or "nothing"
