"""What a question over OSC is, and what its answer is made from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Protocol

from engine.core.figures import Figures
from engine.core.state import State
from engine.formats.osc_peer import OscPeer
from engine.inputs.osc_match import PatternMatcher
from engine.inputs.osc_packet import OscMessage
from engine.model.world import World


class Tick(Protocol):
    @property
    def now_s(self) -> float: ...


class Latest(Protocol):
    """The latest tick of the show (engine.app.published)."""

    @property
    def world(self) -> World: ...

    @property
    def tick(self) -> Tick: ...

    @property
    def state(self) -> State: ...

    def value(self, path: str) -> float | None: ...


class Listeners(Protocol):
    """Whoever tells others what changes and what happens (engine.outputs.osc_feedback). Any thread."""

    def subscribe(self, target: OscPeer, sender: Hashable, paths: tuple[str, ...] | None) -> float | None:
        """Tell `target` every change of `paths` (None: of everything); for how many seconds, None if there is no room.

        What `sender` puts itself is not told back to it at once.
        """
        ...

    def monitor(self, target: OscPeer) -> float | None:
        """Tell `target` what becomes of every event; for how many seconds, None if there is no room."""
        ...

    def unsubscribe(self, target: OscPeer) -> None:
        """Tell `target` nothing any more."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What answers are made from. `clock` names the clock that the show follows. `latest` may be of another version of
    the show than `world` for a tick, so what goes with its state is asked of its own world."""

    world: World
    latest: Callable[[], Latest | None]
    figures: Figures
    listeners: Listeners
    clock: Callable[[], str]
    matcher: PatternMatcher


class RefusedError(ValueError):
    """A question that has no answer: what is wrong with it, and what would mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


Reply = Callable[[Facts, OscMessage, OscPeer], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `takes` and `answer` show its arguments and the messages that come back, for the docs."""

    address: str
    takes: str
    answer: str
    what: str
    reply: Reply
