"""Live input through a real server: what a foreign player plays into the null sink is heard on its monitor."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from engine.audio.live_analysis import LiveAnalysis, listens
from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.formats.sound import Sound, write_sound
from engine.model.events import EventSource
from engine.model.show import Show
from tests.devices.sound_support import (
    RATE_HZ,
    TIMEOUT_S,
    Ear,
    SoundServer,
    _sink_there,
    ear_on,
    sound_server,
    wait_until,
)
from tests.support import need_program

CLICKS_S = 0.9 + 0.31 * np.arange(12)
BUFFER_MS = 4.0


def a_show(**parts: object) -> Show:
    show = {"layers": [{"name": "base"}], "movements": [{"name": "one", "duration_s": 10}], **parts}
    return Show.model_validate(show)


def clicks(folder: Path, *, channels: int = 2, silent_channel: int | None = None) -> Path:
    """Twelve clicks of 10 ms as a file."""
    samples = np.zeros((round(5 * RATE_HZ), channels), np.float32)
    for at_s in CLICKS_S:
        samples[round(at_s * RATE_HZ) :][:480] = 0.5 * np.exp(-np.arange(480) / 100)[:, None]
    if silent_channel is not None:
        samples[:, silent_channel] = 0
    file = folder / "clicks.wav"
    write_sound(file, Sound(samples, RATE_HZ))
    return file


@dataclass
class Noted:
    """Events, with the monotonic instant at which each was put. Show time is monotonic time here."""

    events: list[tuple[str, float, float, float]] = field(default_factory=list)  # address, value, stamp, put

    def put(self, source: EventSource, address: str, value: float, at_s: float) -> None:
        assert source is EventSource.ONSET
        self.events.append((address, value, at_s, time.monotonic()))

    def of(self, address: str) -> list[tuple[str, float, float, float]]:
        return [event for event in self.events if event[0] == address]


def played(server: SoundServer, file: Path) -> subprocess.Popen[bytes]:
    paplay = need_program("paplay", "pulseaudio-utils")
    return subprocess.Popen(
        [paplay, "--device=stage", "--latency-msec=50", str(file)], env=os.environ | server.environment
    )


def truth_s(ear: Ear) -> npt.NDArray[np.float64]:
    """When the clicks were on the monitor, by a recorder that is not ours."""
    heard = Ear(ear.process, list(ear.arrived))
    first = int(np.argmax(np.abs(heard.samples()[:, 0]) > 0.1))
    return np.asarray(heard.instant_of(first) + CLICKS_S - CLICKS_S[0])


def nearest(instants_s: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    differences = instants_s[None] - truth[:, None]
    return np.asarray(differences[np.arange(len(truth)), np.abs(differences).argmin(axis=1)])


def test_detectors_side_by_side_stamp_what_they_hear_and_tell_it_soon(tmp_path: Path, sound: SoundServer) -> None:
    show = a_show(
        onsets={"source": "input", "device": "pulse"},
        detectors=[
            {"name": "slow", "source": "input", "method": "hfc"},
            {"name": "air", "source": "input", "band": [2000, 16000]},
            {"name": "tape", "source": "track"},
        ],
        levels=[{"name": "room", "source": "input", "measure": "peak"}, {"name": "track"}],
    )
    noted, figures = Noted(), Figures()
    with ear_on(sound) as ear:
        listening = LiveAnalysis(show, noted.put, time.monotonic, figures)
        try:
            playing = played(sound, clicks(tmp_path))
            wait_until(lambda: figures.counter("onsets_heard").count >= 3 * len(CLICKS_S), "every click, three times")
        finally:
            listening.close()
        truth = truth_s(ear)
    playing.kill()
    playing.wait(TIMEOUT_S)
    for address, most_ms in (("/onset", 8.0), ("/onset/air", 8.0), ("/onset/slow", 25.0)):
        events = noted.of(address)
        assert len(events) == len(CLICKS_S), address
        stamps_s, puts_s = (np.array([event[part] for event in events]) for part in (2, 3))
        assert np.abs(nearest(stamps_s, truth)).max() <= 0.010, address
        delays_ms = (puts_s - stamps_s) * 1000
        print(f"{address}: told {np.median(delays_ms):.1f} ms after it was heard, at most {delays_ms.max():.1f}")
        assert np.median(delays_ms) <= most_ms + BUFFER_MS, address
        assert all(event[1] > 0.5 for event in events)
    assert figures.samples("onset_delay_ms").count == 3 * len(CLICKS_S)
    assert {event[0] for event in noted.events} == {"/onset", "/onset/slow", "/onset/air", "/level/room"}

    levels = noted.of("/level/room")
    assert max(event[1] for event in levels) == pytest.approx(1 + 20 * np.log10(0.5) / 60, abs=0.02)
    assert np.diff([event[2] for event in levels]).min() >= 1 / 60
    loud_s = np.array([event[2] for event in levels if event[1] > 0.8])
    assert len(loud_s) >= len(CLICKS_S) - 1  # the last may come after its onsets, which we waited for
    assert np.abs(nearest(truth, loud_s)).max() <= 0.025


def test_one_channel_with_its_gain_is_heard(tmp_path: Path, sound: SoundServer) -> None:
    onsets = {"source": "input", "device": "pulse", "channel": 2, "gain_db": -20.0}
    show = a_show(onsets=onsets, levels=[{"name": "room", "source": "input", "measure": "peak"}])
    noted = Noted()
    listening = LiveAnalysis(show, noted.put, time.monotonic, Figures())
    try:
        playing = played(sound, clicks(tmp_path, silent_channel=0))
        wait_until(lambda: len(noted.of("/onset")) >= len(CLICKS_S), "every click, from the second channel")
    finally:
        listening.close()
    playing.kill()
    playing.wait(TIMEOUT_S)
    assert max(event[1] for event in noted.of("/level/room")) == pytest.approx(1 - 26 / 60, abs=0.02)


def test_a_channel_that_is_not_there_is_refused(sound: SoundServer) -> None:
    with pytest.raises(DeviceError, match=r"has no channel 64.*onsets: channel"):
        LiveAnalysis(
            a_show(onsets={"source": "input", "device": "pulse", "channel": 64}),
            Noted().put,
            time.monotonic,
            Figures(),
        )
    assert "live-onsets" not in {thread.name for thread in threading.enumerate()}


def test_without_an_input_the_error_says_what_to_do(no_sound: None) -> None:
    with pytest.raises(DeviceError, match="no audio input"):
        LiveAnalysis(a_show(onsets={"source": "input"}), Noted().put, time.monotonic, Figures())


def test_who_listens() -> None:
    assert not listens(a_show(levels=[{"name": "a"}], detectors=[{"name": "b"}]))
    assert listens(a_show(onsets={"source": "input"}))
    assert listens(a_show(onsets={"source": "none"}, detectors=[{"name": "b", "source": "input"}]))
    assert listens(a_show(onsets={"source": "none"}, levels=[{"name": "a", "source": "input"}]))


LOSES_ITS_INPUT = """
import sys, threading, time
from engine.audio.live_analysis import LiveAnalysis
from engine.core.figures import Figures
from tests.devices.sound_support import wait_until
from tests.devices.test_live_analysis import Noted, a_show

