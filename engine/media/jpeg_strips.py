"""Cutting a JPEG at its restart markers into strips, each a whole JPEG, so that several threads decode one frame.

At a restart marker the entropy decoder begins anew: nothing before it is needed. A strip gets the frame's own
header with its own height, and an end marker. Decoded into the same planes, one below the other, the strips give
the very samples that the whole gives. Source of the format: ITU-T T.81, B.2 and F.1.2.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from engine.media.buffers import Bytes

_SOI, _EOI, _SOS, _DRI, _TEM = 0xD8, 0xD9, 0xDA, 0xDD, 0x01
_RST0 = 0xD0
_SOF0, _SOF1 = 0xC0, 0xC1  # baseline and extended sequential, Huffman: one scan holds all components
_OTHER_SOF = (0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_NEVER = frozenset((*_OTHER_SOF, _SOI, _EOI, _TEM, *range(_RST0, _RST0 + 8)))
_LONGEST_HEADER = 1 << 16  # beyond it a frame is decoded whole: some cameras put a thumbnail into theirs

Places: TypeAlias = npt.NDArray[np.intp]

# What a frame costs on one core: 2.4 ns a pixel and 13 ns a compressed byte, from 360p to 4K. The cut is put where
# the strips cost alike, not where they are equally high: skies are cheap.
_NS_A_PIXEL, _NS_A_BYTE = 2.4, 13.0


Number = TypeVar("Number", float, npt.NDArray[Any])


def cost_ns(pixels: Number, compressed_bytes: Number) -> Number:
    """About how long a core takes to decode so much, in nanoseconds."""
    return _NS_A_PIXEL * pixels + _NS_A_BYTE * compressed_bytes


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of a frame as a JPEG of its own: its bytes, and which luma rows of the frame it holds."""

    jpeg: Bytes
    first_row: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Header:
    """Everything before the entropy-coded data, and what a cut needs to know of it."""

    data: bytes
    height_at: int  # where SOF has the height, a big-endian uint16
    height: int
    width: int
    mcu_rows: int
    mcu_height: int
    intervals_a_cut: int  # cuts fall on every so many restart intervals, where a row of MCUs ends
    rows_a_cut: int  # rows of MCUs between two such places

    @property
    def intervals(self) -> int:
        return -(-self.mcu_rows * self.intervals_a_cut // self.rows_a_cut)


class _Kept:
    """Memory that is used again, and grows with what is asked for."""

    def __init__(self) -> None:
        self._bytes: Bytes = np.empty(0, np.uint8)

    def bytes(self, count: int) -> Bytes:
        if len(self._bytes) < count:
            self._bytes = np.empty(1 << (count - 1).bit_length(), np.uint8)
        return self._bytes[:count]


class StripCutter:
    """Cuts the JPEGs of one clip. One thread at a time.

    The header of the last JPEG is kept: the frames of a clip mostly share theirs, and reading it costs as much as
    finding the markers. So is the memory of its strips: fresh memory would cost as much as all the rest.
    """

    def __init__(self) -> None:
        self._header: _Header | None = None
        self._masks = [_Kept(), _Kept()]
        self._strips: list[_Kept] = []

    def cut(self, jpeg: Bytes, count: int) -> list[Strip]:
        """`jpeg` (whole, from SOI to EOI) as up to `count` strips from top to bottom, of about equal cost.

        Empty where it cannot be cut: no restart markers that fall on row ends, progressive or several scans, or
        markers that are not those which the header promises. Such a frame is decoded whole, and what is wrong
        with it found there. The strips are good until the next call; they do not share memory with `jpeg`.
        """
        header = self._header_of(jpeg)
        if header is None or count < 2:
            return []
        data = jpeg[len(header.data) :]
        markers = _restarts(data, self._masks)
        if len(markers) != header.intervals - 1:
            return []
        while len(self._strips) < count:
            self._strips.append(_Kept())
        cuts = pairwise(_cuts(header, len(data), markers, count))
        return [_strip(header, data, markers, ends, kept) for ends, kept in zip(cuts, self._strips, strict=False)]

    def _header_of(self, jpeg: Bytes) -> _Header | None:
        last = self._header
        if last is None or jpeg[: len(last.data)].tobytes() != last.data:
            self._header = last = _read_header(jpeg[:_LONGEST_HEADER].tobytes())
        return last


def _read_header(data: bytes) -> _Header | None:
    """The header that `data` begins with; None where it is cut off or its frame cannot be cut into strips."""
    frame: tuple[int, bytes] | None = None  # where SOF's content begins, and the content
    interval = 0
    for marker, at, content in _segments(data):
        if marker in (_SOF0, _SOF1):
            if frame is not None or len(content) < 6:
                return None
            frame = at, content
        elif marker == _DRI and len(content) == 2:
            (interval,) = struct.unpack(">H", content)
        elif marker == _SOS and frame is not None and content and content[0] == frame[1][5]:
            return _cuttable(data[: at + len(content)], *frame, interval)
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each marker segment up to SOS: its marker, where its content begins, and the content.

    Ends early at what the header of a frame that can be cut has not got.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        content = data[at + 4 : at + 2 + length]
        if marker in _NEVER or length < 2 or len(content) != length - 2:
            return
        yield marker, at + 4, content
        if marker == _SOS:
            return
        at += 2 + length


def _cuttable(header: bytes, frame_at: int, frame: bytes, interval: int) -> _Header | None:
    _, height, width, count = struct.unpack_from(">BHHB", frame)
    if not height or not width or not interval or len(frame) != 6 + 3 * count or count not in (1, 3):
        return None
    factors = [(frame[6 + 3 * place + 1] >> 4, frame[6 + 3 * place + 1] & 15) for place in range(count)]
    # The MCU of a single component is one block, whatever its sampling factors say (T.81, A.2.2).
    across, down = (1, 1) if count == 1 else (max(h for h, _ in factors), max(v for _, v in factors))
    if not 1 <= across <= 4 or not 1 <= down <= 4:
        return None
    columns, rows = -(-width // (8 * across)), -(-height // (8 * down))
    if interval % columns == 0:
        intervals_a_cut, rows_a_cut = 1, interval // columns
    elif columns % interval == 0:
        intervals_a_cut, rows_a_cut = columns // interval, 1
    else:
        return None
    return _Header(header, frame_at + 1, height, width, rows, 8 * down, intervals_a_cut, rows_a_cut)


def _restarts(data: Bytes, masks: Sequence[_Kept]) -> Places:
    """Where the restart markers are in `data`, all that follows the header, if they are RST0 to RST7 in turn.

    None where another marker stands among them: the whole would stumble over it, and so the strips must not be cut.
    """
    may_be, is_code = (mask.bytes(len(data) - 1).view(np.bool_) for mask in masks)
    np.equal(data[:-1], 0xFF, out=may_be)
    np.not_equal(data[1:], 0, out=is_code)  # before a zero, 0xFF is coded data
    places = _set_places(np.logical_and(may_be, is_code, out=may_be))
    kinds = data[places + 1]
    if len(kinds) and kinds[-1] == _EOI and np.array_equal(kinds[:-1], _in_turn(len(kinds) - 1)):
        return places[:-1]
    return places[:0]


def _set_places(mask: npt.NDArray[np.bool_]) -> Places:
    """np.flatnonzero for a mask that is hardly ever set: a word at a time, in a fifth of its time."""
    whole = len(mask) // 8 * 8
    words: Places = np.flatnonzero(mask[:whole].view(np.uint64) != 0)
    near = (words[:, None] * 8 + np.arange(8)).ravel()
    return np.concatenate((near[mask[near]], np.flatnonzero(mask[whole:]) + whole))


def _in_turn(count: int) -> npt.NDArray[np.uint8]:
    return (_RST0 + np.arange(count) % 8).astype(np.uint8)


def _bounds(markers: Places, length: int) -> Places:
    """Where each restart interval begins in the data, and where the data ends."""
    return np.concatenate(([0], markers + 2, [length]))


def _cuts(header: _Header, length: int, markers: Places, count: int) -> list[int]:
    """The rows of cut places at which the strips begin, and the last one's end."""
    starts = _bounds(markers, length)[:-1][:: header.intervals_a_cut]
    pixels = header.width * header.mcu_height * header.rows_a_cut
    costs = cost_ns(pixels * np.arange(len(starts)), starts)
    whole = cost_ns(header.width * header.height, length)
    cuts = {int(np.abs(costs - whole * number / count).argmin()) for number in range(1, count)}
    return [0, *sorted(cuts - {0}), len(starts)]


def _strip(header: _Header, data: Bytes, markers: Places, ends: tuple[int, int], kept: _Kept) -> Strip:
    """The strip between two cut places."""
    first, last = ends
    bounds = _bounds(markers, len(data))
    step = header.rows_a_cut * header.mcu_height
    first_row, end_row = first * step, min(last * step, header.height)
    intervals = slice(first * header.intervals_a_cut, last * header.intervals_a_cut)
    begin, end = int(bounds[intervals.start]), int(bounds[min(intervals.stop, len(bounds) - 1)])
    head = len(header.data)
    jpeg = kept.bytes(head + end - begin)
    jpeg[:head] = np.frombuffer(header.data, np.uint8)
    jpeg[header.height_at : header.height_at + 2] = np.frombuffer(struct.pack(">H", end_row - first_row), np.uint8)
    jpeg[head:] = data[begin:end]
    # A strip's markers count from RST0; the one that ended it becomes its end marker.
    inner = bounds[intervals][1:] - 1 - begin + head
    jpeg[inner] = _in_turn(len(inner))
    if end < len(data):
        jpeg[-2:] = (0xFF, _EOI)
    return Strip(jpeg, first_row, end_row - first_row)
