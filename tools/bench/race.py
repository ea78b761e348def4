"""Timing entrants against each other: the same shuffled indices, asked of one after another, frame by frame.

Method: each entrant lives in the process of its seat, so that no library's threads, allocator or FFmpeg disturb
another's. For each index every entrant is asked once, in an order drawn anew; only one process works at a time. Wall
time is taken inside that process around the one call, CPU time of the whole process and its children around the
same. The collector is off, the files are in the page cache, and each entrant has first read a few frames that do not
count.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import random
import resource
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from engine.model.clips import Clip
from tools.bench.measuring import percentile
from tools.bench.readers import AbsentError, Entrant, Holds, Reader
from tools.bench.rows import Tell

_PATIENCE_S = 60.0  # an entrant that takes longer for one frame has hung
_CHECKED = 8  # frames of which it is looked at whether they are the right ones
_SLOW_S = 0.05
_SLOW_SHARE = 5  # an entrant slower than that is asked for every fifth frame only


@dataclass(slots=True)
class Timings:
    """What one entrant took for each frame it was asked for, in the order of asking."""

    entrant: Entrant
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    absent: str = ""  # why it did not take part, or no longer
    wrong: str = ""  # which frames it gave instead of those asked for

    @property
    def p50_ms(self) -> float | None:
        return _ms(percentile(self.wall_s, 50))

    @property
    def p99_ms(self) -> float | None:
        return _ms(percentile(self.wall_s, 99))

    @property
    def cpu_a_frame_s(self) -> float | None:
        return sum(self.cpu_s) / len(self.cpu_s) if self.cpu_s else None


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1000 * seconds


def shuffled(frame_count: int, wanted: int, seed: int = 1) -> list[int]:
    """`wanted` random indices of a clip: each frame once before any comes twice."""
    draw = random.Random(seed)
    indices: list[int] = []
    while len(indices) < wanted:
        indices += draw.sample(range(frame_count), min(frame_count, wanted - len(indices)))
    return indices


def race(
    clip: Clip,
    entrants: Sequence[Entrant],
    indices: Sequence[int],
    tell: Tell,
    *,
    all_of: bool = False,
    numbered: bool = True,
) -> list[Timings]:
    """Time every entrant on the frames `indices` of `clip`; with `all_of`, slow ones on each of them too.

    Whether the right frames come is looked at where the clip's pictures are `numbered`, as our own footage is.
    An entrant that is absent, fails, hangs or crashes has said why in its Timings; the others go on.
    """
    into_page_cache(clip)
    draw = random.Random(2)
    with _seats(clip, entrants, indices, tell) as places:
        timings = [place.timings for place in places]
        for place in places:
            tell(f"{clip.slug}: {place.timings.entrant.name} begins")
            place.check(shuffled(clip.frame_count, _CHECKED, seed=3), numbered)
        for number, index in enumerate(indices):
            tell(f"{clip.slug}: frame {number + 1} of {len(indices)}")
            running = [place for place in places if place.takes_turn(number, all_of)]
            for place in draw.sample(running, len(running)):
                place.time(index)
    return timings


def into_page_cache(clip: Clip) -> None:
    """Read the clip's file once, so that it is memory that is measured and no disk."""
    with clip.file.open("rb", buffering=0) as file:
        while file.read(8 << 20):
            pass


@contextlib.contextmanager
def _seats(clip: Clip, entrants: Sequence[Entrant], indices: Iterable[int], tell: Tell) -> Iterator[list[_Place]]:
    seats: dict[str, _Seat] = {}
    try:
        places = []
        for entrant in entrants:
            if entrant.seat not in seats:
                seats[entrant.seat] = _Seat()
            tell(f"{clip.slug}: opening it in {entrant.name}")
            places.append(_Place(seats[entrant.seat], Timings(entrant)))
            places[-1].open(clip, indices)
        yield places
    finally:
        for seat in seats.values():
            seat.close()


class _GoneError(Exception):
    """What an entrant, or its whole process, said at its end."""


class _Seat:
    """A process in which entrants are asked, one at a time."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _ctrl_c_left_out():
            self._process.start()
        theirs.close()

    def ask(self, *question: Any) -> Any:
        """The answer to ("open", name, opener, clip, indices), ("check", name, index) or ("time", name, index)."""
        try:
            self._connection.send(question)
            if not self._connection.poll(_PATIENCE_S):
                self._process.kill()
                raise _GoneError(f"it was silent for {_PATIENCE_S:g} s")
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            self._process.join(5)
            raise _GoneError(f"its process ended with {self._process.exitcode}") from error
        if isinstance(answer, _GoneError):
            raise answer
        return answer

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.send(None)
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._connection.close()


@contextlib.contextmanager
def _ctrl_c_left_out() -> Iterator[None]:
    """Whatever is started within hears no Ctrl-C, ever: it is ended by us. Main thread only."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Place:
    """One entrant on its seat."""

    def __init__(self, seat: _Seat, timings: Timings) -> None:
        self._seat = seat
        self._slow = False
        self.timings = timings

    def open(self, clip: Clip, indices: Iterable[int]) -> None:
        self._ask("open", self.timings.entrant.open, clip, tuple(indices))

    def check(self, indices: Sequence[int], numbered: bool) -> None:
        """Whether the right frames come, and how long the fastest of them takes."""
        took = []
        for index in indices:
            answer = self._ask("check", index)
            if answer is None:
                return
            number, wall_s = answer
            took.append(wall_s)
            if numbered and number is not None and number != index:
                self.timings.wrong += f"{', ' if self.timings.wrong else ''}{number} for {index}"
        self._slow = min(took) > _SLOW_S

    def takes_turn(self, number: int, all_of: bool) -> bool:
        return not self.timings.absent and (all_of or not self._slow or number % _SLOW_SHARE == 0)

    def time(self, index: int) -> None:
        answer = self._ask("time", index)
        if answer is not None:
            self.timings.wall_s.append(answer[0])
            self.timings.cpu_s.append(answer[1])

    def _ask(self, verb: str, *details: Any) -> Any:
        if self.timings.absent:
            return None
        try:
            return self._seat.ask(verb, self.timings.entrant.name, *details)
        except _GoneError as gone:
            self.timings.absent = str(gone)
            return None


# From here on: the seat's own process.


def _serve(connection: Connection) -> None:
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # libraries print; standard output is the parent's document
        os.dup2(silence, stream)
    readers: dict[str, Reader] = {}
    gc.disable()
    while True:
        try:
            question = connection.recv()
        except EOFError:
            break
        if question is None:
            break
        try:
            connection.send(_answer(readers, *question))
        except AbsentError as absent:
            connection.send(_GoneError(str(absent)))
        except Exception as error:  # a library may raise anything; whatever it was is in the report
            connection.send(
                _GoneError(f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}")
            )
    for reader in readers.values():
        with contextlib.suppress(Exception):  # what it says at its end no longer matters
            reader.close()


def _answer(readers: dict[str, Reader], verb: str, name: str, *details: Any) -> Any:
    if verb == "open":
        opener, clip, indices = details
        opened = readers[name] = opener(clip)
        if isinstance(opened, Holds):
            opened.hold(indices)
        return True
    reader, index = readers[name], details[0]
    if verb == "check":
        begun = time.perf_counter()
        frame = reader.read(index)
        wall_s = time.perf_counter() - begun
        return reader.number(frame), wall_s
    before = _cpu_s()
    begun = time.perf_counter()
    reader.read(index)
    wall_s = time.perf_counter() - begun
    return wall_s, _cpu_s() - before


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
