"""The frame cache: the nearest frame, and which one goes when memory is full."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.media.buffers import BufferPool
from engine.media.frame_cache import FrameCache
from engine.model.pictures import FrameRef, Layout, Picture

SIZE = 64
Indexes = st.lists(st.integers(0, 60), min_size=1, max_size=20, unique=True)


def make_cache(room: int) -> tuple[FrameCache, BufferPool]:
    pool = BufferPool()
    return FrameCache(pool, room * SIZE), pool


def add(cache: FrameCache, pool: BufferPool, clip: str, *indexes: int) -> None:
    for index in indexes:
        cache.add(Picture(FrameRef(clip, index), 8, 8, Layout.GRAY, pool.take([(8, 8)])))


def held(cache: FrameCache, clip: str = "a") -> set[int]:
    return {index for index in range(200) if FrameRef(clip, index) in cache}


@given(Indexes, st.integers(0, 60))
def test_the_nearest_is_the_nearest_the_earlier_of_two(indexes: list[int], wanted: int) -> None:
    cache, pool = make_cache(100)
    add(cache, pool, "a", *indexes)
    found = cache.nearest(FrameRef("a", wanted))
    assert found is not None
    assert found.ref.index == min(indexes, key=lambda index: (abs(index - wanted), index))


def test_another_clips_frames_are_no_nearest() -> None:
    cache, pool = make_cache(10)
    add(cache, pool, "a", 1)
    assert cache.nearest(FrameRef("b", 1)) is None


@given(Indexes, st.lists(st.integers(0, 60), min_size=1, max_size=5, unique=True), st.integers(1, 10))
def test_the_furthest_from_every_playhead_goes_first(indexes: list[int], heads: list[int], room: int) -> None:
    cache, pool = make_cache(100)
    cache.set_awaited([FrameRef("a", head) for head in heads])
    add(cache, pool, "a", *indexes)

    def distance(index: int) -> int:
        return min(abs(index - head) for head in heads)

    small, small_pool = make_cache(room)
    small.set_awaited([FrameRef("a", head) for head in heads])
    add(small, small_pool, "a", *indexes)
    assert small.nbytes <= room * SIZE
    assert len(small) == min(room, len(indexes))
    kept = held(small)
    gone = set(indexes) - kept
    assert all(distance(index) >= max(map(distance, kept)) for index in gone)
    assert small_pool.out_count == len(kept)


def test_a_clip_without_playheads_goes_first_the_one_left_longest_ago_before_others() -> None:
    cache, pool = make_cache(6)
    for clip in ("a", "b", "c"):
        cache.set_awaited([FrameRef(clip, 0)])
        add(cache, pool, clip, 0, 1)
    add(cache, pool, "c", 90)
    assert (held(cache, "a"), held(cache, "b"), held(cache, "c")) == ({1}, {0, 1}, {0, 1, 90})
    add(cache, pool, "c", 91, 92)
    assert (held(cache, "a"), held(cache, "b"), held(cache, "c")) == (set(), {1}, {0, 1, 90, 91, 92})


def test_a_picture_in_use_stays_though_the_bound_be_passed() -> None:
    cache, pool = make_cache(2)
    cache.set_awaited([FrameRef("a", 100)])
    cache.set_in_use({FrameRef("a", index) for index in range(4)})
    add(cache, pool, "a", 0, 1, 2, 3, 99)
    assert held(cache) == {0, 1, 2, 3}
    cache.set_in_use(set())
    add(cache, pool, "a", 98)
    assert held(cache) == {3, 98}
    assert cache.nbytes == 2 * SIZE


def test_a_frame_held_already_goes_back_to_the_pool() -> None:
    cache, pool = make_cache(4)
    add(cache, pool, "a", 1, 1, 1)
    assert (len(cache), cache.nbytes, pool.out_count) == (1, SIZE, 1)
    cache.clear()
    assert (len(cache), cache.nbytes, pool.out_count) == (0, 0, 0)
