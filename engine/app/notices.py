"""What the performer is told of events that did nothing, or less than they asked: once a second at most."""

from __future__ import annotations

import logging

from engine.app.pace import Tick
from engine.core.bindings import Bindings
from engine.core.figures import Figures
from engine.core.state import State
from engine.model.plan import FramePlan

log = logging.getLogger(__name__)

_EVERY_S = 1.0


class Notices:
    """Watches the bindings' counters, tick by tick. Main thread."""

    def __init__(self, bindings: Bindings, figures: Figures) -> None:
        self._bindings = bindings
        self._unbound = figures.counter("events_unbound")
        self._clamped = figures.counter("events_clamped")
        self._told_unbound = 0
        self._told_clamped = 0
        self._next_s = float("-inf")

    def __call__(self, tick: Tick, _plan: FramePlan, _state: State) -> None:
        if tick.now_s < self._next_s:
            return
        unbound = self._unbound.count - self._told_unbound
        if unbound and (event := self._bindings.last_unbound) is not None:
            log.warning("%s: bound to nothing, ignored (%d such events)", event.address, unbound)
        clamped = self._clamped.count - self._told_clamped
        if clamped and (event := self._bindings.last_clamped) is not None:
            log.warning("%s: %g is out of range, clamped (%d such events)", event.address, event.value, clamped)
        if unbound or clamped:
            self._told_unbound, self._told_clamped = self._unbound.count, self._clamped.count
            self._next_s = tick.now_s + _EVERY_S
