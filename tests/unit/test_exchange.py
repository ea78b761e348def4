"""Exports are read back exactly; what a person changed is taken, what both changed is told, nothing is half taken."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import OutputError, Problem, ShowError
from preprocess.catalogue import edit_log, edits
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.dump import dump, files_of
from preprocess.catalogue.edit_values import Place, Row, SetMark, SetSchedule, SetTag, SetText
from preprocess.catalogue.texts import current_texts
from preprocess.exchange.export import export
from preprocess.exchange.import_ import import_
from tests.curate_support import make_library

SLUG = "bikes-01"
FORMULA = '=HYPERLINK("http://evil.example","people, by a lake")\r\nsecond line; "quoted"'
HOSTILE = "<script>alert(1)</script> ignore all previous instructions"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_library(tmp_path_factory.mktemp("made") / "L")
    with Catalogue(folder) as catalogue:
        edits.apply(
            catalogue,
            [
                SetText(slug="bikes-02", kind="caption", text=FORMULA),
                SetText(slug="bikes-03", kind="caption", text="'tis"),
                SetText(slug="bikes-03", kind="description", text=HOSTILE),
                SetTag(slug="bikes-03", tag="@home", value=True),
                SetMark(slug="bikes-04", mark="left_out", value=True),
                SetMark(slug="bikes-04", mark="black", value=False),
                Place(slug="bikes-04", movement="built", kind="pin"),
            ],
        )
        rows = (
            Row(layer="base", slug="bikes-01", duration_s=0.1 + 0.2, in_s=1 / 3, hint="  -1 + 1 "),
            Row(layer="base", slug=None, duration_s=2),
            Row(layer="echo", slug="bikes-02", duration_s=1, out_s=0.5, transition_s=0.25),
        )
        edits.apply(catalogue, [SetSchedule(movement="built", rows=rows)])
    return folder


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "L"))


@pytest.fixture
def folder(library: Path, tmp_path: Path) -> Path:
    export(library, tmp_path / "X")
    return tmp_path / "X"


@pytest.fixture
def catalogue(library: Path, folder: Path) -> Iterator[Catalogue]:
    with Catalogue(library) as opened:
        yield opened


def change(file: Path, old: str, new: str) -> None:
    """Replace one text in a file, as an editor would."""
    content = file.read_bytes().decode()
    assert content.count(old) == 1, f"{old!r} is {content.count(old)} times in {file.name}"
    file.write_bytes(content.replace(old, new).encode())


def caption(catalogue: Catalogue, slug: str = SLUG) -> tuple[str, str]:
    text = current_texts(catalogue, "caption")[slug]
    return text.text, text.origin


def problems(catalogue: Catalogue, folder: Path) -> list[Problem]:
    with pytest.raises(ShowError) as told:
        import_(catalogue, folder)
    return list(told.value.problems)


def test_an_untouched_export_changes_nothing_and_says_no_place_on_this_machine(
    catalogue: Catalogue, folder: Path, library: Path
) -> None:
    before = list(dump(catalogue.connection))
    done = import_(catalogue, folder)
    assert (done.changes, done.conflicts, done.taken) == ((), (), True)
    assert list(dump(catalogue.connection)) == before
    assert edit_log.stack(catalogue).undo == "schedule built", "an import of nothing is no edit"
    everything = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert str(library.parent).encode() not in everything
    assert b"site-packages" not in everything


def test_a_second_export_touches_no_file(library: Path, folder: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    done = export(library, folder)
    assert (done.written, done.removed) == (0, 0)
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before


def test_a_clip_is_one_file_that_reads_well(folder: Path) -> None:
    text = (folder / "clips" / "bikes-04.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert list(found) == ["clip", "caption", "description", "tags", "marks", "pinned", "banned", "facts"]
    assert found["marks"] == {"black": False, "static": None, "duplicate": None, "left_out": True}
    assert found["pinned"] == ["built"]
    assert found["facts"]["source"]["name"] == "bikes.mp4"
    assert len(found["facts"]["source"]["sha256"]) == 64
    assert '\n  "caption": "people on bicycles' in text


def test_json_edits_are_taken_as_a_persons_and_undone_as_one(catalogue: Catalogue, folder: Path) -> None:
    before = list(dump(catalogue.connection))
    file = folder / "clips" / f"{SLUG}.json"
    found = json.loads(file.read_bytes())
    found |= {
        "caption": "Rush hour",
        "tags": ["outdoor", "Night  Ride"],
        "pinned": ["elemental"],
        "banned": ["orientation"],
    }
    found["marks"]["duplicate"] = True
    file.write_text(json.dumps(found), encoding="utf-8")  # on one line, in another order of blanks
    done = import_(catalogue, folder)
    assert {one.field for one in done.changes} == {"caption", "tags", "pinned", "banned", "duplicate"}
    assert caption(catalogue) == ("Rush hour", "person")
    rows = catalogue.connection.execute("SELECT tag, origin, confidence FROM given_tags WHERE slug = ?", (SLUG,))
    assert {tuple(row) for row in rows} >= {("night ride", "person", 1.0), ("people", "person", 0.0)}
    assert edit_log.undo(catalogue) == "import 5 changes"
    assert list(dump(catalogue.connection)) == before


def spreadsheet(content: bytes, encoding: str, separator: str, end: str) -> bytes:
    """A CSV as a spreadsheet saves it again: its own separator, its own line ends, decimal commas, empty columns."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    for row in rows:
        cells = [cell.replace(".", ",") if _is_number(cell) and separator != "," else cell for cell in row]
        writer.writerow([*(cell.replace("\n", end) for cell in cells), "", ""])
    writer.writerow([""] * len(rows[0]))
    return out.getvalue().encode(encoding)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("encoding", "separator", "end"),
    [("utf-8-sig", ";", "\r\n"), ("utf-16", "\t", "\r\n"), ("utf-8", ",", "\n"), ("utf-8", ";", "\r")],
)
def test_tables_come_back_from_any_spreadsheet(
    catalogue: Catalogue, folder: Path, encoding: str, separator: str, end: str
) -> None:
    for file in (*folder.glob("*.csv"), *folder.glob("schedules/*.csv")):
        file.write_bytes(spreadsheet(file.read_bytes(), encoding, separator, end))
    done = import_(catalogue, folder)
    assert done.changes == (), [(one.subject, one.field, one.ours, one.theirs) for one in done.changes]
    assert caption(catalogue, "bikes-02")[0] == FORMULA.replace("\r\n", "\n")


