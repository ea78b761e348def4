"""What a seek in a clip costs on this machine: some random frames read, and the one furthest from its key frame."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from statistics import median

from engine.errors import FrameError
from engine.formats.frame_times import frame_times
from engine.formats.seek_cost import SeekCost, SeekTrial
from engine.media.buffers import BufferPool
from engine.media.frame_source import FrameSource, open_source
from engine.media.frame_window import FrameWindow
from engine.model.clips import Clip

_SEEKS = 11
_FEWEST_SEEKS = 3
_SEED = 1
_ENOUGH_S = 3.0

_ALONE = SeekCost(1.0, 1, 0)


def seek_cost(clip: Clip) -> SeekCost:
    """How many frames a seek in `clip` decodes. Raises SourceError where its file cannot be read. Any thread."""
    if clip.frames_stand_alone:
        return _ALONE
    times = frame_times(clip.file)
    return SeekCost.of(len(times), times.keys)


def try_seeks(clip: Clip, cost: SeekCost, now_s: Callable[[], float] = time.perf_counter) -> SeekTrial:
    """Read random frames of `clip`, with nothing kept in between, and the dearest one. Any thread.

    At most 12 seeks, the random ones for about 3 s. The file lies in the page cache afterwards, and mostly before: a
    disk's own slowness is not in these figures. Raises SourceError where the file cannot be used, or no frame that
    was tried can be had.
    """
    pool = BufferPool()
    with closing(open_source(clip, pool, FrameWindow(0))) as source:
        took_ms = list(_random_reads(source, pool, now_s))
        dearest_ms = _read_ms(source, pool, cost.worst_index, now_s)
    tried = [ms for ms in (*took_ms, dearest_ms) if ms is not None]
    if not tried:
        raise FrameError("none of the frames tried can be had", subject=clip.file, mend="look at it in a player")
    return SeekTrial(median([ms for ms in took_ms if ms is not None] or tried), max(tried))


def _random_reads(source: FrameSource, pool: BufferPool, now_s: Callable[[], float]) -> Iterator[float | None]:
    count = source.clip.frame_count
    _read_ms(source, pool, 0, now_s)  # the decoder's own beginning is no seek
    began_s = now_s()
    for tried, index in enumerate(random.Random(_SEED).choices(range(count), k=_SEEKS)):
        if tried >= _FEWEST_SEEKS and now_s() - began_s > _ENOUGH_S:
            return
        yield _read_ms(source, pool, index, now_s)


def _read_ms(source: FrameSource, pool: BufferPool, index: int, now_s: Callable[[], float]) -> float | None:
    """What reading a frame takes; None for one that cannot be had."""
    began_s = now_s()
    try:
        picture = source.read(index)
    except FrameError:
        return None
    took_s = now_s() - began_s
    pool.give(picture.planes)
    return 1000 * took_s
