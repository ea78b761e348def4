"""What shaders see of a track: bytes at the right instants, however the sound is cut, and picked by time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.sound_pictures import BANDS, SAMPLES, NewestPicture, TrackPictures
from engine.app.listening import listen
from engine.app.live_hearing import LiveHearing, shaders_hear_input
from engine.core.planner import plan
from engine.core.step import begun
from engine.model.plan import FramePlan, SoundPicture
from engine.model.show import Show
from engine.model.world import PlacedTrack, SoundPictures
from tests.look_support import look_world

RATE_HZ = 48_000
SHOW = Show.model_validate({"layers": [{"name": "a"}], "movements": [{"name": "one", "duration_s": 1}]})


def sine(hz: float, seconds: float, amplitude: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def pictures(sound: np.ndarray, *cuts: int) -> tuple[np.ndarray, np.ndarray]:
    ear = TrackPictures(RATE_HZ)
    for piece in np.split(sound, cuts):
        ear.feed(piece)
    return ear.found()


def test_there_are_sixty_a_second_however_the_sound_is_cut() -> None:
    sound = np.random.default_rng(1).uniform(-1, 1, RATE_HZ).astype(np.float32)
    whole = pictures(sound)
    assert [one.shape for one in whole] == [(61, SAMPLES), (61, BANDS)]
    for other in (pictures(sound, 1, 799, 801, 40_000), pictures(sound, *range(100, RATE_HZ, 700))):
        for one, again in zip(whole, other, strict=True):
            np.testing.assert_array_equal(one, again)


def test_samples_are_the_newest_before_the_instant() -> None:
    sound = np.linspace(-1, 1, RATE_HZ, dtype=np.float32)
    samples, _ = pictures(sound)
    np.testing.assert_array_equal(samples[30], np.rint(128 + 127 * sound[24_000 - SAMPLES : 24_000]))
    assert (samples[0] == 128).all()


@pytest.mark.parametrize("hz", [1000, 5000, 20_000])
def test_a_tone_stands_in_its_band(hz: int) -> None:
    _, spectra = pictures(sine(hz, 0.5, 0.01))
    band = int(spectra[20].argmax())
    assert abs(band - hz / (RATE_HZ / 2) * BANDS) <= 1
    # -40 dB, a quarter of which is in the sine's bin of a Hann window: -52 dB of -100 to -30.
    assert spectra[20].max() == pytest.approx(255 * 48 / 70, abs=8)
    assert int(np.median(spectra[20])) < 40


def test_silence_is_nothing() -> None:
    samples, spectra = pictures(np.zeros(RATE_HZ, dtype=np.float32))
    assert (samples == 128).all()
    assert not spectra.any()


def test_a_show_listens_for_shaders_only_where_one_does() -> None:
    blocks = [sine(440, 0.5)[:, None]]
    heard = listen(SHOW, "a.wav", RATE_HZ, blocks, for_shaders=True).pictures
    assert heard is not None
    assert heard.samples.shape == (31, SAMPLES)
    assert listen(SHOW, "a.wav", RATE_HZ, blocks).pictures is None


def test_the_plan_has_the_picture_of_the_instant_through_loops() -> None:
    numbers = np.arange(120, dtype=np.uint8)
    heard = SoundPictures(60.0, np.repeat(numbers[:, None], SAMPLES, 1), np.repeat(numbers[:, None], BANDS, 1))
    text = """
layers: [{name: low, generator: {shader: bars}}]
track: {file: tests/conftest.py, at_end: loop}
movements: [{name: one, duration_s: 100}]
"""
    track = PlacedTrack(Path("t.flac"), 2.0, pictures=heard, loops=True)
    world = look_world(text, track=track)

    def at(at_s: float) -> SoundPicture | None:
        return plan(world, begun(world), at_s).sound

    for at_s, number in ((0.0, 0), (0.5, 30), (1.999, 119), (2.5, 30)):
        found = at(at_s)
        assert found is not None
        assert (found.samples.shape, found.spectrum.shape) == ((1, SAMPLES), (1, BANDS))
        assert found.samples[0, 0] == found.spectrum[0, 0] == number
    once = look_world(text, track=PlacedTrack(Path("t.flac"), 2.0, pictures=heard))
    assert plan(once, begun(once), 3.0).sound is None
    assert plan(look_world(text), begun(once), 1.0).sound is None


@pytest.mark.parametrize("parts", [1, 4, 200])
def test_live_sound_looks_as_a_tracks_does(parts: int) -> None:
    sound = np.random.default_rng(2).uniform(-0.5, 0.5, RATE_HZ // 10).astype(np.float32)
    samples, spectra = pictures(sound)
    newest = NewestPicture()
    for number, piece in enumerate(np.split(sound, 6), start=1):
        for part in np.split(piece, parts):
            picture = newest.feed(part)
        np.testing.assert_array_equal(picture.samples, samples[number : number + 1])
        np.testing.assert_array_equal(picture.spectrum, spectra[number : number + 1])


def some_sound(level: int) -> SoundPicture:
    return SoundPicture(np.full((1, SAMPLES), level, np.uint8), np.full((1, BANDS), level, np.uint8))


def test_live_sound_stands_before_the_tracks_and_still_in_a_frozen_picture() -> None:
    of_track, first, second = (some_sound(level) for level in (1, 2, 3))
    newest: list[SoundPicture | None] = [None, first, second, None]
    hearing = LiveHearing(lambda: newest.pop(0))

    def heard(at_s: float, frozen_at_s: float | None = None) -> SoundPicture | None:
        return hearing(FramePlan(at_s, (), sound=of_track, frozen_at_s=frozen_at_s)).sound

    assert heard(0) is of_track
    assert heard(1) is first
    assert heard(2, frozen_at_s=1) is first
    assert heard(3) is second
    assert heard(4) is of_track


@pytest.mark.parametrize(
    ("said", "has_track", "expected"),
    [
        ("onsets: {source: input}", False, True),
        ("onsets: {source: input}", True, True),
        ("levels: [{name: room, source: input}]", False, True),
        ("levels: [{name: room, source: input}]", True, False),
        ("levels: [{name: tape}]", False, False),
    ],
)
def test_shaders_hear_the_input_where_onsets_do_or_nothing_else_is_there(
    said: str, has_track: bool, expected: bool
) -> None:
    text = f"""
layers: [{{name: low, generator: {{shader: bars}}}}]
{said}
movements: [{{name: one, duration_s: 100}}]
"""
    world = look_world(text, track=PlacedTrack(Path("t.flac"), 2.0) if has_track else None)
    assert shaders_hear_input(world) is expected
    deaf = {name: shader for name, shader in world.loaded.shaders.items() if not shader.listens}
    assert not shaders_hear_input(replace(world, loaded=replace(world.loaded, shaders=deaf)))
