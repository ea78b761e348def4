"""Whatever a HAP frame says of itself: its blocks or an error for it, and never more memory than frames take."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import FrameError
from engine.media.buffers import BufferPool
from engine.media.hap import HapSource
from engine.model.clips import Codec
from tests.hostile_seeds import hap_blocks, hap_frames
from tests.hostile_strategies import NUMBERS, spoiled
from tests.hostile_support import HapReader
from tests.media_support import Frames, hap_section, snappy

pytestmark = pytest.mark.timeout(120)  # what hangs, fails

TYPES = [high | low for high in (0xA0, 0xB0, 0xC0, 0x00, 0x70) for low in (0x0B, 0x0E, 0x0F, 0x01, 0x0C, 0x0D, 0x02)]
CONTENTS = [hap_blocks(0x0B), snappy(hap_blocks(0x0B)), snappy(hap_blocks(0x0F)), b"", bytes(64), b"\xff" * 40]
TABLES = st.tuples(
    st.sampled_from((0x02, 0x03, 0x04, 0x05)),
    st.one_of(st.binary(max_size=24), st.sampled_from((b"\x0b" * 2000, b"\x0a" * 4, b"\xff" * 16, bytes(8000)))),
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HapReader]:
    reader = HapReader(tmp_path_factory.mktemp("hap"))
    yield reader
    reader.close()


def sizes_of(content: bytes, bits: int = 24) -> st.SearchStrategy[int]:
    """What a section's header may say of its length: the truth, nearly, or anything."""
    length = len(content)
    near = [length, length, length, length + 1, max(0, length - 1)]
    return st.sampled_from([*near, *(number for number in NUMBERS if number < 1 << bits)])


@st.composite
def sections(draw: st.DrawFn) -> bytes:
    """Sections within sections, any of which may lie about its length; chunk tables of any kind and count."""
    content = draw(st.sampled_from(CONTENTS))
    if draw(st.booleans()):
        tables = [(kind, table, draw(sizes_of(table))) for kind, table in draw(st.lists(TABLES, max_size=20))]
        instructions = b"".join(hap_section(kind, table, size=size) for kind, table, size in tables)
        content = hap_section(0x01, instructions, size=draw(sizes_of(instructions))) + content
    for _ in range(draw(st.integers(1, 3))):
        kind, wide = draw(st.sampled_from(TYPES)), draw(st.booleans())
        size = draw(sizes_of(content, 32 if wide else 24))
        content = hap_section(kind, content, wide=wide, size=size) + draw(st.sampled_from((b"", b"\0", content)))
    return content


@settings(deadline=None, max_examples=400)
@given(data=spoiled(hap_frames()))
def test_a_spoiled_frame_is_its_blocks_or_an_error(reader: HapReader, data: bytes) -> None:
    reader.check(data)


@settings(deadline=None, max_examples=400)
@given(data=sections())
def test_sections_that_lie_give_blocks_or_an_error(reader: HapReader, data: bytes) -> None:
    reader.check(data)


@settings(deadline=None, max_examples=150)
@given(data=st.one_of(spoiled(hap_frames()), sections()))
def test_what_a_frame_says_takes_no_memory(reader: HapReader, data: bytes) -> None:
    """NumPy's and Python's own, that is; tests/unit/test_bad_input_memory.py has what the libraries take."""
    reader.check(data)
    tracemalloc.start()
    try:
        reader.check(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The frame and the sound one after it, as bytes and unpacked, here and there; 256 KiB for tables of 1024 chunks.
    assert peak <= 4 * len(data) + (64 << 10) + (256 << 10)


def test_a_frame_of_nothing_but_section_headers_is_refused_at_once(tmp_path: Path) -> None:
    """A large frame has room for a million of them, each of which would take the interpreter's time."""
    headers = hap_section(0x02, b"", wide=True) * 50_000
    frames = [
        hap_section(0xCB, hap_section(0x01, headers, wide=True), wide=True),
        hap_section(0x0D, headers, wide=True),
    ]
    source = HapSource(Frames(tmp_path, Codec.HAP, (1024, 768)).clip(*frames), BufferPool())
    for index in (0, 1):
        assert calls_to_refuse(source, index) < 1000
    source.close()


def calls_to_refuse(source: HapSource, index: int) -> int:
    """How many calls of any kind it takes to raise FrameError for the frame."""
    events = 0

    def count(*_: object) -> None:
        nonlocal events
        events += 1

    sys.setprofile(count)
    try:
        with pytest.raises(FrameError):
            source.read(index)
    finally:
        sys.setprofile(None)
    return events


def test_the_frames_to_be_spoiled_are_sound(reader: HapReader) -> None:
    assert {reader.check(frame) for frame in hap_frames()} == {""}
