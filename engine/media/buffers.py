"""Buffers that are used again: a fresh one costs page faults (1 to 3 ms for a 1080p picture), a pooled one nothing."""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Sequence
from itertools import count
from math import prod
from typing import cast

import numpy as np
import numpy.typing as npt

Planes = tuple[npt.NDArray[np.uint8] | npt.NDArray[np.uint16], ...]
Bytes = npt.NDArray[np.uint8]

_PAGE = 4096  # sizes are rounded up to it, so that pictures of nearly one size share buffers
_MAPPED_FROM = 128 << 10  # smaller ones are left to malloc
_ALIGNMENT = 64  # of each plane within its buffer: a cache line, and more than any SIMD copy asks


def _round_up(number: int, step: int) -> int:
    return -(-number // step) * step


def _fresh(size: int) -> Bytes:
    """A new buffer of `size` bytes; a large one is given back to the system whole when it is let go.

    From malloc, buffers of many sizes leave holes that none of another size fits into: resident memory crept from
    315 to 400 MB in 90 s of scrubbing through 50 clips, and stayed at 315 with maps.
    """
    if size < _MAPPED_FROM:
        return np.empty(size, np.uint8)
    return np.frombuffer(mmap.mmap(-1, size), np.uint8)


class BufferPool:
    """Buffers by size; a picture's planes lie in one buffer. Any thread may take and give; nobody waits.

    `deque.append` and `pop` are atomic in CPython, so a buffer has one owner at a time without a lock. That a
    buffer is given back once, and only by its pool's own taker, is asserted. Idle buffers are bounded by
    `idle_bytes`: beyond it those of the size that was asked for longest ago are let go.
    """

    def __init__(self, *, idle_bytes: int = 128 << 20) -> None:
        self._limit = idle_bytes
        self._idle: dict[int, deque[Bytes]] = {}
        self._asked: dict[int, int] = {}  # size → when it was last asked for, in takes
        self._takes = count()
        self._out: set[int] = set()  # id of each buffer that somebody owns

    @property
    def out_count(self) -> int:
        """How many buffers are taken and not given back. Any thread."""
        return len(self._out)

    @property
    def idle_bytes(self) -> int:
        """Bytes that wait to be taken. Any thread; a number that other threads change meanwhile."""
        return sum(size * len(buffers) for size, buffers in list(self._idle.items()))

    def take_bytes(self, size: int) -> Bytes:
        """One flat uint8 array of at least `size` bytes, its content undefined."""
        size = _round_up(max(size, 1), _PAGE)
        self._asked[size] = next(self._takes)
        try:
            buffer = self._idle.setdefault(size, deque()).pop()
        except IndexError:
            buffer = _fresh(size)
        self._out.add(id(buffer))
        return buffer

    def take(self, shapes: Sequence[tuple[int, ...]]) -> tuple[Bytes, ...]:
        """One uint8 plane for each shape, C-contiguous, all in one buffer; their content is undefined."""
        starts, end = [], 0
        for shape in shapes:
            starts.append(end)
            end += _round_up(prod(shape), _ALIGNMENT)
        buffer = self.take_bytes(end)
        return tuple(
            buffer[start : start + prod(shape)].reshape(shape) for start, shape in zip(starts, shapes, strict=True)
        )

    def take16(self, shapes: Sequence[tuple[int, int]]) -> tuple[npt.NDArray[np.uint16], ...]:
        """The same with uint16 planes of shape (rows, columns)."""
        return tuple(plane.view(np.uint16) for plane in self.take([(rows, columns * 2) for rows, columns in shapes]))

    def give(self, planes: Planes) -> None:
        """Give back what `take`, `take16` or `take_bytes` gave; the caller must not touch it afterwards."""
        owner = planes[0].base
        buffer = cast(Bytes, owner if isinstance(owner, np.ndarray) else planes[0])
        assert id(buffer) in self._out, "a buffer was given back twice, or by somebody who never took it"
        self._out.remove(id(buffer))
        self._idle.setdefault(buffer.nbytes, deque()).append(buffer)
        self._trim()

    def _trim(self) -> None:
        while self.idle_bytes > self._limit:
            sizes = [size for size, buffers in list(self._idle.items()) if buffers]
            if not sizes:
                return
            try:
                self._idle[min(sizes, key=lambda size: self._asked.get(size, -1))].pop()
            except IndexError:  # another thread took it: that is as good
                continue
