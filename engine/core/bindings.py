"""Bindings: from controls to parameters and actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from engine.core.figures import Figures
from engine.core.prefetch import Pad
from engine.model import events as addresses
from engine.model.controls import Binding, MidiControl
from engine.model.events import Event, Handled
from engine.model.parameters import Kind, Parameter
from engine.model.tree import ParameterTree

ValueOf = Callable[[str], float | None]


@dataclass(frozen=True, slots=True)
class Target:
    """What a control plays: the parameter, and the values that the control's 0 and 1 become."""

    parameter: Parameter
    low: float
    high: float
    fixed: float | None = None

    def value_of(self, control: float) -> float | None:
        """The parameter's value for a control at 0..1; None where the control says nothing (a key released)."""
        if self.fixed is not None:
            return self.fixed if control > 0 else None
        if self.parameter.kind is Kind.ACTION:
            return control if control > 0 else None
        return self.low + (self.high - self.low) * control


class Bindings:
    """Every binding of a show, looked up by control address. Main thread.

    An event whose address is already a path of the tree needs no binding. What fits neither is counted in
    the figure `events_unbound`; a value outside its parameter's range is clamped and counted in `events_clamped`.
    `last_unbound` and `last_clamped` are the latest such events, for whoever tells the performer.
    """

    def __init__(self, bindings: Sequence[Binding], tree: ParameterTree, figures: Figures) -> None:
        self.last_unbound: Event | None = None
        self.last_clamped: Event | None = None
        self._tree = tree
        self._targets: dict[str, list[Target]] = {}
        self._unbound = figures.counter("events_unbound")
        self._clamped = figures.counter("events_clamped")
        for binding in bindings:
            parameter = tree.find(target_path(binding))
            if parameter is None:
                raise ValueError(f"binding to {target_path(binding)}, which the show has not got")
            low, high = binding.range or (parameter.low, parameter.high)
            target = Target(parameter, low, high, binding.value)
            self._targets.setdefault(control_address(binding), []).append(target)

    def resolve(self, events: Iterable[Event], value: ValueOf = lambda _path: None) -> list[Handled]:
        """What becomes of each of `events`, in their order; what they resolve to keeps its stamp and its origin.

        `value` gives the value that a path has now, None where it has none.
        """
        return [self._handled(event, value) for event in events]

    def _handled(self, event: Event, value: ValueOf) -> Handled:
        targets = self._targets.get(event.address) or self._targets.get(_any_channel(event.address))
        if targets:
            resolved = []
            for target in targets:
                aimed = target.value_of(event.value)
                if aimed is not None:
                    resolved.append(self._aimed(event, target.parameter, aimed))
            return Handled(event, "played" if resolved else "ignored", tuple(resolved))
        parameter = self._tree.find(event.address)
        if parameter is None:
            self._unbound.add()
            self.last_unbound = event
            return Handled(event, "unbound")
        if parameter.kind is Kind.ACTION and event.value == 0:
            return Handled(event, "ignored")
        return Handled(event, "played", (self._aimed(event, parameter, event.value),))

    def _aimed(self, event: Event, parameter: Parameter, value: float) -> Event:
        clamped = value if parameter.kind is Kind.ACTION else parameter.clamp(value)
        if clamped != value:
            self._clamped.add()
            self.last_clamped = event
        return replace(event, address=parameter.path, value=clamped, origin=event.origin or event)


def coalesced(events: Sequence[Event], tree: ParameterTree) -> list[Event]:
    """The same events with, for each parameter, only the last value of this tick; every action stays.

    `events` are resolved and in order; so is the result.
    """
    last: dict[str, int] = {}
    for position, event in enumerate(events):
        last[event.address] = position
    kept: list[Event] = []
    for position, event in enumerate(events):
        parameter = tree.find(event.address)
        if last[event.address] == position or (parameter is not None and parameter.kind is Kind.ACTION):
            kept.append(event)
    return kept


def target_path(binding: Binding) -> str:
    """The path that a binding plays: its `to`, or the position that its `scrub` moves."""
    return binding.to if binding.to is not None else f"{binding.scrub}/position"


def pads_of(bindings: Iterable[Binding], tree: ParameterTree) -> list[Pad]:
    """What one press of each control plays that has only one thing to say: actions, and bindings with a value."""
    pads: dict[Pad, None] = {}
    for binding in bindings:
        parameter = tree.find(target_path(binding))
        if parameter is not None and (parameter.kind is Kind.ACTION or binding.value is not None):
            value = 1.0 if binding.value is None else parameter.clamp(binding.value)
            pads[Pad(parameter.path, value)] = None
    return list(pads)


def control_address(binding: Binding) -> str:
    """The address that the binding's control arrives under (see engine.model.events)."""
    if binding.midi is not None:
        return _midi_address(binding.midi)
    if binding.key is not None:
        return addresses.key(binding.key)
    assert binding.osc is not None  # the model has checked that one of three is there
    return binding.osc


def _midi_address(control: MidiControl) -> str:
    channel = control.channel or "*"
    if control.cc is not None:
        return addresses.midi_cc(channel, control.cc)
    if control.note is not None:
        return addresses.midi_note(channel, control.note)
    return addresses.midi_pitch(channel)


def _any_channel(address: str) -> str:
    """A MIDI address with its channel replaced by "*"; any other address as it is."""
    kind, _, rest = address.partition("/")
    if kind != "midi":
        return address
    what, _, place = rest.partition("/")
    _, slash, number = place.partition("/")
    return f"midi/{what}/*{slash}{number}"
