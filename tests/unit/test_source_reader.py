"""Ranges of a source whose key frames lie far apart: each frame is decoded once, and is what a seek would give."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from engine.errors import SourceError
from preprocess.catalogue.values import Footage
from preprocess.footage import source_reader
from preprocess.footage.reading import movie_of, stretch_index
from preprocess.footage.source_reader import SourceReader, source_frames
from tests.archive_support import MovieSpec, numbered_movie, read_number
from tests.footage_support import decoding_counted, footage_of, grey, with_b_frames

FRAMES, GOP = 300, 250
VARIABLE = [at * 5 // 3 for at in range(200)]  # some frames stand for one index, some for two


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Footage]:
    folder = tmp_path_factory.mktemp("films")
    sources = (
        numbered_movie(folder / "plain.mp4", FRAMES, MovieSpec(gop=GOP)),
        with_b_frames(folder / "reordered.mp4", FRAMES, GOP),
        with_b_frames(folder / "reordered.mkv", FRAMES, GOP),
        numbered_movie(folder / "variable.mp4", len(VARIABLE), MovieSpec(gop=GOP, times=VARIABLE)),
    )
    return {file.name: footage_of(file, folder / "library", mezzanine=False) for file in sources}


FILMS = ("plain.mp4", "reordered.mp4", "reordered.mkv", "variable.mp4")


def anew(footage: Footage, begin: int, end: int) -> dict[int, np.ndarray]:
    """A range as a process reads it that has read nothing before."""
    source_reader._kept.reader = None
    return grey(footage, begin, end)


def same(one: dict[int, np.ndarray], other: dict[int, np.ndarray]) -> bool:
    return list(one) == list(other) and all(np.array_equal(one[index], other[index]) for index in one)


def consecutive(end: int, length: int = 20) -> list[tuple[int, int]]:
    return [(begin, min(end, begin + length)) for begin in range(0, end, length)]


@pytest.mark.parametrize("name", FILMS)
def test_ranges_that_follow_one_another_decode_each_frame_once(films: dict[str, Footage], name: str) -> None:
    footage = films[name]
    ranges = consecutive(footage.frame_count)
    with decoding_counted() as one_by_one:
        expected = [anew(footage, *span) for span in ranges]
    source_reader._kept.reader = None
    with decoding_counted() as decoded:
        assert all(same(grey(footage, *span), there) for span, there in zip(ranges, expected, strict=True))
    assert len(decoded) == len(set(decoded)) == movie_of(footage.source).frame_count
    assert len(one_by_one) > 5 * len(decoded), "what this is for"


@pytest.mark.parametrize("name", FILMS)
def test_a_range_is_the_same_whatever_was_read_before_it(films: dict[str, Footage], name: str) -> None:
    footage, chance = films[name], np.random.default_rng(4)
    whole = anew(footage, 0, footage.frame_count)
    for _ in range(40):
        begin = int(chance.integers(0, footage.frame_count))
        end = min(footage.frame_count, begin + int(chance.integers(1, 30)))
        assert same(grey(footage, begin, end), {index: whole[index] for index in range(begin, end)}), (begin, end)


def test_handles_are_not_decoded_twice(films: dict[str, Footage]) -> None:
    footage = films["reordered.mp4"]
    ranges = [(max(0, begin - 12), min(FRAMES, end + 12)) for begin, end in consecutive(FRAMES, 40)]
    expected = [anew(footage, *span) for span in ranges]
    source_reader._kept.reader = None
    with decoding_counted() as decoded:
        assert all(same(grey(footage, *span), there) for span, there in zip(ranges, expected, strict=True))
    assert len(decoded) == FRAMES


def test_so_many_bytes_of_frames_are_kept_and_no_more(
    films: dict[str, Footage], monkeypatch: pytest.MonkeyPatch
) -> None:
    footage = films["plain.mp4"]
    expected = anew(footage, 60, 100)
    source_reader._kept.reader = None
    frame = 160 * 96 * 3 // 2
    monkeypatch.setattr(source_reader, "_KEPT_BYTES", 10 * frame)
    grey(footage, 0, 80)
    reader = source_reader._kept.reader
    assert reader is not None
    assert 1 <= len(reader._given) <= 10
    assert same(grey(footage, 60, 100), expected), "further back than is kept: sought"


def test_a_gap_is_decoded_through_and_a_key_frame_is_sought(films: dict[str, Footage]) -> None:
    footage = films["plain.mp4"]
    source_reader._kept.reader = None
    with decoding_counted() as decoded:
        grey(footage, 0, 10)
        grey(footage, 100, 110)
        assert len(decoded) == 110
        grey(footage, 255, 260)
    assert len(decoded) == 120, "from the key frame at 250"


def test_a_range_that_was_left_in_its_midst_is_gone_on_with(films: dict[str, Footage]) -> None:
    footage = films["reordered.mp4"]
    whole = anew(footage, 0, FRAMES)
    movie = movie_of(footage.source)
    source_reader._kept.reader = None
    with decoding_counted() as decoded:
        for begin in (20, 22, 23, 24, 60):
            number, frame = next(iter(source_frames(movie, begin)))
            assert number == begin
            assert read_number(frame.to_ndarray(format="gray")) == read_number(whole[begin])
    assert len(decoded) == 61


def test_two_readings_at_once_do_not_meddle(films: dict[str, Footage]) -> None:
    one, other = films["plain.mp4"], films["reordered.mkv"]
    movies = [movie_of(footage.source) for footage in (one, other, one)]
    readings = [source_frames(movie, 30) for movie in movies]
    for expected in range(30, 60):
        for reading in readings:
            number, frame = next(reading)
            assert number == expected
            assert read_number(frame.to_ndarray(format="gray")) == expected


def test_a_file_that_changed_is_opened_anew(tmp_path: Path) -> None:
    source = numbered_movie(tmp_path / "film.mp4", 60, MovieSpec(gop=GOP))
    footage = footage_of(source, tmp_path / "library", mezzanine=False)
    grey(footage, 0, 20)
    later = source.stat().st_mtime_ns + 1_000_000
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    os.utime(source, ns=(later, later))
    with pytest.raises(SourceError):
        grey(footage, 20, 60)
    source.write_bytes(content)
    os.utime(source, ns=(later + 1, later + 1))
    assert [read_number(picture) for picture in grey(footage, 20, 60).values()] == list(range(20, 60))


def test_a_frame_that_does_not_decode_leaves_no_reader(films: dict[str, Footage]) -> None:
    movie = movie_of(films["plain.mp4"].source)
    with SourceReader(movie) as reader:
        frames = reader.frames(0)
        next(frames)
        assert reader.stands
        real = reader._decoded
        assert real is not None
        next(real)  # a frame is lost
        with pytest.raises(SourceError, match="frame 1 does not decode"):
            next(frames)
        assert not reader.stands


def test_stretches_are_five_times_as_long_as_a_seek(films: dict[str, Footage], tmp_path: Path) -> None:
    footage = films["plain.mp4"]
    assert footage.seek_frames == GOP
    assert [stretch_index(footage, begin) for begin in (0, 5 * GOP - 1, 5 * GOP)] == [0, 0, 1]
    assert stretch_index(footage_of(footage.source, tmp_path), 0) is None, "a mezzanine's frames stand alone"
