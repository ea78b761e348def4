"""Frames of footage: any range of them is what the whole has there, whatever the file that they come from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import SourceError
from engine.formats.movie import Movie, read_movie
from preprocess.catalogue.values import Footage
from preprocess.footage import reading
from preprocess.footage.reading import pictures
from tests.archive_support import MovieSpec, numbered_movie, rotten, write_movie
from tests.footage_support import decoding_counted, footage_of, grey, ingested, numbers, with_b_frames, woven

PAUSES = [*range(12), *range(20, 30), *range(45, 60)]


def _source(kind: str, folder: Path) -> Path:
    if kind.startswith("b_frames"):
        return with_b_frames(folder / kind, 50)
    if kind == "interlaced.mpg":
        spec = MovieSpec(codec="mpeg2video", width=320, height=240)
        return write_movie(folder / kind, woven(40, interlaced=True), spec)
    if kind == "damaged.mkv":
        return rotten(folder / kind, numbered_movie(folder / "whole.mkv", 60), 0.4, 0.5)
    spec = {
        "variable.mp4": MovieSpec(times=PAUSES),
        "rotated.mp4": MovieSpec(rotation_deg=90),
        "oblong.mkv": MovieSpec(aspect=Fraction(16, 15)),
        "odd.mkv": MovieSpec(width=171, height=97, pixel_format="yuv444p10le"),
        "intra.avi": MovieSpec(codec="mjpeg", pixel_format="yuvj420p"),
    }[kind]
    return numbered_movie(folder / kind, len(spec.times or range(40)), spec)


KINDS = (
    *("b_frames.mp4", "b_frames.mkv", "variable.mp4", "rotated.mp4", "oblong.mkv"),
    *("interlaced.mpg", "damaged.mkv", "odd.mkv", "intra.avi"),
)


@pytest.mark.parametrize("mezzanine", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_range_is_what_the_whole_has_there(tmp_path: Path, kind: str, mezzanine: bool) -> None:
    footage = footage_of(_source(kind, tmp_path), tmp_path / "library", mezzanine=mezzanine)
    whole = grey(footage, 0, footage.frame_count)
    assert list(whole) == list(range(footage.frame_count))
    last = footage.frame_count
    for begin, end in ((last - 1, last), (0, 1), (last // 2, last // 2 + 5), (last // 3, last - 3), (7, 8), (0, last)):
        part = grey(footage, begin, end)
        assert list(part) == list(range(begin, min(end, last)))
        assert all(np.array_equal(picture, whole[index]) for index, picture in part.items()), (begin, end)


@pytest.mark.parametrize("mezzanine", [True, False])
def test_frames_are_those_of_the_source(tmp_path: Path, mezzanine: bool) -> None:
    for kind in ("b_frames.mp4", "b_frames.mkv"):
        assert numbers(footage_of(_source(kind, tmp_path), tmp_path / "l", mezzanine=mezzanine)) == list(range(50))


@pytest.mark.parametrize("mezzanine", [True, False])
def test_a_variable_rate_becomes_constant_and_keeps_its_pauses(tmp_path: Path, mezzanine: bool) -> None:
    footage = footage_of(_source("variable.mp4", tmp_path), tmp_path / "library", mezzanine=mezzanine)
    assert footage.rate == 25
    expected = [max(i for i, at in enumerate(PAUSES) if at <= index) for index in range(PAUSES[-1] + 1)]
    assert numbers(footage)[: len(expected)] == expected


@pytest.mark.parametrize("mezzanine", [True, False])
def test_pictures_are_upright_and_square(tmp_path: Path, mezzanine: bool) -> None:
    rotated = footage_of(_source("rotated.mp4", tmp_path), tmp_path / "library", mezzanine=mezzanine)
    assert (rotated.width, rotated.height) == (96, 160)
    upright = grey(rotated, 5, 6)[5]
    original = grey(footage_of(numbered_movie(tmp_path / "plain.mp4", 6), tmp_path / "library"), 5, 6)[5]
    # A display rotation of 90° is anticlockwise; a picture that is turned back shows the original so turned.
    assert np.abs(upright.astype(int) - np.rot90(original).astype(int)).mean() < 4
    oblong = footage_of(_source("oblong.mkv", tmp_path), tmp_path / "library", mezzanine=mezzanine)
    assert (oblong.width, oblong.height) == (172, 96)  # 170⅔, to an even size
    odd = footage_of(_source("odd.mkv", tmp_path), tmp_path / "library", mezzanine=mezzanine)
    assert (odd.width, odd.height) == (170, 96)


def test_mezzanine_and_source_give_the_same_colours(tmp_path: Path) -> None:
    for name, size in (("sd.mp4", (160, 96)), ("hd.mp4", (1280, 720))):
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        for column, colour in enumerate(((255, 0, 0), (0, 200, 0), (30, 60, 220), (200, 120, 40))):
            picture[:, column * size[0] // 4 : (column + 1) * size[0] // 4] = colour
        source = write_movie(tmp_path / name, [picture] * 3, MovieSpec(width=size[0], height=size[1]))
        rgb = []
        for mezzanine in (True, False):
            footage = footage_of(source, tmp_path / "library", mezzanine=mezzanine)
            ((_, frame),) = pictures(footage, 1, 2, width=64, height=32, pixel_format="rgb24")
            rgb.append(frame.to_ndarray()[16, 8::16].astype(int))
        assert np.abs(rgb[0] - rgb[1]).max() <= 3, rgb


def test_a_source_is_gone_over_once_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    footage = footage_of(_source("b_frames.mp4", tmp_path), tmp_path / "library", mezzanine=False)
    read: list[Path] = []

    def counting(path: Path) -> Movie:
        read.append(path)
        return read_movie(path)

    monkeypatch.setattr(reading, "read_movie", counting)
    reading._looked_at.cache_clear()
    for begin in range(0, 50, 5):
        grey(footage, begin, begin + 2)
    assert read == [footage.source]


def test_a_range_decodes_from_the_key_frame_before_and_no_more(tmp_path: Path) -> None:
    footage = footage_of(_source("b_frames.mp4", tmp_path), tmp_path / "library", mezzanine=False)
    with decoding_counted() as decoded:
        grey(footage, 47, 49)
    assert 2 <= len(decoded) <= 15


@pytest.mark.parametrize("mezzanine", [True, False])
def test_footage_that_is_gone_or_cut_short_is_told_of(tmp_path: Path, mezzanine: bool) -> None:
    footage = footage_of(_source("intra.avi", tmp_path), tmp_path / "library", mezzanine=mezzanine)
    file = footage.file or footage.source
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError):
        grey(footage, 30, 40)
    file.unlink()
    with pytest.raises(SourceError, match=r"no such file|cannot be read"):
        grey(footage, 30, 40)


def test_sizes_and_formats_are_those_asked_for(tmp_path: Path) -> None:
    footage: Footage = footage_of(_source("odd.mkv", tmp_path), tmp_path / "library")
    for pixel_format in ("bgr24", "rgba", "gray", "yuvj420p"):
        ((index, frame),) = pictures(footage, 3, 4, width=64, height=36, pixel_format=pixel_format)
        assert (index, frame.width, frame.height, frame.format.name) == (3, 64, 36, pixel_format)
    assert list(pictures(footage, 5, 5, width=64, height=36)) == []
    assert [index for index, _ in pictures(footage, 38, 99, width=64, height=36)] == [38, 39]


def test_a_source_that_loses_frames_is_not_read_directly(tmp_path: Path) -> None:
    result = ingested(_source("damaged.mkv", tmp_path), tmp_path / "library", mezzanine=False)
    assert result.footage is not None
    assert result.footage.file is not None
    assert result.source.verdict == "damaged"
    assert any("mezzanine was made all the same: parts of it do not decode" in note for note in result.source.notes)
