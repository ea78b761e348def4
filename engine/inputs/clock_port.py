"""Which MIDI port a clock is taken from: two at once would be none."""

from __future__ import annotations

import math

_GONE_AFTER_S = 1.0


class ClockPort:
    """Takes messages of one port at a time, among those whose name contains `part` (letter case aside; empty: any).

    Another port is taken once the one before has been silent for a second. One thread.
    """

    def __init__(self, part: str) -> None:
        self._part = part.casefold()
        self._taken = ""
        self._last_s = -math.inf

    def takes(self, port: str, at_s: float) -> bool:
        """Whether a clock's message that came from `port` at the monotonic instant `at_s` is to be heeded."""
        if self._part not in port.casefold():
            return False
        if port != self._taken and at_s - self._last_s < _GONE_AFTER_S:
            return False
        self._taken, self._last_s = port, at_s
        return True
