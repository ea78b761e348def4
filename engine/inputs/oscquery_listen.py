"""What OSCQuery's clients listen to, and what each is told when. No socket, no protocol: one thread's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from engine.formats.osc_write import osc_message
from engine.inputs.oscquery_tree import Latest, json_value
from engine.model.parameters import Kind, Parameter
from engine.model.tree import ParameterTree

_HELD_S = 0.2  # what a client moves itself comes back to it once its hand rests
_SAME = 1e-6  # two values closer than this, relative to their size, are one: OSC's numbers have 24 bits
_AT_ONCE = 16  # values looked up before other threads have their turn: a tenth of a millisecond


class Listener:
    """The paths that one client listens to, and the values that it believes they have."""

    def __init__(self) -> None:
        self.paths: dict[str, float | None] = {}  # None: it was told none yet
        self._held: dict[str, float] = {}  # until when it moves a path itself

    def listen(self, path: str) -> None:
        """Tell its value, then every change. What is listened to already is not told again."""
        self.paths.setdefault(path, None)

    def ignore(self, path: str) -> None:
        self.paths.pop(path, None)
        self._held.pop(path, None)

    def touched(self, path: str, value: float, now_s: float) -> None:
        """The client itself has put this value: it is told what the show made of it once it lets go."""
        if path in self.paths:
            self.paths[path] = value
            self._held[path] = now_s + _HELD_S

    def due(self, values: dict[str, float | None], now_s: float) -> Iterator[tuple[str, float]]:
        """What it must be told now; it is taken as told."""
        for path, believed in self.paths.items():
            value = values.get(path)
            if value is None or self._held.get(path, now_s) > now_s:
                continue
            if believed is None or abs(value - believed) > _SAME * max(1.0, abs(believed)):
                self.paths[path] = value
                yield path, value


class Told(Protocol):
    """A client as a round sees it. One that does not keep up is left out, and told the newest once it does."""

    @property
    def listener(self) -> Listener: ...

    @property
    def keeps_up(self) -> bool: ...


AnyTold = TypeVar("AnyTold", bound=Told)


class ListenRounds:
    """Rounds of telling: each looks up, once, the values that anybody listens to, and finds what is new to whom."""

    def __init__(self, tree: ParameterTree, latest: Callable[[], Latest | None]) -> None:
        self._entries = {path: entry for path, entry in tree.parameters.items() if entry.kind is not Kind.ACTION}
        self._latest = latest

    def has_value(self, path: str) -> bool:
        """Whether a path has values to be told; the others may be listened to in vain."""
        return path in self._entries

    def due(self, clients: Iterable[AnyTold], now_s: float) -> list[tuple[AnyTold, list[bytes]]]:
        """What each client must be told now, taken as told: a message for each value, since some read no bundles."""
        latest = self._latest()
        able = [client for client in clients if client.listener.paths and client.keeps_up]
        if latest is None or not able:
            return []
        values = self._looked_up(dict.fromkeys(path for client in able for path in client.listener.paths), latest)
        found = [
            (client, [value_message(self._entries[path], value) for path, value in client.listener.due(values, now_s)])
            for client in able
        ]
        return [(client, packets) for client, packets in found if packets]

    def _looked_up(self, paths: Iterable[str], latest: Latest) -> dict[str, float | None]:
        values: dict[str, float | None] = {}
        for number, path in enumerate(paths):
            if number % _AT_ONCE == 0:
                time.sleep(0)  # gives the interpreter's lock to the loop, if it waits for it
            values[path] = latest.value(path)
        return values


def value_message(entry: Parameter, value: float) -> bytes:
    """A value as an OSC message of the TYPE that OSCQuery gives this parameter."""
    typed = json_value(entry, value)
    if isinstance(typed, bool):
        return osc_message(entry.path, "T" if typed else "F", None)
    return osc_message(entry.path, "i" if isinstance(typed, int) else "f", typed)
