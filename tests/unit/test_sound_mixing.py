"""What a render sounds like, listened to by measuring: music, its changes, volumes, and what must not be heard."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.audio.mixer import Mixer
from engine.audio.sound_bank import SoundBank
from engine.audio.voices import BLOCK
from engine.core.figures import Figures
from engine.core.sound_plan import Score
from engine.core.step import begun, history, stepped
from engine.errors import SourceError
from engine.formats.sound_places import SoundPlaces
from engine.model.events import Event
from engine.model.world import World
from tests.sound_shows import RATE_HZ, Samples32, event, mixed, noise, sine, sounding, wav

CEILING = 10 ** (-1 / 20)


def frame(at_s: float) -> int:
    return round(at_s * RATE_HZ)


def steepest(samples: Samples32) -> float:
    """The largest step from one sample to the next: what a click is made of."""
    return float(np.abs(np.diff(samples, axis=0)).max())


def db(samples: Samples32) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def two_movements(first: str, second: str, first_s: float = 2.0, show: str = "") -> str:
    return f"""
{show}
movements:
  - {{name: one, duration_s: {first_s}, {first}}}
  - {{name: two, duration_s: 10, {second}}}
"""


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
def test_music_comes_out_as_it_is_at_every_frame_rate(tmp_path: Path, rate: Fraction) -> None:
    music = noise(2.0)
    wav(tmp_path / "a.wav", music)
    heard = mixed(sounding(tmp_path, "track: {file: a.wav}"), 3.0, rate=rate)
    length = min(len(heard), frame(2.9))
    assert np.array_equal(heard[:length], np.concatenate([music, np.zeros_like(music)])[:length])


def test_a_render_from_the_middle_is_that_part_of_the_whole(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", noise(2.0, 1))
    wav(tmp_path / "b.wav", noise(4.0, 2))
    echo = "sound: {effects: [{name: hall, kind: reverb}, {name: echo, kind: delay}], chain: [hall, echo]}"
    text = two_movements("own_track: {file: a.wav}", "own_track: {file: b.wav, fade_s: 1}", show=echo)
    world = sounding(tmp_path, text)
    whole = mixed(world, 4.0)
    assert np.array_equal(mixed(world, 4.0, from_s=2.48), whole[frame(2.48) :])
    assert np.array_equal(mixed(world, 4.0), whole)


def test_music_in_two_files_goes_on_to_the_sample(tmp_path: Path) -> None:
    """Movements that end off the mixer's grid of blocks, and off the film's grid of frames."""
    whole = sine(440, 4.0)
    ends_at = frame(1.2345)
    wav(tmp_path / "a.wav", whole[:ends_at])
    wav(tmp_path / "b.wav", whole[ends_at:])
    text = two_movements("own_track: {file: a.wav}", "own_track: {file: b.wav}", first_s=ends_at / RATE_HZ)
    assert np.array_equal(mixed(sounding(tmp_path, text), 4.0), whole)


def test_music_gives_way_with_the_same_power_throughout(tmp_path: Path) -> None:
    a, b = noise(4.0, 1), noise(4.0, 2)
    wav(tmp_path / "a.wav", a)
    wav(tmp_path / "b.wav", b)
    text = two_movements("own_track: {file: a.wav}", "own_track: {file: b.wav, fade_s: 1}")
    heard = mixed(sounding(tmp_path, text), 4.0)
    levels = [db(heard[at : at + 2400]) for at in range(frame(1.8), frame(3.2), 2400)]
    assert max(levels) - min(levels) < 0.5
    middle = slice(frame(2.5), frame(2.5) + 100)
    expected = (a[middle] + b[: frame(2.0)][frame(0.5) : frame(0.5) + 100]) * np.sqrt(0.5)
    assert np.allclose(heard[middle], expected, atol=1e-3)
    assert np.array_equal(heard[frame(3.01) : frame(3.5)], b[frame(1.01) : frame(1.5)])


def test_the_shows_music_comes_back_where_it_would_be(tmp_path: Path) -> None:
    music = noise(10.0, 1)
    wav(tmp_path / "a.wav", music)
    wav(tmp_path / "b.wav", noise(10.0, 2))
    text = """
