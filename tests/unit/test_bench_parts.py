"""The arithmetic of the bench: what counts as ready, what a show asks, what is held to a bar. No time is measured."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.formats.movement_csv import read_movement_csv
from engine.model.clips import Clip, FrameTable
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Missing, Picture
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame
from tests.support import need_program
from tests.world_support import clip, rows, world
from tools.bench import cold, pacer
from tools.bench.demand import clips_of, moments
from tools.bench.disk import Disk, cold_reads
from tools.bench.fader import Watch, hand, once
from tools.bench.measuring import Case, Collections, collector_set_aside, percentile, ratio, without_bars
from tools.bench.pacer import CPacer
from tools.bench.rows import Bar, Row
from tools.bench.scrub import longer
from tools.bench.shows import schedule_of
from tools.bench.stage import Costs, Seeks, clip_rows, load_rows, loads, verdict

TICK_HZ = 50.0


# Samples and rows


def test_nothing_measured_is_no_value() -> None:
    assert percentile([], 99) is None
    assert ratio(None, 2.0) is None
    assert ratio(2.0, 0.0) is None
    assert [row.value for row in Case("suite", "case").spread("wait", [], "ms")] == [None, None, None]


def test_a_spread_is_the_median_the_99th_percentile_and_the_worst() -> None:
    found = list(Case("suite", "case").spread("wait", [float(value) for value in range(101)], "ms"))
    assert {row.case for row in found} == {"case: wait"}
    assert [(row.figure, row.value) for row in found] == [("p50", 50), ("p99", 99), ("worst", 100)]


def test_a_trial_is_held_to_no_bar() -> None:
    (row,) = without_bars([Row("suite", "case", "figure", 3.0, "ms", Bar("≤", 2))])
    assert (row.value, row.bar, row.met) == (3.0, None, None)


def test_the_collector_runs_again_after_a_measurement_that_failed() -> None:
    def fail() -> None:
        with collector_set_aside():
            assert not gc.isenabled()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_every_run_of_the_collector_is_counted() -> None:
    gc.disable()
    try:
        with Collections() as seen:
            gc.collect()
            gc.collect()
        gc.collect()
    finally:
        gc.enable()
    assert seen.count == 2


# Faders


@given(st.floats(0.5, 600), st.floats(0, 1))
def test_a_fader_stays_on_its_way(duration_s: float, share: float) -> None:
    for motion in (hand(duration_s), once(duration_s)):
        assert 0 <= motion(share * duration_s) <= 1


def test_once_goes_from_end_to_end() -> None:
    assert [once(4.0)(at_s) for at_s in (0.0, 2.0, 4.0)] == [0.0, 0.5, 1.0]


@dataclass
class Desk:
    """A watch over a clip of 11 frames, whose clock and frames the test sets: the fader at 0.3 asks for frame 3."""

    now_s: float = 0.0
    held: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.sent: list[tuple[float, float]] = []
        self.watch = Watch(self.sent, 11, lambda: self.now_s)
        self._ask = self.watch.between(self._found)
        self._index = 0

    def fader(self, at_s: float, index: int) -> None:
        self.sent.append((at_s, index / 10))
        self._index = index

    def decoded(self, index: int, took_s: float) -> None:
        self.held.add(index)
        self.watch._reads.append((FrameRef("clip", index), 0.0, took_s))

    def tick(self, at_s: float) -> None:
        self.now_s = at_s
        shown = ShownFrame(FrameRef("clip", self._index))
        self._ask(FramePlan(at_s, (MovementPlan("one", at_s, (LayerPlan("base", shown),)),)))

    def _found(self, plan: FramePlan) -> Mapping[FrameRef, Lookup]:
        picture = Picture(FrameRef("clip", 0), 4, 4, Layout.GRAY, (np.zeros((4, 4), np.uint8),))
        return {ref: Hit(picture) if ref.index in self.held else Missing() for ref in plan.refs()}


def test_a_frame_is_waited_for_from_the_event_that_came_to_it_until_the_tick_that_has_it() -> None:
    desk = Desk()
    desk.fader(0.001, 3)
    desk.tick(0.002)
    desk.fader(0.003, 3)  # another event on the same frame begins no new visit
    desk.tick(0.004)
    assert desk.watch.waited_ms == []
    desk.decoded(3, took_s=0.004)
    desk.tick(0.009)
    assert desk.watch.waited_ms == pytest.approx([8.0])
    assert desk.watch.beside_ms == pytest.approx([4.0])
    assert desk.watch.decode_ms == pytest.approx([4.0])
    desk.tick(0.010)
    assert (len(desk.watch.waited_ms), desk.watch.visits, desk.watch.ready_before) == (1, 1, 0)


def test_a_frame_that_was_held_when_the_fader_came_was_not_waited_for() -> None:
    desk = Desk(held={5})
    desk.fader(0.001, 5)
    desk.tick(0.002)
    assert (desk.watch.waited_ms, desk.watch.ready_before) == ([], 1)


def test_a_frame_decoded_after_the_fader_has_moved_on_counts_until_a_later_one_is_ready() -> None:
    desk = Desk()
    desk.fader(0.001, 3)
    desk.tick(0.001)
    desk.fader(0.005, 4)
    desk.decoded(3, took_s=0.002)
    desk.tick(0.006)
    assert desk.watch.waited_ms == pytest.approx([5.0])  # nobody was there before it
    desk.fader(0.007, 6)
    desk.tick(0.007)
    desk.decoded(6, took_s=0.001)
    desk.tick(0.008)
    desk.decoded(4, took_s=0.001)  # overtaken by 6
    desk.tick(0.009)
    assert desk.watch.waited_ms == pytest.approx([5.0, 1.0])
    assert len(desk.watch.decode_ms) == 3


def test_a_frame_that_the_fader_comes_back_to_is_a_visit_of_its_own() -> None:
    desk = Desk()
    for at_s, index in ((0.001, 3), (0.002, 4), (0.003, 3)):
        desk.fader(at_s, index)
    desk.tick(0.004)
    desk.decoded(3, took_s=0.001)
    desk.tick(0.006)
    assert desk.watch.visits == 3
    assert desk.watch.waited_ms == pytest.approx([3.0])  # from the second visit on


# Clips and shows for measuring


def test_a_longer_clip_leads_to_the_stored_frames_over_and_over() -> None:
    stored = _tabled("a", [10, 20, 30])
    table = longer(stored, 8).table
    assert table is not None
    assert table.lengths.tolist() == [10, 20, 30, 10, 20, 30, 10, 20]
    assert table.offsets.tolist() == [0, 10, 30, 0, 10, 30, 0, 10]


def test_a_schedule_gives_every_layer_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "bench.csv"
    file.write_text(schedule_of(["low", "high"], ["a", "b"], rows=3, row_s=2.0, fade_s=0.5), encoding="utf-8")
    schedule, problems = read_movement_csv(file, {"a": clip("a"), "b": clip("b")}, ["low", "high"])
    assert problems == []
    assert {layer: [row.clip for row in found] for layer, found in schedule.by_layer.items()} == {
        "low": ["a", "b", "a"],
        "high": ["b", "a", "b"],
    }
    assert [row.transition_s for row in schedule.by_layer["low"]] == [0.0, 0.5, 0.0]


# What a show asks


def _tabled(slug: str, lengths: Sequence[int]) -> Clip:
    sizes = np.array(lengths, np.uint32)
    table = FrameTable((np.cumsum(sizes) - sizes).astype(np.uint64), sizes)
    return replace(clip(slug, frames=len(lengths)), table=table)


def test_both_clips_of_a_fade_play_at_once() -> None:
    schedule = [*rows("low", ("a", 4.0), ("b", 4.0), transition_s=1.0), *rows("high", (None, 2.0), ("c", 6.0))]
    made = world(
        clips=[clip("a"), clip("b"), clip("c")],
        layers=({"name": "low"}, {"name": "high"}),
        movements=(("one", 8.0, schedule),),
    )
    found = {
        moment.position_s: [one.slug for layer in moment.layers for one in layer.clips]
        for moment in moments(made.loaded)
    }
    assert found == {0.0: ["a"], 2.0: ["a", "c"], 4.0: ["b", "a", "c"], 5.0: ["b", "c"]}


def test_a_layer_without_a_schedule_may_play_any_of_its_clips_and_a_hidden_one_none() -> None:
    made = world(
        clips=[clip("a"), clip("b"), clip("c")],
        layers=({"name": "free"}, {"name": "dark", "opacity": 0.0}),
        layer_clips={"free": ("a", "b"), "dark": ("c",)},
    )
    assert list(clips_of(made.loaded)) == ["a", "b"]
    (moment,) = moments(made.loaded)
    costs = {"a": 1.0, "b": 5.0}
    assert moment.total(lambda one, _: costs[one.slug], TICK_HZ) == 5.0


def test_the_movement_before_plays_on_while_the_next_one_fades_in() -> None:
    made = world(
        clips=[clip("a"), clip("b")],
        movements=(("one", 3.0, rows("base", ("a", 3.0))), ("two", 3.0, rows("base", ("b", 3.0)))),
        transition_s=1.0,
    )
    first, second = moments(made.loaded)
    assert [one.slug for layer in first.layers for one in layer.clips] == ["a"]
    assert [one.slug for layer in second.layers for one in layer.clips] == ["a", "b"]
    assert (second.position_s, second.show_s) == (0.0, 3.0)


@pytest.mark.parametrize(
    ("settings", "frames_a_s"),
    [
        ({}, 25.0),
        ({"speed": -0.5}, 12.5),
        ({"speed": 0.0}, 0.0),
        ({"speed": 8.0}, TICK_HZ),
        ({"speed": 8.0, "interpolation": "blend"}, 2 * TICK_HZ),
    ],
)
def test_no_more_frames_are_read_than_the_ticks_show(settings: Mapping[str, float], frames_a_s: float) -> None:
    made = world(clips=[clip("a", rate=25)], layers=({"name": "base", **settings},))
    (moment,) = moments(made.loaded)
    assert moment.total(lambda _, rate: rate, TICK_HZ) == frames_a_s


def test_a_movement_is_judged_at_its_busiest_moment() -> None:
    light, heavy = _tabled("light", [100] * 50), _tabled("heavy", [1000] * 50)
    made = world(
        clips=[light, heavy], movements=(("one", 8.0, rows("base", ("light", 4.0), ("heavy", 2.0), ("light", 2.0))),)
    )
    seeks = {"light": Seeks(random_ms=[1.0] * 9), "heavy": Seeks(random_ms=[8.0] * 9)}
    costs = Costs.of(made.loaded.clips, seeks)
    (load,) = loads(made, costs, TICK_HZ)
    assert (load.moment.position_s, load.play_ms, load.bytes_a_s) == (4.0, 4.0, 25_000.0)
    slow, fast = (
        {row.figure: row.met for row in load_rows(load, costs, TICK_HZ, Disk(mb_a_s, is_cold=True))}
        for mb_a_s in (0.02, 0.03)
    )
    assert (slow["read from disk"], fast["read from disk"]) == (False, True)
    unknown = {row.figure: row.met for row in load_rows(load, costs, TICK_HZ, Disk(0.02, is_cold=False))}
    assert unknown["read from disk"] is None


def test_a_clip_that_was_not_measured_costs_what_the_slowest_does() -> None:
    used = {one.slug: one for one in (_tabled("a", [10]), _tabled("b", [10]), _tabled("c", [30]))}
    costs = Costs.of(used, {"a": Seeks(random_ms=[1.0]), "b": Seeks(random_ms=[7.0])})
    assert (costs.play_ms["c"], costs.jump_ms["c"], costs.nbytes["c"]) == (7.0, 7.0, 30.0)


def test_a_clip_above_the_frame_budget_does_not_hold() -> None:
    found = list(clip_rows(_tabled("a", [10]), Seeks(random_ms=[30.0] * 10), rate=TICK_HZ))
    said = verdict(found)
    assert (said.value, said.met) == (1, False)
    assert "does not hold: a" in said.note
    assert verdict(list(clip_rows(_tabled("a", [10]), Seeks(random_ms=[3.0] * 10), rate=TICK_HZ))).met


def test_a_clip_that_cannot_be_read_does_not_hold() -> None:
    found = list(clip_rows(_tabled("a", [10]), Seeks(error="a.mov: cannot be opened"), rate=TICK_HZ))
    assert verdict(found).met is False
    assert found[0].note == "a.mov: cannot be opened"


def test_a_file_that_decodes_from_key_frames_is_judged_by_playing_on_and_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.mov").write_bytes(bytes(500))
    outside = replace(clip("a", frames=5), file=tmp_path / "a.mov")
    seeks = Seeks(random_ms=[90.0] * 10, ordered_ms=[4.0] * 10)
    found = list(clip_rows(outside, seeks, rate=TICK_HZ))
    assert verdict(found).met
    assert any("will not scrub" in row.note for row in found)
    costs = Costs.of({"a": outside}, {"a": seeks})
    assert (costs.play_ms["a"], costs.jump_ms["a"], costs.nbytes["a"]) == (4.0, 90.0, 100.0)


# Files and processes


def test_a_file_just_read_is_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "bytes"
    file.write_bytes(bytes(1 << 16))
    fd = os.open(file, os.O_RDONLY)
    try:
        os.read(fd, 1 << 16)
        assert cold.held_in_memory(fd) is not False
        assert cold.forget(fd) is hasattr(os, "posix_fadvise")
    finally:
        os.close(fd)


def test_a_disk_that_kept_the_files_in_memory_is_no_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(6000))
    one = replace(_tabled("a", [1000, 2000, 3000]), file=tmp_path / "a.bin")
    for held, is_cold in ((True, False), (None, False), (False, True)):
        monkeypatch.setattr("tools.bench.disk.held_in_memory", lambda _fd, held=held: held)
        disk = cold_reads([one], seconds=60.0)
        assert (disk.is_cold, len(disk.frame_ms)) == (is_cold and hasattr(os, "posix_fadvise"), 3)
        assert disk.mb_a_s > 0


def test_the_c_loop_counts_every_tick_of_its_time(tmp_path: Path) -> None:
    need_program("cc", "gcc")
    loop = CPacer(tmp_path)
    assert loop.absent == ""
    loop.start(200.0, 0.25)
    found = loop.result()
    assert found is not None
    assert found.ticks + found.missed >= 50
    assert 0 <= found.late <= found.ticks


def test_without_a_compiler_there_is_no_c_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacer.shutil, "which", lambda _name: None)
    loop = CPacer(tmp_path)
    loop.start(200.0, 0.25)
    assert loop.absent
    assert loop.result() is None
