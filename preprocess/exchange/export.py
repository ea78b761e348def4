"""A library's catalogue as files: a JSON file a clip, tables for a spreadsheet, a CSV for each movement's schedule."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import OutputError, ShowError
from engine.formats.library_catalogue import open_catalogue
from engine.formats.replace_file import replace_file
from preprocess.exchange import layout
from preprocess.exchange.compare import compare
from preprocess.exchange.layout import Manifest
from preprocess.exchange.schedules import read_clips, read_slots, rows_hash, sha256_of, slots_bytes
from preprocess.exchange.table import table_bytes
from preprocess.exchange.values import (
    MARKS,
    PLACES,
    TEXTS,
    Values,
    base_hashes,
    check_prepared,
    read_facts,
    read_values,
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to: how many clips and schedules, and how many files were written, left, or removed."""

    clips: int
    schedules: int
    written: int
    unchanged: int
    removed: int


def export(library: Path, folder: Path) -> Exported:
    """Write the library's catalogue into `folder`. It is read only: a run may work on it meanwhile.

    A file that has its content already is not touched. Raises LibraryError where the library cannot be read, and
    OutputError where a file cannot be written or where the folder has changes that were not imported: those are
    never overwritten.
    """
    with open_catalogue(library) as connection:
        check_prepared(connection, library)
        connection.execute("BEGIN")  # one instant of the catalogue, whatever a run writes meanwhile
        _refuse_unseen(connection, folder)
        files = _files(connection)
    manifest, old = files[layout.MANIFEST], _known_files(folder)
    written = 0
    for name, content in files.items():
        written += _write(folder / name, content) if content is not manifest else 0
    removed = [name for name in sorted(old - files.keys()) if (folder / name).is_file()]
    for name in removed:
        (folder / name).unlink()
    # Last: after a kill the old hashes say that what was written is a change, which an import finds to be known.
    written += _write(folder / layout.MANIFEST, manifest)
    clips = sum(name.startswith(f"{layout.CLIPS_FOLDER}/") for name in files)
    schedules = sum(name.startswith(f"{layout.SCHEDULES_FOLDER}/") for name in files)
    return Exported(clips, schedules, written, len(files) - written, len(removed))


def _refuse_unseen(connection: sqlite3.Connection, folder: Path) -> None:
    if not (folder / layout.MANIFEST).exists():
        taken = [name for name in (layout.CLIPS_FOLDER, layout.CLIPS_TABLE) if (folder / name).exists()]
        if taken:
            raise OutputError(f"has {taken[0]}, and is no export", subject=folder, mend="name an empty folder")
        return
    try:
        found = compare(connection, folder)
    except ShowError as error:
        raise OutputError(f"cannot be compared: {error}", subject=folder, mend="name an empty folder") from error
    edited = [*found.changes, *found.conflicts]
    if edited or found.problems:
        names = sorted({change.file for change in edited} | {problem.file for problem in found.problems})
        raise OutputError(
            f"has changes that were not imported: {', '.join(names[:5])}{' …' if names[5:] else ''}",
            subject=folder,
            mend="import them first, or name an empty folder",
        )


def _files(connection: sqlite3.Connection) -> dict[str, bytes]:
    """Every file of the export by its name, the manifest among them."""
    values, facts, clips = read_values(connection), read_facts(connection), read_clips(connection)
    slots = read_slots(connection)
    schedules = {movement: slots_bytes(rows) for movement, rows in slots.items()}
    manifest = Manifest(
        {slug: base_hashes(values[slug], facts[slug]) for slug in values},
        {
            movement: {"file": sha256_of(content), "rows": rows_hash(slots[movement], clips)}
            for movement, content in schedules.items()
        },
    )
    tags = connection.execute("SELECT slug, tag, confidence FROM tags ORDER BY slug, tag")
    return {
        **{f"{layout.CLIPS_FOLDER}/{slug}.json": _clip_bytes(slug, values[slug], facts[slug]) for slug in values},
        layout.CLIPS_TABLE: table_bytes(
            layout.CLIPS_COLUMNS, (_clip_row(slug, values[slug], facts[slug]) for slug in values)
        ),
        layout.TAGS_TABLE: table_bytes(layout.TAGS_COLUMNS, tags),
        layout.ASSIGNMENTS_TABLE: table_bytes(layout.ASSIGNMENTS_COLUMNS, _assignments(connection)),
        **{f"{layout.SCHEDULES_FOLDER}/{movement}.csv": content for movement, content in schedules.items()},
        layout.MANIFEST: manifest.as_bytes(),
    }


def _clip_bytes(slug: str, values: Values, facts: Mapping[str, Any]) -> bytes:
    """What may be changed comes first; each list in the order of its names, so that differences are small."""
    shown = {
        "clip": slug,
        **{field: values[field] for field in (*TEXTS, "tags")},
        "marks": {mark: values[mark] for mark in MARKS},
        **{field: values[field] for field in PLACES},
        "facts": facts,
    }
    return (json.dumps(shown, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _clip_row(slug: str, values: Values, facts: Mapping[str, Any]) -> list[object]:
    return [slug, facts["title"], facts["duration_s"], *(values[field] for field in (*TEXTS, *MARKS))]


def _assignments(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    rows = connection.execute(
        "SELECT slug, movement, kind, score, why FROM assignments LEFT JOIN placements USING (slug, movement)"
        " UNION SELECT slug, movement, kind, NULL, '' FROM placements"
        " WHERE (slug, movement) NOT IN (SELECT slug, movement FROM assignments) ORDER BY slug, movement"
    )
    return [tuple(row) for row in rows]


def _known_files(folder: Path) -> set[str]:
    """The files that an earlier export wrote here."""
    if not (folder / layout.MANIFEST).exists():
        return set()
    manifest = layout.read_manifest(folder)
    clips = {f"{layout.CLIPS_FOLDER}/{slug}.json" for slug in manifest.clips if "/" not in slug}
    return clips | {f"{layout.SCHEDULES_FOLDER}/{name}.csv" for name in manifest.schedules if "/" not in name}


def _write(file: Path, content: bytes) -> int:
    """1 where it was written, 0 where the file had this content."""
    if file.is_file() and file.read_bytes() == content:
        return 0
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot be made ({error.strerror})", subject=file.parent, mend="name another folder"
        ) from error
    replace_file(file, content)
    return 1
