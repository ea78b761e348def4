"""What an export consists of: the names of its files, their columns, and the hashes that an import compares with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from engine.errors import Problem, ShowError
from preprocess.exchange.values import MARKS, TEXTS

FORMAT = 1
MANIFEST = "exported.json"
CLIPS_FOLDER, SCHEDULES_FOLDER = "clips", "schedules"
CLIPS_TABLE, TAGS_TABLE, ASSIGNMENTS_TABLE = "clips.csv", "tags.csv", "assignments.csv"

CLIPS_COLUMNS = ("clip", "title", "duration_s", *TEXTS, *MARKS)
TAGS_COLUMNS = ("clip", "tag", "confidence")
ASSIGNMENTS_COLUMNS = ("clip", "movement", "placement", "score", "why")

_AGAIN = "export again into an empty folder, and make the changes there"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The hashes of what was exported: by slug and field, of each schedule's file and rows by movement."""

    clips: dict[str, dict[str, str]]
    schedules: dict[str, dict[str, str]]

    def as_bytes(self) -> bytes:
        """A line a clip, so that a difference reads well."""
        lines = [f'{{"format": {FORMAT},', '"clips": {']
        lines.append(",\n".join(f"{json.dumps(slug)}: {json.dumps(row)}" for slug, row in sorted(self.clips.items())))
        lines += ["},", '"schedules": {']
        schedules = sorted(self.schedules.items())
        lines += [",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in schedules), "}}", ""]
        return "\n".join(lines).encode()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export. Raises ShowError where there is none: without it nobody can tell what was changed."""
    file = folder / MANIFEST
    try:
        found = json.loads(file.read_bytes())
    except OSError as error:
        what = "this is no export" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise ShowError([Problem(str(file), 0, "", what, "name the folder that export wrote")]) from error
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise ShowError([Problem(str(file), line, "", "is damaged; nobody edits this file", _AGAIN)]) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ShowError([Problem(str(file), 1, "format", f"is not {FORMAT}", _AGAIN)])
    clips, schedules = found.get("clips"), found.get("schedules")
    if not _is_hashes(clips) or not _is_hashes(schedules):
        raise ShowError([Problem(str(file), 0, "", "is damaged; nobody edits this file", _AGAIN)])
    return Manifest(clips, schedules)


def _is_hashes(value: Any) -> TypeGuard[dict[str, dict[str, str]]]:
    return isinstance(value, dict) and all(
        isinstance(row, dict) and all(isinstance(one, str) for one in row.values()) for row in value.values()
    )
