"""Pooled buffers: one owner at a time, used again, bounded."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.media.buffers import BufferPool


def test_planes_of_one_picture_lie_in_one_buffer_apart_and_aligned() -> None:
    pool = BufferPool()
    planes = pool.take([(33, 50), (17, 25), (17, 25)])
    assert [plane.shape for plane in planes] == [(33, 50), (17, 25), (17, 25)]
    for number, plane in enumerate(planes):
        plane[...] = number
    assert [int(plane.max()) for plane in planes] == [int(plane.min()) for plane in planes] == [0, 1, 2]
    starts = [plane.ctypes.data - planes[0].ctypes.data for plane in planes]
    assert all(start % 64 == 0 for start in starts)
    assert pool.out_count == 1


def test_a_buffer_given_back_is_the_next_one_taken() -> None:
    pool = BufferPool()
    planes = pool.take([(100, 100), (50, 50)])
    address = planes[0].ctypes.data
    pool.give(planes)
    assert pool.take([(100, 100), (50, 50)])[0].ctypes.data == address
    assert pool.take([(100, 100), (50, 50)])[0].ctypes.data != address


def test_deep_planes_are_sixteen_bits_wide() -> None:
    pool = BufferPool()
    planes = pool.take16([(10, 20), (5, 10)])
    assert [(plane.shape, plane.dtype) for plane in planes] == [((10, 20), np.uint16), ((5, 10), np.uint16)]
    pool.give(planes)
    assert pool.out_count == 0


def test_giving_twice_and_giving_what_was_never_taken_is_caught() -> None:
    pool = BufferPool()
    planes = pool.take([(10, 10)])
    pool.give(planes)
    with pytest.raises(AssertionError):
        pool.give(planes)
    with pytest.raises(AssertionError):
        pool.give((np.zeros(100, np.uint8),))
    with pytest.raises(AssertionError):
        pool.give(BufferPool().take([(10, 10)]))


def test_idle_buffers_are_bounded_and_the_size_unused_longest_goes_first() -> None:
    pool = BufferPool(idle_bytes=40_960)
    old = [pool.take([(8192,)]) for _ in range(4)]
    for planes in old:
        pool.give(planes)
    recent = [pool.take([(12_288,)]) for _ in range(3)]
    for planes in recent:
        pool.give(planes)
    assert pool.idle_bytes <= 40_960
    addresses = {planes[0].ctypes.data for planes in recent}
    assert {pool.take([(12_288,)])[0].ctypes.data for _ in range(3)} == addresses


def test_threads_never_share_a_buffer() -> None:
    pool = BufferPool()
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(300):
            (plane,) = pool.take([(4096,)])
            plane[:] = number
            if not (plane == number).all():
                wrong.append(number)
            pool.give((plane,))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert pool.out_count == 0
