"""Floods a player with OSC and MIDI, from a process of its own: `… flood_sender PORT SECONDS OSC_RATE MIDI_RATE`.

Says "ready" once its MIDI port is there, begins when a line comes in on standard input, and prints what it sent.
Of a hundred OSC messages one is an action, the others are faders; of ten MIDI messages one is a note that begins.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

import rtmidi

from engine.errors import DeviceError
from engine.formats.osc_write import osc_message, osc_string
from engine.inputs.midi import midi_api

MIDI_PORT = "flood"
OSC_ACTION = "/layer/high/flash"
FADERS = tuple(f"/layer/{layer}/{what}" for layer in ("low", "high") for what in ("x", "y", "scale", "rotation"))
FIRST_NOTE, NOTES = 36, 8
FIRST_CC, CCS = 20, 16

_TURN_S = 0.001


def main() -> int:
    """The command line; the exit code."""
    port, seconds, osc_rate, midi_rate = int(sys.argv[1]), *map(float, sys.argv[2:5])
    midi, midi_absent = _midi_port() if midi_rate else (None, "not asked for")
    print("ready", flush=True)
    sys.stdin.readline()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        streams = [_Stream(osc_rate, _osc(out))]
        if midi is not None:
            streams.append(_Stream(midi_rate, _midi(midi)))
        begun_s = time.monotonic()
        while (elapsed_s := time.monotonic() - begun_s) < seconds:
            for stream in streams:
                stream.catch_up(elapsed_s)
            time.sleep(_TURN_S)
    time.sleep(0.5)  # what the driver still has goes out before its port does
    counts = [stream.sent for stream in streams]
    sent = {"osc": counts[0], "osc_actions": -(-counts[0] // 100), "midi_absent": midi_absent}
    sent |= {"midi": counts[1], "notes": -(-counts[1] // 10)} if midi is not None else {"midi": 0, "notes": 0}
    print(json.dumps(sent), flush=True)
    return 0


class _Stream:
    """Something that is sent at an even rate."""

    def __init__(self, rate: float, send: Callable[[int], None]) -> None:
        self.sent = 0
        self._rate = rate
        self._send = send

    def catch_up(self, elapsed_s: float) -> None:
        while self.sent < int(elapsed_s * self._rate):
            self._send(self.sent)
            self.sent += 1


def _osc(out: socket.socket) -> Callable[[int], None]:
    heads = [osc_string(path) + osc_string(",f") for path in FADERS]
    action = osc_message(OSC_ACTION, "f", 1.0)
    value = struct.Struct(">f").pack

    def send(number: int) -> None:
        packet = heads[number % len(heads)] + value(0.5 + 0.4 * math.sin(number / 1000)) if number % 100 else action
        out.send(packet)

    return send


def _midi(port: Any) -> Callable[[int], None]:
    def send(number: int) -> None:
        place, turn = number % 10, number // 10
        if place in (0, 5):  # a note begins, and ends again before the next one
            note = FIRST_NOTE + turn % NOTES
            port.send_message([0x99 if place == 0 else 0x89, note, 100])
        else:
            port.send_message([0xB0, FIRST_CC + number % CCS, turn % 128])

    return send


def _midi_port() -> tuple[Any, str]:
    """A virtual MIDI port, or None and why there is none."""
    try:
        port = rtmidi.MidiOut(midi_api())
        port.open_virtual_port(MIDI_PORT)
    except (DeviceError, rtmidi.SystemError, rtmidi.InvalidPortError, NotImplementedError) as error:
        return None, str(error)
    return port, ""


if __name__ == "__main__":
    sys.exit(main())
