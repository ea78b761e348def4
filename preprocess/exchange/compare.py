"""Files that a person edited against the catalogue, by what was exported: changes, and where both changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from engine.errors import Problem
from engine.formats.nearest import did_you_mean
from preprocess.catalogue.edit_values import Edit
from preprocess.exchange import layout
from preprocess.exchange.layout import Manifest, read_manifest
from preprocess.exchange.read_files import Reading, Said
from preprocess.exchange.schedules import read_clips, read_slots, rows_hash, sha256_of, slots_of
from preprocess.exchange.values import MARKS, PLACES, TEXTS, Value, Values, hash_of, read_facts, read_values, readable

_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a person changed: where, what it is in the catalogue and in the file, and the edits it takes."""

    subject: str  # a clip or a movement
    field: str
    ours: str
    theirs: str
    file: str
    line: int
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the files say: changes to take; conflicts, where the catalogue changed since as well; what is wrong."""

    changes: tuple[Change, ...]
    conflicts: tuple[Change, ...]
    problems: tuple[Problem, ...]


def compare(connection: sqlite3.Connection, folder: Path) -> Comparison:
    """Compare an export with the catalogue (rows by name). Nothing is written.

    Raises ShowError where the folder is no export; all else that is wrong is among the problems.
    """
    manifest = read_manifest(folder)
    ours = read_values(connection)
    movements = [row[0] for row in connection.execute("SELECT name FROM movements ORDER BY position, name")]
    reading = Reading(folder, manifest, read_facts(connection))
    reading.read()
    comparing = _Comparing(manifest, ours, movements, reading.problems)
    comparing.clips(reading.said)
    comparing.schedules(connection, folder)
    problems = sorted(comparing.problems, key=lambda problem: (problem.file, problem.line))
    return Comparison(tuple(comparing.changes), tuple(comparing.conflicts), tuple(problems))


class _Comparing:
    """One comparison as it comes about."""

    def __init__(
        self, manifest: Manifest, ours: Mapping[str, Values], movements: Sequence[str], problems: list[Problem]
    ) -> None:
        self.changes: list[Change] = []
        self.conflicts: list[Change] = []
        self.problems = problems
        self._manifest, self._ours, self._movements = manifest, ours, movements

    def clips(self, said: Sequence[Said]) -> None:
        """Whatever is other than it was exported, once for each field."""
        changed: dict[tuple[str, str], Said] = {}
        for one in said:
            if hash_of(one.value) == self._manifest.clips[one.slug].get(one.field):
                continue
            other = changed.setdefault((one.slug, one.field), one)
            if other.value != one.value:
                there = f"{other.file}:{other.line} says {readable(other.value)}"
                self._problem(
                    one, f"says {readable(one.value)}, but {there}", "make them say the same, or mend one only"
                )
        for one in changed.values():
            self._clip(one)

    def _problem(self, place: Said, what: str, mend: str) -> None:
        self.problems.append(Problem(place.file, place.line, f"{place.slug}.{place.field}", what, mend))

    def _clip(self, said: Said) -> None:
        if said.slug not in self._ours:
            self._problem(said, "the library no longer has this clip", "put the value back as it was")
            return
        ours = self._ours[said.slug][said.field]
        if ours == said.value:
            return
        named = _names(said.value) if said.field in PLACES else set()
        unknown = sorted(named - set(self._movements))
        if unknown:
            mend = did_you_mean(unknown[0], self._movements, f"the show has {', '.join(self._movements)}")
            self._problem(said, f"the show has no movement {unknown[0][:64]}", mend)
            return
        try:
            edits = tuple(_EDIT.validate_python(edit) for edit in _edits(said, ours))
        except ValidationError as error:
            self._problem(said, error.errors(include_url=False)[0]["msg"], "")
            return
        change = Change(said.slug, said.field, readable(ours), readable(said.value), said.file, said.line, edits)
        known = hash_of(ours) == self._manifest.clips[said.slug].get(said.field)
        (self.changes if known else self.conflicts).append(change)

    def schedules(self, connection: sqlite3.Connection, folder: Path) -> None:
        """Movement CSVs whose rows are other than they were exported."""
        slots, clips = read_slots(connection), read_clips(connection)
        for movement, hashes in sorted(self._manifest.schedules.items()):
            name = f"{layout.SCHEDULES_FOLDER}/{movement}.csv"
            if "/" in movement or not (folder / name).is_file():
                continue
            if sha256_of((folder / name).read_bytes()) == hashes.get("file"):
                continue
            if movement not in slots:
                mend = did_you_mean(movement, self._movements, "leave its CSV as it was")
                self.problems.append(Problem(name, 0, "", "the show no longer has this movement", mend))
                continue
            ours = slots[movement]
            theirs, problems = slots_of(folder / name, name, clips, ours[0].layer if ours else "base")
            if problems:
                self.problems += problems
                continue
            found, known = rows_hash(theirs, clips), rows_hash(ours, clips)
            if found in (hashes.get("rows"), known):
                continue
            try:
                rows = [asdict(slot) for slot in theirs]
                edit = _EDIT.validate_python({"do": "set_schedule", "movement": movement, "rows": rows})
            except ValidationError as error:
                for one in error.errors(include_url=False):
                    row = one["loc"][2] if len(one["loc"]) > 2 else ""
                    self.problems.append(Problem(name, 0, f"row {row}", one["msg"]))
                continue
            change = Change(movement, "schedule", f"{len(ours)} rows", f"{len(theirs)} rows", name, 1, (edit,))
            (self.changes if known == hashes.get("rows") else self.conflicts).append(change)


def _edits(said: Said, ours: Value) -> Iterator[dict[str, Any]]:
    """The edits that make of our value the one that the file has."""
    slug, field, theirs = said.slug, said.field, said.value
    if field in TEXTS:
        yield {"do": "set_text", "slug": slug, "kind": field, "text": theirs}
    elif field in MARKS:
        yield {"do": "set_mark", "slug": slug, "mark": field, "value": theirs}
    else:
        before, after = _names(ours), _names(theirs)
        for name in sorted(before ^ after):
            has = name in after
            if field == "tags":
                yield {"do": "set_tag", "slug": slug, "tag": name, "value": has}
            else:
                kind: Literal["pin", "ban"] | None = _kind(field) if has else None
                yield {"do": "place", "slug": slug, "movement": name, "kind": kind}


def _kind(field: str) -> Literal["pin", "ban"]:
    return "pin" if field == "pinned" else "ban"


def _names(value: Value) -> set[str]:
    assert isinstance(value, tuple)
    return set(value)
