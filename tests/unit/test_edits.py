"""What a person does to a catalogue: it holds, it wins over the steps, and it can be undone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from engine.errors import LibraryError, ShowError
from preprocess.catalogue import edit_log, edits, schedule_edits
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.edit_values import (
    AddRow,
    Edit,
    Move,
    MoveRow,
    Place,
    ReleaseSchedule,
    ReleaseText,
    RemoveRow,
    ReplaceRow,
    Row,
    SetMark,
    SetSchedule,
    SetTag,
    SetText,
)
from preprocess.catalogue.marks import left_out
from preprocess.catalogue.texts import current_texts, put_text
from preprocess.catalogue.values import Text
from tests.curate_support import make_library

SLUG, OTHER = "bikes-01", "bigbuckbunny-01"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("made") / "L")


@pytest.fixture
def catalogue(made: Path, tmp_path: Path) -> Iterator[Catalogue]:
    shutil.copytree(made, tmp_path / "L")
    with Catalogue(tmp_path / "L") as opened:
        yield opened


def caption(catalogue: Catalogue, slug: str = SLUG) -> tuple[str, str]:
    text = current_texts(catalogue, "caption")[slug]
    return text.text, text.origin


def tags(catalogue: Catalogue) -> set[str]:
    return {row[0] for row in catalogue.connection.execute("SELECT tag FROM tags WHERE slug = ?", (SLUG,))}


def movements(catalogue: Catalogue) -> dict[str, tuple[int, str]]:
    rows = catalogue.connection.execute("SELECT movement, pinned, why FROM assignments WHERE slug = ?", (SLUG,))
    return {row[0]: (row[1], row[2]) for row in rows}


def cuts(catalogue: Catalogue) -> list[tuple[str | None, float]]:
    rows = catalogue.connection.execute(
        "SELECT slug, start_s FROM schedule_rows WHERE movement = 'orientation' AND state = 'current'"
        " ORDER BY row_index"
    )
    return [(row[0], row[1]) for row in rows]


def schedule_origin(catalogue: Catalogue) -> str:
    row = catalogue.connection.execute(
        "SELECT origin FROM schedules WHERE movement = 'orientation' AND state = 'current'"
    ).fetchone()
    return str(row[0])


def test_a_persons_caption_holds_against_later_steps_and_comes_back_after_undo(catalogue: Catalogue) -> None:
    before = caption(catalogue)
    edits.apply(catalogue, [SetText(slug=SLUG, kind="caption", text="Rush hour\r\nin May ")])
    assert caption(catalogue) == ("Rush hour\nin May", "person")
    put_text(catalogue, Text(SLUG, "caption", "bicycles", "blip2"))
    assert caption(catalogue)[1] == "person"

    assert edit_log.undo(catalogue) == f"write the caption of {SLUG}"
    assert caption(catalogue) == ("bicycles", "blip2"), "what a run made meanwhile is newer than what was before"
    edit_log.redo(catalogue)
    assert caption(catalogue) == ("Rush hour\nin May", "person")
    edit_log.undo(catalogue)
    assert caption(catalogue) != before


def test_a_released_caption_is_the_newest_that_no_person_wrote(catalogue: Catalogue) -> None:
    edits.apply(catalogue, [SetText(slug=SLUG, kind="caption", text="mine")])
    put_text(catalogue, Text(SLUG, "caption", "bicycles", "blip2"))
    edits.apply(catalogue, [ReleaseText(slug=SLUG, kind="caption")])
    assert caption(catalogue) == ("bicycles", "blip2")
    edit_log.undo(catalogue)
    assert caption(catalogue) == ("mine", "person")


def test_tags_are_given_taken_away_and_left_to_the_steps(catalogue: Catalogue) -> None:
    edits.apply(
        catalogue, [SetTag(slug=SLUG, tag="  Night  Ride", value=True), SetTag(slug=SLUG, tag="people", value=False)]
    )
    assert tags(catalogue) == {"outdoor", "night ride"}
    given = catalogue.connection.execute(
        "SELECT tag, confidence FROM given_tags WHERE slug = ? AND origin = 'person' ORDER BY tag", (SLUG,)
    )
    assert [tuple(row) for row in given] == [("night ride", 1.0), ("people", 0.0)]
    edits.apply(catalogue, [SetTag(slug=SLUG, tag="people", value=None)])
    assert tags(catalogue) == {"outdoor", "night ride", "people"}


def test_a_move_pins_here_and_bans_there_and_back(catalogue: Catalogue) -> None:
    edits.apply(catalogue, [Move(slug=SLUG, from_movement="orientation", to_movement="built")])
    assert movements(catalogue) == {"built": (1, "pinned by hand")}
    placed = "SELECT movement, kind FROM placements WHERE slug = ? ORDER BY movement"
    assert [tuple(row) for row in catalogue.connection.execute(placed, (SLUG,))] == [
        ("built", "pin"),
        ("orientation", "ban"),
    ]
    edits.apply(catalogue, [Move(slug=SLUG, from_movement="built", to_movement="orientation")])
    assert movements(catalogue) == {"orientation": (1, "pinned by hand")}
    edits.apply(catalogue, [Place(slug=SLUG, movement="orientation", kind=None)])
    assert movements(catalogue)["orientation"][0] == 0


def test_marks_keep_a_clip_out_and_bring_it_back(catalogue: Catalogue) -> None:
    edits.apply(catalogue, [SetMark(slug=SLUG, mark="left_out", value=True)])
    assert left_out(catalogue) == {SLUG: "left out by hand"}
    edits.apply(catalogue, [SetMark(slug=SLUG, mark="left_out", value=None)])
    assert left_out(catalogue) == {}


def test_a_reordered_schedule_keeps_its_cuts_and_is_a_persons(catalogue: Catalogue) -> None:
    before = cuts(catalogue)
    edits.apply(catalogue, [MoveRow(movement="orientation", row_index=0, to_index=2)])
    after = cuts(catalogue)
    assert [start_s for _, start_s in after] == [start_s for _, start_s in before]
    assert [slug for slug, _ in after] == [before[index][0] for index in (1, 2, 0, 3)]
    assert schedule_origin(catalogue) == "person"
    edit_log.undo(catalogue)
    assert (cuts(catalogue), schedule_origin(catalogue)) == (before, "arc")


def test_rows_are_moved_with_their_durations_added_replaced_and_removed(catalogue: Catalogue) -> None:
    edits.apply(catalogue, [MoveRow(movement="orientation", row_index=3, to_index=0, keep_cuts=False)])
    assert cuts(catalogue)[:2] == [("bikes-04", 0.0), ("bikes-01", 1.75)]
    row = Row(layer="base", slug=OTHER, duration_s=0.5)
    edits.apply(catalogue, [AddRow(movement="orientation", row_index=1, row=row)])
    assert cuts(catalogue)[1:3] == [(OTHER, 1.75), ("bikes-01", 2.25)]
    edits.apply(catalogue, [RemoveRow(movement="orientation", row_index=1, keep_gap=True)])
    assert cuts(catalogue)[1:3] == [(None, 1.75), ("bikes-01", 2.25)]
    edits.apply(
        catalogue,
        [ReplaceRow(movement="orientation", row_index=1, row=row), RemoveRow(movement="orientation", row_index=0)],
    )
    assert cuts(catalogue)[0] == (OTHER, 0.0)


def test_a_clip_in_a_longer_place_plays_on_past_its_out_point() -> None:
    short = schedule_edits.Slot("base", "a", 1.0, in_s=0.5, out_s=1.5)
    rows = [short, schedule_edits.Slot("echo", "b", 9.0), schedule_edits.Slot("base", "c", 2.0)]
    moved = schedule_edits.moved(rows, 0, 2, keep_cuts=True)
    assert [(row.slug, row.duration_s, row.out_s) for row in moved] == [
        ("b", 9.0, None),
        ("c", 1.0, None),
        ("a", 2.0, None),
    ]


def test_a_released_schedule_takes_up_what_a_run_proposed(catalogue: Catalogue) -> None:
    edits.apply(catalogue, [SetSchedule(movement="orientation", rows=(Row(layer="base", slug=OTHER, duration_s=3),))])
    with catalogue.transaction() as connection:
        connection.execute("INSERT INTO schedules VALUES ('orientation', 'proposal', 'arc', 'walk')")
        connection.execute(
            "INSERT INTO schedule_rows VALUES"
            " ('orientation', 'proposal', 0, 'base', 'bikes-02', 0, 2, 0, NULL, 0, '', '')"
        )
    edits.apply(catalogue, [ReleaseSchedule(movement="orientation")])
    assert (cuts(catalogue), schedule_origin(catalogue)) == ([("bikes-02", 0.0)], "arc")
    edit_log.undo(catalogue)
    assert (cuts(catalogue), schedule_origin(catalogue)) == ([(OTHER, 0.0)], "person")


def test_all_mistakes_are_told_at_once_and_nothing_is_done(catalogue: Catalogue) -> None:
    wrong: list[Edit] = [
        SetText(slug=SLUG, kind="caption", text="kept out"),
        SetMark(slug="bikes-11", mark="black", value=True),
        Move(slug=SLUG, to_movement="built2"),
    ]
    with pytest.raises(ShowError) as told:
        edits.apply(catalogue, wrong)
    assert [(problem.file, problem.path) for problem in told.value.problems] == [
        ("bikes-11", "edits.1"),
        ("built2", "edits.2"),
    ]
    assert "built" in told.value.problems[1].mend
    with pytest.raises(ShowError, match="has 4 rows"):
        edits.apply(catalogue, [wrong[0], RemoveRow(movement="orientation", row_index=4)])
    assert caption(catalogue)[1] == "composed"
    assert edit_log.stack(catalogue) == edit_log.Stack("", "")


def test_what_changes_nothing_is_not_entered(catalogue: Catalogue) -> None:
    edits.apply(catalogue, [SetTag(slug=SLUG, tag="sea", value=None), ReleaseText(slug=SLUG, kind="caption")])
    assert edit_log.stack(catalogue).undo == ""


def test_a_new_edit_ends_what_could_be_done_again(catalogue: Catalogue) -> None:
    edits.apply(catalogue, [SetText(slug=SLUG, kind="caption", text="one")])
    edit_log.undo(catalogue)
    edits.apply(catalogue, [SetText(slug=SLUG, kind="caption", text="two")])
    assert edit_log.stack(catalogue).redo == ""
    assert edit_log.redo(catalogue) == ""
    edit_log.undo(catalogue)
    assert edit_log.undo(catalogue) == ""


def test_an_edit_of_a_clip_that_a_run_took_out_is_not_undone(catalogue: Catalogue) -> None:
    edits.apply(catalogue, [SetMark(slug=SLUG, mark="black", value=True)])
    edits.apply(catalogue, [SetMark(slug=SLUG, mark="black", value=None)])
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM fragments WHERE slug = ?", (SLUG,))
    with pytest.raises(LibraryError, match="no longer there"):
        edit_log.undo(catalogue)
    assert not catalogue.connection.in_transaction


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "set_text", "slug": "../x", "kind": "caption", "text": ""},
        {"do": "set_text", "slug": "a", "kind": "caption", "text": "bell \x07"},
        {"do": "set_tag", "slug": "a", "tag": "  ", "value": True},
        {"do": "set_mark", "slug": "a", "mark": "ugly", "value": True},
        {"do": "move_row", "movement": "built", "row_index": -1, "to_index": 0},
        {"do": "add_row", "movement": "built", "row_index": 0, "row": {"layer": "base", "slug": None, "duration_s": 0}},
        {"do": "drop_tables"},
    ],
)
def test_edits_from_elsewhere_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Edit).validate_python(wrong)
