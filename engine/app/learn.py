"""Learning on stage: between the inbox and the bindings, and into the show's file."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from engine.app.binding_writer import write_apart
from engine.app.pace import Tick
from engine.core.learn import LEARN, Learn, Learned, ValueOf
from engine.errors import RuntimeShowError, ShowError
from engine.formats.show_edit import binding_text, digest
from engine.formats.show_parse import parse_show
from engine.model.controls import Binding
from engine.model.events import Event, EventSource, Handled, key
from engine.model.world import World

log = logging.getLogger(__name__)

_BY_HAND = (EventSource.MIDI, EventSource.OSC, EventSource.KEY)


class StageLearn:
    """Learns controls while the show is played. Main thread, but for `line` and the thread "learn", which has the file
    written.

    What is learned plays at once (`add`), and is written into the show's file; where that cannot be done it is logged,
    with the line to write in by hand, and plays until the end of the run. `value` tells where a path stands.
    """

    def __init__(
        self,
        world: World,
        bindings: Callable[[], Sequence[Binding]],
        add: Callable[[Binding], None],
        value: ValueOf,
    ) -> None:
        self.line = ""  # main thread; any thread reads it
        self._bindings = bindings
        self._learn = Learn(world.tree, world.loaded.controls, bindings)
        self._apart: list[Learned] = []  # what plays, and is not written, or not yet
        self._add = add
        self._value = value
        self._learned: Learned | None = None  # in this tick
        self._beginnings = _beginnings(bindings())
        self._waiting: list[Event] = []  # keys of the last tick
        self._keys_down: set[str] = set()  # those whose press was kept from the show: so is their release
        self._file = world.loaded.file
        self._digest = _digest_of(world)  # learn thread, once it runs
        self._to_write: SimpleQueue[Learned | str | None] = SimpleQueue()  # a string is the digest of a new version
        self._written: SimpleQueue[tuple[str, Learned | None]] = SimpleQueue()  # what to tell; what stands in the file
        self._thread: threading.Thread | None = None

    @property
    def active(self) -> bool:
        """Whether a control is being learned: keys are its own then."""
        return self._learn.active

    def take_in(self, events: Sequence[Event]) -> Sequence[Event]:
        """What the bindings get of `events`: all but the keys that are meant for learning.

        Keys behind one that may begin to learn wait for the next tick: until then it is not known whose they are.
        """
        begins = any(event.address in self._beginnings for event in events)
        if not (begins or self._learn.active or self._keys_down or self._waiting):
            return events
        events, self._waiting, begun = [*self._waiting, *events], [], False
        passed: list[Event] = []
        for event in events:
            if begun and event.source is EventSource.KEY:
                self._waiting.append(event)
            elif not self._keep(event):
                passed.append(event)
                begun = begun or (event.address in self._beginnings and event.value > 0)
        return passed

    def follow(self, tick: Tick, handled: Sequence[Handled], _folded: Sequence[Event]) -> None:
        """After each tick's events: what was played last, whether to learn, and what the operator reads.

        What was learned plays from the next tick on: the press that taught it came before it.
        """
        locked = bool(self._value("/lock"))
        for event in (event for one in handled for event in one.resolved):
            if event.address == LEARN:
                self._learn.toggle(tick.now_s, locked=locked)
            elif event.source in _BY_HAND:
                self._learn.played(event.address)
        learned = self._learned or self._learn.at(tick.now_s, self._value, locked=locked)
        self._learned = None
        if learned is not None:
            self._bind(learned)
        while not self._written.empty():
            said, written = self._written.get()
            self._apart = [one for one in self._apart if one is not written]
            self._learn.tell(said, tick.now_s)
        self.line = self._learn.line(tick.now_s)

    @property
    def not_written(self) -> Sequence[Binding]:
        """What was learned, plays, and is not known to stand in the show's file."""
        return tuple(one.played for one in self._apart)

    def adopt(self, world: World, digest: str) -> None:
        """Go on with another version of the show, whose file has `digest`, once its bindings play. Main thread."""
        self._learn.adopt(world.tree, world.loaded.controls)
        self._beginnings = _beginnings(self._bindings())
        self._to_write.put(digest)

    def close(self) -> None:
        """Write what is still to be written, and join the thread. Safe to call twice."""
        if self._thread is not None:
            self._to_write.put(None)
            self._thread.join()
            self._thread = None

    def _keep(self, event: Event) -> bool:
        if event.source is not EventSource.KEY:
            if self._learn.active:
                self._learned = self._learn.hear(event, self._value)
            return False
        name = event.address.removeprefix(key(""))
        if event.value > 0 and self._learn.active:
            self._keys_down.add(name)
            self._learn.key(name)
            return True
        kept = name in self._keys_down
        self._keys_down.discard(name)
        return kept

    def _bind(self, learned: Learned) -> None:
        self._add(learned.played)
        log.info("learned: %s", learned.said)
        self._apart.append(learned)
        self._to_write.put(learned)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="learn")
            self._thread.start()

    def _run(self) -> None:
        while (wish := self._to_write.get()) is not None:
            if isinstance(wish, str):
                self._digest = wish
            else:
                self._written.put(self._write(wish))

    def _write(self, learned: Learned) -> tuple[str, Learned | None]:
        """Learn thread: write one binding; what became of it, for the operator, and the binding once it is written."""
        line = binding_text(learned.written)
        try:
            self._digest = write_apart(self._file, learned.written, self._digest)
        except RuntimeShowError as error:
            log.warning("%s The line, which plays until the end of this run: - %s", error, line)
            return f"not written: {error.what}", None
        except Exception:
            log.exception("The binding was not written; write it in by hand: - %s", line)
            return "not written: see the log", None
        return f"{line} is written into {self._file.name}", learned


def _beginnings(bindings: Sequence[Binding]) -> frozenset[str]:
    """The addresses that may begin to learn."""
    return frozenset((LEARN, *(key(one.key) for one in bindings if one.key and one.to == LEARN)))


def _digest_of(world: World) -> str:
    """The digest of the show's file, or "" where it is not that which was loaded: then nothing will be written."""
    file = world.loaded.file
    try:
        content = file.read_bytes()
        parsed = parse_show(content.decode("utf-8-sig"), str(file))
    except (OSError, UnicodeDecodeError, ShowError):
        return ""
    return digest(content) if parsed.show == world.loaded.show else ""
