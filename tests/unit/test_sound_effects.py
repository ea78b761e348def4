"""Sound effects: what they do is there, in their order; settings and chains change without a click."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from engine.audio.effects import Effects
from engine.audio.voices import BLOCK
from engine.errors import ShowError
from engine.model.sound import SoundEffect
from engine.model.sound_effects import SETTINGS
from engine.model.sound_plan import EffectPlan
from tests.sound_shows import RATE_HZ, Samples32, event, mixed, noise, sine, sounding, wav


def frame(at_s: float) -> int:
    return round(at_s * RATE_HZ)


def plan(kind: str, name: str = "one", **settings: float) -> EffectPlan:
    return EffectPlan(name, kind, tuple(settings.get(each, told.default) for each, told in SETTINGS[kind].items()))


def through(chain: list[EffectPlan], samples: Samples32) -> Samples32:
    """Samples (n, 2) through a chain, block by block."""
    effects = Effects(chain, RATE_HZ)
    planar = np.ascontiguousarray(samples.T)
    blocks = [effects.process(planar[:, at : at + BLOCK], chain, 0.05) for at in range(0, planar.shape[1], BLOCK)]
    return np.concatenate(blocks, axis=1).T


def level_db(samples: Samples32, hz: float) -> float:
    """How strong one frequency is in a second of sound, in dB of a sine's amplitude."""
    part = samples[:RATE_HZ, 0] * np.hanning(RATE_HZ)
    return float(20 * np.log10(np.abs(np.fft.rfft(part))[round(hz)] * 4 / RATE_HZ + 1e-9))


def test_every_kind_that_a_show_may_name_runs_at_both_ends_of_its_settings() -> None:
    kinds = get_args(SoundEffect.model_fields["kind"].annotation)
    assert set(kinds) == set(SETTINGS)
    music = noise(0.2)
    for kind in kinds:
        for end in ("low", "high", "default"):
            settings = {name: getattr(setting, end) for name, setting in SETTINGS[kind].items()}
            heard = through([plan(kind, **settings)], music)
            assert heard.shape == music.shape
            assert np.isfinite(heard).all(), (kind, end)


