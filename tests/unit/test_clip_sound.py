"""The clips' own sound: it follows their playheads, at the pitch of their speed, as loud as their layers' volume."""

from __future__ import annotations

import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.core.figures import Figures
from engine.errors import SourceError
from engine.formats.library_rows import StoredClip, StoredSource, Traits
from engine.formats.library_writer import LibraryWriter
from engine.formats.sound_places import SoundPlace, SoundPlaces, clip_key
from engine.model.clips import Codec
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import store_footage
from preprocess.catalogue.values import Footage, Piece
from tests.library_support import NewClip, put_source
from tests.media_support import clip_of, encode
from tests.sound_shows import RATE_HZ, Samples32, event, mixed, movie_with_sound, noise, sine, sounding, wav

TRAITS = Traits(0.5, 0.4, 0.3, 0.5, 0.1, 0.2, 0.6)


def frame(at_s: float) -> int:
    return round(at_s * RATE_HZ)


def pitch_hz(samples: Samples32) -> float:
    """The strongest frequency."""
    part = samples[:, 0] * np.hanning(len(samples))
    size = 1 << 20
    return float(np.argmax(np.abs(np.fft.rfft(part, size))) * RATE_HZ / size)


def clip_show(folder: Path, sound: Samples32, layer: str = "volume: 1", show: str = "") -> str:
    movie_with_sound(folder / "clip.mov", sound)
    return f"{show}\nlayers: [{{name: base, source: clip.mov, {layer}}}]\nmovements: [{{name: one, duration_s: 30}}]"


def test_at_its_own_speed_a_clip_sounds_as_it_is(tmp_path: Path) -> None:
    sound = noise(4.0)
    heard = mixed(sounding(tmp_path, clip_show(tmp_path, sound)), 3.0)
    assert np.array_equal(heard[300:], sound[300 : len(heard)])  # it comes in within 5 ms
    quiet = mixed(sounding(tmp_path, clip_show(tmp_path, sound, "volume: 0.25")), 1.0)
    assert np.allclose(quiet[300:], sound[300 : len(quiet)] / 4)
    assert not mixed(sounding(tmp_path, clip_show(tmp_path, sound, "volume: 0")), 1.0).any()


@pytest.mark.parametrize(("speed", "hz"), [(0.5, 220), (2, 880), (3.7, 1628), (0.25, 110)])
def test_the_pitch_follows_the_speed(tmp_path: Path, speed: float, hz: float) -> None:
    text = clip_show(tmp_path, sine(440, 12.0), f"volume: 1, speed: {speed}")
    heard = mixed(sounding(tmp_path, text), 2.0)[frame(0.1) :]
    assert pitch_hz(heard) == pytest.approx(hz, rel=0.001)
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.02)


def test_what_would_fold_down_at_speed_is_filtered_out(tmp_path: Path) -> None:
    """15 kHz at twice the speed are 30 kHz: above what there is, and to be heard as 18 kHz without a filter."""
    text = clip_show(tmp_path, sine(15_000, 8.0), "volume: 1, speed: 2")
    assert np.abs(mixed(sounding(tmp_path, text), 2.0)[frame(0.1) :]).max() < 0.25 * 10 ** (-40 / 20)


@pytest.mark.parametrize("speed", [-1, 0, 0.2, 5])
def test_backwards_standing_too_slow_and_too_fast_are_silent(tmp_path: Path, speed: float) -> None:
    text = clip_show(tmp_path, sine(440, 8.0), f"volume: 1, speed: {speed}")
    assert not mixed(sounding(tmp_path, text), 1.0).any()


