"""Who is told over OSC what changes: a bounded table that the thread of the questions writes and another reads."""

from __future__ import annotations

import math
import threading
from collections.abc import Hashable
from dataclasses import dataclass, field

from engine.formats.osc_peer import OscPeer

MOST_SUBSCRIBERS = 32
SUBSCRIBED_S = 60.0
ECHO_HELD_S = 0.2
AGAIN_S = 10.0  # those that the show names get the whole tree so often: nobody tells us that one was restarted


@dataclass(slots=True, eq=False)
class Subscriber:
    """One who is told. `sender` is the socket that its own messages come from; `paths` None is everything.

    `until_s` and `whole_at_s` (when it gets the whole tree) are of `time.monotonic`. The thread of the questions
    writes `until_s`; all else that changes belongs to the thread that tells.
    """

    target: OscPeer
    sender: Hashable
    paths: frozenset[str] | None = None
    until_s: float = math.inf
    whole_at_s: float = 0.0
    # What it put itself: until when that path is not told to it, and the value that it put.
    own: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wants(self, path: str) -> bool:
        return self.paths is None or path in self.paths

    def touched(self, path: str, value: float, at_s: float) -> None:
        self.own[path] = (at_s + ECHO_HELD_S, value)

    def holds(self, path: str) -> bool:
        """Whether `path` is not to be told to it now, being its own."""
        return path in self.own

    def let_go(self, now_s: float) -> list[tuple[str, float]]:
        """The paths that were held long enough, each with the value that the subscriber believes it has."""
        over = [(path, value) for path, (until_s, value) in self.own.items() if until_s <= now_s]
        for path, _ in over:
            del self.own[path]
        return over


class Subscribers:
    """At most 32 besides those that the show names. Any thread; readers see a table that is replaced whole."""

    def __init__(self) -> None:
        self.all: tuple[Subscriber, ...] = ()
        self._lock = threading.Lock()  # guards the replacing

    def add_fixed(self, target: OscPeer) -> None:
        """One that the show names: it stays."""
        with self._lock:
            self.all = (*self.all, Subscriber(target, target.key))

    def add(self, target: OscPeer, sender: Hashable, paths: frozenset[str] | None, now_s: float) -> bool:
        """Subscribe or renew; False where there is no room. Whoever renews what it has is not told it all again."""
        with self._lock:
            for one in self.all:
                if one.target.key == target.key and one.until_s < math.inf:
                    if one.paths == paths and one.sender == sender:
                        one.until_s = now_s + SUBSCRIBED_S
                        return True
                    # oscsend has another port each time: the same target is the same subscriber.
                    whole_at_s = one.whole_at_s if one.paths == paths else 0.0
                    renewed = Subscriber(target, sender, paths, now_s + SUBSCRIBED_S, whole_at_s)
                    self.all = tuple(renewed if other is one else other for other in self.all)
                    return True
            if sum(one.until_s < math.inf for one in self.all) >= MOST_SUBSCRIBERS:
                return False
            self.all = (*self.all, Subscriber(target, sender, paths, now_s + SUBSCRIBED_S))
            return True

    def remove(self, key: Hashable) -> None:
        """Forget a target; those that the show names stay."""
        with self._lock:
            self.all = tuple(one for one in self.all if one.target.key != key or one.until_s == math.inf)

    def expire(self, now_s: float) -> None:
        """Forget those that did not renew."""
        if any(one.until_s <= now_s for one in self.all):
            with self._lock:
                self.all = tuple(one for one in self.all if one.until_s > now_s)
