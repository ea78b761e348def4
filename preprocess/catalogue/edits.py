"""A person's edits of a catalogue done: for the curation page, an import, and who writes a script.

`apply` takes any number of them, checks them all first, and makes them in one transaction that can be undone. What
a person says wins over every step: a text has origin `person`, a tag is given by `person` with confidence 1, or
taken away with 0, and marks, placements and schedules of a person stand over what is measured and worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from engine.errors import Problem, ShowError
from engine.formats.nearest import did_you_mean
from preprocess.catalogue import edit_log, schedule_edits
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.edit_values import (
    AddRow,
    ClipEdit,
    Edit,
    Move,
    MoveRow,
    Place,
    ReleaseSchedule,
    ReleaseText,
    RemoveRow,
    ReplaceRow,
    RowEdit,
    ScheduleEdit,
    SetMark,
    SetSchedule,
    SetTag,
    SetText,
)
from preprocess.catalogue.tags import say_of_tag
from preprocess.catalogue.texts import PERSON, put_text
from preprocess.catalogue.values import Text

BY_HAND = "pinned by hand"


def apply(catalogue: Catalogue, edits: Sequence[Edit], words: str = "") -> str:
    """Make the edits, in their order, all or none, as one entry that can be undone. The catalogue's thread.

    Returns what was done in words: `words`, or words of its own. Raises ShowError with every edit that speaks of a
    clip, movement or row that is not there; the catalogue is then as it was. An edit that changes nothing is no
    mistake.
    """
    words = words or _words(edits)
    problems = list(_problems(catalogue, edits))
    if problems:
        raise ShowError(problems)
    slugs = {edit.slug for edit in edits if isinstance(edit, ClipEdit)}
    movements = {edit.movement for edit in edits if isinstance(edit, ScheduleEdit)}
    with edit_log.recorded(catalogue, words, slugs, movements):
        for index, edit in enumerate(edits):
            if isinstance(edit, ScheduleEdit):
                _edit_schedule(catalogue, index, edit)
            else:
                _edit_clip(catalogue, edit)
    return words


def _problems(catalogue: Catalogue, edits: Iterable[Edit]) -> Iterable[Problem]:
    """Clips and movements that are not there. Rows are looked at when their turn comes: earlier edits move them."""
    ask = catalogue.connection.execute
    slugs = {row[0] for row in ask("SELECT slug FROM fragments")}
    movements = [row[0] for row in ask("SELECT name FROM movements ORDER BY position")]
    for index, edit in enumerate(edits):
        place = f"edits.{index}"
        for slug in _slugs_of(edit):
            if slug not in slugs:
                yield Problem(slug, 0, place, "the library has no such clip", did_you_mean(slug, slugs, ""))
        for name in _movements_of(edit):
            if name not in movements:
                mend = did_you_mean(name, movements, f"it has {', '.join(movements) or 'none yet: run assign'}")
                yield Problem(name, 0, place, "the show has no such movement", mend)


def _slugs_of(edit: Edit) -> set[str]:
    if isinstance(edit, ClipEdit):
        return {edit.slug}
    if isinstance(edit, SetSchedule):
        return {row.slug for row in edit.rows if row.slug}
    return {edit.row.slug} if isinstance(edit, AddRow | ReplaceRow) and edit.row.slug else set()


def _movements_of(edit: Edit) -> list[str]:
    if isinstance(edit, Move):
        return [name for name in (edit.to_movement, edit.from_movement) if name]
    return [edit.movement] if isinstance(edit, Place | ScheduleEdit) else []


def _edit_clip(catalogue: Catalogue, edit: ClipEdit) -> None:
    match edit:
        case SetText():
            put_text(catalogue, Text(edit.slug, edit.kind, edit.text, PERSON))
        case ReleaseText():
            _release_text(catalogue, edit)
        case SetTag():
            _set_tag(catalogue, edit)
        case SetMark():
            _set_mark(catalogue, edit)
        case Place():
            _place(catalogue, edit.slug, edit.movement, edit.kind)
        case Move():
            if edit.from_movement and edit.from_movement != edit.to_movement:
                _place(catalogue, edit.slug, edit.from_movement, "ban")
            _place(catalogue, edit.slug, edit.to_movement, "pin")


def _release_text(catalogue: Catalogue, edit: ReleaseText) -> None:
    """The proposal becomes current, else the newest text that no person wrote; a person's becomes superseded."""
    execute, key = catalogue.connection.execute, (edit.slug, edit.kind, PERSON)
    query = "SELECT id FROM texts WHERE slug = ? AND kind = ? AND origin = ? AND state = 'current'"
    mine = execute(query, key).fetchone()
    if mine is None:
        return
    query = "SELECT id FROM texts WHERE slug = ? AND kind = ? AND origin != ? ORDER BY state = 'proposal' DESC, id DESC"
    other = execute(query, key).fetchone()
    execute("UPDATE texts SET state = 'superseded' WHERE id = ?", (mine["id"],))
    if other is not None:
        execute("UPDATE texts SET state = 'current' WHERE id = ?", (other["id"],))