def test_a_hand_on_the_speed_bends_the_pitch_and_does_not_click(tmp_path: Path) -> None:
    world = sounding(tmp_path, clip_show(tmp_path, sine(200, 20.0), "volume: 1"))
    turns = [event(1.0 + step * 0.02, "/layer/base/speed", 1 + step * 0.02, sequence=step) for step in range(1, 51)]
    heard = mixed(world, 4.0, events=turns)
    assert pitch_hz(heard[frame(2.5) :]) == pytest.approx(400, rel=0.002)
    assert np.abs(np.diff(heard, axis=0)).max() < 1.3 * 0.25 * 2 * np.pi * 400 / RATE_HZ


def test_a_jump_is_soft_and_lands_where_the_picture_does(tmp_path: Path) -> None:
    sound = sine(97.3, 12.0)
    world = sounding(tmp_path, clip_show(tmp_path, sound, "volume: 1, cue_points: [0, 6.4]"))
    heard = mixed(world, 3.0, events=[event(1.0, "/layer/base/cue", 1)])
    landed = heard[frame(1.02) : frame(2.9)]
    at = frame(6.42)
    assert min(np.abs(landed - sound[at + slip : at + slip + len(landed)]).max() for slip in (-1, 0, 1)) < 1e-5
    own = np.abs(np.diff(sound, axis=0)).max()
    assert np.abs(np.diff(heard, axis=0)).max() < 1.6 * own + 0.004


def test_a_loop_of_picture_loops_its_sound(tmp_path: Path) -> None:
    sound = noise(4.0)
    world = sounding(tmp_path, clip_show(tmp_path, sound, "volume: 1, in_s: 1, out_s: 2"))
    heard = mixed(world, 3.0)
    for turn in range(3):
        assert np.allclose(heard[frame(turn + 0.02) : frame(turn + 0.98)], sound[frame(1.02) : frame(1.98)], atol=1e-6)


@pytest.mark.parametrize(("loop", "after"), [("hold", False), ("clear", False), ("ping_pong", False), ("loop", True)])
def test_past_its_end_a_clip_sounds_only_where_it_goes_on_forwards(tmp_path: Path, loop: str, after: bool) -> None:
    world = sounding(tmp_path, clip_show(tmp_path, noise(4.0), f"volume: 1, out_s: 1, loop: {loop}"))
    heard = mixed(world, 3.0)
    assert heard[frame(0.5)].any()
    assert heard[frame(1.1) : frame(1.9)].any() == after
    assert heard[frame(2.1) : frame(2.9)].any() == (loop in {"loop", "ping_pong"})


def test_clips_cross_fade_with_the_movements(tmp_path: Path) -> None:
    movie_with_sound(tmp_path / "a.mov", noise(8.0, 1))
    movie_with_sound(tmp_path / "b.mov", noise(8.0, 2))
    world = sounding(
        tmp_path,
        """
layers: [{name: a, source: a.mov, volume: 1}, {name: b, source: b.mov, volume: 1}]
movements:
  - {name: one, duration_s: 2, hidden: [b]}
  - {name: two, duration_s: 9, hidden: [a], transition_s: 1}
""",
    )
    heard = mixed(world, 4.0)
    levels = [10 * np.log10(np.mean(heard[at : at + 4800] ** 2)) for at in range(frame(1.5), frame(3.5), 4800)]
    assert max(levels) - min(levels) < 0.6


def test_music_and_clip_are_mixed_and_a_mapping_may_drive_the_volume(tmp_path: Path) -> None:
    music, sound = noise(4.0, 1), noise(4.0, 2)
    wav(tmp_path / "a.wav", music)
    text = clip_show(tmp_path, sound, "volume: 0.5", "track: {file: a.wav, gain_db: -6}")
    heard = mixed(sounding(tmp_path, text), 2.0)
    expected = music * np.float32(10 ** (-6 / 20)) + sound * np.float32(0.5)
    assert np.allclose(heard[300:], expected[300 : len(heard)], atol=1e-6)


