"""The step `emit`: a show that plays, a person's show left alone, and a report that tells and escapes everything."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from engine.errors import ShowError
from engine.formats.show_yaml import read_show
from preprocess.assign.step import AssignStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import put_text
from preprocess.catalogue.values import Text
from preprocess.emit.facts import gather
from preprocess.emit.page import page
from preprocess.emit.report import Done, print_report, run_report
from preprocess.emit.step import EmitStep
from preprocess.emit.steps import steps
from preprocess.encode.step import EncodeStep
from preprocess.schedule.step import ScheduleStep
from preprocess.sources import Found
from preprocess.style.model import Style
from preprocess.style.read import default_style, style_of
from preprocess.track.library import set_track
from tests.encode_support import add_footage, add_fragment, do

HOSTILE = "<script>alert('x')</script>\n[bold]&"


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "library") as opened:
        set_track(opened, None)
        yield opened


def filled(catalogue: Catalogue, style: Style | None = None) -> None:
    """A library of ten clips, assigned and scheduled."""
    chance = np.random.default_rng(1)
    names = ("brightness", "motion", "saturation", "detail", "skin", "straight_lines", "people_share")
    for base in ("lake", "tape"):
        add_footage(catalogue, base, 50)
        for number in range(5):
            measures: dict[str, Any] = {name: float(chance.random()) for name in names}
            begin = number * 10
            add_fragment(catalogue, f"{base}-{number + 1:02d}", base, begin, begin + 10, **measures)
    style = style or default_style()
    do(catalogue, EncodeStep(style))
    for step in (AssignStep(style), ScheduleStep(style), EmitStep(style)):
        step.run(catalogue, lambda done, total: None)


def emit(catalogue: Catalogue, style: Style | None = None) -> None:
    EmitStep(style or default_style()).run(catalogue, lambda done, total: None)


def test_the_show_is_whole_and_keeps_the_words_of_its_style(catalogue: Catalogue) -> None:
    filled(catalogue)
    loaded = read_show(catalogue.folder / "show.yaml")
    assert [movement.name for movement in loaded.show.movements] == [m.name for m in default_style().movements]
    assert loaded.show.seed == 1
    text = (catalogue.folder / "show.yaml").read_text()
    assert "# A second clip shines through" in text, "comments of the style stay"
    accent = loaded.show.movements[2].layers["accent"]
    assert accent.clips, "a layer without a schedule plays the movement's best"
    assert not list(catalogue.folder.glob(".show*"))


STYLE = """version: 1
{before}show:
  # mine
  layers: [{{name: base}}]{odd}
