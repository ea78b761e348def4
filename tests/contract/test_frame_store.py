"""The frame store: what it answers, in which order it decodes, what it lets go of, and what damage costs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.figures import Figures
from engine.errors import FrameError, SourceError
from engine.media.buffers import BufferPool
from engine.media.frame_store import FrameStore
from engine.media.spread import ALONE, Spread
from engine.model.clips import Clip, Codec, FrameTable
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Missing, Nearest, Picture
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame, Wanted
from tests.media_support import clip_of, encode, read_number

FRAMES = 20_000
PICTURE = 4096  # bytes of a fake picture
NO_TABLE = FrameTable(np.zeros(FRAMES, np.uint64), np.ones(FRAMES, np.uint32))
WAIT_S = 20.0  # only a failing test waits this long


def clip(slug: str, *, table: bool = True) -> Clip:
    codec = Codec.MJPEG if table else Codec.OTHER
    return Clip(slug, Path(f"/nowhere/{slug}"), codec, 64, 64, Fraction(25), FRAMES, NO_TABLE if table else None)


CLIPS = {slug: clip(slug) for slug in ("a", "b", "c")}


def plan(*refs: tuple[str, int], at_s: float = 0.0) -> FramePlan:
    layers = tuple(LayerPlan(str(place), ShownFrame(FrameRef(*ref))) for place, ref in enumerate(refs))
    return FramePlan(at_s, (MovementPlan("m", at_s, layers),))


def jump(slug: str, index: int, at_s: float) -> list[Wanted]:
    return [Wanted(FrameRef(slug, index), at_s, armed=True)]


def wanted(slug: str, *indexes: int, from_s: float = 0.0) -> list[Wanted]:
    return [Wanted(FrameRef(slug, index), from_s + place / 25) for place, index in enumerate(indexes)]


@dataclass
class Disk:
    """Fake sources that keep a record, fail where told, and decode only while `running` is set."""

    running: threading.Event = field(default_factory=threading.Event)
    served: SimpleQueue[tuple[str, int]] = field(default_factory=SimpleQueue)  # the same as `reads`, to wait for
    reads: list[tuple[str, int]] = field(default_factory=list)
    readers: dict[str, set[str]] = field(default_factory=dict)  # slug → names of the threads that read it
    bad: set[tuple[str, int]] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    crash: BaseException | None = None
    opened: int = 0
    closed: int = 0
    most_open: int = 0
    pool: BufferPool | None = None

    def open(self, clip: Clip, pool: BufferPool) -> FakeSource:
        self.pool = pool
        if clip.slug in self.gone:
            raise SourceError("is gone", subject=clip.file)
        self.opened += 1
        self.most_open = max(self.most_open, self.opened - self.closed)
        return FakeSource(clip, pool, self)


@dataclass
class FakeSource:
    clip: Clip
    pool: BufferPool
    disk: Disk

    def read(self, index: int, spread: Spread = ALONE) -> Picture:
        self.disk.reads.append((self.clip.slug, index))
        self.disk.readers.setdefault(self.clip.slug, set()).add(threading.current_thread().name)
        self.disk.served.put((self.clip.slug, index))
        assert self.disk.running.wait(WAIT_S)
        if self.disk.crash is not None:
            raise self.disk.crash
        if self.clip.slug in self.disk.gone:
            raise SourceError("was lost", subject=self.clip.file)
        if (self.clip.slug, index) in self.disk.bad:
            raise FrameError(f"frame {index} is damaged", subject=self.clip.file)
        planes = self.pool.take([(64, 64)])
        planes[0][...] = index % 256
        return Picture(FrameRef(self.clip.slug, index), 64, 64, Layout.GRAY, planes)

    def close(self) -> None:
        self.disk.closed += 1


@pytest.fixture
def disk() -> Disk:
    disk = Disk()
    disk.running.set()
    return disk


@pytest.fixture
def figures() -> Figures:
    return Figures()


MakeStore = Callable[..., FrameStore]


@pytest.fixture
def make_store(disk: Disk, figures: Figures) -> Iterator[MakeStore]:
    made: list[FrameStore] = []

    def make(clips: dict[str, Clip] = CLIPS, *, pictures: int = 100, workers: int = 1) -> FrameStore:
        bound = pictures * PICTURE * 8 // 7  # an eighth of it is for frames on the way to others
        store = FrameStore(clips, figures=figures, cache_bytes=bound, workers=workers, open_clip=disk.open)
        made.append(store)
        return store

    yield make
    disk.running.set()
    for store in made:
        store.close()
    assert disk.pool is None or disk.pool.out_count == 0, "a buffer was lost"


def only(found: dict[FrameRef, Lookup]) -> Lookup:
    (lookup,) = found.values()
    return lookup


def count(figures: Figures, name: str) -> int:
    return figures.counters[name].count


def test_hit_nearest_and_missing_are_told_and_counted(make_store: MakeStore, figures: Figures) -> None:
    store = make_store()
    assert isinstance(only(store.exact_frames_for(plan(("a", 5)))), Hit)
    found = store.frames_for(plan(("a", 5), ("a", 8), ("b", 5)))
    assert isinstance(found[FrameRef("a", 5)], Hit)
    near = found[FrameRef("a", 8)]
    assert isinstance(near, Nearest)
    assert (near.picture.ref.index, near.distance) == (5, 3)
    assert isinstance(found[FrameRef("b", 5)], Missing)
    names = ("preread_hits", "preread_misses", "preread_blank")
    assert [count(figures, name) for name in names] == [2, 2, 1]
    assert figures.samples("decode_ms").count == 1


def test_other_clips_are_served_from_one_frame_to_the_next(make_store: MakeStore) -> None:
    store = make_store()
    store.exact_frames_for(plan(("a", 5)))
    store.frames_for(plan(("a", 5), ("c", 1)))
    store.want(wanted("c", 1, 2, 3))
    store.adopt({"a": CLIPS["a"], "new": clip("new")})
    found = store.frames_for(plan(("a", 5), ("new", 0)))
    assert isinstance(found[FrameRef("a", 5)], Hit), "what was decoded stays"
    store.want(wanted("new", 1))
    assert isinstance(only(store.exact_frames_for(plan(("new", 1)))), Hit)


def test_what_a_plan_lacks_comes_though_nobody_waits(make_store: MakeStore, disk: Disk) -> None:
    disk.running.clear()
    store = make_store()
    for _ in range(3):  # the worker stands still; the loop does not
        assert isinstance(only(store.frames_for(plan(("a", 7)))), Missing)
    disk.running.set()
    assert isinstance(only(store.exact_frames_for(plan(("a", 7)))), Hit)
    assert disk.reads == [("a", 7)]


def test_the_plan_comes_first_then_what_is_needed_soonest(make_store: MakeStore, disk: Disk) -> None:
    disk.running.clear()
    store = make_store()
    store.want(wanted("c", 0))
    assert disk.served.get(timeout=WAIT_S) == ("c", 0)  # the worker stands in it
    ahead = [*wanted("a", 3, from_s=3.0), *wanted("a", 2, from_s=2.0), *wanted("b", 1, from_s=1.0)]
    store.want(ahead)
    store.frames_for(plan(("c", 9), ("c", 8), ("c", 7)))
    disk.running.set()
    order = [disk.served.get(timeout=WAIT_S) for _ in range(4)]
    assert order == [("c", 9), ("c", 8), ("c", 7), ("b", 1)]
    store.exact_frames_for(plan(("c", 9), ("b", 1)))
    store.want(ahead)
    assert [disk.served.get(timeout=WAIT_S) for _ in range(2)] == [("a", 2), ("a", 3)]


def test_stale_requests_are_dropped_before_they_are_decoded(
    make_store: MakeStore, disk: Disk, figures: Figures
) -> None:
    disk.running.clear()
    store = make_store()
    store.frames_for(plan(("a", 1), ("a", 2), ("a", 3), ("a", 4)))
    assert disk.served.get(timeout=WAIT_S) == ("a", 1)
    store.frames_for(plan(("b", 7), ("b", 6)))
    disk.running.set()
    store.exact_frames_for(plan(("b", 7), ("b", 6)))
    assert disk.reads[0] == ("a", 1)
    assert set(disk.reads[1:]) == {("b", 6), ("b", 7)}
    assert count(figures, "requests_dropped") == 3


def test_a_sweep_of_ten_thousand_indexes_builds_no_queue(make_store: MakeStore, disk: Disk, figures: Figures) -> None:
    disk.running.clear()
    store = make_store(workers=2)
    longest = 0
    for index in range(10_000):
        store.frames_for(plan(("a", index)))
        store.want(wanted("a", *range(index + 1, index + 30)))
        longest = max(longest, int(figures.samples("queue_length").last))
    assert 0 < longest <= 1 + 2  # layers and workers
    disk.running.set()
    store.exact_frames_for(plan(("a", 10_000)))
    assert len(disk.reads) < 100


def test_a_picture_ahead_is_a_hit_when_its_time_comes(make_store: MakeStore, figures: Figures) -> None:
    store = make_store()
    for index in range(50):
        assert isinstance(only(store.exact_frames_for(plan(("a", index), at_s=index / 25))), Hit)
        store.want(wanted("a", index + 1, index + 2, from_s=index / 25))
    assert count(figures, "preread_blank") == 0


def played(store: FrameStore, from_s: float, ticks: int, *ahead: Wanted) -> None:
    """A layer plays frames of "a", at 60 ticks a second, while `ahead` is wanted."""
    for tick in range(ticks):
        store.exact_frames_for(plan(("a", tick), at_s=from_s + tick / 60))
        store.want([*wanted("a", tick + 1, tick + 2, from_s=from_s + (tick + 1) / 60), *ahead])


@pytest.mark.parametrize("workers", [1, 2])
@given(targets=st.lists(st.integers(100, FRAMES - 1), min_size=1, max_size=8, unique=True))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_armed_jump_is_on_the_next_frame_shown(
    make_store: MakeStore, figures: Figures, workers: int, targets: list[int]
) -> None:
    store = make_store(workers=workers)
    armed = [item for target in targets for item in jump("b", target, 1.0)]
    played(store, 0.0, 4 + 4 * len(targets), *armed)  # each exact frame of "a" leaves room for others between
    while figures.samples("read_ahead").last < len(targets) + 2:
        store.frames_for(plan(("a", 0), at_s=0.9))
        store.want([*wanted("a", 1, 2), *armed])
    found = store.frames_for(plan(*(("b", target) for target in targets), at_s=1.0))
    assert all(isinstance(lookup, Hit) for lookup in found.values())
    assert count(figures, "armed_jump_misses") == 0


def test_a_jump_that_a_slow_decode_makes_miss_is_counted_once(
    make_store: MakeStore, disk: Disk, figures: Figures
) -> None:
    store = make_store()
    played(store, 0.0, 10)
    disk.running.clear()  # from here on a decode takes longer than any before
    store.want(jump("b", 500, 10.2))
    assert disk.served.get(timeout=WAIT_S) is not None
    for tick in range(12):
        store.frames_for(plan(("a", 9), at_s=10.0 + tick / 60))
        store.want(jump("b", 500, 10.2))
    assert count(figures, "armed_jump_misses") == 0
    for tick in range(12, 20):
        assert isinstance(only(store.frames_for(plan(("b", 500), at_s=10.0 + tick / 60))), Missing)
    assert count(figures, "armed_jump_misses") == 1
    disk.running.set()
    assert isinstance(only(store.exact_frames_for(plan(("b", 500), at_s=10.4))), Hit)
    assert figures.samples("last_miss_wait_ms").count == 1


def test_a_jump_armed_too_late_or_beyond_the_bound_is_no_promise(
    make_store: MakeStore, disk: Disk, figures: Figures
) -> None:
    store = make_store(pictures=4)
    played(store, 0.0, 10)
    disk.running.clear()
    store.want(jump("b", 500, 10.0))  # armed at the very instant of the last tick, 9 / 60
    store.frames_for(plan(("b", 500), at_s=9 / 60))
    store.want([*wanted("a", *range(10, 30)), *jump("c", 7, 11.0)])  # the nearer ones fill the cache
    store.frames_for(plan(("c", 7), at_s=11.0))
    assert count(figures, "armed_jump_misses") == 0


def test_an_armed_jump_is_decoded_before_frames_that_a_neighbour_can_stand_in_for(
    make_store: MakeStore, disk: Disk
) -> None:
    store = make_store()
    played(store, 0.0, 2)
    disk.running.clear()
    store.want(wanted("c", 0))
    while disk.served.get(timeout=WAIT_S) != ("c", 0):
        pass
    store.want([*wanted("a", 50, from_s=1.0), *jump("b", 7, 1.0)])
    disk.running.set()
    assert [disk.served.get(timeout=WAIT_S) for _ in range(2)] == [("b", 7), ("a", 50)]


def test_the_cache_is_bounded_in_bytes_and_keeps_what_is_near(make_store: MakeStore, disk: Disk) -> None:
    store = make_store(pictures=10)
    for index in range(0, 400, 10):
        store.exact_frames_for(plan(("a", index)))
        assert store.cache_bytes <= 10 * PICTURE
    disk.running.clear()
    near = only(store.frames_for(plan(("a", 0))))
    assert isinstance(near, Nearest)
    assert near.picture.ref.index == 300


def test_a_plan_larger_than_the_cache_is_shown_whole(make_store: MakeStore) -> None:
    store = make_store(pictures=2)
    refs = [("a", index) for index in range(6)]
    assert all(isinstance(found, Hit) for found in store.exact_frames_for(plan(*refs)).values())
    store.exact_frames_for(plan(("a", 0)))
    store.exact_frames_for(plan(("a", 50)))
    assert store.cache_bytes <= 2 * PICTURE


def test_no_more_is_wanted_than_the_cache_holds(make_store: MakeStore, disk: Disk) -> None:
    store = make_store(pictures=4)
    store.exact_frames_for(plan(("a", 0)))
    for _ in range(20):  # the same wish at every tick: what does not fit is not decoded over and over
        store.want(wanted("a", *range(1, 40)))
        store.exact_frames_for(plan(("a", 0)))
    store.exact_frames_for(plan(("a", 0), ("a", 3)))
    assert len(disk.reads) <= 5


def test_what_was_handed_out_is_not_overwritten_before_the_next_call(make_store: MakeStore, disk: Disk) -> None:
    store = make_store(pictures=3)
    store.exact_frames_for(plan(("a", 10)))
    disk.running.clear()
    near = only(store.frames_for(plan(("a", 15_000))))  # 10 stands in, and is the furthest from the playhead
    assert isinstance(near, Nearest)
    disk.running.set()
    store.want(wanted("a", *range(15_001, 15_010)))
    assert (near.picture.planes[0] == 10).all()


def test_a_damaged_frame_is_tried_once_told_once_and_counted(
    make_store: MakeStore, disk: Disk, figures: Figures, caplog: pytest.LogCaptureFixture
) -> None:
    disk.bad = {("a", 4), ("a", 5)}
    store = make_store()
    with caplog.at_level(logging.WARNING):
        store.exact_frames_for(plan(("a", 4)))
        for _ in range(50):
            store.frames_for(plan(("a", 4), ("a", 5)))
            store.want(wanted("a", 4, 5))
        store.exact_frames_for(plan(("a", 5)))
    assert disk.reads.count(("a", 4)) == disk.reads.count(("a", 5)) == 1
    assert count(figures, "source_errors") == 2
    assert len(caplog.records) == 1
    assert "frame 4 is damaged" in caplog.text


@pytest.mark.parametrize("history", [(), (0, 1, 2), (90, 7, 6)])
def test_a_render_shows_the_same_in_place_of_a_damaged_frame_whatever_came_before(
    make_store: MakeStore, disk: Disk, history: tuple[int, ...]
) -> None:
    disk.bad = {("a", 4), ("a", 5), ("a", 3)}
    store = make_store()
    for index in history:
        store.exact_frames_for(plan(("a", index)))
    found = only(store.exact_frames_for(plan(("a", 4))))
    assert isinstance(found, Nearest)
    assert (found.picture.ref.index, found.distance) == (2, 2)


def test_a_clip_damaged_throughout_is_missing_not_an_endless_wait(make_store: MakeStore, disk: Disk) -> None:
    disk.bad = {("a", index) for index in range(1000)}
    assert isinstance(only(make_store().exact_frames_for(plan(("a", 500)))), Missing)


def test_a_file_that_is_gone_leaves_its_layer_clear_and_the_others_playing(
    make_store: MakeStore, disk: Disk, figures: Figures, caplog: pytest.LogCaptureFixture
) -> None:
    disk.gone = {"a"}
    store = make_store()
    for index in range(30):
        found = store.exact_frames_for(plan(("a", index), ("b", index), at_s=index / 25))
        assert [type(lookup) for lookup in found.values()] == [Missing, Hit]
    assert count(figures, "source_errors") == 1
    assert caplog.text.count("is gone") == 1


def test_a_file_that_comes_back_is_found_ten_seconds_later(make_store: MakeStore, disk: Disk) -> None:
    disk.gone = {"a"}
    store = make_store()
    store.exact_frames_for(plan(("a", 0), at_s=5.0))
    disk.gone = set()
    assert isinstance(only(store.exact_frames_for(plan(("a", 0), at_s=14.9))), Missing)
    assert isinstance(only(store.exact_frames_for(plan(("a", 0), at_s=15.1))), Hit)


def test_a_file_lost_while_it_plays_holds_its_picture_and_is_opened_anew(make_store: MakeStore, disk: Disk) -> None:
    store = make_store()
    store.exact_frames_for(plan(("a", 0), at_s=0.0))
    disk.gone = {"a"}
    held = only(store.exact_frames_for(plan(("a", 1), at_s=1.0)))
    assert isinstance(held, Nearest)
    assert disk.closed == 1
    disk.gone = set()
    assert isinstance(only(store.exact_frames_for(plan(("a", 1), at_s=11.5))), Hit)
    assert disk.opened == 2


def test_what_a_worker_did_not_expect_is_raised_in_the_loop(make_store: MakeStore, disk: Disk) -> None:
    disk.crash = ZeroDivisionError("a bug")
    store = make_store()
    with pytest.raises(ZeroDivisionError, match="a bug"):
        store.exact_frames_for(plan(("a", 0)))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            store.frames_for(plan(("b", 0)))


def test_waiting_ends(make_store: MakeStore, disk: Disk) -> None:
    disk.running.clear()
    store = make_store()
    with pytest.raises(SourceError, match="not decoded within"):
        store.exact_frames_for(plan(("a", 0)), timeout_s=0.02)
    disk.running.set()
    assert isinstance(only(store.exact_frames_for(plan(("a", 0)))), Hit)


def decode_threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("decode-"))


def test_workers_are_named_bounded_and_joined(make_store: MakeStore, disk: Disk) -> None:
    store = make_store(workers=3)
    assert decode_threads() == ["decode-0", "decode-1", "decode-2"]
    store.want(wanted("a", *range(20)))
    store.exact_frames_for(plan(("a", 3), ("b", 3)))
    store.close()
    store.close()
    assert decode_threads() == []
    assert disk.opened == disk.closed > 0
    assert store.cache_bytes == 0


def test_a_clip_without_a_table_is_decoded_by_one_worker(make_store: MakeStore, disk: Disk) -> None:
    clips = {slug: clip(slug, table=False) for slug in ("x", "y", "z")}
    store = make_store(clips, workers=3)
    for index in range(30):
        store.exact_frames_for(plan(("x", index), ("y", index), ("z", index)))
        store.want([want for slug in clips for want in wanted(slug, index + 1, index + 2)])
    assert [len(disk.readers[slug]) for slug in clips] == [1, 1, 1]
    assert len(set.union(*disk.readers.values())) == 3


def test_few_files_are_open_at_once(make_store: MakeStore, disk: Disk) -> None:
    clips = {slug: clip(slug) for slug in (f"clip-{number}" for number in range(40))}
    store = make_store(clips, workers=2)
    for slug in clips:
        store.exact_frames_for(plan((slug, 0)))
    assert disk.opened >= 40
    assert disk.most_open <= 2 * 9  # eight each, and the one that comes before the oldest goes


def test_real_clips_play_together_and_one_that_vanishes_holds_its_picture(tmp_path: Path, figures: Figures) -> None:
    fast = clip_of(encode(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(12)), Codec.MJPEG, 12, slug="fast")
    long = clip_of(encode(tmp_path / "b.mp4", "libx264", "yuv420p", range(12)), Codec.OTHER, 12, slug="long")
    with FrameStore({"fast": fast, "long": long}, figures=figures, cache_bytes=1 << 20) as store:
        for index in (0, 1, 2, 11, 5):
            found = store.exact_frames_for(plan(("fast", index), ("long", index)))
            assert [read_number(lookup.picture) for lookup in found.values() if lookup.picture] == [index, index]
            store.want([*wanted("fast", index + 1), *wanted("long", index + 1)])
    fast.file.unlink()
    with FrameStore({"fast": fast, "long": long}, figures=figures, cache_bytes=1 << 20) as store:
        found = store.exact_frames_for(plan(("fast", 3), ("long", 3)))
        assert [type(lookup) for lookup in found.values()] == [Missing, Hit]
        long.file.unlink()
        assert isinstance(store.exact_frames_for(plan(("long", 4)))[FrameRef("long", 4)], Hit)


def test_a_long_seek_that_nobody_waits_for_is_let_go_of(
    monkeypatch: pytest.MonkeyPatch, disk: Disk, figures: Figures
) -> None:
    """A frame that takes for ever, unless its source asks whether anybody still waits for it."""

    class LongSeek(FakeSource):
        def read(self, index: int, spread: Spread = ALONE) -> Picture:
            if index == 399:
                begun.set()
            deadline_s = time.monotonic() + WAIT_S
            while index == 399 and not abandoned(FrameRef("long", 399)):
                assert time.monotonic() < deadline_s, "nobody let go of it"
            return super().read(7 if index == 399 else index)

    def open_long(clip: Clip, pool: BufferPool, window: object, abandoned_: Callable[[FrameRef], bool]) -> FakeSource:
        nonlocal abandoned
        abandoned = abandoned_
        disk.pool = pool
        return LongSeek(clip, pool, disk)

    begun = threading.Event()
    abandoned: Callable[[FrameRef], bool]
    monkeypatch.setattr("engine.media.frame_store.open_source", open_long)
    with FrameStore({"long": clip("long")}, figures=figures, cache_bytes=8 << 20, workers=1) as store:
        store.exact_frames_for(plan(("long", 0)))
        store.frames_for(plan(("long", 399)))
        assert begun.wait(WAIT_S)
        assert isinstance(only(store.exact_frames_for(plan(("long", 2)))), Hit)
        held = only(store.frames_for(plan(("long", 399))))
        assert isinstance(held, Nearest)
        assert held.picture.ref.index == 7  # where the seek had come to
