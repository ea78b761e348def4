"""The parts of frames being decoded, and who runs them: the decode workers that have nothing else to do."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from engine.media.cpu_placement import keep_off_this_cpu, run_anywhere


class _Part:
    """One part of a frame. Whoever gets its claim runs it; the claim is never given back."""

    __slots__ = ("_claim", "_ended", "_run", "error")

    def __init__(self, run: Callable[[], None], ended: SimpleQueue[None]) -> None:
        self._run: Callable[[], None] | None = run
        self._ended = ended
        self._claim = threading.Lock()
        self.error: BaseException | None = None  # written by whoever runs it, read once it has ended

    def run_if_unclaimed(self) -> bool:
        """Run it, unless somebody has it already; what it raises is kept for the thread whose frame it is."""
        if not self._claim.acquire(blocking=False):
            return False
        assert self._run is not None
        try:
            self._run()
        except BaseException as error:
            self.error = error
        self._run = None  # a part that still lies among those on offer holds on to no picture
        self._ended.put(None)
        return True


class WorkTeam:
    """Lets workers help one another with single frames. Any worker's thread, by its number from 0.

    Nobody waits for a part that nobody has begun: its own frame's thread runs it. So a frame never takes longer for
    having been offered, and workers that wait for one another cannot be.
    """

    def __init__(self, count: int) -> None:
        self._wake: list[SimpleQueue[None]] = [SimpleQueue() for _ in range(count)]
        self._idle = [False] * count  # each item written by its own worker alone
        self._thread_ids = [0] * count  # likewise, before it is first idle
        self._kept_off = [False] * count  # each item set by whoever wakes that worker to help, reset by the worker
        self._parts: deque[_Part] = deque()

    def wake(self, number: int) -> None:
        """Let worker `number` look for work again. Any thread."""
        self._wake[number].put(None)

    def wake_if_idle(self, number: int) -> None:
        """The same, unless it is at work: then it looks by itself. Any thread."""
        if self._idle[number]:
            self.wake(number)

    def wake_idle(self, count: int) -> None:
        """Wake up to `count` workers that have nothing to do. Any thread."""
        for number in self.idle_numbers()[:count]:
            self.wake(number)

    def wait_for_work(self, number: int, has_work: Callable[[], bool]) -> None:
        """Sleep until somebody has work. It may be gone by then.

        Idle is said before the last look: whoever brings work after that look sees that this worker must be woken.
        """
        self._thread_ids[number] = threading.get_native_id()
        self._idle[number] = True
        if not self._parts and not has_work():
            self._wake[number].get()
        self._idle[number] = False

    def help(self, number: int) -> bool:
        """Let worker `number` run one part of another's frame; False where there is none."""
        helped = self._run_a_part()
        if self._kept_off[number]:
            self._kept_off[number] = False
            run_anywhere()
        return helped

    def _run_a_part(self) -> bool:
        while True:
            try:
                part = self._parts.popleft()
            except IndexError:
                return False
            if part.run_if_unclaimed():
                return True

    def idle_numbers(self, but: int | None = None) -> list[int]:
        """The workers, other than `but`, that have nothing to do."""
        return [number for number, idle in enumerate(self._idle) if idle and number != but]

    def spread(self, number: int) -> TeamSpread:
        """The Spread of worker `number`."""
        return TeamSpread(self, number)

    def run(self, number: int, runs: Sequence[Callable[[], None]]) -> None:
        """Run all of `runs`, with the help of idle workers; see Spread.run."""
        ended: SimpleQueue[None] = SimpleQueue()
        parts = [_Part(run, ended) for run in runs]
        self._parts.extend(parts[1:])
        for helper in self.idle_numbers(but=number)[: len(parts) - 1]:
            keep_off_this_cpu(self._thread_ids[helper])
            self._kept_off[helper] = True
            self.wake(helper)
        for part in parts:
            part.run_if_unclaimed()
        for _ in parts:
            ended.get()
        for part in parts:
            if part.error is not None:
                raise part.error


class TeamSpread:
    """A Spread over the idle workers of a team, for one of its workers."""

    def __init__(self, team: WorkTeam, number: int) -> None:
        self._team = team
        self._number = number

    @property
    def width(self) -> int:
        return 1 + len(self._team.idle_numbers(self._number))

    def run(self, parts: Sequence[Callable[[], None]]) -> None:
        if len(parts) == 1:
            parts[0]()
        else:
            self._team.run(self._number, parts)
