"""A show on a library whose frames and frame tables lie: it renders to its end, the nearest frames standing in."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from engine.formats.library_rows import StoredClip, StoredSource, Traits
from engine.formats.library_writer import LibraryWriter
from engine.model.clips import Clip, Codec, FrameTable
from tests.film_support import film_frames, run_module
from tests.hostile_seeds import HAP_SIZE, JPEG_SIZE
from tests.library_support import NewClip, put_source
from tests.media_support import RATE, encode, hap_section, packets_of, snappy

COUNT = 12
BAD = (2, 4, 6, 9)  # two by their bytes, two by their rows
SEEN = [0, 1, 1, 3, 3, 5, 5, 7, 8, 8, 10, 11]
Pixels = npt.NDArray[np.uint8]

SHOW = """
canvas: {{width: {0}, height: {1}, rate: 25}}
library: library
layers:
  - name: base
    clips: [bad]
movements:
  - {{name: one, duration_s: 0.48}}
"""


def jpegs(folder: Path) -> list[bytes]:
    """Frames with their number burnt in; one of another size, and one with a hole in its coded data."""
    frames = packets_of(encode(folder / "a.mov", "mjpeg", "yuvj420p", range(COUNT), size=JPEG_SIZE))
    (frames[2],) = packets_of(encode(folder / "b.mov", "mjpeg", "yuvj420p", [2], size=(160, 96)))
    frames[4] = frames[4][:-80] + b"\xff\xd3" * 39 + b"\xff\xd9"
    return frames


def number_in(pixels: Pixels) -> int:
    middles = [pixels[16 * row + 8, 16 * column + 8] for row, column in np.ndindex(3, 4)]
    return sum(1 << bit for bit, middle in enumerate(middles) if middle.mean() > 128)


def haps(_: Path) -> list[bytes]:
    """Frames of one grey each; a Snappy bomb, and a chunked frame without chunks."""
    count = HAP_SIZE[0] * HAP_SIZE[1] // 16
    greys = [(3 + 2 * number) * 0x0821 for number in range(COUNT)]  # the same in red, green and blue of RGB565
    frames = [hap_section(0xBB, snappy(struct.pack("<HHI", grey, grey, 0) * count)) for grey in greys]
    frames[2] = hap_section(0xBB, b"\xff\xff\xff\xff\x0f" + bytes(64))
    frames[4] = hap_section(0xCB, hap_section(0x01, b""))
    return frames


def grey_in(pixels: Pixels) -> int:
    return round((float(np.median(pixels)) * 31 / 255 - 3) / 2)


@dataclass(frozen=True)
class Case:
    codec: Codec
    size: tuple[int, int]
    frames: Callable[[Path], list[bytes]]
    index_in: Callable[[Pixels], int]


CASES = {"mjpeg": Case(Codec.MJPEG, JPEG_SIZE, jpegs, number_in), "hap": Case(Codec.HAP, HAP_SIZE, haps, grey_in)}


def library_of(folder: Path, case: Case, frames: list[bytes]) -> None:
    """A library with one clip, `bad`, of these frames, two of which its table puts where nothing is."""
    lengths = np.array([len(frame) for frame in frames], np.uint32)
    offsets = (np.cumsum(lengths) - lengths).astype(np.uint64)
    offsets[BAD[2]], lengths[BAD[3]] = 2**32, 2**32 - 1
    with LibraryWriter(folder) as library:
        source = StoredSource(folder / "bad.mp4", "Bad", "bad", 10, 20, "ab", "settings", "sound")
        file = library.work / "bad.mov"
        file.write_bytes(b"".join(frames))
        clip = Clip("bad", file, case.codec, *case.size, RATE, COUNT, title="Bad")
        stored = StoredClip(clip, source.path, 0.0, 0.48, 1, "ab", Traits(0.5, 0.5, 0.5, 0.5, 0.0, 0.5, 0.5))
        put_source(library, source, NewClip(file, stored, FrameTable(offsets, lengths)))


@pytest.mark.parametrize("name", CASES)
def test_a_show_on_frames_that_lie_renders_with_their_neighbours(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    library_of(tmp_path / "library", case, case.frames(tmp_path))
    (tmp_path / "show.yaml").write_text(SHOW.format(*case.size))
    film = tmp_path / "film.mkv"
    run = run_module("engine.app.render", tmp_path / "show.yaml", "-o", film, "--codec", "ffv1", "--json")
    assert run.returncode == 0, run.stderr
    assert [case.index_in(pixels) for pixels in film_frames(film)] == SEEN
    assert json.loads(run.stdout)["source_errors"] == len(BAD)
    assert f"frame {BAD[0]} " in run.stderr  # told once a clip
    assert "Traceback" not in run.stderr
