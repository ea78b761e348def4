"""Encoders of clips in which every frame stands alone: MJPEG through PyAV, HAP through imageio-ffmpeg's program.

`docs/decisions/` says which others were measured and why these.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import OutputError
from engine.model.clips import Codec

# The quantiser scale 2 of FFmpeg's mjpeg: at equal PSNR about libjpeg's quality 88 to 90, and smaller.
_MJPEG_QUANTISER = 2
_FULL_RANGE_TAG = 2  # enum AVColorRange
_HAP_FORMATS = {Codec.HAP: "hap", Codec.HAP_ALPHA: "hap_alpha", Codec.HAP_Q: "hap_q"}


class ClipEncoder(Protocol):
    """Writes one clip's file. One thread. Leaving it by an exception leaves a file that is no clip."""

    def write(self, frame: VideoFrame) -> None:
        """Append a frame of the clip's size and pixel format. Raises OutputError where that fails."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


def open_encoder(file: Path, codec: Codec, width: int, height: int, rate: Fraction) -> ClipEncoder:
    """An encoder for a new `.mov` at `file`. MJPEG takes frames in yuvj420p, HAP in rgba."""
    if codec.is_hap:
        return HapEncoder(file, codec, width, height, rate)
    return MjpegEncoder(file, width, height, rate)


class MjpegEncoder:
    """JPEGs with a restart marker after each row of blocks, so that a decoder may cut them into strips."""

    def __init__(self, file: Path, width: int, height: int, rate: Fraction) -> None:
        self._file = file
        self._rate = rate
        self._count = 0
        self._container = av.open(f"file:{file.absolute()}", "w", format="mov")
        stream = self._container.add_stream("mjpeg", rate=rate)
        assert isinstance(stream, VideoStream)
        self._stream = stream
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        set_quality(stream.codec_context)
        # FFmpeg writes restart markers exactly when it encodes in slices, so two threads even on one core.
        stream.codec_context.thread_type = "SLICE"
        stream.codec_context.thread_count = 2

    def write(self, frame: VideoFrame) -> None:
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._count += 1
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.error.FFmpegError, OSError) as error:
            raise _unwritten(self._file, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
        except (av.error.FFmpegError, OSError) as failed:
            raise _unwritten(self._file, failed) from failed
        finally:
            self._container.close()


def set_quality(context: VideoCodecContext) -> None:
    """One fixed quantiser for FFmpeg's mjpeg, instead of a bit rate."""
    context.qmin = context.qmax = _MJPEG_QUANTISER
    context.color_range = _FULL_RANGE_TAG
    context.flags |= int(av.codec.context.Flags.qscale)
    context.global_quality = _MJPEG_QUANTISER * 118  # FF_QP2LAMBDA


class HapEncoder:
    """HAP by the ffmpeg program inside the wheel imageio-ffmpeg, fed with raw pictures through a pipe."""

    def __init__(self, file: Path, codec: Codec, width: int, height: int, rate: Fraction) -> None:
        self._file = file
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - closed on exit
        command = [hap_program(), "-nostdin", "-loglevel", "error", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{width}x{height}"]
        command += ["-r", f"{rate.numerator}/{rate.denominator}", "-i", "pipe:0"]
        command += ["-c:v", "hap", "-format", _HAP_FORMATS[codec], "-f", "mov", f"file:{file.absolute()}"]
        self._process = subprocess.Popen(  # noqa: S603 - an argument list, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._messages
        )

    def write(self, frame: VideoFrame) -> None:
        assert self._process.stdin is not None
        plane = frame.planes[0]
        pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width * 4]
        try:
            self._process.stdin.write(np.ascontiguousarray(pixels).data)
        except OSError as error:
            raise _unwritten(self._file, self._said() or error) from error

    def _said(self) -> str:
        self._messages.seek(0)
        return self._messages.read(400).decode(errors="replace").strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        if kind is not None:
            self._process.kill()
        with contextlib.suppress(BrokenPipeError):  # it ended early; its exit code says so below
            self._process.stdin.close()
        code = self._process.wait()
        said = self._said()
        self._messages.close()
        if kind is None and code != 0:
            raise _unwritten(self._file, said or f"ffmpeg ended with {code}")


def hap_program() -> str:
    """The ffmpeg program that imageio-ffmpeg carries. Raises OutputError where that wheel is not installed."""
    try:
        import imageio_ffmpeg  # noqa: PLC0415 - an extra: MJPEG works without it
    except ImportError as error:
        raise OutputError(
            "HAP needs the ffmpeg program of the wheel imageio-ffmpeg",
            subject="imageio-ffmpeg",
            mend="pip install 'runtime-engine[preprocess]', or build with --codec mjpeg",
        ) from error
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def jpeg(frame: VideoFrame, width: int) -> bytes:
    """A frame as one small JPEG file, `width` pixels wide, for thumbnails."""
    height = max(2, round(frame.height * width / frame.width / 2) * 2)
    small = frame.reformat(width=width, height=height, format="yuvj420p", interpolation="AREA")
    context = av.CodecContext.create("mjpeg", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
    context.time_base = Fraction(1, 25)
    set_quality(context)
    small.pts, small.time_base = 0, context.time_base
    return b"".join(bytes(packet) for packet in (*context.encode(small), *context.encode(None)))


def _unwritten(file: Path, error: object) -> OutputError:
    return OutputError(f"cannot be written: {error}", subject=file, mend="look at the disk of the library: is it full?")
