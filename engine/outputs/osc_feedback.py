"""State told over OSC: every change of the tree, to whoever subscribed, and every event, to whoever watches."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Protocol

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.formats.osc_peer import OscPeer
from engine.formats.osc_write import bundled, osc_float, osc_message, osc_string
from engine.model.clock import ClockStatus
from engine.model.events import Event, Handled
from engine.model.meters import Meters
from engine.model.parameters import Kind
from engine.model.show import OscOutput
from engine.model.world import World
from engine.outputs.osc_monitor import WATCHED_S, OscMonitor
from engine.outputs.osc_pulse import Latest as Pulsed
from engine.outputs.osc_pulse import OscPulse
from engine.outputs.osc_subscribers import AGAIN_S, SUBSCRIBED_S, Subscriber, Subscribers

_log = logging.getLogger(__name__)

_ROUND_S = 1 / 60
_REST = 4  # times as long as it was busy: at most a fifth of a core
_AT_ONCE = 16  # values looked up before other threads have their turn: a tenth of a millisecond
_TURN_S = 1e-4  # with no time at all, this thread would have the interpreter's lock back before the loop wakes up
_IDLE_S = 1.0
_RETOLD_S = 1.0
_MOST_TOUCHES = 8192
_SAME = 1e-6  # two values closer than this, relative to their size, are one: OSC's numbers have 24 bits


class Latest(Pulsed, Protocol):
    """The latest tick of the show (engine.app.published)."""

    def value(self, path: str) -> float | None: ...


class OscFeedback:
    """Tells from the thread "osc-feedback", from its construction until `close`; the loop takes no part but to append.

    At most 60 rounds a second, fewer where a round takes long. A round tells a subscriber the values that changed
    since the round before, in bundles of at most 1,400 bytes; to a new one all of them. What a subscriber puts
    itself is not told to it until 0.2 s after; then it is, if the show made something else of it. What could not be
    sent counts in `osc_unsent`; who missed something is told all of it again a second later.
    """

    def __init__(
        self,
        world: World,
        latest: Callable[[], Latest | None],
        figures: Figures,
        *,
        clock: Callable[[], ClockStatus] = ClockStatus,
        meters: Callable[[], Meters] = Meters,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` and `meters` give how clocks and sound stand, for whoever watches: any thread."""
        self._rounds = Rounds(world, latest)
        self._latest = latest
        self._monotonic = monotonic
        self._unsent = figures.counter("osc_unsent")  # osc-feedback thread
        self._subscribers = self._rounds.subscribers
        self._monitor = OscMonitor()
        self._pulse = OscPulse(clock, meters)  # osc-feedback thread
        self._sockets: list[socket.socket] = []
        self._over = False  # set by the main thread before it wakes the other
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="osc-feedback", daemon=True)
        self._thread.start()

    def tell_always(self, wish: OscOutput) -> None:
        """Tell a program that the show names, as long as this is open. Main thread.

        Raises DeviceError where the host has no address.
        """
        self._subscribers.add_fixed(self._fixed(wish))
        self._wake.set()

    def subscribe(self, target: OscPeer, sender: Hashable, paths: Sequence[str] | None) -> float | None:
        """See engine.inputs.osc_question: any thread."""
        wanted = None if paths is None else frozenset(paths)
        added = self._subscribers.add(target, sender, wanted, self._monotonic())
        self._wake.set()
        return SUBSCRIBED_S if added else None

    def monitor(self, target: OscPeer) -> float | None:
        """See engine.inputs.osc_question: any thread."""
        added = self._monitor.add(target, self._monotonic())
        self._wake.set()
        return WATCHED_S if added else None

    def unsubscribe(self, target: OscPeer) -> None:
        """See engine.inputs.osc_question: any thread."""
        self._subscribers.remove(target.key)
        self._monitor.remove(target.key)

    def touched(self, sender: Hashable, path: str, value: float) -> None:
        """`sender` has put `value`. The thread "osc-input"; cheap for those that are no subscribers."""
        if sender in self._rounds.senders:
            self._rounds.touches.append((sender, path, value, self._monotonic()))

    def after_events(self, _tick: object, handled: Sequence[Handled], _folded: Sequence[Event]) -> None:
        """For Player.after_events. Main thread."""
        self._monitor.take(handled)

    def close(self) -> None:
        """Stop telling. Safe to call twice."""
        self._over = True
        self._wake.set()
        self._thread.join(timeout=5)
        for opened in self._sockets:
            opened.close()

    def _run(self) -> None:
        while not self._over:
            if not self._subscribers.all and not self._monitor.watched:
                self._wake.wait(_IDLE_S)
                self._wake.clear()
                continue
            begun_s, processor_s = self._monotonic(), time.thread_time()
            self._unsent.add(self._rounds.tell(begun_s) + self._tell_watchers(begun_s))
            busy_s = time.thread_time() - processor_s
            self._wake.wait(max(_ROUND_S - (self._monotonic() - begun_s), _REST * busy_s))
            self._wake.clear()

    def _tell_watchers(self, now_s: float) -> int:
        latest = self._latest() if self._monitor.watched else None
        return self._monitor.tell(now_s, () if latest is None else self._pulse.messages(latest, now_s))

    def _fixed(self, wish: OscOutput) -> OscPeer:
        subject = f"OSC to {wish.host}:{wish.port}"
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(wish.host, wish.port, type=socket.SOCK_DGRAM)[0]
            opened = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            mend = "Correct the host in the show: outputs: osc: host; numbers need no name server."
            raise DeviceError(f"no such address ({error})", subject=subject, mend=mend) from error
        opened.setblocking(False)
        self._sockets.append(opened)
        told = False

        def send(packet: bytes) -> bool:
            nonlocal told
            try:
                opened.sendto(packet, address)
            except OSError as error:
                if not told:
                    told = True
                    _log.warning("%s: %s; it is tried again each time", subject, error.strerror or error)
                return False
            return True

        return OscPeer(subject, ("fixed", address), send)


