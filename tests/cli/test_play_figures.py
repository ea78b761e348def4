"""The figures of a show that plays: asked for over OSC, told to a client, printed on a key, and in the report."""

from __future__ import annotations

import json
import os
import pty
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage

from tests.film_support import grey_movie, start_module

TIMEOUT_S = 60.0

SHOW = """
title: Figures
canvas: {{width: 64, height: 36, rate: 30}}
layers:
  - {{name: base, source: up.mp4}}
movements:
  - {{name: one, duration_s: 60}}
inputs: {{midi: {{enabled: false}}, osc: {{port: {port}}}}}
outputs: {{figures: {{port: {told}, every_s: 0.2}}}}
"""


@pytest.fixture
def clients() -> Iterator[tuple[socket.socket, socket.socket]]:
    """One that asks and one that is told."""
    with udp() as asking, udp() as told:
        yield asking, told


def udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.settimeout(TIMEOUT_S)
    return opened


def free_port() -> int:
    with udp() as probe:
        return int(probe.getsockname()[1])


def round_told(client: socket.socket) -> dict[str, float]:
    """A round of figures, up to the one that comes last."""
    numbers: dict[str, float] = {}
    while "/figures/python_ms/last" not in numbers:
        message = OscMessage(client.recv(65_536))
        numbers[message.address] = message.params[0]
    return numbers


def wait_for_pictures(client: socket.socket) -> float:
    """Until the client is told of frames shown; how many."""
    deadline = time.monotonic() + TIMEOUT_S
    while (shown := round_told(client).get("/figures/frames_shown", 0)) == 0:
        assert time.monotonic() < deadline, "no frame is shown"
    return shown


def show(folder: Path, port: int, told: int) -> Path:
    grey_movie(folder / "up.mp4")
    path = folder / "show.yaml"
    path.write_text(SHOW.format(port=port, told=told))
    return path


@contextmanager
def playing(path: Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """The player as a process, ended with the block; a failure inside tells what it had said."""
    process = start_module("engine.app.play", path, "--headless", "--silent", "--json", **options)
    try:
        yield process
    except BaseException as error:
        process.kill()
        error.add_note(process.communicate()[1])
        raise


def test_a_show_tells_its_figures_over_osc(tmp_path: Path, clients: tuple[socket.socket, socket.socket]) -> None:
    asking, told = clients
    port = free_port()
    with playing(show(tmp_path, port, told.getsockname()[1])) as process:
        # It listens once it tells: the player opens OSC before it sends its figures.
        first = wait_for_pictures(told)
        asking.sendto(b"/figures\0\0\0\0,\0\0\0", ("127.0.0.1", port))
        numbers = round_told(asking)
        asking.sendto(b"/quit\0\0\0,\0\0\0", ("127.0.0.1", port))
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, err
    assert "figures at" not in err, "who asked was told, and the terminal was left alone"
    assert numbers["/figures/frames_shown"] >= first
    assert {"/figures/preread_misses", "/figures/armed_jump_misses", "/figures/tick_late_ms/p50"} <= numbers.keys()
    figures = json.loads(out)
    assert figures["frames_shown"] >= numbers["/figures/frames_shown"]
    assert figures["osc_events"] == 2
    assert {"python_ms_p50", "python_ms_p99", "python_ms_max", "tick_late_ms_last"} <= figures.keys()


def test_f1_in_the_terminal_prints_them(tmp_path: Path, clients: tuple[socket.socket, socket.socket]) -> None:
    _, told = clients
    master, slave = pty.openpty()
    with playing(show(tmp_path, 0, told.getsockname()[1]), stdin=slave) as process:
        wait_for_pictures(told)
        os.write(master, b"\x1bOP")
        assert process.stderr is not None
        said = read_until(process.stderr.fileno(), b"python ms")
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)
    os.close(master)
    os.close(slave)
    assert process.returncode == 0
    assert "figures at" in said
    assert "pre-read misses" in said


def read_until(descriptor: int, words: bytes) -> str:
    """What a process says, up to `words` in capitals or not."""
    said = b""
    deadline = time.monotonic() + TIMEOUT_S
    while words not in said.lower():
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, said
        said += os.read(descriptor, 4096)
    return said.decode()
