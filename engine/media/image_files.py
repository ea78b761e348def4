"""Sequences of images: a frame is a file of its own, so that any of them costs the reading of one."""

from __future__ import annotations

import os
from pathlib import Path

import av
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from engine.errors import FrameError, SourceError
from engine.formats.movie import upright_turns
from engine.media.av_pictures import picture_from
from engine.media.buffers import BufferPool
from engine.media.spread import ALONE, Spread
from engine.model.clips import Clip
from engine.model.pictures import FrameRef, Picture

# How a file begins, and FFmpeg's decoder for it: the name's ending may lie.
_DECODERS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "mjpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"RIFF", "webp"),
    (b"BM", "bmp"),
    (b"SDPX", "dpx"),
    (b"XPDS", "dpx"),
)
_KNOWN = "PNG, JPEG, TIFF, WebP, BMP or DPX"
# An image that was cut short is an error and not half a picture; FFmpeg's TIFF decoder takes unknown tags for errors.
_STRICT = {"err_detect": "explode"}
_MOST_BYTES_A_PIXEL = 32  # of a file: four channels of 64 bits, more than any of these formats has
_HEADER_BYTES = 1 << 20


class ImageFilesSource:
    """A sequence of images (a FrameSource): each frame is read from its own file and decoded by itself.

    A frame whose file is missing, damaged, or of another size than the clip is a FrameError; the numbering of the
    others stands.
    """

    def __init__(self, clip: Clip, pool: BufferPool) -> None:
        """Raises SourceError where the folder is not there. Opens no image."""
        if clip.images is None or not clip.images.folder.is_dir():
            raise SourceError("no such folder of images", subject=clip.file, mend="check the path, or plug in its disk")
        self._clip = clip
        self._images = clip.images
        self._pool = pool
        self._decoders: dict[str, VideoCodecContext] = {}
        self._closed = False

    @property
    def clip(self) -> Clip:
        return self._clip

    def read(self, index: int, spread: Spread = ALONE) -> Picture:
        """As FrameSource says; `spread` has nothing to do."""
        if self._closed:
            raise SourceError("is closed", subject=self._clip.file)
        if not 0 <= index < self._clip.frame_count:
            raise self._error(index, f"is outside the sequence's {self._clip.frame_count} frames", self._clip.file)
        file = self._images.file(index)
        frame = self._decoded(index, file, self._content(index, file))
        upright = (frame.height, frame.width) if upright_turns(frame) % 2 else (frame.width, frame.height)
        if upright != (self._clip.width, self._clip.height):
            sizes = f"{upright[0]} × {upright[1]} pixels, the sequence {self._clip.width} × {self._clip.height}"
            raise self._error(index, f"has {sizes}", file)
        try:
            return picture_from(frame, FrameRef(self._clip.slug, index), self._pool)
        except (ValueError, av.FFmpegError) as error:
            raise self._error(index, f"cannot be converted from {frame.format.name}: {error}", file) from error

    def close(self) -> None:
        self._closed = True
        self._decoders.clear()

    def _error(self, index: int, what: str, file: Path) -> FrameError:
        return FrameError(f"frame {index} {what}", subject=file, mend="Render or copy that image again")

    def _content(self, index: int, file: Path) -> bytes:
        most = self._clip.width * self._clip.height * _MOST_BYTES_A_PIXEL + _HEADER_BYTES
        if not file.is_file():  # a pipe or a device would keep the reader waiting
            if not self._images.folder.is_dir():
                raise SourceError("the folder is gone", subject=self._clip.file, mend="plug in its disk")
            raise self._error(index, "is missing", file)
        try:
            with file.open("rb") as opened:
                return opened.read(min(most, os.fstat(opened.fileno()).st_size))
        except OSError as error:
            raise self._error(index, f"cannot be read: {error.strerror}", file) from error

    def _decoded(self, index: int, file: Path, content: bytes) -> VideoFrame:
        name = next((name for head, name in _DECODERS if content.startswith(head)), None)
        if name is None:
            raise self._error(index, f"is no {_KNOWN} image", file)
        packet = av.Packet(content)
        packet.is_keyframe = True  # else FFmpeg's PNG decoder takes it for a difference from the image before
        try:
            frames = self._decoder(name).decode(packet)
        except av.FFmpegError as error:
            raise self._error(index, f"is damaged ({error.strerror})", file) from error
        if len(frames) != 1 or frames[0].is_corrupt:
            raise self._error(index, "is damaged", file)
        return frames[0]

    def _decoder(self, name: str) -> VideoCodecContext:
        if name not in self._decoders:
            decoder = CodecContext.create(name, "r")
            assert isinstance(decoder, VideoCodecContext)
            decoder.thread_count = 1  # the decode workers are the threads
            most = {"max_pixels": str(self._clip.width * self._clip.height)}
            decoder.options = most if name == "tiff" else {**_STRICT, **most}
            self._decoders[name] = decoder
        return self._decoders[name]
