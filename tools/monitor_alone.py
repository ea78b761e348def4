"""A show that is listened to without a player: its devices open, its bindings at work, and no picture or sound."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from engine.app.live_inputs import LiveInputs
from engine.app.pace import Tick
from engine.core.bindings import Bindings
from engine.core.coalescing import coalesced
from engine.core.figures import Figures
from engine.core.planner import plan
from engine.core.state import State
from engine.core.step import begun, history, stepped
from engine.core.values import value_at
from engine.model.world import World
from engine.outputs.osc_pulse import track_onsets
from tools.monitor_told import Clock, Hit, Music, Numbers, Skipped, Told, Value, rows

_PERIOD_S = 1 / 60
_STATUS_EACH_S = 0.1
_MOST_ROWS = 100  # of a tick


class ListeningShow:
    """The show's MIDI, OSC, keys of the terminal, live onsets, levels and clocks, folded into its state. Main thread.

    It answers over OSC and lights controllers' lamps as a player does. What it misses is logged.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._figures = Figures()
        self._inputs = LiveInputs(world, self._figures, start_s=0.0)
        loaded = world.loaded
        self._bindings = Bindings(
            loaded.bindings, world.tree, self._figures, quantise=loaded.show.quantise, modifiers=loaded.modifiers
        )
        self._history = history(begun(world))
        self._told_until_s = 0.0  # show seconds
        self._status_s = 0.0
        self._next_s = time.monotonic()
        self._inputs.board.publish(Tick(0, 0.0, 0.0), plan(world, self._history.head, 0.0), self._history.head)
        try:
            self._inputs.open(silent=True)
        except BaseException:
            self._inputs.close()
            raise
        self._steps = self._inputs.before_tick(None)

    def poll(self, wait_s: float) -> Iterator[Told]:
        """What came since the last tick, waited for `wait_s` at most."""
        now_s = time.monotonic()
        until_s = min(self._next_s, now_s + wait_s)
        if until_s > now_s:
            time.sleep(until_s - now_s)
        self._next_s = max(self._next_s + _PERIOD_S, time.monotonic())
        return self._tick()

    def close(self) -> None:
        """Give the devices back. Safe to call twice."""
        self._inputs.close()

    def _tick(self) -> Iterator[Told]:
        for step in self._steps:
            step()
        world, now_s, head = self._world, self._inputs.clock.now_s(), self._history.head
        handled = self._bindings.resolve(
            self._inputs.inbox.drain(until_s=now_s), lambda path: value_at(world, head, path, now_s)
        )
        resolved = coalesced([event for one in handled for event in one.resolved], world.tree)
        self._history = stepped(world, self._history, resolved, now_s)
        state, tick = self._history.head, Tick(0, now_s, now_s)
        for tell in self._inputs.after_events:
            tell(tick, handled, self._history.new)
        self._inputs.board.publish(tick, plan(world, state, now_s), state)
        found = (row for one in handled for row in rows(one))
        yield from islice(found, _MOST_ROWS)
        if left := sum(1 for _ in found):
            yield Skipped(left)
        for _, onset in track_onsets(world, state, self._told_until_s, now_s):
            yield Hit(onset.detector, onset.strength)
        self._told_until_s = now_s
        if time.monotonic() >= self._status_s:
            self._status_s = time.monotonic() + _STATUS_EACH_S
            yield from self._status(state, now_s)

    def _status(self, state: State, now_s: float) -> Iterator[Told]:
        loaded, clock = self._world.loaded, self._inputs.clock.status

        def value(path: str) -> float:
            return value_at(self._world, state, path, now_s) or 0.0

        movement, cues = loaded.movements[state.current.index], loaded.show.cues
        standby = cues[state.standby].name if state.standby < len(cues) else ""
        yield Music(now_s, movement.name, movement.index, value("/movement/position"), standby)
        yield Clock(clock.followed, clock.running, clock.missing, clock.beats, clock.bpm or 0.0, clock.error_ms)
        for path in ("/tempo/bpm", "/tempo/beat", *(f"/level/{level.name}" for level in loaded.show.levels)):
            yield Value(path, value(path))
        yield Numbers({"events_overtaken": self._figures.counter("events_overtaken").count})