track: {file: a.wav}
movements:
  - {name: one, duration_s: 1}
  - {name: two, duration_s: 1, own_track: {file: b.wav}}
  - {name: three, duration_s: 8}
"""
    heard = mixed(sounding(tmp_path, text), 4.0)
    assert np.array_equal(heard[frame(2.01) :], music[frame(2.01) : frame(4.0)])


@pytest.mark.parametrize("hz", [440, 100])
def test_a_loop_turns_back_to_the_sample(tmp_path: Path, hz: int) -> None:
    wav(tmp_path / "a.wav", sine(hz, 2.0))
    text = "track: {file: a.wav, at_end: loop, loop_from_s: 0.5, loop_to_s: 1.35}"
    heard = mixed(sounding(tmp_path, text), 6.0)
    assert np.allclose(heard, sine(hz, 6.0), atol=2e-6)  # 0.85 s are whole periods of both


@pytest.mark.parametrize("address", ["/show/position", "/movement/restart"])
def test_a_jump_is_soft_and_lands_where_it_should(tmp_path: Path, address: str) -> None:
    music = sine(97.3, 12.0)
    wav(tmp_path / "a.wav", music)
    text = "movements: [{name: one, duration_s: 11, own_track: {file: a.wav}}]"
    heard = mixed(sounding(tmp_path, text), 4.0, events=[event(1.0, address, 5.0)])
    lands_s = 5.0 if address == "/show/position" else 0.0
    assert np.array_equal(heard[: frame(1.0)], music[: frame(1.0)])
    landed = heard[frame(1.02) :]
    off = frame(lands_s) + frame(0.02)
    assert min(np.abs(landed - music[off + slip :][: len(landed)]).max() for slip in (-1, 0, 1)) < 1e-6
    assert steepest(heard) < 1.6 * steepest(music) + 0.004


def test_a_hand_on_the_volume_makes_no_steps(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", np.full((frame(5.0), 2), 0.5, np.float32))
    world = sounding(tmp_path, "track: {file: a.wav}")
    events = [event(1.0, "/track/volume", 0.0), event(2.0, "/track/volume", 1.0), event(3.0, "/master/volume", 0.5)]
    heard = mixed(world, 4.0, events=events)
    assert steepest(heard) < 0.5 / BLOCK
    assert not heard[frame(1.2) : frame(2.0)].any()
    assert np.allclose(heard[frame(2.2) : frame(3.0)], 0.5)
    assert np.allclose(heard[frame(3.2) :], 0.25)


def test_panic_silences_all_and_go_brings_it_back(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", np.full((frame(9.0), 2), 0.5, np.float32))
    world = sounding(tmp_path, "track: {file: a.wav}\ncueing: {panic_fade_s: 1}")
    heard = mixed(world, 5.0, events=[event(1.0, "/panic"), event(4.0, "/reset")])
    assert np.allclose(heard[frame(1.5)], 0.25, atol=0.01)
    assert not heard[frame(2.1) : frame(4.0)].any()
    assert np.allclose(heard[frame(4.5) :], 0.5)
    assert steepest(heard) < 0.6 / BLOCK


def test_a_second_panic_cuts_without_a_click(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", np.full((frame(9.0), 2), 0.5, np.float32))
    world = sounding(tmp_path, "track: {file: a.wav}\ncueing: {panic_fade_s: 3}")
    heard = mixed(world, 3.0, events=[event(1.0, "/panic"), event(1.5, "/panic")])
    assert not heard[frame(1.52) :].any()
    assert steepest(heard) < 0.6 / BLOCK


def test_music_that_follows_a_held_movement_is_silent_until_it_runs(tmp_path: Path) -> None:
    music = noise(12.0)
    wav(tmp_path / "a.wav", music)
    world = sounding(tmp_path, "track: {file: a.wav}\nmovements: [{name: one, duration_s: 10, track: follow}]")
    heard = mixed(
        world, 4.0, events=[event(1.0, "/movement/position", 0.5), event(2.0, "/movement/release", 1.0, sequence=1)]
    )
    assert not heard[frame(1.1) : frame(2.0)].any()
    assert np.allclose(heard[frame(2.1) : frame(3.9)], music[frame(5.1) : frame(6.9)])


@pytest.mark.parametrize("amplitude", [0.9, 4.0])
def test_nothing_leaves_louder_than_the_limiter_lets_it(tmp_path: Path, amplitude: float) -> None:
    music = np.clip(noise(3.0, amplitude=amplitude / 3), -amplitude, amplitude)
    music[frame(1.0)] = 4.0  # a peak out of nowhere
    wav(tmp_path / "a.wav", music)
    heard = mixed(sounding(tmp_path, "track: {file: a.wav}"), 3.0)
    assert np.abs(heard).max() <= np.float32(CEILING)
    assert np.abs(heard).max() > 0.8 * CEILING
    limited = mixed(sounding(tmp_path, "track: {file: a.wav}\nsound: {limiter_db: -12}"), 3.0)
    assert np.abs(limited).max() <= np.float32(10 ** (-12 / 20))


def test_samples_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    music = noise(2.0)
    music[frame(0.5) : frame(0.6)] = np.nan
    music[frame(0.7)] = np.inf
    wav(tmp_path / "a.wav", music)
    text = "track: {file: a.wav}\nsound: {effects: [{name: hall, kind: reverb}], chain: [hall]}"
    heard = mixed(sounding(tmp_path, text), 2.0)
    assert np.isfinite(heard).all()
    assert db(heard[frame(1.0) :]) > -30


def as_on_stage(world: World, events: Sequence[Event], to_s: float) -> Samples32:
    """Mixed as on stage: a turn each 20 ms, from the state that the loop published last, 0.2 s ahead of it."""
    bank = SoundBank(SoundPlaces(world.loaded), RATE_HZ, Figures())
    mixer = Mixer(world, bank, Figures(), 0.0)
    past = history(begun(world))
    heard: list[Samples32] = []
    waiting, now_s = list(events), -0.2
    while len(heard) * BLOCK < frame(to_s):
        due = [one for one in waiting if one.at_s <= now_s]
        waiting = waiting[len(due) :]
        past = stepped(world, past, due, max(now_s, 0.0))
        score = Score(world, past.head)
        while mixer.next_s < now_s + 0.2:
            block = mixer.next(score)
            heard += [] if block is None else [block]
        now_s += 0.02
    bank.close()
    return np.concatenate(heard)[: frame(to_s)]


def test_stage_and_render_sound_the_same(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2), ("c", 3)):
        wav(tmp_path / f"{name}.wav", noise(4.0, seed))
    text = """
