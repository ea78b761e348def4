"""HAP frames by hand: every way in which the format allows them, and ways in which it does not."""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FrameError
from engine.media.buffers import BufferPool
from engine.media.hap import HapError, HapSource, unpack
from engine.media.spread import ALONE, Spread
from engine.model.clips import Codec
from tests.hap_support import hap_packet
from tests.media_support import Frames, hap_chunked, hap_section, snappy

SIZE = 32 * 24 // 2  # BC1 of 32 × 24
BLOCKS = bytes(range(256)) + bytes(128)
PLAIN, SNAPPY, CHUNKED = 0xAB, 0xBB, 0xCB
HALF = SIZE // 2


def unpacked(packet: bytes) -> bytes:
    blocks = np.zeros(SIZE, np.uint8)
    unpack(np.frombuffer(packet, np.uint8), [0x0B], [blocks])
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
    "a section of one texture": hap_section(0x0D, hap_section(SNAPPY, snappy(BLOCKS))),
    "a section of two textures": hap_section(0x0D, hap_section(0xA1, b"alpha") + hap_section(PLAIN, BLOCKS)),
    "sections of unknown type beside": hap_section(
        0x0D, hap_section(0x77, b"?") + hap_section(0x1B, b"?") + hap_section(PLAIN, BLOCKS)
    ),
    "an unknown table": hap_section(
        CHUNKED,
        hap_section(
            0x01,
            hap_section(0x05, b"?") + hap_section(0x03, SIZE.to_bytes(4, "little")) + hap_section(0x02, b"\x0a"),
        )
        + BLOCKS,
    ),
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
    "a chunk that is a bomb": hap_chunked(CHUNKED, [(0x0B, b"\xff\xff\xff\xff\x0f" + bytes(64))]),
    "sizes of 2³² − 1": hap_chunked(CHUNKED, two_chunks(), offsets=[0xFFFFFFFF, 0xFFFFFFFF]),
    "a thousand sections": hap_section(0x0D, hap_section(0x77, b"?") * 1000 + hap_section(PLAIN, BLOCKS)),
    "a section within a section": hap_section(0x0D, hap_section(0x0D, hap_section(PLAIN, BLOCKS))),
    "a section of no textures": hap_section(0x0D, b"", wide=True),
    "a texture past its section": hap_section(0x0D, hap_section(PLAIN, BLOCKS, size=SIZE * 2)),
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
        unpack(np.frombuffer(bytes(packet), np.uint8), [0x0B], [memory[:SIZE]])
    assert (memory[SIZE:] == 0x5A).all()


BOTH = ((0x0F, bytes(range(128)) * 6), (0x01, bytes(range(64)) * 6))
BOTH_SIZES = [len(blocks) for _, blocks in BOTH]


def both_unpacked(packet: bytes, spread: Spread = ALONE) -> list[bytes]:
    planes = [np.zeros(size, np.uint8) for size in BOTH_SIZES]
    unpack(np.frombuffer(packet, np.uint8), [texture for texture, _ in BOTH], planes, spread)
    return [plane.tobytes() for plane in planes]


@pytest.mark.parametrize("images", [BOTH, BOTH[::-1]], ids=["colour first", "alpha first"])
@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_two_textures_are_told_by_their_type(images: tuple[tuple[int, bytes], ...], chunks: int) -> None:
    assert both_unpacked(hap_packet(images, chunks=chunks)) == [blocks for _, blocks in BOTH]


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (hap_packet(BOTH[:1]), "not its clip's 0x1"),
        (hap_section(0x0D, hap_packet(BOTH[:1])), "not its clip's 0x1"),
        (hap_section(0x0D, hap_packet(BOTH[:1]) + hap_packet([(0x0E, BOTH[1][1])])), "not its clip's 0x1"),
        (hap_packet([BOTH[0], (0x01, BOTH[0][1])]), f"{BOTH_SIZES[0]} bytes where {BOTH_SIZES[1]} fit"),
        (hap_packet(BOTH)[:-1], "stands in"),
    ],
    ids=["one alone", "one in a section", "another kind", "of another size", "cut off"],
)
def test_a_texture_that_is_missing_or_wrong_is_told(packet: bytes, said: str) -> None:
    with pytest.raises(HapError, match=said):
        both_unpacked(packet)


@given(st.sampled_from([0, 1, 3]), st.data())
def test_flipped_bytes_in_two_textures_stay_within_their_planes(chunks: int, data: st.DataObject) -> None:
    packet = bytearray(hap_packet(BOTH, chunks=chunks))
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    memory = np.full(sum(BOTH_SIZES) + 64, 0x5A, np.uint8)
    first, second, beyond = np.split(memory, np.cumsum(BOTH_SIZES))
    with contextlib.suppress(HapError):
        unpack(np.frombuffer(bytes(packet), np.uint8), [texture for texture, _ in BOTH], [first, second])
    assert (beyond == 0x5A).all()