def test_a_clip_without_sound_is_silent_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    encode(tmp_path / "mute.mov", "mjpeg", "yuvj420p", range(8))
    figures = Figures()
    text = "layers: [{name: base, source: mute.mov, volume: 1}]\nmovements: [{name: one, duration_s: 30}]"
    with caplog.at_level(logging.WARNING):
        assert not mixed(sounding(tmp_path, text), 4.0, figures=figures).any()
    assert [record.getMessage() for record in caplog.records] == [
        f"silent: {tmp_path}/mute.mov: has no sound in it. Name a sound file, or a film with sound."
    ]
    assert figures.counter("track_read_errors").count == 1
    assert figures.counter("clip_sound_misses").count == 0


def test_a_clip_of_the_library_sounds_from_its_source(tmp_path: Path) -> None:
    sound = noise(8.0)
    source = StoredSource(movie_with_sound(tmp_path / "source.mov", sound), "Source", "source", verdict="sound")
    with LibraryWriter(tmp_path / "library") as library:
        new = []
        for slug, in_s in (("first", 0.0), ("second", 3.2)):
            file = encode(library.work / f"{slug}.mov", "mjpeg", "yuvj420p", range(50))
            clip = replace(clip_of(file, Codec.MJPEG, 50), slug=slug, rate=Fraction(25))
            assert clip.table is not None
            stored = StoredClip(clip, source.path, in_s, in_s + 2, file.stat().st_size, "", TRAITS)
            new.append(NewClip(file, stored, clip.table))
        put_source(library, source, *new)
    text = "library: library\nlayers: [{name: base, clips: [second], volume: 1}]"
    world = sounding(tmp_path, text + "\nmovements: [{name: one, duration_s: 30}]")
    heard = mixed(world, 1.5)
    assert np.array_equal(heard[300:], sound[frame(3.2) + 300 :][: len(heard) - 300])

    places = SoundPlaces(world.loaded)
    assert places(clip_key("first")) == SoundPlace(source.path, 0.0)
    source.path.unlink()
    with pytest.raises(SourceError, match=r"source.mov: does not exist.*the sound of first is in it"):
        places(clip_key("first"))


def test_a_clip_whose_source_has_a_mezzanine_sounds_from_that(tmp_path: Path) -> None:
    sound = noise(8.0)
    source = StoredSource(movie_with_sound(tmp_path / "source.mov", noise(8.0, 7)), "Source", "source", verdict="sound")
    folder = tmp_path / "library"
    with Catalogue(folder) as catalogue:
        library = catalogue.library
        file = encode(library.work / "a.mov", "mjpeg", "yuvj420p", range(50))
        clip = replace(clip_of(file, Codec.MJPEG, 50), slug="source", rate=Fraction(25))
        assert clip.table is not None
        stored = StoredClip(clip, source.path, 3.0, 5.0, file.stat().st_size, "", TRAITS)
        put_source(library, source, NewClip(file, stored, clip.table))
        mezzanine = folder / "mezzanine/source.mov"
        mezzanine.parent.mkdir()
        movie_with_sound(mezzanine, sound)
        pieces = (Piece(0, 200, 0.0),)
        store_footage(
            catalogue,
            Footage(
                *("source", source.path, mezzanine, 1, 160, 96, Fraction(25), 200, False, False, True, -30.0, -3.0),
                pieces,
            ),
        )
        with catalogue.transaction() as connection:
            connection.execute(
                "INSERT INTO fragments (slug, base, scene_index, begin, end, handle_in)"
                " VALUES ('source', 'source', 0, 35, 85, 5)"
            )
    text = "library: library\nlayers: [{name: base, clips: [source], volume: 1}]"
    world = sounding(tmp_path, text + "\nmovements: [{name: one, duration_s: 30}]")
    places = SoundPlaces(world.loaded)
    assert places(clip_key("source")) == SoundPlace(mezzanine, 1.2)
    heard = mixed(world, 1.5)
    assert np.array_equal(heard[300:], sound[frame(1.2) + 300 :][: len(heard) - 300])
    mezzanine.unlink()
    assert places(clip_key("source")) == SoundPlace(source.path, 3.0)
