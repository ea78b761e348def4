"""What the performer is told of events that did nothing, or less than they asked: once a second at most of each."""

from __future__ import annotations

import logging

from engine.app.pace import Tick
from engine.core.bindings import Bindings
from engine.core.figures import Counter, Figures
from engine.core.state import State
from engine.model.plan import FramePlan

log = logging.getLogger(__name__)

_EVERY_S = 1.0


class Notices:
    """Watches the bindings' counters, tick by tick. Main thread."""

    def __init__(self, bindings: Bindings, figures: Figures) -> None:
        self._bindings = bindings
        self._unbound = _Limited(figures.counter("events_unbound"))
        self._clamped = _Limited(figures.counter("events_clamped"))

    def __call__(self, tick: Tick, _plan: FramePlan, _state: State) -> None:
        count, event = self._unbound.new_at(tick.now_s), self._bindings.last_unbound
        if count and event is not None:
            log.warning("%s: bound to nothing, ignored (%d such events)", event.address, count)
        count, event = self._clamped.new_at(tick.now_s), self._bindings.last_clamped
        if count and event is not None:
            log.warning("%s: %g is out of range, clamped (%d such events)", event.address, event.value, count)


class _Limited:
    """How much a counter has grown since it was last told of, at most once a second of show time."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._told = 0
        self._next_s = float("-inf")

    def new_at(self, now_s: float) -> int:
        new = self._counter.count - self._told
        if not new or now_s < self._next_s:
            return 0
        self._told = self._counter.count
        self._next_s = now_s + _EVERY_S
        return new
