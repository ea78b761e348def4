"""Bindings: from controls to parameters and actions."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.binding_table import BindingTable, Route
from engine.core.binding_target import Target, Way, target_of
from engine.core.coalescing import thinned
from engine.core.figures import Figures
from engine.core.hands import Hands, Silence
from engine.core.prefetch import Pad
from engine.core.present_values import PresentValues, ValueOf
from engine.model.controls import Binding, Modifier
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource, Handled, Outcome
from engine.model.parameters import Kind, Parameter
from engine.model.tree import ParameterTree

_LOCK, _QUIT = "/lock", "/quit"
_MOST_NEW = 0.75  # of a crowd's events: where more of them have an address of their own, thinning it out gains nothing
_CROWD = 64  # events within a tick: more than hands play, so that of what these play every value is heard of


class Bindings:
    """Every binding of a show, looked up by control address. Main thread, but for `let_go`.

    An event whose address is already a path of the tree needs no binding. What fits neither is counted in
    the figure `events_unbound`; a value outside its parameter's range is clamped and counted in `events_clamped`; one
    that is no finite number is ignored and counted in `events_not_finite`.
    `last_unbound` and `last_clamped` are the latest such events, for whoever tells the performer.

    `quantise` says what paths wait for whoever plays them (a binding's own comes first), `modifiers` which controls
    give others a second meaning. Raises ValueError for a binding whose path is not in the tree, or whose control was
    not looked up.
    """

    def __init__(
        self,
        bindings: Iterable[Binding],
        tree: ParameterTree,
        figures: Figures,
        *,
        quantise: Mapping[str, Quantise] | None = None,
        modifiers: Mapping[str, Modifier] | None = None,
    ) -> None:
        self.last_unbound: Event | None = None
        self.last_clamped: Event | None = None
        self._quantise = quantise or {}
        self._table = BindingTable(tree, self._quantise, modifiers or {})
        self._present = PresentValues()
        self._hands = Hands(self._present)
        self._held_modifiers = self._hands.presses.modifiers
        self._gone: deque[tuple[str, float]] = deque()  # any thread appends, the main one takes
        self._unbound = figures.counter("events_unbound")
        self._clamped = figures.counter("events_clamped")
        self._not_finite = figures.counter("events_not_finite")
        self._overtaken = figures.counter("events_overtaken")
        for binding in bindings:
            self._table.add(binding)

    @property
    def bindings(self) -> Sequence[Binding]:
        """Those that play now, in the order in which they came."""
        return tuple(self._table.bindings)

    def add(self, binding: Binding) -> None:
        """From now on `binding` plays as well. Raises ValueError, and leaves all as it was, for one that cannot."""
        self._table.add(binding)

    def adopt(
        self,
        bindings: Iterable[Binding],
        tree: ParameterTree,
        *,
        quantise: Mapping[str, Quantise],
        modifiers: Mapping[str, Modifier],
    ) -> None:
        """From now on these play, and no others, in another version of the show.

        A binding that is the same in both keeps its grip on its parameter, and what is held down of it is let go of as
        ever. Raises ValueError as the constructor does, and leaves all as it was.
        """
        table = BindingTable(tree, quantise, modifiers, self._table.targets)
        for binding in bindings:
            table.add(binding)
        self._quantise, self._table = quantise, table
        self._hands.presses.keep(table.targets, modifiers)

    def let_go(self, port: str, at_s: float) -> None:
        """Whatever is still held on `port` counts as let go at `at_s` (show seconds): its cable is out. Any thread.

        It is done with the next events that are resolved. "" lets go of keys and OSC controls.
        """
        self._gone.append((port, at_s))

    def resolve(self, events: Sequence[Event], value: ValueOf = lambda _path: None) -> list[Handled]:
        """What becomes of each of `events`, in their order; what they resolve to keeps its stamp and its origin.

        `value` gives the value that a path has now, None where it has none. Controls that were let go come as events
        of their own, with the value 0. Of a crowd of events, faders' values that are out of date by the end of it are
        left out unseen.
        """
        self._present.begin(value)
        if not self._gone:
            return self._all_handled(self._thinned(events))
        handled: list[Handled] = []
        for event in events:
            handled += self._released(event.at_s)
            handled.append(self._handled(event))
        handled += self._released(math.inf)
        return handled

    def _thinned(self, events: Sequence[Event]) -> Sequence[Event]:
        if len(events) < _CROWD or self._held_modifiers:
            return events
        if len({event.address for event in events}) > _MOST_NEW * len(events) or any(map(self._modifies, events)):
            return events
        kept = thinned(events, self._follows, self._plays)
        self._overtaken.add(len(events) - len(kept))
        return kept

    def _modifies(self, event: Event) -> bool:
        route = self._table.route(event.address, event.port)
        return route is not None and bool(route.modifiers)

    def _follows(self, event: Event) -> str | None:
        """The path that does nothing but follow this event's control, and takes its value as it is."""
        route = self._table.route(event.address, event.port)
        plain = None if route is None else route.plain
        return plain.path if plain is not None and plain.least <= event.value <= plain.most else None

    def _plays(self, event: Event) -> Iterator[str]:
        """All that the event may play."""
        route = self._table.route(event.address, event.port)
        if route is not None:
            yield from (target.parameter.path for target in route.targets)
            if route.parameter is not None:
                yield route.parameter.path

    def _released(self, until_s: float) -> list[Handled]:
        """What became of all that is held on ports that went by `until_s`."""
        handled: list[Handled] = []
        while self._gone and self._gone[0][1] <= until_s:
            port, at_s = self._gone.popleft()
            for address, _ in list(self._hands.presses.of_port(port)):
                handled.append(self._handled(Event(at_s, _source_of(address), 0, address, 0.0, port=port)))
        return handled

    def _all_handled(self, events: Iterable[Event]) -> list[Handled]:
        """What becomes of each; written out for what nearly all of them are, since this is what a flood costs."""
        plains, held_modifiers = self._table.plains, self._held_modifiers
        handled: list[Handled] = []
        for event in events:
            value = event.value
            plain = plains.get(event.address)
            if plain is None or held_modifiers or not plain.least <= value <= plain.most:
                handled.append(self._handled(event))
                continue
            if plain.value is not None:
                value = plain.value(value)
            played = Event(
                event.at_s, event.source, event.sequence, plain.path, value, event.origin or event, event.port
            )
            handled.append(Handled(event, "played", (played,)))
        return handled

    def _handled(self, event: Event) -> Handled:
        value = event.value
        route = self._table.route(event.address, event.port)
        plain = route.plain if route is not None else None
        if plain is not None and plain.least <= value <= plain.most and not self._held_modifiers:
            if plain.value is not None:
                value = plain.value(value)
            return Handled(event, "played", (_played_by(event, plain.path, value, None),))
        if not math.isfinite(value):
            self._not_finite.add()
            return Handled(event, "ignored")
        if route is None:
            self._unbound.add()
            self.last_unbound = event
            return Handled(event, "unbound")
        reply = _Reply()
        if route.parameter is not None:
            self._play_path(event, route.parameter, reply)
        else:
            self._play_control(event, route, reply)
        if reply.clamped and reply.resolved:
            self._clamped.add()
            self.last_clamped = event
        return Handled(event, reply.outcome, tuple(reply.resolved))

    def _play_path(self, event: Event, parameter: Parameter, reply: _Reply) -> None:
        """Play an event whose address is a path."""
        wait = event.wait or self._quantise.get(parameter.path) if parameter.may_wait else None
        self._play(event, parameter, event.value, wait, reply)

    def _play_control(self, event: Event, route: Route, reply: _Reply) -> None:
        """Play whatever a control is bound to."""
        value = event.value
        if not 0.0 <= value <= 1.0:
            value = min(max(value, 0.0), 1.0)
            reply.clamped = True
        control = (event.address, "" if event.source is EventSource.OSC else event.port)
        presses = self._hands.presses
        was_held = presses.holds_any(control)
        for target in route.targets:
            aimed = self._hands.played(target, event.at_s, control, value, was_held=was_held)
            if aimed is Silence.HELD:
                reply.held = True
            elif not isinstance(aimed, Silence):
                self._play(event, target.parameter, aimed, target.wait, reply)
        for modifier in route.modifiers:
            presses.modify(modifier, control, held=value > 0)
            reply.heard = True

    def _play(self, event: Event, parameter: Parameter, value: float, wait: Quantise | None, reply: _Reply) -> None:
        """Play `parameter`, as far as it can have the value, and show mode lets it."""
        if parameter.kind is not Kind.ACTION:
            reply.clamped = reply.clamped or not parameter.low <= value <= parameter.high
            value = parameter.clamp(value)
        elif value == 0 or (parameter.path == _QUIT and self._present.of(_LOCK, event.at_s)):
            return
        reply.resolved.append(self._sent(event, parameter, value, wait))

    def _sent(self, event: Event, parameter: Parameter, value: float, wait: Quantise | None) -> Event:
        if wait is None and parameter.path in self._table.watched:
            self._present.send(parameter, value, event.at_s)
        return _played_by(event, parameter.path, value, wait)


def _played_by(event: Event, path: str, value: float, wait: Quantise | None) -> Event:
    """What `event` resolves to."""
    return Event(event.at_s, event.source, event.sequence, path, value, event.origin or event, event.port, wait)


@dataclass(slots=True)
class _Reply:
    """What becomes of one event, while it is found out."""

    resolved: list[Event] = field(default_factory=list)
    clamped: bool = False
    held: bool = False
    heard: bool = False  # by a modifier

    @property
    def outcome(self) -> Outcome:
        if self.resolved:
            return "clamped" if self.clamped else "played"
        if self.held:
            return "held"
        return "played" if self.heard else "ignored"


def _source_of(address: str) -> EventSource:
    """Who sent the control `address`."""
    if address.startswith("midi/"):
        return EventSource.MIDI
    return EventSource.OSC if address.startswith("/") else EventSource.KEY


def pads_of(bindings: Iterable[Binding], tree: ParameterTree) -> list[Pad]:
    """What one press of each control plays that has only one thing to say.

    These are actions, fixed values, and keys and program changes that trigger: not what hangs on how hard a pad is hit,
    nor what goes another way with the next press or when it is let go.
    """
    pads: dict[Pad, None] = {}
    for binding in bindings:
        try:
            target = target_of(binding, tree, {})
        except ValueError:
            continue
        value = _only_value(target)
        if value is not None:
            pads[Pad(target.parameter.path, target.parameter.clamp(value))] = None
    return list(pads)


def _only_value(target: Target) -> float | None:
    """What each press sends; None where it is not always the same."""
    if target.way is not Way.TRIGGER:
        return None
    if target.upper is not None:
        return target.upper
    midi = target.binding.midi
    always_full = target.binding.key is not None or (midi is not None and midi.program is not None)
    if target.parameter.kind is Kind.ACTION or always_full:
        return target.reach.value(target.travel(1.0))
    return None
