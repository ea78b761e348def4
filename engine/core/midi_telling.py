"""What controllers are told of the values that they play, for lamps and motor faders: what, and when. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.core.control_value import Reach, into_dead_zone
from engine.core.midi_ports import device_of, fits
from engine.model.control_address import midi_address
from engine.model.controls import Binding
from engine.model.parameters import Kind
from engine.model.tree import ParameterTree

# A fader is left to the hand that moves it until it has been still for so long.
_HAND_S = 0.3

# A DIN cable carries 1,000 messages a second; of 50 rounds each may thus have 20. And no round keeps the interpreter
# from the loop for longer than a tenth of a millisecond or two.
MOST_A_ROUND = 20
ASKED_A_ROUND = 64

_FINE_TOP, _TOP = 16_383, 127
_PITCH_CENTRE = 8192
_FINE_KINDS = frozenset(("cc14", "nrpn", "pitch"))
_KINDS = frozenset(("cc", "note")) | _FINE_KINDS  # the others show nothing


@dataclass(frozen=True, slots=True)
class Lamp:
    """What lights a control's lamp and puts it out, and the control address that it listens to."""

    address: str
    on: int = _TOP
    off: int = 0


@dataclass(frozen=True, slots=True)
class Showing:
    """A binding as its control shows it."""

    path: str
    reach: Reach
    page: int | None
    fixed: float | None
    invert: bool
    dead_zone: float
    centred: bool

    def level(self, value: float) -> float:
        """Where the control belongs, 0..1, while its parameter has `value`: the way back from what it would play."""
        if self.fixed is not None:
            return float(math.isclose(value, self.fixed, rel_tol=1e-6, abs_tol=1e-6))
        travel = self.reach.travel(value)
        if self.invert:
            travel = 1.0 - travel
        return into_dead_zone(travel, self.dead_zone, centred=self.centred)


@dataclass(frozen=True, slots=True)
class Told:
    """A control that is told something, by the bindings that it has. Of those of one page, the first counts.

    `port` is the part of its port's name that the bindings say. One with a `lamp` is a button or pad; of them `scaled`
    ones are lit as brightly as their parameter stands high, the others from its half on.
    """

    address: str
    port: str
    showings: tuple[Showing, ...]
    lamp: Lamp | None
    scaled: bool

    @property
    def sent_to(self) -> str:
        """The address that the messages go to."""
        return self.address if self.lamp is None else self.lamp.address

    def showing(self, page: int) -> Showing | None:
        """The binding that counts on this page."""
        for showing in self.showings:
            if showing.page is None or showing.page == page:
                return showing
        return None

    def number(self, showing: Showing | None, value: float | None) -> int | None:
        """The number to send, 0..127 or 0..16383 by the kind of control; None for none. `value` is the parameter's."""
        if showing is None or value is None:
            return None if self.lamp is None else self.lamp.off
        level = showing.level(value)
        if self.lamp is None or self.scaled:
            return _number(self.sent_to, level)
        return self.lamp.on if level >= 0.5 else self.lamp.off

    def goes_to(self, output: str, part: str, inputs: Collection[str]) -> bool:
        """Whether the output port of this name belongs to the control.

        `part` is the part of a name that the show listens to and `inputs` are the ports that it does listen to. An
        output belongs where its name has the part, or where it is the other direction of such an input.
        """
        wanted = self.port or part
        if wanted and fits(output, wanted):
            return True
        return device_of(output) in {device_of(name) for name in inputs if fits(name, wanted)} - {"", "through"}


def told_controls(
    bindings: Iterable[Binding],
    tree: ParameterTree,
    leds: Mapping[str, tuple[int, int]] | None = None,
    led_addresses: Mapping[str, str] | None = None,
) -> tuple[Told, ...]:
    """The controls to be told, from a show's bindings.

    `leds` gives the values that light a lamp and put it out, by control address, and `led_addresses` where the lamp
    listens if not there. Bindings without feedback, to actions, or of a second meaning (a modifier's) tell nothing.
    """
    grouped: dict[tuple[str, str], list[tuple[Binding, Showing]]] = {}
    for binding in bindings:
        showing = _showing(binding, tree)
        if showing is not None and binding.midi is not None:
            grouped.setdefault((midi_address(binding.midi), binding.midi.port), []).append((binding, showing))
    lamps = {at: Lamp((led_addresses or {}).get(at, at), on, off) for at, (on, off) in (leds or {}).items()}
    return tuple(_told(address, port, bound, tree, lamps) for (address, port), bound in grouped.items())


def _showing(binding: Binding, tree: ParameterTree) -> Showing | None:
    control = binding.midi
    if control is None or not binding.feedback or binding.modifier is not None or _kind(midi_address(control)) is None:
        return None
    path = binding.to if binding.to is not None else f"{binding.scrub}/position"
    parameter = tree.find(path)
    if parameter is None or parameter.kind is Kind.ACTION:
        return None
    low, high = binding.range or (parameter.low, parameter.high)
    reach = Reach(low, high, binding.curve, parameter.kind)
    centred = control.pitch is not None
    return Showing(path, reach, binding.page, binding.value, binding.invert, binding.dead_zone, centred)


