"""The movement CSVs that a show names, each read once, and how long its movements last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import Problem
from engine.formats.movement_csv import WhyNot, read_movement_csv
from engine.formats.nearest import did_you_mean
from engine.formats.show_files import inside, why_not_there
from engine.formats.show_paths import Report
from engine.formats.yaml_lines import Place
from engine.model.clips import Clip
from engine.model.schedule import Schedule
from engine.model.show import SHORTEST_MOVEMENT_S, Movement


@dataclass
class ShowSchedules:
    """The schedules of a show in `folder`. None for `clips`, `layers` or `why_no_transition`: not checked against.

    `report` is told what is wrong in the show, `collect` what is in the tables. `is_set_aside` says whether
    a mistake at a place was told already.
    """

    folder: Path
    clips: Mapping[str, Clip] | None
    layers: Sequence[str] | None
    why_no_transition: WhyNot | None
    report: Report
    collect: Callable[[Iterable[Problem]], None]
    is_set_aside: Callable[[Place], bool]
    _read: dict[Path, Schedule] = field(default_factory=dict)

    def timing(self, place: Place, movement: Movement) -> tuple[Schedule, float]:
        """The movement's schedule, and its duration: its own, else the schedule's."""
        schedule = Schedule(())
        if movement.schedule is not None:
            schedule = self._schedule((*place, "schedule"), movement.schedule)
            if movement.duration_s is None and 0 < schedule.duration_s < SHORTEST_MOVEMENT_S:
                what = f"its rows last {schedule.duration_s:g} s; a movement lasts {SHORTEST_MOVEMENT_S:g} s at least"
                self.report((*place, "schedule"), what, "add rows to it, or give the movement a duration_s")
        elif movement.duration_s is None and not self.is_set_aside((*place, "duration_s")):
            self.report(place, "has no duration", "add duration_s, or a schedule")
        return schedule, movement.duration_s or schedule.duration_s

    def _schedule(self, place: Place, name: str) -> Schedule:
        path = self.folder / name
        if not inside(self.folder, path):
            self.report(place, "must lie in the show's folder", "copy the file there")
            return Schedule(())
        reason = why_not_there(path)
        if reason:
            there = (found.name for found in path.parent.glob("*.csv"))
            self.report(place, f"{name} {reason}", did_you_mean(path.name, there))
            return Schedule(())
        if path not in self._read:
            self._read[path], problems = read_movement_csv(path, self.clips, self.layers, self.why_no_transition)
            self.collect(problems)
        return self._read[path]
