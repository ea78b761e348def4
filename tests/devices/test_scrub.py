"""A fader over real MIDI is the place in a clip: the picture on a real screen against where the fader stands."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import mido
import pytest

from tests.devices.sound_support import wait_until
from tests.devices.stage_support import Stage, playing
from tests.devices.xvfb_support import virtual_display
from tests.film_support import GREY_STEP, grey_movie

FRAMES = 50
FIRST_LEVEL = 16
TOP = 127  # of a fader
HALF_WAY = 66  # where the fader stands between two frames of the film, which are GREY_STEP levels apart
ROUNDED = 1.5  # levels of grey that a codec's and a canvas's rounding may come to

SHOW = """
title: scrub-test
canvas: {width: 64, height: 36, rate: 30}
onsets: {source: none}
layers:
  - {name: base, source: film.mp4, loop: ping_pong, interpolation: blend}
movements:
  - {name: only, duration_s: 600}
bindings:
  - {midi: {cc: 22}, scrub: /layer/base}
inputs:
  midi: {port: faders}
  osc: {enabled: false}
"""


class Fader:
    """Control change 22 of a virtual port. Counts what it sends."""

    def __init__(self, port: mido.ports.BaseOutput) -> None:
        self._port = port
        self.sent = 0

    def move(self, *values: int) -> None:
        for value in values:
            self._port.send(mido.Message("control_change", control=22, value=value))
            self.sent += 1


def grey_at(value: int) -> float:
    """The grey of the place where the fader stands: between two frames what lies between their greys."""
    return FIRST_LEVEL + value / TOP * (FRAMES - 1) * GREY_STEP


@pytest.fixture
def scrubbed(tmp_path: Path, jack_daemon: dict[str, str], jack: None) -> Iterator[tuple[Stage, Fader]]:
    grey_movie(tmp_path / "film.mp4", frames=FRAMES, first_level=FIRST_LEVEL)
    show = tmp_path / "show.yaml"
    show.write_text(SHOW)
    with (
        virtual_display(320, 240) as display,
        mido.open_output("faders", virtual=True) as port,
        playing(show, display, jack_daemon) as stage,
    ):
        display.find("scrub-test")  # waits for the window
        wait_until(lambda: stage.level() >= FIRST_LEVEL - GREY_STEP, "the first picture")
        yield stage, Fader(port)


def test_the_picture_follows_the_fader_both_ways_and_stands_where_it_is_held(scrubbed: tuple[Stage, Fader]) -> None:
    stage, fader = scrubbed

    for value in (0, 9, 35, 101, TOP, 118, 66, 22):
        fader.move(value)
        wait_until(stage.shows(grey_at(value), within=ROUNDED), f"the picture at {value}")

    fader.move(*range(23, TOP + 1), *range(TOP, 20, -1), *range(20, HALF_WAY + 1))  # faster than pictures are shown
    wait_until(stage.shows(grey_at(HALF_WAY), within=ROUNDED), "the picture where the sweep ended")
    held = {stage.level() for _ in range(5)}
    assert len(held) == 1, "it does not stand still"

    stage.process.send_signal(signal.SIGINT)
    out, err = stage.process.communicate(timeout=30)
    assert stage.process.returncode == 0, err
    figures = json.loads(out)
    assert figures["events"] + figures["events_overtaken"] == figures["midi_events"] == fader.sent
    assert figures["armed_jump_misses"] == 0
    assert figures["source_errors"] == 0
