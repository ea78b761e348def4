"""MJPEG frames that are not what their table or their clip says, by both decoders; and positioned reads."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import FrameError, SourceError
from engine.media import mjpeg
from engine.media.buffers import BufferPool
from engine.media.mjpeg import AvJpegDecoder, JpegDecoder, MjpegSource, TurboJpegDecoder, best_decoder
from engine.media.turbojpeg import Decompressor, JpegError, library
from engine.model.clips import Clip, Codec, FrameTable
from engine.model.pictures import Layout
from tests.media_support import Frames, encode, packets_of, read_number
from tests.support import absent

MakeDecoder = Callable[[Clip], JpegDecoder]


@pytest.fixture(params=[TurboJpegDecoder, AvJpegDecoder], ids=["turbojpeg", "pyav"])
def make_decoder(request: pytest.FixtureRequest) -> MakeDecoder:
    if request.param is TurboJpegDecoder and library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    made: MakeDecoder = request.param
    return made


@pytest.fixture(scope="module")
def jpegs(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    file = encode(tmp_path_factory.mktemp("jpeg") / "a.mov", "mjpeg", "yuvj420p", range(3))
    return packets_of(file)


def cut(jpeg: bytes) -> bytes:
    return jpeg[: len(jpeg) // 2]


def rotten(jpeg: bytes) -> bytes:
    """The ends are whole; the coded picture between them is not."""
    return jpeg[:-300] + b"\xff\xd3" * 100 + jpeg[-100:]


def empty_inside(jpeg: bytes) -> bytes:
    return jpeg[:20] + b"\xff\xd9"


DAMAGE = {
    "cut off": cut,
    "cut off but for its end": lambda jpeg: cut(jpeg) + b"\xff\xd9",
    "without a beginning": lambda jpeg: jpeg[2:],
    "rotten inside": rotten,
    "only ends": empty_inside,
    "of twelve bits": lambda jpeg: jpeg.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
    "zeros": lambda jpeg: bytes(len(jpeg)),
    "one byte": lambda _: b"\xff",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_jpeg_is_told_and_the_next_is_right(
    name: str, make_decoder: MakeDecoder, jpegs: list[bytes], tmp_path: Path
) -> None:
    pool = BufferPool()
    clip = Frames(tmp_path, Codec.MJPEG).clip(jpegs[0], DAMAGE[name](jpegs[1]), jpegs[2])
    source = MjpegSource(clip, pool, make_decoder)
    for index in (1, 2, 1, 0):
        if index == 1:
            with pytest.raises(FrameError, match="frame 1 is damaged"):
                source.read(1)
        else:
            picture = source.read(index)
            assert read_number(picture) == index
            pool.give(picture.planes)
    source.close()
    assert pool.out_count == 0


def test_a_frame_of_another_size_is_damaged(make_decoder: MakeDecoder, jpegs: list[bytes], tmp_path: Path) -> None:
    other = packets_of(encode(tmp_path / "b.mov", "mjpeg", "yuvj420p", range(3), size=(1280, 960)))
    pool = BufferPool()
    source = MjpegSource(Frames(tmp_path, Codec.MJPEG).clip(jpegs[0], other[1], jpegs[2]), pool, make_decoder)
    with pytest.raises(FrameError, match="frame 1 "):
        source.read(1)
    assert [read_number(source.read(index)) for index in (2, 0)] == [2, 0]
    source.close()


def test_a_jpeg_without_tables_of_its_own_gets_none_from_the_one_before(
    make_decoder: MakeDecoder, jpegs: list[bytes], tmp_path: Path
) -> None:
    """Else it would be another picture each time, by what was shown before it."""
    bare = jpegs[1].replace(b"\xff\xdb", b"\xff\xee")
    source = MjpegSource(Frames(tmp_path, Codec.MJPEG).clip(jpegs[0], bare, jpegs[2]), BufferPool(), make_decoder)
    for index in (1, 0, 1, 2, 1):
        if index == 1:
            with pytest.raises(FrameError, match="frame 1 is damaged"):
                source.read(1)
        else:
            assert read_number(source.read(index)) == index
    source.close()


def test_zeros_after_the_end_are_padding(make_decoder: MakeDecoder, jpegs: list[bytes], tmp_path: Path) -> None:
    source = MjpegSource(Frames(tmp_path, Codec.MJPEG).clip(jpegs[0] + bytes(37)), BufferPool(), make_decoder)
    assert read_number(source.read(0)) == 0
    source.close()


@cache
def grey_jpeg(width: int, height: int) -> bytes:
    """A grey JPEG by libjpeg-turbo: FFmpeg's encoder makes none."""
    turbojpeg = library()
    if turbojpeg is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    pixels = np.tile(np.arange(width, dtype=np.uint8), (height, 1))
    turbojpeg.tjInitCompress.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(turbojpeg.tjInitCompress())
    data, size = ctypes.POINTER(ctypes.c_ubyte)(), ctypes.c_ulong()
    grey_pixels, grey_samples = 6, 3  # TJPF_GRAY, TJSAMP_GRAY
    outs = (ctypes.byref(data), ctypes.byref(size), grey_samples, 95, 0)
    assert turbojpeg.tjCompress2(handle, ctypes.c_void_p(pixels.ctypes.data), width, 0, height, grey_pixels, *outs) == 0
    jpeg = ctypes.string_at(data, size.value)
    turbojpeg.tjFree(data)
    turbojpeg.tjDestroy(handle)
    return jpeg


