"""Schedules in the catalogue and as CSV files beside it, of which a person may change either."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import Problem
from engine.formats.movement_csv import placed, read_movement_csv, write_movement_csv
from engine.formats.replace_file import replace_file
from engine.model.clips import Clip
from engine.model.schedule import ScheduleRow
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import PERSON

AUTOMATIC = "automatic"
FOLDER = "schedules"
GOOD = "good"  # NAME.good.csv plays while the movement's own CSV has mistakes
State = Literal["current", "proposal"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A movement's schedule as the catalogue has it: whose it is, its rows in their order, and what ordered them."""

    origin: str
    rows: tuple[ScheduleRow, ...]
    strategy: str = ""

    @property
    def duration_s(self) -> float:
        return max((row.end_s for row in self.rows), default=0.0)


def read_schedule(catalogue: Catalogue, movement: str, state: State = "current") -> Stored | None:
    """A movement's schedule; None where there is none."""
    key = (movement, state)
    found = catalogue.connection.execute(
        "SELECT origin, strategy FROM schedules WHERE movement = ? AND state = ?", key
    ).fetchone()
    if found is None:
        return None
    rows = catalogue.connection.execute(
        "SELECT row_index + 1 AS 'order', layer, slug AS clip, start_s, duration_s, in_s, out_s, transition_s, hint,"
        " transition"
        " FROM schedule_rows WHERE movement = ? AND state = ? ORDER BY row_index",
        key,
    )
    return Stored(found["origin"], tuple(ScheduleRow(**dict(row)) for row in rows), found["strategy"])


def write_schedule(catalogue: Catalogue, movement: str, state: State, stored: Stored, strategy: str = "") -> None:
    """Put a schedule in place of what the movement had in this state."""
    with catalogue.transaction() as connection:
        drop_schedule(catalogue, movement, state)
        connection.execute(
            "INSERT INTO schedules VALUES (?, ?, ?, ?)", (movement, state, stored.origin, stored.strategy)
        )
        connection.executemany(
            "INSERT INTO schedule_rows (movement, state, row_index, layer, slug, start_s, duration_s, in_s, out_s,"
            " transition_s, hint, transition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(movement, state, index, row.layer, row.clip, round(row.start_s, 6), row.duration_s),
                    *(row.in_s, row.out_s, row.transition_s, row.hint, row.transition),
                )
                for index, row in enumerate(stored.rows)
            ],
        )


def drop_schedule(catalogue: Catalogue, movement: str, state: State) -> None:
    """Remove a schedule, if there is one."""
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM schedules WHERE movement = ? AND state = ?", (movement, state))


# Files


def csv_name(movement: str) -> str:
    """A movement's CSV, relative to the library."""
    return f"{FOLDER}/{movement}.csv"


def name_beside(catalogue: Catalogue, movement: str, word: str) -> str:
    """Where something is written beside a movement's CSV, NAME.WORD.csv; numbered where a person works on that one."""
    number = 1
    while is_edited(catalogue, name := csv_name(f"{movement}.{word}{number if number > 1 else ''}")):
        number += 1
    return name


def csv_bytes(catalogue: Catalogue, rows: Sequence[ScheduleRow]) -> bytes:
    """A schedule as its CSV has it."""
    file = catalogue.work / "schedule.csv"
    write_movement_csv(file, rows)
    content = file.read_bytes()
    file.unlink()
    return content


def is_edited(catalogue: Catalogue, name: str) -> bool:
    """Whether a person changed this file of the library, or put it there."""
    file = catalogue.folder / name
    return file.is_file() and _hash(file.read_bytes()) not in catalogue.library.written(name)


def put_files(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """Write files of the library whose hashes the catalogue has (see `note_seen`), or remove them (None).

    Raises OutputError where one cannot be written; that one is then as it was.
    """
    for name, content in files.items():
        file = folder / name
        if content is None:
            file.unlink(missing_ok=True)
        elif not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(exist_ok=True)
            replace_file(file, content)


def was_written(catalogue: Catalogue, name: str, rows: Sequence[ScheduleRow]) -> bool:
    """Whether the file had these rows once, from here or from a person."""
    return _hash(csv_bytes(catalogue, rows)) in catalogue.library.written(name)


def note_seen(catalogue: Catalogue, name: str, content: bytes) -> None:
    """Note that the catalogue has what this content of a file says, or that the file is about to get it.

    To be committed before the file is written: after a kill between the two nothing looks edited.
    """
    if _hash(content) not in catalogue.library.written(name):
        sha256 = _hash(content)
        with catalogue.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO written VALUES (?, ?)", (name, sha256))


def import_csv(
    catalogue: Catalogue, movement: str, clips: Mapping[str, Clip] | None, layers: Sequence[str]
) -> tuple[Stored, list[Problem]]:
    """A movement's CSV as a person left it, and every problem in it with its line."""
    file = catalogue.folder / csv_name(movement)
    schedule, problems = read_movement_csv(file, clips, layers)
    rows = sorted(schedule.rows, key=lambda row: (row.start_s, layers.index(row.layer), row.order))
    return Stored(PERSON, tuple(placed(rows))), problems


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