class Rounds:
    """What each round tells to whom. The thread "osc-feedback" alone, but for `touches`, which another appends to."""

    def __init__(self, world: World, latest: Callable[[], Latest | None]) -> None:
        self.subscribers = Subscribers()
        self.senders: frozenset[Hashable] = frozenset()  # replaced whole
        self.touches: deque[tuple[Hashable, str, float, float]] = deque(maxlen=_MOST_TOUCHES)
        self._latest = latest
        self._world = world
        self._heads = _heads(world)
        self._seen: Latest | None = None
        self._known: tuple[Subscriber, ...] = ()
        self._paths: tuple[str, ...] = ()  # those that anybody wants
        self._values: dict[str, float | None] = {}
        self._marks: dict[str, bytes] = {}  # /runtime/… messages as they were last told

    def tell(self, now_s: float) -> int:
        """Send a round; how many packets could not be sent."""
        self.subscribers.expire(now_s)
        latest = self._latest()
        if latest is not None and latest.world is not self._world:
            self._world, self._heads = latest.world, _heads(latest.world)
            self._regroup()
        elif self.subscribers.all is not self._known:
            self._regroup()
        self._take_touches()
        if latest is None:
            return 0
        changed = self._changed(latest)
        messages: dict[str, bytes] = {}
        marks = self._new_marks(latest)
        unsent = 0
        for one in self._known:
            lost = sum(not one.target.send(packet) for packet in self._packets(one, changed, marks, messages, now_s))
            if lost:
                one.whole_at_s = now_s + _RETOLD_S
            unsent += lost
        return unsent

    def _packets(
        self, one: Subscriber, changed: Sequence[str], marks: Iterable[str], messages: dict[str, bytes], now_s: float
    ) -> Iterator[bytes]:
        """What a subscriber is told in this round, in bundles."""
        if now_s >= one.whole_at_s:
            one.whole_at_s = now_s + AGAIN_S if one.until_s == float("inf") else float("inf")
            changed, marks = self._paths, self._marks
        due = dict.fromkeys(path for path in changed if one.wants(path))
        for path, believed in one.let_go(now_s):
            value = self._values.get(path)
            if value is not None and abs(value - believed) > _SAME * max(1.0, abs(believed)):
                due[path] = None
        told = [self._message(path, messages) for path in due if not one.holds(path) and self._values[path] is not None]
        if one.paths is None:
            told += [self._marks[mark] for mark in marks]
        return bundled(told)

    def _message(self, path: str, messages: dict[str, bytes]) -> bytes:
        """The value of a path as a message, made once a round."""
        made = messages.get(path)
        if made is None:
            made = messages[path] = self._heads[path] + osc_float(self._values[path] or 0.0)
        return made

    def _changed(self, latest: Latest) -> list[str]:
        """Look the values up anew, unless there was no tick since; the paths that have another than before."""
        if latest is self._seen:
            return []
        before, self._values, self._seen = self._values, self._looked_up(latest), latest
        return [path for path, value in self._values.items() if value is not None and value != before.get(path)]

    def _looked_up(self, latest: Latest) -> dict[str, float | None]:
        values: dict[str, float | None] = {}
        for number, path in enumerate(self._paths):
            if number % _AT_ONCE == 0:
                time.sleep(_TURN_S)
            values[path] = latest.value(path)
        return values

    def _regroup(self) -> None:
        self._known, self._seen = self.subscribers.all, None
        self.senders = frozenset(one.sender for one in self._known)
        self._paths = tuple(path for path in self._heads if any(one.wants(path) for one in self._known))

    def _take_touches(self) -> None:
        while self.touches:
            sender, path, value, at_s = self.touches.popleft()
            if path in self._heads:
                for one in self._known:
                    if one.sender == sender:
                        one.touched(path, value, at_s)

    def _new_marks(self, latest: Latest) -> list[str]:
        """Where the show stands, as messages beside the tree; the addresses of those that are new."""
        state, loaded = latest.state, latest.world.loaded
        standby = loaded.show.cues[state.standby].name if state.standby < len(loaded.show.cues) else ""
        beat = latest.value("/tempo/beat")
        now = {
            "/runtime/movement": osc_message(
                "/runtime/movement", "si", loaded.movements[state.current.index].name, state.current.index
            ),
            "/runtime/standby": osc_message("/runtime/standby", "si", standby, state.standby),
            "/runtime/beat": osc_message("/runtime/beat", "i", int(beat or 0.0)),
        }
        new = [address for address, message in now.items() if message != self._marks.get(address)]
        self._marks = now
        return new


def _heads(world: World) -> dict[str, bytes]:
    """Each path that has a value, with its message up to the value."""
    return {
        path: osc_string(path) + osc_string(",f")
        for path, entry in world.tree.parameters.items()
        if entry.kind is not Kind.ACTION
    }
