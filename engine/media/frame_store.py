"""The frame store: what a plan shows, decoded if there was time, and what it will show, decoded ahead."""

from __future__ import annotations

import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType

from engine.core.figures import Figures
from engine.errors import FrameError, SourceError
from engine.media.armed_jumps import ArmedJumps
from engine.media.buffers import BufferPool
from engine.media.decode_workers import LATE, DecodeWorkers, Outcome, Request
from engine.media.frame_cache import FrameCache
from engine.media.frame_source import FrameSource, open_source
from engine.media.frame_window import FrameWindow
from engine.model.clips import Clip, Codec
from engine.model.pictures import FrameRef, Hit, Lookup, Missing, Nearest
from engine.model.plan import FramePlan, Wanted

_log = logging.getLogger(__name__)

# How much earlier than it is needed an armed jump's target is asked for, in decode times, beside frames that playing
# on will need: they can be stood in for by a neighbour, it cannot.
_ARMED_HEAD_START = 4
_WINDOW_SHARE = 8  # of the bound, an eighth is for frames decoded on the way to others (engine.media.frame_window)
_RETRY_S = 10.0  # show seconds after which a file that could not be opened is tried again: disks come back
_STAND_IN_REACH = 16  # frames either side of a damaged one, among which a render looks for a good one


