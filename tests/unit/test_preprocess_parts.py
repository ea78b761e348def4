"""The small decisions of the first steps: names, sources, combs, colours, sizes."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.formats.library_schema import SLUG_PATTERN
from engine.formats.movie import read_movie
from engine.model.clips import Codec
from preprocess.footage.combing import combs
from preprocess.footage.filters import PictureFilter, target_for
from preprocess.slugs import base_of, bases, readable, slug
from preprocess.sources import find_sources, sounds_in
from tests.archive_support import MovieSpec, numbered_movie, write_movie
from tests.support import nobody


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("-old capture (50%) #2 'naïve' été.AVI", "old_capture_50_2_naive_ete"),
        ("1999 tape.DV", "clip_1999_tape"),
        ("Straße & Øresund.mov", "strasse_oresund"),
        ("東京.mp4", "clip"),
        ("fire-01.mp4", "fire_01"),
        ("a\nb\tc.mov", "a_b_c"),
        ("x" * 250 + ".mov", "x" * 48),
    ],
)
def test_names_become_readable_ascii(name: str, base: str) -> None:
    assert base_of(Path("/archive") / name) == base
    assert SLUG_PATTERN.fullmatch(slug(base, 0, 1000))


def test_names_are_unique_and_do_not_depend_on_the_order_found() -> None:
    paths = [Path(folder) / name for folder in ("a", "b") for name in ("fire.mp4", "fire 2.mp4", "FIRE.mov")]
    chosen = bases(paths, {"fire"})
    assert chosen == bases(reversed(paths), {"fire"})
    assert len(set(chosen.values()) | {"fire"}) == 7
    slugs = [slug(base, part, 3) for base in chosen.values() for part in range(3)] + list(chosen.values())
    assert len(set(slugs)) == len(slugs)


def test_a_name_in_another_encoding_is_shown_readably() -> None:
    assert readable(Path(os.fsdecode(b"\xe9t\xe9 \x07.mov"))) == "\ufffdt\ufffd"


def test_folders_are_searched_for_videos_and_sounds_in_any_case(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for name in (
        "a.MOV",
        "deep/b.Mts",
        "deep/c.flac",
        "deep/old.WMV",
        "notes.txt",
        ".hidden.mp4",
        ".trash/d.mp4",
        "library/clips/e.mov",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = find_sources([tmp_path, tmp_path / "notes.txt", tmp_path / "deep/../a.MOV"], library)
    assert [path.relative_to(tmp_path).as_posix() for path in found.videos] == ["a.MOV", "deep/b.Mts", "notes.txt"]
    assert [path.name for path in found.sounds] == ["c.flac"]
    assert [path.name for path, _ in found.left_out] == ["old.WMV"], "told of: it might be a video"
    for named in ([tmp_path / "deep/old.WMV"], [tmp_path / "deep", tmp_path / "deep/old.WMV"]):
        found = find_sources(named, library)
        assert "old.WMV" in [path.name for path in found.videos]
        assert found.left_out == ()


def test_folders_that_may_not_be_opened_are_told_of(tmp_path: Path) -> None:
    for name in ("a.mov", "private/b.mov", "music/c.flac"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in ("private", "music"):
        (tmp_path / name).chmod(0)
    with nobody(tmp_path / "a.mov"):
        found = find_sources([tmp_path], tmp_path / "library")
        assert sounds_in(tmp_path / "music") == ()
        assert sounds_in(tmp_path / "private" / "music") == ()
    assert [path.name for path in found.videos] == ["a.mov"]
    assert {path.name: why for path, why in found.left_out} == dict.fromkeys(
        ("private", "music"), "a folder that cannot be opened: Permission denied"
    )


def _woven(
    count: int, *, interlaced: bool, top_first: bool = True, lines: int = 20, grass: bool = False
) -> list[np.ndarray]:
    """A bar that moves; interlaced, the second field of each picture is half a frame later.

    `grass`: before fine detail that stands still, three quarters of the picture.
    """
    detail = np.random.default_rng(4).integers(0, 120, (240, 320, 1), dtype=np.uint8)

    def field(instant: int) -> np.ndarray:
        picture = np.full((240, 320, 3), 60, np.uint8)
        picture[60:180, instant * 4 % 280 : instant * 4 % 280 + 40] = 200
        picture[::7] += lines
        if grass:
            picture[:60], picture[120:] = detail[:60], detail[120:]
        return picture

    pictures = []
    for number in range(count):
        picture = field(2 * number)
        if interlaced:
            picture[int(top_first) :: 2] = field(2 * number + 1)[int(top_first) :: 2]
        pictures.append(picture)
    return pictures


SD = MovieSpec(codec="mpeg2video", width=320, height=240)


@pytest.mark.parametrize("top_first", [True, False])
def test_combs_are_seen_whatever_the_flags_say(tmp_path: Path, top_first: bool) -> None:
    woven = write_movie(tmp_path / "woven.mpg", _woven(30, interlaced=True, top_first=top_first), SD)
    assert combs(read_movie(woven))


@pytest.mark.parametrize("interlaced", [True, False])
def test_fine_detail_hides_no_comb(tmp_path: Path, interlaced: bool) -> None:
    grass = _woven(30, interlaced=interlaced, lines=0, grass=True)
    movie = write_movie(tmp_path / "grass.mkv", grass, MovieSpec(codec="ffv1", width=320, height=240))
    assert combs(read_movie(movie)) == interlaced


def test_progressive_pictures_do_not_comb(tmp_path: Path) -> None:
    assert not combs(read_movie(write_movie(tmp_path / "plain.mpg", _woven(30, interlaced=False), SD)))


def test_a_pattern_that_only_looks_interlaced_is_left_alone(tmp_path: Path) -> None:
    spec = MovieSpec(width=320, height=240)  # a slope that climbs one and a half rows a frame fools idet
    assert not combs(read_movie(numbered_movie(tmp_path / "slope.mp4", 30, spec)))


def _comb_amount(luma: np.ndarray) -> float:
    rows = luma.astype(np.int32)
    return float(np.abs(rows[1:-1] * 2 - rows[:-2] - rows[2:]).mean())


def test_deinterlacing_takes_the_comb_away_and_keeps_every_frame(tmp_path: Path) -> None:
    movie = read_movie(write_movie(tmp_path / "woven.mpg", _woven(30, interlaced=True, lines=0), SD))
    amounts = {}
    for combing in (False, True):
        pictures = PictureFilter(movie, target_for(movie, Codec.MJPEG, None), combing)
        done = []
        with av.open(str(movie.file)) as container:
            for frame in container.decode(video=0):
                done += list(pictures.push(frame))
        done += list(pictures.flush())
        assert len(done) == 30
        amounts[combing] = np.mean([_comb_amount(frame.to_ndarray()[:240]) for frame in done[2:]])
    assert amounts[True] < 0.3 * amounts[False]


@pytest.mark.parametrize(("matrix", "full"), [("ITU709", False), ("ITU709", True), ("ITU601", False), ("ITU601", True)])
@pytest.mark.parametrize("codec", [Codec.MJPEG, Codec.HAP])
def test_colours_come_out_right_from_any_matrix_and_range(
    tmp_path: Path, matrix: str, full: bool, codec: Codec
) -> None:
    movie = read_movie(numbered_movie(tmp_path / "any.mp4", 2, MovieSpec(width=64, height=96)))
    for colour in ((255, 0, 0), (0, 200, 0), (30, 60, 220), (200, 120, 40), (255, 255, 255)):
        picture = np.full((96, 64, 3), colour, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
            format="yuv444p", dst_colorspace=matrix, dst_color_range="JPEG" if full else "MPEG"
        )
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        pictures = PictureFilter(movie, target_for(movie, codec, None), False)
        (done, *_) = [*pictures.push(frame), *pictures.flush()]
        samples = [int(np.frombuffer(memoryview(plane), np.uint8)[0]) for plane in done.planes]
        if codec is Codec.HAP:
            got = np.frombuffer(memoryview(done.planes[0]), np.uint8)[:3]
        else:  # JFIF's own equations
            y, cb, cr = samples[0], samples[1] - 128, samples[2] - 128
            got = np.array([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb])
        assert np.abs(np.clip(got, 0, 255) - colour).max() <= 4, (colour, got)


def test_sizes_suit_the_codec_and_are_resampled_only_where_they_must(tmp_path: Path) -> None:
    odd = read_movie(numbered_movie(tmp_path / "odd.mkv", 2, MovieSpec(width=171, height=97, pixel_format="yuv444p")))
    mjpeg, hap = target_for(odd, Codec.MJPEG, None), target_for(odd, Codec.HAP, None)
    assert (mjpeg.width, mjpeg.height, mjpeg.scales) == (170, 96, False)
    assert (hap.width, hap.height, hap.scales) == (168, 96, False)
    small = target_for(odd, Codec.MJPEG, 48)
    assert (small.width, small.height, small.scales) == (84, 48, True)
