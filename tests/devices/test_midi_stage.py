"""The player with its controllers: told what they play, pulled with a pad held down, and put back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import mido
import pytest

from engine.core.midi_ports import OWN_INPUT
from tests.devices.midi_support import Lamps
from tests.devices.sound_support import wait_until
from tests.film_support import ended, grey_movie, start_module
from tests.support import need_program

SHOW = """
title: controllers
canvas: {width: 64, height: 36, rate: 30}
onsets: {source: none}
layers:
  - {name: base, source: film.mp4, loop: loop}
movements:
  - {name: only, duration_s: 600}
bindings:
  - {midi: {note: 40, port: pads}, to: /master/blackout, press: momentary, feedback: false}
  - {midi: {cc: 9, port: desk}, to: /master/blackout, press: toggle}
inputs:
  osc: {enabled: false}
"""
LIT = mido.Message("control_change", control=9, value=127)
OUT = mido.Message("control_change", control=9, value=0)
PRESS = mido.Message("note_on", note=40, velocity=127)
RELEASE = mido.Message("note_off", note=40)


@pytest.fixture
def player(tmp_path: Path, jack_daemon: dict[str, str], jack: None) -> Iterator[subprocess.Popen[str]]:
    grey_movie(tmp_path / "film.mp4")
    show = tmp_path / "show.yaml"
    show.write_text(SHOW, encoding="utf-8")
    environment = os.environ | jack_daemon | {"MIDO_BACKEND": "mido.backends.rtmidi/UNIX_JACK"}
    process = start_module("engine.app.play", show, "--headless", "--silent", "--json", env=environment)
    try:
        yield process
    finally:
        print(ended(process)[1])  # what it had to say, where a test fails


@contextmanager
def plugged_in(name: str) -> Iterator[mido.ports.BaseOutput]:
    """A controller's sending side, once the player listens to it."""
    with mido.open_output(name, virtual=True, client_name=name) as port:
        wait_until(lambda: _listened_to(name), f"the player to listen to {name}")
        yield port


def _listened_to(name: str) -> bool:
    command = [need_program("jack_lsp", "jackd2"), "-c"]
    # A server that is just then busy with a client answers nobody else: it is asked again.
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    # What a port is connected to stands below it, set in.
    return any(port.startswith(name) and below[:1] == " " and OWN_INPUT in below for port, below in pairwise(listed))


def test_a_pad_that_was_down_when_its_controller_was_pulled_is_let_go_and_plays_again(
    player: subprocess.Popen[str],
) -> None:
    with Lamps("desk") as desk:
        desk.is_told(OUT)
        with plugged_in("pads") as pads:
            pads.send(PRESS)
            desk.is_told(LIT)
        desk.is_told(OUT)
        with plugged_in("pads") as pads:
            pads.send(PRESS)
            desk.is_told(LIT)
            pads.send(RELEASE)
            desk.is_told(OUT)
            pads.send(PRESS)
            desk.is_told(LIT)
            player.send_signal(signal.SIGINT)
            desk.is_told(OUT)  # and in the end the lamps are put out
            said, complaints = player.communicate(timeout=20)
    figures = json.loads(said)
    assert figures["midi_ports_lost"] == 1
    assert figures["midi_events"] == 5  # the one that nobody sent ended the pad
    assert "the MIDI port is gone; 1 held notes and controls end" in complaints
