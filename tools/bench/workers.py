"""What it brings to spread one frame over decode workers that are idle, and costs where none is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from statistics import median

from engine.media.buffers import BufferPool
from engine.media.decode_workers import DecodeWorkers, Outcome, Request
from engine.media.frame_source import open_source
from engine.model.clips import Clip
from engine.model.pictures import Picture
from tools.bench.floors import number_of

_PATIENCE_S = 20.0
_BATCH = 24  # frames


def spread_and_whole_ms(clip: Clip, indices: Sequence[int], rest_s: float) -> tuple[list[float], list[float]]:
    """Milliseconds of each of `indices` on two workers that are idle: spread over both, and whole on one, by turns.

    Before each of them all rest for `rest_s`, as between two events or two ticks: a frame that the picture lacks is
    asked of workers that do nothing, and a core that wakes from rest is slower than one that has not slept.
    Raises RuntimeError where a wrong frame comes.
    """
    pool = BufferPool()
    workers = DecodeWorkers(partial(open_source, pool=pool), 2)
    took_ms: dict[bool, list[float]] = {True: [], False: []}
    try:
        for place, index in enumerate((*indices[:2], *indices)):
            for spread, taken in took_ms.items():
                time.sleep(rest_s)
                begun = time.perf_counter()
                workers.replace([Request(clip, index, 0.0, spread)])
                picture = _picture(workers.wait(_PATIENCE_S))
                if place >= 2:  # the first ones open the clip
                    taken.append(1000 * (time.perf_counter() - begun))
                shown = number_of(picture)
                pool.give(picture.planes)
                if shown not in (None, index):
                    raise RuntimeError(f"frame {shown} came for {index}")
    finally:
        workers.close()
    return took_ms[True], took_ms[False]


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
