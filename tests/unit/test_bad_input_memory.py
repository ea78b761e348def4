"""What bombs take in a process of its own: no more than a frame of the clip, whatever the file promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.media.turbojpeg import library
from tests.film_support import run_module
from tests.hostile_seeds import turbo_jpeg
from tests.media_support import hap_chunked, hap_section, snappy
from tests.support import absent

WIDTH, HEIGHT = 640, 360
BLOCKS = bytes(WIDTH * HEIGHT // 2)  # BC1
FRAME = 3 * WIDTH * HEIGHT
# The frame, its coefficients where all scans come before the picture (16 bits a sample), and what an allocator keeps.
BOUND = 4 * FRAME + (4 << 20)
FOUR_GIB = b"\xff\xff\xff\xff\x0f"

HAP_BOMBS = {
    "snappy of 4 GiB": hap_section(0xBB, FOUR_GIB + bytes(64)),
    "snappy of 4 GiB that keeps its word for a megabyte": hap_section(
        0xBB, FOUR_GIB + b"\0a" + b"\xfe\x01\x00" * 16_000, wide=True
    ),
    "a thousand chunks of 4 GiB": hap_chunked(0xCB, [(0x0B, FOUR_GIB)] * 1024),
    "a section of 4 GiB": hap_section(0xBB, snappy(BLOCKS), wide=True, size=0xFFFFFFFF),
    "a table of as many chunks as fit": hap_section(
        0xCB, hap_section(1, hap_section(2, b"\x0b" * 30_000) + hap_section(3, bytes(120_000), wide=True)), wide=True
    ),
}


def grown(tmp_path: Path, codec: str, decoder: str, sound: bytes, hostile: bytes) -> dict[str, int | str]:
    files = tmp_path / "sound", tmp_path / "hostile"
    for file, data in zip(files, (sound, hostile), strict=True):
        file.write_bytes(data)
    run = run_module("tests.peak_memory", codec, str(WIDTH), str(HEIGHT), decoder, *files)
    assert run.returncode == 0, run.stderr
    found: dict[str, int | str] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", HAP_BOMBS)
def test_a_hap_bomb_takes_a_frame_s_memory_at_most(name: str, tmp_path: Path) -> None:
    found = grown(tmp_path, "hap", "hap", hap_section(0xBB, snappy(BLOCKS)), HAP_BOMBS[name])
    assert "frame 1 is damaged" in str(found["said"])
    assert int(found["grown_bytes"]) < BOUND


def resized(jpeg: bytes, marker: int, width: int, height: int) -> bytes:
    """The JPEG with another size in its frame header, whose marker is 0xFF and `marker`."""
    at = jpeg.index(bytes([0xFF, marker])) + 5
    return jpeg[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + jpeg[at + 4 :]


def jpeg_bombs() -> dict[str, bytes]:
    size = WIDTH, HEIGHT
    baseline, progressive = turbo_jpeg(size), turbo_jpeg(size, flags=16384)
    frame_at = baseline.index(b"\xff\xc0")
    frame_header = baseline[frame_at : frame_at + 19]
    last_scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    return {
        "baseline of 65535 × 65535": resized(baseline, 0xC0, 65535, 65535),
        "progressive of 65500 × 65500": resized(progressive, 0xC2, 65500, 65500),
        "as wide as the clip and 65500 high": resized(progressive, 0xC2, WIDTH, 65500),
        # A second frame header, after the size was found right in the first.
        "a second frame of 65535 × 65535": baseline[:frame_at]
        + frame_header
        + resized(baseline, 0xC0, 65535, 65535)[frame_at:],
        "thousands of scans": progressive[:-2] + last_scan[:10] * 20_000 + b"\xff\xd9",
    }


@pytest.mark.parametrize("decoder", ["turbojpeg", "pyav"])
@pytest.mark.parametrize("name", list(jpeg_bombs()) if library() is not None else [])
def test_a_jpeg_bomb_takes_a_frame_s_memory_at_most_and_ends(name: str, decoder: str, tmp_path: Path) -> None:
    found = grown(tmp_path, "mjpeg", decoder, turbo_jpeg((WIDTH, HEIGHT)), jpeg_bombs()[name])
    assert "frame 1 is damaged" in str(found["said"])
    assert int(found["grown_bytes"]) < BOUND


def test_a_progressive_jpeg_of_the_clip_s_size_is_shown_within_the_bound(tmp_path: Path) -> None:
    if library() is None:
        absent("libjpeg-turbo", "libturbojpeg0")
    progressive = turbo_jpeg((WIDTH, HEIGHT), flags=16384)
    found = grown(tmp_path, "mjpeg", "turbojpeg", turbo_jpeg((WIDTH, HEIGHT)), progressive)
    assert found["said"] == ""
    assert int(found["grown_bytes"]) < BOUND
