"""The show clock on stage: the machine's monotonic clock, steered by the first of the show's clocks that runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.core.clock_choice import TRACK, Following, Located, stepped_to
from engine.core.lines import Line
from engine.model.clock import FREE_RUN, ClockReading, ClockStatus

_log = logging.getLogger(__name__)

# How long after its beginning a show may still be set by its track: until then nothing was heard to be in step with.
_FRESH_S = 1.0


class LiveClock:
    """Show seconds now, never before the show's start. Any thread may ask; only the main thread steers.

    `_following` and `status` are frozen values replaced whole, so a reader on another thread sees the old or the new
    one.
    """

    def __init__(self, start_s: float = 0.0, order: Sequence[str] = (TRACK,)) -> None:
        """`order` names the clocks that may be followed, the first that runs before the others."""
        self._order = tuple(order)
        self._followed_before: set[str] = set()  # main thread
        self.status = ClockStatus()
        self.restart(start_s)

    @property
    def rate(self) -> float:
        """Show seconds a second, without what is being slewed away. Any thread."""
        return self._following.rate

    def now_s(self) -> float:
        return self.at(time.monotonic())

    def at(self, monotonic_s: float) -> float:
        """The show time of a monotonic instant near now. Any thread."""
        return max(self._start_s, self._following.line.at(monotonic_s))

    def restart(self, start_s: float) -> None:
        """Stand at `start_s` now: loading is over and the show begins. Main thread."""
        now_s = time.monotonic()
        self._start_s = start_s  # the first sound is heard a buffer after the show began
        self._following = Following(Line(now_s, start_s), since_s=now_s, fresh_until_s=now_s + _FRESH_S)

    def follow(self, readings: Mapping[str, ClockReading | None]) -> Located | None:
        """Steer towards the first clock in order that gives a reading; without one, run on as before. Main thread.

        Returns what must move where a clock stands elsewhere than the show: the show to a time code's position, or the
        music to the show's. The track's first reading after a start is taken as it is.
        """
        before, now_s = self._following.followed, time.monotonic()
        self._following, located = stepped_to(self._following, self._order, readings, now_s)
        following = self._following
        if following.followed != before:
            self._tell(before, following)
        self.status = replace(
            self.status,
            followed=following.followed,
            since_s=following.since_s,
            running=tuple(name for name in self._order if readings.get(name) is not None),
            error_ms=following.error_s * 1000,
        )
        return located

    def _tell(self, before: str, following: Following) -> None:
        name = following.followed
        if name == FREE_RUN:
            _log.warning("clock %s: lost; the show runs on by itself at %.4g × real time", before, following.rate)
        elif before != FREE_RUN or name in self._followed_before:
            _log.warning("clock %s: followed now, after %s", name, "a free run" if before == FREE_RUN else before)
        else:
            _log.info("clock %s: followed", name)
        self._followed_before.add(name)
