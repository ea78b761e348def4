"""Linear time code written by libltc's own encoder: a foreign writer for our reader."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.audio.libltc import libltc
from engine.core.time_code import TimeCode
from engine.errors import DeviceError
from tests.support import absent

_TV_625_50 = 1
_FILM_24 = 3
_TV_525_60 = 0


class _SmpteTimecode(ctypes.Structure):
    """struct SMPTETimecode of ltc.h."""

    _fields_ = (
        ("timezone", ctypes.c_char * 6),
        *((name, ctypes.c_ubyte) for name in ("years", "months", "days", "hours", "mins", "secs", "frame")),
    )


def need_libltc() -> None:
    """Skip where libltc is not to be had (fail on CI)."""
    try:
        libltc()
    except DeviceError:
        absent("libltc", "libltc11")


def written(first: TimeCode, frames: int, rate_hz: int) -> npt.NDArray[np.float32]:
    """`frames` frames of time code from `first` on as samples, float32 (n,), peaks of 0.5."""
    library: Any = ctypes.CDLL(libltc()._name)
    library.ltc_encoder_create.restype = ctypes.c_void_p
    library.ltc_encoder_create.argtypes = (ctypes.c_double, ctypes.c_double, ctypes.c_int, ctypes.c_int)
    for name in ("free", "encode_frame", "inc_timecode"):
        getattr(library, f"ltc_encoder_{name}").argtypes = (ctypes.c_void_p,)
    library.ltc_encoder_set_timecode.argtypes = (ctypes.c_void_p, ctypes.POINTER(_SmpteTimecode))
    library.ltc_encoder_get_buffer.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    fps = 29.97 if first.drop else first.frames_a_second
    standard = {24: _FILM_24, 25: _TV_625_50}.get(first.frames_a_second, _TV_525_60)
    encoder = library.ltc_encoder_create(rate_hz, fps, standard, 0)
    begin = _SmpteTimecode(b"+0000", 0, 1, 1, first.hours, first.minutes, first.seconds, first.frames)
    library.ltc_encoder_set_timecode(encoder, ctypes.byref(begin))
    blocks = []
    buffer = np.zeros(rate_hz, np.uint8)
    for _ in range(frames):
        library.ltc_encoder_encode_frame(encoder)
        library.ltc_encoder_inc_timecode(encoder)
        blocks.append(buffer[: library.ltc_encoder_get_buffer(encoder, buffer.ctypes.data)].copy())
    library.ltc_encoder_free(encoder)
    raw = np.concatenate(blocks).astype(np.float32)
    return ((raw - 128) / 256).astype(np.float32)
