"""What OSC packets mean: events for the inbox, or questions for whoever answers them. No socket."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta

from engine.core.figures import Figures
from engine.formats.osc_figures import ADDRESS as FIGURES_ADDRESS
from engine.inputs.osc_match import PatternError, PatternMatcher, is_pattern
from engine.inputs.osc_packet import NTP_TO_UNIX_S, OscMessage, PacketError, QuickNumbers, parse_packet
from engine.model.events import EventSource
from engine.model.tree import ParameterTree

_log = logging.getLogger(__name__)

Put = Callable[[EventSource, str, float, float], None]
Ask = Callable[[OscMessage, Hashable], None]
Touched = Callable[[Hashable, str, float], None]

QUESTIONS_BEGIN = "/runtime/"

_OFF_AT_MOST_S = 60.0  # a bundle further from now than this comes from a clock that is not ours
_ERA_S = 2.0**32  # NTP's seconds come round: the years 1900 and 2036 look alike
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tell_nobody(_sender: Hashable, _path: str, _value: float) -> None:
    """For a receiver whose senders nobody wants to know."""


class OscReceiver:
    """Packets to events. Belongs to one thread, "osc-input".

    A bundle due within the next minute is stamped with the instant at which it is due, all of it with the same; one
    that is late by less than a minute is done at once, and so is one that is further off either way, which is counted
    in `osc_untimely` and logged. An address pattern is put once for each path of the tree that it fits, in tree order.
    A message without a number whose first text names an entry below its address means that entry: `/layer/x/clip fire`.

    What is malformed, fits nothing, or carries no finite number counts in `osc_ignored`; `osc_events` counts the
    messages that were understood. Complaints are logged once a second at most. `/figures` and `/runtime/…` are
    no events: `ask` is called with the message and its sender. `touched` is told who put what.
    """

    def __init__(
        self,
        put: Put,
        now_s: Callable[[], float],
        figures: Figures,
        tree: ParameterTree,
        ask: Ask,
        *,
        touched: Touched = tell_nobody,
        unix_s: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._put = put
        self._now_s = now_s
        self._tree = tree
        self._ask = ask
        self._touched = touched
        self._unix_s = unix_s
        self._monotonic = monotonic
        # For another version of the show it is made anew once a pattern comes, on the thread that takes it.
        self._matched, self._matcher = tree, PatternMatcher(tree.parameters)
        self._quick = QuickNumbers()
        self._events = figures.counter("osc_events")
        self._ignored = figures.counter("osc_ignored")
        self._untimely = figures.counter("osc_untimely")
        self._log_again_s = float("-inf")
        self._unlogged = 0

    def adopt(self, tree: ParameterTree) -> None:
        """Play another version of the show from here on. Any thread."""
        self._tree = tree

    def handle(self, packet: bytes, sender: Hashable = None) -> None:
        """Put or ask what a packet says. Any bytes will do; never raises on what they are."""
        at_s = self._now_s()
        quick = self._quick.read(packet)
        if quick is not None:
            address, value = quick
            self._events.count += 1
            self._put(EventSource.OSC, address, value, at_s)
            self._touched(sender, address, value)
            return
        unix_s = self._unix_s()  # once: what is due together keeps one stamp, and so its order
        for part in parse_packet(packet):
            if isinstance(part, PacketError):
                self.ignore(str(part))
            elif part.address.startswith(QUESTIONS_BEGIN) or part.address == FIGURES_ADDRESS:
                self._events.count += 1
                self._ask(part, sender)
            else:
                self._play(part, at_s + self._wait_s(part, unix_s), sender)
                if packet[0] == ord("/") and not is_pattern(part.address):
                    self._quick.learn(packet, part)

    def ignore(self, reason: str) -> None:
        """Count something that cannot be used, and log the reason if none was logged in the last second."""
        self._ignored.count += 1
        self._complain(f"ignored: {reason}")

    def _play(self, message: OscMessage, at_s: float, sender: Hashable) -> None:
        try:
            paths = self._paths(message)
        except (PatternError, PacketError) as error:
            self.ignore(str(error))
            return
        self._events.count += 1
        value = 1.0 if message.value is None else message.value
        for path in paths:
            self._put(EventSource.OSC, path, value, at_s)
            self._touched(sender, path, value)

    def _paths(self, message: OscMessage) -> tuple[str, ...]:
        """The addresses that a message plays. Raises PatternError and PacketError."""
        paths: tuple[str, ...] = (message.address,)
        tree = self._tree
        if is_pattern(message.address):
            if self._matched is not tree:
                self._matched, self._matcher = tree, PatternMatcher(tree.parameters)
            paths = self._matcher.matches(message.address)
            if not paths:
                raise PatternError(f"{message.address[:200]}: a pattern that fits nothing in this show")
        if message.value is not None:
            return paths
        text = next((argument for argument in message.arguments if isinstance(argument, str)), None)
        if text is None:
            raise PacketError(f"{message.address[:200]}: no number among its arguments")
        named = tuple(f"{path}/{text}" for path in paths if tree.find(f"{path}/{text}") is not None)
        if not named:
            raise PacketError(f"{message.address[:200]}: no number, and nothing there is called {text[:100]!a}")
        return named

    def _wait_s(self, message: OscMessage, unix_s: float) -> float:
        if message.due_s is None:
            return 0.0
        wait_s = message.due_s - unix_s
        wait_s -= round(wait_s / _ERA_S) * _ERA_S
        if abs(wait_s) <= _OFF_AT_MOST_S:
            return max(0.0, wait_s)
        self._untimely.count += 1
        self._complain(f"{message.address[:200]} is due on {_date(message.due_s)}; it is done at once")
        return 0.0

    def _complain(self, what: str) -> None:
        now_s = self._monotonic()
        if now_s < self._log_again_s:
            self._unlogged += 1
            return
        more = f" (and {self._unlogged} more complaints before)" if self._unlogged else ""
        _log.warning("OSC %s%s", what, more)
        self._log_again_s, self._unlogged = now_s + 1.0, 0


def _date(due_s: float) -> str:
    """The day that a time tag means, or both where it means two."""
    day = _EPOCH + timedelta(seconds=due_s)
    first = f"{day:%Y-%m-%d %H:%M:%S} UTC"
    if due_s + NTP_TO_UNIX_S >= _ERA_S / 2:
        return first
    return f"{first} or {day + timedelta(seconds=_ERA_S):%Y-%m-%d}"
