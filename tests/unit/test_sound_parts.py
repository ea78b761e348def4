"""What the mixer is made of: pages read ahead, samples between samples, the limiter, fades, meters."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.envelope import Fade, Glide
from engine.audio.level_meters import LevelMeter
from engine.audio.limiter import Limiter
from engine.audio.resample import reach, resampled
from engine.audio.sound_bank import PAGE, SoundBank
from engine.audio.voices import BLOCK, Turn
from engine.core.figures import Figures
from engine.formats.sound_places import SoundPlace
from tests.sound_shows import RATE_HZ, Samples32, noise, sine, wav


def bank_of(folder: Path, music: Samples32, figures: Figures | None = None, *, ahead: bool = False) -> SoundBank:
    place = SoundPlace(wav(folder / "music.wav", music))
    return SoundBank(lambda _key: place, RATE_HZ, figures or Figures(), ahead=ahead)


@pytest.mark.parametrize(("start", "frames"), [(0, 256), (PAGE - 10, 300), (-100, 256), (3 * PAGE - 50, 90_000)])
def test_a_part_of_a_sound_is_that_part(tmp_path: Path, start: int, frames: int) -> None:
    music = noise(2.5)
    bank = bank_of(tmp_path, music)
    silence = np.zeros((frames, 2), np.float32)
    around = np.concatenate([silence, music, silence])
    part = bank.read("music", start, frames)
    bank.close()
    assert part is not None
    assert np.array_equal(part.T, around[start + frames : start + 2 * frames])


def test_pages_in_any_order_are_those_of_the_file(tmp_path: Path) -> None:
    music = noise(8.0)
    bank = bank_of(tmp_path, music)
    for index in (3, 0, 9, 4, 1, 9):
        page = bank.read("music", index * PAGE, 1000)
        assert page is not None
        assert np.array_equal(page.T, music[index * PAGE : index * PAGE + 1000])
    bank.close()


def test_on_stage_nobody_waits_for_what_is_not_decoded(tmp_path: Path) -> None:
    music = noise(3.0)
    bank = bank_of(tmp_path, music, ahead=True)
    assert bank.read("music", 0, 256) is None
    assert not bank.has([("music", 0)])
    assert bank.wait_for([("music", 1), ("music", 0)], 10)
    page = bank.read("music", PAGE - 100, 256)
    assert page is not None
    assert np.array_equal(page.T, music[PAGE - 100 : PAGE + 156])
    assert bank.wait_for([("music", 100)], 10), "past its end a sound is silent, and known to be"
    bank.close()
    bank.close()
    assert "sound-reader" not in {thread.name for thread in threading.enumerate()}


def test_a_file_that_breaks_off_is_silent_from_there(tmp_path: Path) -> None:
    figures = Figures()
    bank = bank_of(tmp_path, noise(8.0), figures)
    whole = (tmp_path / "music.wav").read_bytes()
    (tmp_path / "music.wav").write_bytes(whole[: len(whole) // 2])
    early, late = bank.read("music", 0, 1000), bank.read("music", 6 * RATE_HZ, 1000)
    bank.close()
    assert early is not None
    assert early.any()
    assert late is not None
    assert not late.any()


@given(speed=st.floats(0.25, 4), phase=st.floats(0, 1), hz=st.sampled_from([50.0, 440.0, 3000.0]))
@settings(max_examples=40, deadline=None)
def test_samples_between_samples_lie_on_the_wave(speed: float, phase: float, hz: float) -> None:
    wave = np.ascontiguousarray(sine(hz, 0.2).T)
    positions = reach(speed) + phase + speed * np.arange(500, dtype=np.float64)
    expected = 0.25 * np.sin(2 * np.pi * hz * positions / RATE_HZ)
    assert np.abs(resampled(wave, positions, speed)[0] - expected).max() < 0.25 * 0.004


@given(
    st.lists(st.tuples(st.floats(0.05, 8), st.booleans()), min_size=3, max_size=20),
    st.sampled_from([0.0, -1.0, -12.0]),
)
@settings(max_examples=60, deadline=None)
def test_the_limiters_ceiling_holds_and_its_gain_makes_no_step(
    blocks: list[tuple[float, bool]], ceiling_db: float
) -> None:
    limiter = Limiter(ceiling_db, BLOCK, RATE_HZ)
    ceiling = 10 ** (ceiling_db / 20)
    gains, rng = [], np.random.default_rng(3)
    given_in: list[Samples32] = []
    for amplitude, spike in [(0.1, False), *blocks]:  # ahead of the very first block nobody could look
        block = np.full((2, BLOCK), amplitude, np.float32)
        if spike:
            block[:, rng.integers(BLOCK)] = 9.0
        given_in.append(block)
        done = limiter.push(block)
        if done is not None:
            assert np.abs(done).max() <= ceiling * (1 + 1e-6)
            before = given_in[-2]
            gains.append(np.divide(done[0], before[0], out=np.ones(BLOCK, np.float32), where=before[0] > 0.01))
    steps = np.abs(np.diff(np.concatenate(gains)))
    assert steps.max() < 1.5 / BLOCK


def test_what_stays_below_the_ceiling_is_not_touched() -> None:
    limiter = Limiter(-1, BLOCK, RATE_HZ)
    blocks = np.split(np.ascontiguousarray(np.clip(noise(1.0, amplitude=0.3), -0.89, 0.89).T[:, : 100 * BLOCK]), 100, 1)
    done = [limiter.push(block) for block in blocks]
    assert done[0] is None
    for given_in, came_out in zip(blocks, done[1:], strict=False):
        assert came_out is not None
        assert np.array_equal(given_in, came_out)


def test_two_fades_keep_the_power() -> None:
    into, out = Fade(1000), Fade(0)
    out.fall(1000)
    powers = [np.square(into.take(100)) + np.square(out.take(100)) for _ in range(10)]
    assert np.allclose(np.concatenate(powers), 1, atol=1e-6)
    assert out.over
    assert not into.over
    assert into.take(10) == 1.0


def test_a_fade_that_turns_goes_on_from_where_it_stands() -> None:
    fade = Fade(1000)
    gains = [fade.take(400)]
    fade.fall(300)
    gains.append(fade.take(100))
    fade.rise(500, anew=False)
    gains.append(fade.take(600))
    assert (
        np.abs(np.diff(np.concatenate([np.broadcast_to(one, 100) if np.isscalar(one) else one for one in gains]))).max()
        < 0.01
    )


def test_a_glide_is_even_however_it_is_cut_up() -> None:
    whole, cut = Glide(1.0, BLOCK), Glide(1.0, BLOCK)
    whole.to(0.0)
    cut.to(0.0)
    parts = [np.broadcast_to(np.asarray(cut.take(frames), np.float32), frames) for frames in (1, 100, 55, 100, 44)]
    expected = np.concatenate([np.asarray(whole.take(BLOCK)), np.zeros(300 - BLOCK, np.float32)])
    assert np.allclose(np.concatenate(parts), expected)


@given(st.integers(0, 10**12), st.integers(1, 5000), st.integers(0, 5000))
def test_a_loop_stays_between_its_points(played: int, length: int, back_to: int) -> None:
    turn = Turn(back_to + length, back_to)
    own = turn.own(played)
    assert own == played if played < turn.at else back_to <= own < turn.at
    assert turn.own(played + 1) == (own + 1 if own + 1 < turn.at else back_to)


def test_a_meter_reads_decibels_below_full() -> None:
    meter = LevelMeter(RATE_HZ)
    wave = np.ascontiguousarray(sine(1000, 2.0, 0.5).T)
    wave[1] = 0
    for at in range(0, wave.shape[1], BLOCK):
        meter.add(wave[:, at : at + BLOCK])
    read = meter.read()
    assert read.peak_db[0] == pytest.approx(-6.02, abs=0.05)
    assert read.rms_db[0] == pytest.approx(-9.03, abs=0.1)
    assert read.peak_db[1] == read.rms_db[1] == -120
    for _ in range(RATE_HZ // BLOCK):
        meter.add(np.zeros((2, BLOCK), np.float32))
    assert meter.read().peak_db[0] == pytest.approx(-26, abs=0.3)


def test_no_stream_is_opened_behind_the_counting() -> None:
    """PortAudio ends all streams when it looks for devices again: devices.py must know of each."""
    for file in (Path(__file__).parents[2] / "engine").rglob("*.py"):
        assert "sounddevice.InputStream(" not in file.read_text(encoding="utf-8"), file
        assert "sounddevice.OutputStream(" not in file.read_text(encoding="utf-8"), file
