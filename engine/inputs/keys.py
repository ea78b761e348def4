"""The computer's keyboard. The window hears the keys; this gives them their stamp and address."""

from __future__ import annotations

from collections.abc import Callable

from engine.model.events import EventSource, key

Put = Callable[[EventSource, str, float, float], None]


class KeyInput:
    """Turns presses and releases into events: `key/NAME`, 1 down and 0 up. Holds nothing open."""

    def __init__(self, put: Put, now_s: Callable[[], float]) -> None:
        self._put = put
        self._now_s = now_s

    def on_key(self, name: str, pressed: bool) -> None:
        """A key went down or up: its name in any case ("space", "F1", "a"). Not for the system's own repeats."""
        self._put(EventSource.KEY, key(name.lower()), float(pressed), self._now_s())
