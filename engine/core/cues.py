"""The cue list: GO, standby, back, waits and what follows what; panic. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.core.lines import Ramp
from engine.core.state import CueRun, State
from engine.model.cueing import Cue
from engine.model.events import Event, EventSource
from engine.model.parameters import Kind
from engine.model.world import World

# What a cue may not fire: it would be its own successor, for ever and at once.
_OF_CUES = ("/go", "/cue/")


def is_slip(world: World, state: State, at_s: float) -> bool:
    """Whether a GO at `at_s` comes so soon after the last one that the hand slipped."""
    return at_s - state.went_at_s < world.loaded.show.cueing.go_debounce_s


def gone(world: World, state: State, at_s: float) -> State:
    """The cue that stands by goes; the next one that will not go by itself stands by. Past the last, nothing goes."""
    cues = world.loaded.show.cues
    state = replace(state, went_at_s=at_s, panic=None)
    if state.standby >= len(cues):
        return state
    state = started(world, state, state.standby, at_s)
    following = state.standby + 1
    while following < len(cues) and cues[following - 1].next != "stop":
        following += 1
    return replace(state, standby=following)


def started(world: World, state: State, index: int, at_s: float) -> State:
    """Cue `index` begins with its pre-wait, in turn or out of it."""
    run = CueRun(index, at_s + world.loaded.show.cues[index].pre_wait_s)
    return replace(state, cue_runs=(*state.cue_runs, run))


def back(_world: World, state: State, _event: Event) -> State:
    return replace(state, standby=max(0, state.standby - 1), cue_runs=())


def stand_by(world: World, state: State, event: Event) -> State:
    return replace(state, standby=min(int(event.value), len(world.loaded.show.cues)))


def fired(world: World, state: State, run: CueRun) -> tuple[State, list[Event]]:
    """The state once a cue's pre-wait is over, the next cue on its way where it goes by itself; and what it fires.

    What cannot be fired is left out and counted in `cues_broken`, and all waits run as if it had been.
    """
    cues = world.loaded.show.cues
    cue = cues[run.index]
    runs = tuple(one for one in state.cue_runs if one is not run)
    if cue.next != "stop" and run.index + 1 < len(cues):
        lasts_s = cue.post_wait_s + (cue.duration_s if cue.next == "follow" else 0.0)
        runs = (*runs, CueRun(run.index + 1, run.fires_at_s + lasts_s + cues[run.index + 1].pre_wait_s))
    events = list(_events(world, cue, run.fires_at_s))
    broken = state.cues_broken + (len(events) < len(cue.fires))
    return replace(state, cue_runs=runs, cues_broken=broken), events


def _events(world: World, cue: Cue, at_s: float) -> Iterator[Event]:
    for place, entry in enumerate(cue.fires):
        parameter = world.tree.find(entry.path)
        if parameter is None or entry.path.startswith(_OF_CUES):
            continue
        value = entry.value if parameter.kind is Kind.ACTION else parameter.clamp(entry.value)
        yield Event(at_s, EventSource.SHOW, place, entry.path, value, wait=cue.quantise)


def panicked(world: World, state: State, at_s: float) -> State:
    """All fades to black and silence; asked for again, it is there at once. Nothing that waited fires any more."""
    before = state.panic
    left = 1.0 if before is None else before.at(at_s)
    fade_s = world.loaded.show.cueing.panic_fade_s if before is None else 0.0
    return replace(state, panic=Ramp(at_s, left, 0.0, fade_s), cue_runs=(), waiting=())
