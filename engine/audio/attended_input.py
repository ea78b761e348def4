"""An audio input with someone to hear it, on a thread of its own, taken up again when its device was lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from engine.audio.devices import look_again
from engine.audio.input_stream import Block, InputStream
from engine.core.figures import Counter
from engine.errors import DeviceError

_log = logging.getLogger(__name__)

_RETRY_S = 1.0

Blocks = SimpleQueue[Block | None]


class Ears(Protocol):
    """Whoever hears an input. All of it is called in the input's thread."""

    def begin(self, rate_hz: int) -> None:
        """A new unbroken stretch of sound begins, `rate_hz` samples a second."""

    def hear(self, block: Block) -> None:
        """The next samples."""

    def fall_silent(self) -> None:
        """Nothing has come for a second."""

    def end(self) -> None:
        """Nothing more comes."""


class AttendedInput:
    """Listens from its construction until `close`, in the thread `name`.

    A device that goes is warned of, counted in `losses`, and looked for once a second until it is back. What
    `open_input` raises where there is none at the start comes out of the constructor; nothing stays open then.
    """

    def __init__(self, name: str, open_input: Callable[[Blocks], InputStream], ears: Ears, losses: Counter) -> None:
        self._open_input = open_input
        self._ears = ears
        self._losses = losses  # the input's thread
        self._blocks: Blocks = SimpleQueue()  # its put waits for nobody; None ends the thread
        self._closing = threading.Event()
        self._stream: InputStream | None = open_input(self._blocks)  # the input's thread, once it runs
        ears.begin(self._stream.rate_hz)
        self._thread = threading.Thread(target=self._listen, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the device back and end the thread. Safe to call twice."""
        self._closing.set()
        self._blocks.put(None)
        self._thread.join(timeout=5)

    def _listen(self) -> None:
        try:
            while not self._closing.is_set():
                try:
                    block = self._blocks.get(timeout=_RETRY_S)
                except Empty:
                    self._ears.fall_silent()
                    self._look_after_device()
                    continue
                if block is not None:
                    self._ears.hear(block)
        finally:
            if self._stream is not None:
                self._stream.close()
            self._ears.end()

    def _look_after_device(self) -> None:
        """Nothing came for a second: the device is gone, or its server stands still and may go on."""
        if self._stream is not None:
            if not self._stream.lost:
                return
            self._losses.add()
            _log.warning("%s: the audio input has gone; it is looked for every second", self._stream.device_name)
            self._stream.close()
            self._stream = None
        look_again()  # in vain while another stream is open; a device that PortAudio knows can be opened all the same
        try:
            self._stream = self._open_input(self._blocks)
        except DeviceError:
            return
        self._ears.begin(self._stream.rate_hz)
        _log.warning("%s: the audio input is back", self._stream.device_name)