class Threads:
    """A Spread over threads that end with it, which counts the parts that it ran."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.ran: list[int] = []

    def run(self, parts: Sequence[Callable[[], None]]) -> None:
        self.ran.append(len(parts))
        with ThreadPoolExecutor(self.width) as pool:
            runs = [pool.submit(part) for part in parts]
        for run in runs:
            run.result()


@pytest.mark.parametrize(("chunks", "parts"), [(0, 2), (1, 2), (4, 8)])
def test_the_parts_of_a_frame_go_to_idle_threads(chunks: int, parts: int) -> None:
    idle, busy = Threads(3), Threads(1)
    packet = hap_packet(BOTH, chunks=chunks)
    assert both_unpacked(packet, idle) == both_unpacked(packet, busy) == [blocks for _, blocks in BOTH]
    assert (idle.ran, busy.ran) == ([parts], [])


def test_a_frame_of_one_part_stays_on_its_thread() -> None:
    blocks, idle = np.zeros(SIZE, np.uint8), Threads(4)
    unpack(np.frombuffer(SOUND["one chunk"], np.uint8), [0x0B], [blocks], idle)
    assert (blocks.tobytes(), idle.ran) == (BLOCKS, [])


def test_a_chunk_that_breaks_on_another_thread_is_that_frames_error(tmp_path: Path) -> None:
    chunks = two_chunks()
    rotten = (0x0B, chunks[1][1][:3] + b"\xff" * (len(chunks[1][1]) - 3))
    clip = Frames(tmp_path, Codec.HAP, (32, 24)).clip(hap_chunked(CHUNKED, [chunks[0], rotten]), SOUND["two chunks"])
    pool, idle = BufferPool(), Threads(2)
    source = HapSource(clip, pool)
    with pytest.raises(FrameError, match="frame 0 is damaged"):
        source.read(0, idle)
    picture = source.read(1, idle)
    assert (picture.planes[0].tobytes(), idle.ran) == (BLOCKS, [2, 2])
    pool.give(picture.planes)
    source.close()
    assert pool.out_count == 0


_BOMBS = {
    "one": hap_section(SNAPPY, b"\xff\xff\xff\xff\x0f" + bytes(64)),
    "in chunks": hap_chunked(CHUNKED, [(0x0B, b"\xff\xff\xff\xff\x07" + bytes(64))] * 1000),
    "an absurd count": hap_section(
        CHUNKED, hap_section(0x01, hap_section(0x02, b"\x0b" * 5000) + hap_section(0x03, b"\xff" * 20_000)), wide=True
    ),
    "a long section": hap_section(SNAPPY, snappy(BLOCKS), wide=True, size=0xFFFFFFFF),
}


@pytest.mark.parametrize("name", _BOMBS)
def test_no_memory_is_taken_because_a_frame_says_so(name: str) -> None:
    packet, blocks = np.frombuffer(_BOMBS[name], np.uint8), np.zeros(SIZE, np.uint8)
    tracemalloc.start()
    with contextlib.suppress(HapError):
        unpack(packet, [0x0B], [blocks])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 500_000
    assert not blocks.any(), "nothing was unpacked"


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


def test_no_memory_is_taken_because_a_clip_says_so(tmp_path: Path) -> None:
    pool = BufferPool()
    bomb = hap_section(0xBC, bytes([0x80, 0xA4, 0xA8, 0xD2, 0x0D]) + bytes(64))
    clip = Frames(tmp_path, Codec.HAP_R, (60_000, 60_000)).clip(bomb)
    source = HapSource(clip, pool)
    with pytest.raises(FrameError, match="frame 0 is damaged: its 73 bytes cannot hold 3600000000 of blocks"):
        source.read(0)
    source.close()
    assert pool.idle_bytes < 100_000


@pytest.mark.parametrize("codec", [codec for codec in Codec if codec.is_hap])
def test_black_is_as_small_as_snappy_makes_it(codec: Codec, tmp_path: Path) -> None:
    textures = {Codec.HAP: [(0x0B, 8)], Codec.HAP_ALPHA: [(0x0E, 16)], Codec.HAP_Q: [(0x0F, 16)]}
    textures |= {Codec.HAP_Q_ALPHA: [(0x0F, 16), (0x01, 8)], Codec.HAP_ALPHA_ONLY: [(0x01, 8)]}
    images = [(texture, bytes(480 * 270 * size)) for texture, size in textures.get(codec, [(0x0C, 16)])]
    source = HapSource(Frames(tmp_path, codec, (1920, 1080)).clip(hap_packet(images)), BufferPool())
    assert [plane.tobytes() for plane in source.read(0).planes] == [blocks for _, blocks in images]
    source.close()


def test_sizes_are_rounded_up_to_whole_blocks(tmp_path: Path) -> None:
    clip = Frames(tmp_path, Codec.HAP, (30, 21)).clip(SOUND["plain"])
    source = HapSource(clip, BufferPool())
    picture = source.read(0)
    assert (picture.width, picture.height, picture.nbytes) == (30, 21, SIZE)
    source.close()
