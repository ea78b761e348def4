"""The receiving side of a MIDI controller, and a whole one, through JACK."""

from __future__ import annotations

import mido
import rtmidi

from tests.devices.sound_support import wait_until


class Lamps:
    """A controller's lamps and motor faders. No port of mido: those call Python on the driver's thread, and one that is
    closed just then stands still for ever (docs/decisions/midi-threads.md)."""

    def __init__(self, name: str) -> None:
        self._client = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name)
        self._client.open_virtual_port(name)

    def __enter__(self) -> Lamps:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close_port()
        self._client.delete()

    def pending(self) -> list[mido.Message]:
        """What it was told since it was asked last."""
        heard = []
        while (received := self._client.get_message()) is not None:
            heard.append(mido.Message.from_bytes(received[0]))
        return heard

    def is_told(self, *expected: mido.Message) -> None:
        """Wait until it has been told exactly this, in this order."""
        heard: list[mido.Message] = []

        def all_there() -> bool:
            heard.extend(self.pending())
            return len(heard) >= len(expected)

        wait_until(all_there, f"{len(expected)} messages to the controller")
        assert heard == list(expected)
