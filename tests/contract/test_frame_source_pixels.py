"""The pixels of every frame source, against another program's decoder in its own process."""

from __future__ import annotations

from pathlib import Path

import cramjam
import numpy as np
import numpy.typing as npt
import pytest

from engine.media.buffers import BufferPool
from engine.media.frame_source import open_source
from engine.media.mjpeg import AvJpegDecoder, MjpegSource, TurboJpegDecoder
from engine.media.turbojpeg import library
from engine.model.clips import Clip, Codec
from engine.model.pictures import Layout, Picture
from tests.hap_support import hap_images, hap_packet, mux_hap
from tests.media_support import HEIGHT, WIDTH, clip_of, encode, encode_hap, ffmpeg_pixels, packets_of
from tests.support import absent

COUNT = 4
NUMBERS = range(1, 1 + COUNT)
Array = npt.NDArray[np.generic]


def pictures(clip: Clip) -> list[Picture]:
    source = open_source(clip, BufferPool())
    found = [source.read(index) for index in range(COUNT)]
    source.close()
    return found


def visible(picture: Picture) -> list[Array]:
    """The planes without their padding."""
    across, down = picture.chroma
    sizes = [(picture.height, picture.width), *2 * [(-(-picture.height // down), -(-picture.width // across))]]
    return [plane[:rows, :columns] for plane, (rows, columns) in zip(picture.planes, sizes, strict=False)]


def planes_by_ffmpeg(file: Path, pixel_format: str, like: Picture, depth: type = np.uint8) -> list[list[Array]]:
    """For each frame, planes of the shapes that `like` has."""
    samples = np.frombuffer(ffmpeg_pixels(file, pixel_format), depth)
    shapes = [plane.shape for plane in visible(like)]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes] * COUNT)
    assert ends[-1] == len(samples)
    parts = np.split(samples, ends[:-1])
    return [
        [part.reshape(shape) for part, shape in zip(parts[at : at + len(shapes)], shapes, strict=True)]
        for at in range(0, len(parts), len(shapes))
    ]


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (131, 99)], ids=["even", "odd"])
@pytest.mark.parametrize("pixel_format", ["yuvj420p", "yuvj422p", "yuvj444p"])
@pytest.mark.parametrize("decoder", [TurboJpegDecoder, AvJpegDecoder])
def test_mjpeg_is_within_two_levels_of_ffmpeg(
    decoder: type[TurboJpegDecoder | AvJpegDecoder], pixel_format: str, size: tuple[int, int], tmp_path: Path
) -> None:
    if decoder is TurboJpegDecoder and library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    file = encode(tmp_path / "a.mov", "mjpeg", pixel_format, NUMBERS, size=size)
    source = MjpegSource(clip_of(file, Codec.MJPEG, COUNT, size=size), BufferPool(), decoder)
    ours = [source.read(index) for index in range(COUNT)]
    source.close()
    assert ours[0].full_range
    assert ours[0].chroma == {"yuvj420p": (2, 2), "yuvj422p": (2, 1), "yuvj444p": (1, 1)}[pixel_format]
    for picture, theirs in zip(ours, planes_by_ffmpeg(file, pixel_format, ours[0]), strict=True):
        for plane, reference in zip(visible(picture), theirs, strict=True):
            assert np.abs(plane.astype(int) - reference.astype(int)).max() <= 2


@pytest.mark.parametrize(
    ("codec", "pixel_format", "name"),
    [
        ("libx264", "yuv420p", "a.mp4"),
        ("ffv1", "yuv444p", "a.mkv"),
        ("ffv1", "yuv422p", "a.mkv"),
        ("ffv1", "yuv411p", "a.mkv"),
        ("ffv1", "gray", "a.mkv"),
        ("libx264", "yuvj420p", "a.mkv"),
        ("mpeg2video", "yuv422p", "a.mpg"),
    ],
)
def test_eight_bit_planes_are_ffmpegs(codec: str, pixel_format: str, name: str, tmp_path: Path) -> None:
    file = encode(tmp_path / name, codec, pixel_format, NUMBERS)
    ours = pictures(clip_of(file, Codec.OTHER, COUNT))
    for picture, theirs in zip(ours, planes_by_ffmpeg(file, pixel_format, ours[0]), strict=True):
        assert all(np.array_equal(*pair) for pair in zip(visible(picture), theirs, strict=True))


@pytest.mark.parametrize(
    ("codec", "pixel_format", "name", "top"),
    [
        ("ffv1", "yuv420p10le", "a.mkv", 1023),
        ("ffv1", "yuv444p12le", "a.mkv", 4095),
        ("ffv1", "yuv422p16le", "a.mkv", 65535),
        ("prores_ks", "yuv422p10le", "a.mov", 1023),
    ],
)
def test_deep_planes_are_ffmpegs_at_full_scale(
    codec: str, pixel_format: str, name: str, top: int, tmp_path: Path
) -> None:
    file = encode(tmp_path / name, codec, pixel_format, NUMBERS)
    ours = pictures(clip_of(file, Codec.OTHER, COUNT))
    for picture, theirs in zip(ours, planes_by_ffmpeg(file, pixel_format, ours[0], np.uint16), strict=True):
        for plane, reference in zip(visible(picture), theirs, strict=True):
            scaled = reference.astype(float) * 65535 / top
            assert np.abs(plane - scaled).max() <= 1  # of 65535: repeating bits is not quite a product