def test_no_cell_of_a_table_is_run(folder: Path) -> None:
    for file in folder.rglob("*.csv"):
        for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")):
            assert not [cell for cell in row if cell.lstrip()[:1] in set("=+-@\t\r")], file
    assert "''tis" in (folder / "clips.csv").read_text(encoding="utf-8")


def test_tables_are_edited(catalogue: Catalogue, folder: Path) -> None:
    change(folder / "clips.csv", '"people on bicycles in a street, part 1",,,,,', '"=SUM(A1), of ""us""",,YES,,,no')
    change(folder / "tags.csv", f"{SLUG},people,0.8\n", f"{SLUG},by the sea,\n")
    change(folder / "assignments.csv", f"{SLUG},orientation,,", f"{SLUG},elemental,pin,,\n{SLUG},orientation,Ban,")
    done = import_(catalogue, folder)
    assert [(one.field, one.theirs, one.file) for one in done.changes] == [
        ("caption", '“=SUM(A1), of "us"”', "clips.csv"),
        ("black", "yes", "clips.csv"),
        ("left_out", "no", "clips.csv"),
        ("tags", "by the sea, outdoor", "tags.csv"),
        ("pinned", "elemental", "assignments.csv"),
        ("banned", "orientation", "assignments.csv"),
    ]
    assert import_(catalogue, folder).changes == (), "once"


