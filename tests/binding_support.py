"""A show's bindings with somebody's hands on them, for tests: what is played is done at once, without a state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.bindings import Bindings
from engine.core.figures import Figures
from engine.model.controls import Binding, Modifier
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource, Handled
from engine.model.tree import ParameterTree
from tests.world_support import show_of

TREE = ParameterTree(show_of(name="echo"), {"lake", "fire"})
_NO_WAITS: Mapping[str, Quantise] = {}


class Stage:
    """Bindings, and the values of the parameters that they play. Each turn of a control is a tick of its own, a
    second after the one before, unless it says `at_s`."""

    def __init__(
        self,
        *bindings: Mapping[str, Any],
        tree: ParameterTree = TREE,
        quantise: Mapping[str, Quantise] = _NO_WAITS,
        modifiers: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.figures = Figures()
        self.tree = tree
        self.values: dict[str, float] = {}
        self.now_s = 0.0
        self.bindings = Bindings(
            [Binding(**binding) for binding in bindings],
            tree,
            self.figures,
            quantise=quantise,
            modifiers={name: Modifier(**modifier) for name, modifier in (modifiers or {}).items()},
        )

    def value(self, path: str) -> float | None:
        """What a path stands at: as it was played, else its default."""
        parameter = self.tree.parameters.get(path)
        return None if parameter is None else self.values.get(path, parameter.default)

    def tick(self, *events: Event) -> list[Handled]:
        """What becomes of events that come within one tick."""
        handled = self.bindings.resolve(events, self.value)
        for one in handled:
            for event in one.resolved:
                if event.wait is None:
                    self.values[event.address] = event.value
        return handled

    def event(self, address: str, value: float = 1.0, *, at_s: float | None = None, port: str = "") -> Event:
        self.now_s = self.now_s + 1.0 if at_s is None else at_s
        is_midi, is_osc = address.startswith("midi/"), address.startswith("/")
        source = EventSource.MIDI if is_midi else EventSource.OSC if is_osc else EventSource.KEY
        return Event(self.now_s, source, 0, address, value, port=port)

    def move(self, address: str, value: float = 1.0, *, at_s: float | None = None, port: str = "") -> Handled:
        """A control comes to `value`; what becomes of that."""
        return self.tick(self.event(address, value, at_s=at_s, port=port))[-1]

    def played(
        self, address: str, value: float = 1.0, *, at_s: float | None = None, port: str = ""
    ) -> list[tuple[str, float]]:
        """A control comes to `value`; what it plays: paths and their values."""
        return [(event.address, event.value) for event in self.move(address, value, at_s=at_s, port=port).resolved]
