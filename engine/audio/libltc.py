"""libltc's decoder by ctypes: samples in, frames of time code out.

Source of every signature and of the struct: libltc 1.3, `ltc.h`.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.ltc_frame import FRAME_BYTES
from engine.errors import DeviceError

_NAMES = {"darwin": "libltc.dylib", "win32": "libltc-11.dll"}
_QUEUE_FRAMES = 64  # between two reads; two seconds of time code


class _Frame(ctypes.Structure):
    """struct LTCFrameExt."""

    _fields_ = (
        ("ltc", ctypes.c_uint8 * FRAME_BYTES),
        ("off_start", ctypes.c_longlong),
        ("off_end", ctypes.c_longlong),
        ("reverse", ctypes.c_int),
        ("biphase_tics", ctypes.c_float * 80),
        ("sample_min", ctypes.c_uint8),
        ("sample_max", ctypes.c_uint8),
        ("volume", ctypes.c_double),
    )


@dataclass(frozen=True, slots=True)
class LtcFrame:
    """A frame as it was heard: its ten bytes, and the numbers of its first sample and of the one after its last."""

    data: bytes
    from_sample: int
    to_sample: int
    backwards: bool


@functools.cache
def libltc() -> Any:
    """The library. Raises DeviceError where it is not to be had."""
    name = ctypes.util.find_library("ltc") or _NAMES.get(sys.platform, "libltc.so.11")
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise DeviceError(
            f"libltc cannot be loaded ({error})",
            subject="LTC",
            mend="Install it: apt install libltc11 (Debian, Ubuntu); or take ltc out of clocks: order.",
        ) from error
    library.ltc_decoder_create.argtypes = (ctypes.c_int, ctypes.c_int)
    library.ltc_decoder_create.restype = ctypes.c_void_p
    library.ltc_decoder_free.argtypes = (ctypes.c_void_p,)
    library.ltc_decoder_write_float.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_longlong)
    library.ltc_decoder_write_float.restype = None
    library.ltc_decoder_read.argtypes = (ctypes.c_void_p, ctypes.POINTER(_Frame))
    return library


class LtcDecoder:
    """Finds the frames in a stream of samples. One thread. Raises DeviceError without libltc."""

    def __init__(self, rate_hz: int) -> None:
        self._library = libltc()
        # The samples in a frame at first; it then adapts to the tape's speed.
        self._decoder: Any = self._library.ltc_decoder_create(rate_hz // 25, _QUEUE_FRAMES)
        if not self._decoder:
            raise DeviceError("libltc gives no decoder", subject="LTC", mend="End what fills the memory.")
        self._frame = _Frame()
        self._samples = 0

    def feed(self, samples: npt.NDArray[np.float32]) -> list[LtcFrame]:
        """The frames that end within the next samples (float32 (n,), −1..1); numbered from the first ever fed."""
        block = np.ascontiguousarray(samples, dtype=np.float32)
        self._library.ltc_decoder_write_float(self._decoder, block.ctypes.data, len(block), self._samples)
        self._samples += len(block)
        frames: list[LtcFrame] = []
        while self._library.ltc_decoder_read(self._decoder, ctypes.byref(self._frame)) > 0:
            found = self._frame
            frames.append(LtcFrame(bytes(found.ltc), found.off_start, found.off_end + 1, bool(found.reverse)))
        return frames

    def close(self) -> None:
        """Give its memory back. Safe to call twice."""
        decoder, self._decoder = self._decoder, None
        if decoder:
            self._library.ltc_decoder_free(decoder)
