"""Shaders that hear the room: what a foreign player plays into a real sound server moves the picture."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.sound_pictures import BANDS, SAMPLES
from engine.audio.live_analysis import LiveAnalysis
from engine.core.figures import Figures
from engine.formats.sound import Sound, write_sound
from engine.model.show import Show
from tests.devices.sound_support import RATE_HZ, TIMEOUT_S, SoundServer, wait_until
from tests.devices.stage_support import playing
from tests.devices.xvfb_support import virtual_display
from tests.support import need_program

BAND = 16  # of 128: 3000 Hz
TONE_HZ = (BAND + 0.5) * RATE_HZ / 2 / BANDS
QUIET, LOUD = 40, 200  # greys

LISTENER = f"""/*{json.dumps({"ISFVSN": "2", "INPUTS": [{"NAME": "heard", "TYPE": "audioFFT"}]})}*/
void main() {{
    float at_tone = IMG_NORM_PIXEL(heard, vec2({(BAND + 0.5) / BANDS}, 0.5)).r;
    float elsewhere = IMG_NORM_PIXEL(heard, vec2(0.75, 0.5)).r;
    gl_FragColor = vec4(vec3(at_tone > 0.7 && elsewhere < 0.4 ? {LOUD / 255:.6f} : {QUIET / 255:.6f}), 1.0);
}}
"""
SHOW = """
title: listening-test
canvas: {width: 64, height: 36, rate: 30}
onsets: {source: input, device: pulse}
layers: [{name: low, generator: {shader: listener}}]
movements: [{name: one, duration_s: 600}]
inputs: {midi: {enabled: false}, osc: {enabled: false}}
"""


@contextmanager
def tone(server: SoundServer, folder: Path) -> Iterator[None]:
    """A minute of a sine at a quarter of full scale in the room, ended with the block."""
    file = folder / "tone.wav"
    samples = 0.25 * np.sin(2 * np.pi * TONE_HZ * np.arange(60 * RATE_HZ) / RATE_HZ)
    write_sound(file, Sound(samples.astype(np.float32)[:, None], RATE_HZ))
    command = [need_program("paplay", "pulseaudio-utils"), "--device=stage", "--latency-msec=50", str(file)]
    process = subprocess.Popen(command, env=os.environ | server.environment)
    try:
        yield
    finally:
        process.kill()
        process.wait(TIMEOUT_S)


def test_the_newest_of_the_room_is_there_as_of_a_track(tmp_path: Path, sound: SoundServer) -> None:
    parts = {"layers": [{"name": "base"}], "movements": [{"name": "one", "duration_s": 10}]}
    show = Show.model_validate({**parts, "onsets": {"source": "input", "device": "pulse"}})
    listening = LiveAnalysis(show, lambda *_event: None, time.monotonic, Figures(), for_shaders=True)

    def loudest() -> tuple[int, int]:
        """The loudest band, and the furthest sample from silence."""
        heard = listening.sound
        if heard is None:
            return -1, 0
        assert (heard.samples.shape, heard.spectrum.shape) == ((1, SAMPLES), (1, BANDS))
        return int(heard.spectrum.argmax()), int(np.abs(heard.samples.astype(int) - 128).max())

    try:
        wait_until(lambda: loudest() == (0, 0), "a silent room")
        with tone(sound, tmp_path):
            wait_until(lambda: loudest()[0] == BAND and loudest()[1] == pytest.approx(127 / 4, abs=1), "the tone")
        wait_until(lambda: loudest() == (0, 0), "a silent room again")
        listening.for_shaders = False
        assert listening.sound is None
        listening.for_shaders = True
    finally:
        listening.close()
    assert listening.sound is None


def test_a_shader_on_stage_hears_the_room(tmp_path: Path, sound: SoundServer) -> None:
    (tmp_path / "shaders").mkdir()
    (tmp_path / "shaders" / "listener.fs").write_text(LISTENER)
    (tmp_path / "show.yaml").write_text(SHOW)
    with virtual_display(320, 180) as display, playing(tmp_path / "show.yaml", display, sound.environment) as stage:
        display.find("listening-test")
        wait_until(stage.shows(QUIET, within=2), "the picture of a silent room")
        with tone(sound, tmp_path):
            wait_until(stage.shows(LOUD, within=2), "the picture of the tone")
        wait_until(stage.shows(QUIET, within=2), "the picture of a silent room again")
