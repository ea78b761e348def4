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
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import OutputError
from engine.model.clips import Codec

# The quantiser scale 2 of FFmpeg's mjpeg: at equal PSNR about libjpeg's quality 88 to 90, and smaller.
MJPEG_QUANTISER = 2
JPEG_FORMAT = "yuvj420p"
_IN_SLICES = {"slices": "2"}  # one thread encodes them all the same
_COMPARED_EVERY = 12  # frames
_MOST_TIMES_AS_LARGE = 1.045
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


def open_encoder(
    file: Path, codec: Codec, width: int, height: int, rate: Fraction, *, always_cuttable: bool = False
) -> ClipEncoder:
    """An encoder for a new `.mov` at `file`. MJPEG takes frames in yuvj420p, HAP in rgba.

    `always_cuttable`: MJPEG has restart markers whatever they cost.
    """
    if codec.is_hap:
        return HapEncoder(file, codec, width, height, rate)
    return MjpegEncoder(file, width, height, rate, always_cuttable=always_cuttable)


class MjpegEncoder:
    """JPEGs with a restart marker after each row of blocks, so that a decoder may cut them into strips.

    FFmpeg writes these markers exactly when it encodes in slices, and then it cannot fit Huffman tables to the
    picture. Frames of little detail would be up to half as large again, and they decode fast as they are: where the
    markers cost more than a twenty-second part, frames have tables of their own instead. Every twelfth frame is
    encoded both ways and decides for those that follow. The samples are the same.
    """

    def __init__(
        self,
        file: Path,
        width: int,
        height: int,
        rate: Fraction,
        *,
        quantiser: int = MJPEG_QUANTISER,
        always_cuttable: bool = False,
    ) -> None:
        self._file = file
        self._rate = rate
        self._count = 0
        self._size = width, height
        self._quantiser = quantiser
        self._cuttable = True
        self._container = av.open(f"file:{file.absolute()}", "w", format="mov")
        stream = self._container.add_stream("mjpeg", rate=rate, options=_IN_SLICES)
        assert isinstance(stream, VideoStream)
        self._stream = stream
        stream.width, stream.height, stream.pix_fmt = width, height, JPEG_FORMAT
        set_quality(stream.codec_context, quantiser)
        stream.codec_context.thread_count = 1
        self._small = None if always_cuttable else self._with_own_tables()

    def _with_own_tables(self) -> VideoCodecContext:
        context = av.CodecContext.create("mjpeg", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = self._size
        context.pix_fmt, context.time_base, context.thread_count = JPEG_FORMAT, 1 / self._rate, 1
        set_quality(context, self._quantiser)
        return context

    def write(self, frame: VideoFrame) -> None:
        frame.pts, frame.time_base = self._count, 1 / self._rate
        try:
            for packet in self._encoded(frame):
                packet.stream, packet.duration = self._stream, 1
                self._container.mux(packet)
        except (av.error.FFmpegError, OSError) as error:
            raise unwritten(self._file, error) from error
        self._count += 1

    def _encoded(self, frame: VideoFrame) -> list[Packet[VideoStream]]:
        if self._small is None:
            return self._stream.encode(frame)
        if self._count % _COMPARED_EVERY:
            return self._stream.encode(frame) if self._cuttable else self._small.encode(frame)
        cuttable, small = self._stream.encode(frame), self._small.encode(frame)
        self._cuttable = sum(p.size for p in cuttable) <= _MOST_TIMES_AS_LARGE * sum(p.size for p in small)
        return cuttable if self._cuttable else small

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._container.close()  # neither encoder holds a frame back
        except (av.error.FFmpegError, OSError) as failed:
            if kind is None:
                raise unwritten(self._file, failed) from failed


def set_quality(context: VideoCodecContext, quantiser: int = MJPEG_QUANTISER) -> None:
    """One fixed quantiser for FFmpeg's mjpeg, instead of a bit rate."""
    context.qmin = context.qmax = quantiser
    context.color_range = _FULL_RANGE_TAG
    context.flags |= int(av.codec.context.Flags.qscale)
    context.global_quality = quantiser * 118  # FF_QP2LAMBDA


class HapEncoder:
    """HAP by the ffmpeg program inside the wheel imageio-ffmpeg, fed with raw pictures through a pipe."""

    def __init__(self, file: Path, codec: Codec, width: int, height: int, rate: Fraction) -> None:
        self._file = file
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - closed on exit
        command = [hap_program(), "-nostdin", "-loglevel", "error", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{width}x{height}"]
        command += ["-r", f"{rate.numerator}/{rate.denominator}", "-i", "pipe:0", *hap_output(file, codec)]
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
            raise unwritten(self._file, self._said() or error) from error

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
            raise unwritten(self._file, said or f"ffmpeg ended with {code}")


def hap_output(file: Path, codec: Codec) -> list[str]:
    """The words with which ffmpeg's command line ends: HAP, by one thread, into a `.mov` at `file`."""
    return ["-c:v", "hap", "-format", _HAP_FORMATS[codec], "-threads", "1", "-f", "mov", f"file:{file.absolute()}"]


def hap_program() -> str:
    """The ffmpeg program that imageio-ffmpeg carries. Raises OutputError where that wheel is not installed."""
    try:
        import imageio_ffmpeg  # noqa: PLC0415 - an extra: MJPEG works without it
    except ImportError as error:
        raise OutputError(
            "HAP needs the ffmpeg program of the wheel imageio-ffmpeg",
            subject="imageio-ffmpeg",
            mend="pip install 'runtime-engine[preprocess]', or choose the codec mjpeg",
        ) from error
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def jpeg(frame: VideoFrame, width: int) -> bytes:
    """A frame as one small JPEG file, `width` pixels wide, for thumbnails."""
    height = max(2, round(frame.height * width / frame.width / 2) * 2)
    small = frame.reformat(width=width, height=height, format=JPEG_FORMAT, interpolation="AREA", threads=1)
    context = av.CodecContext.create("mjpeg", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, JPEG_FORMAT
    context.time_base = Fraction(1, 25)
    set_quality(context)
    small.pts, small.time_base = 0, context.time_base
    return b"".join(bytes(packet) for packet in (*context.encode(small), *context.encode(None)))


def unwritten(file: Path, error: object) -> OutputError:
    """What to raise where a clip's file cannot be written."""
    return OutputError(f"cannot be written: {error}", subject=file, mend="look at the disk of the library: is it full?")