@pytest.mark.parametrize(
    ("effect", "hz", "change_db"),
    [
        (plan("gain", gain_db=-12), 440, -12),
        (plan("highpass", cutoff_hz=2000), 2000, -3),
        (plan("highpass", cutoff_hz=2000), 200, -20),
        (plan("lowpass", cutoff_hz=500), 500, -3),
        (plan("lowpass", cutoff_hz=500), 5000, -20),
        (plan("peak", cutoff_hz=1000, gain_db=9), 1000, 9),
        (plan("peak", cutoff_hz=1000, gain_db=9, q=5), 4000, 0),
        (plan("reverb", wet=0, dry=1), 440, 0),
        (plan("delay", mix=0), 440, 0),
        (plan("chorus", mix=0), 440, 0),
    ],
)
def test_what_an_effect_does_is_in_the_spectrum(effect: EffectPlan, hz: float, change_db: float) -> None:
    music = sine(hz, 2.0, 0.1)
    heard = through([effect], music)[RATE_HZ // 2 :]
    assert level_db(heard, hz) - level_db(music, hz) == pytest.approx(change_db, abs=0.6)


def test_a_compressor_holds_down_what_is_loud() -> None:
    loud = through([plan("compressor", threshold_db=-20, ratio=4)], sine(440, 2.0, 1.0))[RATE_HZ // 2 :]
    soft = through([plan("compressor", threshold_db=-20, ratio=4)], sine(440, 2.0, 0.05))[RATE_HZ // 2 :]
    assert level_db(loud, 440) == pytest.approx(-15, abs=1.5)  # 20 dB over the threshold become 5
    assert level_db(soft, 440) == pytest.approx(20 * np.log10(0.05), abs=0.5)


def test_an_echo_comes_when_it_should_and_a_room_rings_on() -> None:
    click = np.zeros((frame(1.0), 2), np.float32)
    click[0] = 0.5
    echo = through([plan("delay", delay_s=0.3, feedback=0.5, mix=0.5)], click)
    assert [round(at / RATE_HZ, 3) for at in np.nonzero(np.abs(echo[:, 0]) > 0.01)[0]] == [0.0, 0.3, 0.6, 0.9]
    hall = through([plan("reverb", room_size=0.9, wet=1)], click)
    assert np.abs(hall[frame(0.5) :]).max() > 1e-3


def test_the_order_of_a_chain_counts() -> None:
    dirt, low = plan("distortion", "dirt", drive_db=40), plan("lowpass", "low", cutoff_hz=300)
    music = sine(250, 2.0, 0.5)
    last, first = (through(chain, music)[RATE_HZ // 2 :] for chain in ([dirt, low], [low, dirt]))
    assert level_db(first, 1250) - level_db(last, 1250) > 10  # overtones that the filter is no more there to take


FILTERED = """
track: {file: a.wav}
sound:
  effects:
    - {name: low, kind: lowpass, settings: {cutoff_hz: 20000}}
    - {name: loud, kind: gain}
    - {name: hall, kind: reverb}
"""


def test_a_setting_played_by_hand_is_heard_without_steps(tmp_path: Path) -> None:
    music = sine(100, 5.0, 0.25) + sine(6000, 5.0, 0.25)
    wav(tmp_path / "a.wav", music)
    world = sounding(tmp_path, FILTERED + "  chain: [low, loud]")
    turns = [event(1.0, "/sound/low/cutoff_hz", 500), event(2.5, "/sound/loud/gain_db", -20)]
    heard = mixed(world, 4.0, events=turns)
    assert level_db(heard[frame(1.2) :], 6000) < level_db(heard, 6000) - 20
    assert level_db(heard[frame(1.2) :], 100) == pytest.approx(level_db(heard, 100), abs=0.5)
    assert level_db(heard[frame(2.7) :], 100) == pytest.approx(level_db(heard, 100) - 20, abs=0.5)
    low_part = heard[frame(1.3) :]
    assert np.abs(np.diff(low_part, axis=0)).max() < 0.02  # a sine of 100 Hz, and no edge in it


def test_a_chain_gives_way_without_a_click_and_is_gone_then(tmp_path: Path) -> None:
    music = sine(100, 5.0, 0.25)
    wav(tmp_path / "a.wav", music)
    text = (
        FILTERED
        + """
movements:
  - {name: one, duration_s: 1, chain: [hall, loud]}
  - {name: two, duration_s: 1}
  - {name: three, duration_s: 3, chain: [low, hall]}
"""
    )
    heard = mixed(sounding(tmp_path, text), 5.0)
    assert np.allclose(heard[frame(1.1) : frame(2.0)], music[frame(1.1) : frame(2.0)], atol=1e-6)
    assert not np.allclose(heard[frame(0.1) : frame(0.9)], music[frame(0.1) : frame(0.9)], atol=0.01)
    assert np.abs(np.diff(heard, axis=0)).max() < 2 * np.abs(np.diff(music, axis=0)).max()


def test_an_effect_is_the_same_twice(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", noise(3.0))
    world = sounding(tmp_path, FILTERED + "    - {name: wide, kind: chorus}\n  chain: [wide, hall, loud]")
    assert np.array_equal(mixed(world, 2.0), mixed(world, 2.0))


def test_what_a_show_says_wrongly_of_effects_is_said_with_its_line(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", noise(0.5))
    text = """track: {file: a.wav}
sound:
  effects:
    - {name: low, kind: lowpass, settings: {cutof_hz: 300}}
    - {name: low, kind: gain, settings: {gain_db: 90}}
  chain: [lo, low, low]
movements:
  - {name: one, duration_s: 1, chain: [hall]}
"""
    with pytest.raises(ShowError) as caught:
        sounding(tmp_path, text)
    found = [(problem.line, problem.path, problem.what, problem.mend) for problem in caught.value.problems]
    assert found == [
        (4, "sound.effects.0.settings.cutof_hz", "lowpass has no setting cutof_hz", "did you mean cutoff_hz?"),
        (5, "sound.effects.1.name", "low is the name of two effects", "rename one"),
        (5, "sound.effects.1.settings.gain_db", "90 is outside of gain_db, which takes -60 to 24 dB", ""),
        (6, "sound.chain.0", "there is no sound effect lo", "did you mean low?"),
        (6, "sound.chain.2", "low is in this chain already", "give a second effect another name"),
        (8, "movements.0.chain.0", "there is no sound effect hall", "there are low"),
    ]