def _told(
    address: str,
    port: str,
    bound: Sequence[tuple[Binding, Showing]],
    tree: ParameterTree,
    lamps: Mapping[str, Lamp],
) -> Told:
    showings = tuple(showing for _, showing in bound)
    if address in lamps:
        return Told(address, port, showings, lamps[address], scaled=False)
    presses = any(
        binding.press is not None or binding.value is not None or tree.parameters[showing.path].kind is Kind.SWITCH
        for binding, showing in bound
    )
    if _kind(address) == "note":
        return Told(address, port, showings, Lamp(address), scaled=not presses)
    is_button = presses and _kind(address) == "cc"
    return Told(address, port, showings, Lamp(address) if is_button else None, scaled=False)


@dataclass(slots=True)
class Hands:
    """Which controls were moved by hand last, and when. One thread notes, another may ask."""

    _moved: dict[str, tuple[float, int]] = field(default_factory=dict)  # by address: when, and on which channel

    def note(self, address: str, at_s: float) -> None:
        """A control has moved: its address as its events have it, and a monotonic instant."""
        parts = address.split("/")
        if parts[0] != "midi":
            return
        moved = (at_s, int(parts[2]))
        self._moved[address] = moved
        parts[2] = "*"
        self._moved["/".join(parts)] = moved

    def moved(self, address: str) -> tuple[float, int]:
        """When, and on which channel 1..16; long ago on channel 1 if never. "*" stands for any channel."""
        return self._moved.get(address, (-math.inf, 1))


@dataclass(frozen=True, slots=True)
class _Last:
    """What a control was told last, on which channel 1..16, and when; the parameter's value may have moved since."""

    number: int
    channel: int
    told_s: float
    lamp: Lamp | None
    value: float | None


@dataclass(slots=True)
class Teller:
    """What one port has been told, and what it is told next. One thread; time is passed in.

    What has not changed is not sent again, but for everything when the page changes, and a lamp whose button was
    touched: many controllers switch it themselves then.
    """

    controls: tuple[Told, ...]
    _told: dict[tuple[str, str], _Last] = field(default_factory=dict)  # by address and part of a port's name
    _page: int | None = None
    _page_s: float = -math.inf  # when that page began
    _next: int = -1  # the control that was asked about last: each round goes on from there

    def due(self, value: Callable[[str], float | None], hands: Hands, at_s: float) -> list[bytes]:
        """The messages of a round, at the monotonic instant `at_s`; what is too much for one is left to the next."""
        page = round(value("/control/page") or 0)
        if page != self._page:
            self._page, self._page_s = page, at_s
        messages: list[bytes] = []
        count = len(self.controls)
        for _ in range(min(count, ASKED_A_ROUND)):
            self._next = (self._next + 1) % count
            messages += self._news(self.controls[self._next], value, hands, at_s)
            if len(messages) >= MOST_A_ROUND:
                break
        return messages

    def all_off(self) -> list[bytes]:
        """What puts out every lamp that was told anything."""
        lit = [(last.lamp, last.channel) for last in self._told.values()]
        self._told.clear()
        return [message for lamp, channel in lit if lamp for message in _messages(lamp.address, channel, lamp.off)]

    def _news(self, told: Told, value: Callable[[str], float | None], hands: Hands, at_s: float) -> list[bytes]:
        moved_s, channel = hands.moved(told.address)
        if told.lamp is None and at_s - moved_s < _HAND_S:
            return []
        showing = told.showing(self._page or 0)
        now = None if showing is None else value(showing.path)
        key = (told.address, told.port)
        last = self._told.get(key)
        stale_s = self._page_s if told.lamp is None else max(self._page_s, moved_s)
        fresh = last is not None and last.channel == channel and last.told_s >= stale_s
        if last is not None and fresh and last.value == now:
            return []
        number = told.number(showing, now)
        if number is None:
            return []
        if last is not None and fresh and last.number == number:
            self._told[key] = replace(last, value=now)
            return []
        self._told[key] = _Last(number, channel, at_s, told.lamp, now)
        return _messages(told.sent_to, channel, number)


def _kind(address: str) -> str | None:
    kind = address.split("/")[1]
    return kind if kind in _KINDS else None


def _number(address: str, level: float) -> int:
    kind = _kind(address)
    if kind == "pitch":  # 0.5 rests at 8192: a straight line on either side
        side = 2 * _PITCH_CENTRE if level <= 0.5 else 2 * (_FINE_TOP - _PITCH_CENTRE)
        return _PITCH_CENTRE + round((level - 0.5) * side)
    return round(level * (_FINE_TOP if kind in _FINE_KINDS else _TOP))


def _messages(address: str, heard_on: int, number: int) -> list[bytes]:
    """The messages that bring a control to a number; `heard_on` is the channel where the address leaves it open."""
    _, kind, where, *rest = address.split("/")
    channel = (heard_on if where == "*" else int(where)) - 1
    place = int(rest[0]) if rest else 0
    coarse, fine = divmod(number, 128)
    match kind:
        case "note":
            return [bytes((0x90 | channel, place, number))]
        case "cc":
            return [bytes((0xB0 | channel, place, number))]
        case "cc14":
            return [bytes((0xB0 | channel, place, coarse)), bytes((0xB0 | channel, place + 32, fine))]
        case "nrpn":
            halves = ((99, place // 128), (98, place % 128), (6, coarse), (38, fine))
            return [bytes((0xB0 | channel, control, half)) for control, half in halves]
        case _:
            return [bytes((0xE0 | channel, fine, coarse))]
