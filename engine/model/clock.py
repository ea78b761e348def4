"""What a clock says: one instant of show time pinned to one instant of the machine's monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClockReading:
    """At `monotonic_s` (of `time.monotonic`) the audience hears the show's instant `show_s`; both in seconds.

    The show time of another instant near it is `show_s + (monotonic - monotonic_s)`. A sound card's reading lies
    about one buffer ahead, so that sum is below the show's first instant until the first sample is heard.
    """

    monotonic_s: float
    show_s: float

    def at(self, monotonic_s: float) -> float:
        """The show time heard at another monotonic instant, in seconds."""
        return self.show_s + (monotonic_s - self.monotonic_s)
