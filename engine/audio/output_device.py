"""The sound device that a show plays to: opened by name, and opened again when it was lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from engine.audio.devices import look_again
from engine.audio.output_stream import OutputStream
from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.model.clock import ClockReading
from engine.model.sound import Sound

_log = logging.getLogger(__name__)

_START_TIMEOUT_S = 5.0
_REOPEN_EACH_S = 1.0
_GIVEN_UP_AFTER_S = 3.0  # a sound server that hangs may come back by itself


class OutputDevice:
    """A device that may come and go. `stream` is the one that is open now, if any; any thread may look.

    Counter: `track_lost` (main thread). `start`, `reading` and `stop` are for one thread, the main one.
    """

    def __init__(
        self, wish: Sound, show_s: Callable[[float], float], figures: Figures, monotonic: Callable[[], float]
    ) -> None:
        """`show_s` gives the show time of a monotonic instant, on any thread: where a device that came back begins."""
        self.stream: OutputStream | None = None  # main thread until started, then the reopening one
        self._wish = wish
        self._show_s = show_s
        self._figures = figures
        self._monotonic = monotonic
        self._losses = figures.counter("track_lost")
        self._lost = True
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, at_s: float) -> None:
        """Open it, with the show at `at_s`; returns once it takes samples of an epoch that was accepted.

        Raises DeviceError where there is none, or it refuses; it is looked for until `stop` all the same.
        """
        try:
            self.stream = stream = self._opened(begin_s=at_s)
            stream.start()
            if not stream.running.wait(_START_TIMEOUT_S):
                raise DeviceError(
                    "opened, but takes no samples",
                    subject=stream.name,
                    mend="Restart the sound server, or name another device.",
                )
            self._lost = False
        finally:
            self._thread = threading.Thread(target=self._keep_open, name="audio-reopen", daemon=True)
            self._thread.start()

    def reading(self) -> ClockReading | None:
        """Which instant of the show is heard now; None while there is no device that answers."""
        stream = self.stream
        reading = None if stream is None else stream.reading()
        if reading is None and not self._lost:
            self._losses.add()
            _log.warning("the sound device no longer answers; the show goes on silently until it does")
        elif reading is not None and self._lost:
            _log.warning("the sound device answers again")
        self._lost = reading is None
        return reading

    def stop(self) -> None:
        """Give the device back. Safe to call twice, and after a failed start."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=3)
            self._thread = None
        stream, self.stream = self.stream, None
        self._lost = True
        if stream is not None:
            stream.close()

    def _opened(self, begin_s: float | None) -> OutputStream:
        wish = self._wish
        return OutputStream(
            wish.device, wish.buffer_s, self._show_s, self._figures, begin_s=begin_s, monotonic=self._monotonic
        )

    def _keep_open(self) -> None:
        while not self._stopping.wait(_REOPEN_EACH_S):
            stream = self.stream
            if stream is None or stream.silent_s > _GIVEN_UP_AFTER_S:
                self._reopen()

    def _reopen(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.close()
        try:
            stream = self._opened(begin_s=None)
            stream.start()
        except DeviceError as error:
            _log.debug("%s", error)
            look_again()  # it may be there under another number
            return
        if self._stopping.is_set():  # it took so long that nobody waits any more
            stream.close()
        else:
            self.stream = stream
