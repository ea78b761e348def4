"""Instants from a MIDI driver's deltas."""

from __future__ import annotations

import math


class DeltaStamps:
    """When each message came in, however late it is collected, on whatever clock the collector reads. One thread.

    A message came its delta after the one before it, and not after it was collected; the promptest collection so
    far thus sets the line. A hundredth is added to each delta, so that a slow driver's clock, or a show clock
    that is being steered, cannot drag the line into the past. After a pause or a long stall the line begins anew.
    Messages keep their order.
    """

    _MOST_PAUSE_S = 1.0
    _MOST_LATE_S = 0.25

    def __init__(self) -> None:
        self._last_s = -math.inf

    def stamp(self, delta_s: float, collected_s: float) -> float:
        """The instant at which a message came in that was collected at `collected_s`, on the same clock."""
        instant_s = min(self._last_s + delta_s * 1.01, collected_s)
        if delta_s > self._MOST_PAUSE_S or instant_s < collected_s - self._MOST_LATE_S:
            instant_s = collected_s
        self._last_s = instant_s
        return instant_s
