"""The step `emit`: the library's show.yaml, and the report of all that the steps did."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from engine.errors import Problem, ShowError
from engine.model.schedule import ScheduleRow
from preprocess.assign.inputs import hashed_rows
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import PERSON
from preprocess.emit.facts import gather
from preprocess.emit.page import PAGE, write_report
from preprocess.emit.show import EmittedMovement, emitted_movements, show_text
from preprocess.emit.write import SHOW, write_show
from preprocess.pipeline.step import Tell, hashed
from preprocess.schedule.stored import GOOD, csv_bytes, csv_name, is_edited, name_beside, note_seen, put_files
from preprocess.style.model import Style
from preprocess.track.library import track_hash

_MOST_SAID = 20  # mistakes of one file, as `schedule` has it
# All that the report tells of, in a total order each.
_TOLD = (
    "SELECT base, path, title, verdict, reason, mend, notes FROM sources ORDER BY base",
    "SELECT from_s, to_s, what, base FROM damage JOIN sources ON sources.id = source_id ORDER BY base, from_s, to_s",
    "SELECT base, file, bytes FROM footage ORDER BY base",
    "SELECT slug, codec, bytes, sha256, title FROM clips ORDER BY slug",
    "SELECT * FROM codec_choices ORDER BY base",
    "SELECT slug, retired FROM fragments ORDER BY slug",
    "SELECT * FROM duplicates ORDER BY slug",
    "SELECT * FROM marks ORDER BY slug, mark",
    "SELECT slug, kind, text, origin FROM texts WHERE state = 'current' ORDER BY slug, kind",
    "SELECT * FROM doubts ORDER BY slug, kind, doubt",
    "SELECT * FROM tag_changes ORDER BY slug, step, before",
    "SELECT * FROM failures ORDER BY step, item",
    "SELECT * FROM assignments ORDER BY movement, slug",
    "SELECT * FROM schedules ORDER BY movement, state",
    "SELECT * FROM schedule_rows ORDER BY movement, state, row_index",
    "SELECT key, value FROM meta WHERE key LIKE 'track%' ORDER BY key",
)


class EmitStep:
    """Writes show.yaml and the reports. A `WholeStep`. What a person edited stays; the new show is put beside it."""

    name = "emit"
    version = 1

    def __init__(self, style: Style) -> None:
        self._style = style

    @property
    def settings(self) -> str:
        movements = [(one.name, one.description, one.show) for one in self._style.movements]
        return hashed(self._style.title, self._style.seed, self._style.show, movements)

    def inputs(self, catalogue: Catalogue) -> str:
        names = [csv_name(f"{movement.name}{end}") for movement in self._style.movements for end in ("", f".{GOOD}")]
        schedules = [_content(catalogue, name) for name in names]
        written = _content(catalogue, SHOW), (catalogue.folder / PAGE).is_file()
        rows = hashed_rows(catalogue, *((query, ()) for query in _TOLD))
        return hashed(rows, schedules, track_hash(catalogue), written)

    def run(self, catalogue: Catalogue, tell: Tell) -> None:
        movements = emitted_movements(catalogue, self._style)
        with catalogue.transaction() as connection:
            connection.execute("DELETE FROM failures WHERE step = ?", (self.name,))
        if movements and catalogue.connection.execute("SELECT EXISTS (SELECT 1 FROM clips)").fetchone()[0]:
            self._write(catalogue, movements)
        else:
            mend = "add sources with moving pictures, or look at what was left out and why"
            catalogue.fail(self.name, SHOW, "no movement has a clip to show", mend)
        tell(1, 2)
        write_report(gather(catalogue, self._style), catalogue.folder)
        tell(2, 2)

    def _write(self, catalogue: Catalogue, movements: Sequence[EmittedMovement]) -> None:
        """Write the show; where a person left mistakes in a movement's CSV, with its last good schedule."""
        try:
            write_show(catalogue, show_text(catalogue, self._style, movements))
        except ShowError as error:
            playable = _without_mistakes(catalogue, movements, error.problems)
            if playable == list(movements):
                raise
            write_show(catalogue, show_text(catalogue, self._style, playable))
        _drop_good(catalogue, movements)


def _without_mistakes(
    catalogue: Catalogue, movements: Sequence[EmittedMovement], problems: Sequence[Problem]
) -> list[EmittedMovement]:
    """The movements; where a person's CSV has mistakes, the last good schedule, written beside it.

    A person's schedule in the catalogue may name clips that went since; they are gaps in the one beside it.
    """
    mistakes: dict[str, list[Problem]] = {}
    for problem in problems:
        mistakes.setdefault(problem.file, []).append(problem)
    playable = []
    for movement in movements:
        own = movement.csv
        found = mistakes.get(str(catalogue.folder / own), [])
        if not found or (movement.schedule.origin != PERSON and not is_edited(catalogue, own)):
            playable.append(movement)
            continue
        beside = name_beside(catalogue, movement.style.name, GOOD)
        content = csv_bytes(catalogue, _without_gone(catalogue, movement.schedule.rows))
        note_seen(catalogue, beside, content)
        put_files(catalogue.folder, {beside: content})
        _tell(catalogue, own, beside, found)
        playable.append(replace(movement, csv=beside, instead_of=own))
    return playable


def _without_gone(catalogue: Catalogue, rows: Sequence[ScheduleRow]) -> list[ScheduleRow]:
    clips = {row["slug"] for row in catalogue.connection.execute("SELECT slug FROM clips")}
    return [row if row.clip in clips else replace(row, clip=None, in_s=0.0, out_s=None) for row in rows]


def _tell(catalogue: Catalogue, own: str, beside: str, problems: Sequence[Problem]) -> None:
    mend = "mend them and run again; then it plays"
    catalogue.fail("emit", own, f"has mistakes: until they are mended, {beside} plays, its last good schedule", mend)
    for problem in problems[:_MOST_SAID]:
        where = f"{own}:{problem.line}"
        told = "SELECT 1 FROM failures WHERE step = 'schedule' AND item = ?"
        if problem.line and catalogue.connection.execute(told, (where,)).fetchone() is None:
            said = f"{problem.path}: {problem.what}" if problem.path else problem.what
            catalogue.fail("emit", where, said, problem.mend or "mend the row")


def _drop_good(catalogue: Catalogue, movements: Sequence[EmittedMovement]) -> None:
    """Remove last good schedules that nothing plays any more; not those that a person edited or has in the show."""
    show = (catalogue.folder / SHOW).read_text("utf-8", "replace")
    for movement in movements:
        good = csv_name(f"{movement.style.name}.{GOOD}")
        if good not in show and not is_edited(catalogue, good):
            put_files(catalogue.folder, {good: None})


def _content(catalogue: Catalogue, name: str) -> str:
    file = catalogue.folder / name
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
