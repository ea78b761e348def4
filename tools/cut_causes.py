"""Why each cut of a render is where it is: from the take's events, the music's onsets and beats, and the schedules.

Worked out from those alone, not by the engine's own step: so that the two can be held against each other.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile

from engine.model.cueing import Quantise
from engine.model.events import Event
from engine.model.world import PlacedTrack, World

_JUST_S = 1e-6


@dataclass(frozen=True, slots=True)
class Cause:
    """What should show from `at_s` (show seconds) on: on `layer`, "" on any."""

    at_s: float
    layer: str
    what: str


class Causes:
    """All that may cut, in a show whose track plays from its beginning without a seek."""

    def __init__(self, world: World, events: Iterable[Event], until_s: float) -> None:
        self._world = world
        track = world.tracks[0]
        found = [*_played(world, track, events), *_onsets(track, until_s)]
        self._causes = sorted(found, key=lambda cause: cause.at_s)
        self._instants = [cause.at_s for cause in self._causes]

    def of_cut(self, layer: str, at_s: float, period_s: float) -> Cause | None:
        """What the cut that `layer` shows at `at_s` comes of: the latest cause since the frame before.

        What was played counts before an onset that falls on the same frame.
        """
        first = bisect_right(self._instants, at_s - period_s + _JUST_S)
        last = bisect_right(self._instants, at_s + _JUST_S)
        fitting = [cause for cause in self._causes[first:last] if cause.layer in ("", layer)]
        return max(fitting, key=lambda cause: (cause.layer != "", cause.at_s), default=None)

    def of_row(self, movement: str, layer: str, position_s: float, period_s: float) -> bool:
        """Whether a row of the movement's schedule begins between the frame before and this one."""
        placed = next(one for one in self._world.loaded.movements if one.name == movement)
        starts = [row.start_s for row in placed.schedule.by_layer.get(layer, ())]
        return any(position_s - period_s + _JUST_S < start_s <= position_s + _JUST_S for start_s in starts)


def _played(world: World, track: PlacedTrack | None, events: Iterable[Event]) -> Iterator[Cause]:
    """What a hand did, when it is due; of two waits under one path, the later one takes the earlier one's place."""
    due: dict[str, tuple[float, Event]] = {}
    for event in events:
        if event.wait is None:
            yield Cause(event.at_s, _layer(event), event.address)
            continue
        moment_s = _moment(world, track, event.wait, event.at_s)
        waiting = due.get(event.address)
        if waiting is not None and waiting[0] <= event.at_s:
            yield _caused(*waiting)
        due[event.address] = (moment_s, event)
    for waiting in due.values():
        yield _caused(*waiting)


def _caused(moment_s: float, event: Event) -> Cause:
    assert event.wait is not None
    return Cause(moment_s, _layer(event), f"{event.address} on {event.wait.to}")


def _moment(world: World, track: PlacedTrack | None, wait: Quantise, at_s: float) -> float:
    """When what `wait` waits for comes, at or after `at_s`; the end of its patience where that is sooner."""
    patience_s = math.inf if wait.at_most_s is None else at_s + wait.at_most_s
    if track is None:
        return patience_s
    if wait.to in ("beat", "bar"):
        step = wait.every * (world.loaded.show.tempo.beats_a_bar if wait.to == "bar" else 1)
        return min(_next(track.beats[::step], at_s), patience_s)
    detector = "" if wait.to == "onset" else wait.to
    return min(_next([onset.at_s for onset in track.onsets if onset.detector == detector], at_s), patience_s)


def _next(instants: Sequence[float], at_s: float) -> float:
    index = bisect_left(instants, at_s)
    return instants[index] if index < len(instants) else math.inf


def _onsets(track: PlacedTrack | None, until_s: float) -> Iterator[Cause]:
    """The track's onsets in show time, through its loops."""
    if track is None:
        return
    numbered = takewhile(lambda onset: onset is not None and onset[0] <= until_s, map(track.onset, count()))
    for onset in numbered:
        if onset is not None:
            yield Cause(onset[0], "", f"onset {onset[1].detector}".rstrip())


def _layer(event: Event) -> str:
    parts = event.address.split("/")
    return parts[2] if parts[1] == "layer" else ""
