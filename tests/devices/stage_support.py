"""The player on a stage of its own, looked at from outside: its window, and the grey that it shows."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.devices.xvfb_support import VirtualDisplay
from tests.film_support import GREY_STEP, ended, start_module


@dataclass
class Stage:
    display: VirtualDisplay
    process: subprocess.Popen[str]

    def level(self) -> int:
        """The grey in the middle of the screen, or −1 where it is no grey."""
        picture = self.display.screenshot()
        middle = picture[self.display.height // 2, self.display.width // 2].astype(int)
        return int(np.median(middle)) if np.ptp(middle) <= 2 else -1

    def shows(self, level: float, *, within: float = GREY_STEP / 2) -> Callable[[], bool]:
        """Whether the screen's grey is less than `within` away from `level`, looked at anew by each call."""

        def holds() -> bool:
            assert self.process.poll() is None, self.process.communicate()[1]
            return abs(self.level() - level) < within

        return holds


@contextmanager
def playing(show: Path, display: VirtualDisplay, devices: Mapping[str, str]) -> Iterator[Stage]:
    """`runtime-play --json` in a window of the display, with MIDI by way of JACK; ended with the block.

    `devices` is the environment that leads it to the servers of sound and MIDI.
    """
    environment = os.environ | devices
    environment |= {"DISPLAY": display.name, "MIDO_BACKEND": "mido.backends.rtmidi/UNIX_JACK"}
    process = start_module("engine.app.play", show, "--json", env=environment)
    try:
        yield Stage(display, process)
    finally:
        ended(process)
