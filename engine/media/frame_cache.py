"""Decoded frames in memory, bounded in bytes: finding the nearest one, and letting go of the furthest."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from engine.media.buffers import BufferPool
from engine.model.pictures import FrameRef, Picture


@dataclass(slots=True)
class _HeldClip:
    """The held frames of one clip. `seen` is when a frame of it was last awaited, in calls of `set_awaited`."""

    pictures: dict[int, Picture] = field(default_factory=dict)
    indexes: list[int] = field(default_factory=list)  # the keys of `pictures`, ascending
    seen: int = 0


class FrameCache:
    """The pictures held, by frame. Main thread only.

    Beyond `limit_bytes` a picture goes back to the pool: of a clip of which nothing is awaited first, the one left
    longest ago first; else the picture furthest, in frames, from any that is awaited: playheads, loop points and the
    targets of jumps alike. Veejay's rule: under a scrubbing hand the oldest frame is as likely to come back as any,
    the far one is not. A picture in use never goes, though the bound be passed.
    """

    def __init__(self, pool: BufferPool, limit_bytes: int) -> None:
        self._pool = pool
        self._limit = limit_bytes
        self._clips: dict[str, _HeldClip] = {}
        self._awaited: Collection[FrameRef] = ()
        self._heads: dict[str, list[int]] | None = None  # `_awaited` by clip, ascending; None until somebody asks
        self._in_use: Collection[FrameRef] = ()
        self._calls = 0
        self.nbytes = 0  # of all pictures held

    def __contains__(self, ref: FrameRef) -> bool:
        held = self._clips.get(ref.clip)
        return held is not None and ref.index in held.pictures

    def __len__(self) -> int:
        return sum(len(held.indexes) for held in self._clips.values())

    def get(self, ref: FrameRef) -> Picture | None:
        """The picture of `ref`, if it is held."""
        held = self._clips.get(ref.clip)
        return None if held is None else held.pictures.get(ref.index)

    def nearest(self, ref: FrameRef) -> Picture | None:
        """The held picture of the same clip that is the fewest frames away, the earlier of two; None without any."""
        held = self._clips.get(ref.clip)
        if held is None:
            return None
        return held.pictures[_closest(held.indexes, ref.index)]

    def set_awaited(self, refs: Collection[FrameRef]) -> None:
        """The frames that are shown or will be, instead of all before. `refs` is not copied: leave it as it is."""
        self._calls += 1
        self._awaited = refs
        self._heads = None
        for ref in refs:
            held = self._clips.get(ref.clip)
            if held is not None:
                held.seen = self._calls

    def set_in_use(self, refs: Collection[FrameRef]) -> None:
        """The frames whose pictures must stay until the next call."""
        self._in_use = refs

    def add(self, picture: Picture) -> None:
        """Take `picture` over. One that is held already, or the furthest beyond the bound, goes back to the pool."""
        ref = picture.ref
        held = self._clips.setdefault(ref.clip, _HeldClip(seen=self._calls))
        if ref.index in held.pictures:
            self._pool.give(picture.planes)
            return
        held.pictures[ref.index] = picture
        insort(held.indexes, ref.index)
        self.nbytes += picture.nbytes
        while self.nbytes > self._limit and (victim := self._victim()) is not None:
            self._drop(victim)

    def clear(self) -> None:
        """Give every picture back to the pool."""
        for slug, held in list(self._clips.items()):
            for index in list(held.indexes):
                self._drop(FrameRef(slug, index))

    def _drop(self, ref: FrameRef) -> None:
        held = self._clips[ref.clip]
        picture = held.pictures.pop(ref.index)
        del held.indexes[bisect_left(held.indexes, ref.index)]
        if not held.indexes:
            del self._clips[ref.clip]
        self.nbytes -= picture.nbytes
        self._pool.give(picture.planes)

    def _victim(self) -> FrameRef | None:
        heads = self._heads_by_clip()
        left = [(held.seen, slug) for slug, held in self._clips.items() if slug not in heads]
        for _, slug in sorted(left):
            for index in self._clips[slug].indexes:
                ref = FrameRef(slug, index)
                if ref not in self._in_use:
                    return ref
        furthest = max(self._furthest(heads), default=None)
        return None if furthest is None else FrameRef(furthest[1], furthest[2])

    def _heads_by_clip(self) -> dict[str, list[int]]:
        if self._heads is None:
            self._heads = {}
            for ref in self._awaited:
                self._heads.setdefault(ref.clip, []).append(ref.index)
            for indexes in self._heads.values():
                indexes.sort()
        return self._heads

    def _furthest(self, heads_by_clip: dict[str, list[int]]) -> Iterator[tuple[int, str, int]]:
        """Of each clip with awaited frames, the picture not in use furthest from them all: (distance, slug, index)."""
        for slug, heads in heads_by_clip.items():
            if slug not in self._clips:
                continue
            indexes = self._clips[slug].indexes
            free = [index for index in _far_candidates(indexes, heads) if FrameRef(slug, index) not in self._in_use]
            if not free:  # the far ones are all in use: look at every one
                free = [index for index in indexes if FrameRef(slug, index) not in self._in_use]
            if free:
                yield max((abs(_closest(heads, index) - index), slug, index) for index in free)


def _closest(ascending: Sequence[int], index: int) -> int:
    """The member of `ascending` (not empty) nearest to `index`, the earlier of two."""
    place = bisect_left(ascending, index)
    around = ascending[max(0, place - 1) : place + 1]
    return min(around, key=lambda found: (abs(found - index), found))


def _far_candidates(indexes: Sequence[int], heads: Sequence[int]) -> set[int]:
    """Members of `indexes` among which the one furthest from all `heads` is: the ends, and the middles of gaps."""
    found = {indexes[0], indexes[-1]}
    for low, high in pairwise(heads):
        if high - low > 1:
            place = bisect_left(indexes, (low + high) // 2)
            found.update(indexes[max(0, place - 1) : place + 2])
    return found
