"""Which control was moved, and what it is: told from the events that it sends. Pure; time comes with the events.

A control is taken once it has moved clearly:

- a *number* (fader, knob, pitch bend, pressure) after three different values that lie 4/127 apart at least, so that a
  worn fader that trembles by a step or two beside the one that is moved is never taken; after six, none of them twice,
  where they could also be an encoder's;
- a *button* when it is let go: a note, or a control that sent one value of 64/127 or more and then 0. A touch-sensitive
  fader sends a note too, before it moves: what moves clearly while the note is down is taken instead of it. A note that
  is still down after a second is taken all the same, for keys that send no note off;
- a program change at once;
- an *encoder* by what no fader sends: the same value twice running, or leaps back and forth between its two ways
  to turn. Its encoding is certain once it was turned both ways: 1 and 127 two's complement, 63 and 65 binary offset,
  1 and 65 sign bit. Turned one way only, it is taken after eight messages, as two's complement near 1 and 127 and as
  binary offset near 63 and 65: of the three encodings these are the common ones;
- a control of *14 bits*, if its fine half, 32 numbers higher, came within 10 ms of the coarse one twice;
- a *non-registered parameter* by the control changes 99 and 98 that choose it before data entry. These two, and those
  that choose a registered one (101, 100), are never taken themselves; data entry (6, 38) is, where nothing was chosen.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from engine.model.controls import MidiControl, Relative
from engine.model.events import Event, EventSource

Shape = Literal["number", "encoder", "button"]

_FORGOTTEN_S = 2.0  # a tremble now and then must not add up to a move
_HELD_S = 1.0
_PAIR_S = 0.010  # between the halves of a value: a driver may hand messages on once a buffer
_PAIRS = 2
_DISTINCT = 3
_APART = 3.5 / 127  # 4 steps, rounding aside
_PRESSED = 64 / 127
_ONE_WAY = 8
_BOTH_WAYS = 3
_SURELY_NO_ENCODER = 6
_FASTEST = 15  # steps of an encoder in one message
_FINE_HALF = 32
_NRPN_FINE, _NRPN_COARSE = 98, 99
_CHOOSING = frozenset((98, 99, 100, 101))
_DATA_COARSE = 6
_DATA = frozenset((6, 38, 96, 97))

_UP = range(1, _FASTEST + 1)
_TWOS_DOWN = range(128 - _FASTEST, 128)
_OFFSET_UP = range(65, 65 + _FASTEST)
_OFFSET_DOWN = range(64 - _FASTEST, 64)
_SIGN_DOWN = _OFFSET_UP
# The values of each encoding for its two ways, in the order in which they are thought of.
_ENCODINGS: tuple[tuple[Relative, range, range], ...] = (
    ("twos_complement", _UP, _TWOS_DOWN),
    ("binary_offset", _OFFSET_UP, _OFFSET_DOWN),
    ("sign_bit", _UP, _SIGN_DOWN),
)


@dataclass(frozen=True, slots=True)
class Moved:
    """The control that moved clearly: its MIDI (without a port) or its OSC address, what it is, and its port's name."""

    shape: Shape
    midi: MidiControl | None = None
    osc: str | None = None
    port: str = ""


@dataclass(slots=True)
class _Heard:
    """What one control has sent lately: (stamp, value 0..1), the oldest first."""

    values: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=64))

    def add(self, event: Event) -> Sequence[float]:
        while self.values and event.at_s - self.values[0][0] > _FORGOTTEN_S:
            self.values.popleft()
        self.values.append((event.at_s, event.value))
        return [value for _, value in self.values]


