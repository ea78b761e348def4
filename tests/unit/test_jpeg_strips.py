"""Strips of JPEGs: whole JPEGs of their own that make the very samples of the frame, or none where a cut would not."""

from __future__ import annotations

import os
import sys
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import FrameError
from engine.media.buffers import BufferPool
from engine.media.jpeg_strips import StripCutter, cost_ns
from engine.media.mjpeg import MjpegSource
from engine.media.spread import ALONE, Spread
from engine.media.turbojpeg import Decompressor, JpegError
from engine.media.work_team import WorkTeam
from engine.model.clips import Codec
from tests.media_support import clip_of, encode

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]


def picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    """Noise below, sky above: the costs of its halves differ."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    noise[: height // 2] = np.linspace(40, 200, width, dtype=np.uint8)[:, None]
    return noise


def jpeg_of(
    width: int, height: int, *, subsampling: str = "yuvj420p", slices: int = 0, pixels: np.ndarray | None = None
) -> Bytes:
    """A JPEG by FFmpeg's encoder, which writes a restart marker after every row of MCUs when it works in slices."""
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = width, height, subsampling
    context.time_base = Fraction(1, 25)
    context.color_range = 2

    context.thread_count, context.thread_type = max(1, slices), "SLICE"
    frame = av.VideoFrame.from_ndarray(picture(width, height) if pixels is None else pixels, "rgb24")
    packets = [*context.encode(frame.reformat(format=subsampling, dst_color_range=2)), *context.encode(None)]
    return np.frombuffer(bytes(packets[0]), np.uint8).copy()


def planes_of(jpeg: Bytes) -> list[Bytes]:
    decompressor = Decompressor()
    header = decompressor.header(jpeg)
    planes = [np.zeros(shape, np.uint8) for shape in header.plane_shapes()]
    decompressor.decode(jpeg, header, planes)
    decompressor.close()
    return planes


@settings(deadline=None, max_examples=60)
@given(
    width=st.integers(34, 200),
    height=st.integers(80, 300),
    subsampling=st.sampled_from(["yuvj420p", "yuvj422p", "yuvj444p"]),
    count=st.integers(2, 7),
)
def test_strips_make_the_samples_of_the_whole(width: int, height: int, subsampling: str, count: int) -> None:
    width, height = width // 2 * 2, height // 2 * 2
    jpeg = jpeg_of(width, height, subsampling=subsampling, slices=2)
    strips = StripCutter().cut(jpeg, count)
    assert [strip.first_row for strip in strips] == [
        sum(before.rows for before in strips[:place]) for place in range(len(strips))
    ]
    assert not strips or sum(strip.rows for strip in strips) == height
    whole = planes_of(jpeg)
    parts = [planes_of(strip.jpeg) for strip in strips]
    for number, plane in enumerate(whole if strips else ()):
        assert np.array_equal(np.concatenate([part[number] for part in parts]), plane)


def test_strips_cost_alike_and_leave_the_frame_as_it_was() -> None:
    jpeg = jpeg_of(640, 640, slices=2)
    before = jpeg.copy()
    upper, lower = StripCutter().cut(jpeg, 2)
    assert np.array_equal(jpeg, before)
    assert upper.rows > lower.rows  # the sky is cheap
    costs = [cost_ns(640 * strip.rows, len(strip.jpeg)) for strip in (upper, lower)]
    assert costs[0] == pytest.approx(costs[1], rel=0.1)


def test_another_program_reads_a_strip() -> None:
    jpeg = jpeg_of(320, 240, slices=2)
    luma = planes_of(jpeg)[0].astype(int)
    for strip in StripCutter().cut(jpeg, 3):
        (frame,) = av.CodecContext.create("mjpeg", "r").decode(av.Packet(strip.jpeg.tobytes()))
        assert (frame.width, frame.height) == (320, strip.rows)
        decoded = frame.to_ndarray()[: strip.rows, :320].astype(int)
        assert np.abs(decoded - luma[strip.first_row : strip.first_row + strip.rows]).max() <= 2


def test_a_frame_without_restart_markers_is_not_cut() -> None:
    assert StripCutter().cut(jpeg_of(320, 240), 2) == []


