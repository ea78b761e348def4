"""The sound of footage: in step with its pictures over gaps and losses, and brought to a loudness."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.formats.movie import read_movie
from engine.formats.sound import read_sound
from preprocess.catalogue.values import Footage
from preprocess.footage import sound
from preprocess.footage.sound import Levelling, Loudness, levelling, measure, sound_of
from tests.archive_support import read_number
from tests.footage_support import RATE_HZ, flashes_and_clicks, footage_of, grey, ingested, with_sound

CLICKS = (3, 20, 41, 66, 88)


def _sine(seconds: float, db: float, channels: int = 2) -> np.ndarray:
    tone = 10 ** (db / 20) * np.sin(2 * np.pi * 997 * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)
    return np.repeat(tone[:, None], channels, axis=1).astype(np.float32)


def _click_frames(footage: Footage, begin: int = 0) -> list[int]:
    """The frames in whose time a click begins."""
    samples, rate_hz = sound_of(footage, begin, footage.frame_count)
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-rate_hz) > rate_hz // 10)]
    return [begin + round(float(start / rate_hz * footage.rate)) for start in starts]


@pytest.mark.parametrize(
    ("db", "channels", "lufs"),
    # EBU Tech 3341, case 1 and 2: a 1 kHz sine in both channels is as loud as its peak in dB; in one, 3 dB less.
    [(-23, 2, -23.0), (-33, 2, -33.0), (-23, 1, -26.0)],
)
def test_loudness_is_that_of_ebu_r128(tmp_path: Path, db: float, channels: int, lufs: float) -> None:
    movie = read_movie(with_sound(tmp_path / "a.mov", 100, _sine(4, db, channels)))
    found = measure(movie)
    assert found is not None
    assert found.lufs == pytest.approx(lufs, abs=0.1)
    assert found.true_peak_db == pytest.approx(db, abs=0.15)


def test_one_gain_where_the_peak_allows_and_a_limiter_where_not() -> None:
    assert levelling(Loudness(-30, -10), -23, -1) == Levelling(7, None)
    assert levelling(Loudness(-30, -5), -23, -1) == Levelling(7, -1)
    assert levelling(Loudness(-10, -0.2), -23, -1) == Levelling(-13, None)
    assert levelling(Loudness(-70, float("-inf")), -23, -1) == Levelling()
    assert levelling(Loudness(-65, -60), -23, -1).gain_db == 30


def test_a_mezzanine_has_the_loudness_asked_for_by_one_gain(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "quiet.mov", 100, _sine(4, -40))
    footage = footage_of(source, tmp_path / "library", loudness_lufs=-16)
    assert (footage.loudness_lufs, footage.gain_db) == (pytest.approx(-40, abs=0.1), pytest.approx(24, abs=0.1))
    assert footage.file is not None
    again = measure(read_movie(footage.file))
    assert again is not None
    assert again.lufs == pytest.approx(-16, abs=0.1)
    original, made = read_sound(source).samples, read_sound(footage.file).samples
    gains = made[1000:90_000] / np.where(np.abs(original[1000:90_000]) > 0.005, original[1000:90_000], np.nan)
    assert np.nanstd(gains) < 0.02 * np.nanmean(gains)


def test_peaks_are_limited_and_what_lies_between_them_gets_its_gain(tmp_path: Path) -> None:
    samples = _sine(6, -38)
    for at in range(20_000, len(samples) - 500, 60_000):
        samples[at : at + 6] = 0.5 * np.sin(np.arange(6) * 1.7)[:, None]  # sharp, and nothing to the loudness
    result = ingested(with_sound(tmp_path / "peaks.mov", 150, samples), tmp_path / "library", loudness_lufs=-20)
    assert result.footage is not None
    assert result.footage.file is not None
    again = measure(read_movie(result.footage.file))
    assert again is not None
    assert again.true_peak_db <= -1.0
    between = read_sound(result.footage.file).samples[50_000:70_000]
    assert np.abs(between).max() == pytest.approx(10 ** ((-38 + result.footage.gain_db) / 20), rel=0.01)
    assert any("limited" in note for note in result.source.notes)


def _claps(seconds: float, every_s: float, over_db: float) -> np.ndarray:
    """Claps of noise that die away in some milliseconds, `over_db` above a bed of noise."""
    chance = np.random.default_rng(3)
    count = round(seconds * RATE_HZ)
    since = np.arange(count) % round(every_s * RATE_HZ)
    envelope = 1 + 10 ** (over_db / 20) * np.exp(-since / (0.004 * RATE_HZ))
    noise = chance.normal(0, 1, count) * envelope
    return np.repeat((0.9 * noise / np.abs(noise).max())[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize(("every_s", "over_db", "lufs"), [(0.1, 15, -14), (0.25, 20, -18), (1.0, 30, -23)])
def test_peaky_sound_comes_near_its_loudness_all_the_same(
    tmp_path: Path, every_s: float, over_db: float, lufs: float
) -> None:
    source = with_sound(tmp_path / "claps.mov", 200, _claps(8, every_s, over_db))
    movie = read_movie(source)
    found = measure(movie)
    assert found is not None
    once = measure(movie, levelling(found, lufs, -1))
    assert once is not None
    assert once.lufs < lufs - 1.5, "the limiter takes that much"
    made = _made(footage_of(source, tmp_path / "library", loudness_lufs=lufs))
    assert made.lufs == pytest.approx(lufs, abs=0.5)
    assert made.true_peak_db <= -1


def test_sound_that_would_be_squashed_stays_lower(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "claps.mov", 200, _claps(8, 0.25, 40))
    footage = footage_of(source, tmp_path / "library", loudness_lufs=-14)
    assert footage.loudness_lufs is not None
    assert footage.gain_db == pytest.approx(-14 - footage.loudness_lufs + 9, abs=0.01)
    made = _made(footage)
    assert made.lufs < -15
    assert made.true_peak_db <= -1


def _made(footage: Footage) -> Loudness:
    """The loudness of a mezzanine's own sound."""
    assert footage.file is not None
    found = measure(read_movie(footage.file))
    assert found is not None
    return found


