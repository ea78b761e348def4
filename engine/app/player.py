"""The player: the loop that turns events into pictures. The same on stage and in a render."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import moderngl

from engine.app.pace import Pace, Tick
from engine.app.replay import Replay
from engine.core.bindings import Bindings
from engine.core.carry import carried
from engine.core.coalescing import coalesced
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.planner import plan
from engine.core.prefetch import Prefetch
from engine.core.state import State
from engine.core.step import History, advanced, history, stepped
from engine.core.values import value_at
from engine.model.controls import Binding
from engine.model.events import Event, Handled
from engine.model.pictures import FrameRef, Lookup
from engine.model.plan import FramePlan, Wanted
from engine.model.world import World
from engine.outputs.output import Output


class Compositor(Protocol):
    """Draws a plan's frames on the canvas (engine.gl.compositor)."""

    def draw(self, plan: FramePlan, frames: Mapping[FrameRef, Lookup]) -> moderngl.Framebuffer: ...


@dataclass(slots=True)
class Player:
    """Everything the loop needs, chosen in engine.app.wiring. Main thread.

    `frames_for` is what to do when a frame is not decoded yet: live, the nearest held; offline, wait for it.
    `after_events` is called at each tick with what became of each event that came in, and with the resolved events
    as they were folded into the state: takes and the monitor. `before_bindings` gives those of the events that came in
    which go on to the bindings; learning keeps some to itself. `after_tick` is called with the tick, plan and state of
    each frame shown: clocks, status and plan files.
    """

    world: World
    history: History
    pace: Pace
    inbox: Inbox
    bindings: Bindings
    frames_for: Callable[[FramePlan], Mapping[FrameRef, Lookup]]
    want: Callable[[Sequence[Wanted]], None]
    prefetch: Prefetch
    compositor: Compositor
    output: Output
    figures: Figures
    now_s: Callable[[], float] | None = None  # on stage, the show clock: how long an event takes to be seen
    waits: bool = False  # whether `frames_for` does
    replay: Replay | None = None  # a take, played beside what comes in
    coalesces: bool = True  # of several values for a parameter within a tick, only the last is folded in
    before_tick: Sequence[Callable[[], None]] = ()
    before_bindings: Callable[[Sequence[Event]], Sequence[Event]] = lambda events: events
    hearing: Callable[[FramePlan], FramePlan] = lambda plan: plan  # on stage, with what the live input hears
    stop_wished: Callable[[], bool] = lambda: False
    after_events: list[Callable[[Tick, Sequence[Handled], Sequence[Event]], None]] = field(default_factory=list)
    after_tick: list[Callable[[Tick, FramePlan, State], None]] = field(default_factory=list)

    def adopt(self, world: World, bindings: Sequence[Binding], prefetch: Prefetch) -> None:
        """Go on with another version of the show (see engine.core.carry). Between two ticks; main thread.

        `bindings` are those that play from here on. What comes in late, and was stamped before, counts from here.
        """
        past = self.history
        state = carried(self.world, world, past.head)
        # One event more: whatever was foretold no longer holds.
        self.history = replace(history(state), late=past.late, event_count=past.event_count + 1)
        loaded = world.loaded
        self.bindings.adopt(bindings, world.tree, quantise=loaded.show.quantise, modifiers=loaded.modifiers)
        if self.replay is not None:
            self.replay.adopt(world.tree)
        self.world, self.prefetch = world, prefetch

    def run(self) -> None:
        """Play until the pace or the show ends. Exceptions of workers and outputs come out here."""
        shown = self.figures.counter("frames_shown")
        events = self.figures.counter("events")
        onsets = self.figures.counter("onsets")
        python_ms = self.figures.samples("python_ms")
        state, event_count = self.history.head, self.history.event_count
        for tick in self.pace.ticks():
            for act in self.before_tick:
                act()
            begun_s = time.perf_counter()
            handled = self._take_in(tick)
            state = self._ahead(state, event_count, tick.at_s)
            event_count = self.history.event_count
            picture = self.hearing(plan(self.world, state, tick.at_s))
            planned_s = time.perf_counter()
            frames = self.frames_for(picture)
            waited_s = time.perf_counter() - planned_s if self.waits else 0.0
            self.want(self.prefetch.wanted(state, event_count, tick.at_s, self.pace.period_s))
            events.add(sum(len(one.resolved) for one in handled))
            onsets.count = self.history.head.onset_number
            python_ms.add((time.perf_counter() - begun_s - waited_s) * 1000)
            canvas = self.compositor.draw(picture, frames)
            if not tick.is_shown:
                continue
            self.output.present(canvas, tick.frame_index, tick.at_s)
            shown.add()
            self._note_seen()
            for tell in self.after_tick:
                tell(tick, picture, self.history.head)
            if self.history.head.quit or self.stop_wished():
                return

    def _note_seen(self) -> None:
        """The swap has returned: how long ago the oldest event that the frame shows was stamped."""
        if self.now_s is not None and self.history.new:
            oldest_s = min(event.at_s for event in self.history.new)
            self.figures.samples("event_to_shown_ms").add(max(0.0, self.now_s() - oldest_s) * 1000)

    def _take_in(self, tick: Tick) -> Sequence[Handled]:
        """Fold in what has happened up to now; what became of each event."""
        head = self.history.head
        incoming = self.before_bindings(self.inbox.drain(until_s=tick.at_s))
        handled = self.bindings.resolve(incoming, lambda path: value_at(self.world, head, path, tick.now_s))
        resolved = [event for one in handled for event in one.resolved]
        if self.coalesces:
            resolved = coalesced(resolved, self.world.tree)
        if self.replay is not None:  # what it adds was resolved and coalesced when it was recorded
            resolved = self.replay.merged(resolved, tick.at_s)
        self.history = stepped(self.world, self.history, resolved, tick.now_s)
        for tell in self.after_events:
            tell(tick, handled, self.history.new)
        return handled

    def _ahead(self, before: State, event_count: int, at_s: float) -> State:
        """The state at `at_s`: from the one `before`, at the last tick, where no event has come since.

        The head is kept a little in the past; from there, what an onset did would be worked out at every tick anew.
        """
        unchanged = self.history.event_count == event_count and before.at_s <= at_s
        return advanced(self.world, before if unchanged else self.history.head, at_s)