noted, figures = Noted(), Figures()
show = a_show(onsets={"source": "input", "device": "pulse"}, levels=[{"name": "room", "source": "input"}])
listening = LiveAnalysis(show, noted.put, time.monotonic, figures)
for turn in range(3):
    before = len(noted.of("/onset"))
    wait_until(lambda: len(noted.of("/onset")) > before + 3, "clicks")
    print("hears", flush=True)
    if turn == 1:
        wait_until(lambda: figures.counter("input_lost").count == 1, "the loss")
        assert noted.of("/level/room")[-1][1] == 0.0, "what the level drives hangs"
        print("lost", flush=True)
    elif turn == 0:
        time.sleep(2)
        assert figures.counter("input_lost").count == 0, "a server that stands still is not gone"
        print("still", flush=True)
begun_s = time.monotonic()
listening.close()
assert time.monotonic() - begun_s < 4
assert "live-onsets" not in {thread.name for thread in threading.enumerate()}
print("closed", flush=True)
"""


def test_an_input_that_hangs_or_dies_is_taken_up_again(tmp_path: Path) -> None:
    """In a process of its own, since PortAudio stays with the server that it first found."""
    file = clicks(tmp_path)
    playing: list[subprocess.Popen[bytes]] = []
    with sound_server() as server:
        child = subprocess.Popen(
            [sys.executable, "-c", LOSES_ITS_INPUT],
            env=os.environ | server.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout is not None

        def play() -> None:
            playing.append(played(server, file))

        def rise() -> None:
            server.start_again()
            wait_until(lambda: _sink_there(server), "PulseAudio to come up again")
            play()

        def go_on() -> None:
            server.thaw()
            play()

        play()
        for word, act in (
            ("hears", server.freeze), ("still", go_on), ("hears", server.kill), ("lost", rise), ("hears", lambda: None),
            ("closed", lambda: None),
        ):  # fmt: skip
            assert child.stdout.readline() == f"{word}\n"
            act()
        assert child.wait(TIMEOUT_S) == 0
        child.stdout.close()
    for one in playing:
        one.kill()
        one.wait(TIMEOUT_S)
