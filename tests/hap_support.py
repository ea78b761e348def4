"""HAP clips that no encoder here writes (HapM, HapA, Hap7), from blocks made by definition; and FFmpeg's decode of any.

Formats: BC4, ARB_texture_compression_rgtc; BC7, ARB_texture_compression_bptc; HAP, Vidvox/hap, HapVideoDRAFT.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from engine.model.clips import Codec
from tests.media_support import (
    HEIGHT,
    RATE,
    WIDTH,
    encode_hap,
    frame_pixels,
    hap_chunked,
    hap_section,
    packets_of,
    snappy,
)

Pixels = npt.NDArray[np.uint8]
TAGS = {
    Codec.HAP: "Hap1",
    Codec.HAP_ALPHA: "Hap5",
    Codec.HAP_Q: "HapY",
    Codec.HAP_Q_ALPHA: "HapM",
    Codec.HAP_ALPHA_ONLY: "HapA",
    Codec.HAP_R: "Hap7",
}
YCOCG, ALPHA, BPTC, SEVERAL = 0x0F, 0x01, 0x0C, 0x0D
# How far between its ends each of the 16 indices of BC7's mode 6 lies, of 64.
BC7_WEIGHTS = np.array([0, 4, 9, 13, 17, 21, 26, 30, 34, 38, 43, 47, 51, 55, 60, 64])


def _blocks_of(channel: Pixels) -> Pixels:
    """(blocks, 16) texels of a plane whose sides are multiples of 4."""
    rows, columns = channel.shape[0] // 4, channel.shape[1] // 4
    return np.ascontiguousarray(channel.reshape(rows, 4, columns, 4).swapaxes(1, 2).reshape(-1, 16))


def pixels_of_blocks(texels: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    """(height, width, …) from (blocks, 16, …)."""
    shape = (height // 4, width // 4, 4, 4, *texels.shape[2:])
    return np.ascontiguousarray(texels.reshape(shape).swapaxes(1, 2)).reshape(height, width, *texels.shape[2:])


def bc4(channel: Pixels) -> bytes:
    """A plane as BC4: each block's largest and smallest value, and six between."""
    texels = _blocks_of(channel).astype(np.int64)
    high, low = texels.max(axis=1), texels.min(axis=1)
    steps = np.round((high[:, None] - texels) * 7 / np.maximum(high - low, 1)[:, None]).astype(np.uint64)
    codes = np.where(steps == 0, 0, np.where(steps == 7, 1, steps + 1)).astype(np.uint64)
    codes[high == low] = 0
    word = high.astype(np.uint64) | low.astype(np.uint64) << np.uint64(8)
    for place in range(16):
        word |= codes[:, place] << np.uint64(16 + 3 * place)
    return word.astype("<u8").tobytes()


def bc4_texels(blocks: bytes) -> npt.NDArray[np.float64]:
    """(blocks, 16) values 0..255 of BC4, by its definition."""
    words = np.frombuffer(blocks, "<u8")
    first, second = (words & np.uint64(255)).astype(np.float64), (words >> np.uint64(8) & np.uint64(255)).astype(float)
    eight = first > second
    palette = np.zeros((len(words), 8))
    palette[:, 0], palette[:, 1] = first, second
    for place in range(2, 8):
        of_eight = ((8 - place) * first + (place - 1) * second) / 7
        of_six = ((6 - place) * first + (place - 1) * second) / 5 if place < 6 else 255.0 * (place == 7)
        palette[:, place] = np.where(eight, of_eight, of_six)
    codes = words[:, None] >> (np.uint64(16) + np.uint64(3) * np.arange(16, dtype=np.uint64)) & np.uint64(7)
    return np.take_along_axis(palette, codes.astype(np.int64), axis=1)


def bc7_block(ends: npt.NDArray[np.int64], indices: Sequence[int]) -> bytes:
    """One block in mode 6. `ends` is (2, 4) RGBA of 0..255, each end's channels all even or all odd.

    The first of the 16 `indices` (0..15) must be below 8.
    """
    bits, at = 1 << 6, 7
    for channel in range(4):
        for end in (0, 1):
            bits |= int(ends[end, channel] >> 1) << at
            at += 7
    for end in (0, 1):
        bits |= int(ends[end, 0] & 1) << at
        at += 1
    for place, index in enumerate(indices):
        bits |= int(index) << at
        at += 4 if place else 3
    assert at == 128
    assert indices[0] < 8
    return bits.to_bytes(16, "little")


