"""Threads that decode: they take the most urgent request, fill a buffer and hand it back."""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

from engine.errors import FrameError, SourceError
from engine.media.frame_source import FrameSource
from engine.media.spread import ALONE, Spread
from engine.media.work_team import WorkTeam
from engine.model.clips import Clip
from engine.model.pictures import FrameRef, Picture

_log = logging.getLogger(__name__)

_OPEN_SOURCES = 8  # a worker; of any file each may hold 48 MiB of decoded frames
# Niced workers wake the loop later than 2.7 ms in one of a hundred frames, equal ones later than 4.1 ms.
_NICENESS = 10


LATE = -math.inf  # the instant at which a frame is needed that a plan has asked for and not got


@dataclass(frozen=True, slots=True)
class Request:
    """A frame to decode, and the show instant (seconds) at which it is needed: the earliest goes first.

    `spread`: workers that are idle are to help with it.
    """

    clip: Clip
    index: int
    needed_at_s: float
    spread: bool = False

    @property
    def ref(self) -> FrameRef:
        return FrameRef(self.clip.slug, self.index)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: a picture, which now belongs to the main thread, or the error.

    The picture is another of the clip's where the request went stale on the way (see open_source).
    """

    ref: FrameRef
    picture: Picture | None
    error: SourceError | None
    decode_ms: float

    @property
    def is_what_was_asked(self) -> bool:
        """Whether it settles the request: its picture, or why there is none."""
        return self.picture is None or self.picture.ref == self.ref


_Board = deque[Request]


class DecodeWorkers:
    """`count` threads, `decode-0` and on. All methods: main thread only; none but `wait` and `close` ever waits.

    Requests stand on boards: one that every worker takes from, and one for each worker. Taking a request off a
    board is one atomic `popleft`, so the main thread takes back whatever no worker has begun, without a lock.
    Clips whose frames need others go to one worker each: their decoder runs on from frame to frame, and two workers
    sharing a long group of pictures would each decode all of it.

    A frame that asks for it is spread over the workers that are idle, where it has parts.
    """

    def __init__(self, open_clip: Callable[[Clip], FrameSource], count: int) -> None:
        self._open_clip = open_clip
        self._shared: _Board = deque()
        self._own: list[_Board] = [deque() for _ in range(count)]
        self._team = WorkTeam(count)
        self._results: SimpleQueue[Outcome | BaseException] = SimpleQueue()
        self._stop = False  # main thread writes, workers read
        self._asked: AbstractSet[FrameRef] = frozenset()  # replaced whole by the main thread, read by workers
        self._given: set[FrameRef] = set()  # main thread: on a board or being decoded
        self._homes: dict[str, int] = {}  # main thread: slug of a clip whose frames need others → its worker
        self._crash: BaseException | None = None  # main thread
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"decode-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def queue_length(self) -> int:
        """Requests that no worker has begun."""
        return len(self._shared) + sum(len(board) for board in self._own)

    def replace(self, requests: Sequence[Request]) -> int:
        """Let `requests`, in order of urgency and without doubles, be all there is to do.

        Requests that were not begun and are not among them are dropped; their number is returned. One that a
        worker is at already is not begun twice.
        """
        unbegun = {request.ref for board in (self._shared, *self._own) for request in _drain(board)}
        self._given -= unbegun
        asked = self._asked = {request.ref for request in requests}
        for request in requests:
            if request.ref not in self._given:
                self._board_of(request.clip).append(request)
        self._given |= asked
        for number, board in enumerate(self._own):
            if board:
                self._team.wake_if_idle(number)
        self._team.wake_idle(len(self._shared))
        return len(unbegun - asked)

    def is_stale(self, ref: FrameRef) -> bool:
        """Whether nobody asks for the frame any more, or the workers are to end. Any thread."""
        return self._stop or ref not in self._asked

    def poll(self) -> list[Outcome]:
        """Every outcome since the last call. Raises what a worker died of, at every call from then on."""
        found: list[Outcome] = []
        while self._crash is None:
            try:
                found.append(self._received(self._results.get_nowait()))
            except Empty:
                return found
        raise self._crash

    def wait(self, timeout_s: float) -> Outcome | None:
        """The next outcome, or None after `timeout_s`. Raises as `poll` does."""
        if self._crash is not None:
            raise self._crash
        try:
            return self._received(self._results.get(timeout=max(0.0, timeout_s)))
        except Empty:
            return None

    def close(self) -> list[Picture]:
        """End and join the threads, which finish the frame that they are at; the pictures that nobody fetched."""
        self._stop = True
        for board in (self._shared, *self._own):
            board.clear()
        for number in range(len(self._own)):
            self._team.wake(number)
        for thread in self._threads:
            thread.join()
        left: list[Picture] = []
        while not self._results.empty():
            result = self._results.get_nowait()
            if isinstance(result, BaseException):
                _log.error("a decode worker died while it was ended", exc_info=result)
            elif result.picture is not None:
                left.append(result.picture)
        return left

    def _received(self, result: Outcome | BaseException) -> Outcome:
        if isinstance(result, BaseException):
            self._crash = result
            raise result
        self._given.discard(result.ref)
        return result

    def _board_of(self, clip: Clip) -> _Board:
        if clip.frames_stand_alone:
            return self._shared
        return self._own[self._homes.setdefault(clip.slug, len(self._homes) % len(self._own))]

    # From here on: worker threads.

    def _run(self, number: int) -> None:
        sources: OrderedDict[str, FrameSource] = OrderedDict()
        spread = self._team.spread(number)
        try:
            _be_nice()
            while not self._stop:
                if self._team.help(number):
                    continue
                request = self._next_request(number)
                if request is None:
                    self._team.wait_for_work(number, partial(self._has_work, number))
                else:
                    self._results.put(self._decode(request, sources, spread if request.spread else ALONE))
        except BaseException as error:
            self._results.put(error)
        finally:
            for source in sources.values():
                source.close()

    def _has_work(self, number: int) -> bool:
        return self._stop or bool(self._own[number]) or bool(self._shared)

    def _next_request(self, number: int) -> Request | None:
        """The more urgent of what the worker's own board and the shared one offer, or None."""
        boards = sorted((self._own[number], self._shared), key=_urgency)
        for board in boards:
            try:
                return board.popleft()
            except IndexError:  # empty, or taken back in this very moment
                continue
        return None

    def _decode(self, request: Request, sources: OrderedDict[str, FrameSource], spread: Spread) -> Outcome:
        began = time.perf_counter()
        picture: Picture | None = None
        problem: SourceError | None = None
        try:
            picture = self._source(request.clip, sources).read(request.index, spread)
        except FrameError as error:
            problem = error
        except SourceError as error:
            problem = error
            lost = sources.pop(request.clip.slug, None)
            if lost is not None:  # its file may come back; this way into it will not
                lost.close()
        return Outcome(request.ref, picture, problem, 1000 * (time.perf_counter() - began))

    def _source(self, clip: Clip, sources: OrderedDict[str, FrameSource]) -> FrameSource:
        if clip.slug not in sources:
            sources[clip.slug] = self._open_clip(clip)
        sources.move_to_end(clip.slug)
        if len(sources) > _OPEN_SOURCES:
            sources.popitem(last=False)[1].close()
        return sources[clip.slug]


def _drain(board: _Board) -> list[Request]:
    found: list[Request] = []
    while True:
        try:
            found.append(board.popleft())
        except IndexError:
            return found


def _urgency(board: _Board) -> float:
    try:
        return board[0].needed_at_s
    except IndexError:
        return float("inf")


def _be_nice() -> None:
    """Let the loop's thread go first. Linux alone has a niceness for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
