"""Part of `bench show.yaml`: how fast a disk gives frames that nobody has read yet.

Files are made cold by POSIX_FADV_DONTNEED; a file system that ignores it is found out by a read that may not wait, and
its speed is then told as what it is.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.model.clips import Clip
from tools.bench.cold import forget, held_in_memory
from tools.bench.measuring import Case
from tools.bench.rows import Row

_SUITE = "show"
_PLACES_A_CLIP = 100
_MOST_BYTES = 256 << 20
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Disk:
    """How fast cold frames come. `is_cold` is False where they came from memory, or nobody knows; `note` says which."""

    mb_a_s: float
    is_cold: bool
    frame_ms: tuple[float, ...] = ()
    note: str = ""


def cold_reads(clips: Sequence[Clip], seconds: float) -> Disk:
    """Positioned reads of random frames of clips that were made cold, for at most about `seconds`.

    Files that decode from key frames are read a megabyte at a time.
    """
    choice = random.Random(1)
    places = [place for clip in clips for place in _places(clip, choice)]
    choice.shuffle(places)
    frame_ms: list[float] = []
    held: set[bool | None] = set()
    buffer = bytearray(max((length for _, _, length in places), default=0))
    done_bytes, until_s = 0, time.perf_counter() + seconds
    for file, offset, length in places:
        if time.perf_counter() > until_s or done_bytes > _MOST_BYTES:
            break
        fd = os.open(file, os.O_RDONLY)
        try:
            held.add(held_in_memory(fd) if forget(fd) else None)
            begun_s = time.perf_counter()
            done_bytes += os.preadv(fd, [memoryview(buffer)[:length]], offset)
            frame_ms.append((time.perf_counter() - begun_s) * 1000)
        finally:
            os.close(fd)
    speed = done_bytes / 1e3 / sum(frame_ms) if frame_ms else 0.0
    return Disk(speed, held == {False}, tuple(frame_ms), _coldness(held))


def _coldness(held: set[bool | None]) -> str:
    if None in held:
        return "this system does not say whether the files were cold"
    if True in held:
        return "the file system kept the files in memory: this is not the disk's speed"
    return "measured cold"


def _places(clip: Clip, choice: random.Random) -> Iterator[tuple[Path, int, int]]:
    """Where frames lie (file, offset, bytes), at random and each once: a place that was read is no longer cold."""
    indexes = choice.sample(range(clip.frame_count), min(_PLACES_A_CLIP, clip.frame_count))
    if clip.table is not None:
        for index in indexes:
            yield clip.file, int(clip.table.offsets[index]), int(clip.table.lengths[index])
    elif clip.images is not None:
        for file in map(clip.images.file, indexes):
            yield file, 0, file.stat().st_size
    else:
        size, pieces = clip.file.stat().st_size, range(1 + clip.file.stat().st_size // _PIECE)
        for piece in choice.sample(pieces, min(_PLACES_A_CLIP, len(pieces))):
            yield clip.file, piece * _PIECE, min(_PIECE, size)


def disk_rows(disk: Disk) -> Iterator[Row]:
    """What the disk gave."""
    case = Case(_SUITE, "disk")
    yield case.row("random frames", disk.mb_a_s if disk.frame_ms else None, "MB/s", note=disk.note)
    yield from case.spread("a frame", disk.frame_ms, "ms")
