"""The state forward in time: what happens by itself, and the fold of events. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
_A_STRETCH = 256  # events: what is folded in once more at least where one of them comes late
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
    for_show = [one for one in for_movement_end(state) if not _is_of_picture(world, one.event.address)]
    state = _applied_all(world, *taken(state, for_show, at_s))
    if state.current is before:
        state = _natural_next(world, state, at_s)
    return _applied_all(world, *taken(state, for_movement_end(state), at_s))


def _is_of_picture(world: World, path: str) -> bool:
    """Whether what plays `path` means the movement that begins, rather than which one does."""
    parameter = world.tree.parameters.get(path)
    return path.startswith("/layer/") or (parameter is not None and parameter.of_shader)


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
class Stretch:
    """Events in their order, at least one, and the state to which they lead from the stretch before."""

    events: tuple[Event, ...]
    state: State


@dataclass(frozen=True, slots=True)
class History:
    """The state, and enough of the past to fold an event in where it belongs, though it arrives late.

    `base` is the state from which `recent`, one stretch after another, leads to `head`. While `event_count` stays,
    whatever changes in `head` was foretold by the head before.
    """

    base: State
    recent: tuple[Stretch, ...]
    head: State
    late: int = 0  # events stamped before the window, folded in at its edge
    event_count: int = 0  # folded in so far
    new: tuple[Event, ...] = ()  # those of the last step, as they were folded in


def history(state: State) -> History:
    return History(state, (), state)


def stepped(world: World, past: History, events: Iterable[Event], now_s: float) -> History:
    """The history after `events` (resolved; any order), at show time `now_s`.

    Events that come late or in another order than their stamps give the same state as in order, within
    LATE_WINDOW_S; older ones count as if stamped at the window's edge, and are counted in `late`.
    """
    new = sorted(events, key=_ORDER)
    late = bisect_left(new, past.base.at_s, key=attrgetter("at_s"))
    if late:
        new = sorted((replace(event, at_s=max(event.at_s, past.base.at_s)) for event in new), key=_ORDER)
    recent, head = past.recent, past.head
    if new:
        recent, head = _with_new(world, past, new)
    head = advanced(world, head, now_s - _SETTLE_S)
    base, recent = _passed(world, past.base, recent, now_s - LATE_WINDOW_S)
    return History(base, recent, head, past.late + late, past.event_count + len(new), tuple(new))


def _with_new(world: World, past: History, new: list[Event]) -> tuple[tuple[Stretch, ...], State]:
    """The stretches with new events in their places, and the state to which they lead.

    What comes after the newcomers is folded in again, from the stretch before them.
    """
    kept = len(past.recent)
    if new[0].at_s < past.head.at_s or (kept and new[0].order < past.recent[-1].events[-1].order):
        while kept and not _stands_before(past.recent[kept - 1], new[0]):
            kept -= 1
        again = [event for stretch in past.recent[kept:] for event in stretch.events]
        state = past.recent[kept - 1].state if kept else past.base
        stretches = _stretches(world, state, sorted((*again, *new), key=_ORDER))
    else:
        stretches = _stretches(world, past.head, new)
    recent = (*past.recent[:kept], *stretches)
    return recent, recent[-1].state


def _stretches(world: World, state: State, events: Sequence[Event]) -> Iterator[Stretch]:
    for begin in range(0, len(events), _A_STRETCH):
        part = tuple(events[begin : begin + _A_STRETCH])
        state = folded(world, state, part)
        yield Stretch(part, state)


def _stands_before(stretch: Stretch, event: Event) -> bool:
    """Whether `event` belongs after the stretch, in time and in the total order."""
    return stretch.state.at_s <= event.at_s and stretch.events[-1].order < event.order


def _passed(world: World, base: State, recent: tuple[Stretch, ...], edge_s: float) -> tuple[State, tuple[Stretch, ...]]:
    """The base moved up towards the window's edge, and the stretches that are not in it yet.

    It moves by whole stretches, so that no event is folded in twice for it.
    """
    gone = 0
    while gone < len(recent) and recent[gone].state.at_s <= edge_s:
        base = recent[gone].state
        gone += 1
    recent = recent[gone:]
    if not recent or recent[0].events[0].at_s > edge_s:
        base = advanced(world, base, edge_s)
    return base, recent
