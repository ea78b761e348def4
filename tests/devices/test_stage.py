"""The whole player on a stage: a real window, real keys, real MIDI, real OSC and real sound, looked at from outside."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import pytest

from tests.devices.sound_support import SoundServer, wait_until
from tests.devices.xvfb_support import VirtualDisplay, virtual_display
from tests.film_support import GREY_STEP, click_track, grey_movie, start_module
from tests.support import need_program

OSC_PORT = 9741
LEVELS = {"one": 16, "two": 120}  # the first level of grey of each layer's movie

SHOW = f"""
title: stage-test
canvas: {{width: 320, height: 180, rate: 30}}
track: {{file: track.flac, at_end: loop}}
onsets: {{source: none}}
layers:
  - {{name: low, source: low.mp4, speed: 0, loop: hold}}
  - {{name: high, source: high.mp4, speed: 0, loop: hold}}
movements:
  - {{name: one, duration_s: 600, hidden: [high]}}
  - {{name: two, duration_s: 600, hidden: [low]}}
bindings:
  - {{key: space, to: /movement/next}}
  - {{key: q, to: /quit}}
  - {{midi: {{cc: 1}}, scrub: /layer/high}}
inputs:
  midi: {{port: faders}}
  osc: {{port: {OSC_PORT}}}
"""


@dataclass
class Stage:
    display: VirtualDisplay
    process: subprocess.Popen[str]

    def level(self) -> int:
        """The grey in the middle of the screen, or −1 where it is no grey."""
        picture = self.display.screenshot()
        middle = picture[self.display.height // 2, self.display.width // 2].astype(int)
        return int(np.median(middle)) if np.ptp(middle) <= 2 else -1

    def shows(self, level: int) -> Callable[[], bool]:
        def holds() -> bool:
            assert self.process.poll() is None, self.process.communicate()[1]
            return abs(self.level() - level) < GREY_STEP / 2

        return holds


@pytest.fixture
def stage(
    tmp_path: Path, sound: SoundServer, jack_daemon: dict[str, str], jack: None
) -> Iterator[tuple[Stage, mido.ports.BaseOutput]]:
    grey_movie(tmp_path / "low.mp4", frames=25, first_level=LEVELS["one"])
    grey_movie(tmp_path / "high.mp4", frames=25, first_level=LEVELS["two"])
    click_track(tmp_path / "track.flac", [0.5], 2.0)
    (tmp_path / "show.yaml").write_text(SHOW)
    with virtual_display(640, 480) as display, mido.open_output("faders", virtual=True) as faders:
        environment = os.environ | jack_daemon | sound.environment
        environment |= {"DISPLAY": display.name, "MIDO_BACKEND": "mido.backends.rtmidi/UNIX_JACK"}
        process = start_module("engine.app.play", tmp_path / "show.yaml", "--json", env=environment)
        try:
            yield Stage(display, process), faders
        finally:
            process.kill()
            process.communicate()


def test_a_show_is_played_by_keys_midi_and_osc_and_heard(stage: tuple[Stage, mido.ports.BaseOutput]) -> None:
    on, faders = stage
    oscsend = need_program("oscsend", "liblo-tools")
    on.display.find("stage-test")  # waits for the window

    wait_until(on.shows(LEVELS["one"]), "the first movement's picture")
    on.display.focus("stage-test")
    on.display.press("space")
    wait_until(on.shows(LEVELS["two"]), "the second movement's picture, after the space bar")

    for value in (10, 90, 127):
        faders.send(mido.Message("control_change", control=1, value=value))
    wait_until(on.shows(LEVELS["two"] + 24 * GREY_STEP), "the last frame, where the fader is")
    faders.send(mido.Message("control_change", control=1, value=0))
    wait_until(on.shows(LEVELS["two"]), "the first frame, where the fader is")

    subprocess.run([oscsend, "127.0.0.1", str(OSC_PORT), "/master/fade", "f", "0"], check=True)
    wait_until(on.shows(0), "black, after the fade")

    on.display.press("q")
    out, err = on.process.communicate(timeout=30)
    assert on.process.returncode == 0, err
    figures = json.loads(out)
    assert figures["missing"] == []
    assert figures["events"] == 1 + 4 + 1 + 1
    assert figures["frames_shown"] > 0
    assert figures["track_lost"] == 0
