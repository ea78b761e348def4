"""HAP frames by hand: every way in which the format allows them, and ways in which it does not."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FrameError
from engine.media.buffers import BufferPool
from engine.media.hap import HapError, HapSource, unpack
from engine.model.clips import Codec
from tests.media_support import Frames, hap_chunked, hap_section, snappy

SIZE = 32 * 24 // 2  # BC1 of 32 × 24
BLOCKS = bytes(range(256)) + bytes(128)
PLAIN, SNAPPY, CHUNKED = 0xAB, 0xBB, 0xCB
HALF = SIZE // 2


def unpacked(packet: bytes) -> bytes:
    blocks = np.zeros(SIZE, np.uint8)
    unpack(np.frombuffer(packet, np.uint8), 0x0B, blocks)
    return blocks.tobytes()


def two_chunks(first: int = 0x0B, second: int = 0x0B) -> list[tuple[int, bytes]]:
    stored = {0x0A: lambda data: data, 0x0B: snappy}
    return [(first, stored[first](BLOCKS[:HALF])), (second, stored[second](BLOCKS[HALF:]))]


SOUND = {
    "plain": hap_section(PLAIN, BLOCKS),
    "snappy": hap_section(SNAPPY, snappy(BLOCKS)),
    "long header": hap_section(SNAPPY, snappy(BLOCKS), wide=True),
    "padding behind it": hap_section(SNAPPY, snappy(BLOCKS)) + b"\0\0\0",
    "one chunk": hap_chunked(CHUNKED, [(0x0B, snappy(BLOCKS))]),
    "two chunks": hap_chunked(CHUNKED, two_chunks()),
    "a plain and a packed chunk": hap_chunked(CHUNKED, two_chunks(0x0A, 0x0B)),
    "offsets": hap_chunked(CHUNKED, two_chunks(0x0A, 0x0A), offsets=[3, 3 + HALF + 3], gap=b"gap"),
}

_TABLES = hap_section(0x02, b"\x0b\x0b") + hap_section(0x03, bytes(8))
DAMAGED = {
    "nothing": b"",
    "half a header": b"\1\0",
    "half a long header": b"\0\0\0\xbb\1",
    "a length past the end": hap_section(SNAPPY, snappy(BLOCKS), size=SIZE * 4),
    "2³² − 1 bytes": hap_section(SNAPPY, snappy(BLOCKS), wide=True, size=0xFFFFFFFF),
    "another texture format": hap_section(0xBE, snappy(BLOCKS)),
    "an unknown section": hap_section(0x7B, BLOCKS),
    "too few blocks": hap_section(PLAIN, BLOCKS[:-1]),
    "too many blocks": hap_section(PLAIN, BLOCKS + b"\0"),
    "a Snappy bomb": hap_section(SNAPPY, b"\xff\xff\xff\xff\x0f" + bytes(64)),
    "a Snappy length without end": hap_section(SNAPPY, b"\xff" * 16),
    "Snappy of less": hap_section(SNAPPY, snappy(BLOCKS[:100])),
    "Snappy cut off": hap_section(SNAPPY, snappy(BLOCKS)[:40]),
    "Snappy of nothing": hap_section(SNAPPY, b""),
    "chunks without instructions": hap_section(CHUNKED, snappy(BLOCKS)),
    "no chunks": hap_chunked(CHUNKED, []),
    "a missing table": hap_section(CHUNKED, hap_section(0x01, hap_section(0x02, b"\x0b")) + BLOCKS),
    "tables of different lengths": hap_section(
        CHUNKED, hap_section(0x01, hap_section(0x02, b"\x0b") + hap_section(0x03, bytes(400))) + BLOCKS
    ),
    "an absurd count": hap_section(
        CHUNKED, hap_section(0x01, hap_section(0x02, b"\x0b" * 5000) + hap_section(0x03, bytes(20000))), wide=True
    ),
    "empty chunks": hap_section(CHUNKED, hap_section(0x01, _TABLES)),
    "an unknown compressor": hap_chunked(CHUNKED, [(0x0C, BLOCKS)]),
    "a chunk past the end": hap_chunked(CHUNKED, two_chunks(), offsets=[0, 0xFFFFFFFF]),
    "a chunk too many": hap_chunked(CHUNKED, [*two_chunks(), (0x0A, b"more")]),
    "a chunk too few": hap_chunked(CHUNKED, two_chunks()[:1]),
}


@pytest.mark.parametrize("name", SOUND)
def test_every_way_to_store_a_frame_gives_its_blocks(name: str) -> None:
    assert unpacked(SOUND[name]) == BLOCKS


@pytest.mark.parametrize("name", DAMAGED)
def test_every_way_to_spoil_a_frame_is_told(name: str) -> None:
    with pytest.raises(HapError):
        unpacked(DAMAGED[name])


@given(st.sampled_from(sorted(SOUND)), st.data())
def test_flipped_bytes_give_blocks_or_an_error_and_never_more_blocks(name: str, data: st.DataObject) -> None:
    packet = bytearray(SOUND[name])
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(0, min(len(packet) - 1, 48)))] = data.draw(st.integers(0, 255))
    memory = np.full(SIZE + 64, 0x5A, np.uint8)
    with contextlib.suppress(HapError):
        unpack(np.frombuffer(bytes(packet), np.uint8), 0x0B, memory[:SIZE])
    assert (memory[SIZE:] == 0x5A).all()


@given(st.binary(max_size=200))
def test_noise_is_an_error(noise: bytes) -> None:
    with pytest.raises(HapError):
        unpacked(noise)


def test_a_damaged_frame_gives_its_buffer_back_and_leaves_the_others(tmp_path: Path) -> None:
    pool = BufferPool()
    clip = Frames(tmp_path, Codec.HAP, (32, 24)).clip(SOUND["snappy"], DAMAGED["Snappy cut off"], SOUND["two chunks"])
    source = HapSource(clip, pool)
    with pytest.raises(FrameError, match="frame 1 is damaged"):
        source.read(1)
    for index in (2, 0):
        picture = source.read(index)
        assert picture.planes[0].tobytes() == BLOCKS
        pool.give(picture.planes)
    source.close()
    assert pool.out_count == 0


def test_sizes_are_rounded_up_to_whole_blocks(tmp_path: Path) -> None:
    clip = Frames(tmp_path, Codec.HAP, (30, 21)).clip(SOUND["plain"])
    source = HapSource(clip, BufferPool())
    picture = source.read(0)
    assert (picture.width, picture.height, picture.nbytes) == (30, 21, SIZE)
    source.close()
