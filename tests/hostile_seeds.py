"""Real frames, tables and movies to spoil: small, and of every kind that the readers take."""

from __future__ import annotations

import ctypes
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import av
import numpy as np

from engine.media.turbojpeg import library as turbojpeg_library
from tests.media_support import (
    RATE,
    encode,
    frame_pixels,
    hap_chunked,
    hap_section,
    packets_of,
    snappy,
)

HAP_SIZE = (32, 24)
JPEG_SIZE = (72, 56)  # of 4:2:0's MCUs neither whole columns nor whole rows
_BLOCK_BYTES = {0x0B: 8, 0x0E: 16, 0x0F: 16, 0x01: 8, 0x0C: 16}  # low nibble of the section type → bytes a block

# libjpeg-turbo's turbojpeg.h: enum TJPF, enum TJSAMP, flags
_RGB, _GRAY_PIXELS, _CMYK = 0, 6, 11
_S444, _S422, _S420, _GRAY, _S440, _S411 = range(6)
_PROGRESSIVE = 16384


def hap_blocks(texture: int) -> bytes:
    """The blocks of a HAP_SIZE frame: some repeat, as those of real pictures do."""
    size = HAP_SIZE[0] * HAP_SIZE[1] // 16 * _BLOCK_BYTES[texture]
    noise = np.random.default_rng(texture).integers(0, 256, size, np.uint8)
    noise[size // 3 : 2 * size // 3] = 7
    return noise.tobytes()


def hap_frames() -> list[bytes]:
    """HAP frames of HAP_SIZE: each texture, plain, packed and in chunks; and two textures in one frame."""
    frames: list[bytes] = []
    for texture in _BLOCK_BYTES:
        blocks = hap_blocks(texture)
        half = len(blocks) // 2
        packed = [(0x0B, snappy(blocks[:half])), (0x0B, snappy(blocks[half:]))]
        mixed = [(0x0A, blocks[:half]), (0x0B, snappy(blocks[half:]))]
        frames += [
            hap_section(0xA0 | texture, blocks),
            hap_section(0xB0 | texture, snappy(blocks), wide=True),
            hap_chunked(0xC0 | texture, packed),
            hap_chunked(0xC0 | texture, mixed, offsets=[3, half + 6], gap=b"gap"),
        ]
    colour, alpha = hap_blocks(0x0F), hap_blocks(0x01)
    both = hap_section(0xBF, snappy(colour)) + hap_chunked(0xC1, [(0x0A, alpha[:96]), (0x0B, snappy(alpha[96:]))])
    return [*frames, hap_section(0x0D, both, wide=True)]


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """libjpeg-turbo's encoder takes restart intervals and arithmetic coding from the environment."""
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            del os.environ[name]


def turbo_jpeg(
    size: tuple[int, int] = JPEG_SIZE, *, pixels: int = _RGB, sampling: int = _S420, flags: int = 0, **how: str
) -> bytes:
    """A JPEG by libjpeg-turbo of frame_pixels(5); `how` are variables of its environment, such as TJ_RESTART="1".

    `pixels`, `sampling` and `flags` are TurboJPEG's numbers. Raises RuntimeError where it is not installed.
    """
    turbojpeg = turbojpeg_library()
    if turbojpeg is None:
        raise RuntimeError("libjpeg-turbo is not installed")
    picture = frame_pixels(5, *size)
    if pixels == _GRAY_PIXELS:
        picture = picture[..., :1]
    elif pixels == _CMYK:
        picture = np.concatenate((picture, picture[..., :1]), axis=-1)
    picture = np.ascontiguousarray(picture)
    turbojpeg.tjInitCompress.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(turbojpeg.tjInitCompress())
    data, length = ctypes.POINTER(ctypes.c_ubyte)(), ctypes.c_ulong()
    outs = (ctypes.byref(data), ctypes.byref(length), sampling, 80, flags)
    with _environment(how):
        failed = turbojpeg.tjCompress2(handle, ctypes.c_void_p(picture.ctypes.data), size[0], 0, size[1], pixels, *outs)
    assert not failed
    jpeg = ctypes.string_at(data, length.value)
    turbojpeg.tjFree(data)
    turbojpeg.tjDestroy(handle)
    return jpeg


@cache
def jpeg_frames() -> dict[str, bytes]:
    """JPEGs of JPEG_SIZE by what is particular of them; most need libjpeg-turbo to be made."""
    frames = {"by FFmpeg": _ffmpeg_jpeg("mjpeg", "yuvj420p"), "4:2:2 by FFmpeg": _ffmpeg_jpeg("mjpeg", "yuvj422p")}
    if turbojpeg_library() is not None:
        frames |= {
            "4:2:0": turbo_jpeg(),
            "4:2:2": turbo_jpeg(sampling=_S422),
            "4:4:4": turbo_jpeg(sampling=_S444),
            "4:4:0": turbo_jpeg(sampling=_S440),
            "4:1:1": turbo_jpeg(sampling=_S411),
            "grey": turbo_jpeg(pixels=_GRAY_PIXELS, sampling=_GRAY),
            "a restart each row": turbo_jpeg(TJ_RESTART="1"),
            "a restart each two rows": turbo_jpeg(TJ_RESTART="2"),
            "a restart each block": turbo_jpeg(sampling=_S444, TJ_RESTART="1b"),
            "a restart each five blocks": turbo_jpeg(TJ_RESTART="5b"),
            "grey with restarts": turbo_jpeg(pixels=_GRAY_PIXELS, sampling=_GRAY, TJ_RESTART="1"),
            "optimised with restarts": turbo_jpeg(TJ_RESTART="1", TJ_OPTIMIZE="1"),
            "progressive": turbo_jpeg(flags=_PROGRESSIVE),
            "progressive with restarts": turbo_jpeg(flags=_PROGRESSIVE, TJ_RESTART="1"),
        }
    return frames


@cache
def foreign_jpegs() -> dict[str, bytes]:
    """JPEGs of JPEG_SIZE that no clip may hold: each is an error for its frame. libjpeg-turbo must be installed."""
    whole = turbo_jpeg()
    frame_at = whole.index(b"\xff\xc0")
    other_frame = {
        name: whole[:frame_at] + b"\xff" + bytes([marker]) + whole[frame_at + 2 : frame_at + 4] + bytes([bits])
        + whole[frame_at + 5 :]
        for name, marker, bits in (
            ("12 bits", 0xC1, 12),
            ("lossless by its marker", 0xC3, 8),
            ("hierarchical", 0xC5, 8),
            ("arithmetic by its marker", 0xC9, 8),
            ("no bits", 0xC0, 0),
        )
    }  # fmt: skip
    return {
        **other_frame,
        "CMYK": turbo_jpeg(pixels=_CMYK, sampling=_S444),
        "lossless": _ffmpeg_jpeg("ljpeg", "bgr24"),
        "wider": turbo_jpeg((JPEG_SIZE[0] + 8, JPEG_SIZE[1])),
        "lower": turbo_jpeg((JPEG_SIZE[0], JPEG_SIZE[1] - 1)),
        "turned": turbo_jpeg(JPEG_SIZE[::-1]),
        "far larger": turbo_jpeg((1280, 960)),
    }


def _ffmpeg_jpeg(codec: str, pixel_format: str) -> bytes:
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = *JPEG_SIZE, pixel_format
    context.time_base, context.thread_count = 1 / RATE, 1
    frame = av.VideoFrame.from_ndarray(frame_pixels(5, *JPEG_SIZE), format="rgb24")
    frame = frame.reformat(format=pixel_format, dst_color_range=2)
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


@cache
def movies() -> dict[str, bytes]:
    """Whole files with an index: MJPEG in MOV and in AVI, of JPEG_SIZE; HAP of HAP_SIZE in MOV."""
    with tempfile.TemporaryDirectory() as folder:
        made = {
            name: encode(Path(folder) / f"a.{name}", "mjpeg", "yuvj420p", range(3), size=JPEG_SIZE).read_bytes()
            for name in ("mov", "avi")
        }
        for tag, texture in ((b"Hap1", 0x0B), (b"Hap7", 0x0C)):
            frames = [frame for frame in hap_frames() if frame[3] & 0x0F == texture]
            made[tag.decode()] = hap_movie(Path(folder) / "hap.mov", frames).replace(b"Hap1", tag)
    return made


def hap_movie(file: Path, frames: Sequence[bytes]) -> bytes:
    """A MOV of HAP frames of HAP_SIZE, its sample entry Hap1 whatever they are."""
    with av.open(str(file), "w") as container:
        stream = container.add_mux_stream("hap", rate=RATE, width=HAP_SIZE[0], height=HAP_SIZE[1])
        for place, frame in enumerate(frames):
            packet = av.Packet(frame)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, place, place, 1 / RATE
            packet.is_keyframe = True
            container.mux(packet)
    return file.read_bytes()


@cache
def movie_of_three() -> tuple[bytes, list[bytes]]:
    """A MOV of three frames of JPEG_SIZE: its bytes and its packets, which follow one another in it."""
    with tempfile.TemporaryDirectory() as folder:
        file = encode(Path(folder) / "a.mov", "mjpeg", "yuvj420p", range(3), size=JPEG_SIZE)
        content, packets = file.read_bytes(), packets_of(file)
    assert b"".join(packets) in content
    return content, packets
