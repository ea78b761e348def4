"""What a picture of the schedule shows: every movement's layers with their rows, in show time, and the music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.formats.library_schema import THUMBNAILS
from engine.model.schedule import ScheduleRow
from preprocess.assign.clips import Clips
from preprocess.catalogue.catalogue import Catalogue
from preprocess.schedule.stored import read_schedule
from preprocess.track.values import Track

_GREY = "#606060"


@dataclass(frozen=True, slots=True)
class RowView:
    """A row: `begin_s` and `end_s` are of the show. `thumbnail` is relative to the library, "" without one; `rgb` is
    the clip's main colour; `energy` 0..1 among all clips, None for a gap."""

    row: ScheduleRow
    begin_s: float
    end_s: float
    thumbnail: str
    rgb: str
    energy: float | None


@dataclass(frozen=True, slots=True)
class MovementView:
    """A movement: its place in the show, and its layers, each a name and its rows, in the schedule's order."""

    name: str
    begin_s: float
    end_s: float
    origin: str
    strategy: str
    clip_count: int
    layers: tuple[tuple[str, tuple[RowView, ...]], ...]


@dataclass(frozen=True, slots=True)
class View:
    """The whole schedule."""

    movements: tuple[MovementView, ...]
    track: Track | None

    @property
    def duration_s(self) -> float:
        return self.movements[-1].end_s if self.movements else 0.0

    @property
    def row_count(self) -> int:
        return sum(len(rows) for movement in self.movements for _, rows in movement.layers)


def read_view(catalogue: Catalogue, names: Sequence[str], clips: Clips, track: Track | None) -> View:
    """The schedules that hold, of these movements in their order; those without one are left out."""
    numbers = {slug: number for number, slug in enumerate(clips.slugs)}
    movements: list[MovementView] = []
    begin_s = 0.0
    for name in names:
        stored = read_schedule(catalogue, name)
        if stored is None:
            continue
        layers: dict[str, list[RowView]] = {}
        for row in stored.rows:
            shown = _row(catalogue, row, begin_s, clips, numbers.get(row.clip or ""))
            layers.setdefault(row.layer, []).append(shown)
        movements.append(
            MovementView(
                name=name,
                begin_s=begin_s,
                end_s=begin_s + stored.duration_s,
                origin=stored.origin,
                strategy=stored.strategy,
                clip_count=len({row.clip for row in stored.rows if row.clip}),
                layers=tuple((layer, tuple(rows)) for layer, rows in layers.items()),
            )
        )
        begin_s += stored.duration_s
    return View(tuple(movements), track)


def _row(catalogue: Catalogue, row: ScheduleRow, begin_s: float, clips: Clips, number: int | None) -> RowView:
    thumbnail = f"{THUMBNAILS}/{row.clip}.jpg" if row.clip else ""
    if not (catalogue.folder / thumbnail).is_file():
        thumbnail = ""
    rgb = clips.colours.main(number) if number is not None else None
    energy = None if number is None else float(clips.ranks["energy"][number])
    return RowView(row, begin_s + row.start_s, begin_s + row.end_s, thumbnail, rgb or _GREY, energy)
