"""Coalescing: of all that came within a tick, what has to be folded into the state. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from engine.model.events import Event, EventSource
from engine.model.parameters import Kind
from engine.model.tree import ParameterTree

_NOTE = "midi/note/"
_LAYER = "/layer/"


Follows = Callable[[Event], str | None]


def thinned(events: Sequence[Event], follows: Follows, plays: Callable[[Event], Iterable[str]]) -> Sequence[Event]:
    """The same events as they came in, without those that `coalesced` would leave out once they are resolved.

    So that a flood of faders costs a look at each and no more. `follows` gives the path of the parameter that does
    nothing but follow the event's control, None where it is not as simple; `plays` all the paths that others play.
    """
    kept: list[Event] = []
    acted: Counter[str] = Counter()
    spoken: dict[str, int] = {}
    for event in reversed(events):
        path = follows(event)
        if path is None:
            for played in plays(event):
                acted[_branch(played)] += 1
            kept.append(event)
        elif spoken.get(path) != acted[_branch(path)]:
            kept.append(event)
            spoken[path] = acted[_branch(path)]
    kept.reverse()
    return kept


def coalesced(events: Sequence[Event], tree: ParameterTree) -> list[Event]:
    """The same events with, for each parameter, only the last value of this tick.

    Every action stays, everything that a note or a key played, every event that waits, and the value that a parameter
    had when an action of its own branch fired (`/layer/x/target` before `/layer/x/land`). `events` are resolved and in
    order; so is the result.
    """
    last = {event.address: event for event in events}
    if len(last) == len(events):
        return list(events)
    kept: list[Event] = []
    acted: Counter[str] = Counter()  # by branch: the actions that come after
    spoken: dict[str, int] = {}  # by parameter: of those, the ones that come after its value that was kept
    for event in reversed(events):
        address = event.address
        branch = _branch(address)
        if event.wait is not None:
            kept.append(event)
        elif _is_action(tree, address):
            kept.append(event)
            acted[branch] += 1
        elif spoken.get(address) != acted[branch] or _is_struck(event):
            kept.append(event)
            spoken[address] = acted[branch]
    kept.reverse()
    return kept


def _branch(address: str) -> str:
    """What an action at `address` may ask the values of: its layer, or whatever it lies in."""
    if address.startswith(_LAYER):
        return address[: address.find("/", len(_LAYER))]
    return address[: address.rfind("/")]


def _is_action(tree: ParameterTree, address: str) -> bool:
    parameter = tree.find(address)
    return parameter is not None and parameter.kind is Kind.ACTION


def _is_struck(event: Event) -> bool:
    origin = event.origin
    return origin is not None and (origin.source is EventSource.KEY or origin.address.startswith(_NOTE))