@pytest.mark.parametrize(
    ("codec", "pixel_format", "name"),
    [("png", "rgb24", "a.mov"), ("png", "rgba", "a.mov"), ("utvideo", "gbrp", "a.avi")],
)
def test_rgb_is_ffmpegs(codec: str, pixel_format: str, name: str, tmp_path: Path) -> None:
    file = encode(tmp_path / name, codec, pixel_format, NUMBERS)
    ours = pictures(clip_of(file, Codec.OTHER, COUNT))
    assert ours[0].layout is Layout.RGBA
    for picture, theirs in zip(ours, planes_by_ffmpeg(file, "rgba", ours[0]), strict=True):
        assert np.array_equal(picture.planes[0], theirs[0])


@pytest.mark.parametrize("kind", ["hap", "hap_alpha", "hap_q"])
@pytest.mark.parametrize("chunks", ["1", "3"])
def test_hap_blocks_are_the_packets_own(kind: str, chunks: str, tmp_path: Path) -> None:
    codec = Codec(kind)
    plain = encode_hap(tmp_path / "plain.mov", kind, NUMBERS, options=["-compressor", "none"])
    packed = encode_hap(tmp_path / "packed.mov", kind, NUMBERS, options=["-chunks", chunks])
    size = WIDTH * HEIGHT // (2 if codec is Codec.HAP else 1)
    # Stored plain, a packet is its header and its blocks; FFmpeg's encoder makes the same blocks either way.
    blocks = [packet[-size:] for packet in packets_of(plain)]
    for file in (plain, packed):
        assert [picture.planes[0].tobytes() for picture in pictures(clip_of(file, codec, COUNT))] == blocks
    if chunks == "1":
        assert [
            bytes(cramjam.snappy.decompress_raw(packet[_head(packet) :])) for packet in packets_of(packed)
        ] == blocks


@pytest.mark.parametrize("codec", [Codec.HAP_Q_ALPHA, Codec.HAP_ALPHA_ONLY, Codec.HAP_R])
@pytest.mark.parametrize("chunks", [0, 3])
def test_hap_blocks_are_those_that_were_packed(codec: Codec, chunks: int, tmp_path: Path) -> None:
    images = hap_images(tmp_path, codec, NUMBERS)
    file = mux_hap(tmp_path / "clip.mov", codec, [hap_packet(image, chunks=chunks) for image in images])
    found = [[plane.tobytes() for plane in picture.planes] for picture in pictures(clip_of(file, codec, COUNT))]
    assert found == [[blocks for _, blocks in image] for image in images]


def _head(packet: bytes) -> int:
    return 8 if packet[:3] == b"\0\0\0" else 4


def test_hap_blocks_drawn_by_the_book_are_what_ffmpeg_decodes(tmp_path: Path) -> None:
    file = encode_hap(tmp_path / "a.mov", "hap", NUMBERS)
    theirs = np.frombuffer(ffmpeg_pixels(file, "rgb24"), np.uint8).reshape(COUNT, HEIGHT, WIDTH, 3)
    for picture, reference in zip(pictures(clip_of(file, Codec.HAP, COUNT)), theirs, strict=True):
        assert np.abs(bc1_pixels(picture.planes[0]).astype(int) - reference).max() <= 3


def bc1_pixels(blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """BC1 by its definition (EXT_texture_compression_s3tc): two RGB565 ends, two colours between, two bits a texel."""
    rows = blocks.reshape(-1, 8)
    ends = np.ascontiguousarray(rows[:, :4]).view("<u2").astype(np.int64)
    colours = np.stack(((ends >> 11) * 255 / 31, (ends >> 5 & 63) * 255 / 63, (ends & 31) * 255 / 31), axis=-1)
    first, second = colours[:, 0], colours[:, 1]
    four = (ends[:, 0] > ends[:, 1])[:, None]
    third = np.where(four, (2 * first + second) / 3, (first + second) / 2)
    fourth = np.where(four, (first + 2 * second) / 3, 0)
    palette = np.stack((first, second, third, fourth), axis=1)
    bits = np.ascontiguousarray(rows[:, 4:]).view("<u4")[:, 0]
    chosen = bits[:, None] >> (2 * np.arange(16, dtype=np.uint32)) & 3
    texels = np.take_along_axis(palette, chosen[..., None].astype(np.int64), axis=1)
    down, across = HEIGHT // 4, WIDTH // 4
    return texels.reshape(down, across, 4, 4, 3).transpose(0, 2, 1, 3, 4).reshape(HEIGHT, WIDTH, 3)
