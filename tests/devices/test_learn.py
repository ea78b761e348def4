"""Learning on a real stage: a key, a control moved on a real MIDI port, and the line that the show's file has then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import mido
import pytest

from tests.devices.sound_support import wait_until
from tests.devices.stage_support import playing
from tests.devices.xvfb_support import virtual_display
from tests.film_support import REPOSITORY, grey_movie
from tests.support import need_program

OSC_PORT = 9747
LEVEL = 200

SHOW = f"""# A show of one layer.
title: learn-test
canvas: {{width: 320, height: 180, rate: 30}}
layers:
    - {{name: low, source: low.mp4, speed: 0, loop: hold}}   # grey
movements: [ {{name: one, duration_s: 600}} ]
controllers:
    - {{profile: nanokontrol2, port: faders}}   # ours
bindings:
    # by hand
    - key: "7"   # out
      to: /quit

# what it listens to
inputs:
    midi: {{port: faders}}
    osc: {{port: {OSC_PORT}}}
"""


@pytest.fixture
def show(tmp_path: Path) -> Path:
    grey_movie(tmp_path / "low.mp4", frames=2, first_level=LEVEL)
    file = tmp_path / "show.yaml"
    file.write_text(SHOW)
    return file


@pytest.fixture
def faders(jack: None) -> Iterator[mido.ports.BaseOutput]:
    with mido.open_output("faders", virtual=True) as port:
        yield port


def with_line(line: str) -> str:
    return SHOW.replace("      to: /quit\n", f"      to: /quit\n    - {line}\n")


def test_in_the_window_a_fader_is_learned_plays_and_is_written_down(
    show: Path, faders: mido.ports.BaseOutput, jack_daemon: dict[str, str]
) -> None:
    oscsend = need_program("oscsend", "liblo-tools")
    with virtual_display(640, 480) as display, playing(show, display, jack_daemon) as on:
        display.find("learn-test")
        wait_until(on.shows(LEVEL), "the picture")
        display.focus("learn-test")
        subprocess.run([oscsend, "127.0.0.1", str(OSC_PORT), "/master/fade", "f", "0.5"], check=True)
        wait_until(on.shows(LEVEL / 2), "half the light, so that the fade was played last")
        display.press("F2")

        def learned() -> bool:
            for value in (20, 60, 100, 127):
                faders.send(mido.Message("control_change", control=90, value=value))
            return show.read_text() != SHOW

        wait_until(learned, "a new line in the show")
        assert show.read_text() == with_line("{midi: {cc: 90, channel: 1}, to: /master/fade}")
        faders.send(mido.Message("control_change", control=90, value=0))
        wait_until(on.shows(0), "black, by the fader")
        faders.send(mido.Message("control_change", control=90, value=127))
        wait_until(on.shows(LEVEL), "light, by the fader")
        display.press("7")
        _, err = on.process.communicate(timeout=30)
        assert on.process.returncode == 0, err


@contextmanager
def in_a_terminal(
    show: Path, devices: dict[str, str]
) -> Iterator[tuple[Callable[[bytes], object], Callable[[], str], subprocess.Popen[bytes]]]:
    """`runtime-play --headless` in a terminal of its own: what types into it, what reads all that it has shown."""
    controller, terminal = os.openpty()
    os.set_blocking(controller, False)
    environment = os.environ | devices | {"MIDO_BACKEND": "mido.backends.rtmidi/UNIX_JACK"}
    environment |= {"COLUMNS": "240", "TERM": "xterm"}
    command = [sys.executable, "-m", "engine.app.play", str(show), "--headless", "--silent"]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdin=terminal, stdout=terminal, stderr=terminal, env=environment
    )
    os.close(terminal)
    seen: list[bytes] = []

    def shown() -> str:
        try:
            while chunk := os.read(controller, 65_536):
                seen.append(chunk)
        except OSError:  # nothing more for now, or the other end is closed
            pass
        return b"".join(seen).decode(errors="replace")

    try:
        yield lambda typed: os.write(controller, typed), shown, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)  # JACK stands still for long where a client of its own is killed
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(controller)


def test_in_the_terminal_a_controllers_button_is_learned_by_its_name(
    show: Path, faders: mido.ports.BaseOutput, jack_daemon: dict[str, str]
) -> None:
    with in_a_terminal(show, jack_daemon) as (type_in, shown, process):
        wait_until(lambda: "one 0." in shown(), "the show's line")
        type_in(b"\x1bOQ")
        wait_until(lambda: "LEARN choose what to play" in shown(), "that something is learned")
        type_in(b"7")  # typed, not played: the show goes on
        wait_until(lambda: '"7" 0 of' in shown(), "what was typed")
        type_in(b"\x7f/quit")
        wait_until(lambda: 'LEARN move a control to play /quit  "/quit" 1 of' in shown(), "what is to be bound")

        def pressed() -> None:
            for value in (127, 0):
                faders.send(mido.Message("control_change", control=41, value=value))

        pressed()
        written = "{control: nanokontrol2/play, to: /quit}"
        wait_until(lambda: f"learn: {written} is written into show.yaml" in shown(), "that it is written")
        assert show.read_text() == with_line(written)
        assert process.poll() is None
        pressed()
        wait_until(lambda: process.poll() == 0, "the end, by the button")
