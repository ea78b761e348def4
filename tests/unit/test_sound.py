"""Sound files: what is written is read back, seeks land on the sample, and what is no sound says so."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from engine.errors import SourceError
from engine.formats.sound import Sound, SoundReader, read_sound, write_sound

RATE_HZ = 48_000


def noise(seconds: float, channels: int = 2, rate_hz: int = RATE_HZ) -> Sound:
    made = np.random.default_rng(3).uniform(-0.9, 0.9, (round(seconds * rate_hz), channels))
    return Sound(made.astype(np.float32), rate_hz)


def sweep(seconds: float, rate_hz: int = RATE_HZ) -> Sound:
    """A rising tone, smooth enough that resampling and lossy codecs keep it."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    tone = 0.5 * np.sin(2 * np.pi * (200 * times + 150 * times**2))
    return Sound(np.stack([tone, tone], axis=1).astype(np.float32), rate_hz)


def write_aac(path: Path, sound: Sound) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=sound.rate_hz, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        for start in range(0, len(sound.samples), 1024):
            block = np.ascontiguousarray(sound.samples[start : start + 1024].T)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = sound.rate_hz, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_wave(path: Path, samples: npt.NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())


@pytest.mark.parametrize(("suffix", "tolerance"), [(".wav", 0.0), (".flac", 2**-22)])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str, tolerance: float, channels: int) -> None:
    sound = noise(0.3, channels)
    write_sound(tmp_path / f"a{suffix}", sound)
    back = read_sound(tmp_path / f"a{suffix}")
    assert back.rate_hz == RATE_HZ
    assert back.samples.dtype == np.float32
    assert back.samples.shape == sound.samples.shape
    assert np.abs(back.samples - sound.samples).max() <= tolerance


def test_flac_clips_what_is_too_loud(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.flac", Sound(np.array([[2.0], [-2.0]], np.float32), RATE_HZ))
    assert read_sound(tmp_path / "a.flac").samples[:, 0] == pytest.approx([1.0, -1.0], abs=1e-6)


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"only \.wav and \.flac"):
        write_sound(tmp_path / "a.ogg", noise(0.1))


def test_another_rate_is_resampled_to_the_shows(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", sweep(1.0, 44_100))
    back = read_sound(tmp_path / "a.wav")
    assert len(back.samples) == pytest.approx(RATE_HZ, abs=2)
    wanted = sweep(1.0).samples
    assert np.abs(back.samples[500:47_000] - wanted[500:47_000]).max() < 0.01


def test_more_than_two_channels_are_mixed_down(tmp_path: Path) -> None:
    write_wave(tmp_path / "a.wav", np.full((1000, 6), 8000, np.int16))
    assert read_sound(tmp_path / "a.wav").samples.shape == (1000, 2)


def test_mono_is_the_mean_of_the_channels() -> None:
    sound = Sound(np.array([[1.0, 0.0], [0.5, -0.5]], np.float32), RATE_HZ)
    assert sound.mono().tolist() == [0.5, 0.0]
    assert sound.duration_s == 2 / RATE_HZ


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_a_seek_lands_on_the_sample(tmp_path: Path, suffix: str) -> None:
    sound = noise(2.0)
    path = tmp_path / f"a{suffix}"
    write_sound(path, sound)
    with SoundReader(path) as reader:
        assert reader.duration_s == pytest.approx(2.0)
        for at_s in (1.5, 0.0, 0.777, 1.99, -3.0):
            reader.seek(at_s)
            block = reader.read()
            assert block is not None
            first = round(max(at_s, 0.0) * RATE_HZ)
            assert np.abs(block - sound.samples[first : first + len(block)]).max() <= 2**-22
        reader.seek(2.5)
        assert reader.read() is None
        reader.seek(0.0)
        assert reader.read() is not None


def test_a_seek_in_aac_agrees_with_reading_through(tmp_path: Path) -> None:
    write_aac(tmp_path / "a.m4a", sweep(3.0))
    whole = read_sound(tmp_path / "a.m4a").samples
    with SoundReader(tmp_path / "a.m4a") as reader:
        for at_s in (2.0, 0.25, 1.1):
            reader.seek(at_s)
            block = reader.read()
            assert block is not None
            first = round(at_s * RATE_HZ)
            assert np.abs(block - whole[first : first + len(block)]).max() < 0.01


def test_damage_in_the_middle_is_counted_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    write_sound(path, noise(2.0))
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(raw)
    with SoundReader(path) as reader:
        frames = 0
        while (block := reader.read()) is not None:
            frames += len(block)
        assert RATE_HZ < frames < 2 * RATE_HZ


def test_what_is_no_sound_is_refused_with_a_mend(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("not a sound")
    (tmp_path / "empty.flac").touch()
    write_wave(tmp_path / "silent.wav", np.zeros((0, 1), np.int16))
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 32
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    for name in ("text.wav", "empty.flac", "silent.wav", "film.mp4", "missing.wav", "."):
        with pytest.raises(SourceError) as caught:
            read_sound(tmp_path / name)
        assert caught.value.mend
        assert caught.value.subject == str(tmp_path / name)


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
@pytest.mark.parametrize("at_s", [0.3, 2.7307, 5.12345])
def test_a_seek_in_a_sound_of_another_rate_gives_the_samples_of_reading_on(
    tmp_path: Path, suffix: str, at_s: float
) -> None:
    """Else a sample of what was sought and one of what was read on to would lie a part of a sample apart: a tick."""
    wave = 0.5 * np.sin(2 * np.pi * 5000 * np.arange(44_100 * 7) / 44_100)
    file = tmp_path / f"sine{suffix}"
    write_sound(file, Sound(np.repeat(wave.astype(np.float32)[:, None], 2, axis=1), 44_100))
    whole = read_sound(file).samples
    with SoundReader(file) as reader:
        reader.seek(at_s)
        block = reader.read()
    assert block is not None
    first = round(at_s * 48_000)
    assert np.array_equal(block, whole[first : first + len(block)])
