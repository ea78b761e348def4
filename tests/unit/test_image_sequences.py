"""Sequences of images and stills as sources: which files they are, gaps, odd images, and a layer that names one."""

from __future__ import annotations

import os
import struct
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FrameError, ShowError, SourceError
from engine.formats.image_sequence import _names_of, is_sequence, probe_sequence
from engine.formats.movie import probe
from engine.formats.show_yaml import read_show
from engine.media.buffers import BufferPool
from engine.media.frame_source import open_source
from engine.media.image_files import ImageFilesSource
from engine.model.clips import Clip, NumberedImages
from engine.model.pictures import Layout
from tests.media_support import HEIGHT, WIDTH, encode, image_sequence, read_number


def one_image(file: Path, number: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    file.parent.mkdir(exist_ok=True)
    return encode(file, "png", "rgb24", [number], size=size)


def numbers_of(clip: Clip) -> list[int]:
    source = open_source(clip, BufferPool())
    found = [read_number(source.read(index)) for index in range(clip.frame_count)]
    source.close()
    return found


@pytest.mark.parametrize("named", ["shot_%04d.png", ""])
def test_a_pattern_and_a_folder_name_the_same_frames(named: str, tmp_path: Path) -> None:
    folder = tmp_path / "stills"
    image_sequence(folder, range(100, 105), first=98)
    (folder / "notes.txt").write_text("buy milk")
    (folder / "cover.png").write_bytes(b"no number, not of the sequence")
    (folder / ".shot_0001.png").write_bytes(b"hidden")
    path = folder / named if named else folder
    assert is_sequence(path)
    clip = probe_sequence(path, "x", Fraction(12))
    assert (clip.width, clip.height, clip.rate, clip.frame_count, clip.file) == (WIDTH, HEIGHT, 12, 5, path)
    assert clip.images == NumberedImages(folder, "shot_", 4, ".png", 98)
    assert clip.frames_stand_alone
    assert numbers_of(clip) == list(range(100, 105))


@pytest.mark.parametrize(
    ("names", "pattern", "first", "count"),
    [
        (["8.png", "9.png", "10.png"], "%d.png", 8, 3),
        (["08.png", "09.png", "10.png"], "%02d.png", 8, 3),
        (["take2_998_v.png", "take2_999_v.png", "take2_1000_v.png"], "take2_%03d_v.png", 998, 3),
        (["100%_1.png", "100%_2.png"], "100%%_%d.png", 1, 2),
    ],
)
def test_numbers_may_grow_a_digit(names: list[str], pattern: str, first: int, count: int, tmp_path: Path) -> None:
    for number, name in enumerate(names):
        one_image(tmp_path / name, number)
    for path in (tmp_path, tmp_path / pattern):
        clip = probe_sequence(path, "x")
        assert clip.images is not None
        assert (clip.images.first, clip.frame_count) == (first, count)
        assert numbers_of(clip) == list(range(count))


@given(
    prefix=st.text("ab_0123456789%.é", max_size=8),
    suffix=st.sampled_from([".png", "_v.JPG", ".tiff"]),
    digits=st.integers(1, 6),
    first=st.integers(0, 10**9),
    index=st.integers(0, 10**6),
)
def test_a_file_of_a_pattern_is_found_by_that_pattern(
    prefix: str, suffix: str, digits: int, first: int, index: int
) -> None:
    name = NumberedImages(Path(), prefix, digits, suffix, first).file(index).name
    names = _names_of(Path(f"{prefix.replace('%', '%%')}%0{digits}d{suffix}"))
    assert names.number(name) == first + index
    assert names.number(f"x{name}") is None
    assert names.number(f"{name}x") is None


def test_a_missing_number_is_a_damaged_frame_and_no_shift(tmp_path: Path) -> None:
    image_sequence(tmp_path, range(10, 20))
    (tmp_path / "shot_0004.png").unlink()
    clip = probe_sequence(tmp_path, "x")
    assert clip.frame_count == 10
    pool = BufferPool()
    source = open_source(clip, pool)
    with pytest.raises(FrameError, match=r"shot_0004.png: frame 3 is missing"):
        source.read(3)
    assert read_number(source.read(4)) == 14
    source.close()
    assert pool.out_count == 1


def test_each_odd_image_costs_itself_alone(tmp_path: Path) -> None:
    image_sequence(tmp_path, range(8))
    clip = probe_sequence(tmp_path, "x")
    whole = (tmp_path / "shot_0001.png").read_bytes()
    (tmp_path / "shot_0002.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "shot_0003.png").write_bytes(b"")
    (tmp_path / "shot_0004.png").write_bytes(b"not an image")
    one_image(tmp_path / "shot_0005.png", 4, (WIDTH * 2, HEIGHT))
    one_image(tmp_path / "shot_0006.png", 5, (WIDTH // 2, HEIGHT))
    odd = {1: "damaged", 2: "no PNG, JPEG", 3: "no PNG, JPEG", 4: "damaged", 5: "has 64 × 96 pixels"}
    if sys.platform != "win32":
        (tmp_path / "shot_0007.png").unlink()
        os.mkfifo(tmp_path / "shot_0007.png")
        odd[6] = "is missing"
    pool = BufferPool()
    source = ImageFilesSource(clip, pool)
    for index, said in odd.items():
        with pytest.raises(FrameError, match=f"frame {index} .*{said}"):
            source.read(index)
    assert pool.out_count == 0
    assert [read_number(source.read(index)) for index in (7, 0)] == [7, 0]
    source.close()


def test_a_folder_that_went_is_a_source_error(tmp_path: Path) -> None:
    clip = image_sequence(tmp_path / "stills", range(2))
    source = open_source(clip, BufferPool())
    (tmp_path / "stills").rename(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="the folder is gone") as caught:
        source.read(0)
    assert not isinstance(caught.value, FrameError)
    source.close()


def test_a_damaged_first_image_does_not_cost_the_sequence(tmp_path: Path) -> None:
    image_sequence(tmp_path, range(3))
    (tmp_path / "shot_0001.png").write_bytes(b"")
    clip = probe_sequence(tmp_path, "x")
    assert (clip.frame_count, clip.width) == (3, WIDTH)


@pytest.mark.parametrize(
    ("files", "named", "said", "mend"),
    [
        ([], "", "holds no numbered images", "name a movie"),
        (["a_1.png", "b_01.png"], "", "holds 2 sequences", "name one of a_%d.png, b_%02d.png"),
        (["a_1.png"], "b_%04d.png", "no images of that name", "name one of a_%d.png"),
        (["a_1.png"], "a_%d_%d.png", "two numbers", "spell the other out"),
        (["a_1.png", "a_2.png", "a_900.png"], "", "numbered from 1 to 900: most are missing", "number them"),
        ([], "nowhere/a_%d.png", "cannot be read: No such file", "check its path"),
    ],
)
def test_what_is_no_sequence_says_why(files: list[str], named: str, said: str, mend: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(SourceError) as caught:
        probe_sequence(tmp_path / named, "x")
    assert said in caught.value.what
    assert mend in caught.value.mend


def test_a_file_whose_own_name_holds_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "a_%04d.png").touch()
    assert not is_sequence(tmp_path / "a_%04d.png")
    assert is_sequence(tmp_path / "b_%04d.png")
    assert not is_sequence(tmp_path / ("b" * 300 + "%d.png"))


SHOW = """\
layers:
- name: base
  source: {source}
{more}
movements:
- name: one
  duration_s: 1
"""


def shown(folder: Path, source: str, more: str = "") -> Clip:
    (folder / "show.yaml").write_text(SHOW.format(source=source, more=more))
    return read_show(folder / "show.yaml").clips["layer-base"]


def test_a_layer_shows_a_sequence_at_its_rate(tmp_path: Path) -> None:
    image_sequence(tmp_path / "stills", range(6))
    assert shown(tmp_path, "stills").rate == 25
    clip = shown(tmp_path, "stills/shot_%04d.png", "  source_rate: 12.5")
    assert (clip.rate, clip.duration_s) == (Fraction(25, 2), 6 / 12.5)


def test_a_rate_is_for_a_sequence_alone(tmp_path: Path) -> None:
    one_image(tmp_path / "still.png", 1)
    with pytest.raises(ShowError, match="source_rate: is for a source that is a sequence") as caught:
        shown(tmp_path, "still.png", "  source_rate: 12")
    assert [problem.line for problem in caught.value.problems] == [4]


def test_a_sequence_that_is_not_there_is_a_problem_of_the_show(tmp_path: Path) -> None:
    with pytest.raises(ShowError, match=r"show.yaml:3: layers.0.*source: stills/a_%d.png: its folder cannot be read"):
        shown(tmp_path, "stills/a_%d.png")


def turned_jpeg(file: Path, orientation: int) -> Path:
    """A JPEG with an EXIF orientation (Exif 2.3, tag 0x0112)."""
    jpeg = encode(file, "mjpeg", "yuvj420p", [77]).read_bytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0) + bytes(4)
    file.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
    return file


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (6, 1), (3, 2), (8, 3)])
def test_a_photo_stands_upright(orientation: int, turns: int, tmp_path: Path) -> None:
    still = probe(turned_jpeg(tmp_path / "photo_1.jpg", orientation), "x")
    sequence = probe_sequence(tmp_path, "x")
    for clip in (still, sequence):
        assert (clip.width, clip.height) == ((HEIGHT, WIDTH) if turns % 2 else (WIDTH, HEIGHT))
        assert clip.frame_count == 1
        source = open_source(clip, BufferPool())
        picture = source.read(0)
        assert (picture.upright_turns, read_number(picture)) == (turns, 77)
        source.close()


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "layout"),
    [
        ("a_1.png", "png", "rgba", Layout.RGBA),
        ("a_1.png", "png", "rgb48be", Layout.RGBA),
        ("a_1.tif", "tiff", "rgba", Layout.RGBA),
        ("a_1.webp", "libwebp", "yuv420p", Layout.YUV),
        ("a_1.jpg", "mjpeg", "yuvj444p", Layout.YUV),
        ("a_1.bmp", "bmp", "bgr24", Layout.RGBA),
        ("a_1.dpx", "dpx", "rgb48be", Layout.RGBA),
    ],
)
def test_images_of_every_kind_are_read_alike_as_stills_and_in_sequences(
    name: str, codec: str, pixel_format: str, layout: Layout, tmp_path: Path
) -> None:
    file = encode(tmp_path / name, codec, pixel_format, [333])
    for clip in (probe(file, "x"), probe_sequence(tmp_path, "x")):
        source = open_source(clip, BufferPool())
        picture = source.read(0)
        assert (picture.layout, read_number(picture)) == (layout, 333)
        source.close()
