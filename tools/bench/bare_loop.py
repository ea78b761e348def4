"""The engine's own loop without a picture: real inbox, bindings, plans and frame store, and nothing drawn."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.app.pace import Tick
from engine.app.player import Player
from engine.core.bindings import Bindings, pads_of
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.prefetch import Prefetch
from engine.core.step import begun, history
from engine.media.frame_store import FrameStore
from engine.model.pictures import FrameRef, Lookup
from engine.model.plan import FramePlan
from engine.model.world import World


class Turns:
    """A turn of the loop every `period_s`, until `over` (a Pace). It sleeps and never spins: at a thousand turns a
    second a spinning thread would keep the interpreter from the workers whose frames it waits for.
    """

    def __init__(self, now_s: Callable[[], float], period_s: float, over: Callable[[], bool]) -> None:
        self.period_s = period_s
        self._now_s = now_s
        self._over = over

    def ticks(self) -> Iterator[Tick]:
        due_s = self._now_s()
        turn = 0
        while not self._over():
            time.sleep(max(0.0, due_s - self._now_s()))
            now_s = self._now_s()
            yield Tick(turn, now_s, now_s)
            turn += 1
            due_s = max(due_s + self.period_s, now_s)  # a turn that took long is not made up for


class _NoPicture:
    """Draws nothing and shows it nowhere: a compositor and an output at once."""

    def draw(self, plan: FramePlan, frames: Mapping[FrameRef, Lookup]) -> Any:
        return None

    def present(self, canvas: Any, frame_index: int, at_s: float) -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


def bare_player(world: World, store: FrameStore, inbox: Inbox, figures: Figures, pace: Turns) -> Player:
    """A player of `world` whose pictures are asked for and never drawn."""
    nowhere, bindings = _NoPicture(), world.loaded.show.bindings
    return Player(
        world=world,
        history=history(begun(world)),
        pace=pace,
        inbox=inbox,
        bindings=Bindings(bindings, world.tree, figures),
        frames_for=store.frames_for,
        want=store.want,
        prefetch=Prefetch(world, pads_of(bindings, world.tree)),
        compositor=nowhere,
        output=nowhere,
        figures=figures,
    )


def show_clock() -> Callable[[], float]:
    """Show seconds from now on. Any thread may ask."""
    begun_s = time.monotonic()
    return lambda: time.monotonic() - begun_s


def usual_workers() -> int:
    """As many decode workers as the frame store takes by itself: cores − 1, at least 2."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 2
    return max(2, cores - 1)


def resident_bytes() -> int | None:
    """Resident memory of this process; None where the system does not say it at once."""
    if sys.platform != "linux":
        return None
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
