"""The figures of a run, told over OSC from time to time to the address that the show names."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.formats.osc_figures import figure_packets
from engine.model.show import FiguresOutput

_log = logging.getLogger(__name__)

_SEND_AT_MOST_S = 1.0  # so that a network that has stalled does not keep `close` waiting


class FiguresSender:
    """Sends a round of all figures every `every_s` from its construction until `close`.

    From the thread "figures-osc": the loop takes no part. UDP does not tell whether anybody listens. A round that
    cannot be sent (no network, for now) counts in `figures_unsent`, is logged once, and the next one is tried.
    Raises DeviceError where the host has no address; nothing stays open then.
    """

    def __init__(self, settings: FiguresOutput, figures: Figures) -> None:
        self._figures = figures
        self._unsent = figures.counter("figures_unsent")  # figures-osc thread
        self._every_s = settings.every_s
        self._subject = f"figures to {settings.host}:{settings.port}"
        self._socket, self._address = self._opened(settings)
        self._told = False  # figures-osc thread
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="figures-osc")
        self._thread.start()

    def close(self) -> None:
        """Stop, after the round that is being sent. Safe to call twice."""
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                for packet in figure_packets(self._figures.snapshot()):
                    self._socket.sendto(packet, self._address)
            except OSError as error:
                self._unsent.add()
                self._complain(error)

    def _complain(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            _log.warning("%s: %s; it is tried again each time", self._subject, error.strerror or error)

    def _opened(self, settings: FiguresOutput) -> tuple[socket.socket, Any]:
        """A socket, and the address in the socket's terms. Sends nothing: for numbers it needs no network."""
        try:
            found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, address = found[0]
            opened = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            mend = "Correct the host in the show: outputs: figures: host; numbers need no name server."
            raise DeviceError(f"no such address ({error})", subject=self._subject, mend=mend) from error
        opened.settimeout(_SEND_AT_MOST_S)
        return opened, address
