"""runtime-tools monitor as a process: beside a player, without one, and on a terminal; real JACK MIDI, real UDP."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mido
import pytest

from engine.model.controls import OscInput
from tests.devices.osc_support import free_port, osc_stage, oscsend
from tests.devices.sound_support import TIMEOUT_S, wait_until
from tests.film_support import REPOSITORY, click_track, grey_movie, run_module, start_module
from tools.monitor_player import WatchedPlayer
from tools.monitor_raw import RawControls
from tools.monitor_told import Clock, Music, Note, Row, Told

SHOW = """title: watched
canvas: {{width: 64, height: 36, rate: 30}}
track: {{file: track.flac, at_end: loop}}
detectors: [{{name: kick}}]
levels: [{{name: loud}}]
mappings: [{{level: loud, to: /layer/echo/scale}}]
tempo: {{bpm: 120}}
layers: [{{name: base, source: up.mp4}}, {{name: echo, source: up.mp4, opacity: 0.5}}]
movements: [{{name: one, duration_s: 3600}}, {{name: two, duration_s: 60}}]
bindings:
  - {{midi: {{cc: 21}}, to: /layer/echo/opacity}}
  - {{midi: {{cc: 22}}, to: /layer/base/opacity, takeover: pickup}}
  - {{midi: {{note: 36}}, to: /movement/next, quantise: {{to: bar}}}}
inputs: {{osc: {{port: {port}}}}}
"""
FADER = mido.Message("control_change", control=21, value=127)
BEHIND = mido.Message("control_change", control=22, value=3)
PAD = mido.Message("note_on", note=36, velocity=100)
STRAY = mido.Message("note_on", note=99, velocity=127, channel=4)


@dataclass
class Written:
    """A show on disk, and the OSC port that its player listens on."""

    file: Path
    port: int


@pytest.fixture
def show(tmp_path: Path) -> Written:
    grey_movie(tmp_path / "up.mp4")
    click_track(tmp_path / "track.flac", [0.1, 0.6, 1.1, 1.6], 2.0)
    written = Written(tmp_path / "show.yaml", free_port())
    written.file.write_text(SHOW.format(port=written.port))
    return written


@pytest.fixture
def midi(jack_daemon: dict[str, str], jack: None) -> dict[str, str]:
    """The environment of a program that hears MIDI by JACK."""
    return os.environ | jack_daemon | {"MIDO_BACKEND": "mido.backends.rtmidi/UNIX_JACK"}


@dataclass
class Monitor:
    """A monitor that prints JSON, and what it printed."""

    process: subprocess.Popen[str]
    told: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(json.loads(line))

    def listen(self) -> None:
        assert self.process.stderr is not None
        self.complaints.extend(self.process.stderr)

    def tells(self, act: Callable[[], None], **wanted: Any) -> dict[str, Any]:
        """Act again and again until an event with these fields is told; that event."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            assert self.process.poll() is None, self.complaints
            act()
            deadline_s = time.monotonic() + 0.2
            while not found and time.monotonic() < deadline_s:
                found.extend(one for one in list(self.told) if wanted.items() <= one.items())
                time.sleep(0.01)
            return bool(found)

        wait_until(there, f"{wanted} in what the monitor tells", timeout_s=60)
        return found[0]


@contextmanager
def monitoring(*arguments: str | Path, env: dict[str, str] | None = None) -> Iterator[Monitor]:
    process = start_module("tools.cli", "monitor", *arguments, "--json", env=env)
    monitor = Monitor(process)
    threads = [threading.Thread(target=work) for work in (monitor.read, monitor.listen)]
    for thread in threads:
        thread.start()
    try:
        yield monitor
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT_S) == 0, monitor.complaints
    finally:
        process.kill()
        for thread in threads:
            thread.join()


@contextmanager
def player(show: Written, env: dict[str, str]) -> Iterator[None]:
    process = start_module("engine.app.play", show.file, "--headless", "--silent", "--for", "120", env=env)
    try:
        with contextlib.closing(WatchedPlayer("127.0.0.1", show.port)) as there:
            wait_until(there.answers, "the player to answer", timeout_s=60)
        yield
        process.send_signal(signal.SIGINT)  # JACK stands still for long where a client of its own is killed
        assert process.wait(TIMEOUT_S) == 0
    finally:
        process.kill()
        print(process.communicate()[1])  # what it had to say, where a test fails


def check_every_outcome(monitor: Monitor, show: Written, pads: mido.ports.BaseOutput) -> None:
    """What controllers send, and what the show's bindings make of it."""
    opacity = "/layer/echo/opacity"
    fader = monitor.tells(lambda: pads.send(FADER), address="midi/cc/1/21", outcome="played", path=opacity, played=1.0)
    assert fader["source"] == "midi"
    assert "pads" in fader["port"]
    assert fader["binding"] == {"midi": {"cc": 21, "channel": 1}}
    monitor.tells(lambda: pads.send(BEHIND), address="midi/cc/1/22", outcome="held", path="")
    monitor.tells(lambda: pads.send(PAD), address="midi/note/1/36", path="/movement/next", wait="bar")
    stray = monitor.tells(lambda: pads.send(STRAY), address="midi/note/5/99")
    assert (stray["outcome"], stray["path"]) == ("unbound", "")
    monitor.tells(lambda: oscsend(show.port, opacity, "f", "1.5"), source="osc", outcome="clamped", played=1.0)
    monitor.tells(lambda: oscsend(show.port, "/nobody", "f", "1"), source="osc", address="/nobody", outcome="unbound")


