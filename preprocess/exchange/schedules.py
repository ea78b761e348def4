"""Schedules as movement CSVs: the rows of the catalogue written, and those of a file read back."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from fractions import Fraction
from pathlib import Path

from engine.errors import Problem
from engine.formats.movement_csv import read_movement_csv, write_movement_csv
from engine.model.clips import Clip, Codec
from engine.model.schedule import ScheduleRow
from preprocess.catalogue.schedule_edits import Slot
from preprocess.exchange.values import hash_of

_RATE = Fraction(25)  # of a clip of which nothing is known yet: long before it is played


def read_slots(connection: sqlite3.Connection) -> dict[str, list[Slot]]:
    """The current schedule of each movement, in the order of the movements; an empty one where it has none."""
    movements = connection.execute("SELECT name FROM movements ORDER BY position, name")
    found: dict[str, list[Slot]] = {row[0]: [] for row in movements}
    rows = connection.execute(
        "SELECT movement, layer, slug, duration_s, in_s, out_s, transition_s, hint, transition"
        " FROM schedule_rows"
        " WHERE state = 'current' ORDER BY movement, row_index"
    )
    for movement, *row in rows:
        found[movement].append(Slot(*row))
    return found


def slots_bytes(slots: Iterable[Slot]) -> bytes:
    """A schedule as a movement CSV."""
    rows = [ScheduleRow(index + 1, slot.layer, slot.slug, 0.0, *astuple(slot)[2:]) for index, slot in enumerate(slots)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "schedule.csv"
        write_movement_csv(file, rows)
        return file.read_bytes()


def slots_of(file: Path, name: str, clips: Mapping[str, Clip], layer: str) -> tuple[list[Slot], list[Problem]]:
    """The rows of a movement CSV by their `order`, and every problem with its line; `layer` fills empty cells."""
    schedule, problems = read_movement_csv(file, clips, None)
    slots = [
        Slot(
            row.layer or layer,
            row.clip,
            row.duration_s,
            row.in_s,
            row.out_s,
            row.transition_s,
            row.hint,
            row.transition,
        )
        for row in sorted(schedule.rows, key=lambda row: row.order)
    ]
    return slots, [Problem(name, one.line, one.path, one.what, one.mend) for one in problems]


def rows_hash(slots: Sequence[Slot], clips: Mapping[str, Clip]) -> str:
    """A hash of a schedule's rows as they read back from a CSV, which keeps less of a hint's blanks than a row."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "schedule.csv"
        file.write_bytes(slots_bytes(slots))
        return hash_of([astuple(slot) for slot in slots_of(file, "", clips, "")[0]])


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_clips(connection: sqlite3.Connection) -> dict[str, Clip]:
    """Every fragment as a clip, to check a schedule against: how long it is, encoded or not."""
    rows = connection.execute(
        "SELECT slug, coalesce(clips.rate_num, footage.rate_num) AS num, coalesce(clips.rate_den, footage.rate_den)"
        " AS den, coalesce(frame_count_of_clip, fragments.end - fragments.begin) AS frame_count FROM fragments"
        " LEFT JOIN (SELECT slug, rate_num, rate_den, frame_count AS frame_count_of_clip FROM clips) AS clips"
        " USING (slug) LEFT JOIN footage USING (base)"
    )
    return {
        row["slug"]: Clip(
            slug=row["slug"],
            file=Path(f"{row['slug']}.mov"),
            codec=Codec.OTHER,
            width=0,
            height=0,
            rate=Fraction(row["num"], row["den"]) if row["num"] else _RATE,
            frame_count=max(1, row["frame_count"]),
        )
        for row in rows
    }