@pytest.mark.parametrize("mezzanine", [True, False])
@pytest.mark.parametrize("begins_s", [0.0, 0.4, -0.0])
def test_sound_stays_with_its_pictures(tmp_path: Path, mezzanine: bool, begins_s: float) -> None:
    samples = flashes_and_clicks(100, CLICKS)
    source = with_sound(tmp_path / "a.mov", 100, samples, sound_begins_s=begins_s)
    footage = footage_of(source, tmp_path / "library", mezzanine=mezzanine)
    late = round(begins_s * 25)
    assert _click_frames(footage) == [at + late for at in CLICKS if at + late < 100]
    for begin in (10, 40, 65):
        assert _click_frames(footage, begin) == [at + late for at in CLICKS if begin <= at + late < 100]


def test_over_a_loss_sound_and_pictures_leave_out_the_same(tmp_path: Path) -> None:
    samples = flashes_and_clicks(100, CLICKS)
    source = with_sound(tmp_path / "a.mkv", 100, samples, gop=10)
    _spoil_pictures(source, range(31, 52))
    footage = footage_of(source, tmp_path / "library")
    assert len(footage.pieces) == 2
    burnt = [read_number(picture) for picture in grey(footage, 0, footage.frame_count).values()]
    assert burnt == [*range(30), *range(60, 100)] or burnt == [*range(31), *range(60, 100)]
    left = [at for at in CLICKS if at in burnt]
    assert _click_frames(footage) == [burnt.index(at) for at in left]
    second = footage.pieces[1]
    assert second.source_in_s == pytest.approx(60 / 25)
    assert footage.source_s(second.begin) == pytest.approx(60 / 25)