class ControlWatch:
    """Watches events of MIDI and OSC for the first control that moves clearly. One thread."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str], _Heard] = {}  # by port and address
        self._down: dict[tuple[str, str], Event] = {}  # notes, by port and address
        self._chosen: dict[tuple[str, str], dict[int, int]] = {}  # halves of parameter numbers, by port and channel
        self._coarse_s: dict[tuple[str, str, int], float] = {}  # by port, channel and number
        self._pairs: Counter[tuple[str, str, int]] = Counter()

    def hear(self, event: Event) -> Moved | None:
        """What moved clearly with this event; None as long as nothing has."""
        late = self.held_too_long(event.at_s)
        if late is not None:
            return late
        if event.source is EventSource.OSC:
            return self._of_values(event)
        kind, channel, number = _parts(event.address)
        if kind in ("note", "program"):
            return self._note(event) if kind == "note" else _taken(event, "button")
        if kind == "aftertouch" or (kind == "pressure" and any(port == event.port for port, _ in self._down)):
            return None  # it comes with a note, which is meant
        return self._control_change(event, channel, number) if kind == "cc" else self._of_values(event)

    def held_too_long(self, now_s: float) -> Moved | None:
        """A note that has been down for a second at `now_s`."""
        pressed = next((event for event in self._down.values() if now_s - event.at_s >= _HELD_S), None)
        return None if pressed is None else _taken(pressed, "button")

    def _note(self, event: Event) -> Moved | None:
        key = event.port, event.address
        if event.value > 0:
            self._down.setdefault(key, event)
            return None
        return _taken(event, "button") if self._down.pop(key, None) else None

    def _control_change(self, event: Event, channel: str, number: int) -> Moved | None:
        chosen = self._chosen.setdefault((event.port, channel), {})
        if number in _CHOOSING:
            chosen[number] = round(event.value * 127)
            return None
        if number in _DATA and chosen.keys() >= {_NRPN_COARSE, _NRPN_FINE}:
            parameter = chosen[_NRPN_COARSE] * 128 + chosen[_NRPN_FINE]
            entered = replace(event, address=f"midi/nrpn/{channel}/{parameter}")
            return self._of_values(entered) if number == _DATA_COARSE else None
        self._pair(event, channel, number)
        moved = self._of_values(event)
        return moved if moved is None or moved.shape != "number" else self._with_its_half(moved, event, channel, number)

    def _pair(self, event: Event, channel: str, number: int) -> None:
        if number < _FINE_HALF:
            self._coarse_s[event.port, channel, number] = event.at_s
        elif number < 2 * _FINE_HALF:
            pair = event.port, channel, number - _FINE_HALF
            coarse_s = self._coarse_s.get(pair)
            if coarse_s is not None and event.at_s - coarse_s <= _PAIR_S:
                self._pairs[pair] += 1

    def _with_its_half(self, moved: Moved, event: Event, channel: str, number: int) -> Moved | None:
        """The control as the pair that it is half of; None where that is not certain yet."""
        pairs = self._pairs[event.port, channel, number % _FINE_HALF] if number < 2 * _FINE_HALF else 0
        if pairs >= _PAIRS:
            coarse = MidiControl(cc=number % _FINE_HALF, channel=int(channel), bits=14)
            return replace(moved, midi=coarse)
        return None if pairs and number >= _FINE_HALF else moved

    def _of_values(self, event: Event) -> Moved | None:
        values = self._heard.setdefault((event.port, event.address), _Heard()).add(event)
        if len(values) == 2 and values[0] >= _PRESSED and values[1] == 0:
            return _taken(event, "button")
        sent = [round(value * 127) for value in values] if event.address.startswith("midi/cc/") else []
        encoding = encoding_of(sent)
        if encoding is not None:
            return _taken(event, "encoder", encoding)
        distinct = len(set(values))
        clearly = distinct >= _DISTINCT and max(values) - min(values) >= _APART
        if clearly and _may_count_steps(sent):
            clearly = distinct == len(values) >= _SURELY_NO_ENCODER
        return _taken(event, "number") if clearly else None


def encoding_of(sent: Sequence[int]) -> Relative | None:
    """How an endless encoder that sent these values of 7 bits counts; None while it may be a fader, or something else.

    The rule stands at the head of this module.
    """
    running = any(one == following for one, following in pairwise(sent))
    to_and_fro = len(set(sent)) < len(sent)
    for encoding, up, down in _ENCODINGS:
        if not all(value in up or value in down for value in sent):
            continue
        both_ways = any(value in up for value in sent) and any(value in down for value in sent)
        # A trembling fader may go back and forth between 63 and 65, but not between 1 and 127.
        certain = running if encoding == "binary_offset" else to_and_fro
        if both_ways and certain and len(sent) >= _BOTH_WAYS:
            return encoding
        if not both_ways and running and len(sent) >= _ONE_WAY:
            return encoding
    return None


def _may_count_steps(sent: Sequence[int]) -> bool:
    """Whether some encoding has all these values."""
    ways = ((up, down) for _, up, down in _ENCODINGS)
    return bool(sent) and any(all(value in up or value in down for value in sent) for up, down in ways)


def _taken(event: Event, shape: Shape, relative: Relative | None = None) -> Moved:
    if event.source is EventSource.OSC:
        return Moved(shape, osc=event.address, port=event.port)
    return Moved(shape, midi=_control(event.address, relative), port=event.port)


def _control(address: str, relative: Relative | None) -> MidiControl:
    kind, channel, number = _parts(address)
    value = True if kind in ("pitch", "pressure") else number
    said = {"cc": value, "bits": 14} if kind == "cc14" else {kind: value}
    return MidiControl.model_validate({**said, "channel": int(channel), "relative": relative})


def _parts(address: str) -> tuple[str, str, int]:
    """A MIDI address's kind, channel and number; 0 where it has no number."""
    _, kind, channel, *number = address.split("/")
    return kind, channel, int(number[0]) if number else 0
