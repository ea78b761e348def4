"""Suite `reaction`: from a hand's move to the return of the swap that shows it, in the player itself, in a window.

`runtime-play` plays a show of one clip on a small canvas, in a window on a display in memory (or on this machine's own,
where DISPLAY is set), at its own rate. A foreign sender moves a control at random instants, about 20 times a second:
once over MIDI by way of JACK, once over UDP. The player's own figure `event_to_shown_ms` is the answer: it begins with
the stamp that the receiving thread, or RtMidi's, gave the event, and ends as the swap returns.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import mido
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.errors import DeviceError, RuntimeShowError
from tools.bench.measuring import Case
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Bar, Options, Row, Tell
from tools.virtual_devices import in_environment, jack_server, virtual_display

SUITE = "reaction"
_RATE_HZ = 60.0
_MOVES_HZ = 20.0
_PLAY_S, _QUICK_S, _FULL_S = 30.0, 3.0, 300.0
_READY_WITHIN_S = 30.0
_PORT_NAME = "reaction"

_SHOW = """canvas: {{width: 320, height: 180, rate: 60}}
layers: [{{name: base, source: {clip}}}]
movements: [{{name: one, duration_s: 86400}}]
bindings: [{{midi: {{cc: 1}}, to: /layer/base/opacity}}]
inputs:
  osc: {{port: {port}}}
  midi: {{feedback: false}}
"""

Move = Callable[[float], None]


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Event to picture over MIDI and over UDP. A device that cannot be had is a row without a value."""
    play_s = _QUICK_S if options.quick else _FULL_S if options.full else _PLAY_S
    clip = make_clip(ClipWish(Kind.MJPEG, 320, 180, frames=60), options.media, tell)
    bar = None if options.quick else Bar("≤", 2 * 1000 / _RATE_HZ + 2)
    for name, moves in (("over MIDI", _over_midi), ("over UDP", _over_udp)):
        tell(f"moving a control {name} for {play_s:g} s")
        case = Case(SUITE, f"event to swap {name}")
        try:
            figures = _played(clip.file, play_s, moves)
        except DeviceError as error:
            yield case.row("p99", None, "ms", note=str(error))
            continue
        note = f"{figures['events']} events, {figures['frames_late']} of {figures['frames_shown']} frames late"
        yield case.row("p99", figures["event_to_shown_ms_p99"], "ms", bar, note)
        yield case.row("p50", figures["event_to_shown_ms_p50"], "ms")
        yield case.row("most", figures["event_to_shown_ms_max"], "ms")


def _played(clip: Path, play_s: float, moves: Callable[[ExitStack, int], Move]) -> dict[str, Any]:
    """Play for so long while the control moves; the player's figures."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="runtime-reaction-")))
        environment = dict(os.environ)
        if "DISPLAY" not in environment:
            environment["DISPLAY"] = stack.enter_context(virtual_display(640, 480))
        with in_environment(stack.enter_context(jack_server())):
            port = _free_port()
            show = folder / "show.yaml"
            show.write_text(_SHOW.format(clip=json.dumps(str(clip.absolute())), port=port), encoding="utf-8")
            move = moves(stack, port)
            command = [sys.executable, "-m", "engine.app.play", str(show), "--json", "--silent"]
            player = subprocess.Popen(  # noqa: S603 - ourselves
                command,
                env=environment | {name: os.environ[name] for name in _JACK} | {"MIDO_BACKEND": _BACKEND},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(player.kill)
            _wait_for(player, port)
            _move_about(move, play_s)
            player.terminate()
            output, complaints = player.communicate(timeout=_READY_WITHIN_S)
    if player.returncode:
        raise RuntimeShowError(f"runtime-play ended with {player.returncode}: {complaints.strip()[-300:]}")
    figures: dict[str, Any] = json.loads(output)
    if "event_to_shown_ms_p99" not in figures:
        raise RuntimeShowError("no event came to the player")
    return figures


_JACK = ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER")
_BACKEND = "mido.backends.rtmidi/UNIX_JACK"


def _over_midi(stack: ExitStack, _port: int) -> Move:
    """Open a virtual port before the player starts, so that it is there to be listened to."""
    backend = mido.Backend(_BACKEND)
    output = backend.open_output(_PORT_NAME, virtual=True)
    stack.callback(output.close)
    return lambda value: output.send(mido.Message("control_change", control=1, value=round(value * 127)))


def _over_udp(stack: ExitStack, port: int) -> Move:
    sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def move(value: float) -> None:
        message = OscMessageBuilder(address="/layer/base/opacity")
        message.add_arg(value, "f")
        sender.sendto(message.build().dgram, ("127.0.0.1", port))

    return move


def _move_about(move: Move, play_s: float) -> None:
    """At random instants, so that no phase between hand and refresh is preferred."""
    choice = random.Random(1)
    until_s = time.monotonic() + play_s
    while time.monotonic() < until_s:
        time.sleep(choice.expovariate(_MOVES_HZ))
        move(choice.random())


def _wait_for(player: subprocess.Popen[str], port: int) -> None:
    """Until the player answers on its OSC port: then it plays."""
    until_s = time.monotonic() + _READY_WITHIN_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        while time.monotonic() < until_s and player.poll() is None:
            asking.sendto(b"/figures\0\0\0\0,\0\0\0", ("127.0.0.1", port))
            try:
                asking.recv(65_536)
            except (TimeoutError, ConnectionRefusedError):
                continue
            time.sleep(0.5)  # its first ticks
            return
    raise RuntimeShowError("runtime-play did not begin to play")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
