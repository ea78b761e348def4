"""MJPEG clips: one positioned read, then the JPEG straight into planes. No RGB on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from engine.media.buffers import BufferPool, Bytes
from engine.media.jpeg_strips import Strip, StripCutter, cost_ns
from engine.media.positioned_file import PositionedFile
from engine.media.spread import ALONE, Spread
from engine.media.turbojpeg import Decompressor, JpegError, JpegHeader, Subsampling
from engine.media.turbojpeg import library as turbojpeg_library
from engine.model.clips import Clip
from engine.model.pictures import FrameRef, Layout, Matrix, Picture

if TYPE_CHECKING:
    from av import VideoCodecContext


class JpegDecoder(Protocol):
    """Decodes the JPEGs of one clip. One thread at a time."""

    def decode(self, jpeg: Bytes, ref: FrameRef, pool: BufferPool, spread: Spread) -> Picture:
        """The picture, its planes from `pool`; `spread` may be left unused.

        Raises JpegError, having given back what it took.
        """
        ...

    def close(self) -> None:
        """Free the decoder. A second call does nothing."""
        ...


class MjpegSource:
    """A clip of stand-alone JPEGs with a frame table, its pixels stored square and upright (a FrameSource).

    Pictures are YUV (GRAY for grey JPEGs), BT.601, full range, as JFIF 1.02 lays down. A frame whose size is not the
    clip's is damaged.
    """

    def __init__(self, clip: Clip, pool: BufferPool, make_decoder: Callable[[Clip], JpegDecoder] | None = None) -> None:
        """Open `clip`. Without `make_decoder`: libjpeg-turbo, or PyAV where that is not installed.

        Raises SourceError where the file cannot be opened.
        """
        self._clip = clip
        self._pool = pool
        # Raw 4:4:4 is 3 bytes a pixel, and a JPEG larger than that is none; 64 KiB for its headers.
        self._file = PositionedFile(clip, pool, longest=4 * clip.width * clip.height + (64 << 10))
        self._decoder = (make_decoder or best_decoder)(clip)

    @property
    def clip(self) -> Clip:
        return self._clip

    def read(self, index: int, spread: Spread = ALONE) -> Picture:
        jpeg = self._file.read(index)
        try:
            _check_ends(jpeg)
            return self._decoder.decode(jpeg, FrameRef(self._clip.slug, index), self._pool, spread)
        except JpegError as error:
            raise self._file.error(index, f"is damaged: {error}") from error

    def close(self) -> None:
        self._file.close()
        self._decoder.close()


def _check_ends(jpeg: Bytes) -> None:
    """Raise JpegError unless the JPEG is whole; cameras may fill it up with zeros after its end."""
    if jpeg[:2].tobytes() != b"\xff\xd8":
        raise JpegError("it does not begin as a JPEG does")
    if jpeg[-2:].tobytes() != b"\xff\xd9" and not jpeg.tobytes().rstrip(b"\0").endswith(b"\xff\xd9"):
        raise JpegError("it is cut off: its end marker is missing")


def best_decoder(clip: Clip) -> JpegDecoder:
    """libjpeg-turbo where it is installed, else PyAV (docs/decisions/mjpeg-decoder.md)."""
    return TurboJpegDecoder(clip) if turbojpeg_library() is not None else AvJpegDecoder(clip)


def _check_size(width: int, height: int, clip: Clip) -> None:
    if (width, height) != (clip.width, clip.height):
        raise JpegError(f"it is {width} × {height} pixels, its clip {clip.width} × {clip.height}")


_SCAN = b"\xff\xda"  # SOS; within coded data 0xFF is followed by a zero or a restart marker
_QUANTISATION = b"\xff\xdb"  # DQT
_FRAME_HEADERS = (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2")  # SOF0, SOF1, SOF2
_MAX_SCANS = 500  # libjpeg-turbo's own limit: each costs a walk over the whole picture, in a handful of bytes

# Below this a frame is decoded whole: finding the markers and waking a thread take about 0.2 ms.
_WORTH_SPREADING_NS = 2_000_000


class TurboJpegDecoder:
    """libjpeg-turbo, the reference for a frame's pixels. Raises RuntimeError where it is not installed.

    A large frame with restart markers is cut into strips, one for each thread that is idle; the samples are the
    same (docs/decisions/jpeg-strips.md).
    """

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._decompressor = Decompressor()
        self._cutter = StripCutter()
        self._helpers: list[Decompressor] = []  # one for each strip after the first

    def decode(self, jpeg: Bytes, ref: FrameRef, pool: BufferPool, spread: Spread) -> Picture:
        header = self._decompressor.header(jpeg)
        _check_size(header.width, header.height, self._clip)
        planes = pool.take(header.plane_shapes())
        try:
            self._fill(jpeg, header, planes, spread)
        except JpegError:
            pool.give(planes)
            raise
        layout = Layout.GRAY if header.subsampling is Subsampling.GRAY else Layout.YUV
        return Picture(ref, header.width, header.height, layout, planes, header.subsampling.factors)

    def close(self) -> None:
        for decompressor in (self._decompressor, *self._helpers):
            decompressor.close()

    def _fill(self, jpeg: Bytes, header: JpegHeader, planes: Sequence[Bytes], spread: Spread) -> None:
        strips: list[Strip] = []
        if cost_ns(header.width * header.height, len(jpeg)) >= _WORTH_SPREADING_NS and (width := spread.width) > 1:
            strips = self._cutter.cut(jpeg, width)
        if not strips:
            self._decompressor.decode(jpeg, header, planes)
            return
        while len(self._helpers) < len(strips) - 1:
            self._helpers.append(Decompressor())
        decompressors = (self._decompressor, *self._helpers)
        spread.run(
            [
                partial(_fill_strip, decompressor, strip, header, planes)
                for decompressor, strip in zip(decompressors, strips, strict=False)
            ]
        )


def _fill_strip(decompressor: Decompressor, strip: Strip, header: JpegHeader, planes: Sequence[Bytes]) -> None:
    """Decode one strip into its part of the planes. Cuts lie where rows of MCUs end, so chroma divides evenly."""
    own = replace(header, height=strip.rows)
    steps = (1, header.subsampling.factors[1], header.subsampling.factors[1])
    parts = [
        plane[strip.first_row // step : strip.first_row // step + rows]
        for plane, step, (rows, _) in zip(planes, steps, own.plane_shapes(), strict=False)
    ]
    decompressor.decode(strip.jpeg, own, parts)


def _components_in_scans(data: bytes) -> set[int]:
    """The identifiers of the components that the JPEG's scans hold (T.81, B.2.3)."""
    found: set[int] = set()
    at = data.find(_SCAN)
    while at >= 0:
        count = int.from_bytes(data[at + 4 : at + 5], "big")
        found.update(data[at + 5 : at + 5 + 2 * count : 2])
        at = data.find(_SCAN, at + 2)
    return found


