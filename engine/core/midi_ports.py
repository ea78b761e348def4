"""Which MIDI ports are open while controllers come and go. Knows no driver: it is given a maker of RtMidi's clients."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

_log = logging.getLogger(__name__)

# The names of our own clients and ports. Whatever has one in its name is never opened: it would be a loop.
OWN_INPUT = "runtime-input"
OWN_FEEDBACK = "runtime-feedback"

# RtMidi's errors are OSErrors or ValueErrors; what a listing of a driver that is gone may raise too.
REFUSALS = (OSError, ValueError)

# What tells a device's two directions apart, or the driver that carries it, but not the device.
_NO_DEVICE = re.compile(r"\d+|in|out|input|output|capture|playback|(rt)?midi(in|out)?\d*|client|a2j|system")


class Driver(Protocol):
    """A client of the MIDI driver, of one direction, with at most one port open (rtmidi.MidiIn, rtmidi.MidiOut)."""

    def get_ports(self) -> list[str]: ...
    def open_port(self, port: int, name: str) -> object: ...
    def close_port(self) -> None: ...
    def delete(self) -> None: ...


class PortKey(NamedTuple):
    """A port by its name and, where drivers give two devices the same one, its place among those of that name."""

    name: str
    nth: int = 0


@dataclass(slots=True)
class OpenPort:
    """A port that is open, and its client."""

    key: PortKey
    driver: Driver


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look at the ports has led to."""

    opened: tuple[OpenPort, ...] = ()
    gone: tuple[PortKey, ...] = ()


Choose = Callable[[Sequence[PortKey], Collection[PortKey]], Iterable[PortKey]]
"""From the ports there are and those that are open, the ones to have open."""


def fits(name: str, part: str) -> bool:
    """Whether a port's name has `part` in it, letter case aside."""
    return part.casefold() in name.casefold()


def first_that_fits(part: str) -> Choose:
    """Every port for an empty part; otherwise one: that which is open already, or the first whose name fits."""

    def choose(there: Sequence[PortKey], opened: Collection[PortKey]) -> Iterable[PortKey]:
        fitting = [key for key in there if fits(key.name, part)]
        return fitting if not part else [*(key for key in fitting if key in opened), *fitting][:1]

    return choose


def device_of(name: str) -> str:
    """The first word of a port's name that tells the device: the same for its input and its output.

    Drivers name both directions alike, but for words such as capture and playback, and numbers.
    """
    words = re.findall(r"[^\W_]+(?:-[^\W\d_]+)*", name.casefold())
    return next((word for word in words if not _NO_DEVICE.fullmatch(word)), "")


def foreign(names: Iterable[str]) -> tuple[str, ...]:
    """The names that are not those of our own clients."""
    return tuple(name for name in names if name and OWN_INPUT not in name and OWN_FEEDBACK not in name)


@dataclass(slots=True)
class MidiPorts:
    """The ports of one direction that are open. One thread at a time.

    `make` makes a client; `own_name` is what our ports are called. The client that lists the ports stays for good, and
    clients of ports that are gone are used again: with JACK, making one stops every thread of Python for 15 to 30 ms,
    and opening a port of one that exists takes 0.3.
    """

    make: Callable[[], Driver]
    own_name: str
    opened: dict[PortKey, OpenPort] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # of all ports there were at the last look, but our own
    _lister: Driver = field(init=False)
    _spare: list[Driver] = field(default_factory=list)
    _refused: set[PortKey] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lister = self.make()

    def look(self, choose: Choose) -> Changes:
        """Close what is gone or no longer chosen, open what is chosen. A port that refuses is logged once, and tried
        again at each look."""
        try:
            there = [key for _, key in self._listed(self._lister)]
        except REFUSALS as error:
            _log.debug("MIDI ports cannot be listed just now: %s", error)
            return Changes()
        self.names = tuple(key.name for key in there)
        chosen = list(dict.fromkeys(choose(there, self.opened.keys())))
        gone = tuple(key for key in self.opened if key not in chosen)
        for key in gone:
            self._shut(key)
        self._refused.intersection_update(there)
        opened = [self._open(key) for key in chosen if key not in self.opened]
        return Changes(tuple(port for port in opened if port is not None), gone)

    def close(self) -> None:
        """Give every port and client back."""
        for key in list(self.opened):
            self._shut(key)
        while self._spare:
            self._spare.pop().delete()
        self._lister.delete()

    def _open(self, key: PortKey) -> OpenPort | None:
        driver = self._spare.pop() if self._spare else None
        try:
            driver = driver or self.make()
            # By this client's own list, and looked at again: the ports may have moved up since they were listed.
            index = next((index for index, found in self._listed(driver) if found == key), None)
            if index is not None:
                driver.open_port(index, self.own_name)
                if (index, key) in self._listed(driver):
                    self._refused.discard(key)
                    self.opened[key] = OpenPort(key, driver)
                    return self.opened[key]
                driver.close_port()
        except REFUSALS as error:
            if key not in self._refused:
                self._refused.add(key)
                _log.warning("%s: the MIDI port refuses (%s). Close the program that holds it.", key.name, error)
        if driver is not None:
            self._spare.append(driver)
        return None

    def _shut(self, key: PortKey) -> None:
        driver = self.opened.pop(key).driver
        driver.close_port()
        self._spare.append(driver)

    @staticmethod
    def _listed(driver: Driver) -> list[tuple[int, PortKey]]:
        seen: Counter[str] = Counter()
        listed = []
        for index, name in enumerate(driver.get_ports()):
            if foreign([name]):
                listed.append((index, PortKey(name, seen[name])))
                seen[name] += 1
        return listed
