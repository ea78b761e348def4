"""What a movement CSV means: rows placed after one another, durations, gaps, fades; and what writing promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import OutputError, Problem
from engine.formats.movement_csv import MAX_SUGGESTIONS, placed, read_movement_csv, write_movement_csv
from engine.model.schedule import Schedule, ScheduleRow
from tests.show_support import CLIPS


def read(folder: Path, text: str, layers: list[str] | None = None) -> tuple[Schedule, list[Problem]]:
    file = folder / "one.csv"
    file.write_text(text, encoding="utf-8", newline="")
    return read_movement_csv(file, CLIPS, layers or ["base", "echo"])


def sound(folder: Path, text: str, layers: list[str] | None = None) -> tuple[ScheduleRow, ...]:
    schedule, problems = read(folder, text, layers)
    assert problems == []
    return schedule.rows


def test_rows_of_a_layer_run_one_after_another_by_order(tmp_path: Path) -> None:
    rows = sound(
        tmp_path, "order,clip,duration_s,layer\n3,wall,1,base\n1,river,2,base\n1,wall,5,echo\n1,fire-1,4,base\n"
    )
    assert [(row.layer, row.clip, row.start_s) for row in rows] == [
        ("base", "wall", 6.0),
        ("base", "river", 0.0),
        ("echo", "wall", 0.0),
        ("base", "fire-1", 2.0),
    ]


@pytest.mark.parametrize(
    ("cells", "duration_s", "out_s"),
    [
        ("river,,,3.5", 3.5, None),
        ("river,2,5,4", 4.0, 5.0),  # longer than the material: the loop mode fills
        ("river,2,5,", 3.0, 5.0),
        ("river,2,,", 8.0, None),
        ("river,,,", 10.0, None),
        ("river,,10.02,", 10.0, None),  # past the end by less than a frame: the end
        (",,,2", 2.0, None),
        (",1,3,", 2.0, 3.0),
    ],
)
def test_duration_s_wins_then_the_points_then_the_clip(
    tmp_path: Path, cells: str, duration_s: float, out_s: float | None
) -> None:
    (row,) = sound(tmp_path, f"clip,in_s,out_s,duration_s,layer\n{cells},base\n")
    assert row.duration_s == pytest.approx(duration_s)
    assert row.out_s == out_s


@pytest.mark.parametrize(
    ("cell", "fade_s"), [("", 0), ("cut", 0), ("Cut", 0), ("fade 0.5", 0.5), ("FADE 2s", 2), ('"fade 0,25 s"', 0.25)]
)
def test_a_transition_is_a_cut_or_a_fade(tmp_path: Path, cell: str, fade_s: float) -> None:
    (row,) = sound(tmp_path, f"clip,layer,transition\nwall,base,{cell}\n")
    assert row.transition_s == fade_s
    assert row.transition == ""


@pytest.mark.parametrize(
    ("cell", "name", "seconds"),
    [
        ("wind 0.5", "wind", 0.5),
        ("Color Phase 2 s", "Color Phase", 2),
        ('"shaders/a,b.glsl 0,25"', "shaders/a,b.glsl", 0.25),
    ],
)
def test_a_transition_may_be_a_shader(tmp_path: Path, cell: str, name: str, seconds: float) -> None:
    (row,) = sound(tmp_path, f"clip,layer,transition\nwall,base,{cell}\n")
    assert (row.transition, row.transition_s) == (name, seconds)


def test_a_transition_that_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("clip,layer,transition\nwall,base,\nwall,base,wand 1\n", encoding="utf-8")

    def why(name: str) -> tuple[str, str] | None:
        return (f"there is no shader {name}", "did you mean wind?")

    _, problems = read_movement_csv(file, CLIPS, ["base"], why)
    assert [str(one) for one in problems] == [f"{file}:3: transition: there is no shader wand (did you mean wind?)"]


def test_the_only_layer_need_not_be_named(tmp_path: Path) -> None:
    assert sound(tmp_path, "clip\nwall\n", ["base"])[0].layer == "base"


def test_a_spreadsheet_may_declare_its_separator(tmp_path: Path) -> None:
    schedule, problems = read(tmp_path, "sep=;\r\nclip;layer\r\nwall;base\r\nwal;base\r\n")
    assert len(schedule.rows) == 1
    assert [problem.line for problem in problems] == [4]


def test_lines_are_counted_over_cells_of_several_lines(tmp_path: Path) -> None:
    _, problems = read(tmp_path, 'clip,layer,hint\nwall,base,"two\nlines"\n\nwal,base,\n')
    assert [problem.line for problem in problems] == [5]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "has no rows"),
        ("clip,layer\n", 0, "has no rows"),
        ("wall,base\nriver,base\n", 1, "does not begin with a row that names the columns"),
        ("order,layer\n1,base\n", 1, "has no column clip"),
        ("clip,layr\nwall,base\n", 1, "did you mean layer?"),
        ("clip,layer,clip\nwall,base,\n", 1, "is there more than once"),
        ('clip,layer\nwall,base\n"wall,base\n', 3, "is a quote left open here?"),
        ("clip,layer\nwall,base,1,5\n", 2, "a decimal comma"),
    ],
)
def test_a_table_that_is_none_is_a_problem(tmp_path: Path, text: str, line: int, said: str) -> None:
    _, problems = read(tmp_path, text)
    assert problems[0].line == line
    assert said in str(problems[0])


def test_all_mistakes_of_one_row_are_reported(tmp_path: Path) -> None:
    schedule, problems = read(
        tmp_path, "order,clip,in_s,out_s,duration_s,layer,transition\nx,wal,a,b,-1,bsae,fade\n1,wall,2,1,0,base,\n"
    )
    assert schedule.rows == ()
    assert [problem.path for problem in problems] == [
        *("order", "in_s", "out_s", "duration_s", "transition", "layer", "clip"),
        *("out_s", "duration_s"),
    ]


def test_files_that_are_no_text_are_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    for content, said in ((b"clip,layer\nwall,gr\xfcn\n", "is not UTF-8"), (b"\xff\xfea", "is not UTF-8")):
        file.write_bytes(content)
        schedule, problems = read_movement_csv(file, CLIPS, ["base"])
        assert (schedule.rows, problems[0].what) == ((), said)
    assert "cannot be read" in read_movement_csv(tmp_path, CLIPS, ["base"])[1][0].what
    assert "cannot be read" in read_movement_csv(tmp_path / "no.csv", CLIPS, ["base"])[1][0].what


def test_a_schedule_of_another_library_is_not_compared_for_ever(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "clip,layer\n" + "wal,base\n" * 50)
    assert sum("did you mean wall?" in problem.mend for problem in problems) == MAX_SUGGESTIONS
    assert len(problems) == 50


def test_without_clips_or_layers_to_check_against_only_the_cells_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text("clip,layer,in_s\nanything,anywhere,1\nanything,anywhere,x\n")
    _, problems = read_movement_csv(file, None, None)
    assert [(problem.line, problem.path) for problem in problems] == [(3, "in_s")]


def test_a_hint_is_never_a_formula_for_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    write_movement_csv(
        file, [ScheduleRow(1, "base", "wall", 0, 3, hint="=HYPERLINK(1)"), ScheduleRow(2, "base", None, 3, 1)]
    )
    assert file.read_text() == (
        "order,clip,in_s,out_s,duration_s,layer,transition,hint\n1,wall,0,,3,base,,'=HYPERLINK(1)\n2,,0,,1,base,,\n"
    )
    assert read_movement_csv(file, CLIPS, ["base"])[0].rows[0].hint == "=HYPERLINK(1)"


def test_a_hint_made_from_a_file_name_with_odd_bytes_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    write_movement_csv(file, [ScheduleRow(1, "base", "wall", 0, 3, hint="gr\udcfcn")])
    assert read_movement_csv(file, CLIPS, ["base"])[0].rows[0].hint == "gr?n"


def test_a_hint_of_several_lines_stays_one_cell(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    write_movement_csv(file, [ScheduleRow(1, "base", "wall", 0, 3, hint="a\rb\r\nc")])
    assert read_movement_csv(file, CLIPS, ["base"])[0].rows[0].hint == "a\nb\nc"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "one.csv").mkdir()
    with pytest.raises(OutputError):
        write_movement_csv(tmp_path / "one.csv", [])
    with pytest.raises(OutputError):
        write_movement_csv(tmp_path / "no" / "one.csv", [])
    assert [path.name for path in tmp_path.iterdir()] == ["one.csv"]


def test_placing_keeps_the_rows_order() -> None:
    rows = [ScheduleRow(2, "a", None, 9, 1), ScheduleRow(1, "a", None, 9, 2), ScheduleRow(1, "b", None, 9, 3)]
    assert [(row.order, row.start_s) for row in placed(rows)] == [(2, 2.0), (1, 0.0), (1, 0.0)]
