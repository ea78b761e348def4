"""The whole player on a stage: a real window, real keys, real MIDI, real OSC and real sound, looked at from outside."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import mido
import pytest

from tests.devices.sound_support import SoundServer, wait_until
from tests.devices.stage_support import Stage, playing
from tests.devices.xvfb_support import virtual_display
from tests.film_support import GREY_STEP, click_track, grey_movie
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


@pytest.fixture
def stage(
    tmp_path: Path, sound: SoundServer, jack_daemon: dict[str, str], jack: None
) -> Iterator[tuple[Stage, mido.ports.BaseOutput]]:
    grey_movie(tmp_path / "low.mp4", frames=25, first_level=LEVELS["one"])
    grey_movie(tmp_path / "high.mp4", frames=25, first_level=LEVELS["two"])
    click_track(tmp_path / "track.flac", [0.5], 2.0)
    (tmp_path / "show.yaml").write_text(SHOW)
    with (
        virtual_display(640, 480) as display,
        mido.open_output("faders", virtual=True) as faders,
        playing(tmp_path / "show.yaml", display, jack_daemon | sound.environment) as on,
    ):
        yield on, faders


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
