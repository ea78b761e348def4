"""OSC over real sockets: a player's OSC without the player, and foreign programs that talk to it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from engine.app.live_osc import LiveOsc
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.model.clock import ClockStatus
from engine.model.controls import OscInput as OscSettings
from engine.model.events import Event
from engine.model.meters import Meters
from engine.model.show import Inputs, OscOutput
from tests.devices.sound_support import TIMEOUT_S, wait_until
from tests.osc_support import FOREVER_S, Stage, osc_world, read
from tests.support import need_program


class OscStage(Stage):
    """A show that stands where the test puts it, with its OSC open as on stage."""

    def __init__(self, outputs: tuple[OscOutput, ...] = (), **settings: Any) -> None:
        super().__init__(osc_world(inputs=Inputs(osc=OscSettings(**{"port": 0, **settings}))))
        self.inbox, self.figures = Inbox(), Figures()
        self.osc = LiveOsc(self.world, self.figures, lambda: self.latest, ClockStatus, Meters)
        try:
            for output in outputs:
                self.osc.tell(output)
            self.osc.listen(self.inbox.put, time.monotonic)
        except BaseException:
            self.osc.close()
            raise
        assert self.osc.port is not None
        self.port: int = self.osc.port

    def gathered(self, count: int) -> list[Event]:
        """The next `count` events, waited for."""
        events: list[Event] = []

        def all_there() -> bool:
            events.extend(self.inbox.drain(FOREVER_S))
            return len(events) >= count

        wait_until(all_there, f"{count} OSC events")
        return events


@contextlib.contextmanager
def osc_stage(outputs: tuple[OscOutput, ...] = (), **settings: Any) -> Iterator[OscStage]:
    stage = OscStage(outputs, **settings)
    try:
        yield stage
    finally:
        stage.osc.close()


def oscsend(port: int, *words: str) -> None:
    program = need_program("oscsend", "liblo-tools")
    subprocess.run([program, "127.0.0.1", str(port), *words], check=True, timeout=TIMEOUT_S)


@contextlib.contextmanager
def oscdump(port: int) -> Iterator[subprocess.Popen[str]]:
    program = need_program("oscdump", "liblo-tools")
    with subprocess.Popen([program, "-L", str(port)], stdout=subprocess.PIPE, text=True) as dump:
        try:
            yield dump
        finally:
            dump.terminate()


def dumped(dump: subprocess.Popen[str]) -> str:
    """The next message, without oscdump's time tag."""
    assert dump.stdout is not None
    return dump.stdout.readline().split(maxsplit=1)[1].strip()


def udp_client() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.settimeout(TIMEOUT_S)
    return opened


def free_port() -> int:
    with udp_client() as probe:
        return int(probe.getsockname()[1])


def heard(client: socket.socket) -> Iterator[tuple[Any, ...]]:
    """Messages as they come, read by python-osc."""
    while True:
        yield from read(client.recv(65_536))
