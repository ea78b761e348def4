"""Any movie file: what it holds, and why it cannot be used."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import SourceError
from engine.formats.frame_table import frame_table
from engine.formats.movie import constant_rate, probe, read_movie
from engine.model.clips import Codec
from tests.archive_support import MovieSpec, cut_short, numbered_movie, sound_only
from tests.hap_support import TAGS, hap_packet, mux_hap


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


@pytest.mark.parametrize("codec", TAGS)
def test_every_kind_of_hap_gets_a_table(tmp_path: Path, codec: Codec) -> None:
    file = mux_hap(tmp_path / "clip.mov", codec, packets := _hap_packets(codec, 5), (64, 48))
    clip = probe(file, "x")
    assert (clip.codec, clip.width, clip.height, clip.rate, clip.frame_count) == (codec, 64, 48, Fraction(25), 5)
    assert clip.table is not None
    content = file.read_bytes()
    spans = zip(clip.table.offsets.tolist(), clip.table.lengths.tolist(), strict=True)
    assert [content[offset : offset + length] for offset, length in spans] == packets


def test_a_movie_of_one_hap_frame(tmp_path: Path) -> None:
    clip = probe(mux_hap(tmp_path / "one.mov", Codec.HAP_R, _hap_packets(Codec.HAP_R, 1), (64, 48)), "x")
    assert (clip.codec, clip.rate, clip.frame_count) == (Codec.HAP_R, Fraction(25), 1)


def test_a_hap_movie_that_ffmpeg_cannot_decode_says_which_frame_is_damaged(tmp_path: Path) -> None:
    packets = _hap_packets(Codec.HAP_R, 5)
    packets[3] = packets[3][:3] + b"\x7b" + packets[3][4:]
    with pytest.raises(SourceError, match="frame 3 is not where its index says"):
        probe(mux_hap(tmp_path / "clip.mov", Codec.HAP_R, packets, (64, 48)), "x")


@pytest.mark.parametrize("change", ["turned", "oblong"])
def test_a_hap_movie_that_is_not_drawn_as_stored_is_not_taken_as_it_is(tmp_path: Path, change: str) -> None:
    file = mux_hap(tmp_path / "clip.mov", Codec.HAP_Q_ALPHA, _hap_packets(Codec.HAP_Q_ALPHA, 2), (64, 48))
    content = bytearray(file.read_bytes())
    if change == "turned":
        at = content.rindex(b"tkhd") + 4 + 40
        content[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 48 << 16, 0, 1 << 30)
    else:
        shape = struct.pack(">I4s2I", 16, b"pasp", 4, 3)
        at = content.rindex(b"HapM") - 4
        at += int.from_bytes(content[at : at + 4], "big")
        for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"HapM"):
            size_at = content.rindex(kind) - 4
            size = int.from_bytes(content[size_at : size_at + 4], "big") + len(shape)
            content[size_at : size_at + 4] = size.to_bytes(4, "big")
        content[at:at] = shape
    file.write_bytes(content)
    clip = probe(file, "x")
    assert (clip.codec, clip.table) == (Codec.OTHER, None)
    assert (clip.width, clip.height) == ((48, 64) if change == "turned" else (85, 48))


def test_a_codec_that_nobody_knows_is_told(tmp_path: Path) -> None:
    file = mux_hap(tmp_path / "clip.mov", Codec.HAP, _hap_packets(Codec.HAP, 2), (64, 48))
    file.write_bytes(file.read_bytes().replace(b"Hap1", b"Hap9"))
    with pytest.raises(SourceError, match="no table"):
        frame_table(file)
    with pytest.raises(SourceError, match="a codec that is not known here"):
        probe(file, "x")


def _hap_packets(codec: Codec, count: int) -> list[bytes]:
    """Frames of 64 × 48, each of one byte over and over."""
    textures = {Codec.HAP: [0xB], Codec.HAP_ALPHA: [0xE], Codec.HAP_Q: [0xF], Codec.HAP_Q_ALPHA: [0xF, 0x1]}
    textures |= {Codec.HAP_ALPHA_ONLY: [0x1], Codec.HAP_R: [0xC]}
    blocks = 64 * 48 // 16
    return [
        hap_packet([(t, bytes([40 + index]) * blocks * (8 if t in (0xB, 0x1) else 16)) for t in textures[codec]])
        for index in range(count)
    ]
