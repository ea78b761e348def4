"""Sound through a real server: what the track player plays is recorded from the null sink's monitor."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from engine.audio.devices import find_device, list_devices
from engine.audio.live_onsets import LiveOnsets
from engine.audio.track_player import TrackPlayer
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.errors import DeviceError, SourceError
from engine.formats.sound import Sound, read_sound, write_sound
from engine.model.clock import ClockReading
from engine.model.events import EventSource
from engine.model.sound import Onsets
from tests.devices.sound_support import RATE_HZ, Ear, SoundServer, ear_on, sound_server, wait_until

Samples32 = npt.NDArray[np.float32]
FOREVER_S = 1e9


@pytest.fixture
def ear(sound: SoundServer) -> Iterator[Ear]:
    with ear_on(sound) as listening:
        yield listening


def noise(folder: Path, seconds: float, seed: int = 1) -> tuple[Path, Samples32]:
    """A file of white noise, which is like itself nowhere else, and its samples as they are read back."""
    made = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * RATE_HZ), 2)).astype(np.float32)
    file = folder / f"noise{seed}.flac"
    write_sound(file, Sound(made, RATE_HZ))
    return file, read_sound(file).samples


def place_of(part: Samples32, heard: Samples32) -> tuple[int, float]:
    """Where in `heard` the part sounds (a sample's number), and how alike the two are there (1 is the same)."""
    size = 1 << (len(heard) + len(part)).bit_length()
    spectrum = np.fft.rfft(heard[:, 0], size) * np.conj(np.fft.rfft(part[:, 0], size))
    place = int(np.argmax(np.fft.irfft(spectrum, size)[: len(heard)]))
    there = heard[place : place + len(part), 0]
    return place, float(np.corrcoef(there, part[: len(there), 0])[0, 1])


def shown_s(player: TrackPlayer) -> float:
    reading = player.reading()
    assert reading is not None, "the device was lost"
    return reading.show_s


def test_the_track_is_heard_and_the_clock_says_when(tmp_path: Path, ear: Ear) -> None:
    file, samples = noise(tmp_path, 3.0)
    figures = Figures()
    player = TrackPlayer(file, figures=figures, device="pulse", gain_db=-6)
    readings: list[ClockReading] = []
    try:
        player.start(2.0)  # show and track at 2.0 s: the rest of the file is a second long
        while not readings or readings[-1].show_s < 2.9:
            reading = player.reading()
            assert reading is not None
            readings.append(reading)
            time.sleep(0.01)
        wait_until(lambda: shown_s(player) > 3.3, "the clock to run on in the silence after the end")
    finally:
        player.stop()

    place, likeness = place_of(samples[2 * RATE_HZ :], ear.samples())
    assert likeness > 0.999
    heard = ear.samples()[place : place + RATE_HZ]
    assert np.std(heard) / np.std(samples) == pytest.approx(10 ** (-6 / 20), rel=0.02)
    assert not ear.samples()[place + RATE_HZ + 100 :].any()

    show_times = [reading.show_s for reading in readings]
    assert show_times == sorted(show_times)
    truth_s = ear.instant_of(place)  # when the show's instant 2.0 was heard
    errors_s = [reading.at(truth_s) - 2.0 for reading in readings]
    assert max(abs(error_s) for error_s in errors_s) < 0.010
    assert figures.counter("audio_underruns").count == 0
    assert player.reading() is None


def test_a_loop_has_no_seam(tmp_path: Path, ear: Ear) -> None:
    file, samples = noise(tmp_path, 0.3)
    player = TrackPlayer(file, figures=Figures(), device="pulse", loop=True)
    try:
        player.start(100 * 0.3 + 0.1)
        wait_until(lambda: shown_s(player) > 100 * 0.3 + 1.2, "the loop to come round")
    finally:
        player.stop()
    begun = np.concatenate([samples[round(0.1 * RATE_HZ) :], samples, samples, samples])
    assert place_of(begun, ear.samples())[1] > 0.999


def test_a_seek_moves_the_music_and_not_the_show(tmp_path: Path, ear: Ear) -> None:
    file, samples = noise(tmp_path, 8.0)
    figures = Figures()
    player = TrackPlayer(file, figures=figures, device="pulse")
    try:
        player.start()
        wait_until(lambda: shown_s(player) > 0.3, "the beginning")
        sought_s = shown_s(player)
        player.seek(5.0)
        wait_until(lambda: shown_s(player) > sought_s + 1.0, "a second more")
    finally:
        player.stop()
    first, likeness = place_of(samples[: round(0.3 * RATE_HZ)], ear.samples())
    assert likeness > 0.999
    then, likeness = place_of(samples[5 * RATE_HZ : round(5.6 * RATE_HZ)], ear.samples())
    assert likeness > 0.999
    assert 0 < (then - first) / RATE_HZ - sought_s < 0.3
    assert figures.counter("audio_underruns").count == 0


def test_live_onsets_are_stamped_when_they_sounded(tmp_path: Path, sound: SoundServer) -> None:
    times_s = np.array([0.9, 1.2, 1.45, 1.9, 2.2])
    clicks = np.zeros((round(2.6 * RATE_HZ), 1), np.float32)
    for at_s in times_s:
        clicks[round(at_s * RATE_HZ) :][:480] = 0.5 * np.exp(-np.arange(480) / 100)[:, None]
    file = tmp_path / "clicks.wav"
    write_sound(file, Sound(clicks, RATE_HZ))
    inbox, figures = Inbox(), Figures()
    player = TrackPlayer(file, figures=figures, device="pulse")
    player.start()
    reading = player.reading()
    assert reading is not None
    listener = LiveOnsets(
        Onsets(source="input", device="pulse"), inbox.put, lambda: reading.at(time.monotonic()), figures
    )
    try:
        wait_until(lambda: figures.counter("onsets_heard").count >= len(times_s), "five clicks")
    finally:
        listener.close()
        player.stop()
    events = inbox.drain(FOREVER_S)
    assert {(event.source, event.address) for event in events} == {(EventSource.ONSET, "/onset")}
    assert [event.at_s for event in events] == pytest.approx(times_s, abs=0.015)
    assert all(event.value > 0.5 for event in events)


def test_a_device_that_is_not_there_is_named_with_those_that_are(sound: SoundServer) -> None:
    assert find_device("output", "PULSE").name == "pulse"
    assert find_device("input").channels > 0
    assert "pulse" in {device.name for device in list_devices("output")}
    with pytest.raises(DeviceError, match=r"There are: .*pulse"):
        find_device("output", "Scarlett")


def test_a_file_that_is_no_sound_leaves_nothing_running(tmp_path: Path, sound: SoundServer) -> None:
    player = TrackPlayer(tmp_path / "missing.flac", figures=Figures(), device="pulse")
    with pytest.raises(SourceError, match="is not there"):
        player.start()
    assert player.reading() is None
    player.stop()


def test_without_any_device_the_error_says_what_to_do(tmp_path: Path, no_sound: None) -> None:
    file, _ = noise(tmp_path, 0.1)
    with pytest.raises(DeviceError, match="sound server"):
        TrackPlayer(file, figures=Figures()).start()
    with pytest.raises(DeviceError, match="no audio input"):
        LiveOnsets(Onsets(source="input"), Inbox().put, time.monotonic, Figures())


LOSES_ITS_SERVER = """
import os, signal, sys, threading, time
from pathlib import Path
from engine.audio.track_player import TrackPlayer
from engine.core.figures import Figures
from tests.devices.sound_support import wait_until

server, file = int(sys.argv[1]), Path(sys.argv[2])
figures = Figures()
player = TrackPlayer(file, figures=figures, device="pulse", loop=True)
player.start()
wait_until(lambda: player.reading().show_s > 0.1, "music")
os.kill(server, signal.SIGSTOP)
wait_until(lambda: player.reading() is None, "the loss to be noticed", 0.5)
os.kill(server, signal.SIGCONT)
wait_until(lambda: player.reading() is not None, "the return")
os.kill(server, signal.SIGKILL)
wait_until(lambda: player.reading() is None, "the end to be noticed", 0.5)
player.stop()
assert figures.counter("track_lost").count == 2, figures
assert not [thread.name for thread in threading.enumerate() if thread.name == "track-reader"]
print("went on")
"""


def test_a_sound_server_that_freezes_or_dies_is_noticed_and_survived(tmp_path: Path) -> None:
    """In a process of its own, since PortAudio stays with the server that it first found."""
    file, _ = noise(tmp_path, 0.5)
    with sound_server() as server:
        done = subprocess.run(
            [sys.executable, "-c", LOSES_ITS_SERVER, str(server.process.pid), str(file)],
            env=os.environ | server.environment, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    assert done.stdout == "went on\n", done.stderr
    assert done.returncode == 0
