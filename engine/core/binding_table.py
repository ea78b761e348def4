"""The bindings of a show by control address: what each event plays is worked out once, when it first comes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.core.binding_target import Target, target_of
from engine.core.presses import Control
from engine.model import events as addresses
from engine.model.control_address import midi_address
from engine.model.controls import Binding, MidiControl, Modifier
from engine.model.cueing import Quantise
from engine.model.parameters import Kind, Parameter
from engine.model.tree import ParameterTree

# Control changes that carry NRPNs: number coarse and fine, data entry coarse and fine, increment and decrement
# (MIDI 1.0, table of controller numbers).
_NRPN_CARRIERS = (99, 98, 6, 38, 96, 97)
_FINE_HALF = 32  # a control change's LSB lies so far above its MSB
# A device that was never seen brings a new name; no stage has so many that this matters.
_MOST_ROUTES = 4096
_ALWAYS_WATCHED = ("/lock", "/control/page", "/control/next", "/control/previous")


def control_address(binding: Binding | Modifier) -> str:
    """The address that the control arrives under (see engine.model.events); "*" for a channel that was left out.

    Raises ValueError for a controller's control that was not looked up.
    """
    if binding.midi is not None:
        return midi_address(binding.midi)
    if binding.key is not None:
        return addresses.key(binding.key)
    if isinstance(binding, Binding) and binding.osc is not None:
        return binding.osc
    raise ValueError(f"the control {binding.control} was not looked up in its controller's profile")


def _any_channel(address: str) -> str | None:
    """A MIDI address with its channel replaced by "*"; None for any other."""
    parts = address.split("/", 3)
    if parts[0] != "midi" or len(parts) < 3:
        return None
    parts[2] = "*"
    return "/".join(parts)


def _carriers(control: MidiControl) -> Iterator[str]:
    """The addresses of the control changes that carry a control of 14 bits: they are heard of, too."""
    channel = control.channel or "*"
    if control.bits == 14 and control.cc is not None:
        yield addresses.midi_cc(channel, control.cc)
        yield addresses.midi_cc(channel, control.cc + _FINE_HALF)
    if control.nrpn is not None:
        for number in _NRPN_CARRIERS:
            yield addresses.midi_cc(channel, number)


@dataclass(frozen=True, slots=True)
class Plain:
    """A parameter that follows one control, or its own address, and hangs on nothing else: what nearly all events play.

    Values from `least` to `most` of the event become `value(theirs)`, or stay as they are where that is None.
    """

    path: str
    least: float
    most: float
    value: Callable[[float], float] | None


@dataclass(frozen=True, slots=True)
class Route:
    """What an address plays: targets and modifiers, or the entry of the tree that it is itself.

    Without any of them it is the part of a control of 14 bits: known, and with nothing to say. With `plain` that says
    it all, while no modifier is held.
    """

    targets: tuple[Target, ...] = ()
    modifiers: tuple[str, ...] = ()
    parameter: Parameter | None = None
    plain: Plain | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One thing that is heard under an address, from the ports that have `port` in their name; neither: a carrier."""

    port: str
    target: Target | None = None
    modifier: str | None = None


class BindingTable:
    """All bindings and modifiers of a show by the address of their control. One thread."""

    def __init__(
        self,
        tree: ParameterTree,
        quantise: Mapping[str, Quantise],
        modifiers: Mapping[str, Modifier],
        earlier: Iterable[Target] = (),
    ) -> None:
        """`earlier` are targets of a table before: those that bindings have again go on, with the grip on them."""
        self.bindings: list[Binding] = []
        self.targets: list[Target] = []
        self._earlier = list(earlier)
        self.watched = set(_ALWAYS_WATCHED)  # paths whose value bindings ask for
        self._tree = tree
        self._quantise = quantise
        self._entries: dict[str, list[_Entry]] = {}
        self.plains: dict[str, Plain] = {}  # by address, where the port does not matter: what is looked up first
        self._routes: dict[str, Route] = {}  # by address, where the port does not matter
        self._routes_by_port: dict[Control, Route] = {}
        for name, modifier in modifiers.items():
            midi = modifier.midi
            self._hear(control_address(modifier), midi, _Entry(_port(midi), modifier=name))

    def add(self, binding: Binding) -> None:
        """From now on `binding` plays. Raises ValueError, and leaves all as it was, for one that cannot."""
        target = self._gone_on(target_of(binding, self._tree, self._quantise))
        self._hear(control_address(binding), binding.midi, _Entry(target.port, target))
        self.bindings.append(binding)
        self.targets.append(target)
        if target.asks:
            self.watched.add(target.parameter.path)
        self.plains.clear()
        self._routes.clear()
        self._routes_by_port.clear()

    def _gone_on(self, target: Target) -> Target:
        """The earlier target that is the same in all but its past; else `target` itself."""
        for place, one in enumerate(self._earlier):
            if one.is_like(target):
                return self._earlier.pop(place)
        return target

    def route(self, address: str, port: str) -> Route | None:
        """What an event under `address` from `port` plays; None where it is bound to nothing."""
        return self._routes.get(address) or self._routes_by_port.get((address, port)) or self._worked_out(address, port)

    def _hear(self, address: str, midi: MidiControl | None, entry: _Entry) -> None:
        self._entries.setdefault(address, []).append(entry)
        if midi is not None:
            for carrier in _carriers(midi):
                self._entries.setdefault(carrier, []).append(_Entry(entry.port))

    def _worked_out(self, address: str, port: str) -> Route | None:
        heard = [*self._entries.get(address, ()), *self._entries.get(_any_channel(address) or "", ())]
        if not heard:
            return self._of_path(address)
        name = port.casefold()
        fitting = [entry for entry in heard if entry.port in name]
        if not fitting:
            return None
        route = self._of_entries(fitting)
        if all(not entry.port for entry in heard):
            self._keep(address, route)
        else:
            if len(self._routes_by_port) >= _MOST_ROUTES:
                self._routes_by_port.clear()
            self._routes_by_port[address, port] = route
        return route

    def _of_path(self, address: str) -> Route | None:
        """The route of an address that is a path of the tree; None where it is not."""
        parameter = self._tree.find(address)
        if parameter is None:
            return None
        asks = address in self.watched or parameter.may_wait or parameter.kind is not Kind.NUMBER
        plain = None if asks else Plain(address, parameter.low, parameter.high, None)
        route = Route(parameter=parameter, plain=plain)
        self._keep(address, route)
        return route

    def _keep(self, address: str, route: Route) -> None:
        self._routes[address] = route
        if route.plain is not None:
            self.plains[address] = route.plain

    def _of_entries(self, entries: Sequence[_Entry]) -> Route:
        targets = tuple(entry.target for entry in entries if entry.target is not None)
        modifiers = tuple(entry.modifier for entry in entries if entry.modifier is not None)
        plain = None
        if len(targets) == 1 and not modifiers and targets[0].is_plain:
            path, value = targets[0].parameter.path, targets[0].plain_value()
            plain = None if path in self.watched else Plain(path, 0.0, 1.0, value)
        return Route(targets, modifiers, plain=plain)


def _port(midi: MidiControl | None) -> str:
    return "" if midi is None else midi.port.casefold()