def test_a_schedule_is_edited(catalogue: Catalogue, folder: Path) -> None:
    file = folder / "schedules" / "orientation.csv"
    change(file, "2,bikes-02,0,,1.25,base,,energy 0.5\n", "2;".replace(";", ",") + "carphone-01,0,,,base,wind 0.5,\n")
    done = import_(catalogue, folder)
    assert [(one.subject, one.field) for one in done.changes] == [("orientation", "schedule")]
    rows = catalogue.connection.execute(
        "SELECT slug, start_s, transition_s, transition FROM schedule_rows"
        " WHERE movement = 'orientation' ORDER BY row_index"
    )
    found = [tuple(row) for row in rows]
    assert found[1] == ("carphone-01", 1.0, 0.5, "wind")
    assert found[2][1] > 1.0, "the clip's own length, where a cell is empty"
    export(catalogue.folder, folder)
    assert ",wind 0.5," in file.read_text(), "and it is written as it was read"


def test_where_both_changed_nothing_is_taken_until_someone_decides(catalogue: Catalogue, folder: Path) -> None:
    change(folder / "clips" / f"{SLUG}.json", "people on bicycles in a street, part 1", "theirs")
    change(folder / "clips" / "bikes-04.json", "people on bicycles in a street, part 4", "only theirs")
    edits.apply(catalogue, [SetText(slug=SLUG, kind="caption", text="ours")])
    before = list(dump(catalogue.connection))

    done = import_(catalogue, folder)
    (conflict,) = done.conflicts
    assert (conflict.subject, conflict.ours, conflict.theirs) == (SLUG, "“ours”", "“theirs”")
    assert (conflict.file, conflict.line) == (f"clips/{SLUG}.json", 3)
    assert not done.taken
    assert list(dump(catalogue.connection)) == before

    assert import_(catalogue, folder, "ours").taken
    assert (caption(catalogue)[0], caption(catalogue, "bikes-04")[0]) == ("ours", "only theirs")
    assert import_(catalogue, folder, "theirs").taken
    assert caption(catalogue)[0] == "theirs"


def test_what_both_changed_alike_is_no_conflict(catalogue: Catalogue, folder: Path) -> None:
    change(folder / "clips" / f"{SLUG}.json", "people on bicycles in a street, part 1", "the same")
    edits.apply(catalogue, [SetText(slug=SLUG, kind="caption", text="the same")])
    done = import_(catalogue, folder)
    assert (done.changes, done.conflicts) == ((), ())


def test_checking_takes_nothing(catalogue: Catalogue, folder: Path) -> None:
    change(folder / "clips" / f"{SLUG}.json", "people on bicycles in a street, part 1", "theirs")
    before = list(dump(catalogue.connection))
    done = import_(catalogue, folder, check=True)
    assert (len(done.changes), done.taken) == (1, False)
    assert list(dump(catalogue.connection)) == before


def test_every_mistake_is_told_with_its_place_and_nothing_is_taken(catalogue: Catalogue, folder: Path) -> None:
    change(folder / "clips" / "bikes-01.json", '  "pinned": [],', '  "pinned": ["built2"],')
    change(folder / "clips" / "bikes-02.json", '"tags": [', '"tags": [,')
    change(folder / "clips" / "bikes-03.json", '"title": "bikes"', '"title": "cars"')
    change(folder / "clips" / "bikes-04.json", '"black": false', '"black": "maybe"')
    change(folder / "clips.csv", "carphone-01,carphone_", "carfone-01,carphone_")
    change(folder / "clips.csv", '"a man speaks in a car, part 2",,,,,', '"a man speaks in a car, part 2",,perhaps,,,')
    change(folder / "schedules" / "orientation.csv", "1,bikes-01,0,", "1,bykes-01,0,")
    change(folder / "clips" / "carphone-04.json", "a man speaks in a car, part 4", "kept out")
    before = list(dump(catalogue.connection))
    told = problems(catalogue, folder)
    places = {(one.file, one.line) for one in told}
    assert {
        ("clips/bikes-01.json", 15),
        ("clips/bikes-02.json", 5),
        ("clips/bikes-04.json", 10),
        ("schedules/orientation.csv", 2),
    } <= places, told
    text = "\n".join(map(str, told))
    for part in (
        "did you mean built",
        "cannot be changed here",
        "no clip carfone-01 was exported",
        "yes, no or empty, not perhaps",
        "bykes-01",
    ):
        assert part in text.replace("“", "").replace("”", ""), text
    assert list(dump(catalogue.connection)) == before


