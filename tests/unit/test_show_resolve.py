"""What a show means once it is resolved: merged layers, the clips of each, durations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import Problem
from engine.formats.show_resolve import Surroundings
from engine.model.world import LoadedShow
from tests.show_support import BLENDS, CLIPS, WHOLE, clip, load, surroundings, write_schedule

BARE = """library: clips
layers:
  - name: base
  - name: echo
movements:
  - name: one
    duration_s: 5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_schedule(tmp_path)
    return tmp_path


def resolved(text: str, folder: Path, around: Surroundings | None = None) -> LoadedShow:
    loaded, problems = load(text, folder, around)
    assert loaded is not None, "\n".join(map(str, problems))
    return loaded


def only_problem(text: str, folder: Path, around: Surroundings | None = None) -> Problem:
    loaded, problems = load(text, folder, around)
    assert loaded is None
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def test_a_movement_says_differently_only_what_it_says(folder: Path) -> None:
    first, second = resolved(WHOLE, folder).movements
    echo = next(layer for layer in first.layers if layer.name == "echo")
    assert (echo.opacity, echo.blend, echo.in_s) == (0.25, "screen", 0.25)
    assert (echo.transform.x, echo.transform.scale) == (0.1, 0.5)
    places = {f"/layer/echo/{what}" for what in ("opacity", "x", "y", "scale", "rotation")}
    assert first.stated == places | {"/movement/effect"}
    assert second.stated == {"/movement/effect"}
    assert [layer.name for layer in first.layers] == ["base", "echo"]


def test_a_hidden_layer_is_left_out_of_its_movement_but_keeps_its_clips(folder: Path) -> None:
    loaded = resolved(WHOLE, folder)
    assert [layer.name for layer in loaded.movements[1].layers] == ["base"]
    assert loaded.layer_clips["second", "echo"] == ("fire-1", "fire-2", "wall")


def test_a_key_written_without_a_value_in_a_movement_says_nothing(folder: Path) -> None:
    text = BARE + "    layers:\n      echo:\n        opacity:\n        on_onset: {every: 3}\n"
    movement = resolved(text, folder).movements[0]
    assert movement.stated == {"/layer/echo/on_onset", "/movement/effect"}
    assert (movement.layers[1].opacity, movement.layers[1].on_onset.action) == (1, "none")


@pytest.mark.parametrize(
    ("written", "slugs"),
    [
        ("", ("fire-1", "fire-2", "river", "wall")),
        ("clips: [wall, 'fire*', fire-1]", ("wall", "fire-1", "fire-2")),
        ("clips: ['*']", ("fire-1", "fire-2", "river", "wall")),
        ("clips: ['fire-[!1]', '?all']", ("fire-2", "wall")),
    ],
)
def test_slugs_come_in_the_order_written_and_patterns_sorted(
    folder: Path, written: str, slugs: tuple[str, ...]
) -> None:
    loaded = resolved(BARE.replace("- name: echo\n", f"- name: echo\n    {written}\n"), folder)
    assert loaded.layer_clips["one", "echo"] == slugs


def test_a_scheduled_layer_chooses_among_its_rows_clips(folder: Path) -> None:
    loaded = resolved(BARE + "    schedule: first.csv\n", folder)
    assert loaded.layer_clips["one", "base"] == ("fire-1", "river")
    assert loaded.layer_clips["one", "echo"] == tuple(CLIPS)
    around = replace(surroundings(), sources={"base": clip("layer-base", 40)})
    with_source = BARE.replace("- name: base\n", "- name: base\n    source: x.mov\n") + "    schedule: first.csv\n"
    assert resolved(with_source, folder, around).layer_clips["one", "base"] == ("fire-1", "river")
    with_clips = BARE.replace("- name: base\n", "- name: base\n    clips: [wall]\n") + "    schedule: first.csv\n"
    assert resolved(with_clips, folder).layer_clips["one", "base"] == ("wall",)


def test_the_movements_duration_wins_over_its_schedules(folder: Path) -> None:
    scheduled = BARE.replace("duration_s: 5", "schedule: first.csv")
    assert resolved(scheduled, folder).movements[0].duration_s == 1 + 2 + 4
    both = resolved(BARE + "    schedule: first.csv\n", folder).movements[0]
    assert both.duration_s == 5
    assert both.schedule.duration_s == 7  # cut by the movement's end, not changed
    assert resolved(WHOLE, folder).duration_s == 7 + 8


def test_a_layers_own_source_is_a_clip_of_its_own(folder: Path) -> None:
    around = replace(surroundings(), sources={"echo": clip("layer-echo", 40)})
    text = BARE.replace("- name: echo\n", "- name: echo\n    source: x.mov\n")
    loaded = resolved(text, folder, around)
    assert loaded.layer_clips["one", "echo"] == ("layer-echo",)
    assert set(loaded.clips) == {*CLIPS, "layer-echo"}
    assert loaded.layer_clips["one", "base"] == tuple(CLIPS)  # a source is not a clip of the library
    chosen = resolved(text + "    layers: {echo: {clips: [wall]}}\n", folder, around)
    assert chosen.layer_clips["one", "echo"] == ("wall",)
    assert chosen.movements[0].layers[1].source is None