def bc7_texels(ends: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(16, 4) RGBA 0..255 of a block in mode 6, by its definition."""
    weights = BC7_WEIGHTS[indices][:, None]
    return ((64 - weights) * ends[0] + weights * ends[1] + 32) >> 6


def bc7(rgba: Pixels) -> bytes:
    """A picture as BC7 in mode 6: each block along the line between its darkest and its lightest colour."""
    texels = np.stack([_blocks_of(rgba[..., channel]) for channel in range(4)], axis=2).astype(np.int64)
    made = []
    for block in texels:
        brightness = block.sum(axis=1)
        ends = block[[brightness.argmin(), brightness.argmax()]] & ~1
        line = ends[1] - ends[0]
        share = (block - ends[0]) @ line / max(1, int(line @ line))
        indices = np.abs(share[:, None] * 64 - BC7_WEIGHTS).argmin(axis=1)
        if indices[0] >= 8:
            ends, indices = ends[::-1], 15 - indices
        made.append(bc7_block(ends, indices.tolist()))
    return b"".join(made)


def hap_packet(images: Sequence[tuple[int, bytes]], *, chunks: int = 0) -> bytes:
    """A HAP frame of (texture format, blocks), Snappy, in that many chunks; two images stand in a section of both."""
    sections = []
    for texture, blocks in images:
        if chunks:
            cut = -(-len(blocks) // chunks)
            parts = [(0x0B, snappy(blocks[at : at + cut])) for at in range(0, len(blocks), cut)]
            sections.append(hap_chunked(0xC0 | texture, parts))
        else:
            sections.append(hap_section(0xB0 | texture, snappy(blocks)))
    return sections[0] if len(sections) == 1 else hap_section(SEVERAL, b"".join(sections))


def hap_images(folder: Path, codec: Codec, numbers: Iterable[int]) -> list[list[tuple[int, bytes]]]:
    """For each of these numbered frames its textures, (texture format, blocks): HapM's alpha is the frame's red."""
    numbers = list(numbers)
    frames = [frame_pixels(number) for number in numbers]
    if codec is Codec.HAP_ALPHA_ONLY:
        return [[(ALPHA, bc4(pixels[..., 1]))] for pixels in frames]
    if codec is Codec.HAP_R:
        opaque = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
        return [[(BPTC, bc7(np.concatenate((pixels, opaque), axis=2)))] for pixels in frames]
    plain = encode_hap(folder / "plain.mov", "hap_q", numbers, options=["-compressor", "none"])
    colours = [packet[-WIDTH * HEIGHT :] for packet in packets_of(plain)]
    return [[(YCOCG, colour), (ALPHA, bc4(p[..., 0]))] for colour, p in zip(colours, frames, strict=True)]


def mux_hap(file: Path, codec: Codec, packets: Sequence[bytes], size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """A `.mov` of these packets. PyAV's muxer calls every HAP stream Hap1: its name is put right afterwards."""
    with av.open(str(file), "w") as container:
        stream = container.add_mux_stream("hap", rate=RATE, width=size[0], height=size[1])
        for index, data in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, index, index, Fraction(1) / RATE
            packet.is_keyframe = True
            container.mux(packet)
    content = file.read_bytes()
    moov = content.rindex(b"moov")
    assert content.count(b"Hap1", moov) == 1
    file.write_bytes(content[:moov] + content[moov:].replace(b"Hap1", TAGS[codec].encode()))
    return file


def make_hap(folder: Path, codec: Codec, numbers: Iterable[int], *, chunks: int = 0) -> Path:
    """A clip of these numbers as HapM, HapA or Hap7."""
    packets = [hap_packet(images, chunks=chunks) for images in hap_images(folder, codec, numbers)]
    return mux_hap(folder / "hap.mov", codec, packets)


def ffmpeg_decode(codec: Codec, packet: bytes, size: tuple[int, int], pixel_format: str) -> Pixels:
    """A packet as FFmpeg's decoder draws it, in the decoder's own `pixel_format`; it has no decoder for Hap7."""
    decoder = av.CodecContext.create("hap", "r")
    decoder.width, decoder.height, decoder.codec_tag = *size, TAGS[codec]  # type: ignore[attr-defined]
    (frame,) = decoder.decode(av.Packet(packet))  # type: ignore[attr-defined]
    assert frame.format.name == pixel_format
    pixels: Pixels = frame.to_ndarray()
    return pixels
