"""Perform the demo through real MIDI and write the take that ships with it: `python -m tools.demo_take`.

`runtime-play` plays build/demo (made by `runtime-tools demo`) off screen and records; a virtual controller plays the
moves of tools.demo_moves by way of JACK, by the show time that the player tells over OSC.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import mido
from pythonosc.osc_message import OscMessage
from rich.console import Console
from rich.progress import track

from engine.app.command import DONE, FAILED, run_command
from engine.errors import RuntimeShowError
from engine.shipped import shipped
from tools.demo_moves import LENGTH_S, Move, moves
from tools.virtual_devices import in_environment, jack_server

BACKEND = "mido.backends.rtmidi/UNIX_JACK"
_PORT_NAME = "eight faders"
_ANSWER_S = 0.5
_BEGIN_WITHIN_S = 60.0


def main(argv: Sequence[str] | None = None) -> int:
    """Perform and record; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo_take", description=__doc__.splitlines()[0])
    parser.add_argument("--show", type=Path, default=Path("build/demo/show.yaml"), help="the demo, as it was made")
    shipped_take = shipped("schedules") / "demo" / "take.jsonl"
    parser.add_argument("-o", "--output", type=Path, default=shipped_take, help="the take")
    options = parser.parse_args(argv)
    return run_command(lambda: _performed(options.show, options.output))


def _performed(show: Path, take: Path) -> int:
    with jack_server() as jack, in_environment(jack):
        output = mido.Backend(BACKEND).open_output(_PORT_NAME, virtual=True)
        try:
            return perform(show, take, moves(), output, LENGTH_S)
        finally:
            output.close()


def perform(show: Path, take: Path, performance: Sequence[Move], output: mido.ports.BaseOutput, length_s: float) -> int:
    """Play `show` for `length_s` off screen, recording to `take`, while `output` sends the moves at their show time.

    The show listens to OSC on its own port. Raises RuntimeShowError where the player does not begin, or ends by itself.
    """
    arguments = ["--headless", "--silent", "--for", str(length_s), "--record", str(take), "--overwrite", "--json"]
    command = [sys.executable, "-P", "-m", "engine.app.play", str(show), *arguments]
    player = subprocess.Popen(  # noqa: S603 - ourselves
        command, env=os.environ | {"MIDO_BACKEND": BACKEND}, stdout=subprocess.DEVNULL
    )
    try:
        began_s = _show_began(player)
        for move in track(performance, "performing", console=Console(stderr=True), transient=True):
            time.sleep(max(0.0, began_s + move.at_s - time.monotonic()))
            output.send(_message(move))
        code = player.wait(length_s + _BEGIN_WITHIN_S)
    finally:
        player.kill()
        player.wait()
    return DONE if code == DONE else FAILED


def _message(move: Move) -> mido.Message:
    if move.kind == "control_change":
        return mido.Message("control_change", control=move.number, value=move.value)
    return mido.Message("note_on", note=move.number, velocity=move.value)


def _show_began(player: subprocess.Popen[bytes], port: int = 9720) -> float:
    """The monotonic instant at which the show began, from the show time that the player tells."""
    until_s = time.monotonic() + _BEGIN_WITHIN_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_ANSWER_S)
        while time.monotonic() < until_s and player.poll() is None:
            asking.sendto(b"/runtime/status\0,\0\0\0", ("127.0.0.1", port))
            try:
                answer = OscMessage(asking.recv(65_536))
            except (TimeoutError, ConnectionRefusedError):
                continue
            if answer.address == "/runtime/status":
                return time.monotonic() - float(answer.params[0])
            time.sleep(_ANSWER_S)  # it has not begun yet
    raise RuntimeShowError("runtime-play did not begin to play", subject="the demo")


if __name__ == "__main__":
    sys.exit(main())
