"""Tags: as each origin gave them, as they hold, and what was made of each on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Literal, TypeAlias

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import PERSON
from preprocess.catalogue.values import GivenTag

TagStep: TypeAlias = Literal["normalize", "resolve"]


@dataclass(frozen=True, slots=True)
class TagChange:
    """What a step made of a tag of a fragment: `after` is '' where it was dropped."""

    slug: str
    before: str
    after: str
    why: str


def read_given_tags(catalogue: Catalogue, slug: str | None = None) -> list[GivenTag]:
    """The tags as origins gave them, of one fragment or of all, in order of slug, tag and origin."""
    rows = catalogue.connection.execute(
        f"SELECT slug, tag, origin, confidence FROM given_tags {_of(slug)} ORDER BY slug, tag, origin",  # noqa: S608
        {"slug": slug},
    )
    return [GivenTag(*row) for row in rows]


def put_given_tags(catalogue: Catalogue, slug: str, origin: str, tags: Mapping[str, float]) -> None:
    """Make `tags` (tag → confidence, 0..1) all that `origin` says of a fragment; what it said before is gone.

    They hold once `normalize` and `resolve` have run.
    """
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM given_tags WHERE slug = ? AND origin = ?", (slug, origin))
        connection.executemany(
            "INSERT INTO given_tags (slug, tag, origin, confidence) VALUES (?, ?, ?, ?)",
            [(slug, tag, origin, confidence) for tag, confidence in tags.items()],
        )


def say_of_tag(catalogue: Catalogue, slug: str, tag: str, has: bool | None) -> None:
    """Note that a person gives a tag, takes it away, or (None) says nothing of it any more."""
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM given_tags WHERE slug = ? AND tag = ? AND origin = ?", (slug, tag, PERSON))
        if has is not None:
            connection.execute("INSERT INTO given_tags VALUES (?, ?, ?, ?)", (slug, tag, PERSON, float(has)))


def read_tags(catalogue: Catalogue) -> dict[str, dict[str, float]]:
    """The tags that hold, each with its confidence (0..1), in order of name: by slug, of those that have any."""
    found: dict[str, dict[str, float]] = {}
    rows = catalogue.connection.execute("SELECT slug, tag, confidence FROM tags ORDER BY slug, tag")
    for slug, tag, confidence in rows:
        found.setdefault(slug, {})[tag] = confidence
    return found


def tags_of(catalogue: Catalogue, slug: str) -> dict[str, float]:
    """The tags of one fragment that hold, each with its confidence (0..1), in order of name."""
    rows = catalogue.connection.execute("SELECT tag, confidence FROM tags WHERE slug = ? ORDER BY tag", (slug,))
    return dict(map(tuple, rows))


def store_tags(catalogue: Catalogue, tags: Mapping[str, Mapping[str, float]]) -> None:
    """Make `tags` (slug → tag → confidence) all the tags that hold in the library. Equal rows are not touched."""
    wanted = {(slug, tag, confidence) for slug, its in tags.items() for tag, confidence in its.items()}
    _replace(catalogue, _Rows("tags", "slug, tag, confidence"), set(wanted))


def read_tag_changes(catalogue: Catalogue, step: TagStep, slug: str | None = None) -> list[TagChange]:
    """What a step changed, of one fragment or of all, in order of slug and tag."""
    rows = catalogue.connection.execute(
        f"SELECT slug, before, after, why FROM (SELECT * FROM tag_changes {_of(slug)})"  # noqa: S608 - our own names
        " WHERE step = :step ORDER BY slug, before",
        {"slug": slug, "step": step},
    )
    return [TagChange(*row) for row in rows]


def store_tag_changes(catalogue: Catalogue, step: TagStep, changes: Iterable[TagChange]) -> None:
    """Make `changes` all that a step changed in the library. Equal rows are not touched."""
    rows = _Rows("tag_changes", "slug, before, after, why, step", f"step = '{step}'")
    _replace(catalogue, rows, {(*astuple(change), step) for change in changes})


def _of(slug: str | None) -> str:
    return "" if slug is None else "WHERE slug = :slug"


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some columns of some rows of a table."""

    table: str
    columns: str
    where: str = "1"


def _replace(catalogue: Catalogue, rows: _Rows, wanted: set[tuple[str | float, ...]]) -> None:
    table, columns = rows.table, rows.columns
    marks = ", ".join("?" * len(columns.split(", ")))
    with catalogue.transaction() as connection:
        query = f"SELECT {columns} FROM {table} WHERE {rows.where}"  # noqa: S608 - our own names
        stored = set(map(tuple, connection.execute(query)))
        for row in stored - wanted:
            connection.execute(f"DELETE FROM {table} WHERE ({columns}) = ({marks})", row)  # noqa: S608
        for row in wanted - stored:
            connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", row)  # noqa: S608
