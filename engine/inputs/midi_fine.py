"""Values of 14 bits that come in two halves: pairs of control changes, and non-registered parameters (NRPN).

From the MIDI 1.0 Detailed Specification: the coarse half (MSB) comes first and sets the fine half (LSB) to 0; either
may be sent alone after that. An NRPN is chosen by control changes 99 and 98, then moved by data entry (6, 38) or
stepped by 96 and 97; 127 127 chooses none, and so does the choice of a registered parameter (101, 100).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model.controls import MidiControl
from engine.model.events import midi_cc14, midi_nrpn

_FINE_OFFSET = 32
_DATA_COARSE, _DATA_FINE, _DATA_UP, _DATA_DOWN = 6, 38, 96, 97
_DATA = frozenset((_DATA_COARSE, _DATA_FINE, _DATA_UP, _DATA_DOWN))
_NRPN_FINE, _NRPN_COARSE, _RPN_FINE, _RPN_COARSE = 98, 99, 100, 101
_NOTHING_CHOSEN = 16_383
_MOST = 16_383
_COARSE_STEP = 128

# A coarse half waits so long for its fine half. The slowest cable (31,250 baud) takes 1 ms for it, but a driver may
# hand messages on once a buffer: JACK's 256 samples are 5 ms.
_WAIT_S = 0.010


@dataclass(slots=True)
class _Value:
    coarse: int | None = None
    fine: int = 0
    in_pairs: bool = False  # a fine half has been seen: the next coarse half waits for its own
    came_s: float | None = None  # when the coarse half that waits came

    def value(self) -> float:
        """0..1. A control that never sends a fine half has 128 steps, of which the last is 1 all the same."""
        coarse = self.coarse or 0
        return (coarse * 128 + self.fine) / _MOST if self.in_pairs else coarse / 127


@dataclass(slots=True)
class _Choice:
    """The non-registered parameter that a channel has chosen; None for a registered one, and until both halves came."""

    coarse: int | None = None
    fine: int | None = None

    def number(self) -> int | None:
        if self.coarse is None or self.fine is None:
            return None
        number = self.coarse * 128 + self.fine
        return None if number == _NOTHING_CHOSEN else number


@dataclass(slots=True)
class FineValues:
    """The 14-bit controls that a show binds, on one port. Control changes that belong to none of them are let through.

    Once a control has sent a fine half, a coarse half waits 10 ms for its own before it counts, so that the value does
    not dip between the two.
    """

    controls: tuple[MidiControl, ...]
    _pairs: set[tuple[int | None, int]] = field(init=False)
    _nrpns: set[tuple[int | None, int]] = field(init=False)
    _values: dict[str, _Value] = field(default_factory=dict)
    _choices: dict[int, _Choice] = field(default_factory=dict)  # by channel
    _waiting: dict[str, _Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pairs = {(control.channel, control.cc) for control in self.controls if control.cc is not None}
        self._nrpns = {(control.channel, control.nrpn) for control in self.controls if control.nrpn is not None}

    def take(self, channel: int, number: int, value: int, at_s: float) -> list[tuple[str, float]] | None:
        """What a control change says: addresses and values 0..1. None if it belongs to no fine control of the show."""
        pair = number - _FINE_OFFSET if number >= _FINE_OFFSET else number
        if number < 2 * _FINE_OFFSET and _has(self._pairs, channel, pair):
            address = midi_cc14(channel, pair)
            return self._coarse(address, value, at_s) if number == pair else self._fine(address, value)
        if any(where in (None, channel) for where, _ in self._nrpns):
            return self._parameter(channel, number, value, at_s)
        return None

    def settle(self, at_s: float) -> list[tuple[str, float, float]]:
        """The coarse halves that have waited long enough: address, value, and when they came in."""
        due = []
        for address, held in list(self._waiting.items()):
            assert held.came_s is not None
            if at_s - held.came_s >= _WAIT_S or at_s < held.came_s:  # a clock that was set back ends the wait too
                due.append((address, held.value(), held.came_s))
                del self._waiting[address]
        return due

    def _parameter(self, channel: int, number: int, value: int, at_s: float) -> list[tuple[str, float]] | None:
        choice = self._choices.setdefault(channel, _Choice())
        if number == _NRPN_COARSE:
            choice.coarse = value
        elif number == _NRPN_FINE:
            choice.fine = value
        elif number in (_RPN_COARSE, _RPN_FINE):
            choice.coarse = choice.fine = None
        else:
            chosen = choice.number()
            if number not in _DATA or chosen is None or not _has(self._nrpns, channel, chosen):
                return None
            return self._data(midi_nrpn(channel, chosen), number, value, at_s)
        return []

    def _data(self, address: str, number: int, value: int, at_s: float) -> list[tuple[str, float]]:
        if number == _DATA_COARSE:
            return self._coarse(address, value, at_s)
        if number == _DATA_FINE:
            return self._fine(address, value)
        return self._stepped(address, 1 if number == _DATA_UP else -1)

    def _coarse(self, address: str, coarse: int, at_s: float) -> list[tuple[str, float]]:
        held = self._values.setdefault(address, _Value())
        overtaken = [(address, held.value())] if self._waiting.pop(address, None) else []
        held.coarse, held.fine = coarse, 0
        if not held.in_pairs:
            return [(address, held.value())]
        held.came_s = at_s
        self._waiting[address] = held
        return overtaken

    def _fine(self, address: str, fine: int) -> list[tuple[str, float]]:
        held = self._values.get(address)
        if held is None or held.coarse is None:
            return []  # half a value: it is not known where the control stands
        held.fine, held.in_pairs = fine, True
        self._waiting.pop(address, None)
        return [(address, held.value())]

    def _stepped(self, address: str, steps: int) -> list[tuple[str, float]]:
        """Moved by a step: the least one, or a coarse one where no fine half was ever sent. From 0 at first."""
        held = self._values.setdefault(address, _Value())
        self._waiting.pop(address, None)
        whole = (held.coarse or 0) * 128 + held.fine + steps * (1 if held.in_pairs else _COARSE_STEP)
        held.coarse, held.fine = divmod(min(max(whole, 0), _MOST if held.in_pairs else _MOST - 127), 128)
        return [(address, held.value())]


def _has(bound: set[tuple[int | None, int]], channel: int, number: int) -> bool:
    return (channel, number) in bound or (None, number) in bound
