"""The whole player asked, told and watched over OSC, by python-osc's readings of what it sends."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import __version__
from tests.devices.osc_support import free_port, heard, udp_client
from tests.devices.sound_support import TIMEOUT_S
from tests.film_support import grey_movie, start_module
from tests.osc_support import bundle, message, read

_SHOW = """canvas: {{width: 160, height: 90, rate: 30}}
layers: [{{name: base, source: up.mp4}}, {{name: echo, source: up.mp4, opacity: 0.5}}]
movements: [{{name: one, duration_s: 3600}}, {{name: two, duration_s: 60}}]
cues: [{{name: dawn, fires: [{{path: /movement/next}}]}}]
inputs: {{midi: {{enabled: false}}, osc: {{port: {port}}}}}
"""


@pytest.fixture
def client() -> Iterator[socket.socket]:
    with udp_client() as opened:
        yield opened


def next_of(arrived: Iterator[tuple[Any, ...]], address: str) -> tuple[Any, ...]:
    return next(one for one in arrived if one[0] == address)


def wait_for_answer(client: socket.socket) -> None:
    """Ask until it has begun to play."""
    client.settimeout(0.2)
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline
        try:
            client.send(message("/runtime/get", "/show/position"))
            if next(read(client.recv(65_536)))[0] == "/runtime/value":
                break
        except (ConnectionRefusedError, TimeoutError):
            time.sleep(0.05)
    client.settimeout(TIMEOUT_S)


def test_a_show_is_played_asked_watched_and_ended_over_osc(tmp_path: Path, client: socket.socket) -> None:
    grey_movie(tmp_path / "up.mp4")
    port = free_port()
    show = tmp_path / "show.yaml"
    show.write_text(_SHOW.format(port=port))
    process = start_module("engine.app.play", show, "--headless", "--silent", "--for", "120", "--json")
    try:
        client.connect(("127.0.0.1", port))
        wait_for_answer(client)
        arrived = heard(client)

        client.send(message("/runtime/version"))
        assert next_of(arrived, "/runtime/version")[1:] == ("runtime", __version__)

        client.send(message("/runtime/subscribe"))
        assert next_of(arrived, "/layer/echo/opacity")[1] == 0.5
        assert next_of(arrived, "/runtime/movement")[1:] == ("one", 0)
        client.send(message("/runtime/monitor"))
        next_of(arrived, "/runtime/monitoring")

        with udp_client() as other:  # a fader elsewhere
            other.sendto(message("/layer/*/opacity", 0.25), ("127.0.0.1", port))
        paths = ("/layer/base/opacity", "/layer/echo/opacity")
        # The values are smoothed: those on the way come, too.
        wanted = {(path, 0.25) for path in paths} | {
            ("osc", path, 0.25, "played", path, 0.25, "", "") for path in paths
        }
        while wanted:
            one = next(arrived)
            wanted.discard(one[2:] if one[0] == "/runtime/event" else one)

        due_unix_s = time.time() + 0.5
        client.send(bundle(due_unix_s, message("/cue/go")))
        event = next_of(arrived, "/runtime/event")
        assert event[3] == "/cue/go"
        assert time.time() >= due_unix_s - 2 / 30  # the loop works ahead by the frame that it makes
        assert next_of(arrived, "/runtime/movement")[1:] == ("two", 1)
        client.send(message("/runtime/status"))
        assert next_of(arrived, "/runtime/status")[2:4] == ("two", 1)

        client.send(message("/quit"))
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, err
    figures = json.loads(out)
    assert figures["osc_ignored"] == figures["osc_untimely"] == 0
