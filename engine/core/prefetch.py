"""Prefetch: the frames that will be needed, found by asking the planner about instants to come."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.layers import placed
from engine.core.planner import plan
from engine.core.state import State
from engine.core.step import advanced
from engine.model.pictures import FrameRef
from engine.model.plan import Wanted
from engine.model.world import World


def instants(world: World, state: State, at_s: float, period_s: float, frames: int) -> Iterator[float]:
    """The instants to ask about: the next `frames` ticks, and the first of the next movement."""
    for number in range(1, frames + 1):
        yield at_s + number * period_s
    settled = advanced(world, state, at_s)
    ends_s = settled.current.position.instant_of(placed(world, settled.current).duration_s)
    if at_s + frames * period_s < ends_s < at_s + _NEXT_MOVEMENT_WITHIN_S:
        yield ends_s


# Long enough before a movement begins for its first frames to be decoded on a slow disk, short enough
# for them not to push out what is playing.
_NEXT_MOVEMENT_WITHIN_S = 2.0


def wanted(world: World, state: State, at_s: float, period_s: float, frames: int = 6) -> list[Wanted]:
    """What will be needed after `at_s` (show seconds), each frame once, soonest first.

    `period_s` is the time between two ticks. The plan at each instant includes what onsets of the track
    will have done by then, so the target of a jump that the music will make is among the frames.
    """
    soonest: dict[FrameRef, float] = {}
    for instant_s in instants(world, state, at_s, period_s, frames):
        state = advanced(world, state, instant_s)
        for ref in plan(world, state, instant_s).refs():
            soonest.setdefault(ref, instant_s)
    return [Wanted(ref, needed_at_s) for ref, needed_at_s in soonest.items()]
