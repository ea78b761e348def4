"""What loading a show hears in its music: detectors side by side, levels as mappings want them, beats."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from engine.app import listening
from engine.app.listening import Heard, listen
from engine.formats.sound import Sound
from engine.model.show import Show
from tests.unit.test_onsets import RATE_HZ, hit, matched


def a_show(text: dict[str, object]) -> Show:
    return Show.model_validate({"layers": [{"name": "base"}], "movements": [{"name": "one", "duration_s": 10}], **text})


@pytest.fixture(scope="module")
def kit() -> tuple[Sound, dict[str, list[float]]]:
    """Twelve seconds at 100 beats a minute: kicks on the beat, hats between, in stereo."""
    noise = np.random.default_rng(4)
    samples = np.zeros(12 * RATE_HZ)
    times_s: dict[str, list[float]] = {"kick": [], "hat": []}
    for eighth in range(36):
        kind = "hat" if eighth % 2 else "kick"
        times_s[kind].append(0.45 + 0.3 * eighth)
        one = hit(kind, noise)
        samples[round(times_s[kind][-1] * RATE_HZ) :][: len(one)] += one
    return Sound(np.stack([samples, samples], axis=1).astype(np.float32), RATE_HZ), times_s


def listened(show: Show, sound: Sound, console: Console | None = None) -> Heard:
    blocks = (sound.samples[begin : begin + 4096] for begin in range(0, len(sound.samples), 4096))
    return listen(show, "music.flac", sound.rate_hz, blocks, expected_s=sound.duration_s, console=console)


def test_detectors_hear_their_bands_and_come_merged(kit: tuple[Sound, dict[str, list[float]]]) -> None:
    sound, times_s = kit
    show = a_show(
        {
            "detectors": [
                {"name": "kick", "method": "fast", "band": [30, 120], "silence_db": -30},
                {"name": "air", "method": "fast", "band": [6000, 16000]},
                {"name": "stage", "source": "input"},
            ]
        }
    )
    heard = listened(show, sound)
    found = {name: tuple(one for one in heard.onsets if one.detector == name) for name in ("", "kick", "air", "stage")}
    score, errors_s = matched(found["kick"], np.array(times_s["kick"]))
    assert score >= 0.95
    assert max(abs(error_s) for error_s in errors_s) <= 0.010
    score, errors_s = matched(found["air"], np.array(times_s["hat"]))
    assert score >= 0.60  # the kick's own click is high too
    assert len(errors_s) == len(times_s["hat"])
    assert max(abs(error_s) for error_s in errors_s) <= 0.010
    assert matched(found[""], np.array(sorted(times_s["kick"] + times_s["hat"])))[0] >= 0.95
    assert not found["stage"]
    assert [one.at_s for one in heard.onsets] == sorted(one.at_s for one in heard.onsets)
    for onsets in found.values():
        assert max((one.strength for one in onsets), default=1.0) == 1.0


def test_a_show_without_detectors_hears_none(kit: tuple[Sound, dict[str, list[float]]]) -> None:
    assert listened(a_show({"onsets": {"source": "none"}}), kit[0]).onsets == ()


def levels_of(kit: tuple[Sound, dict[str, list[float]]]) -> Heard:
    show = a_show(
        {
            "levels": [
                {"name": "bass", "band": [30, 150]},
                {"name": "room", "source": "input"},
                {"name": "idle"},
            ],
            "mappings": [
                {"level": "bass", "to": "/layer/base/opacity", "attack_s": 0, "release_s": 0.5},
                {"level": "room", "to": "/layer/base/opacity"},
            ],
        }
    )
    return listened(show, kit[0])


def test_levels_that_modulations_take_are_there_wherever_those_stand(kit: tuple[Sound, dict[str, list[float]]]) -> None:
    to = {"to": "/layer/base/opacity"}
    show = a_show(
        {
            "levels": [{"name": name} for name in ("one", "two", "three", "idle")],
            "modulations": [{**to, "level": {"name": "one", "attack_s": 0.5, "release_s": 1}}],
            "looks": {"calm": {"modulations": [{**to, "level": {"name": "two", "attack_s": 0, "release_s": 0}}]}},
            "movements": [
                {"name": "one", "duration_s": 1, "modulations": [{**to, "parameter": "/level/three"}]},
            ],
        }
    )
    found = listened(show, kit[0]).envelopes
    assert set(found) == {("one", 0.0, 0.0), ("one", 0.5, 1.0), ("two", 0.0, 0.0), ("three", 0.0, 0.0)}


def test_levels_that_mappings_take_are_there_as_measured_and_as_shaped(
    kit: tuple[Sound, dict[str, list[float]]],
) -> None:
    envelopes = levels_of(kit).envelopes
    assert set(envelopes) == {("bass", 0.0, 0.0), ("bass", 0.0, 0.5)}
    measured, smooth = envelopes["bass", 0.0, 0.0], envelopes["bass", 0.0, 0.5]
    kick_s = kit[1]["kick"][3]
    assert measured.at(kick_s + 0.04) > 0.8
    assert measured.at(kick_s + 0.55) < 0.3 < smooth.at(kick_s + 0.55)
    assert measured.at(11.99) == pytest.approx(0, abs=0.3)


def test_beats_are_found_where_the_show_states_none(kit: tuple[Sound, dict[str, list[float]]]) -> None:
    beats = listened(a_show({"onsets": {"source": "none"}}), kit[0]).beats
    assert np.diff(beats) == pytest.approx(0.6, abs=0.002)
    assert beats[0] == pytest.approx(0.45, abs=0.015)


def test_the_first_bar_may_be_stated_alone(kit: tuple[Sound, dict[str, list[float]]]) -> None:
    beats = listened(a_show({"tempo": {"first_beat_s": 1.6}}), kit[0]).beats
    assert beats[0] == pytest.approx(1.65, abs=0.015)


def test_a_stated_tempo_is_taken_at_its_word(kit: tuple[Sound, dict[str, list[float]]]) -> None:
    beats = listened(a_show({"tempo": {"bpm": 60, "first_beat_s": 0.5}}), kit[0]).beats
    assert beats == tuple(0.5 + number for number in range(12))


def test_a_long_listening_says_how_far_it_is(
    kit: tuple[Sound, dict[str, list[float]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience_s, tells in ((0.0, True), (1000.0, False)):
        monkeypatch.setattr(listening, "_PATIENCE_S", patience_s)
        console = Console(file=io.StringIO(), force_terminal=True, width=100)
        listened(a_show({}), kit[0], console)
        assert ("music.flac" in console.file.getvalue()) is tells  # type: ignore[attr-defined]
