"""The decode workers as a reader, to see what it brings to spread one frame over those that are idle."""

from __future__ import annotations

import time
from functools import partial
from statistics import median
from typing import cast

from engine.media.buffers import BufferPool
from engine.media.decode_workers import DecodeWorkers, Outcome, Request
from engine.media.frame_source import open_source
from engine.model.clips import Clip
from engine.model.pictures import Picture
from tools.bench.floors import number_of

_PATIENCE_S = 20.0
_BATCH = 24  # frames


class TogetherReader:
    """One frame at a time from two workers: with `spread` both of them decode it, otherwise one."""

    def __init__(self, clip: Clip, *, spread: bool) -> None:
        self._clip = clip
        self._spread = spread
        self._pool = BufferPool()
        self._workers = DecodeWorkers(partial(open_source, pool=self._pool), 2)

    def read(self, index: int) -> Picture:
        """The frame; its buffer is free again at once, since nobody else asks before it was looked at."""
        self._workers.replace([Request(self._clip, index, 0.0, self._spread)])
        picture = _picture(self._workers.wait(_PATIENCE_S))
        self._pool.give(picture.planes)
        return picture

    def number(self, frame: object) -> int | None:
        return number_of(cast(Picture, frame))

    def close(self) -> None:
        self._workers.close()


def _picture(outcome: Outcome | None) -> Picture:
    if outcome is None:
        raise TimeoutError(f"no frame within {_PATIENCE_S:g} s")
    if outcome.picture is None:
        raise outcome.error or RuntimeError("neither a picture nor an error")
    return outcome.picture


def spread_to_whole_throughput(clip: Clip, count: int, rounds: int) -> float:
    """Frames a second of `count` workers that all have frames to do, to be spread ÷ to be decoded whole.

    Batches of both take turns; what is compared are the medians of `rounds`.
    """
    pool = BufferPool()
    workers = DecodeWorkers(partial(open_source, pool=pool), count)
    took_s: dict[bool, list[float]] = {True: [], False: []}
    try:
        for turn in range(rounds + 1):
            for spread, taken in took_s.items():
                indices = [(turn * _BATCH + place) % clip.frame_count for place in range(_BATCH)]
                requests = [Request(clip, index, 0.0, spread) for index in dict.fromkeys(indices)]
                begun = time.perf_counter()
                workers.replace(requests)
                for _ in requests:
                    pool.give(_picture(workers.wait(_PATIENCE_S)).planes)
                if turn:  # the first batches open the clip
                    taken.append(time.perf_counter() - begun)
    finally:
        workers.close()
    return median(took_s[False]) / median(took_s[True])
