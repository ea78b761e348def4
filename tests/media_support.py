"""Small clips whose frames carry their number as blocks of light and dark, and reading it back from a picture."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cramjam
import numpy as np
import numpy.typing as npt

from engine.model.clips import Clip, Codec, FrameTable, NumberedImages
from engine.model.pictures import Layout, Picture
from tests.support import need_program

WIDTH, HEIGHT = 128, 96
RATE = Fraction(25)
_BLOCK = 16  # pixels; a multiple of every codec's block, so that its middle survives compression
_COLUMNS, _ROWS = 4, 3  # twelve bits
Pixels = npt.NDArray[np.uint8]


def frame_pixels(number: int, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """RGB of a moving gradient with `number` (below 4096) in the upper left, one block a bit."""
    down, across = np.mgrid[0:height, 0:width]
    pixels = np.stack((across * 2 + number * 3, down * 2, 255 - across - number * 5), axis=-1).astype(np.uint8)
    for bit in range(_COLUMNS * _ROWS):
        row, column = divmod(bit, _COLUMNS)
        light = 235 if number >> bit & 1 else 16
        pixels[row * _BLOCK : (row + 1) * _BLOCK, column * _BLOCK : (column + 1) * _BLOCK] = light
    return pixels


def read_number(picture: Picture) -> int:
    """The number that was burnt into the frame, from whatever the picture's planes hold."""
    luma = _luma(picture)
    number = 0
    for bit in range(_COLUMNS * _ROWS):
        row, column = divmod(bit, _COLUMNS)
        middle = luma[row * _BLOCK + 4 : (row + 1) * _BLOCK - 4, column * _BLOCK + 4 : (column + 1) * _BLOCK - 4]
        number |= int(middle.mean() > 128) << bit
    return number


def _luma(picture: Picture) -> npt.NDArray[np.float64]:
    plane = picture.planes[0]
    match picture.layout:
        case Layout.YUV | Layout.GRAY:
            luma = plane
        case Layout.YUV16:
            luma = plane >> 8
        case Layout.RGBA:
            luma = plane[..., 1]
        case Layout.BC1 | Layout.BC3:  # the green of the block's two end colours (RGB565)
            blocks = plane.reshape(-1, 8 if picture.layout is Layout.BC1 else 16)[:, -8:]
            ends = np.ascontiguousarray(blocks[:, :4]).view("<u2")
            luma = _of_blocks(((ends >> 5 & 63) * 255 / 63).mean(axis=1), picture)
        case Layout.BC4:
            luma = _of_blocks(plane.reshape(-1, 8)[:, :2].mean(axis=1), picture)
        case Layout.BC7:  # mode 6: seven bits of each end's green from bits 21 and 28 on
            words = plane.view("<u8")[::2]
            ends = np.stack([words >> np.uint64(at) & np.uint64(127) for at in (21, 28)])
            luma = _of_blocks(ends.mean(axis=0) * 2, picture)
        case Layout.BC3_YCOCG | Layout.BC3_YCOCG_BC4:  # luma stands where BC3 has alpha
            luma = _of_blocks(plane.reshape(-1, 16)[:, :2].mean(axis=1), picture)
    return np.asarray(luma, np.float64)


