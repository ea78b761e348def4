"""What a person left in the files of an export: each value with its file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import Problem
from engine.formats.nearest import did_you_mean
from preprocess.exchange import layout
from preprocess.exchange.layout import Manifest
from preprocess.exchange.table import TableRow, read_table, yes_or_no
from preprocess.exchange.values import MARKS, PLACES, TEXTS, Value, canonical, hash_of

_MAX_BYTES = 16 * 2**20
_EDITABLE = (*TEXTS, "tags", "marks", *PLACES)


@dataclass(frozen=True, slots=True)
class Said:
    """A field's value as a file has it."""

    slug: str
    field: str
    value: Value
    file: str
    line: int


@dataclass
class Reading:
    """All that the files of one folder say of clips, and what is wrong with them."""

    folder: Path
    manifest: Manifest
    facts: Mapping[str, Any]  # as the catalogue has them by now
    said: list[Said] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> None:
        """Read every file that is there; one that is not there says nothing."""
        for slug in sorted(self.manifest.clips):
            name = f"{layout.CLIPS_FOLDER}/{slug}.json"
            if "/" not in slug and (self.folder / name).is_file():
                self._clip_file(slug, name)
        self._clips_table()
        self._lists_table(layout.TAGS_TABLE, layout.TAGS_COLUMNS, "tag", lambda _: "tags", ("tags",))
        self._lists_table(layout.ASSIGNMENTS_TABLE, layout.ASSIGNMENTS_COLUMNS, "movement", _placement, tuple(PLACES))

    def problem(self, file: str, line: int, path: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(file, line, path, what, mend))

    # JSON

    def _clip_file(self, slug: str, name: str) -> None:
        file = self.folder / name
        try:
            if file.stat().st_size > _MAX_BYTES:
                raise ValueError("is larger than 16 MiB")
            text = file.read_bytes().decode("utf-8-sig")
            found = json.loads(text)
        except OSError as error:
            self.problem(name, 0, "", f"cannot be read: {error.strerror}", "check its rights")
            return
        except json.JSONDecodeError as error:
            self.problem(name, error.lineno, "", f"is not JSON: {error.msg}", "a comma or a quote too few or too many?")
            return
        except (ValueError, RecursionError) as error:
            self.problem(name, 0, "", f"cannot be read: {str(error)[:80]}", "save it again as UTF-8")
            return
        if not isinstance(found, dict) or found.get("clip") != slug:
            self.problem(name, _line_of(text, "clip"), "clip", f"is not {slug}", "a file keeps its clip's name")
            return
        self._clip_values(slug, name, text, found)

    def _clip_values(self, slug: str, name: str, text: str, found: dict[str, Any]) -> None:
        for key in found:
            if key not in (*_EDITABLE, "clip", "facts"):
                mend = did_you_mean(key, _EDITABLE, f"it may have {', '.join(_EDITABLE)}")
                self.problem(name, _line_of(text, key), key[:40], "is nothing that a clip has", mend)
        known = (self.manifest.clips[slug].get("facts"), hash_of(self.facts.get(slug)))
        if hash_of(found.get("facts")) not in known:
            line = _line_of(text, "facts")
            self.problem(name, line, "facts", "cannot be changed here", "put it back; above it all may be changed")
        marks = found.get("marks", {})
        if not isinstance(marks, dict) or not set(marks) <= set(MARKS):
            self.problem(
                name, _line_of(text, "marks"), "marks", f"must hold {', '.join(MARKS)}", "each true, false or null"
            )
            marks = {}
        values = {key: found[key] for key in (*TEXTS, "tags", *PLACES) if key in found} | marks
        for key, value in values.items():
            self._say(Said(slug, key, None, name, _line_of(text, key)), value)

    def _say(self, place: Said, value: object) -> None:
        try:
            said = canonical(place.field, value)
        except ValueError as error:
            self.problem(place.file, place.line, place.field, str(error))
            return
        self.said.append(Said(place.slug, place.field, said, place.file, place.line))

    # Tables

    def _rows(self, name: str, columns: tuple[str, ...], needed: tuple[str, ...]) -> Iterator[TableRow]:
        """The rows of a table that is there, of clips that were exported."""
        if not (self.folder / name).is_file():
            return
        rows, problems = read_table(self.folder / name, name, columns, needed)
        self.problems += problems
        for row in rows:
            slug = row.cells["clip"].strip()
            if slug in self.manifest.clips:
                yield row
            else:
                mend = did_you_mean(slug, self.manifest.clips, "a clip keeps its name")
                self.problem(name, row.line, "clip", f"no clip {slug[:80]} was exported", mend)

    def _clips_table(self) -> None:
        name, seen = layout.CLIPS_TABLE, dict[str, int]()
        for row in self._rows(name, layout.CLIPS_COLUMNS, ("clip",)):
            slug = row.cells["clip"].strip()
            if slug in seen:
                self.problem(name, row.line, "clip", f"{slug} stands in line {seen[slug]} already", "keep one of them")
                continue
            seen[slug] = row.line
            for key in (*TEXTS, *MARKS):
                if key in row.cells:
                    self._say_cell(Said(slug, key, None, name, row.line), row.cells[key])

    def _say_cell(self, place: Said, cell: str) -> None:
        try:
            self._say(place, yes_or_no(cell) if place.field in MARKS else cell)
        except ValueError as error:
            self.problem(place.file, place.line, place.field, str(error))

    def _lists_table(
        self,
        name: str,
        columns: tuple[str, ...],
        column: str,
        field_of: Callable[[TableRow], str],
        fields: tuple[str, ...],
    ) -> None:
        """A table with a row for each name in a list: a clip has those that it has rows of, and no others."""
        if not (self.folder / name).is_file():
            return
        before = len(self.problems)
        lists: dict[tuple[str, str], list[str]] = {}
        lines: dict[str, int] = {}
        for row in self._rows(name, columns, ("clip", column)):
            slug = row.cells["clip"].strip()
            lines.setdefault(slug, row.line)
            try:
                key = field_of(row)
            except ValueError as error:
                self.problem(name, row.line, "placement", str(error), "write pin, ban, or nothing")
                continue
            if key:
                lists.setdefault((slug, key), []).append(row.cells[column])
        if len(self.problems) > before:  # what a faulty table leaves out was not taken away
            return
        for slug in self.manifest.clips:
            for key in fields:
                value = canonical(key, lists.get((slug, key), ()))
                self.said.append(Said(slug, key, value, name, lines.get(slug, 0)))


def _placement(row: TableRow) -> str:
    """Which list a row of the assignments belongs to; '' where no person said anything."""
    word = row.cells.get("placement", "").strip().lower()
    named = {"": "", **{kind: key for key, kind in PLACES.items()}}
    if word not in named:
        raise ValueError(f"cannot be {word[:40]}")
    return named[word]


def _line_of(text: str, key: str) -> int:
    """The 1-based line on which a key of a JSON text stands; 0 where it does not."""
    found = re.search(rf"^\s*{re.escape(json.dumps(key))}\s*:", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 + found[0].count("\n") if found else 0
