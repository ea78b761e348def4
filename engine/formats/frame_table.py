"""Frame tables: where each frame of a file lies, taken from its index and borne out by its bytes.

Formats: JPEG, ITU-T T.81 annex B (SOI FFD8, EOI FFD9, SOF0 FFC0); HAP, Vidvox/hap, HapVideoDRAFT.
"""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np

from engine.errors import SourceError
from engine.formats.sample_entry import sample_entry
from engine.model.clips import Codec, FrameTable

HAP_TAGS = {
    "Hap1": Codec.HAP,
    "Hap5": Codec.HAP_ALPHA,
    "HapY": Codec.HAP_Q,
    "HapM": Codec.HAP_Q_ALPHA,
    "HapA": Codec.HAP_ALPHA_ONLY,
    "Hap7": Codec.HAP_R,
}
# The low nibble of a HAP frame's type says which texture it holds; 0x0D, that its textures stand within.
_HAP_TEXTURE = {
    Codec.HAP: 0xB,
    Codec.HAP_ALPHA: 0xE,
    Codec.HAP_Q: 0xF,
    Codec.HAP_Q_ALPHA: 0xD,
    Codec.HAP_ALPHA_ONLY: 0x1,
    Codec.HAP_R: 0xC,
}
_HAP_SEVERAL = 0x0D
_MOV_FOURCC_AT = 4
_AVI_CHUNK_HEADER = 8
_SHORTEST = 8  # bytes: no JPEG and no HAP frame is shorter
_REBUILD = "build the library again, or copy the file again"
# JPEGs that are drawn as planes: 8 bits, full range, chroma 4:2:0, 4:2:2 or 4:4:4, or none.
_JPEG_FORMATS = ("yuvj420p", "yuvj422p", "yuvj444p", "gray")


def table_codec(path: Path, codec_name: str, pixel_format: str) -> Codec:
    """Which codec with a frame table the file's picture may be, going by its container; else Codec.OTHER.

    `codec_name` and `pixel_format` are FFmpeg's names. Any thread. Raises OSError where the file is gone.
    """
    with av.open(f"file:{path.absolute()}", metadata_errors="replace") as container:
        if not container.streams.video or container.streams.video[0].codec_context is None:
            return Codec.OTHER
        names = set(container.format.name.split(","))
        tag = container.streams.video[0].codec_context.codec_tag
    if codec_name == "mjpeg" and pixel_format in _JPEG_FORMATS and names & {"mov", "avi"}:
        return Codec.MJPEG
    if codec_name == "hap" and "mov" in names:
        return HAP_TAGS.get(tag, Codec.OTHER)
    return Codec.OTHER


def frame_table(path: Path) -> FrameTable:
    """The table of a `.mov` (MJPEG or HAP) or `.avi` (MJPEG) whose frames each stand alone. Any thread.

    Every entry is checked against the bytes: a JPEG from SOI to EOI with the stream's own size, a HAP frame
    whose header says its length and texture. Raises SourceError where the file has no index, or one that its
    bytes contradict.
    """
    try:
        with av.open(f"file:{path.absolute()}", metadata_errors="replace") as container:
            stream = container.streams.video[0]
            shift = _AVI_CHUNK_HEADER if "avi" in container.format.name else 0
            if len(stream.index_entries) * _SHORTEST > path.stat().st_size:
                raise SourceError("has an index of more frames than its bytes can hold", subject=path, mend=_REBUILD)
            entries = [(entry.pos + shift, entry.size) for entry in stream.index_entries if not entry.is_discard]
            context = stream.codec_context
            if context is not None:
                name, tag, height = context.name, context.codec_tag, context.height
            else:  # FFmpeg does not know the codec: Hap7, or what nobody has a table of
                entry = sample_entry(path)
                name, tag, height = "unknown", entry.tag if entry else "", 0
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise SourceError("has no frame index that can be read", subject=path, mend=_REBUILD) from error
    if not entries:
        raise SourceError("has no frame index", subject=path, mend=_REBUILD)
    codec = Codec.MJPEG if name == "mjpeg" else HAP_TAGS.get(tag)
    if codec is None:
        raise SourceError(f"{name} frames have no table", subject=path, mend="build a library from it")
    _check(path, entries, codec, height)
    offsets, lengths = zip(*entries, strict=True)
    return FrameTable(np.array(offsets, np.uint64), np.array(lengths, np.uint32))


def _check(path: Path, entries: list[tuple[int, int]], codec: Codec, height: int) -> None:
    with path.open("rb", buffering=0) as file:
        end = os.fstat(file.fileno()).st_size
        for index, (offset, length) in enumerate(entries):
            sound = length >= _SHORTEST and 0 <= offset <= end - length  # below 0: FFmpeg's word for an absurd one
            if sound and codec is Codec.MJPEG:
                sound = _is_jpeg(file.fileno(), offset, length, height if index == 0 else 0)
            elif sound:
                sound = _is_hap(file.fileno(), offset, length, _HAP_TEXTURE[codec])
            if not sound:
                raise SourceError(f"frame {index} is not where its index says", subject=path, mend=_REBUILD)


def _pread(fd: int, count: int, offset: int) -> bytes:
    os.lseek(fd, offset, os.SEEK_SET)  # os.pread is not on Windows; the descriptor is this function's own
    return os.read(fd, count)


def _is_jpeg(fd: int, offset: int, length: int, height: int) -> bool:
    if _pread(fd, 2, offset) != b"\xff\xd8" or _pread(fd, 2, offset + length - 2) != b"\xff\xd9":
        return False
    return not height or jpeg_height(_pread(fd, min(length, 4096), offset)) == height


def jpeg_height(head: bytes) -> int:
    """The height in a baseline JPEG's SOF0 segment; 0 where `head` (its first bytes) has none."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        if head[at + 1] == 0xC0:
            return int.from_bytes(head[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return 0


def _is_hap(fd: int, offset: int, length: int, texture: int) -> bool:
    head = _pread(fd, 8, offset)
    size, kind, used = int.from_bytes(head[:3], "little"), head[3], 4
    if size == 0:
        size, used = int.from_bytes(head[4:8], "little"), 8
    return size + used == length and (kind & 0xF == texture or kind == _HAP_SEVERAL)
