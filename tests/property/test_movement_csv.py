"""Movement CSVs survive being written, read, and passed through spreadsheets; any bytes give problems, not errors."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.formats.movement_csv import placed, read_movement_csv, write_movement_csv
from engine.formats.movement_table import COLUMNS
from engine.model.schedule import Schedule, ScheduleRow
from tests.show_support import CLIPS

LAYERS = ("base", "echo")

seconds = st.one_of(st.integers(1, 900).map(float), st.floats(0.001, 900, allow_nan=False))
hints = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip) | st.sampled_from(
    ["=1+1", "'quoted", "-3", "''", "a;b", 'he said "go"', "two\nlines"]
)


@st.composite
def rows(draw: st.DrawFn) -> ScheduleRow:
    clip = draw(st.sampled_from([None, *CLIPS]))
    length_s = CLIPS[clip].duration_s if clip else 900.0
    in_s = draw(st.floats(0, length_s * 0.9))
    out_s = draw(st.none() | st.floats(0.01, 1).map(lambda part: in_s + part * (length_s - in_s)))
    return ScheduleRow(
        order=draw(st.integers(0, 50)),
        layer=draw(st.sampled_from(LAYERS)),
        clip=clip,
        start_s=0.0,
        duration_s=draw(seconds),
        in_s=in_s,
        out_s=out_s,
        transition_s=draw(st.just(0.0) | st.floats(0, 60)),
        transition=draw(st.sampled_from(["", "wind", "Color Phase", "wind 2", "fade-out", "=1+1"])),
        hint=draw(hints),
    )


schedules = st.lists(rows(), min_size=1, max_size=12).map(placed)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv") / "movement.csv"


@settings(deadline=None)
@given(written=schedules)
def test_what_is_written_is_read_back(file: Path, written: list[ScheduleRow]) -> None:
    write_movement_csv(file, written)
    schedule, problems = read_movement_csv(file, CLIPS, LAYERS)
    assert problems == []
    assert schedule == Schedule(tuple(written))


@dataclass(frozen=True)
class Spreadsheet:
    """How a spreadsheet saves a table."""

    separator: str
    decimal: str
    line_end: str
    encoding: str
    quoting: Literal[0, 1]  # csv.QUOTE_MINIMAL, csv.QUOTE_ALL
    empty: int  # rows and columns at the end
    order: tuple[str, ...]

    def save(self, table: list[dict[str, str]]) -> bytes:
        out = io.StringIO(newline="")
        # Python's writer quotes a line end inside a cell only if it is its own.
        quoting = csv.QUOTE_ALL if self.line_end == "\r" else self.quoting
        writer = csv.writer(out, delimiter=self.separator, lineterminator=self.line_end, quoting=quoting)
        writer.writerow([*self.order, *[""] * self.empty])
        for cells in table:
            for column in ("in_s", "out_s", "duration_s", "transition"):
                cells[column] = cells[column].replace(".", self.decimal)
            writer.writerow([*(cells[column] for column in self.order), *[""] * self.empty])
        writer.writerows([[""] * (len(self.order) + self.empty)] * self.empty)
        return out.getvalue().encode(self.encoding)


spreadsheets = st.builds(
    Spreadsheet,
    separator=st.sampled_from(",;\t"),
    decimal=st.sampled_from(".,"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    empty=st.integers(0, 3),
    order=st.permutations(COLUMNS).map(tuple),
)


@settings(deadline=None)
@given(written=schedules, spreadsheet=spreadsheets)
def test_a_spreadsheet_may_save_it_in_its_own_way(
    file: Path, written: list[ScheduleRow], spreadsheet: Spreadsheet
) -> None:
    write_movement_csv(file, written)
    plain, _ = read_movement_csv(file, CLIPS, LAYERS)
    with file.open(encoding="utf-8", newline="") as opened:
        table = list(csv.DictReader(opened))
    file.write_bytes(spreadsheet.save(table))
    schedule, problems = read_movement_csv(file, CLIPS, LAYERS)
    assert problems == []
    assert schedule == plain


MISTAKES = {
    "1,fier-1,,,2,base,,": "did you mean fire-1?",
    "1,fire-1,,,2,bsae,,": "did you mean base?",
    "1,fire-1,,,2,,,": "name one of base, echo",
    "x,fire-1,,,2,base,,": "must be a number, not x",
    "1.5,fire-1,,,2,base,,": "must be a whole number",
    ",fire-1,,,2,base,,": "is empty",
    "1,fire-1,0:01,,2,base,,": "seconds, as a plain number",
    "1,fire-1,-1,,2,base,,": "must be 0 to 86400",
    "1,fire-1,1,0.5,,base,,": "must be after in_s",
    "1,fire-1,2,,,base,,": "is past the end of fire-1 (2 s)",
    "1,fire-1,,2.5,,base,,": "is past the end of fire-1 (2 s)",
    "1,fire-1,,,0,base,,": "must be more than 0",
    "1,fire-1,,,nan,base,,": "must be a number, not nan",
    "1,,,,,base,,": "a gap needs a duration",
    "1,fire-1,,,2,base,fade,": "fade SECONDS",
    "1,fire-1,,,2,base,fade 61,": "fade SECONDS",
    "1,fire-1,0,5,2,base,,,a": "needs quotes",
}


@settings(deadline=None)
@given(
    mistakes=st.lists(st.sampled_from(sorted(MISTAKES)), min_size=1, max_size=6),
    sound=st.lists(st.integers(0, 6), max_size=6),
)
def test_every_mistake_is_reported_at_its_line_and_nothing_else_is(
    file: Path, mistakes: list[str], sound: list[int]
) -> None:
    lines = [",".join(COLUMNS), *mistakes]
    for place in sound:
        lines.insert(1 + place, "1,river,,,1,echo,,")
    file.write_text("\n".join(lines), encoding="utf-8")
    schedule, problems = read_movement_csv(file, CLIPS, LAYERS)
    assert len(schedule.rows) == len(sound)
    for number, line in enumerate(lines, 1):
        said = [str(problem) for problem in problems if problem.line == number]
        assert bool(said) == (line in MISTAKES)
        assert any(MISTAKES[line] in what for what in said) or not said


@settings(deadline=None)
@given(content=st.binary(max_size=120) | st.text(",;\t\"'\n\r1a=fade clip\ufeff").map(str.encode))
def test_any_bytes_give_a_schedule_or_problems(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    schedule, problems = read_movement_csv(file, CLIPS, LAYERS)
    assert schedule.rows or problems
    file.write_bytes(",".join(COLUMNS).encode() + b"\n" + content)
    read_movement_csv(file, CLIPS, LAYERS)
