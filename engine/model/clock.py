"""What clocks say: instants of their own time, and beats, pinned to the machine's monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass

# What the status calls the machine's own clock.
FREE_RUN = "free"


@dataclass(frozen=True, slots=True)
class ClockReading:
    """At `monotonic_s` (of `time.monotonic`) the clock stands at `show_s`, and runs at `rate` seconds a second (≥ 0).

    Of the track's clock, `show_s` is the instant of the show that the audience hears. A sound card's reading lies about
    one buffer ahead, so that the show time of now is below the show's first instant until the first sample is heard. Of
    time code and MIDI clock it is the position of the show that the clock asks for; `jumps` counts how often that clock
    was started or moved elsewhere, and `jumps` of None says that it cannot be.
    """

    monotonic_s: float
    show_s: float
    rate: float = 1.0
    jumps: int | None = None

    def at(self, monotonic_s: float) -> float:
        """Where the clock stands at another monotonic instant near it, in seconds."""
        return self.show_s + (monotonic_s - self.monotonic_s) * self.rate


@dataclass(frozen=True, slots=True)
class BeatReading:
    """At `monotonic_s` (of `time.monotonic`) the clock is at `beat`, and counts `bpm` beats a minute of that clock.

    Beat 0 is the first of a bar; None where it says only how fast it is.
    """

    monotonic_s: float
    bpm: float
    beat: float | None = None


@dataclass(frozen=True, slots=True)
class ClockStatus:
    """Which clock the show follows. Frozen: any thread may keep it.

    `followed` and `beats` are names of the show's `clocks: order`; FREE_RUN where none of them runs, "" where none has
    beats. `running` are all that run, in that order; `missing` those that could not be opened. `since_s` is the
    monotonic instant at which `followed` was taken up. `bpm` is the tempo of `beats`. `error_ms` is how far the clock
    was ahead of the show (behind: negative) when it was last read; 0 in free run.
    """

    followed: str = FREE_RUN
    since_s: float = 0.0
    running: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    beats: str = ""
    bpm: float | None = None
    error_ms: float = 0.0
