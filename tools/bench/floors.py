"""The engine's own frame sources as readers, and what they are held to: the bare libraries below them.

A floor has the clip's bytes in memory before it is timed, and calls one function of one library on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import cramjam
import numpy as np
import numpy.typing as npt

from engine.media.buffers import BufferPool, Bytes
from engine.media.frame_source import open_source
from engine.media.turbojpeg import Decompressor
from engine.media.turbojpeg import library as turbojpeg_library
from engine.model.clips import Clip, Codec
from engine.model.pictures import Layout, Picture
from tools.bench.footage import number_in
from tools.bench.readers import AbsentError

# Of a block of 4 × 4 texels, in all of the codec's textures.
_BYTES_OF_BLOCK = {
    Codec.HAP: 8,
    Codec.HAP_ALPHA: 16,
    Codec.HAP_Q: 16,
    Codec.HAP_Q_ALPHA: 24,
    Codec.HAP_ALPHA_ONLY: 8,
    Codec.HAP_R: 16,
}
_SNAPPY = 0xB0  # high nibble of a HAP frame's type: one Snappy stream


class EngineReader:
    """What a decode worker does for a frame: from its index to planes, or blocks, in a pooled buffer."""

    def __init__(self, clip: Clip) -> None:
        self._pool = BufferPool()
        self._source = open_source(clip, self._pool)
        self._held: Picture | None = None

    def read(self, index: int) -> Picture:
        if self._held is not None:
            self._pool.give(self._held.planes)
        self._held = None  # should the read fail, nothing is given twice
        self._held = self._source.read(index)
        return self._held

    def number(self, frame: object) -> int | None:
        return number_of(cast(Picture, frame))

    def close(self) -> None:
        self._source.close()


def number_of(picture: Picture) -> int | None:
    """Which frame of the footage a picture shows, whatever its layout."""
    plane = picture.planes[0]
    match picture.layout:
        case Layout.YUV | Layout.GRAY:
            return number_in(plane)
        case Layout.YUV16:
            return number_in(plane >> 8)
        case Layout.RGBA:
            return number_in(plane[..., 1])
        case Layout.BC1:  # the green of the two colours that a block lies between, as RGB565
            ends = np.ascontiguousarray(plane.reshape(-1, 8)[:, :4]).view("<u2")
            return number_in(_texels(((ends >> 5 & 63) * (255 / 63)).mean(axis=1), picture), 4)
        case Layout.BC3_YCOCG:  # brightness stands where BC3 has alpha
            return number_in(_texels(plane.reshape(-1, 16)[:, :2].mean(axis=1), picture), 4)
        case _:
            return None


def _texels(of_blocks: npt.NDArray[np.float64], picture: Picture) -> npt.NDArray[np.float64]:
    return of_blocks.reshape(-1, -(-picture.width // 4))


def _block_bytes(clip: Clip) -> int:
    return -(-clip.width // 4) * -(-clip.height // 4) * _BYTES_OF_BLOCK[clip.codec]


class _Packets:
    """A clip's frames in memory, each read from the file once."""

    def __init__(self, clip: Clip) -> None:
        assert clip.table is not None
        self._table = clip.table
        self._file = clip.file.open("rb", buffering=0)
        self._held: dict[int, Bytes] = {}

    def hold(self, indices: Iterable[int]) -> None:
        for index in set(indices) - self._held.keys():
            self._file.seek(int(self._table.offsets[index]))
            self._held[index] = np.frombuffer(self._file.read(int(self._table.lengths[index])), np.uint8)

    def __getitem__(self, index: int) -> Bytes:
        if index not in self._held:
            self.hold([index])
        return self._held[index]

    def close(self) -> None:
        self._file.close()
        self._held.clear()


class TurboJpegFloor:
    """Bare libjpeg-turbo: tjDecompressToYUVPlanes on bytes in memory, into the same planes every time."""

    def __init__(self, clip: Clip) -> None:
        if turbojpeg_library() is None:
            raise AbsentError("libjpeg-turbo is not installed (Debian: libturbojpeg0)")
        self._packets = _Packets(clip)
        self._decompressor = Decompressor()
        self._header = self._decompressor.header(self._packets[0])
        self._planes = tuple(np.empty(shape, np.uint8) for shape in self._header.plane_shapes())

    def hold(self, indices: Iterable[int]) -> None:
        self._packets.hold(indices)

    def read(self, index: int) -> Bytes:
        self._decompressor.decode(self._packets[index], self._header, self._planes)
        return self._planes[0]

    def number(self, frame: object) -> int | None:
        return number_in(cast(Bytes, frame))

    def close(self) -> None:
        self._decompressor.close()
        self._packets.close()


class SnappyFloor:
    """Bare Snappy: one call on the payload in memory, into the same buffer every time."""

    def __init__(self, clip: Clip) -> None:
        self._packets = _Packets(clip)
        self._blocks = np.empty(_block_bytes(clip), np.uint8)
        self._payload(0)

    def _payload(self, index: int) -> memoryview:
        packet = self._packets[index]
        if int(packet[3]) & 0xF0 != _SNAPPY:
            raise AbsentError("its frames are not one Snappy stream each")
        return packet[8 if not packet[:3].any() else 4 :].data

    def hold(self, indices: Iterable[int]) -> None:
        self._packets.hold(indices)

    def read(self, index: int) -> Bytes:
        cramjam.snappy.decompress_raw_into(self._payload(index), self._blocks.data)
        return self._blocks

    def number(self, frame: object) -> int | None:
        return None

    def close(self) -> None:
        self._packets.close()


class MemcpyFloor:
    """Bare memcpy of as many bytes as the frame has once it is unpacked."""

    def __init__(self, clip: Clip) -> None:
        size = _block_bytes(clip) if clip.codec.is_hap else clip.width * clip.height * 3 // 2
        self._from, self._into = np.ones(size, np.uint8), np.ones(size, np.uint8)

    def read(self, index: int) -> Bytes:
        np.copyto(self._into, self._from)
        return self._into

    def number(self, frame: object) -> int | None:
        return None

    def close(self) -> None:
        """Nothing to close."""
