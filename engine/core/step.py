"""The state forward in time: what happens by itself, and the fold of events. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from operator import attrgetter

from engine.core.actions import applied, entered, onset_sounded
from engine.core.cues import fired
from engine.core.gliding import does_glide, glided, run_end
from engine.core.layers import placed
from engine.core.lines import Line
from engine.core.state import CueRun, MovementState, State, Waiting
from engine.core.tracks import with_track
from engine.core.waiting import for_movement_end, gives_up, taken, timed_moment_s
from engine.model.events import Event
from engine.model.world import Onset, World

# How far back an event may be stamped and still be folded in at its own instant. Drivers deliver within
# milliseconds; a second covers a suspended laptop's first breath, and bounds what has to be folded again.
LATE_WINDOW_S = 1.0
# The head stays this far behind the newest instant, so that events in the ordinary order are never "late".
_SETTLE_S = 0.1
_MARK_EVERY = 256  # events: a tick of a flood is folded in once more at most where one of it comes late
_ORDER = attrgetter("at_s", "source", "sequence")  # Event.order, three times as fast


def begun(world: World, at_s: float = 0.0) -> State:
    """The state of a show that begins at show time `at_s`, nothing touched."""
    first = State(at_s, MovementState(0, at_s, Line(at_s, 0.0)), locked=world.loaded.show.cueing.locked)
    return with_track(world, first, world.loaded.movements[0].own_track or 0, at_s, 0.0)


def _onset_at(world: World, state: State, number: int) -> tuple[float, Onset | None]:
    """Onset `number` of the track, counted through all its loops, and when it sounds (infinity without one)."""
    track = world.tracks[state.track_index]
    found = track.onset(number) if track is not None and state.track.rate > 0 else None
    return (math.inf, None) if found is None else (state.track.instant_of(found[0]), found[1])


def onset_instants(world: World, state: State) -> Iterator[float]:
    """The show instants of the track's onsets that have not done their work yet, ascending; endless for a loop."""
    for number in count(state.onset_number):
        instant_s, found = _onset_at(world, state, number)
        if found is None:
            return
        yield instant_s


def advanced(world: World, state: State, to_s: float) -> State:
    """The state at `to_s`: movements that ended gave way to the next, onsets of the track did their work, cues and
    actions that waited fired at their moments.

    An instant before the state's own leaves it as it is.
    """
    if to_s < state.at_s:
        return state
    while True:
        instant_s, happens = _next(world, state)
        if instant_s > to_s:
            return state if state.at_s == to_s else replace(state, at_s=to_s)
        state = happens(world, replace(state, at_s=max(instant_s, state.at_s)))


_Happening = Callable[[World, State], State]


def _next(world: World, state: State) -> tuple[float, _Happening]:
    """What happens next by itself, and when. Of several at one instant: movement, onset, cue, what waited."""
    soonest: tuple[float, _Happening] = (_movement_end(world, state), _movement_ended)
    onset_s, found = _onset_at(world, state, state.onset_number)
    if found is not None and onset_s < soonest[0]:
        soonest = (onset_s, partial(_track_onset, found=found))
    for run in state.cue_runs:
        if run.fires_at_s < soonest[0]:
            soonest = (run.fires_at_s, partial(_cue_fired, run=run))
    for one in state.waiting:
        moment_s = timed_moment_s(world, state, one)
        if moment_s < soonest[0]:
            soonest = (moment_s, partial(_waited, waiting=one))
    return soonest


def _movement_end(world: World, state: State) -> float:
    if state.ended:
        return math.inf
    return state.current.position.instant_of(placed(world, state.current).duration_s)


def _movement_ended(world: World, state: State) -> State:
    """The next movement, unless an action waited for this end that chooses another one."""
    before, at_s = state.current, state.at_s
    for_show = [one for one in for_movement_end(state) if not one.event.address.startswith("/layer/")]
    state = _applied_all(world, *taken(state, for_show, at_s))
    if state.current is before:
        state = _natural_next(world, state, at_s)
    return _applied_all(world, *taken(state, for_movement_end(state), at_s))


def _natural_next(world: World, state: State, at_s: float) -> State:
    index = state.current.index + 1
    if index < len(world.loaded.movements):
        return entered(world, state, index, at_s)
    if world.loaded.show.at_end == "loop":
        return entered(world, state, 0, at_s)
    return replace(state, ended=True)


def _track_onset(world: World, state: State, *, found: Onset) -> State:
    return onset_sounded(world, replace(state, onset_number=state.onset_number + 1), state.at_s, found)


def _cue_fired(world: World, state: State, *, run: CueRun) -> State:
    return _applied_all(world, *fired(world, state, run))


