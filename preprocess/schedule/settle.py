"""A proposed schedule and what a person made of the movement: who wins, what is written, what is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.formats.library_schema import CLIPS
from engine.model.clips import Clip, Codec
from engine.model.schedule import ScheduleRow
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import PERSON
from preprocess.schedule.stored import (
    Stored,
    csv_bytes,
    csv_name,
    drop_schedule,
    import_csv,
    is_edited,
    name_beside,
    note_seen,
    read_schedule,
    was_written,
    write_schedule,
)

_STEP = "schedule"
_MOST_SAID = 20  # problems of one file; another library's schedule would have one in each row


@dataclass(frozen=True, slots=True)
class Persons:
    """What a person's schedule of a movement is: `stored` None where there is none to go by; `csv_stays` where the
    file is theirs and may not be written."""

    stored: Stored | None
    csv_stays: bool


def import_edits(catalogue: Catalogue, movement: str, layers: Sequence[str]) -> Persons:
    """Take a movement's CSV into the catalogue if a person changed it. Within a transaction.

    A file with mistakes, and one that was changed while the schedule was changed in the catalogue too, stays as it
    is; each is noted as a failure of the step, under the file's name and line.
    """
    name = csv_name(movement)
    current = read_schedule(catalogue, movement)
    persons = current if current is not None and current.origin == PERSON else None
    if not is_edited(catalogue, name):
        return Persons(persons, csv_stays=persons is not None and _says(catalogue, movement, layers, persons))
    content = (catalogue.folder / name).read_bytes()
    found, problems = import_csv(catalogue, movement, _clips(catalogue), layers)
    for problem in problems[:_MOST_SAID]:
        where = f"{name}:{problem.line}" if problem.line else name
        said = f"{problem.path}: {problem.what}" if problem.path else problem.what
        _fail(catalogue, where, said, problem.mend or "mend the row; until then the file stays and is not read")
    if problems:
        return Persons(persons, csv_stays=True)
    if persons is not None and not was_written(catalogue, name, persons.rows):
        mend = (
            "delete the file to keep the catalogue's, or release the schedule in the curation page to keep the file's"
        )
        _fail(catalogue, name, "was edited, and so was the schedule in the catalogue", mend)
        return Persons(persons, csv_stays=True)
    write_schedule(catalogue, movement, "current", found)
    # In its own words and in ours: by ours `was_written` knows that the file has been where the catalogue is.
    for seen in (content, csv_bytes(catalogue, _numbered(found.rows))):
        note_seen(catalogue, name, seen)
    return Persons(found, csv_stays=True)


def _says(catalogue: Catalogue, movement: str, layers: Sequence[str], stored: Stored) -> bool:
    """Whether the movement's CSV has just these rows, in whatever words and order a person wrote them."""
    if not (catalogue.folder / csv_name(movement)).is_file():
        return False
    found, problems = import_csv(catalogue, movement, _clips(catalogue), layers)
    return not problems and _numbered(found.rows) == _numbered(stored.rows)


def _numbered(rows: Sequence[ScheduleRow]) -> list[ScheduleRow]:
    """Rows as the catalogue keeps them: numbered as they follow one another, places in microseconds."""
    return [replace(row, order=number, start_s=round(row.start_s, 6)) for number, row in enumerate(rows, 1)]


@dataclass(frozen=True, slots=True)
class Settled:
    """The schedule that holds, and the library's files to be written, or removed (None), once all is committed."""

    holds: Stored
    files: Mapping[str, bytes | None]


def settle(catalogue: Catalogue, movement: str, proposed: Stored, persons: Persons) -> Settled:
    """Store a movement's schedules. Within a transaction.

    A person's holds, and what is proposed is kept beside it: as the proposal in the catalogue, and as NAME.new.csv.
    """
    name = csv_name(movement)
    rows: dict[str, Sequence[ScheduleRow]] = {}
    gone: tuple[str, ...] = ()
    if persons.stored is None:
        write_schedule(catalogue, movement, "current", proposed)
    if persons.stored is None and not persons.csv_stays:
        drop_schedule(catalogue, movement, "proposal")
        rows[name] = proposed.rows
        gone = _old_proposal(catalogue, movement)
    else:
        write_schedule(catalogue, movement, "proposal", proposed)
        rows[name_beside(catalogue, movement, "new")] = proposed.rows
        if persons.stored is not None and not persons.csv_stays:
            rows[name] = persons.stored.rows
    files = {file: csv_bytes(catalogue, of_file) for file, of_file in rows.items()}
    for file, content in files.items():
        note_seen(catalogue, file, content)
    return Settled(persons.stored or proposed, {**files, **dict.fromkeys(gone)})


def _old_proposal(catalogue: Catalogue, movement: str) -> tuple[str, ...]:
    """The proposal that is no longer one, unless a person works on it."""
    name = csv_name(f"{movement}.new")
    return () if is_edited(catalogue, name) else (name,)


def _clips(catalogue: Catalogue) -> Mapping[str, Clip]:
    """Every clip that there is or will be, as long as its file is."""
    rows = catalogue.connection.execute(
        "SELECT slug, handle_in + end - begin + handle_out, rate_num, rate_den, width, height"
        " FROM fragments JOIN footage USING (base)"
    )
    return {
        slug: Clip(
            slug=slug,
            file=catalogue.folder / CLIPS / f"{slug}.mov",
            codec=Codec.MJPEG,
            width=width,
            height=height,
            rate=Fraction(rate_num, rate_den),
            frame_count=frame_count,
            title=slug,
        )
        for slug, frame_count, rate_num, rate_den, width, height in rows
    }


def _fail(catalogue: Catalogue, item: str, reason: str, mend: str) -> None:
    catalogue.fail(_STEP, item, reason, mend)
