"""The inbox: where every thread puts what happened, and from which the loop takes it in order."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from itertools import count
from operator import attrgetter

from engine.model.events import Event, EventSource

_ORDER = attrgetter("at_s", "source", "sequence")  # Event.order, three times as fast


class Inbox:
    """A bounded queue of events with many writers and one reader.

    Nobody ever waits: `deque.append` and `popleft` are atomic in CPython, and a full inbox drops its oldest
    event and counts it in `dropped`. Each event gets the next sequence number as it is put. Those that are stamped
    later than now wait beside the queue, as many again; one more of them is dropped itself.
    """

    def __init__(self, *, limit: int = 65_536) -> None:
        self._limit = limit
        self._queue: deque[Event] = deque(maxlen=limit)
        self._sequence = count()
        self._put = 0  # written by every putting thread; a lost update only blurs `dropped`
        self._taken = 0  # main thread
        self._early: list[tuple[tuple[float, int, int], Event]] = []  # main thread: a heap, by the events' order
        self._refused = 0  # main thread

    def put(self, source: EventSource, address: str, value: float, at_s: float, port: str = "") -> None:
        """Add an event that happened at `at_s` (show seconds) on the device `port`. Any thread; returns at once."""
        self._queue.append(Event(at_s, source, next(self._sequence), address, value, port=port))
        self._put += 1

    @property
    def dropped(self) -> int:
        """Events lost because the inbox was full."""
        return max(0, self._put - self._taken - len(self._queue)) + self._refused

    def drain(self, until_s: float) -> list[Event]:
        """Every event stamped at or before `until_s` (show seconds), in the total order. Main thread only.

        Events stamped later stay for a later drain.
        """
        due: list[Event] = []
        for _ in range(len(self._queue)):
            event = self._queue.popleft()
            self._taken += 1
            if event.at_s <= until_s:
                due.append(event)
            elif len(self._early) < self._limit:
                heappush(self._early, (event.order, event))
            else:
                self._refused += 1
        while self._early and self._early[0][1].at_s <= until_s:
            due.append(heappop(self._early)[1])
        due.sort(key=_ORDER)
        return due