track: {file: a.wav, at_end: loop, loop_to_s: 0.7}
sound: {effects: [{name: hall, kind: reverb}, {name: low, kind: lowpass, settings: {cutoff_hz: 900}}], chain: [hall]}
movements:
  - {name: one, duration_s: 1.01}
  - {name: two, duration_s: 1.003, own_track: {file: b.wav, fade_s: 0.4}, chain: [low, hall]}
  - {name: three, duration_s: 3, own_track: {file: c.wav}, chain: []}
"""
    world = sounding(tmp_path, text)
    assert np.array_equal(as_on_stage(world, [], 3.5), mixed(world, 3.5))


def test_on_stage_a_hand_is_heard_later_and_lands_where_the_render_does(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", noise(12.0))
    world = sounding(tmp_path, "track: {file: a.wav}\nmovements: [{name: one, duration_s: 12}]")
    events = [event(1.0, "/show/position", 5.0)]
    live, render = as_on_stage(world, events, 3.0), mixed(world, 3.0, events=events)
    differ = np.nonzero((live != render).any(axis=1))[0]
    assert frame(1.0) <= differ[0]
    assert differ[-1] < frame(1.25)


def test_a_loop_that_would_begin_past_the_end_is_refused(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", noise(1.0))
    with pytest.raises(SourceError, match=r"a.wav: is 1 s long, and its loop would begin again at 5 s"):
        sounding(tmp_path, "track: {file: a.wav, at_end: loop, loop_from_s: 5}")
