"""What a QuickTime movie itself says of its picture: for codecs that need no decoder, or that FFmpeg has none for.

Boxes and fields: ISO/IEC 14496-12, 4.2, 8.3.2 (tkhd), 8.4.3 (hdlr), 8.5.2 (stsd), 12.1.3 and 12.1.4 (pasp).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, TypeAlias

_MOST_BOXES = 1024  # at one level: a file with more has been damaged, and looking on would take for ever
_ENTRY_HEAD = 78  # bytes of a visual sample entry before the boxes in it
_MATRIX_BYTES = 36
_IDENTITY = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)

_Span: TypeAlias = tuple[int, int]  # where a box's content begins and ends in the file


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """A picture as its movie describes it: four-character code, size as stored, how its pixels are to be shown."""

    tag: str
    width: int
    height: int
    aspect: Fraction  # of a pixel, across to down
    upright: bool


def sample_entry(path: Path) -> SampleEntry | None:
    """The first picture of a MOV or MP4; None for another kind of file, or one that is damaged. Any thread.

    Reads a few hundred bytes. Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        movie = _find(file, (0, file.seek(0, os.SEEK_END)), b"moov")
        for track in _all(file, movie, b"trak"):
            handler = _find(file, track, b"mdia", b"hdlr")
            if _read(file, handler, 8, 4) == b"vide":
                return _entry(file, track)
    return None


def _entry(file: BinaryIO, track: _Span) -> SampleEntry | None:
    table = _find(file, track, b"mdia", b"minf", b"stbl", b"stsd")
    if table is None or table[1] - table[0] < 8:
        return None
    for kind, start, end in _boxes(file, (table[0] + 8, table[1])):
        width, height = _pair(_read(file, (start, end), 24, 4))
        across, down = _pair(_read(file, _find(file, (start + _ENTRY_HEAD, end), b"pasp"), 0, 8))
        aspect = Fraction(across, down) if across and down else Fraction(1)
        return SampleEntry(kind.decode("latin-1"), width, height, aspect, _matrix(file, track) in (_IDENTITY, b""))
    return None


def _pair(data: bytes) -> tuple[int, int]:
    """The two numbers that fill `data`; zeros where there is none."""
    half = len(data) // 2
    return int.from_bytes(data[:half], "big"), int.from_bytes(data[half:], "big")


def _matrix(file: BinaryIO, track: _Span) -> bytes:
    """The track's matrix without its shift, which changes no shape; empty where there is none."""
    header = _find(file, track, b"tkhd")
    version = _read(file, header, 0, 1)
    matrix = _read(file, header, 52 if version == b"\1" else 40, _MATRIX_BYTES)
    return matrix[:24] + bytes(8) + matrix[32:] if matrix else b""


def _find(file: BinaryIO, span: _Span | None, *kinds: bytes) -> _Span | None:
    """The first box of the first kind within `span`, the first of the second within that, and so on."""
    for kind in kinds:
        span = next(_all(file, span, kind), None)
    return span


def _all(file: BinaryIO, span: _Span | None, kind: bytes) -> Iterator[_Span]:
    return ((start, end) for found, start, end in _boxes(file, span) if found == kind)


def _boxes(file: BinaryIO, span: _Span | None) -> Iterator[tuple[bytes, int, int]]:
    """Type and content of each box within `span`, up to the first that is damaged."""
    start, end = span or (0, 0)
    for _ in range(_MOST_BOXES):
        file.seek(start)
        head = file.read(16)
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1:
            size, content = int.from_bytes(head[8:], "big"), start + 16
        stop = start + size if size else end
        if not content <= stop <= end:
            return
        yield kind, content, stop
        start = stop


def _read(file: BinaryIO, span: _Span | None, at: int, count: int) -> bytes:
    """`count` bytes at `at` within `span`; none where it does not hold them."""
    start, end = span or (0, 0)
    if start + at + count > end:
        return b""
    file.seek(start + at)
    return file.read(count)