def test_a_grey_jpeg_is_one_full_range_plane(make_decoder: MakeDecoder, tmp_path: Path) -> None:
    clip = Frames(tmp_path, Codec.MJPEG, (101, 37)).clip(grey_jpeg(101, 37))
    picture = MjpegSource(clip, BufferPool(), make_decoder).read(0)
    assert (picture.layout, len(picture.planes), picture.full_range) == (Layout.GRAY, 1, True)
    assert np.abs(picture.planes[0][:37, :101].astype(int) - np.arange(101)).max() <= 3


def test_the_decoder_is_libjpeg_turbo_where_it_is_installed(
    jpegs: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = Frames(tmp_path, Codec.MJPEG).clip(*jpegs)
    if library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    assert isinstance(best_decoder(clip), TurboJpegDecoder)
    monkeypatch.setattr(mjpeg, "turbojpeg_library", lambda: None)
    assert isinstance(best_decoder(clip), AvJpegDecoder)


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 0), (1 << 62, 1000), ((1 << 64) - 1, 1000), (0, (1 << 32) - 1), (40, 1 << 24), (100_000_000, 10)],
)
def test_a_table_that_lies_costs_that_frame(offset: int, length: int, jpegs: list[bytes], tmp_path: Path) -> None:
    pool = BufferPool()
    clip = Frames(tmp_path, Codec.MJPEG).clip(*jpegs)
    assert clip.table is not None
    offsets, lengths = clip.table.offsets.copy(), clip.table.lengths.copy()
    offsets[1], lengths[1] = offset, length
    source = MjpegSource(replace(clip, table=FrameTable(offsets, lengths)), pool)
    with pytest.raises(FrameError, match="frame 1 "):
        source.read(1)
    assert read_number(source.read(2)) == 2
    assert pool.idle_bytes < 1 << 20
    source.close()


def test_a_file_cut_while_it_plays_costs_the_frames_behind_the_cut(jpegs: list[bytes], tmp_path: Path) -> None:
    clip = Frames(tmp_path, Codec.MJPEG).clip(*jpegs)
    source = MjpegSource(clip, BufferPool())
    os.truncate(clip.file, len(jpegs[0]) + 50)
    assert read_number(source.read(0)) == 0
    for index in (1, 2):
        with pytest.raises(FrameError, match="past the end"):
            source.read(index)
    source.close()


def test_a_clip_without_a_table_is_no_clip_of_this_kind(jpegs: list[bytes], tmp_path: Path) -> None:
    clip = Frames(tmp_path, Codec.MJPEG).clip(*jpegs)
    with pytest.raises(SourceError, match="frame table"):
        MjpegSource(replace(clip, table=None), BufferPool())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_flipped_bytes_give_a_picture_or_an_error(data: st.DataObject, jpegs: list[bytes]) -> None:
    if library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    jpeg = bytearray(jpegs[0])
    for _ in range(data.draw(st.integers(1, 6))):
        jpeg[data.draw(st.integers(0, len(jpeg) - 1))] = data.draw(st.integers(0, 255))
    decompressor = Decompressor()
    given_jpeg = np.frombuffer(bytes(jpeg), np.uint8)
    with contextlib.suppress(JpegError):
        header = decompressor.header(given_jpeg)
        if header.width * header.height <= 1 << 20:
            decompressor.decode(given_jpeg, header, BufferPool().take(header.plane_shapes()))
    decompressor.close()