def _of_blocks(values: npt.NDArray[np.float64], picture: Picture) -> npt.NDArray[np.float64]:
    return np.kron(values.reshape(-1, -(-picture.width // 4)), np.ones((4, 4)))


def encode(  # every codec that PyAV's wheel has
    file: Path,
    codec: str,
    pixel_format: str,
    numbers: Iterable[int],
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    options: dict[str, str] | None = None,
    times: Sequence[int] | None = None,
    turned_deg: int = 0,
    threads: int = 1,
) -> Path:
    """A clip of these numbers in `file`; `times` gives each frame's timestamp, in frames at RATE.

    MJPEG on two threads has a restart marker after every row of MCUs.
    """
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=RATE, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.codec_context.thread_type, stream.codec_context.thread_count = "SLICE", threads
        if turned_deg:
            stream.set_display_rotation(turned_deg)
        if codec == "mjpeg":
            stream.codec_context.color_range = 2
        for place, number in enumerate(numbers):
            frame = av.VideoFrame.from_ndarray(frame_pixels(number, *size), format="rgb24")
            if pixel_format.startswith("yuvj"):
                frame = frame.reformat(format=pixel_format, dst_color_range=2)
            else:
                frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = (times[place] if times else place), 1 / RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file


def encode_hap(file: Path, kind: str, numbers: Iterable[int], *, options: Sequence[str] = ()) -> Path:
    """A HAP clip by the ffmpeg program; `kind` is hap, hap_alpha or hap_q."""
    program = need_program("ffmpeg", "ffmpeg")
    raw = b"".join(frame_pixels(number).tobytes() for number in numbers)
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-"]
    command = [program, "-v", "error", "-y", *source, "-c:v", "hap", "-format", kind, *options, str(file)]
    subprocess.run(command, input=raw, check=True, timeout=60)
    return file


def ffmpeg_pixels(file: Path, pixel_format: str) -> bytes:
    """Every frame of `file` as another program decodes it, one after another, turned as stored."""
    program = need_program("ffmpeg", "ffmpeg")
    command = [program, "-v", "error", "-threads", "1", "-noautorotate", "-i", str(file), "-vsync", "0"]
    wanted = ["-f", "rawvideo", "-pix_fmt", pixel_format, "-"]
    return subprocess.run([*command, *wanted], capture_output=True, check=True, timeout=60).stdout


def packets_of(file: Path) -> list[bytes]:
    """The packets of `file`'s picture, in the order of decoding."""
    with av.open(str(file)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]


def table_of(file: Path) -> FrameTable:
    """The frame table of a `.mov` whose frames stand alone."""
    with av.open(str(file)) as container:
        entries = [(entry.pos, entry.size) for entry in container.streams.video[0].index_entries]
    offsets, lengths = zip(*entries, strict=True)
    return FrameTable(np.array(offsets, np.uint64), np.array(lengths, np.uint32))


def clip_of(
    file: Path, codec: Codec, count: int, *, size: tuple[int, int] = (WIDTH, HEIGHT), slug: str = "clip"
) -> Clip:
    """`file` as a clip, with a frame table unless it is Codec.OTHER."""
    table = None if codec is Codec.OTHER else table_of(file)
    return Clip(slug, file, codec, *size, RATE, count, table)


def damaged_copy(clip: Clip, packet: bytes, into: Path, damage: Callable[[bytes], bytes]) -> Clip:
    """A copy of the clip in whose file `packet` is replaced, byte for byte, by `damage` of it."""
    content = clip.file.read_bytes()
    assert content.count(packet) == 1
    broken = damage(packet)
    assert len(broken) == len(packet)
    into.write_bytes(content.replace(packet, broken))
    return replace(clip, file=into)


@dataclass(frozen=True)
class Frames:
    """A file of raw frames and the clip whose table points into it: any bytes as frames."""

    folder: Path
    codec: Codec
    size: tuple[int, int] = (WIDTH, HEIGHT)

    def clip(self, *frames: bytes) -> Clip:
        file = self.folder / "frames.bin"
        file.write_bytes(b"".join(frames))
        ends = np.cumsum([len(frame) for frame in frames])
        lengths = np.array([len(frame) for frame in frames], np.uint32)
        table = FrameTable((ends - lengths).astype(np.uint64), lengths)
        return Clip("frames", file, self.codec, *self.size, RATE, len(frames), table)


def hap_section(kind: int, content: bytes, *, wide: bool = False, size: int | None = None) -> bytes:
    """A HAP section, its header of 4 bytes or, `wide`, of 8; `size` lies about its length."""
    length = len(content) if size is None else size
    if wide:
        return b"\0\0\0" + bytes([kind]) + length.to_bytes(4, "little") + content
    return length.to_bytes(3, "little") + bytes([kind]) + content


def hap_chunked(
    kind: int, chunks: Sequence[tuple[int, bytes]], *, offsets: Sequence[int] | None = None, gap: bytes = b""
) -> bytes:
    """A chunked HAP frame of (second-stage compressor, bytes as stored), `gap` before each chunk."""
    tables = hap_section(0x02, bytes(compressor for compressor, _ in chunks))
    tables += hap_section(0x03, b"".join(len(data).to_bytes(4, "little") for _, data in chunks))
    if offsets is not None:
        tables += hap_section(0x04, b"".join(offset.to_bytes(4, "little") for offset in offsets))
    return hap_section(kind, hap_section(0x01, tables) + b"".join(gap + data for _, data in chunks), wide=True)


def snappy(data: bytes) -> bytes:
    """`data` in Snappy's raw format."""
    return bytes(cramjam.snappy.compress_raw(data))


def image_sequence(folder: Path, numbers: Iterable[int], *, first: int = 1, suffix: str = ".png") -> Clip:
    """`numbers` as images shot_0001.png and on in `folder`, as a clip."""
    codec, pixel_format = {".png": ("png", "rgb24"), ".jpg": ("mjpeg", "yuvj420p"), ".tif": ("tiff", "rgb24")}[suffix]
    folder.mkdir(exist_ok=True)
    count = 0
    for count, number in enumerate(numbers, 1):
        encode(folder / f"shot_{first + count - 1:04d}{suffix}", codec, pixel_format, [number])
    images = NumberedImages(folder, "shot_", 4, suffix, first)
    return Clip("shot", folder, Codec.OTHER, WIDTH, HEIGHT, RATE, count, images=images)