@pytest.mark.parametrize("damage", ["marker gone", "marker twice", "markers swapped", "cut in its header", "no SOS"])
def test_a_frame_whose_markers_are_not_as_promised_is_not_cut(damage: str) -> None:
    jpeg = jpeg_of(320, 240, slices=2)
    markers = [at for at in np.flatnonzero(jpeg[:-1] == 0xFF) if 0xD0 <= jpeg[at + 1] <= 0xD7]
    match damage:
        case "marker gone":
            jpeg[markers[3] + 1] = 0
        case "marker twice":
            jpeg = np.insert(jpeg, markers[3], jpeg[markers[3] : markers[3] + 2])
        case "markers swapped":
            jpeg[markers[3] + 1], jpeg[markers[4] + 1] = jpeg[markers[4] + 1], jpeg[markers[3] + 1]
        case "cut in its header":
            jpeg = jpeg[:100]
        case "no SOS":
            jpeg = jpeg[: int(np.flatnonzero((jpeg[:-1] == 0xFF) & (jpeg[1:] == 0xDA))[0])]
    assert StripCutter().cut(jpeg, 2) == []


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_mutated_frame_is_cut_to_the_same_samples_or_found_damaged(data: st.DataObject) -> None:
    jpeg = jpeg_of(96, 128, slices=2)
    for _ in range(data.draw(st.integers(1, 4))):
        jpeg[data.draw(st.integers(2, len(jpeg) - 3))] = data.draw(st.integers(0, 255))
    strips = StripCutter().cut(jpeg, data.draw(st.integers(2, 4)))
    try:
        whole = planes_of(jpeg)
    except JpegError:
        return
    if strips and whole[0].shape == (128, 96):
        parts = [planes_of(strip.jpeg) for strip in strips]
        for number, plane in enumerate(whole):
            assert np.array_equal(np.concatenate([part[number] for part in parts]), plane)


class EveryPartApart:
    """A Spread that is always wide, and runs each part on a thread of its own."""

    width = 4

    def __init__(self) -> None:
        self.parts = 0

    def run(self, parts):  # type: ignore[no-untyped-def]
        self.parts += len(parts)
        errors: list[BaseException] = []

        def guarded(part) -> None:  # type: ignore[no-untyped-def]
            try:
                part()
            except JpegError as error:
                errors.append(error)

        threads = [threading.Thread(target=guarded, args=(part,)) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]


def large_clip(folder: Path):  # type: ignore[no-untyped-def]
    file = encode(folder / "large.mov", "mjpeg", "yuvj420p", range(3), size=(1920, 1080), threads=2)
    return clip_of(file, Codec.MJPEG, 3, size=(1920, 1080))


def test_a_large_frame_is_spread_and_its_samples_stay(tmp_path: Path) -> None:
    clip, pool = large_clip(tmp_path), BufferPool()
    source, spread = MjpegSource(clip, pool), EveryPartApart()
    for index in range(3):
        whole, in_parts = source.read(index), source.read(index, spread)
        assert all(np.array_equal(one, other) for one, other in zip(whole.planes, in_parts.planes, strict=True))
    assert spread.parts == 12
    source.close()


def test_a_damaged_strip_is_a_damaged_frame_and_no_buffer_is_lost(tmp_path: Path) -> None:
    clip, pool = large_clip(tmp_path), BufferPool()
    assert clip.table is not None
    offset, length = int(clip.table.offsets[1]), int(clip.table.lengths[1])
    with clip.file.open("r+b") as file:
        file.seek(offset + length * 3 // 4)
        file.write(b"\x00" * 64)
    source = MjpegSource(clip, pool)
    good = source.read(0)
    out = pool.out_count
    for spread in (ALONE, EveryPartApart()):
        with pytest.raises(FrameError, match="frame 1 is damaged"):
            source.read(1, spread)
        assert pool.out_count == out
    pool.give(good.planes)
    source.close()


def test_a_team_runs_every_part_once_whoever_is_idle() -> None:
    def allowed() -> set[int]:
        return os.sched_getaffinity(0) if sys.platform == "linux" else set()

    team, before = WorkTeam(3), allowed()
    over = threading.Event()
    left: list[set[int]] = []

    def work(number: int) -> None:
        while not over.is_set():
            if not team.help(number):
                team.wait_for_work(number, over.is_set)
        team.help(number)
        left.append(allowed())

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    spread: Spread = team.spread(0)
    ran: list[int] = []
    for _ in range(200):
        ran.clear()
        spread.run([lambda number=number: ran.append(number) for number in range(5)])  # type: ignore[misc]
        assert sorted(ran) == [0, 1, 2, 3, 4]

    def fails() -> None:
        raise JpegError("of the second part")

    with pytest.raises(JpegError, match="of the second part"):
        spread.run([lambda: ran.append(9), fails, fails])
    over.set()
    for number in (1, 2):
        team.wake(number)
    for thread in threads:
        thread.join()
    assert spread.width == 1
    assert left == [before, before]  # kept off another's CPU to help, they may go anywhere afterwards
