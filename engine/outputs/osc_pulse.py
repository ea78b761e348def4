"""What watchers are told beside events: the music's own onsets, which clocks run, how loud the show is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from engine.core.state import State
from engine.core.tracks import track_of
from engine.formats.osc_write import osc_message
from engine.model.clock import ClockStatus
from engine.model.meters import Meters
from engine.model.world import Onset, World

_EACH_S = 0.1
_MOST_ONSETS = 64  # of one round


class _Tick(Protocol):
    @property
    def now_s(self) -> float: ...


class Latest(Protocol):
    """The latest tick of the show (engine.app.published)."""

    @property
    def world(self) -> World: ...

    @property
    def tick(self) -> _Tick: ...

    @property
    def state(self) -> State: ...


class OscPulse:
    """Belongs to the thread that tells; `clock` and `meters` may be asked on any.

    An onset of the track is told as it sounds, the rest ten times a second, whether it changed or not: a watcher may
    come at any time.
    """

    def __init__(self, clock: Callable[[], ClockStatus], meters: Callable[[], Meters]) -> None:
        self._clock = clock
        self._meters = meters
        self._onsets_until_s: float | None = None  # show seconds
        self._next_s = 0.0

    def messages(self, latest: Latest, now_s: float) -> list[bytes]:
        """What is due at `now_s` (of `time.monotonic`)."""
        told = [*self._onsets(latest)]
        if now_s >= self._next_s:
            self._next_s = now_s + _EACH_S
            told += (clock_message(self._clock()), *meter_messages(self._meters()))
        return told

    def _onsets(self, latest: Latest) -> Iterator[bytes]:
        since_s, until_s = self._onsets_until_s, latest.tick.now_s
        self._onsets_until_s = until_s
        if since_s is not None:
            for at_s, onset in track_onsets(latest.world, latest.state, since_s, until_s):
                yield osc_message("/runtime/onset", "dsf", at_s, onset.detector, onset.strength)


def clock_message(clock: ClockStatus) -> bytes:
    """A clock's status as /runtime/clock."""
    return osc_message(
        "/runtime/clock",
        "ssssff",
        *(clock.followed, " ".join(clock.running), " ".join(clock.missing), clock.beats, clock.bpm or 0.0),
        clock.error_ms,
    )


def meter_messages(meters: Meters) -> Iterator[bytes]:
    """One /runtime/meter for each bus."""
    for name, meter in (("master", meters.master), ("track", meters.track), ("clips", meters.clips)):
        yield osc_message("/runtime/meter", "sffff", name, *meter.peak_db, *meter.rms_db)


def track_onsets(world: World, state: State, since_s: float, until_s: float) -> list[tuple[float, Onset]]:
    """The track's onsets that sound after `since_s` and at `until_s` at the latest (show seconds), with when they do.

    The newest 64 where there are more.
    """
    track = track_of(world, state)
    if track is None or state.track.rate <= 0 or until_s <= since_s:
        return []
    number = track.onset_number_from(state.track.at(until_s))
    found: list[tuple[float, Onset]] = []
    for one in range(number, max(number - _MOST_ONSETS, 0) - 1, -1):
        placed = track.onset(one)
        at_s = None if placed is None else state.track.instant_of(placed[0])
        if at_s is None or placed is None or at_s > until_s:
            continue
        if at_s <= since_s:
            break
        found.append((at_s, placed[1]))
    return found[::-1]
