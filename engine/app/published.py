"""What the loop tells of each tick, for whoever watches from another thread: feedback, queries, monitor, operator."""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine.app.pace import Tick
from engine.core.state import State
from engine.core.values import value_at
from engine.model.plan import FramePlan
from engine.model.world import World


@dataclass(frozen=True, slots=True)
class Published:
    """One tick: its plan, and the state that it was made from. Frozen: any thread may keep and ask it.

    `monotonic_s` (of `time.monotonic`) is when it was published.
    """

    world: World
    tick: Tick
    plan: FramePlan
    state: State
    monotonic_s: float

    def value(self, path: str) -> float | None:
        """The value of a path of the tree at this tick (see engine.core.values)."""
        return value_at(self.world, self.state, path, self.tick.now_s)


class NoticeBoard:
    """Holds the latest tick. The main thread replaces `latest` whole; any thread reads it. None before the first."""

    def __init__(self, world: World) -> None:
        self.latest: Published | None = None
        self._world = world

    def adopt(self, world: World) -> None:
        """From the next tick on this is the show. Main thread."""
        self._world = world

    def publish(self, tick: Tick, plan: FramePlan, state: State) -> None:
        """Main thread, after each tick."""
        self.latest = Published(self._world, tick, plan, state, time.monotonic())
