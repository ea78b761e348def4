"""Small archives for tests: movies whose frames carry their number, sound and damaged, made with PyAV alone."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

CELL = 16  # px; a bit of the frame number is a square of this size, black or white
BITS = 10


def numbered_picture(number: int, width: int, height: int, *, moving: bool = True) -> np.ndarray:
    """RGB (height, width, 3) with `number` burnt into its upper left, over a moving pattern."""
    rows, columns = np.mgrid[0:height, 0:width]
    shift = number * 3 if moving else 0
    picture = np.stack([(columns * 2 + shift) % 256, (rows * 2 + shift) % 256, np.full_like(rows, 90)], axis=-1).astype(
        np.uint8
    )
    for bit in range(BITS):
        top, left = bit // 5 * CELL, bit % 5 * CELL
        picture[top : top + CELL, left : left + CELL] = 255 if number >> bit & 1 else 0
    return picture


def read_number(luma: np.ndarray) -> int:
    """The number burnt into a picture: grey or luma (rows, columns) of any 8-bit range, at its original size."""
    number = 0
    for bit in range(BITS):
        top, left = bit // 5 * CELL, bit % 5 * CELL
        level = luma[top + 4 : top + CELL - 4, left + 4 : left + CELL - 4].mean()
        assert not 90 < level < 165, f"bit {bit} is neither black nor white: {level}"
        number |= int(level > 128) << bit
    return number


@dataclass(frozen=True)
class MovieSpec:
    """How a test's movie is stored. `times` are presentation times in frames of `rate`; None: one after another."""

    codec: str = "libx264"
    width: int = 160
    height: int = 96
    rate: Fraction = Fraction(25)
    pixel_format: str = "yuv420p"
    gop: int = 12
    times: Sequence[int] | None = None
    rotation_deg: int = 0
    aspect: Fraction | None = None


def write_movie(path: Path, pictures: Sequence[np.ndarray], spec: MovieSpec | None = None) -> Path:
    """Encode RGB (or RGBA) pictures as a movie at `path`; its suffix chooses the container."""
    spec = spec or MovieSpec(width=pictures[0].shape[1], height=pictures[0].shape[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(spec.codec, rate=spec.rate)
        stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, spec.pixel_format
        stream.time_base = 1 / spec.rate
        stream.gop_size = spec.gop
        if spec.codec == "libx264":
            stream.options = {"crf": "12", "preset": "ultrafast"}
        elif spec.codec in ("mpeg4", "mpeg2video"):
            stream.bit_rate = 4_000_000
        if spec.rotation_deg:
            stream.set_display_rotation(spec.rotation_deg)
        if spec.aspect:
            stream.codec_context.sample_aspect_ratio = spec.aspect
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgba" if picture.shape[2] == 4 else "rgb24")
            if picture.shape[2] == 3 and spec.pixel_format.startswith("yuv"):
                frame = frame.reformat(format=spec.pixel_format, dst_colorspace="ITU601")
            frame.pts = spec.times[index] if spec.times else index
            frame.time_base = 1 / spec.rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered_movie(path: Path, count: int, spec: MovieSpec | None = None) -> Path:
    """A movie of `count` frames with their numbers burnt in."""
    spec = spec or MovieSpec()
    return write_movie(path, [numbered_picture(n, spec.width, spec.height) for n in range(count)], spec)


def sound_only(path: Path, seconds: float = 0.5) -> Path:
    """An .mp4 with a tone and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        tone = (np.sin(np.arange(int(48_000 * seconds)) * 0.05) * 0.3).astype(np.float32)
        for start in range(0, len(tone) - 1023, 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def cut_short(path: Path, source: Path, part: float = 0.6) -> Path:
    """The first `part` of a file's bytes, as of a copy that was interrupted."""
    content = source.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    return path


def rotten(path: Path, source: Path, from_part: float, to_part: float) -> Path:
    """The file with the bytes of its frames between two parts of its length spoilt, its index left whole."""
    content = bytearray(source.read_bytes())
    chance = np.random.default_rng(5)
    for at in chance.integers(int(len(content) * from_part), int(len(content) * to_part), 60):
        content[at] ^= 0xFF
    path.write_bytes(content)
    return path


def ffmpeg_lumas(program: str, path: Path, width: int, height: int) -> list[np.ndarray]:
    """Every frame of a file as grey, decoded by the ffmpeg program in a process of its own."""
    command = [program, "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return list(np.frombuffer(raw, np.uint8).reshape(-1, height, width))


def track(path: Path, hits_s: Sequence[float], seconds: float) -> Path:
    """A .flac with a sharp decaying click at each of `hits_s`."""
    from engine.formats.sound import Sound, write_sound

    samples = np.zeros((int(48_000 * seconds), 1), np.float32)
    click = np.exp(-np.arange(2400) / 300) * np.random.default_rng(1).uniform(-1, 1, 2400)
    for hit_s in hits_s:
        at = int(hit_s * 48_000)
        samples[at : at + 2400, 0] += 0.8 * click[: len(samples) - at]
    write_sound(path, Sound(samples, 48_000))
    return path
