"""A performer's fader, and how long after each move its picture was ready.

A *visit* is a run of events that all lead to one frame; it begins with the first of them. A frame counts as
*ready* when the loop could show it: it was handed over by a worker, or held already. The latency of a visit
is the time from its first event's stamp to the moment at which its exact frame was ready, and a visit counts as
long as no later one was ready before it: what was overtaken is nobody's wish any more.
"""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.core.inbox import Inbox
from engine.media.buffers import BufferPool
from engine.media.frame_source import FrameSource, open_source
from engine.media.spread import ALONE, Spread
from engine.model.clips import Clip
from engine.model.events import EventSource
from engine.model.media_time import index_at
from engine.model.pictures import FrameRef, Hit, Lookup, Picture
from engine.model.plan import FramePlan

Motion: TypeAlias = Callable[[float], float]  # seconds since the sweep began → the fader, 0 to 1

_SLOWEST_HZ, _FASTEST_HZ = 0.05, 2.0


def hand(duration_s: float) -> Motion:
    """Back and forth, faster and faster: from one way in ten seconds to four ways a second."""
    growth = math.log(_FASTEST_HZ / _SLOWEST_HZ) / duration_s

    def fader(at_s: float) -> float:
        turns = _SLOWEST_HZ * math.expm1(growth * at_s) / growth
        return 0.5 - 0.5 * math.cos(2 * math.pi * turns)

    return fader


def once(duration_s: float) -> Motion:
    """From one end to the other at an even pace."""
    return lambda at_s: min(at_s / duration_s, 1.0)


class Feeder:
    """A thread that moves a control `rate` times a second for `duration_s`, each event stamped as it is put.

    `sent` is what it put, (show seconds, value), in order: the feeder appends, any thread reads.
    """

    def __init__(
        self, inbox: Inbox, address: str, motion: Motion, *, rate: float, duration_s: float, now_s: Callable[[], float]
    ) -> None:
        self.sent: list[tuple[float, float]] = []
        self._put = inbox.put
        self._address = address
        self._motion = motion
        self._period_s = 1 / rate
        self._duration_s = duration_s
        self._now_s = now_s
        self._thread = threading.Thread(target=self._run, name="fader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        begun_s = due_s = self._now_s()
        while due_s - begun_s < self._duration_s:
            time.sleep(max(0.0, due_s - self._now_s()))
            stamp_s = self._now_s()
            value = self._motion(stamp_s - begun_s)
            self.sent.append((stamp_s, value))  # first, so that whoever sees the event finds it here
            self._put(EventSource.OSC, self._address, value, stamp_s)
            due_s += self._period_s


class WatchedSource:
    """A frame source that notes each frame that it read, and how long that took. One worker's."""

    def __init__(self, source: FrameSource, reads: deque[tuple[FrameRef, float, float]]) -> None:
        self._source = source
        self._reads = reads

    @property
    def clip(self) -> Clip:
        return self._source.clip

    def read(self, index: int, spread: Spread = ALONE) -> Picture:
        begun_s = time.perf_counter()
        picture = self._source.read(index, spread)
        ended_s = time.perf_counter()
        self._reads.append((picture.ref, ended_s, ended_s - begun_s))
        return picture

    def close(self) -> None:
        self._source.close()


@dataclass(slots=True)
class Watch:
    """What became ready when: stands between a player and its frame store. Main thread, but for `open_clip`.

    `waited_ms` are the latencies of visits whose frame had to be decoded, and `beside_ms` what of each was not its
    own decode; `ready_before` counts the visits whose frame was held when they began; `decode_ms` are the reads on
    the workers.
    """

    sent: list[tuple[float, float]]  # the feeder's
    frames: int  # of the clip
    now_s: Callable[[], float]
    waited_ms: list[float] = field(default_factory=list)
    beside_ms: list[float] = field(default_factory=list)
    ready_before: int = 0
    decode_ms: list[float] = field(default_factory=list)
    _reads: deque[tuple[FrameRef, float, float]] = field(default_factory=deque)
    _seen: int = 0  # events looked at
    _begun_s: list[float] = field(default_factory=list)  # each visit's first stamp
    _latest: dict[int, int] = field(default_factory=dict)  # frame index → its newest visit
    _newest_ready: int = -1

    @property
    def visits(self) -> int:
        return len(self._begun_s)

    def open_clip(self, clip: Clip, pool: BufferPool) -> FrameSource:
        """For FrameStore: the clip's own source, watched. Workers' threads."""
        return WatchedSource(open_source(clip, pool), self._reads)

    def between(
        self, frames_for: Callable[[FramePlan], Mapping[FrameRef, Lookup]]
    ) -> Callable[[FramePlan], Mapping[FrameRef, Lookup]]:
        """For Player: `frames_for`, and what it says written down."""

        def watched(plan: FramePlan) -> Mapping[FrameRef, Lookup]:
            asked_s = time.perf_counter()
            new_visit = self._follow(plan.at_s)
            found = frames_for(plan)
            ready_s = self.now_s()
            while self._reads and self._reads[0][1] <= asked_s:
                ref, _, took_s = self._reads.popleft()
                self.decode_ms.append(took_s * 1000)
                self._ready(self._latest.get(ref.index, -1), ready_s, took_s)
            current = len(self._begun_s) - 1
            if current > self._newest_ready and any(isinstance(lookup, Hit) for lookup in found.values()):
                if new_visit:
                    self._newest_ready = current
                    self.ready_before += 1
                else:
                    self._ready(current, ready_s, 0.0)
            return found

        return watched

    def _follow(self, until_s: float) -> bool:
        """Take in the events that this plan knows of; whether the newest visit is new to it."""
        known = len(self._begun_s)
        end = bisect_right(self.sent, (until_s, math.inf), lo=self._seen)
        for stamp_s, value in self.sent[self._seen : end]:
            index = index_at(value * (self.frames - 1))
            if not self._begun_s or self._latest.get(index) != len(self._begun_s) - 1:
                self._latest[index] = len(self._begun_s)
                self._begun_s.append(stamp_s)
        self._seen = end
        return len(self._begun_s) > known

    def _ready(self, visit: int, at_s: float, decode_s: float) -> None:
        if visit > self._newest_ready:
            self._newest_ready = visit
            waited_s = at_s - self._begun_s[visit]
            self.waited_ms.append(waited_s * 1000)
            self.beside_ms.append((waited_s - decode_s) * 1000)
