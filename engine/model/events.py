"""Events: what happened, when, and where it came from. One type from the device to the take."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from engine.model.cueing import Quantise

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from engine.model.quick import dataclass


class EventSource(IntEnum):
    """Who sent an event. The value is its rank: of two events with one stamp, the lower rank comes first."""

    SHOW = 0
    ONSET = 1
    MIDI = 2
    OSC = 3
    KEY = 4
    SCRIPT = 5


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `at_s` is show time in seconds, stamped in the thread that received it. `address` is either a control
    (`midi/cc/1/21`, `midi/note/10/36`, `midi/pitch/1`, `key/space`; an OSC address that a binding names)
    or, once bindings have resolved it, a parameter or action path (`/layer/echo/opacity`). `value` of a
    control is 0..1 (a note's velocity, a key's 1 down and 0 up); of a parameter it is in the parameter's
    own unit. `origin` is the control event that a resolved event came from. `port` names the device that it came
    by, where there are several. `wait` is what a resolved action waits for before it fires.
    """

    at_s: float
    source: EventSource
    sequence: int  # counts up within one inbox: settles the order of equal stamps from one source
    address: str
    value: float = 1.0
    origin: Event | None = None
    port: str = ""
    wait: Quantise | None = None

    @property
    def order(self) -> tuple[float, int, int]:
        """The total order in which events are folded: (stamp, source rank, sequence number)."""
        return (self.at_s, self.source, self.sequence)


Outcome: TypeAlias = Literal["played", "clamped", "held", "ignored", "unbound"]
"""What became of an event: played; played at its range's nearest end; held back until its control has picked the
parameter up; of no effect (a key let go, another page, show mode); bound to nothing."""


@dataclass(frozen=True, slots=True)
class Handled:
    """An event as it came in, what became of it, and the resolved events that it led to."""

    event: Event
    outcome: Outcome
    resolved: tuple[Event, ...] = ()


def midi_cc(channel: int | str, number: int) -> str:
    """The control address of a control change; `channel` is 1..16, or "*" in a binding that takes any."""
    return f"midi/cc/{channel}/{number}"


def midi_note(channel: int | str, number: int) -> str:
    """The control address of a note; `channel` is 1..16, or "*" in a binding that takes any."""
    return f"midi/note/{channel}/{number}"


def midi_cc14(channel: int | str, number: int) -> str:
    """The control address of a pair of control changes as one value of 14 bits; `number` is the MSB's, 0..31."""
    return f"midi/cc14/{channel}/{number}"


def midi_nrpn(channel: int | str, number: int) -> str:
    """The control address of a non-registered parameter, 0..16383."""
    return f"midi/nrpn/{channel}/{number}"


def midi_program(channel: int | str, number: int) -> str:
    """The control address of a program change to `number`; its value is always 1."""
    return f"midi/program/{channel}/{number}"


def midi_pressure(channel: int | str) -> str:
    """The control address of a channel's pressure."""
    return f"midi/pressure/{channel}"


def midi_aftertouch(channel: int | str, number: int) -> str:
    """The control address of the pressure on one note."""
    return f"midi/aftertouch/{channel}/{number}"


def midi_pitch(channel: int | str) -> str:
    """The control address of pitch bend; its value 0..1 rests at 0.5."""
    return f"midi/pitch/{channel}"


def key(name: str) -> str:
    """The control address of a key, by its lower-case name: "space", "f1", "a", "left", "escape"."""
    return f"key/{name}"