def test_a_show_without_a_library_needs_sources(folder: Path) -> None:
    around = Surroundings({}, {"base": clip("layer-base", 40)}, BLENDS)
    text = BARE.replace("library: clips\n", "").replace("- name: base\n", "- name: base\n    source: x.mov\n")
    problem = only_problem(text, folder, around)
    assert (problem.line, problem.what) == (4, "has nothing to show")
    assert resolved(text.replace("  - name: echo\n", ""), folder, around).layer_clips["one", "base"] == ("layer-base",)
    named = only_problem(text.replace("- name: echo\n", "- name: echo\n    clips: [wall]\n"), folder, around)
    assert (named.line, named.what) == (5, "names clips, and the show has no library")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("- name: echo", "- name: base", 4, "base is the name of two layers (rename one; the other is on line 3)"),
        ("duration_s: 5", "transition_s: 5", 6, "has no duration"),
        ("duration_s: 5", "schedule: ../first.csv", 7, "must lie in the show's folder"),
        ("duration_s: 5", "schedule: /etc/hosts", 7, "must lie in the show's folder"),
        ("duration_s: 5", "schedule: .", 7, ". is not a file"),
        ("- name: echo", "- name: echo\n    in_s: 9\n    clips: [river, wall]", 5, "9 is past the end of wall (3 s)"),
        ("- name: echo", "- name: echo\n    in_s: 11", 5, "11 is past the end of"),
        ("- name: echo", "- name: echo\n    source: x.mov\n    clips: [wall]", 6, "cannot stand beside source"),
        ("duration_s: 5", "duration_s: 5\n    layers: {ehco: {}}", 8, "did you mean echo?"),
        ("duration_s: 5", "duration_s: 5\n    layers: {echo: {blend: ad}}", 8, "did you mean add?"),
        ("duration_s: 5", "duration_s: 5\n    layers:\n      echo:\n        clips: [wal]", 10, "did you mean wall?"),
        ("duration_s: 5", "duration_s: 5\n    layers:\n      echo: {out_s: 0}", 9, "must be before out_s 0"),
        ("movements:", "bindings: [{key: a, to: /layer/echo/clip/wal}]\nmovements:", 5, "did you mean wall?"),
        ("movements:", "bindings: [{key: a, to: /layer/echo/opacity, range: [0, 2]}]\nmovements:", 5, "takes 0 to 1"),
        ("movements:", "bindings: [{key: a, to: /master/fade, value: -1}]\nmovements:", 5, "takes 0 to 1"),
        ("movements:", "bindings: [{key: a, scrub: /master}]\nmovements:", 5, "/master cannot be scrubbed"),
        ("movements:", "track: {file: no.wav}\nmovements:", 5, "no.wav does not exist"),
        ("movements:", "track: {file: .}\nmovements:", 5, ". is not a file"),
    ],
)
def test_each_mistake_has_its_line(folder: Path, old: str, new: str, line: int, said: str) -> None:
    problem = only_problem(BARE.replace(old, new), folder)
    assert problem.line == line
    assert said in str(problem)


def test_a_pattern_may_catch_a_clip_shorter_than_the_in_point(folder: Path) -> None:
    text = BARE.replace("- name: echo\n", "- name: echo\n    in_s: 3\n    clips: ['fire*']\n")
    assert resolved(text, folder).layer_clips["one", "echo"] == ("fire-1", "fire-2")


def test_a_clip_path_of_the_tree_may_be_bound(folder: Path) -> None:
    resolved(
        "bindings: [{key: a, to: /layer/echo/clip/wall}, {key: b, to: /layer/echo/jump, value: 5}]\n" + BARE, folder
    )


def test_an_unknown_library_hides_no_other_mistake_and_makes_none_up(folder: Path) -> None:
    write_schedule(folder, "order,clip,duration_s,layer\n1,anything,x,base\n")
    text = BARE.replace("- name: echo", "- name: echo\n    clips: [anything]") + "    schedule: first.csv\n"
    bound = "bindings: [{key: a, to: /layer/echo/clip/anything}, {key: a, to: /layer/ehco/opacity}]\n"
    _, problems = load(text + bound, folder, Surroundings(None, {}, BLENDS))
    assert [(Path(problem.file).name, problem.line) for problem in problems] == [("first.csv", 2), ("show.yaml", 10)]


def test_an_empty_library_is_said_once(folder: Path) -> None:
    problem = only_problem(BARE, folder, Surroundings({}, {}, BLENDS))
    assert (problem.line, problem.what) == (1, "has no clips")


def test_a_layer_whose_name_is_wrong_makes_no_other_name_unknown(folder: Path) -> None:
    text = BARE.replace("- name: echo", "- name: Echo") + "    layers: {echo: {}}\n"
    assert only_problem(text, folder).path == "layers.1.name"


def test_a_schedule_of_two_movements_is_read_once(folder: Path) -> None:
    write_schedule(folder, "order,clip,layer\n1,nothing,base\n")
    text = BARE + "    schedule: first.csv\n  - name: two\n    schedule: first.csv\n"
    assert only_problem(text, folder).path == "clip"


def test_a_link_out_of_the_folder_is_not_inside(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    write_schedule(outside)
    (folder / "link.csv").symlink_to(outside / "first.csv")
    (folder / "circle.csv").symlink_to("circle.csv")
    for name in ("link.csv", "circle.csv"):
        problem = only_problem(BARE.replace("duration_s: 5", f"schedule: {name}"), folder)
        assert problem.path == "movements.0.schedule"


def test_a_show_that_was_found_whole_refers_only_to_what_it_has(folder: Path) -> None:
    loaded = resolved(WHOLE, folder)
    clips: Mapping[str, object] = loaded.clips
    for slugs in loaded.layer_clips.values():
        assert all(slug in clips for slug in slugs)
    assert all(row.clip is None or row.clip in clips for row in loaded.movements[0].schedule.rows)
