"""A person's hand on a movement's schedule: its rows read, changed and written back as theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.edit_log import take_up_proposed_schedule
from preprocess.catalogue.texts import PERSON

RELEASED = "automatic"


@dataclass(frozen=True, slots=True)
class Slot:
    """A row of a schedule without its start, which follows from the rows before it in its layer."""

    layer: str
    slug: str | None
    duration_s: float
    in_s: float = 0.0
    out_s: float | None = None
    transition_s: float = 0.0
    hint: str = ""
    transition: str = ""


def read_rows(catalogue: Catalogue, movement: str) -> list[Slot]:
    """The rows of a movement's current schedule, in their order; none where it has no schedule."""
    rows = catalogue.connection.execute(
        "SELECT layer, slug, duration_s, in_s, out_s, transition_s, hint, transition FROM schedule_rows"
        " WHERE movement = ? AND state = 'current' ORDER BY row_index",
        (movement,),
    )
    return [Slot(**dict(row)) for row in rows]


def write_rows(catalogue: Catalogue, movement: str, rows: Sequence[Slot]) -> None:
    """Make these the rows of a movement's current schedule, which is a person's from now on."""
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM schedule_rows WHERE movement = ? AND state = 'current'", (movement,))
        connection.execute(
            "INSERT INTO schedules VALUES (?, 'current', ?, '')"
            " ON CONFLICT (movement, state) DO UPDATE SET origin = excluded.origin",
            (movement, PERSON),
        )
        starts: dict[str, float] = {}
        for index, row in enumerate(rows):
            start_s = starts.get(row.layer, 0.0)
            starts[row.layer] = start_s + row.duration_s
            connection.execute(
                "INSERT INTO schedule_rows (movement, state, row_index, start_s, layer, slug, duration_s, in_s, out_s,"
                " transition_s, hint, transition) VALUES (:movement, 'current', :row_index, :start_s, :layer, :slug,"
                " :duration_s, :in_s, :out_s, :transition_s, :hint, :transition)",
                {**asdict(row), "movement": movement, "row_index": index, "start_s": start_s},
            )


def release(catalogue: Catalogue, movement: str) -> None:
    """A person's schedule is no longer one: the proposal takes its place, or the next run's does."""
    with catalogue.transaction() as connection:
        connection.execute(
            "UPDATE schedules SET origin = ? WHERE movement = ? AND state = 'current' AND origin = ?",
            (RELEASED, movement, PERSON),
        )
        take_up_proposed_schedule(connection, movement)


def gap(row: Slot) -> Slot:
    """The gap that a row leaves."""
    return Slot(row.layer, None, row.duration_s)


def moved(rows: Sequence[Slot], row_index: int, to_index: int, *, keep_cuts: bool) -> list[Slot]:
    """The rows with one of them elsewhere. `keep_cuts`: the layer's durations stay in their places.

    A clip that comes into a longer place plays on past its `out_s`, to its end.
    """
    result = list(rows)
    taken = result.pop(row_index)
    result.insert(to_index, taken)
    if not keep_cuts:
        return result
    durations = iter([row.duration_s for row in rows if row.layer == taken.layer])
    return [_lasting(row, next(durations)) if row.layer == taken.layer else row for row in result]


def _lasting(row: Slot, duration_s: float) -> Slot:
    is_short = row.out_s is not None and row.out_s - row.in_s < duration_s and duration_s > row.duration_s
    return replace(row, duration_s=duration_s, out_s=None if is_short else row.out_s)