def _set_tag(catalogue: Catalogue, edit: SetTag) -> None:
    """What the person gave, and at once what holds of it: `tags` is made anew by the next run."""
    execute, key = catalogue.connection.execute, (edit.slug, edit.tag)
    say_of_tag(catalogue, edit.slug, edit.tag, edit.value)
    query = "SELECT max(confidence) FROM given_tags WHERE slug = ? AND tag = ?"
    confidence = float(edit.value) if edit.value is not None else execute(query, key).fetchone()[0]
    execute("DELETE FROM tags WHERE slug = ? AND tag = ?", key)
    if confidence:
        execute("INSERT INTO tags VALUES (?, ?, ?)", (*key, confidence))


def _set_mark(catalogue: Catalogue, edit: SetMark) -> None:
    execute = catalogue.connection.execute
    execute("DELETE FROM marks WHERE slug = ? AND mark = ?", (edit.slug, edit.mark))
    if edit.value is not None:
        execute("INSERT INTO marks VALUES (?, ?, ?)", (edit.slug, edit.mark, int(edit.value)))


def _place(catalogue: Catalogue, slug: str, movement: str, kind: Literal["pin", "ban"] | None) -> None:
    """What the person says, and at once what follows for this clip: the next `assign` works out the rest."""
    execute, key = catalogue.connection.execute, (slug, movement)
    execute("DELETE FROM placements WHERE slug = ? AND movement = ?", key)
    if kind is not None:
        execute("INSERT INTO placements VALUES (?, ?, ?)", (*key, kind))
    if kind == "pin":
        execute(
            "INSERT INTO assignments (slug, movement, score, pinned, why) VALUES (?, ?, 1, 1, ?)"
            " ON CONFLICT (movement, slug) DO UPDATE SET pinned = 1, why = excluded.why",
            (*key, BY_HAND),
        )
    elif kind == "ban":
        execute("DELETE FROM assignments WHERE slug = ? AND movement = ?", key)
    else:
        execute(
            "UPDATE assignments SET pinned = 0, why = ? WHERE slug = ? AND movement = ? AND pinned = 1",
            ("no longer pinned; the next run decides", *key),
        )


def _edit_schedule(catalogue: Catalogue, index: int, edit: ScheduleEdit) -> None:
    if isinstance(edit, ReleaseSchedule):
        schedule_edits.release(catalogue, edit.movement)
        return
    rows = schedule_edits.read_rows(catalogue, edit.movement)
    last = len(rows) if isinstance(edit, AddRow) else len(rows) - 1
    if isinstance(edit, RowEdit) and (edit.row_index > last or (isinstance(edit, MoveRow) and edit.to_index > last)):
        raise ShowError(
            [Problem(edit.movement, 0, f"edits.{index}", f"its schedule has {len(rows)} rows", "read it again")]
        )
    match edit:
        case SetSchedule():
            rows = [schedule_edits.Slot(**row.model_dump()) for row in edit.rows]
        case MoveRow():
            rows = schedule_edits.moved(rows, edit.row_index, edit.to_index, keep_cuts=edit.keep_cuts)
        case AddRow():
            rows.insert(edit.row_index, schedule_edits.Slot(**edit.row.model_dump()))
        case RemoveRow():
            rows[edit.row_index : edit.row_index + 1] = (
                [schedule_edits.gap(rows[edit.row_index])] if edit.keep_gap else []
            )
        case ReplaceRow():
            rows[edit.row_index] = schedule_edits.Slot(**edit.row.model_dump())
    schedule_edits.write_rows(catalogue, edit.movement, rows)


_VERBS = {
    "set_text": "write the {kind} of {slug}",
    "release_text": "give the {kind} of {slug} back",
    "set_tag": "tag {slug}",
    "set_mark": "mark {slug}",
    "place": "place {slug}",
    "move": "move {slug} to {to_movement}",
    "set_schedule": "schedule {movement}",
    "move_row": "reorder {movement}",
    "add_row": "add to {movement}",
    "remove_row": "remove from {movement}",
    "replace_row": "change {movement}",
    "release_schedule": "give the schedule of {movement} back",
}


def _words(edits: Sequence[Edit]) -> str:
    if not edits:
        return ""
    first = _VERBS[edits[0].do].format(**edits[0].model_dump())
    return first if len(edits) == 1 else f"{first} and {len(edits) - 1} more"
