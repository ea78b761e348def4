"""HAP clips: one positioned read, then Snappy straight into the blocks that the GPU takes. No pixel is decoded here.

Source of the format: Vidvox/hap, documentation/HapVideoDRAFT.md.
"""

from __future__ import annotations

from typing import NoReturn

import cramjam
import numpy as np

from engine.media.buffers import BufferPool, Bytes
from engine.media.positioned_file import PositionedFile
from engine.model.clips import Clip, Codec
from engine.model.pictures import FrameRef, Layout, Picture

# Codec → (low nibble of the section type, layout, bytes a block of 4 × 4 texels)
_FORMATS = {
    Codec.HAP: (0x0B, Layout.BC1, 8),
    Codec.HAP_ALPHA: (0x0E, Layout.BC3, 16),
    Codec.HAP_Q: (0x0F, Layout.BC3_YCOCG, 16),
}
_PLAIN, _SNAPPY, _CHUNKED = 0xA0, 0xB0, 0xC0  # high nibble of the section type
_CHUNK_PLAIN, _CHUNK_SNAPPY = 0x0A, 0x0B  # in the table of second-stage compressors
_INSTRUCTIONS, _COMPRESSORS, _SIZES, _OFFSETS = 0x01, 0x02, 0x03, 0x04  # section types inside a chunked frame
_MAX_CHUNKS = 1024  # encoders write one for each core; a table of more is damage


class HapSource:
    """A HAP clip with a frame table (a FrameSource): Hap1 → BC1, Hap5 → BC3, HapY → BC3_YCOCG, one flat plane.

    A frame whose sections, chunks or lengths disagree with one another or with the clip's size is damaged.
    """

    def __init__(self, clip: Clip, pool: BufferPool) -> None:
        """Open `clip`, whose codec is one of HAP's. Raises SourceError where the file cannot be opened."""
        self._clip = clip
        self._pool = pool
        self._texture, self._layout, block = _FORMATS[clip.codec]
        self._size = -(-clip.width // 4) * -(-clip.height // 4) * block
        # Snappy's worst case is 32 + n + n / 6 bytes; 64 KiB for headers and chunk tables.
        self._file = PositionedFile(clip, pool, longest=self._size + self._size // 6 + (64 << 10))

    @property
    def clip(self) -> Clip:
        return self._clip

    def read(self, index: int) -> Picture:
        packet = self._file.read(index)
        planes = self._pool.take([(self._size,)])
        try:
            unpack(packet, self._texture, planes[0])
        except HapError as error:
            self._pool.give(planes)
            raise self._file.error(index, f"is damaged: {error}") from error
        ref = FrameRef(self._clip.slug, index)
        return Picture(ref, self._clip.width, self._clip.height, self._layout, planes)

    def close(self) -> None:
        self._file.close()


class HapError(Exception):
    """What is wrong with one HAP frame."""


def unpack(packet: Bytes, texture: int, blocks: Bytes) -> None:
    """Fill `blocks` from a HAP frame whose texture format (low nibble) must be `texture`.

    Raises HapError where the frame is not exactly `blocks` long once unpacked; `blocks` is then undefined.
    """
    kind, content, _ = _section(packet)  # what follows the section is an encoder's padding
    if kind & 0x0F != texture:
        raise HapError(f"its texture format is {kind & 0x0F:#x}, its clip's {texture:#x}")
    if kind & 0xF0 == _CHUNKED:
        _unpack_chunks(content, blocks)
    elif kind & 0xF0 == _SNAPPY:
        _unsnap(content, blocks)
    elif kind & 0xF0 == _PLAIN:
        _copy(content, blocks)
    else:
        raise HapError(f"its section type {kind:#x} is unknown")


def _section(data: Bytes) -> tuple[int, Bytes, Bytes]:
    """The first section of `data`: its type, its content, and what follows it."""
    if len(data) < 4:
        raise HapError("a section header is cut off")
    size, head = int.from_bytes(data[:3].tobytes(), "little"), 4
    if size == 0:
        if len(data) < 8:
            raise HapError("a section header is cut off")
        size, head = int.from_bytes(data[4:8].tobytes(), "little"), 8
    if size > len(data) - head:
        raise HapError(f"a section of {size} bytes stands in {len(data) - head}")
    return int(data[3]), data[head : head + size], data[head + size :]


def _unpack_chunks(content: Bytes, blocks: Bytes) -> None:
    compressors, sizes, offsets, chunks = _chunk_tables(content)
    filled = 0
    for compressor, size, offset in zip(compressors, sizes, offsets, strict=True):
        if offset + size > len(chunks):
            raise HapError(f"a chunk of {size} bytes at {offset} stands in {len(chunks)}")
        chunk = chunks[offset : offset + size]
        if compressor == _CHUNK_SNAPPY:
            length = _snappy_length(chunk)
            _unsnap(chunk, blocks[filled : filled + length])
        elif compressor == _CHUNK_PLAIN:
            length = size
            _copy(chunk, blocks[filled : filled + length])
        else:
            raise HapError(f"its chunk compressor {compressor:#x} is unknown")
        filled += length
    if filled != len(blocks):
        raise HapError(f"its chunks make {filled} bytes instead of {len(blocks)}")


def _chunk_tables(content: Bytes) -> tuple[list[int], list[int], list[int], Bytes]:
    """Each chunk's compressor, size and offset, and the bytes that the offsets count in."""
    kind, tables, chunks = _section(content)
    if kind != _INSTRUCTIONS:
        raise HapError("its decode instructions are missing")
    found: dict[int, Bytes] = {}
    while len(tables):
        kind, table, tables = _section(tables)
        found[kind] = table
    if _COMPRESSORS not in found or _SIZES not in found:
        raise HapError("a chunk table is missing")
    compressors = found[_COMPRESSORS].tolist()
    count = len(compressors)
    if not 0 < count <= _MAX_CHUNKS:
        raise HapError(f"it has {count} chunks")
    sizes = _numbers(found[_SIZES], count)
    if _OFFSETS in found:
        return compressors, sizes, _numbers(found[_OFFSETS], count), chunks
    ends = np.cumsum(sizes, dtype=np.int64).tolist()
    return compressors, sizes, [end - size for end, size in zip(ends, sizes, strict=True)], chunks


def _numbers(table: Bytes, count: int) -> list[int]:
    if len(table) != 4 * count:
        raise HapError(f"a chunk table of {len(table)} bytes is for {count} chunks")
    return [int(number) for number in np.frombuffer(table.tobytes(), "<u4")]


def _snappy_length(data: Bytes) -> int:
    """How long Snappy's raw format says that its content is: a varint of at most 32 bits at its head."""
    length = 0
    for place, byte in enumerate(data[:5].tobytes()):
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return length
    raise HapError("a Snappy length is cut off")


def _unsnap(data: Bytes, blocks: Bytes) -> None:
    length = _snappy_length(data)
    if length != len(blocks):
        _wrong_length(length, blocks)
    try:
        done = cramjam.snappy.decompress_raw_into(data.data, blocks.data)
    except cramjam.DecompressionError as error:
        raise HapError(str(error)) from error
    if done != len(blocks):
        _wrong_length(done, blocks)


def _copy(data: Bytes, blocks: Bytes) -> None:
    if len(data) != len(blocks):
        _wrong_length(len(data), blocks)
    np.copyto(blocks, data)


def _wrong_length(length: int, blocks: Bytes) -> NoReturn:
    raise HapError(f"it unpacks to {length} bytes where {len(blocks)} fit")