class AvJpegDecoder:
    """FFmpeg's decoder through PyAV: within 2 levels of libjpeg-turbo, 1.2 times its cost."""

    def __init__(self, clip: Clip) -> None:
        import av  # noqa: PLC0415  (FFmpeg's libraries load only where libjpeg-turbo is absent)

        self._av = av
        self._clip = clip
        self._header = b""
        self._context = self._begun()

    def decode(self, jpeg: Bytes, ref: FrameRef, pool: BufferPool, spread: Spread) -> Picture:
        from engine.media.av_pictures import picture_from  # noqa: PLC0415

        data = jpeg.tobytes()
        self._begin_anew_for(data)
        try:
            frames = self._context.decode(self._av.Packet(data))
        except self._av.FFmpegError as error:
            self._header = b""
            raise JpegError(error.strerror) from error
        if len(frames) != 1 or frames[0].is_corrupt:
            raise JpegError("the decoder found it corrupt")
        frame = frames[0]
        _check_size(frame.width, frame.height, self._clip)
        picture = picture_from(frame, ref, pool)
        if picture.layout not in (Layout.YUV, Layout.GRAY):
            pool.give(picture.planes)
            raise JpegError("its colours are neither YCbCr nor grey")
        if len(picture.planes) != len(_components_in_scans(data)):  # FFmpeg would leave what lay in a plane before
            pool.give(picture.planes)
            raise JpegError("its scans leave out a component")
        return replace(picture, matrix=Matrix.BT601, full_range=True, upright_turns=0)

    def close(self) -> None:
        """Nothing to free: the context goes with its last reference."""

    def _begin_anew_for(self, data: bytes) -> None:
        """Let no table of the JPEG before serve one that lacks its own, which FFmpeg would allow.

        A new context costs 5 % of a 1080p frame: one whose header is the last one's, with the same tables, needs none.
        """
        scans = data.count(_SCAN)
        if scans > _MAX_SCANS:
            raise JpegError(f"it has {scans} scans")
        header = data[: data.find(_SCAN)]
        if _QUANTISATION not in header:
            raise JpegError("it has no quantisation table")
        # FFmpeg would begin another picture, and show what lay in its memory before. A thumbnail has both, and first.
        last = max(data.rfind(marker) for marker in _FRAME_HEADERS)
        if last > data.rfind(_SCAN) or sum(header.count(marker) for marker in _FRAME_HEADERS) > 1:
            raise JpegError("it has two frame headers")
        if header != self._header or scans != 1:  # between scans there may be tables, too
            self._context = self._begun()
        self._header = header

    def _begun(self) -> VideoCodecContext:
        context: VideoCodecContext = self._av.CodecContext.create("mjpeg", "r")
        context.thread_count = 1
        # Damage is to be told, not painted over; a header that lies about its size is to allocate nothing.
        # FFmpeg counts the pixels with its own padding, 64 at most each way.
        pixels = (self._clip.width + 64) * (self._clip.height + 64)
        context.options = {"err_detect": "explode+bitstream+buffer", "max_pixels": str(pixels)}
        return context
