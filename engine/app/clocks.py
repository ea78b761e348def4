"""The show clock on stage: the machine's monotonic clock, steered by the track's samples."""

from __future__ import annotations

import time

from engine.core.clock import freed, steered
from engine.core.lines import Line
from engine.model.clock import ClockReading


class LiveClock:
    """Show seconds now, never before the show's start. Any thread may ask; only the main thread steers.

    `_line` is a frozen value replaced whole, so a reader on another thread sees the old or the new one.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._line = Line(time.monotonic(), start_s)
        self._start_s = start_s  # the first sound is heard a buffer after the show began
        self._following = False  # main thread
        self._locked = False  # main thread: a reading has been followed since the start

    def now_s(self) -> float:
        return max(self._start_s, self._line.at(time.monotonic()))

    def restart(self, start_s: float) -> None:
        """Stand at `start_s` now: loading is over and the show begins. Main thread."""
        self._line = Line(time.monotonic(), start_s)
        self._start_s = start_s
        self._locked = False

    def follow(self, reading: ClockReading | None) -> None:
        """Steer towards a reading of the track's clock; without one, run free. Main thread.

        The first reading after a start is taken as it is: until then nothing was heard to be in step with.
        """
        if reading is not None and not self._locked:
            self._line = Line(reading.monotonic_s, reading.show_s)
            self._locked = True
        elif reading is not None:
            self._line = steered(self._line, reading.monotonic_s, reading.show_s)
        elif self._following:
            self._line = freed(self._line, time.monotonic())
        self._following = reading is not None
