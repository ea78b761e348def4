"""libjpeg-turbo's TurboJPEG interface by ctypes: the two calls that decode a JPEG to planes, nothing else.

Source of every constant and signature: libjpeg-turbo 2.1, `turbojpeg.h`; 3.x keeps these entry points.
A call releases the interpreter lock.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from engine.media.buffers import Bytes

_STOP_ON_WARNING = 8192  # a damaged frame ends at its first damage
_LIMIT_SCANS = 32768  # a progressive JPEG of thousands of scans is an attack
_YCBCR, _GRAY = 1, 2  # enum TJCS

_NAMES = {"darwin": ("libturbojpeg.dylib",), "win32": ("turbojpeg.dll", "libturbojpeg.dll")}


class Subsampling(IntEnum):
    """enum TJSAMP."""

    S444 = 0
    S422 = 1
    S420 = 2
    GRAY = 3
    S440 = 4
    S411 = 5

    @property
    def factors(self) -> tuple[int, int]:
        """How many luma samples one chroma sample covers: (across, down)."""
        return _FACTORS[self]


_FACTORS = {
    Subsampling.S444: (1, 1),
    Subsampling.S422: (2, 1),
    Subsampling.S420: (2, 2),
    Subsampling.GRAY: (1, 1),
    Subsampling.S440: (1, 2),
    Subsampling.S411: (4, 1),
}


class JpegError(Exception):
    """What libjpeg-turbo said of one JPEG."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """A JPEG's size in pixels and how its chroma is subsampled."""

    width: int
    height: int
    subsampling: Subsampling

    def plane_shapes(self) -> tuple[tuple[int, int], ...]:
        """(rows, columns) of each decoded plane: luma is padded to whole chroma samples (tjPlaneWidth)."""
        across, down = self.subsampling.factors
        columns, rows = -(-self.width // across), -(-self.height // down)
        luma = (rows * down, columns * across)
        return (luma,) if self.subsampling is Subsampling.GRAY else (luma, (rows, columns), (rows, columns))


@functools.cache
def library() -> ctypes.CDLL | None:
    """The TurboJPEG library, or None where it is not installed (Debian: libturbojpeg0). Any thread."""
    found = ctypes.util.find_library("turbojpeg") if sys.platform in _NAMES else None
    for name in (*_NAMES.get(sys.platform, ("libturbojpeg.so.0", "libturbojpeg.so")), *((found,) if found else ())):
        try:
            return _declare(ctypes.CDLL(name))
        except (OSError, AttributeError):  # not there, or without these entry points
            continue
    return None


def _declare(found: ctypes.CDLL) -> ctypes.CDLL:
    numbers = ctypes.POINTER(ctypes.c_int)
    found.tjInitDecompress.argtypes, found.tjInitDecompress.restype = [], ctypes.c_void_p
    found.tjDestroy.argtypes = [ctypes.c_void_p]
    found.tjGetErrorStr2.argtypes, found.tjGetErrorStr2.restype = [ctypes.c_void_p], ctypes.c_char_p
    found.tjDecompressHeader3.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_ulong,
        *(numbers, numbers, numbers, numbers),
    ]
    found.tjDecompressToYUVPlanes.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_ulong,
        ctypes.POINTER(ctypes.c_void_p),
        ctypes.c_int,
        numbers,
        ctypes.c_int,
        ctypes.c_int,
    ]
    return found


class Decompressor:
    """A TurboJPEG decoder for one JPEG after another. One thread at a time.

    Each call begins anew: libjpeg-turbo keeps the tables of the JPEG before, and takes them for one that lacks its
    own; after an error within a header it refuses all that come. Beginning anew costs a microsecond, and the
    memory that the decoder takes again 0.3 % of a 1080p frame.
    """

    def __init__(self) -> None:
        """Raises RuntimeError where libjpeg-turbo is not installed; ask `library` first."""
        turbojpeg = library()
        if turbojpeg is None:
            raise RuntimeError("libjpeg-turbo is not installed")
        self._turbojpeg = turbojpeg
        self._handle: int | None = None

    def header(self, jpeg: Bytes) -> JpegHeader:
        """The header of `jpeg`. Raises JpegError where it has none, or is neither YCbCr nor grey."""
        self._begin_anew()
        width, height, subsampling, space = (ctypes.c_int() for _ in range(4))
        outs = (ctypes.byref(number) for number in (width, height, subsampling, space))
        if self._turbojpeg.tjDecompressHeader3(self._handle, jpeg.ctypes.data, len(jpeg), *outs):
            raise JpegError(self._said())
        if space.value not in (_YCBCR, _GRAY) or subsampling.value not in list(Subsampling):
            raise JpegError("its colours are neither YCbCr nor grey")
        return JpegHeader(width.value, height.value, Subsampling(subsampling.value))

    def decode(self, jpeg: Bytes, header: JpegHeader, planes: Sequence[Bytes]) -> None:
        """Decode `jpeg` into `planes`, shaped as its `header` says, with the accurate (islow) transform.

        Raises JpegError at the decoder's first error or warning; the planes are then undefined.
        """
        shapes = header.plane_shapes()
        assert tuple(plane.shape for plane in planes) == shapes, "planes of another size"
        assert all(plane.flags.c_contiguous for plane in planes)
        self._begin_anew()
        addresses = (ctypes.c_void_p * 3)(*(plane.ctypes.data for plane in planes))
        strides = (ctypes.c_int * 3)(*(columns for _, columns in shapes))
        flags = _STOP_ON_WARNING | _LIMIT_SCANS
        size = (header.width, strides, header.height)
        if self._turbojpeg.tjDecompressToYUVPlanes(self._handle, jpeg.ctypes.data, len(jpeg), addresses, *size, flags):
            raise JpegError(self._said())

    def close(self) -> None:
        """Free the decoder. A second call does nothing."""
        if self._handle:
            self._turbojpeg.tjDestroy(self._handle)
            self._handle = None

    def _begin_anew(self) -> None:
        self.close()
        self._handle = self._turbojpeg.tjInitDecompress()
        if not self._handle:
            raise MemoryError("libjpeg-turbo has no memory for a decoder")

    def _said(self) -> str:
        text: bytes = self._turbojpeg.tjGetErrorStr2(self._handle)
        return text.decode("utf-8", "replace")