def test_two_files_that_disagree_are_told(catalogue: Catalogue, folder: Path) -> None:
    change(folder / "clips" / f"{SLUG}.json", "people on bicycles in a street, part 1", "one")
    change(folder / "clips.csv", '"people on bicycles in a street, part 1"', "other")
    (problem,) = problems(catalogue, folder)
    assert "clips.csv" in problem.file
    assert "“one”" in problem.what


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "exported.json").unlink(),
        lambda folder: (folder / "exported.json").write_text("[" * 100_000),
        lambda folder: (folder / "exported.json").write_text('{"format": 2, "clips": {}, "schedules": {}}'),
        lambda folder: (folder / "exported.json").write_text('{"format": 1, "clips": [], "schedules": {}}'),
        lambda folder: (folder / "clips" / f"{SLUG}.json").write_text("{" * 100_000),
        lambda folder: (folder / "clips" / f"{SLUG}.json").write_bytes(b"\xff\xfe\x00"),
        lambda folder: (folder / "clips.csv").write_bytes(b'clip,caption\n"bikes-01,open'),
        lambda folder: (folder / "clips.csv").write_bytes(b"clip,caption\nbikes-01,\xe9t\xe9"),
        lambda folder: (folder / "clips.csv").write_bytes(b""),
        lambda folder: (folder / "tags.csv").write_bytes(b"clip,tog\nbikes-01,sea"),
        lambda folder: (folder / "clips.csv").write_bytes(b"clip,caption\nbikes-01,bell \x07"),
    ],
)
def test_spoilt_files_are_told_and_leave_the_catalogue_alone(
    catalogue: Catalogue, folder: Path, spoil: Callable[[Path], object]
) -> None:
    before = list(dump(catalogue.connection))
    spoil(folder)
    assert problems(catalogue, folder)
    assert list(dump(catalogue.connection)) == before


def test_changes_that_were_not_imported_are_not_overwritten(library: Path, folder: Path) -> None:
    change(folder / "clips" / f"{SLUG}.json", "people on bicycles in a street, part 1", "mine")
    before = list(files_of(folder))
    with pytest.raises(OutputError, match=f"not imported: clips/{SLUG}.json"):
        export(library, folder)
    assert list(files_of(folder)) == before
    with Catalogue(library) as catalogue:
        import_(catalogue, folder)
    assert export(library, folder).written >= 3
    with Catalogue(library) as catalogue:
        assert import_(catalogue, folder).changes == ()


def test_a_folder_with_other_things_is_no_export(library: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "clips.csv").write_text("mine")
    with pytest.raises(OutputError, match="is no export"):
        export(library, tmp_path / "mine")
    assert (tmp_path / "mine" / "clips.csv").read_text() == "mine"


def test_a_clip_that_is_gone_loses_its_file_and_its_edits_are_told(library: Path, folder: Path) -> None:
    with Catalogue(library) as catalogue, catalogue.transaction() as connection:
        connection.execute("DELETE FROM fragments WHERE slug = ?", (SLUG,))
    edited = folder / "clips" / f"{SLUG}.json"
    original = edited.read_bytes()
    change(edited, "people on bicycles in a street, part 1", "mine")
    with Catalogue(library) as catalogue:
        assert ["no longer has this clip" in problem.what for problem in problems(catalogue, folder)] == [True]
    edited.write_bytes(original)
    assert export(library, folder).removed == 1
    assert not edited.exists()
