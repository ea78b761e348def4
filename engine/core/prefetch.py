"""Prefetch: the frames that will be needed, found by asking the planner about instants to come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.core.actions import applied
from engine.core.jumps import jump_instants, targets
from engine.core.planner import refs_at
from engine.core.state import State, Waiting
from engine.core.step import advanced
from engine.core.waiting import moment_s
from engine.model.events import Event, EventSource
from engine.model.pictures import FrameRef
from engine.model.plan import Wanted
from engine.model.world import World

# Long enough before a jump for its frames to be decoded on a slow disk, short enough for them not to push out what
# is playing.
JUMPS_WITHIN_S = 2.0
_TICKS_AHEAD = 6
# How many ticks to come one call may plan for. A hand on a fader makes doubtful at every tick all that was planned, and
# to plan it all anew would take the loop's time when it matters most: the rest follows with the next calls.
_PLANS_A_CALL = 2
_TICKS_TO_BE_SEEN = 3  # from a hit heard live to the tick that shows what it did, at most, at 60 Hz
_LOOK_AGAIN_S = 0.25  # after so long the jumps to come are looked for again
_PADS_AGAIN_S = 1.0  # and the pads' targets: what plays on comes near them, and leaves them
_JUST = 1e-6  # seconds: on this side of an instant, and not on the other


@dataclass(frozen=True, slots=True)
class Pad:
    """What one press of a control plays: a path of the parameter tree, and its value."""

    path: str
    value: float


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The frames that one instant to come needs. `stale`: planned from a state that has changed since."""

    instant_s: float
    refs: tuple[FrameRef, ...]
    stale: bool = False


