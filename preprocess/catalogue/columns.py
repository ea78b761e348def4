"""What is known of every clip, in columns: for filters that answer while a person types, however large the library."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocess.catalogue.query import MEASURES, Labelled, Measured, Says, Term

# A colour with a smaller share is in the picture, and nothing that a person would call it by.
LEAST_SHARE = 0.1

Label = tuple[str, str]
_Rows = npt.NDArray[np.int32]
_NONE: _Rows = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class ClipTable:
    """Every fragment that is not retired, in slug order. Immutable; any thread.

    `measures` is float32 (measures, clips) in the order of `query.MEASURES`, NaN where nothing was measured; `texts`
    are each clip's words in lower case; `labels` has the sorted rows (int32) of each (kind, name).
    """

    slugs: tuple[str, ...]
    measures: npt.NDArray[np.float32]
    texts: tuple[str, ...]
    labels: Mapping[Label, _Rows]
    _row_of: Mapping[str, int] = field(repr=False)

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> ClipTable:
        """The table as the catalogue stands: some seconds for 100,000 clips. In the connection's thread."""
        slugs = tuple(
            row[0] for row in connection.execute("SELECT slug FROM fragments WHERE NOT retired ORDER BY slug")
        )
        row_of = {slug: row for row, slug in enumerate(slugs)}
        empty = cls(slugs, np.full((len(MEASURES), len(slugs)), np.nan, np.float32), ("",) * len(slugs), {}, row_of)
        return empty._filled(connection, None)

    def reread(self, connection: sqlite3.Connection, slugs: Collection[str]) -> ClipTable:
        """The table after changes to these clips; the others as they were. In the connection's thread.

        Raises KeyError for a slug that was not there when the table was read.
        """
        return self._filled(connection, {slug: self._row_of[slug] for slug in slugs})

    def rows(self, terms: Sequence[Term]) -> _Rows:
        """The rows of the clips of which all `terms` hold, in slug order."""
        chosen = np.ones(len(self.slugs), bool)
        # The search through texts is by far the dearest: it comes last, and looks at what is left only.
        for term in sorted(terms, key=lambda term: isinstance(term.condition, Says)):
            chosen &= self._holds(term.condition, chosen) != term.negated
        return np.flatnonzero(chosen).astype(np.int32)

    def matching(self, terms: Sequence[Term]) -> list[str]:
        """The slugs of the clips of which all `terms` hold, in order."""
        return [self.slugs[row] for row in self.rows(terms)]

    def _holds(self, condition: Labelled | Measured | Says, among: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        holds = np.zeros(len(self.slugs), bool)
        if isinstance(condition, Labelled):
            for name in condition.names:
                holds[self.labels.get((condition.kind, name), _NONE)] = True
        elif isinstance(condition, Measured):
            values = self.measures[MEASURES.index(condition.measure)]
            holds = ~np.isnan(values)
            for compare, bound in condition.bounds:
                holds &= compare(values, np.float32(bound).item())
        else:
            left = np.flatnonzero(among)
            holds[left] = [condition.text in self.texts[row] for row in left]
        return holds

    def _filled(self, connection: sqlite3.Connection, rows: Mapping[str, int] | None) -> ClipTable:
        """A copy with these clips (None: all) read anew."""
        wanted = self._row_of if rows is None else rows
        some = None if rows is None else list(rows)
        row_of = wanted.get
        measures = self.measures.copy()
        for slug, *values in _measures(connection, some):
            if (row := row_of(slug)) is not None:
                measures[:, row] = values
        words: dict[int, list[str]] = {row: [slug] for slug, row in wanted.items()}
        for slug, text in _texts(connection, some):
            if (row := row_of(slug)) is not None:
                words[row].append(text)
        labels: defaultdict[Label, list[int]] = defaultdict(list)
        for slug, kind, name in _labels(connection, some):
            if (row := row_of(slug)) is not None:
                labels[kind, name].append(row)
                if kind == "tag":
                    words[row].append(name)
        texts = list(self.texts)
        for row, said in words.items():
            texts[row] = "\n".join(said).casefold()
        return replace(self, measures=measures, texts=tuple(texts), labels=self._relabelled(labels, wanted.values()))

    def _relabelled(self, new: Mapping[Label, Sequence[int]], changed: Collection[int]) -> dict[Label, _Rows]:
        gone = np.array(sorted(changed), np.int32)
        kept = {label: _without(rows, gone) for label, rows in self.labels.items()}
        for (kind, name), rows in new.items():
            label = kind, name.casefold()
            kept[label] = np.union1d(kept.get(label, _NONE), np.array(rows, np.int32))
        return {label: rows for label, rows in kept.items() if len(rows)}


def _without(rows: _Rows, gone: _Rows) -> _Rows:
    """Sorted rows without those that are gone, sorted as well; the same array where none of them is among these."""
    at = np.searchsorted(rows, gone)
    among = rows[np.minimum(at, len(rows) - 1)] == gone
    return np.delete(rows, at[among]) if among.any() else rows


_MEASURED = ", ".join(f"analyses.{name}" for name in MEASURES if name != "duration_s")
_DURATION = "CAST((fragments.end - fragments.begin) * rate_den AS REAL) / rate_num"


def _measures(connection: sqlite3.Connection, slugs: Sequence[str] | None) -> Iterator[Sequence[Any]]:
    query = (
        f"SELECT fragments.slug, {_DURATION}, {_MEASURED} FROM fragments"  # noqa: S608 - our own names
        " LEFT JOIN footage USING (base) LEFT JOIN analyses USING (slug)"
    )
    return _selected(connection, query, slugs)


def _texts(connection: sqlite3.Connection, slugs: Sequence[str] | None) -> Iterator[Sequence[Any]]:
    return _selected(connection, "SELECT slug, text FROM texts", slugs, "state = 'current'", "ORDER BY slug, kind")


_MARKED = "coalesce((SELECT value FROM marks WHERE marks.slug = fragments.slug AND mark = '{mark}'), {else_})"
# Each gives rows of a slug, a kind and a name.
_LABELS = (
    "SELECT slug, 'tag', tag FROM tags",
    "SELECT slug, 'movement', movement FROM assignments",
    "SELECT slug, 'source', base FROM fragments",
    "SELECT DISTINCT slug, 'is', 'doubtful' FROM doubts",
)
_HAS = "EXISTS (SELECT 1 FROM {table} WHERE {table}.slug = fragments.slug{and_})"
_CAPTIONED = _HAS.format(table="texts", and_=" AND kind = 'caption' AND state = 'current' AND text <> ''")
_FLAGS = (
    ("black", _MARKED.format(mark="black", else_="analyses.black")),
    ("static", _MARKED.format(mark="static", else_="analyses.static")),
    ("duplicate", _MARKED.format(mark="duplicate", else_=_HAS.format(table="duplicates", and_=""))),
    ("left_out", _MARKED.format(mark="left_out", else_="0")),
    ("untagged", "NOT " + _HAS.format(table="tags", and_="")),
    ("uncaptioned", f"NOT {_CAPTIONED}"),
    ("unplaced", "NOT " + _HAS.format(table="assignments", and_="")),
)


def _labels(connection: sqlite3.Connection, slugs: Sequence[str] | None) -> Iterator[Sequence[Any]]:
    for query in _LABELS:
        yield from _selected(connection, query, slugs)
    for flag, holds in _FLAGS:
        query = f"SELECT slug, 'is', '{flag}' FROM fragments LEFT JOIN analyses USING (slug)"  # noqa: S608
        yield from _selected(connection, query, slugs, holds)
    for slug, colours in _selected(connection, "SELECT slug, colours FROM analyses", slugs):
        for name, _, share in json.loads(colours):
            if share >= LEAST_SHARE:
                yield slug, "colour", name


def _selected(
    connection: sqlite3.Connection, query: str, slugs: Sequence[str] | None, where: str = "1", order: str = ""
) -> Iterator[Sequence[Any]]:
    some = "" if slugs is None else " AND slug IN (SELECT value FROM json_each(:slugs))"
    return connection.execute(f"{query} WHERE ({where}){some} {order}", {"slugs": json.dumps(slugs)})
