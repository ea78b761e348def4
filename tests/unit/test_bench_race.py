"""Races: every entrant gets the same frames, and one that misbehaves says so without harm to the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media.buffers import BufferPool
from engine.media.frame_source import open_source
from engine.model.clips import Clip, Codec, FrameTable
from tests.bench_support import Crashes, Fails, NotInstalled, OneTooFar, Plain, Prints, entrant
from tests.media_support import RATE
from tools.bench.floors import EngineReader, SnappyFloor, number_of
from tools.bench.footage import Footage, number_in
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.race import Timings, race, shuffled
from tools.bench.readers import AbsentError
from tools.bench.workers import spread_and_whole_ms

SIZE = (128, 96)
INDICES = [3, 1, 4, 1, 5]


def silent(what: str) -> None:
    """No progress line."""


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    file = tmp_path / "any.bin"
    file.write_bytes(b"any bytes")
    return Clip("any", file, Codec.OTHER, *SIZE, RATE, frame_count=10)


def raced(clip: Clip, *kinds: type[Plain]) -> dict[str, Timings]:
    return {one.entrant.name: one for one in race(clip, [entrant(kind) for kind in kinds], INDICES, silent)}


def test_every_entrant_is_timed_on_every_frame(clip: Clip) -> None:
    timings = race(clip, [entrant(Plain, "one"), entrant(Prints, "one")], INDICES, silent)
    for one in timings:
        assert (one.absent, one.wrong, len(one.wall_s), len(one.cpu_s)) == ("", "", len(INDICES), len(INDICES))
        assert one.p50_ms is not None
        assert one.p99_ms is not None
        assert 0 <= one.p50_ms <= one.p99_ms


def test_one_that_is_not_there_says_why(clip: Clip) -> None:
    found = raced(clip, NotInstalled, Plain)
    assert found["NotInstalled"].absent == "it is not installed"
    assert found["NotInstalled"].p50_ms is None
    assert len(found["Plain"].wall_s) == len(INDICES)


def test_one_that_fails_is_left_out_with_the_first_line_of_its_words(clip: Clip) -> None:
    assert raced(clip, Fails)["Fails"].absent == "ValueError: a library's own words"


def test_one_that_crashes_takes_nobody_with_it(clip: Clip) -> None:
    found = raced(clip, Crashes, Plain)
    assert found["Crashes"].absent == "its process ended with 11"
    assert len(found["Plain"].wall_s) == len(INDICES)


def test_wrong_frames_are_seen(clip: Clip) -> None:
    found = raced(clip, OneTooFar, Plain)
    assert " for " in found["OneTooFar"].wrong
    assert found["Plain"].wrong == ""


@given(frame_count=st.integers(1, 50), wanted=st.integers(0, 200))
def test_no_frame_comes_twice_before_every_frame_came(frame_count: int, wanted: int) -> None:
    indices = shuffled(frame_count, wanted)
    assert len(indices) == wanted
    counts = np.bincount(indices, minlength=frame_count)
    assert counts.max(initial=0) - counts.min() <= 1


def test_frames_carry_their_number_and_are_no_two_alike() -> None:
    footage = Footage(*SIZE)
    frames = [footage.frame(number) for number in (0, 1, 191, 193, 4095)]
    assert [number_in(frame[..., 0]) for frame in frames] == [0, 1, 191, 193, 4095]
    pictures = {frame[48:].tobytes() for frame in frames}
    assert len(pictures) == len(frames)


@pytest.mark.parametrize("kind", Kind)
def test_the_engine_gives_the_frame_that_was_asked_for(kind: Kind, tmp_path: Path) -> None:
    made = make_clip(ClipWish(kind, *SIZE, 6), tmp_path, silent)
    pool = BufferPool()
    source = open_source(made, pool)
    for index in (5, 0, 3):
        picture = source.read(index)
        assert number_of(picture) == index
        pool.give(picture.planes)
    source.close()


def test_a_clip_is_made_once_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    wish = ClipWish(Kind.MJPEG, *SIZE, 4)
    before = make_clip(wish, tmp_path, silent).file.stat()

    def broken(what: str) -> None:
        raise InterruptedError

    assert make_clip(wish, tmp_path, broken).file.stat().st_mtime_ns == before.st_mtime_ns
    with pytest.raises(InterruptedError):
        make_clip(ClipWish(Kind.HAP, *SIZE, 4), tmp_path, broken)
    assert [file.name for file in tmp_path.iterdir()] == [f"{wish.slug}.mov"]


def test_a_repeated_clip_has_each_frame_at_a_place_of_its_own(tmp_path: Path) -> None:
    long = make_clip(ClipWish(Kind.MJPEG, *SIZE, 4, repeats=5), tmp_path, silent)
    assert long.table is not None
    assert len(long.table) == long.frame_count == 20
    assert len(set(long.table.offsets.tolist())) == 20
    reader = EngineReader(long)
    assert [reader.number(reader.read(index)) for index in (0, 7, 19)] == [0, 3, 3]
    reader.close()


def test_frames_on_idle_workers_are_timed_both_ways_and_looked_at(tmp_path: Path) -> None:
    made = make_clip(ClipWish(Kind.MJPEG, *SIZE, 4), tmp_path, silent)
    in_strips, whole = spread_and_whole_ms(made, (3, 0, 2), 0.0)
    assert len(in_strips) == len(whole) == 3
    assert min(*in_strips, *whole) > 0
    table = made.table
    assert table is not None
    swapped = replace(made, table=FrameTable(table.offsets[::-1].copy(), table.lengths[::-1].copy()))
    with pytest.raises(RuntimeError, match="frame 0 came for 3"):
        spread_and_whole_ms(swapped, (3, 0, 2), 0.0)


def test_the_snappy_floor_unpacks_what_the_engine_unpacks(tmp_path: Path) -> None:
    made = make_clip(ClipWish(Kind.HAP_Q, *SIZE, 4), tmp_path, silent)
    ours, floor = EngineReader(made), SnappyFloor(made)
    np.testing.assert_array_equal(ours.read(2).planes[0], floor.read(2))
    ours.close()
    floor.close()


def test_the_snappy_floor_stays_out_where_frames_are_not_snappy(tmp_path: Path) -> None:
    made = make_clip(ClipWish(Kind.HAP, *SIZE, 4), tmp_path, silent)
    assert made.table is not None
    content = bytearray(made.file.read_bytes())
    content[int(made.table.offsets[0]) + 3] = 0xCB  # chunked
    made.file.write_bytes(content)
    with pytest.raises(AbsentError, match="not one Snappy stream"):
        SnappyFloor(made)