class Prefetch:
    """What will be needed, worked out a little at every tick and kept for as long as the state foretells the same.

    What is found is what `plan` would ask for, and nothing else: at the next ticks, at the jumps that the music, the
    schedules, loops and movements will make within two seconds, and after each pad, if it were hit now. Main thread.
    """

    def __init__(self, world: World, pads: Sequence[Pad] = ()) -> None:
        self._world = world
        self._pads = tuple(pads)
        self._future: _Future | None = None  # what the answers below follow from
        self._event_count = -1
        self._looked_at_jumps = False  # by the last call
        self._ticks: list[_Ahead] = []
        self._jumps: list[_Ahead] = []
        # As far ahead as was looked: what an onset will do is not to be worked out anew for every instant after it.
        self._at_last_tick: tuple[State, ...] = ()
        self._round_last_jump: tuple[State, ...] = ()
        self._look_again_at_s = -math.inf
        self._pad_refs: dict[Pad, tuple[FrameRef, ...]] = {}
        self._pads_to_do: list[Pad] = []
        self._waiting: tuple[Waiting, ...] = ()  # for a moment that is not known ahead
        self._waiting_refs: dict[Waiting, tuple[FrameRef, ...]] = {}
        self._pads_again_at_s = -math.inf

    def wanted(self, state: State, event_count: int, at_s: float, period_s: float) -> list[Wanted]:
        """What will be needed after `at_s` (show seconds), each frame once.

        `state` is the one at `at_s`, after `event_count` events (see History); `period_s` is the time between two
        ticks. The targets of jumps are armed; those of pads come last.
        """
        self._forget_what_changed(state, event_count, at_s)
        # By turns, where there is something to do for both, so that no call takes long.
        self._looked_at_jumps = not self._looked_at_jumps and self._plan_a_jump_or_pad(state, at_s, period_s)
        if not self._looked_at_jumps:
            self._plan_ticks(state, at_s, period_s)
        return self._gathered(at_s)

    def _forget_what_changed(self, state: State, event_count: int, at_s: float) -> None:
        future = _future(state)
        if event_count != self._event_count and not future.is_that_of(self._future):
            self._at_last_tick = self._round_last_jump = ()
            # What still holds stays wanted without a break; what does not is a frame decoded in vain.
            self._ticks = [replace(ahead, stale=True) for ahead in self._ticks]
            self._jumps = [replace(jump, stale=True) for jump in self._jumps]
            self._look_again_at_s = -math.inf
            self._pads_again_at_s = -math.inf
            self._waiting = tuple(one for one in state.waiting if not _is_foreseen(self._world, state, one))
            self._waiting_refs = {}
        if self._waiting:  # one that has waited long enough is gone without an event
            self._waiting = tuple(one for one in self._waiting if one in state.waiting)
            self._waiting_refs = {one: refs for one, refs in self._waiting_refs.items() if one in self._waiting}
        self._future, self._event_count = future, event_count
        self._ticks = [ahead for ahead in self._ticks if ahead.instant_s > at_s]
        self._jumps = [jump for jump in self._jumps if jump.instant_s > at_s]

    def _plan_ticks(self, state: State, at_s: float, period_s: float) -> None:
        """Plan for the soonest ticks not planned for, or planned from a state that has changed since."""
        while len(self._ticks) < _TICKS_AHEAD:
            last_s = self._ticks[-1].instant_s if self._ticks else at_s
            self._ticks.append(_Ahead(last_s + period_s, (), stale=True))
        doubtful = [place for place, ahead in enumerate(self._ticks) if ahead.stale]
        for place in doubtful[:_PLANS_A_CALL]:
            instant_s = self._ticks[place].instant_s
            state = self._nearest(state, self._at_last_tick, instant_s)
            self._at_last_tick = (state,)
            self._ticks[place] = _Ahead(instant_s, tuple(refs_at(self._world, state, instant_s)))

    def _plan_a_jump_or_pad(self, state: State, at_s: float, period_s: float) -> bool:
        """Look at one jump to come, or one pad; whether there was any to look at."""
        if at_s >= self._look_again_at_s:
            self._look_again_at_s = at_s + _LOOK_AGAIN_S
            known = {jump.instant_s: jump for jump in self._jumps}
            instants = jump_instants(self._world, state, at_s, at_s + JUMPS_WITHIN_S)
            self._jumps = [known.get(instant_s, _Ahead(instant_s, (), stale=True)) for instant_s in instants]
        for one in self._waiting:
            if one not in self._waiting_refs:
                self._waiting_refs[one] = self._waiting_targets(state, one, at_s, period_s)
                return True
        for place, jump in enumerate(self._jumps):
            if jump.stale:
                self._jumps[place] = self._jump_at(state, jump.instant_s, at_s, period_s)
                return True
        if not self._pads_to_do and at_s >= self._pads_again_at_s:
            self._pads_again_at_s = at_s + _PADS_AGAIN_S
            self._pads_to_do = list(self._pads)
        if self._pads_to_do:
            pad = self._pads_to_do.pop(0)
            self._pad_refs[pad] = self._pad_targets(state, pad, at_s, period_s)
            return True
        return False

    def _nearest(self, now: State, known: Sequence[State], instant_s: float) -> State:
        """The state at `instant_s`, from the latest of `now` and those `known` that is not past it."""
        not_past = (state for state in (now, *known) if state.at_s <= instant_s)
        return advanced(self._world, max(not_past, key=lambda state: state.at_s, default=now), instant_s)

    def _jump_at(self, state: State, instant_s: float, at_s: float, period_s: float) -> _Ahead:
        """Where the jump leads, by the tick that will show it."""
        before = self._nearest(state, self._round_last_jump, instant_s - _JUST)
        tick_s = at_s + math.ceil((instant_s - at_s) / period_s) * period_s + _JUST
        after = advanced(self._world, before, tick_s)
        self._round_last_jump = (before, after)
        playing_on = refs_at(self._world, before, before.at_s)
        return _Ahead(instant_s, tuple(targets(playing_on, refs_at(self._world, after, tick_s))))

    def _pad_targets(self, state: State, pad: Pad, at_s: float, period_s: float) -> tuple[FrameRef, ...]:
        hit = applied(self._world, state, Event(at_s, EventSource.SHOW, 0, pad.path, pad.value))
        before, after = (refs_at(self._world, one, at_s + period_s) for one in (state, hit))
        return tuple(targets(before, after))

    def _waiting_targets(self, state: State, one: Waiting, at_s: float, period_s: float) -> tuple[FrameRef, ...]:
        """What the action would show if its moment came now; seen a little later, it has played on by a frame or so."""
        hit = applied(self._world, state, replace(one.event, at_s=at_s, wait=None))
        before = tuple(refs_at(self._world, state, at_s + period_s))
        found: dict[FrameRef, None] = {}
        for ticks in range(1, 1 + _TICKS_TO_BE_SEEN):
            after = refs_at(self._world, hit, at_s + ticks * period_s)
            found.update(dict.fromkeys(targets(before, after)))
        return tuple(found)

    def _gathered(self, at_s: float) -> list[Wanted]:
        found: dict[FrameRef, Wanted] = {}
        for jump in self._jumps:
            for ref in jump.refs:
                found.setdefault(ref, Wanted(ref, jump.instant_s, armed=True))
        for refs in self._waiting_refs.values():
            for ref in refs:
                found.setdefault(ref, Wanted(ref, at_s, armed=True))
        for ahead in self._ticks:
            for ref in ahead.refs:
                found.setdefault(ref, Wanted(ref, ahead.instant_s))
        for refs in self._pad_refs.values():
            for ref in refs:
                found.setdefault(ref, Wanted(ref, at_s + JUMPS_WITHIN_S))
        return list(found.values())


@dataclass(frozen=True, slots=True)
class _Future:
    """What the frames to come follow from, apart from the passing of time.

    `mappings` are compared by identity: the state replaces them whole when it changes them, and they may be large.
    """

    values: tuple[object, ...]
    mappings: tuple[object, ...]

    def is_that_of(self, other: _Future | None) -> bool:
        return (
            other is not None
            and self.values == other.values
            and all(one is another for one, another in zip(self.mappings, other.mappings, strict=True))
        )


def _is_foreseen(world: World, state: State, one: Waiting) -> bool:
    """Whether its moment is known ahead: then it is one of the jumps to come."""
    return one.event.wait is not None and moment_s(world, state, one.event.wait) < math.inf


def _future(state: State) -> _Future:
    movement = state.current
    # Of the parameters only those count that choose frames: a clear layer needs none, a speed leads to others, and so
    # does the place to land on.
    touched = {
        path: ramp.end
        for path, ramp in movement.touched.items()
        if path.endswith(("/speed", "/target")) or (path.endswith("/opacity") and ramp.end <= 0)
    }
    values = (movement.index, movement.entered_at_s, movement.position, touched, state.track, state.tempo, state.ended)
    replaced = (movement.layers, state.outgoing, state.fired, state.waiting, state.cue_runs, state.frozen)
    return _Future(values, replaced)