def _waited(world: World, state: State, *, waiting: Waiting) -> State:
    after, events = taken(state, (waiting,), state.at_s)
    return after if gives_up(waiting, state.at_s) else _applied_all(world, after, events)


def _applied_all(world: World, state: State, events: Iterable[Event]) -> State:
    for event in events:
        state = applied(world, state, event)
    return state


def folded(world: World, state: State, events: Sequence[Event]) -> State:
    """The state after `events` (resolved, in the total order, none before the state's instant)."""
    begin = 0
    while begin < len(events):
        end = begin
        if does_glide(world, events[begin]):
            end = run_end(world, events, begin, _next(world, state)[0])
        if end > begin:
            state = glided(world, state, events[begin:end])
        else:
            end = begin + 1
            state = applied(world, advanced(world, state, events[begin].at_s), events[begin])
        begin = end
    return state


@dataclass(frozen=True, slots=True)
class Mark:
    """A state on the way from a history's base to its head: the first `count` of the recent events are in it."""

    count: int
    state: State


@dataclass(frozen=True, slots=True)
class History:
    """The state, and enough of the past to fold an event in where it belongs, though it arrives late.

    `base` is the state from which `recent` (in order) leads to `head`, by way of `marks`, the oldest first. While
    `event_count` stays, whatever changes in `head` was foretold by the head before.
    """

    base: State
    recent: tuple[Event, ...]
    head: State
    late: int = 0  # events stamped before the window, folded in at its edge
    event_count: int = 0  # folded in so far
    new: tuple[Event, ...] = ()  # those of the last step, as they were folded in
    # At least one for each step with events: a late event is folded in from the one before it, not from a second ago.
    marks: tuple[Mark, ...] = field(default=(), compare=False, repr=False)


def history(state: State) -> History:
    return History(state, (), state)


def stepped(world: World, past: History, events: Iterable[Event], now_s: float) -> History:
    """The history after `events` (resolved; any order), at show time `now_s`.

    Events that come late or in another order than their stamps give the same state as in order, within
    LATE_WINDOW_S; older ones count as if stamped at the window's edge, and are counted in `late`.
    """
    new = sorted(events, key=_ORDER)
    late = sum(1 for event in new if event.at_s < past.base.at_s)
    if late:
        new = [replace(event, at_s=max(event.at_s, past.base.at_s)) for event in new]
    recent, head, marks = past.recent, past.head, past.marks
    if new:
        in_order = (not recent or new[0].order > recent[-1].order) and new[0].at_s >= head.at_s
        if in_order:
            start = Mark(len(recent), head)
            recent = (*recent, *new)
        else:
            marks = tuple(mark for mark in marks if _stands_before(mark, recent, new[0]))
            start = marks[-1] if marks else Mark(0, past.base)
            recent = (*recent[: start.count], *sorted((*recent[start.count :], *new), key=_ORDER))
        marks = (*marks, *_marked(world, start, recent))
        head = marks[-1].state
    head = advanced(world, head, now_s - _SETTLE_S)
    base, passed = _passed(world, past.base, recent, marks, now_s - LATE_WINDOW_S)
    ahead = tuple(Mark(mark.count - passed, mark.state) for mark in marks if mark.count > passed)
    return History(base, recent[passed:], head, past.late + late, past.event_count + len(new), tuple(new), ahead)


def _passed(
    world: World, base: State, recent: Sequence[Event], marks: Sequence[Mark], edge_s: float
) -> tuple[State, int]:
    """The base moved up towards the window's edge, and how many of the recent events are in it.

    It moves from mark to mark, so that no event is folded in twice for it; up to the edge where no event lies between.
    """
    before_edge = bisect_right(recent, edge_s, key=attrgetter("at_s"))
    passed = 0
    for mark in marks:
        if mark.count <= before_edge and mark.state.at_s <= edge_s:
            base, passed = mark.state, mark.count
    return (advanced(world, base, edge_s) if passed == before_edge else base), passed


def _marked(world: World, start: Mark, recent: Sequence[Event]) -> Iterator[Mark]:
    """The states to which the events after `start` lead, one for every few of them, the last for all."""
    state = start.state
    for done in range(start.count, len(recent), _MARK_EVERY):
        state = folded(world, state, recent[done : done + _MARK_EVERY])
        yield Mark(min(done + _MARK_EVERY, len(recent)), state)


def _stands_before(mark: Mark, recent: Sequence[Event], event: Event) -> bool:
    """Whether `event` belongs after the mark, in time and in the total order."""
    return mark.state.at_s <= event.at_s and (mark.count == 0 or recent[mark.count - 1].order < event.order)
