"""Any movie file: what it holds, and why it cannot be used."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import SourceError
from engine.formats.frame_table import frame_table
from engine.formats.movie import constant_rate, probe, read_movie
from engine.model.clips import Codec
from tests.archive_support import MovieSpec, cut_short, numbered_movie, sound_only


def test_a_clip_has_its_true_size_rate_and_count(tmp_path: Path) -> None:
    clip = probe(numbered_movie(tmp_path / "a b.mp4", 31, MovieSpec(rate=Fraction(30000, 1001))), "ab")
    assert (clip.slug, clip.width, clip.height, clip.rate) == ("ab", 160, 96, Fraction(30000, 1001))
    assert (clip.frame_count, clip.codec, clip.table, clip.title) == (31, Codec.OTHER, None, "a b")


def test_turned_and_oblong_pixels_are_counted_upright_and_square(tmp_path: Path) -> None:
    turned = probe(numbered_movie(tmp_path / "turned.mp4", 5, MovieSpec(rotation_deg=90)), "x")
    assert (turned.width, turned.height) == (96, 160)
    spec = MovieSpec(aspect=Fraction(16, 15), width=180, height=144)
    oblong = probe(numbered_movie(tmp_path / "oblong.mkv", 5, spec), "x")
    assert (oblong.width, oblong.height) == (192, 144)


@pytest.mark.parametrize("container", ["clip.mov", "clip.avi"])
def test_stand_alone_jpegs_get_a_table_that_points_at_them(tmp_path: Path, container: str) -> None:
    file = numbered_movie(tmp_path / container, 12, MovieSpec(codec="mjpeg", pixel_format="yuvj420p"))
    clip = probe(file, "x")
    assert clip.codec is Codec.MJPEG
    assert clip.table is not None
    content = file.read_bytes()
    for offset, length in zip(clip.table.offsets, clip.table.lengths, strict=True):
        frame = content[int(offset) : int(offset) + int(length)]
        assert frame[:2] == b"\xff\xd8"
        assert frame[-2:] == b"\xff\xd9"


def test_a_turned_jpeg_movie_goes_the_common_road(tmp_path: Path) -> None:
    spec = MovieSpec(codec="mjpeg", pixel_format="yuvj420p", rotation_deg=180)
    clip = probe(numbered_movie(tmp_path / "turned.mov", 5, spec), "x")
    assert (clip.codec, clip.table) == (Codec.OTHER, None)


def test_a_table_that_the_bytes_contradict_is_refused(tmp_path: Path) -> None:
    file = numbered_movie(tmp_path / "clip.mov", 6, MovieSpec(codec="mjpeg", pixel_format="yuvj420p"))
    table = frame_table(file)
    content = bytearray(file.read_bytes())
    content[int(table.offsets[3])] = 0
    file.write_bytes(content)
    with pytest.raises(SourceError, match="frame 3 is not where its index says"):
        frame_table(file)
    assert probe(file, "x").codec is Codec.OTHER


def test_a_variable_rate_keeps_its_pauses(tmp_path: Path) -> None:
    times = [0, 1, 2, 3, 13, 14, 30, 31]
    movie = read_movie(numbered_movie(tmp_path / "vfr.mkv", 8, MovieSpec(rate=Fraction(20), times=times)))
    assert not movie.constant
    np.testing.assert_allclose(movie.times_s * 20, times, atol=0.03)  # Matroska counts milliseconds
    rate = constant_rate(movie)
    assert len(set(np.round(movie.times_s * float(rate)))) == 8


def test_jitter_of_a_constant_rate_is_no_variable_rate(tmp_path: Path) -> None:
    movie = read_movie(numbered_movie(tmp_path / "jitter.mkv", 20, MovieSpec(rate=Fraction(30000, 1001))))
    assert movie.constant
    assert abs(movie.rate - Fraction(30000, 1001)) < Fraction(1, 20)


def _bad(folder: Path) -> dict[str, tuple[Path, str]]:
    whole = numbered_movie(folder / "whole.mp4", 20)
    empty = folder / "empty.mov"
    empty.touch()
    notes = folder / "notes.mov"
    notes.write_text("buy milk\n" * 40)
    return {
        "missing": (folder / "gone.mp4", "no such file"),
        "empty": (empty, "empty: 0 bytes"),
        "truncated": (cut_short(folder / "cut.mp4", whole), "index .* is missing"),
        "not a movie": (notes, "not a movie"),
        "sound": (sound_only(folder / "sound.mp4"), "no picture: it holds only sound"),
        "folder": (folder, "is a folder"),
    }


@pytest.mark.parametrize("kind", ["missing", "empty", "truncated", "not a movie", "sound", "folder"])
def test_what_cannot_be_used_says_why_and_what_mends_it(tmp_path: Path, kind: str) -> None:
    file, reason = _bad(tmp_path)[kind]
    with pytest.raises(SourceError, match=reason) as raised:
        probe(file, "x")
    assert raised.value.subject == str(file)
    assert raised.value.mend


def test_a_name_like_a_protocol_or_an_option_is_a_file(tmp_path: Path) -> None:
    file = numbered_movie(tmp_path / "x.mp4", 3).rename(tmp_path / "-http:name%03d é.mp4")
    assert probe(file, "x").frame_count == 3
