"""The schedule step: CSVs, what a person makes of them, the music, and the picture."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import SourceError
from engine.formats.movement_csv import read_movement_csv, write_movement_csv
from preprocess.assign.step import AssignStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.dump import dump
from preprocess.catalogue.edit_values import ReleaseSchedule, RemoveRow
from preprocess.catalogue.edits import apply
from preprocess.schedule.page import PAGE
from preprocess.schedule.picture import PICTURE
from preprocess.schedule.step import ScheduleStep
from preprocess.schedule.stored import read_schedule
from preprocess.style.model import Style
from preprocess.track.library import set_track, stored_track, track_file, why_this_track
from tests.schedule_support import ClipSpec, drums, fill, insert, run, some_clips, thumbnails

STYLE = Style.model_validate(
    {
        "movements": [
            {"name": "one", "schedule": {"duration_s": 6, "cut_every_s": 1, "strategy": "arc"}},
            {"name": "two", "schedule": {"duration_s": 6, "cut_every_s": 0.5, "strategy": "random"}},
        ],
        "show": {"layers": [{"name": "base"}, {"name": "echo", "opacity": 0.5}]},
    }
)
SLUGS = [clip.slug for clip in some_clips(12)]


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "library") as opened:
        fill(opened, some_clips(12), tmp_path / "archive")
        run(opened, AssignStep(STYLE))
        yield opened


def schedule(catalogue: Catalogue) -> None:
    run(catalogue, ScheduleStep(STYLE))


def csv(catalogue: Catalogue, name: str = "one") -> Path:
    return catalogue.folder / "schedules" / f"{name}.csv"


def failures(catalogue: Catalogue) -> dict[str, str]:
    rows = catalogue.connection.execute("SELECT item, reason FROM failures WHERE step = 'schedule' ORDER BY item")
    return {row["item"]: row["reason"] for row in rows}


def beats(path: Path, seconds: float = 4.0) -> Path:
    return drums(path, [(0.25 * n, 1.0 if n % 4 == 0 else 0.4) for n in range(int(seconds * 4))], seconds)


def test_each_movement_has_a_csv_that_the_player_reads(catalogue: Catalogue) -> None:
    schedule(catalogue)
    for name in ("one", "two"):
        found, problems = read_movement_csv(csv(catalogue, name), None, ("base", "echo"))
        assert problems == []
        stored = read_schedule(catalogue, name)
        assert stored is not None
        assert stored.origin == "automatic"
        assert found.rows == stored.rows
        assert found.duration_s == pytest.approx(6)
        assert all(row.hint for row in found.rows)


def test_a_second_run_changes_nothing(catalogue: Catalogue) -> None:
    step = ScheduleStep(STYLE)
    schedule(catalogue)
    inputs, lines = step.inputs(catalogue), list(dump(catalogue.connection))
    written = [file for file in catalogue.folder.rglob("*.*") if file.suffix in (".csv", ".png", ".html")]
    written = [file for file in written if catalogue.work not in file.parents]
    files = {file: file.read_bytes() for file in written}
    assert len(files) == 4
    schedule(catalogue)
    assert step.inputs(catalogue) == inputs
    assert list(dump(catalogue.connection)) == lines
    assert {file: file.read_bytes() for file in files} == files


def test_inputs_notice_edits_and_what_is_gone(catalogue: Catalogue) -> None:
    step = ScheduleStep(STYLE)
    schedule(catalogue)
    seen = {step.inputs(catalogue)}
    (catalogue.folder / PICTURE).unlink()
    seen.add(step.inputs(catalogue))
    csv(catalogue).write_text("clip\n")
    seen.add(step.inputs(catalogue))
    apply(catalogue, [RemoveRow(movement="two", row_index=0)])
    seen.add(step.inputs(catalogue))
    assert len(seen) == 4


def test_sources_that_move_change_inputs_only_where_the_order_of_filming_counts(catalogue: Catalogue) -> None:
    def moved(style: Style) -> bool:
        """Whether it counts that the last source filmed is the first one now, under another name."""
        before = ScheduleStep(style).inputs(catalogue)
        catalogue.connection.execute(
            "UPDATE sources SET path = path || 'x', mtime_ns = (SELECT min(mtime_ns) - 1 FROM sources)"
            " WHERE mtime_ns = (SELECT max(mtime_ns) FROM sources)"
        )
        return ScheduleStep(style).inputs(catalogue) != before

    assert not moved(STYLE)
    assert moved(Style.model_validate({"movements": [{"name": "one", "schedule": {"strategy": "chronological"}}]}))


def test_a_csv_that_a_spreadsheet_saved_is_the_persons_from_then_on(catalogue: Catalogue) -> None:
    schedule(catalogue)
    lines = ("order;clip;in_s;out_s;duration_s;layer;transition;hint", f"1;{SLUGS[0]};0,5;;2,25;base;fade 0,5;mine")
    rows = "\N{BYTE ORDER MARK}" + "".join(f"{line}\r\n" for line in (*lines, "2;;;;1,5;base;;"))
    csv(catalogue).write_bytes(rows.encode())
    schedule(catalogue)
    stored = read_schedule(catalogue, "one")
    assert stored is not None
    assert stored.origin == "person"
    assert [(row.clip, row.in_s, row.duration_s, row.transition_s, row.hint) for row in stored.rows] == [
        (SLUGS[0], 0.5, 2.25, 0.5, "mine"),
        (None, 0.0, 1.5, 0.0, ""),
    ]
    assert csv(catalogue).read_bytes() == rows.encode()
    assert failures(catalogue) == {}
    proposal = read_schedule(catalogue, "one", "proposal")
    assert proposal is not None
    assert proposal.origin == "automatic"
    proposed, problems = read_movement_csv(csv(catalogue, "one.new"), None, ("base", "echo"))
    assert (proposed.rows, problems) == (proposal.rows, [])


def test_a_person_may_edit_a_csv_again_and_again(catalogue: Catalogue) -> None:
    schedule(catalogue)
    for duration_s in (3, 2, 4):
        csv(catalogue).write_text(f"clip,duration_s,layer\n{SLUGS[0]},{duration_s},base\n")
        schedule(catalogue)
        stored = read_schedule(catalogue, "one")
        assert stored is not None
        assert [row.duration_s for row in stored.rows] == [duration_s]
        assert not failures(catalogue)


def test_the_next_movement_follows_what_a_person_made_of_the_one_before(catalogue: Catalogue, tmp_path: Path) -> None:
    set_track(catalogue, beats(tmp_path / "song.flac"))
    csv(catalogue).parent.mkdir()
    csv(catalogue).write_text(f"clip,duration_s,layer\n{SLUGS[0]},3.1,base\n")
    schedule(catalogue)
    track = stored_track(catalogue)
    two = read_schedule(catalogue, "two")
    assert track is not None
    assert two is not None
    heard = {round(onset.at_s, 6) for onset in track.onsets_until(60)}
    assert {round(3.1 + row.start_s, 6) for row in two.rows if row.start_s} <= heard


def test_mistakes_in_an_edited_csv_are_told_and_nothing_is_lost(catalogue: Catalogue) -> None:
    schedule(catalogue)
    before = read_schedule(catalogue, "one")
    text = "order,clip,duration_s,layer\n1,no-such-clip,2,base\n2,,x,ecco\n"
    csv(catalogue).write_text(text)
    schedule(catalogue)
    assert csv(catalogue).read_text() == text
    assert failures(catalogue).keys() == {"schedules/one.csv:2", "schedules/one.csv:3"}
    assert read_schedule(catalogue, "one") == before
    assert csv(catalogue, "one.new").is_file()
    csv(catalogue).write_text(text.replace("no-such-clip", SLUGS[1]).replace("x,ecco", "1,echo"))
    schedule(catalogue)
    assert failures(catalogue) == {}
    mended = read_schedule(catalogue, "one")
    assert mended is not None
    assert mended.origin == "person"


def test_what_was_changed_in_the_catalogue_is_written_and_stays(catalogue: Catalogue) -> None:
    schedule(catalogue)
    apply(catalogue, [RemoveRow(movement="one", row_index=0)])
    edited = read_schedule(catalogue, "one")
    schedule(catalogue)
    assert read_schedule(catalogue, "one") == edited
    assert edited is not None
    found, _ = read_movement_csv(csv(catalogue), None, ("base", "echo"))
    assert [row.clip for row in found.rows] == [row.clip for row in edited.rows]
    assert csv(catalogue, "one.new").is_file()


def test_a_schedule_that_both_changed_is_a_conflict(catalogue: Catalogue) -> None:
    schedule(catalogue)
    apply(catalogue, [RemoveRow(movement="one", row_index=0)])
    edited = read_schedule(catalogue, "one")
    text = f"clip,duration_s,layer\n{SLUGS[0]},3,base\n"
    csv(catalogue).write_text(text)
    schedule(catalogue)
    assert failures(catalogue) == {"schedules/one.csv": "was edited, and so was the schedule in the catalogue"}
    assert csv(catalogue).read_text() == text
    assert read_schedule(catalogue, "one") == edited
    apply(catalogue, [ReleaseSchedule(movement="one")])
    schedule(catalogue)
    taken = read_schedule(catalogue, "one")
    assert failures(catalogue) == {}
    assert taken is not None
    assert [row.clip for row in taken.rows] == [SLUGS[0]]


def test_a_schedule_given_back_is_automatic_again(catalogue: Catalogue) -> None:
    schedule(catalogue)
    automatic = csv(catalogue).read_bytes()
    csv(catalogue).write_text(f"clip,duration_s,layer\n{SLUGS[0]},3,base\n")
    schedule(catalogue)
    apply(catalogue, [ReleaseSchedule(movement="one")])
    schedule(catalogue)
    assert csv(catalogue).read_bytes() == automatic
    assert not csv(catalogue, "one.new").exists()
    assert read_schedule(catalogue, "one", "proposal") is None


def test_a_proposal_that_a_person_works_on_is_not_written_over(catalogue: Catalogue) -> None:
    csv(catalogue).parent.mkdir()
    csv(catalogue).write_text(f"clip,duration_s,layer\n{SLUGS[0]},3,base\n")
    schedule(catalogue)
    csv(catalogue, "one.new").write_text("clip\nmine\n")
    schedule(catalogue)
    assert csv(catalogue, "one.new").read_text() == "clip\nmine\n"
    assert csv(catalogue, "one.new2").is_file()


@pytest.mark.parametrize("where", ["settle", "put_files", "draw", "write_page"])
def test_a_run_that_broke_off_leaves_nothing_that_looks_edited(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def breaks(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(f"preprocess.schedule.step.{where}", breaks)
        with pytest.raises(KeyboardInterrupt):
            schedule(catalogue)
    schedule(catalogue)
    with Catalogue(tmp_path / "unbroken") as other:
        fill(other, some_clips(12), tmp_path / "archive")
        run(other, AssignStep(STYLE), ScheduleStep(STYLE))
        assert list(dump(other.connection)) == list(dump(catalogue.connection))
        for name in ("one", "two"):
            assert csv(other, name).read_bytes() == csv(catalogue, name).read_bytes()
            assert not csv(catalogue, f"{name}.new").exists()


def test_hints_from_file_names_are_no_formulas(catalogue: Catalogue) -> None:
    catalogue.connection.execute("UPDATE assignments SET why = '=cmd|calc' WHERE movement = 'one'")
    schedule(catalogue)
    assert "'=cmd|calc" in csv(catalogue).read_text()
    found, _ = read_movement_csv(csv(catalogue), None, None)
    assert {row.hint for row in found.rows} == {"=cmd|calc"}


# Music


def test_a_track_is_heard_once(catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_track(catalogue, beats(tmp_path / "song.FLAC"))
    schedule(catalogue)
    track = stored_track(catalogue)
    assert track is not None
    assert (track.file, len(track.onsets)) == ("track.flac", 16)
    monkeypatch.setattr("preprocess.track.library.hear", lambda *_, **__: pytest.fail("heard again"))
    schedule(catalogue)
    assert stored_track(catalogue) == track


def test_cuts_and_ends_fall_on_the_music_and_its_loops(catalogue: Catalogue, tmp_path: Path) -> None:
    set_track(catalogue, beats(tmp_path / "song.flac"))
    schedule(catalogue)
    track = stored_track(catalogue)
    assert track is not None
    heard = {round(onset.at_s, 6) for onset in track.onsets_until(60)}
    begin_s = 0.0
    for name in ("one", "two"):
        stored = read_schedule(catalogue, name)
        assert stored is not None
        assert {round(begin_s + row.start_s, 6) for row in stored.rows if row.start_s} <= heard
        begin_s += stored.duration_s
        assert round(begin_s, 6) in heard


def test_the_liveliest_music_beside_the_sources_is_taken(catalogue: Catalogue, tmp_path: Path) -> None:
    drums(tmp_path / "archive/music/slow.flac", [(0.5, 1.0), (1.5, 1.0)], 3)
    beats(tmp_path / "archive/music/fast.flac", 3)
    (tmp_path / "archive/music/broken.mp3").write_bytes(b"no sound")
    (tmp_path / "archive/videos").mkdir()
    schedule(catalogue)
    file = track_file(catalogue)
    assert file is not None
    assert (
        hashlib.sha256(file.read_bytes()).digest()
        == hashlib.sha256((tmp_path / "archive/music/fast.flac").read_bytes()).digest()
    )
    assert "of 2 it has the most onsets" in why_this_track(catalogue)
    assert failures(catalogue) == {"music: broken.mp3": "is not a sound that FFmpeg can read"}


def test_names_in_any_bytes_are_told_of(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/archive/music\n\xff"))
    for (base,) in catalogue.connection.execute("SELECT base FROM sources").fetchall():
        path = os.fsencode(folder / "videos" / f"{base}.mov")
        catalogue.connection.execute("UPDATE sources SET path = ? WHERE base = ?", (path, base))
    beats(folder / "music" / "song.flac")
    (folder / "music" / os.fsdecode(b"\xff\x1b[31m.mp3")).write_bytes(b"no sound")
    schedule(catalogue)
    assert "/archive/music?\N{REPLACEMENT CHARACTER}/music, beside the sources" in why_this_track(catalogue)
    assert failures(catalogue).keys() == {"music: \N{REPLACEMENT CHARACTER}?[31m.mp3"}
    set_track(catalogue, beats(folder / "b.flac").rename(folder / os.fsdecode(b"song.\xff")))
    file = track_file(catalogue)
    assert file is not None
    assert file.name == "track"


def test_silence_by_choice_stays(catalogue: Catalogue, tmp_path: Path) -> None:
    beats(tmp_path / "archive/videos/song.flac")
    set_track(catalogue, None)
    schedule(catalogue)
    assert stored_track(catalogue) is None
    assert not list(catalogue.folder.glob("track*"))


def test_what_is_no_sound_is_refused_and_the_music_stays(catalogue: Catalogue, tmp_path: Path) -> None:
    set_track(catalogue, beats(tmp_path / "song.flac"))
    (tmp_path / "notes.mp3").write_text("no sound")
    with pytest.raises(SourceError, match="is not a sound"):
        set_track(catalogue, tmp_path / "notes.mp3")
    file = track_file(catalogue)
    assert file is not None
    assert file.name == "track.flac"


def test_music_that_a_person_put_in_place_is_heard_and_not_written_over(catalogue: Catalogue, tmp_path: Path) -> None:
    set_track(catalogue, beats(tmp_path / "song.flac"))
    schedule(catalogue)
    own = drums(tmp_path / "own.flac", [(0.3 * n, 1.0) for n in range(10)], 3).read_bytes()
    (catalogue.folder / "track.flac").write_bytes(own)
    schedule(catalogue)
    track = stored_track(catalogue)
    assert track is not None
    assert track.duration_s == pytest.approx(3)
    set_track(catalogue, beats(tmp_path / "third.flac", 5))
    assert (catalogue.folder / "track.flac").read_bytes() == own
    file = track_file(catalogue)
    assert file is not None
    assert file.name == "track.new.flac"


def test_the_shows_own_onsets_decide_where_cuts_may_fall(catalogue: Catalogue, tmp_path: Path) -> None:
    set_track(catalogue, beats(tmp_path / "song.flac"))
    strict = STYLE.model_copy(update={"show": {**STYLE.show, "onsets": {"min_gap_s": 1.0}}})
    run(catalogue, ScheduleStep(strict))
    track = stored_track(catalogue)
    assert track is not None
    assert len(track.onsets) == 4


# Pictures


def test_the_picture_shows_each_clips_thumbnail(catalogue: Catalogue) -> None:
    thumbnails(catalogue.folder, some_clips(12))
    schedule(catalogue)
    stored = read_schedule(catalogue, "one")
    assert stored is not None
    colours = {clip.slug: clip.colours[0][1] for clip in some_clips(12)}
    with Image.open(catalogue.folder / PICTURE) as picture:
        assert picture.width == 1920
        shown = {pixel for _, pixel in picture.getcolors(2**24) or ()}
    for row in stored.rows:
        wanted = tuple(int(colours[row.clip or ""][at : at + 2], 16) for at in (1, 3, 5))
        assert min(sum(abs(a - b) for a, b in zip(wanted, pixel, strict=True)) for pixel in shown) <= 12  # JPEG


def test_pictures_are_drawn_of_what_is_damaged_long_or_empty(catalogue: Catalogue, tmp_path: Path) -> None:
    for slug in SLUGS:
        (catalogue.folder / "thumbnails" / f"{slug}.jpg").write_bytes(b"\xff\xd8 broken")
    long = STYLE.movements[0].model_copy(
        update={"schedule": STYLE.movements[0].schedule.model_copy(update={"duration_s": 900.0})}
    )
    set_track(catalogue, beats(tmp_path / "song.flac"))
    run(catalogue, ScheduleStep(STYLE.model_copy(update={"movements": (long,)})))
    with Image.open(catalogue.folder / PICTURE) as picture:
        assert picture.height <= 12_100
    with Catalogue(tmp_path / "empty") as empty:
        run(empty, AssignStep(STYLE), ScheduleStep(STYLE))
        stored = read_schedule(empty, "one")
        assert stored is not None
        assert [(row.clip, row.duration_s) for row in stored.rows if row.layer == "base"] == [(None, 1.0)] * 6
        assert (empty.folder / PICTURE).is_file()


def test_the_page_escapes_what_files_and_models_say(catalogue: Catalogue) -> None:
    evil = "<script>alert(1)</script>\"'&"
    catalogue.connection.execute("UPDATE assignments SET why = ? WHERE movement = 'one'", (evil,))
    schedule(catalogue)
    page = (catalogue.folder / PAGE).read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;" in page
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page


# Places in clips


def test_a_clips_own_loop_and_handles_bound_what_is_shown(tmp_path: Path) -> None:
    style = STYLE.model_copy(update={"movements": STYLE.movements[:1]})
    specs = [
        ClipSpec("loops", frames=20, handles=(10, 10), loop=(5, 17), measures={"loop_quality": 0.95}),
        ClipSpec("ends", frames=20, handles=(10, 10), measures={"loop_quality": 0.1}),
    ]
    with Catalogue(tmp_path / "library") as catalogue:
        fill(catalogue, specs, tmp_path)
        run(catalogue, AssignStep(style), ScheduleStep(style))
        stored = read_schedule(catalogue, "one")
    assert stored is not None
    found = {row.clip: (row.in_s, row.out_s) for row in stored.rows if row.layer == "base"}
    assert found == {"loops": (0.6, 1.08), "ends": (0.4, 1.2)}


def test_a_row_begins_on_a_sound_of_its_clip_where_one_is_near(tmp_path: Path) -> None:
    style = STYLE.model_copy(update={"movements": STYLE.movements[:1]})
    onsets_s = tuple(round(0.4 * n + 0.05, 2) for n in range(48))
    with Catalogue(tmp_path / "library") as catalogue:
        fill(catalogue, [ClipSpec("loud", frames=500, onsets_s=onsets_s)], tmp_path)
        run(catalogue, AssignStep(style), ScheduleStep(style))
        stored = read_schedule(catalogue, "one")
    assert stored is not None
    places = [row.in_s for row in stored.rows if row.layer == "base"]
    assert len(set(places)) == len(places) == 6
    assert set(places) <= set(onsets_s)


def test_pinned_clips_are_shown_where_they_were_pinned(catalogue: Catalogue) -> None:
    for slug in SLUGS:
        insert(catalogue, "placements", {"slug": slug, "movement": "two" if slug < "s2" else "one", "kind": "pin"})
    run(catalogue, AssignStep(STYLE))
    schedule(catalogue)
    for name in ("one", "two"):
        stored = read_schedule(catalogue, name)
        assert stored is not None
        assert {row.clip for row in stored.rows if row.clip and (row.clip < "s2") != (name == "two")} == set()


def test_rows_that_were_written_read_back_alike(catalogue: Catalogue, tmp_path: Path) -> None:
    schedule(catalogue)
    stored = read_schedule(catalogue, "two")
    assert stored is not None
    write_movement_csv(tmp_path / "again.csv", stored.rows)
    assert (tmp_path / "again.csv").read_bytes() == csv(catalogue, "two").read_bytes()
