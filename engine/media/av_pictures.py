"""FFmpeg's decoded frames as pictures: planes as they were decoded, RGB only where the frame is RGB or has alpha."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.formats.movie import upright_turns
from engine.media.buffers import BufferPool, Bytes
from engine.model.pictures import FrameRef, Layout, Matrix, Picture

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane

# Ways to store YUV that only order the samples otherwise, and the planar format that holds the same samples.
_PLANAR = {
    "nv12": "yuv420p",
    "nv21": "yuv420p",
    "nv16": "yuv422p",
    "nv24": "yuv444p",
    "nv42": "yuv444p",
    "yuyv422": "yuv422p",
    "yvyu422": "yuv422p",
    "uyvy422": "yuv422p",
    "uyyvyy411": "yuv411p",
    "p010le": "yuv420p10le",
    "p016le": "yuv420p16le",
    "p210le": "yuv422p10le",
    "y210le": "yuv422p10le",
    "p410le": "yuv444p10le",
    "v30xle": "yuv444p10le",
}
_FULL_RANGE_TAG, _LIMITED_RANGE_TAG = 2, 1  # enum AVColorRange
_BT709_TAGS = (1, 9, 10)  # enum AVColorSpace: BT.709, and BT.2020, whose coefficients lie nearest to it
_BT601_TAGS = (4, 5, 6, 7)  # FCC, BT.470 BG, SMPTE 170M, SMPTE 240M


def picture_from(frame: VideoFrame, ref: FrameRef, pool: BufferPool) -> Picture:
    """`frame` copied into planes of `pool`: YUV, YUV16, GRAY, or RGBA (straight alpha) for all else.

    Matrix and range are the frame's tags. Untagged: BT.709 above 576 rows, else BT.601; limited range unless the
    pixel format is full by its name (yuvj…) or grey. 9- to 15-bit samples are scaled to 0..65535.
    Raises ValueError or av.FFmpegError for a pixel format that FFmpeg cannot convert.
    """
    if frame.format.name in _PLANAR:
        frame = frame.reformat(format=_PLANAR[frame.format.name], threads=1)
    turns = upright_turns(frame)
    layout = _layout_of(frame)
    if layout is Layout.RGBA:
        return Picture(ref, frame.width, frame.height, layout, _rgba(frame, pool), upright_turns=turns)
    planes = _deep_planes(frame, pool) if layout is Layout.YUV16 else _planes(frame, pool)
    chroma = (1, 1) if layout is Layout.GRAY else _subsampling(frame)
    matrix, full = _matrix_of(frame), _is_full_range(frame)
    return Picture(ref, frame.width, frame.height, layout, planes, chroma, matrix, full, turns)


def _layout_of(frame: VideoFrame) -> Layout:
    form = frame.format
    parts = form.components
    if form.name == "gray":
        return Layout.GRAY
    planar_yuv = form.name.startswith("yuv") and len(parts) == 3 and len(frame.planes) == 3
    if not planar_yuv or form.is_big_endian:
        return Layout.RGBA
    return Layout.YUV if parts[0].bits == 8 else Layout.YUV16


def _subsampling(frame: VideoFrame) -> tuple[int, int]:
    luma, chroma = frame.planes[0], frame.planes[1]
    return (round(luma.width / chroma.width), round(luma.height / chroma.height))


def _samples(plane: VideoPlane, bytes_each: int) -> Bytes:
    """A plane's own memory, without its padding: uint8 of (rows, bytes a row)."""
    memory: Bytes = np.frombuffer(memoryview(plane), np.uint8)
    rows = memory[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)
    return rows[:, : plane.width * bytes_each]


def _planes(frame: VideoFrame, pool: BufferPool) -> tuple[Bytes, ...]:
    planes = pool.take([(plane.height, plane.width) for plane in frame.planes])
    for plane, decoded in zip(planes, frame.planes, strict=True):
        np.copyto(plane, _samples(decoded, 1))
    return planes


def _deep_planes(frame: VideoFrame, pool: BufferPool) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.uint16]], ...]:
    bits = frame.format.components[0].bits
    planes = pool.take16([(plane.height, plane.width) for plane in frame.planes])
    for plane, decoded in zip(planes, frame.planes, strict=True):
        samples = _samples(decoded, 2).view(np.uint16)
        # The high bits repeated below the sample: 0 stays 0 and the highest value becomes 65535.
        np.left_shift(samples, 16 - bits, out=plane)
        if bits < 16:
            np.bitwise_or(plane, np.right_shift(samples, 2 * bits - 16), out=plane)
    return planes


def _rgba(frame: VideoFrame, pool: BufferPool) -> tuple[Bytes, ...]:
    matrix = "ITU709" if _matrix_of(frame) is Matrix.BT709 else "ITU601"
    form = frame.format
    is_yuv = not form.is_rgb and not form.has_palette and form.name.startswith(("yuv", "ayuv", "vuy"))
    # One thread: swscale's slices of other than round widths differ from run to run where they meet.
    converted = frame.reformat(format="rgba", src_colorspace=matrix if is_yuv else None, threads=1)
    planes = pool.take([(frame.height, frame.width, 4)])
    np.copyto(planes[0].reshape(frame.height, frame.width * 4), _samples(converted.planes[0], 4))
    return planes


def _matrix_of(frame: VideoFrame) -> Matrix:
    if frame.colorspace in _BT709_TAGS:
        return Matrix.BT709
    if frame.colorspace in _BT601_TAGS:
        return Matrix.BT601
    return Matrix.BT709 if frame.height > 576 else Matrix.BT601


def _is_full_range(frame: VideoFrame) -> bool:
    if frame.format.name.startswith("yuvj") or frame.color_range == _FULL_RANGE_TAG:
        return True
    return frame.format.name == "gray" and frame.color_range != _LIMITED_RANGE_TAG
