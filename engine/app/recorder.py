"""Recording: every event as it was folded into the state, on the disk within a tenth of a second."""

from __future__ import annotations

import logging
import os
import platform
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from engine import __version__
from engine.app.pace import Tick
from engine.core.figures import Figures
from engine.errors import OutputError
from engine.formats.take import TakeHeader, end_line, event_line, header_line, mark_line
from engine.formats.take_prints import fingerprints, tree_of
from engine.model.events import Event, Handled
from engine.model.world import World

log = logging.getLogger(__name__)

_WRITE_EVERY_S = 0.02
_SYNC_EVERY_S = 0.1
_MARK_EVERY_S = 1.0  # show seconds without an event after which a mark says that the take goes on
# What may wait for a disk that does not answer: at three thousand events a second, more than a minute.
_MOST_WAITING = 262_144
_MOST_AT_ONCE = 2_000  # events encoded before they are written: a backlog does not keep what is at hand from the disk


def header_of(world: World, *, start_s: float, over: str = "") -> TakeHeader:
    """The header of a take that begins now, at show time `start_s`; `over` names the take that it is played over.

    Reads the library's catalogue; raises LibraryError where it cannot.
    """
    show = world.loaded.show
    return TakeHeader(
        show=world.loaded.file.name,
        fingerprints=fingerprints(world),
        seed=show.seed,
        recorded_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        start_s=start_s,
        rate=show.canvas.rate,
        made_by={
            "runtime": __version__,
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        tree=tree_of(world),
        over=over,
    )


@contextmanager
def recording(
    world: World, path: Path, figures: Figures, *, start_s: float, over: str = "", overwrite: bool = False
) -> Iterator[Recorder]:
    """A take of `world` begun in `path`, closed with the block; only one that leaves it in peace has ended.

    Main thread. Raises OutputError as Recorder does.
    """
    recorder = Recorder(path, header_of(world, start_s=start_s, over=over), figures, overwrite=overwrite)
    ended = False
    try:
        yield recorder
        ended = True
    finally:
        recorder.close(ended=ended)


class Recorder:
    """Writes a take in place, under its final name: what was written outlives a crash, which a rename would not.

    Main thread, but for two threads of its own. "take-writer" writes what was played every 20 ms, after which the end
    of this process loses nothing of it; "take-sync" flushes it to the disk every 100 ms, after which the end of the
    machine does not either, and a slow flush holds up no write. The render thread only appends to a bounded queue.

    A disk that is full is tried again until the show is over, while what was played waits in the queue. Whatever
    does not get onto the disk counts in the figure `take_lost`, the rest in `take_events`.
    """

    def __init__(self, path: Path, header: TakeHeader, figures: Figures, *, overwrite: bool = False) -> None:
        """Raises OutputError where the file exists (unless `overwrite`) or cannot be written."""
        self.path = path
        self._written = figures.counter("take_events")
        self._lost = figures.counter("take_lost")
        self._queue: deque[Sequence[Event]] = deque()
        self._put = 0  # events; main thread
        self._taken = 0  # events; writer
        self._until_s = header.start_s  # main thread
        self._newest_s = 0.0  # writer: the newest stamp that is in the file; a replay begins before the start
        self._told_s = header.start_s  # writer: up to where the file says that the take has gone on
        self._rest = b""  # writer: encoded, not yet written
        self._rest_events = 0  # writer: events in it
        self._in_file = 0  # writer: events that were written
        self._warned = False  # writer and sync: a lost update warns twice
        self._unsynced = False  # set by the writer, cleared by sync before it flushes
        self._gone = False  # sync: the file is no longer under its name
        self._over = threading.Event()
        self._descriptor = _opened(path, header_line(header).encode(), overwrite)
        self._writer = threading.Thread(target=self._write_on, name="take-writer")
        self._syncer = threading.Thread(target=self._sync_on, name="take-sync")
        self._writer.start()
        self._syncer.start()

    def __call__(self, tick: Tick, _handled: Sequence[Handled], folded: Sequence[Event]) -> None:
        """Main thread, each tick, with the events as they were folded in."""
        self._until_s = tick.at_s
        if not folded:
            return
        if self._put - self._taken > _MOST_WAITING:
            self._lost.add(len(folded))
            return
        self._put += len(folded)
        self._queue.append(folded)

    def close(self, *, ended: bool) -> None:
        """Write what still waits, and, where the performance `ended` as it should, the closing line. Main thread."""
        if self._over.is_set():
            return
        self._over.set()
        self._writer.join()
        self._syncer.join()
        self._write_waiting()
        if ended:
            until_s, events = max(self._until_s, self._newest_s), self._in_file + self._rest_events
            self._rest += end_line(until_s, events, self._lost.count).encode()
        self._write()
        self._sync()
        os.close(self._descriptor)
        self._lost.add(self._rest_events + self._put - self._taken)
        if self._lost.count:
            log.warning("%s: %d events are not in the take", self.path, self._lost.count)

    def _write_on(self) -> None:
        while not self._over.wait(_WRITE_EVERY_S):
            self._write_waiting()

    def _write_waiting(self) -> None:
        """Write what waits, as far as the disk takes it. Writer; main thread once that has ended."""
        self._write()
        while not self._rest:
            self._encode_waiting()
            self._write()
            if not self._queue:
                return

    def _encode_waiting(self) -> None:
        """Turn what waits, or a part of it, into lines."""
        lines: list[str] = []
        while self._queue and len(lines) < _MOST_AT_ONCE:
            folded = self._queue.popleft()
            self._taken += len(folded)
            lines += [line for event in folded if (line := self._line(event))]
        self._rest_events += len(lines)
        until_s = self._until_s
        if lines:
            self._told_s = self._newest_s
        elif until_s >= self._told_s + _MARK_EVERY_S:
            lines.append(mark_line(until_s))
            self._told_s = until_s
        self._rest += "".join(lines).encode()

    def _line(self, event: Event) -> str:
        """The event's line; none for one that JSON cannot hold, which no input lets through."""
        try:
            line = event_line(event, self._newest_s - event.at_s)
        except ValueError as error:
            self._lost.add()
            self._warn(f"{event.address} at {event.at_s} s: {error}", "report it: an input let this value through")
            return ""
        self._newest_s = max(self._newest_s, event.at_s)
        return line

    def _write(self) -> None:
        """Write what is encoded, or as much of it as there is room for."""
        try:
            while self._rest:
                self._rest = self._rest[os.write(self._descriptor, self._rest) :]
                self._unsynced = True
        except OSError as error:
            self._warn(error.strerror or "cannot be written", "make room: what is played waits in memory meanwhile")
            return
        (self._lost if self._gone else self._written).add(self._rest_events)
        self._in_file += self._rest_events
        self._rest_events = 0

    def _sync_on(self) -> None:
        while not self._over.wait(_SYNC_EVERY_S):
            self._sync()

    def _sync(self) -> None:
        if self._unsynced:
            self._unsynced = False
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self._warn(error.strerror or "cannot be flushed", "look at the disk")
        try:
            self._gone = self.path.stat().st_ino != os.fstat(self._descriptor).st_ino
        except OSError:
            self._gone = True
        if self._gone:
            self._warn("is no longer there", "put it, its folder or its disk back; nothing is kept until then")

    def _warn(self, what: str, mend: str) -> None:
        if not self._warned:
            self._warned = True
            log.warning("%s: %s: the show goes on, the take may not (%s)", self.path, what, mend)


def _opened(path: Path, head: bytes, overwrite: bool) -> int:
    """The descriptor of a new file that begins with `head`, on the disk. Raises OutputError; nothing is left then."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags | (os.O_TRUNC if overwrite else os.O_EXCL), 0o644)
    except FileExistsError:
        raise OutputError("exists already", subject=path, mend="Choose another name, or say --overwrite.") from None
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", subject=path, mend="Name another folder.") from error
    try:
        if os.write(descriptor, head) != len(head):
            raise OSError(0, "the disk is full")
        os.fsync(descriptor)
    except OSError as error:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise OutputError(
            f"cannot be written ({error.strerror})", subject=path, mend="Make room, or name another folder."
        ) from error
    return descriptor
