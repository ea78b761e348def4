"""Whatever a JPEG says of itself: a picture of its clip's size or an error, the same whole, in strips, at any time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.turbojpeg import library
from tests.hostile_seeds import foreign_jpegs, jpeg_frames, turbo_jpeg
from tests.hostile_strategies import spoiled
from tests.hostile_support import JpegReader, jpeg_seeds
from tests.support import absent

pytestmark = pytest.mark.timeout(120)  # what hangs, fails


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JpegReader]:
    if library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    reader = JpegReader(tmp_path_factory.mktemp("jpeg"))
    yield reader
    reader.close()


@st.composite
def spoiled_scans(draw: st.DrawFn) -> bytes:
    """JPEGs whose headers are whole: the damage is among the coded data and its restart markers."""
    jpeg = draw(st.sampled_from(jpeg_seeds()))
    begin = jpeg.rindex(b"\xff\xda") + 10
    scan = bytearray(jpeg[begin:-2])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(scan) - 2)))
        way = draw(st.sampled_from((b"\xff\xd0", b"\xff\xd1", b"\xff\xd9", b"\xff\x00", b"\xff\xff", b"\x00\x00", b"")))
        scan[at : at + draw(st.integers(0, 2))] = way or draw(st.binary(min_size=1, max_size=4))
    return jpeg[:begin] + bytes(scan) + jpeg[-2:]


@settings(deadline=None, max_examples=250)
@given(data=st.deferred(lambda: spoiled(jpeg_seeds())))
def test_a_spoiled_jpeg_is_a_picture_of_the_clip_s_size_or_an_error(reader: JpegReader, data: bytes) -> None:
    reader.check(data)


@settings(deadline=None, max_examples=250)
@given(data=spoiled_scans())
def test_spoiled_coded_data_is_the_same_whole_and_in_strips(reader: JpegReader, data: bytes) -> None:
    reader.check(data)


@settings(deadline=None, max_examples=100)
@given(data=st.deferred(lambda: spoiled(jpeg_seeds())))
def test_what_a_jpeg_says_takes_no_memory(reader: JpegReader, data: bytes) -> None:
    """NumPy's and Python's own, that is; tests/unit/test_bad_input_memory.py has what the libraries take."""
    reader.check(data)
    tracemalloc.start()
    try:
        reader.check(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 8 * len(data) + (256 << 10)  # a picture of 12 KiB and its samples, several times over


@pytest.mark.parametrize("name", jpeg_frames())
def test_the_jpegs_to_be_spoiled_are_sound(name: str, reader: JpegReader) -> None:
    assert reader.check(jpeg_frames()[name]) == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CMYK", "its colours are neither"),
        ("12 bits", "precision"),
        ("no bits", "precision"),
        ("lossless", "SOF"),
        ("lossless by its marker", "SOF"),
        ("hierarchical", "SOF"),
        ("arithmetic by its marker", "damaged"),
        ("wider", "it is 80 × 56 pixels, its clip 72 × 56"),
        ("lower", "it is 72 × 55 pixels, its clip 72 × 56"),
        ("turned", "it is 56 × 72 pixels"),
        ("far larger", "frame 0 is"),
    ],
)
def test_a_jpeg_that_no_clip_may_hold_is_told_by_what_it_is(name: str, said: str, reader: JpegReader) -> None:
    assert said in reader.check(foreign_jpegs()[name])


def test_arithmetic_coding_is_shown_where_the_decoder_knows_it(reader: JpegReader) -> None:
    """libjpeg-turbo does, FFmpeg does not: a picture of the clip's size or an error, and each every time."""
    for jpeg in (turbo_jpeg(TJ_ARITHMETIC="1"), turbo_jpeg(TJ_ARITHMETIC="1", TJ_RESTART="1")):
        assert b"\xff\xc9" in jpeg
        reader.check(jpeg)


def test_a_grey_frame_in_a_clip_of_colours_is_shown_grey(reader: JpegReader) -> None:
    """Its size is the clip's, and what to draw is plain: cameras switch to it at night."""
    assert reader.check(jpeg_frames()["grey"]) == ""
    assert reader.check(jpeg_frames()["4:2:0"]) == ""
