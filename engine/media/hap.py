"""HAP clips: one positioned read, then Snappy straight into the blocks that the GPU takes. No pixel is decoded here.

Source of the format: Vidvox/hap, documentation/HapVideoDRAFT.md.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import TypeAlias

import cramjam

from engine.media.buffers import BufferPool, Bytes
from engine.media.positioned_file import PositionedFile
from engine.media.spread import ALONE, Spread
from engine.model.clips import Clip, Codec
from engine.model.pictures import FrameRef, Layout, Picture

# Codec → its layout and, for each plane, the low nibble of the section's type and the bytes of a block of 4 × 4 texels
_FORMATS = {
    Codec.HAP: (Layout.BC1, ((0x0B, 8),)),
    Codec.HAP_ALPHA: (Layout.BC3, ((0x0E, 16),)),
    Codec.HAP_Q: (Layout.BC3_YCOCG, ((0x0F, 16),)),
    Codec.HAP_Q_ALPHA: (Layout.BC3_YCOCG_BC4, ((0x0F, 16), (0x01, 8))),
    Codec.HAP_ALPHA_ONLY: (Layout.BC4, ((0x01, 8),)),
    Codec.HAP_R: (Layout.BC7, ((0x0C, 16),)),
}
_SEVERAL = 0x0D  # section type: a section for each texture within
_PLAIN, _SNAPPY, _CHUNKED = 0xA0, 0xB0, 0xC0  # high nibble of the section type
_COMPRESSIONS = (_PLAIN, _SNAPPY, _CHUNKED)
_CHUNK_PLAIN, _CHUNK_SNAPPY = 0x0A, 0x0B  # in the table of second-stage compressors
_INSTRUCTIONS, _COMPRESSORS, _SIZES, _OFFSETS = 0x01, 0x02, 0x03, 0x04  # section types inside a chunked frame
# Encoders write a chunk for each core, and two or three sections in another: more is damage, and would cost time.
_MAX_CHUNKS = 1024
_MAX_SECTIONS = 16
_DENSEST = 22  # Snappy makes at most 64 bytes of 3
_WORD = struct.Struct("<I")

# How to fill a stretch of a plane, from what, and the stretch.
_Part: TypeAlias = tuple[Callable[[memoryview, memoryview], None], memoryview, memoryview]


class HapSource:
    """A HAP clip with a frame table (a FrameSource), in any of the format's kinds; its planes are flat blocks.

    Chunks of a frame, and HapM's two textures, are decompressed at once where threads are idle. A frame whose
    sections, chunks or lengths disagree with one another or with the clip's size is damaged.
    """

    def __init__(self, clip: Clip, pool: BufferPool) -> None:
        """Open `clip`, whose codec is one of HAP's. Raises SourceError where the file cannot be opened."""
        self._clip = clip
        self._pool = pool
        self._layout, planes = _FORMATS[clip.codec]
        self._textures = tuple(texture for texture, _ in planes)
        blocks = -(-clip.width // 4) * -(-clip.height // 4)
        self._shapes = tuple((blocks * block_bytes,) for _, block_bytes in planes)
        self._size = sum(length for (length,) in self._shapes)
        # Snappy's worst case is 32 + n + n / 6 bytes; 64 KiB for headers and chunk tables.
        self._file = PositionedFile(clip, pool, longest=self._size + self._size // 6 + (64 << 10))

    @property
    def clip(self) -> Clip:
        return self._clip

    def read(self, index: int, spread: Spread = ALONE) -> Picture:
        packet = self._file.read(index)
        if len(packet) * _DENSEST < self._size:  # or a clip that lies about its size would be given memory for it
            raise self._file.error(index, f"is damaged: its {len(packet)} bytes cannot hold {self._size} of blocks")
        planes = self._pool.take(self._shapes)
        try:
            unpack(packet, self._textures, planes, spread)
        except HapError as error:
            self._pool.give(planes)
            raise self._file.error(index, f"is damaged: {error}") from error
        ref = FrameRef(self._clip.slug, index)
        return Picture(ref, self._clip.width, self._clip.height, self._layout, planes)

    def close(self) -> None:
        self._file.close()


class HapError(Exception):
    """What is wrong with one HAP frame."""


def unpack(packet: Bytes, textures: Sequence[int], planes: Sequence[Bytes], spread: Spread = ALONE) -> None:
    """Fill each of `planes` (flat) from the texture of a HAP frame whose format (low nibble) `textures` names.

    Everything that the frame says of itself is checked before anything is decompressed; nothing is allocated by it.
    Raises HapError where a texture is not exactly as long as its plane once unpacked; `planes` are then undefined.
    """
    images = _images(packet.data, textures)
    parts = [part for image, plane in zip(images, planes, strict=True) for part in _parts(*image, plane.data)]
    if len(parts) > 1 and spread.width > 1:
        spread.run([partial(fill, source, target) for fill, source, target in parts])
        return
    for fill, source, target in parts:
        fill(source, target)


def _images(packet: memoryview, textures: Sequence[int]) -> list[tuple[int, memoryview]]:
    """The section type and content of each of `textures`, in that order."""
    kind, content, _ = _section(packet)  # what follows the section is an encoder's padding
    images = [(kind, content)]
    if kind == _SEVERAL:
        images = [image for image in _sections(content) if image[0] & 0xF0 in _COMPRESSIONS]
    found: dict[int, tuple[int, memoryview]] = {}
    for image in images:
        found.setdefault(image[0] & 0x0F, image)
    missing = [texture for texture in textures if texture not in found]
    if missing:
        has, lacks = (", ".join(map(hex, formats)) for formats in (found, missing))
        raise HapError(f"its texture formats are {has or 'none'}, not its clip's {lacks}")
    return [found[texture] for texture in textures]


def _section(data: memoryview) -> tuple[int, memoryview, memoryview]:
    """The first section of `data`: its type, its content, and what follows it."""
    head = 4
    if len(data) < head:
        raise HapError("a section header is cut off")
    (word,) = _WORD.unpack_from(data)
    kind, size = word >> 24, word & 0xFFFFFF
    if size == 0:
        head = 8
        if len(data) < head:
            raise HapError("a section header is cut off")
        (size,) = _WORD.unpack_from(data, 4)
    end = head + size
    if end > len(data):
        raise HapError(f"a section of {size} bytes stands in {len(data) - head}")
    return kind, data[head:end], data[end:]


def _sections(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Type and content of every section of `data`."""
    for _ in range(_MAX_SECTIONS):
        if not data:
            return
        kind, content, data = _section(data)
        yield kind, content
    if data:
        raise HapError(f"a section holds more than {_MAX_SECTIONS} others")


def _parts(kind: int, content: memoryview, plane: memoryview) -> Iterable[_Part]:
    """What there is to do to fill `plane` from a texture's section: together exactly all of it."""
    compression = kind & 0xF0
    if compression == _SNAPPY:
        _check_length(_snappy_length(content), plane)
        return [(_unsnap, content, plane)]
    if compression == _PLAIN:
        _check_length(len(content), plane)
        return [(_copy, content, plane)]
    if compression == _CHUNKED:
        return _chunks(content, plane)
    raise HapError(f"its section type {kind:#x} is unknown")


def _chunks(content: memoryview, plane: memoryview) -> list[_Part]:
    compressors, sizes, offsets, data = _chunk_tables(content)
    parts: list[_Part] = []
    filled = 0
    for compressor, size, offset in zip(compressors, sizes, offsets, strict=False):
        if offset + size > len(data):
            raise HapError(f"a chunk of {size} bytes at {offset} stands in {len(data)}")
        chunk = data[offset : offset + size]
        if compressor == _CHUNK_SNAPPY:
            fill, length = _unsnap, _snappy_length(chunk)
        elif compressor == _CHUNK_PLAIN:
            fill, length = _copy, size
        else:
            raise HapError(f"its chunk compressor {compressor:#x} is unknown")
        parts.append((fill, chunk, plane[filled : filled + length]))
        filled += length
    _check_length(filled, plane)
    return parts


def _chunk_tables(content: memoryview) -> tuple[memoryview, Sequence[int], Iterable[int], memoryview]:
    """Each chunk's compressor, size and offset, and the bytes that the offsets count in."""
    kind, instructions, data = _section(content)
    if kind != _INSTRUCTIONS:
        raise HapError("its decode instructions are missing")
    tables = dict(_sections(instructions))
    if _COMPRESSORS not in tables or _SIZES not in tables:
        raise HapError("a chunk table is missing")
    compressors = tables[_COMPRESSORS]
    count = len(compressors)
    if not 0 < count <= _MAX_CHUNKS:
        raise HapError(f"it has {count} chunks")
    sizes = _numbers(tables[_SIZES], count)
    if _OFFSETS in tables:
        return compressors, sizes, _numbers(tables[_OFFSETS], count), data
    return compressors, sizes, accumulate(sizes, initial=0), data


def _numbers(table: memoryview, count: int) -> tuple[int, ...]:
    if len(table) != 4 * count:
        raise HapError(f"a chunk table of {len(table)} bytes is for {count} chunks")
    return struct.unpack(f"<{count}I", table)


def _snappy_length(data: memoryview) -> int:
    """How long Snappy's raw format says that its content is: a varint of at most 32 bits at its head."""
    length = 0
    for place, byte in enumerate(data[:5]):
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return length
    raise HapError("a Snappy length is cut off")


def _unsnap(data: memoryview, blocks: memoryview) -> None:
    try:
        done = cramjam.snappy.decompress_raw_into(data, blocks)
    except cramjam.DecompressionError as error:
        raise HapError(str(error)) from error
    _check_length(done, blocks)


def _copy(data: memoryview, blocks: memoryview) -> None:
    blocks[:] = data


def _check_length(length: int, blocks: memoryview) -> None:
    if length != len(blocks):
        raise HapError(f"it unpacks to {length} bytes where {len(blocks)} fit")
