"""The mezzanine: a source's pictures in ProRes and its sound in PCM, one `.mov`, in which every frame stands alone.

`docs/decisions/prores-encoder.md` says which encoders were measured.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import OutputError
from engine.formats.sound import SHOW_RATE_HZ, Samples32

Profile: TypeAlias = Literal["422", "hq", "4444"]

_PROFILES: dict[Profile, str] = {"422": "2", "hq": "3", "4444": "4"}  # FFmpeg's numbers
_LIMITED_RANGE = 1  # enum AVColorRange
_BT470BG, _SMPTE170M = 5, 6  # two names of BT.601's matrix; a ProRes frame knows the second


def pixel_format_of(profile: Profile, alpha: bool) -> str:
    """What frames of a mezzanine have to be in: FFmpeg's name."""
    if profile != "4444":
        return "yuv422p10le"
    return "yuva444p10le" if alpha else "yuv444p10le"


@dataclass(frozen=True, slots=True)
class MezzanineShape:
    """What a mezzanine holds. `channels` of sound: 0, 1 or 2."""

    width: int
    height: int
    rate: Fraction
    profile: Profile
    alpha: bool
    channels: int


class Mezzanine:
    """Writes one. A context manager; one thread. Left by an exception, nothing stands at `file`.

    `sample_count` samples of sound have been written so far.
    """

    def __init__(self, file: Path, shape: MezzanineShape, threads: int = 1) -> None:
        self._file = file
        self._shape = shape
        self._frame_count = 0
        self.sample_count = 0
        try:
            self._container = av.open(f"file:{file.absolute()}", "w", format="mov")
            self._picture = self._picture_stream(threads)
            self._sound = self._sound_stream() if shape.channels else None
        except (av.error.FFmpegError, OSError) as error:
            raise _unwritten(file, error) from error

    def _picture_stream(self, threads: int) -> VideoStream:
        shape = self._shape
        stream = self._container.add_stream("prores_aw", rate=shape.rate)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = shape.width, shape.height
        stream.pix_fmt = pixel_format_of(shape.profile, shape.alpha)
        stream.options = {"profile": _PROFILES[shape.profile]}
        stream.codec_context.thread_count = threads
        stream.codec_context.color_range = _LIMITED_RANGE
        return stream

    def _sound_stream(self) -> AudioStream:
        layout = "mono" if self._shape.channels == 1 else "stereo"
        stream = self._container.add_stream("pcm_s24le", rate=SHOW_RATE_HZ, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.format = "s32"
        return stream

    def write(self, frame: VideoFrame) -> None:
        """Append a frame of the mezzanine's size and pixel format, its matrix tagged. Raises OutputError."""
        frame.pts, frame.time_base = self._frame_count, 1 / self._shape.rate
        if frame.colorspace == _BT470BG:
            frame.colorspace = _SMPTE170M
        if self._frame_count == 0:
            self._picture.codec_context.colorspace = frame.colorspace
        self._frame_count += 1
        self._mux(self._picture, frame)

    def write_sound(self, samples: Samples32) -> None:
        """Append samples, (n, channels) at 48 kHz, nominally -1..1, cut off there. Raises OutputError."""
        if self._sound is None or not len(samples):
            return
        whole = (np.clip(samples, -1, 1 - 2**-23).astype(np.float64) * 2**31).astype(np.int32)
        layout = "mono" if self._shape.channels == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(whole).reshape(1, -1), format="s32", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = SHOW_RATE_HZ, self.sample_count, Fraction(1, SHOW_RATE_HZ)
        self.sample_count += len(samples)
        self._mux(self._sound, frame)

    def _mux(self, stream: VideoStream | AudioStream, frame: VideoFrame | av.AudioFrame | None) -> None:
        try:
            self._container.mux(stream.encode(frame))  # type: ignore[arg-type]
        except (av.error.FFmpegError, OSError) as error:
            raise _unwritten(self._file, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        whole = False
        try:
            if kind is None:
                self._mux(self._picture, None)
                if self._sound is not None:
                    self._mux(self._sound, None)
            self._close()
            whole = kind is None
        finally:
            if not whole:
                self._file.unlink(missing_ok=True)

    def _close(self) -> None:
        try:
            self._container.close()
            with self._file.open("rb+") as written:
                os.fsync(written.fileno())
        except (av.error.FFmpegError, OSError) as error:
            raise _unwritten(self._file, error) from error


def _unwritten(file: Path, error: object) -> OutputError:
    mend = "look at the disk of the library: is it full? The same command goes on from there"
    return OutputError(f"cannot be written: {error}", subject=file, mend=mend)