def test_beside_a_player_it_tells_what_the_player_makes_of_each_event(show: Written, midi: dict[str, str]) -> None:
    with (
        mido.open_output("pads", virtual=True, client_name="pads") as pads,
        player(show, midi),
        monitoring(show.file) as monitor,
    ):
        check_every_outcome(monitor, show, pads)
    assert f"show.yaml: the player at 127.0.0.1:{show.port}" in monitor.complaints[0]


def test_without_a_player_it_listens_and_resolves_by_itself(show: Written, midi: dict[str, str]) -> None:
    with (
        mido.open_output("pads", virtual=True, client_name="pads") as pads,
        monitoring(show.file, env=midi) as monitor,
    ):
        check_every_outcome(monitor, show, pads)
    assert any("no player: listening by itself" in line for line in monitor.complaints)


def test_without_a_show_it_names_the_controls(midi: dict[str, str]) -> None:
    with (
        mido.open_output("pads", virtual=True, client_name="pads") as pads,
        monitoring("--source", "midi", env=midi) as monitor,
    ):
        found = monitor.tells(lambda: pads.send(STRAY), address="midi/note/5/99")
    assert found["binding"] == {"midi": {"note": 99, "channel": 5}}
    assert (found["outcome"], found["path"]) == ("", "")


def test_without_a_show_osc_is_heard_questions_too(jack: None) -> None:
    told: list[Told] = []
    with contextlib.closing(RawControls(OscInput(port=0))) as raw:
        assert raw.osc_port is not None
        oscsend(raw.osc_port, "/fader/3", "f", "0.5")
        oscsend(raw.osc_port, "/runtime/status")

        def heard() -> bool:
            told.extend(raw.poll(0.1))
            return len(told) >= 2

        wait_until(heard, "two OSC messages")
    heard_of = [(one.address, one.value) for one in told if isinstance(one, Row)]
    assert heard_of == [("/fader/3", 0.5), ("/runtime/status", 1.0)]


def test_a_player_that_goes_is_said_and_watched_again_when_it_is_back() -> None:
    clock_s = [0.0]

    def polled(until: Callable[[list[Told]], bool]) -> list[Told]:
        told: list[Told] = []

        def enough() -> bool:
            clock_s[0] += 0.3
            told.extend(watched.poll(0.05))
            return until(told)

        wait_until(enough, "the player's state to be told")
        return told

    with osc_stage() as stage:
        watched = WatchedPlayer("127.0.0.1", stage.port, monotonic=lambda: clock_s[0])
        assert watched.answers()
        assert watched.file == "show.yaml"
        polled(lambda told: any(isinstance(one, Music) for one in told))
        port = stage.port
    gone = polled(lambda told: any(isinstance(one, Note) for one in told))
    assert [one.text.split(";")[0] for one in gone if isinstance(one, Note)] == (
        [f"No answer from the player at 127.0.0.1:{port}"]
    )
    with osc_stage(port=port), contextlib.closing(watched):
        back = polled(lambda told: any(isinstance(one, Clock) for one in told))  # it was subscribed again
    assert f"The player at 127.0.0.1:{port} is back." in [one.text for one in back if isinstance(one, Note)]


def test_nobody_at_the_port_that_was_named_is_an_error() -> None:
    done = run_module("tools.cli", "monitor", "--port", str(free_port()))
    assert done.returncode == 2
    assert "no player answers. Is it playing" in done.stderr


def test_whoever_reads_it_may_have_enough(show: Written) -> None:
    show.file.write_text(show.file.read_text().replace("inputs: {", "inputs: {midi: {enabled: false}, "))
    process = start_module("tools.cli", "monitor", show.file)
    assert process.stdout is not None
    assert process.stderr is not None
    while "listening by itself" not in (line := process.stderr.readline()):
        assert line
    process.stdout.close()

    def over() -> bool:
        oscsend(show.port, "/nobody", "f", "1")
        return process.poll() is not None

    wait_until(over, "the monitor to end")
    assert (process.returncode, process.stderr.read()) == (0, "")


def test_on_a_terminal_it_draws_a_screen_and_leaves_it_as_it_was(show: Written) -> None:
    with osc_stage(port=show.port) as stage:
        stage.at(1.0)
        with terminal(80, 24) as screen:
            process = screen.start("tools.cli", "monitor", str(show.file), "--path", "/layer")
            screen.shows("next cue dawn")
            screen.shows(f"The player at 127.0.0.1:{show.port} plays another show: show.yaml.")
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT_S) == 0
            screen.shows("0 events")
    assert screen.written.count("\x1b[?1049h") == screen.written.count("\x1b[?1049l") == 1  # another screen, and back
    assert "\x1b[2J" not in screen.written  # it is drawn over, not cleared


class Screen:
    """A terminal, and all that was written there."""

    def __init__(self, width: int, height: int) -> None:
        self.written = ""
        self._ours, self._theirs = pty.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Run a program on it, which ends with it."""
        environment = os.environ | {"TERM": "xterm-256color"}
        command, place = [sys.executable, "-m", module, *arguments], self._theirs
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdin=place, stdout=place, stderr=place, start_new_session=True
        )
        return self._process

    def shows(self, text: str) -> None:
        """Wait until this was written, colours aside."""
        wait_until(lambda: text in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._read()), f"{text!r} on the screen")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def _read(self) -> str:
        while select.select([self._ours], [], [], 0)[0]:
            self.written += os.read(self._ours, 65_536).decode(errors="replace")
        return self.written


@contextmanager
def terminal(width: int, height: int) -> Iterator[Screen]:
    screen = Screen(width, height)
    try:
        yield screen
    finally:
        screen.close()