# about the movements
movements: [{{name: one}}]
"""


@pytest.mark.parametrize(
    ("before", "odd", "kept"),
    [
        ("", "", True),
        ("", "\n # less far in", False),
        ("title: &t Here\n", "\n  onsets: {source: track}", True),
    ],
)
def test_a_style_in_any_layout_gives_a_show_that_reads(catalogue: Catalogue, before: str, odd: str, kept: bool) -> None:
    (catalogue.folder / "style.yaml").write_text(STYLE.format(before=before, odd=odd))
    style = style_of(catalogue.folder)
    filled(catalogue, style)
    text = (catalogue.folder / "show.yaml").read_text()
    assert ("# mine" in text) == kept
    assert [layer.name for layer in read_show(catalogue.folder / "show.yaml").show.layers] == ["base"]


def test_emitting_again_changes_nothing(catalogue: Catalogue) -> None:
    filled(catalogue)
    names = ("show.yaml", "reports/run.html", "reports/run.json")
    before = [(catalogue.folder / name).stat().st_mtime_ns for name in names]
    step = EmitStep(default_style())
    inputs = step.inputs(catalogue)
    step.run(catalogue, lambda done, total: None)
    assert [(catalogue.folder / name).stat().st_mtime_ns for name in names] == before
    assert step.inputs(catalogue) == inputs


def test_an_edited_show_is_left_alone_and_the_new_one_stands_beside(catalogue: Catalogue) -> None:
    filled(catalogue)
    show = catalogue.folder / "show.yaml"
    mine = show.read_text().replace('title: "library"', 'title: "Mine"')
    show.write_text(mine)
    emit(catalogue)
    assert show.read_text() == mine
    assert not (catalogue.folder / "show.new.yaml").exists(), "this very show was proposed before the edit"
    emit(catalogue, default_style().model_copy(update={"title": "Another"}))
    assert show.read_text() == mine
    assert 'title: "Another"' in (catalogue.folder / "show.new.yaml").read_text()
    read_show(catalogue.folder / "show.new.yaml")
    assert gather(catalogue, default_style())["edited_by_hand"] == ["show.yaml"]


def test_a_style_that_makes_no_sound_show_writes_none(catalogue: Catalogue) -> None:
    filled(catalogue)
    before = (catalogue.folder / "show.yaml").read_bytes()
    show = {**default_style().show, "layers": [{"name": "base", "blend": "nonesuch"}, {"name": "echo"}]}
    with pytest.raises(ShowError) as caught:
        emit(catalogue, default_style().model_copy(update={"show": show}))
    assert any("nonesuch" in problem.what for problem in caught.value.problems)
    assert caught.value.problems[0].file.endswith("/show.yaml")
    assert (catalogue.folder / "show.yaml").read_bytes() == before


def test_a_library_without_clips_tells_so(catalogue: Catalogue) -> None:
    emit(catalogue)
    assert not (catalogue.folder / "show.yaml").exists()
    facts = json.loads((catalogue.folder / "reports" / "run.json").read_text())
    assert facts["show"] is None
    assert facts["failures"][0]["step"] == "emit"
    assert "No show was written" in (catalogue.folder / "reports" / "run.html").read_text()


def test_a_movement_without_clips_is_left_out_of_the_show(catalogue: Catalogue) -> None:
    filled(catalogue)
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM schedules WHERE movement = 'people'")
    emit(catalogue)
    names = [movement.name for movement in read_show(catalogue.folder / "show.yaml").show.movements]
    assert names == ["orientation", "elemental", "built", "blur"]


def test_the_report_counts_and_names_what_became_of_everything(catalogue: Catalogue) -> None:
    filled(catalogue)
    add_footage(catalogue, "night", 12)
    add_fragment(catalogue, "night", "night", 0, 12, black=True)
    add_fragment(catalogue, "tape-09", "tape", 40, 50)
    do(catalogue, EncodeStep(default_style()))
    catalogue.fail("caption", "lake-01", "no words", "say something")
    with catalogue.transaction() as connection:
        connection.execute("INSERT INTO duplicates VALUES ('tape-02', 'tape-01', 3, 'near')")
        connection.execute("UPDATE sources SET verdict = 'quarantined', reason = 'broken' WHERE base = 'lake'")
        connection.execute("UPDATE sources SET verdict = 'sound' WHERE base = 'night'")
    emit(catalogue)
    facts = json.loads((catalogue.folder / "reports" / "run.json").read_text())
    assert facts["counts"]["quarantined"] == 1
    assert facts["counts"]["clips"] == 12
    assert {one["clip"]: one["why"] for one in facts["left_out"]} == {
        "night": "black",
        "tape-02": "nearly repeats tape-01",
    }
    assert facts["unplaced"] == ["tape-09"]
    night = next(source for source in facts["sources"] if source["base"] == "night")
    assert (night["verdict"], night["reason"]) == ("flagged", "black: left out of the schedule")
    assert {"step": "caption", "item": "lake-01", "reason": "no words", "mend": "say something"} in facts["failures"]
    counts = {one["step"]: (one["taken"], one["made"]) for one in facts["steps"]}
    assert counts["encode"] == (12, 12)
    assert counts["compare"] == (12, 11)
    clips = catalogue.library.clips()
    assert facts["disk"]["clips"] == sum(stored.byte_count for stored in clips)
    assert facts["disk"]["by_codec"]["mjpeg"]["clips"] == 12
    rate = max(stored.byte_count / stored.clip.duration_s for stored in clips)
    assert rate <= facts["stage"]["most_bytes_a_second"] <= 3 * rate + 1
    assert sum(len(movement["clips"]) for movement in facts["movements"]) >= 10
    assert all(clip["why"] for movement in facts["movements"] for clip in movement["clips"])


def test_a_persons_schedule_plays_on_where_a_clip_of_it_is_gone(catalogue: Catalogue) -> None:
    filled(catalogue)
    show = catalogue.folder / "show.yaml"
    first = read_show(show).movements[0]
    gone = next(row.clip for row in first.schedule.rows if row.clip)
    own = catalogue.folder / "schedules" / f"{first.name}.csv"
    written = own.read_bytes()
    with catalogue.transaction() as connection:
        connection.execute("UPDATE schedules SET origin = 'person'")
        catalogue.library.drop_clips([gone])
    emit(catalogue)
    plays = read_show(show).movements[0].schedule.rows
    assert own.read_bytes() == written
    assert [row.clip for row in plays] == [None if row.clip == gone else row.clip for row in first.schedule.rows]
    told = catalogue.connection.execute("SELECT reason FROM failures WHERE step = 'emit'").fetchall()
    assert any(f"no clip {gone}" in row["reason"] for row in told)


def test_what_is_retired_is_counted_in_no_step(catalogue: Catalogue) -> None:
    before = steps(catalogue)
    with catalogue.transaction() as connection:
        connection.execute("UPDATE fragments SET retired = 1 WHERE slug = 'tape-02'")
    of_fragments = ("analyze", "encode", "compare", "caption", "describe", "embed")
    for one, other in zip(before, steps(catalogue), strict=True):
        if one["step"] in of_fragments and one["made"]:
            assert (other["taken"], other["made"]) == (one["taken"] - 1, one["made"] - 1), one["step"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]


def test_captions_and_file_names_stay_text_wherever_they_are_shown(catalogue: Catalogue) -> None:
    filled(catalogue)
    put_text(catalogue, Text("lake-01", "caption", HOSTILE, "blip2"))
    with catalogue.transaction() as connection:
        connection.execute("UPDATE sources SET reason = ?", (HOSTILE,))
        connection.execute("UPDATE sources SET path = ? WHERE base = 'lake'", (b"/x/<img src=y>\n\xff.mov",))
        connection.execute("UPDATE assignments SET why = ?", (HOSTILE,))
    facts = gather(catalogue, default_style())
    shown = _Tags()
    shown.feed(page(facts))
    assert "script" not in shown.tags
    assert all(re.fullmatch(r"\.\./thumbnails/[a-z0-9_-]+\.jpg", source) for source in shown.sources)
    console = Console(record=True, width=200, file=io.StringIO())
    print_report(run_report(catalogue, Found((), (), ()), Done({}, {}, [], 1.0)), console)
    assert "[bold]" in console.export_text()
