"""What became of every event, told over OSC to whoever watches."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain

from engine.formats.osc_peer import OscPeer
from engine.formats.osc_write import bundled, osc_message
from engine.model.events import Handled

MOST_WATCHERS = 8
EVENTS_A_SECOND = 500
WATCHED_S = 60.0
_MOST_TICKS = 600  # that wait to be told: ten seconds


class OscMonitor:
    """`take` belongs to the main thread, which only appends; `tell` to the thread that tells; the rest to any."""

    def __init__(self) -> None:
        self._watchers: dict[Hashable, tuple[OscPeer, float]] = {}  # replaced whole
        self._lock = threading.Lock()  # guards the replacing
        self._ticks: deque[Sequence[Handled]] = deque()
        self._overrun = 0  # main thread: events for which there was no room
        self._overrun_told = 0  # the thread that tells, as all that follows
        self._skipped = 0
        self._second_s = 0.0
        self._left = EVENTS_A_SECOND

    @property
    def watched(self) -> bool:
        return bool(self._watchers)

    def add(self, target: OscPeer, now_s: float) -> bool:
        """Watch or renew; False where there is no room."""
        with self._lock:
            if target.key not in self._watchers and len(self._watchers) >= MOST_WATCHERS:
                return False
            self._watchers = {**self._watchers, target.key: (target, now_s + WATCHED_S)}
            return True

    def remove(self, key: Hashable) -> None:
        with self._lock:
            self._watchers = {other: watcher for other, watcher in self._watchers.items() if other != key}

    def take(self, handled: Sequence[Handled]) -> None:
        """What became of the events of a tick. Main thread."""
        if not handled or not self._watchers:
            return
        if len(self._ticks) >= _MOST_TICKS:
            self._overrun += len(handled)
        else:
            self._ticks.append(handled)

    def tell(self, now_s: float, beside: Iterable[bytes] = ()) -> int:
        """Send what waits, 500 events a second at most, and the messages `beside`; how many packets were not sent."""
        for key, (_, until_s) in self._watchers.items():
            if until_s <= now_s:
                self.remove(key)
        packets = [*bundled(chain(self._messages(now_s), beside))]
        return sum(not target.send(packet) for target, _ in self._watchers.values() for packet in packets)

    def _messages(self, now_s: float) -> Iterator[bytes]:
        if now_s - self._second_s >= 1:
            skipped = self._skipped + self._overrun - self._overrun_told
            if skipped:
                yield osc_message("/runtime/event/skipped", "i", skipped)
            self._skipped, self._overrun_told = 0, self._overrun
            self._second_s, self._left = now_s, EVENTS_A_SECOND
        while self._ticks:
            for handled in self._ticks.popleft():
                if self._left > 0:
                    self._left -= 1
                    yield from event_messages(handled)
                else:
                    self._skipped += 1


def event_messages(handled: Handled) -> Iterator[bytes]:
    """One message for each event that it led to, or one without a path where it led to none."""
    event = handled.event
    led_to = [(one.address, one.value, "" if one.wait is None else one.wait.to) for one in handled.resolved]
    for path, value, wait in led_to or [("", 0.0, "")]:
        yield osc_message(
            "/runtime/event",
            "dssfssfss",
            *(event.at_s, event.source.name.lower(), event.address, event.value, handled.outcome, path, value),
            *(event.port, wait),
        )