def _spoil_pictures(file: Path, indices: range) -> None:
    """Overwrite the packets of these pictures in place, so that only they do not decode."""
    content = bytearray(file.read_bytes())
    with av.open(str(file)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for index in indices:
        at = content.find(packets[index][:60])
        assert at > 0
        content[at + 4 : at + len(packets[index])] = b"\xff" * (len(packets[index]) - 4)
    file.write_bytes(content)


def test_a_range_of_sound_is_what_the_whole_has_there(tmp_path: Path) -> None:
    noise = np.random.default_rng(4).normal(0, 0.05, (4 * RATE_HZ, 2)).astype(np.float32)
    for mezzanine in (True, False):
        source = with_sound(tmp_path / "n.mov", 100, noise)
        footage = footage_of(source, tmp_path / "library", mezzanine=mezzanine)
        whole, rate_hz = sound_of(footage, 0, 100)
        assert (len(whole), rate_hz) == (4 * RATE_HZ, RATE_HZ)
        part, _ = sound_of(footage, 37, 61)
        assert np.allclose(part, whole[37 * 1920 : 61 * 1920], atol=1e-6)


def _with_coded_sound(path: Path, codec: str, seconds: int) -> Path:
    """Pictures with key frames 10 s apart, and noise in a codec whose frames lean on those before."""
    chance = np.random.default_rng(6)
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "12"})
        picture.width, picture.height, picture.pix_fmt, picture.gop_size = 160, 96, "yuv420p", 250
        sound = container.add_stream(codec, rate=RATE_HZ, layout="stereo")
        for index in range(seconds * 25):
            frame = av.VideoFrame.from_ndarray(chance.integers(0, 255, (96, 160, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(picture.encode(frame))
            block = (chance.normal(0, 3000, (1, 2 * 1920))).astype(np.int16)
            heard = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
            heard.sample_rate, heard.pts, heard.time_base = RATE_HZ, index * 1920, Fraction(1, RATE_HZ)
            container.mux(sound.encode(heard))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus"])
def test_sound_in_matroska_is_what_a_seek_in_it_gives(
    tmp_path: Path, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _with_coded_sound(tmp_path / "a.mkv", codec, 16)
    made = footage_of(source, tmp_path / "library", mezzanine=False)
    ranges = [(begin, begin + 30) for begin in (0, 10, 13, 40, 249, 251, 255, 262, 300, 310, 365)]
    near = [sound_of(made, *span)[0] for span in ranges]
    monkeypatch.setattr(sound, "_packets_near", lambda *given: None)
    assert all(np.array_equal(there, sound_of(made, *span)[0]) for there, span in zip(near, ranges, strict=True))
    assert all(there.any() for there in near)


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="Linux tells how much a process reads")
def test_sound_at_the_end_of_a_matroska_file_is_read_there(tmp_path: Path) -> None:
    footage = footage_of(_with_coded_sound(tmp_path / "a.mkv", "aac", 40), tmp_path / "library", mezzanine=False)
    sound_of(footage, 0, 1)  # the file is gone over for its packets once
    begun = _bytes_read()
    sound_of(footage, 0, 30)
    opened = _bytes_read()
    sound_of(footage, 960, 990)
    at_end = _bytes_read() - opened
    assert footage.byte_count > 10_000_000
    assert at_end - (opened - begun) < footage.byte_count / 2, "ten seconds of it, from the key frame before"


def _bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])


def test_both_ways_are_equally_loud(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "a.mov", 100, _sine(4, -40))
    made, direct = (footage_of(source, tmp_path / "library", mezzanine=mezzanine) for mezzanine in (True, False))
    loud = [np.sqrt(np.mean(sound_of(footage, 10, 90)[0] ** 2)) for footage in (made, direct)]
    assert loud[0] == pytest.approx(loud[1], rel=0.01)


def test_without_sound_there_is_silence_of_the_right_length(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "a.mov", 30, np.zeros((0, 1), np.float32), rate=Fraction(30))
    footage = footage_of(source, tmp_path / "library")
    assert not footage.sound
    samples, rate_hz = sound_of(footage, 0, 15)
    assert (len(samples), rate_hz, samples.any()) == (24_000, 48_000, False)