class FrameStore:
    """Decoded frames by plan. Main thread only; `close` it, or use it in a `with`.

    Nothing here waits but `exact_frames_for` and `close`. Pictures that a call hands out stay as they are until the
    next call of `frames_for` or `exact_frames_for`. A file that is damaged, vanished or never was one costs its
    frames, one log line and a count in `source_errors`; the show goes on. What a worker did not expect is raised at
    the next call, here, in the loop.

    An armed jump (Wanted.armed) whose target is within the bound and has been wanted for two decode times is on the
    next frame shown.

    Figures: counters `preread_hits`, `preread_misses` (frames of a plan that were there, or not), `preread_blank`
    (misses with nothing of the clip to show), `armed_jump_misses`, `source_errors`, `requests_dropped` (requests
    that went stale before they were begun); samples `decode_ms`, `last_miss_wait_ms` (from the miss until the
    frame was there), and at each tick `queue_length` (requests that nobody has begun), `read_ahead` (frames held of
    those wanted) and `cache_bytes`.
    """

    def __init__(
        self,
        clips: Mapping[str, Clip],
        *,
        figures: Figures,
        cache_bytes: int,
        workers: int | None = None,
        open_clip: Callable[[Clip, BufferPool], FrameSource] | None = None,
    ) -> None:
        """Serve `clips`, by slug, from `cache_bytes` of pictures and `workers` threads (None: cores − 1, at least 2).

        `open_clip` is for tests. Starts the threads; opens no file.
        """
        self._clips = clips
        # Frames on the way to others are kept apart, out of the same bound.
        self._window = FrameWindow(cache_bytes // _WINDOW_SHARE)
        self._budget = cache_bytes - cache_bytes // _WINDOW_SHARE
        # Idle buffers are bounded apart from the cache: a tick's worth of evicted pictures to decode into.
        self._pool = BufferPool(idle_bytes=max(cache_bytes // 8, 32 << 20))
        self._cache = FrameCache(self._pool, self._budget)
        # Two even on two cores: the loop's thread sleeps most of a tick and goes first when it wakes, and a frame
        # that the picture lacks is decoded by both.
        self._worker_count = workers if workers is not None else max(2, _cores() - 1)
        self._planned: dict[FrameRef, None] = {}
        self._ahead: dict[FrameRef, float] = {}  # the wanted frames that fit the cache, most urgent first, and when
        self._missed: dict[FrameRef, float] = {}  # frames that the picture lacks, and since when (monotonic seconds)
        self._armed = ArmedJumps(figures)
        self._now_s = 0.0
        self._bad_frames: set[FrameRef] = set()
        self._bad_clips: dict[str, float] = {}  # slug → the show instant at which it is tried again
        self._told: set[str] = set()
        self._frame_bytes: dict[str, int] = {}  # slug → size of its last picture
        self._hits = figures.counter("preread_hits")
        self._misses = figures.counter("preread_misses")
        self._blank = figures.counter("preread_blank")
        self._errors = figures.counter("source_errors")
        self._dropped = figures.counter("requests_dropped")
        self._decode_ms = figures.samples("decode_ms")
        self._miss_wait_ms = figures.samples("last_miss_wait_ms")
        self._queue_length = figures.samples("queue_length")
        self._read_ahead = figures.samples("read_ahead")
        self._cache_bytes = figures.samples("cache_bytes")
        self._open_clip = open_clip
        self._workers = DecodeWorkers(self._open, self._worker_count)

    def __enter__(self) -> FrameStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def cache_bytes(self) -> int:
        """Bytes of all pictures held: within the bound, unless the plan alone needs more."""
        return self._cache.nbytes

    def adopt(self, clips: Mapping[str, Clip]) -> None:
        """Serve `clips` from here on, instead of those before. One slug means the same clip in both."""
        self._clips = clips
        self._planned, self._ahead = {}, {}

    def frames_for(self, plan: FramePlan) -> dict[FrameRef, Lookup]:
        """What is held for every frame of `plan`, at once; what lacks is decoded before all else.

        Raises KeyError for a clip that the store was not given, and what a worker died of.
        """
        self._begin(plan)
        for outcome in self._workers.poll():
            self._take(outcome)
        found = {ref: self._held(ref) for ref in self._planned}
        self._hand_out(found)
        self._note_misses(found)
        if self._missed:
            self._publish()
        return found

    def exact_frames_for(self, plan: FramePlan, timeout_s: float = 30.0) -> dict[FrameRef, Lookup]:
        """Every frame of `plan`, waited for: what a render shows, the same at every run.

        A damaged frame gives the nearest good one within 16 frames (Nearest), the earlier of two, else Missing.
        Raises SourceError where a frame took longer than `timeout_s`, and as `frames_for` does.
        """
        self._begin(plan)
        wanted = tuple(self._planned)
        deadline_s = time.monotonic() + timeout_s
        for outcome in self._workers.poll():
            self._take(outcome)
        asked: Mapping[FrameRef, None] | None = None
        while True:
            shown = {ref: self._good_ref(ref) for ref in wanted}
            # A stand-in is protected and asked for as if the plan had named it.
            self._planned = dict.fromkeys((*wanted, *(good for good in shown.values() if good is not None)))
            self._cache.set_in_use(self._planned)
            lacking = [good for good in shown.values() if good is not None and good not in self._cache]
            if not lacking:
                break
            if asked != self._planned:
                # Whole, or whether a core was idle would decide on frames damaged where they are cut.
                self._publish(spread=False)
                asked = self._planned
            arrived = self._workers.wait(deadline_s - time.monotonic())
            if arrived is None:
                late = lacking[0]
                what = f"frame {late.index} was not decoded within {timeout_s:g} s"
                raise SourceError(what, subject=self._clips[late.clip].file, mend="Is its disk slow or gone?")
            for outcome in (arrived, *self._workers.poll()):
                self._take(outcome)
                if not outcome.is_what_was_asked:
                    asked = None
        found = {ref: self._exact(ref, good) for ref, good in shown.items()}
        self._hand_out(found)
        return found

    def want(self, wanted: Sequence[Wanted]) -> None:
        """Let `wanted` be the frames to decode ahead, instead of all that were wanted before.

        The earliest needed go first, behind what the plan lacks; armed jumps a little before their turn. Of those,
        as many are kept as the cache holds, and as many wait as there are layers and workers; the rest come with
        a later call.
        """
        room = self._budget - sum(self._size_of(ref.clip) for ref in self._planned)
        self._ahead = {}
        armed: list[FrameRef] = []
        for item in sorted(wanted, key=self._urgency):
            if item.ref in self._ahead or item.ref in self._planned:
                continue
            room -= self._size_of(item.ref.clip)
            if room < 0:
                break
            self._ahead[item.ref] = item.needed_at_s
            if item.armed:
                armed.append(item.ref)
        self._armed.arm(armed, self._now_s)
        self._cache.set_awaited((*self._planned, *self._ahead))
        self._publish()
        self._queue_length.add(self._workers.queue_length)
        self._read_ahead.add(sum(ref in self._cache for ref in self._ahead))
        self._cache_bytes.add(self._cache.nbytes)

    def close(self) -> None:
        """End the workers and let go of every picture. A second call does nothing."""
        for picture in self._workers.close():
            self._pool.give(picture.planes)
        self._cache.clear()

    def _open(self, clip: Clip) -> FrameSource:
        """Decode workers' threads."""
        if self._open_clip is not None:
            return self._open_clip(clip, self._pool)
        return open_source(clip, self._pool, self._window, self._workers.is_stale)

    def _begin(self, plan: FramePlan) -> None:
        self._now_s = plan.at_s
        self._planned = dict.fromkeys(plan.refs())
        self._cache.set_in_use(self._planned)
        self._cache.set_awaited((*self._planned, *self._ahead))

    def _urgency(self, item: Wanted) -> float:
        if not item.armed:
            return item.needed_at_s
        return item.needed_at_s - _ARMED_HEAD_START * self._armed.decode_s(item.ref.clip)

    def _note_misses(self, found: Mapping[FrameRef, Lookup]) -> None:
        """Remember since when the picture lacks what it lacks; a miss that nobody looks at any more is forgotten."""
        lacking = [ref for ref, lookup in found.items() if not isinstance(lookup, Hit) and not self._is_bad(ref)]
        if lacking or self._missed:
            now_s = time.monotonic()
            self._missed = {ref: self._missed.get(ref, now_s) for ref in lacking}
        hits = [ref for ref, lookup in found.items() if isinstance(lookup, Hit)]
        self._armed.shown(self._planned, hits, self._now_s)

    def _take(self, outcome: Outcome) -> None:
        """Take over what a worker hands back."""
        self._decode_ms.add(outcome.decode_ms)
        slug = outcome.ref.clip
        self._armed.decoded(slug, outcome.decode_ms / 1000)
        missed_at_s = self._missed.pop(outcome.ref, None)
        if missed_at_s is not None and outcome.picture is not None and outcome.is_what_was_asked:
            self._miss_wait_ms.add(1000 * (time.monotonic() - missed_at_s))
        if outcome.picture is not None:
            self._frame_bytes[slug] = outcome.picture.nbytes
            self._bad_clips.pop(slug, None)
            self._cache.add(outcome.picture)
        if outcome.error is None:
            return
        self._errors.add()
        if isinstance(outcome.error, FrameError):
            self._bad_frames.add(outcome.ref)
        else:
            self._bad_clips[slug] = self._now_s + _RETRY_S
        if slug not in self._told:
            self._told.add(slug)
            _log.warning("%s", outcome.error)

    def _is_bad(self, ref: FrameRef) -> bool:
        return ref in self._bad_frames or self._bad_clips.get(ref.clip, -math.inf) > self._now_s

    def _held(self, ref: FrameRef) -> Lookup:
        picture = self._cache.get(ref)
        if picture is not None:
            return Hit(picture)
        picture = self._cache.nearest(ref)
        return Missing() if picture is None else Nearest(picture, abs(picture.ref.index - ref.index))

    def _exact(self, ref: FrameRef, good: FrameRef | None) -> Lookup:
        """`ref` shown by `good`, which is held. Without any good frame, what else is held by chance is left alone:
        a render is the same at every run. Only a file that was lost meanwhile holds its last picture.
        """
        if good is None:
            return self._held(ref) if ref.clip in self._bad_clips else Missing()
        picture = self._cache.get(good)
        assert picture is not None, "a frame that was waited for is held"
        return Hit(picture) if good == ref else Nearest(picture, abs(good.index - ref.index))

    def _good_ref(self, ref: FrameRef) -> FrameRef | None:
        """`ref`, or the nearest frame of its clip not known to be damaged; None without any in reach."""
        return next((near for near in self._around(ref) if not self._is_bad(near)), None)

    def _around(self, ref: FrameRef) -> Iterator[FrameRef]:
        yield ref
        for distance in range(1, _STAND_IN_REACH + 1):
            for index in (ref.index - distance, ref.index + distance):
                if 0 <= index < self._clips[ref.clip].frame_count:
                    yield FrameRef(ref.clip, index)

    def _hand_out(self, found: Mapping[FrameRef, Lookup]) -> None:
        shown = {lookup.picture.ref for lookup in found.values() if lookup.picture is not None}
        self._cache.set_in_use(shown | set(found))
        for lookup in found.values():
            match lookup:
                case Hit():
                    self._hits.add()
                case Nearest():
                    self._misses.add()
                case Missing():
                    self._misses.add()
                    self._blank.add()

    def _publish(self, *, spread: bool = True) -> None:
        """Tell the workers what there is to do now.

        What the picture lacks is spread over idle workers; what is decoded ahead is not, since a part costs a little
        more than its share of the whole.
        """
        late = [ref for ref in self._planned if self._lacks(ref)]
        requests = [Request(self._clips[ref.clip], ref.index, LATE, spread) for ref in late]
        ahead = (item for item in self._ahead.items() if item[0] not in self._planned and self._lacks(item[0]))
        for ref, needed_at_s in islice(ahead, max(len(self._planned) + self._worker_count - len(late), 0)):
            requests.append(Request(self._clips[ref.clip], ref.index, needed_at_s))
        self._dropped.add(self._workers.replace(requests))

    def _lacks(self, ref: FrameRef) -> bool:
        return ref not in self._cache and not self._is_bad(ref)

    def _size_of(self, slug: str) -> int:
        """Bytes of a picture of this clip: as the last one was, or a guess from its size."""
        clip = self._clips[slug]
        guess = 3 * clip.width * clip.height // (6 if clip.codec is Codec.HAP else 2)
        return self._frame_bytes.get(slug, guess)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 2
