"""Real inputs, spoiled: what hypothesis draws for the properties of bad input."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[int]], int]

# Where arithmetic goes wrong: at the ends of 7, 8, 15, 16, 24, 31 and 32 bits.
NUMBERS = sorted({(1 << bits) + by for bits in (0, 7, 8, 15, 16, 24, 31, 32) for by in (-1, 0, 1)} - {2**32, 2**32 + 1})


def _cut_off(draw: Draw, data: bytes, _: bytes) -> bytes:
    return data[: draw(st.integers(0, len(data)))]


def _flip_a_bit(draw: Draw, data: bytes, _: bytes) -> bytes:
    at, bit = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, 7))
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def _put_a_byte(draw: Draw, data: bytes, _: bytes) -> bytes:
    at, byte = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, 255))
    return data[:at] + bytes([byte]) + data[at + 1 :]


def _put_a_number(draw: Draw, data: bytes, _: bytes) -> bytes:
    at, size, little = draw(st.integers(0, len(data) - 1)), draw(st.sampled_from((2, 3, 4))), draw(st.integers(0, 1))
    number = draw(st.sampled_from(NUMBERS)) % (1 << 8 * size)
    return data[:at] + number.to_bytes(size, "little" if little else "big") + data[at + size :]


def _take_out(draw: Draw, data: bytes, _: bytes) -> bytes:
    begin, length = draw(st.integers(0, len(data) - 1)), draw(st.integers(1, 64))
    return data[:begin] + data[begin + length :]


def _put_in(draw: Draw, data: bytes, other: bytes) -> bytes:
    at, begin, length = draw(st.integers(0, len(data))), draw(st.integers(0, len(other) - 1)), draw(st.integers(1, 512))
    return data[:at] + other[begin : begin + length] + data[at:]


def _go_on_as_another(draw: Draw, data: bytes, other: bytes) -> bytes:
    return data[: draw(st.integers(0, len(data)))] + other[draw(st.integers(0, len(other) - 1)) :]


def _repeat(draw: Draw, data: bytes, _: bytes) -> bytes:
    begin, length, times = draw(st.integers(0, len(data) - 1)), draw(st.integers(1, 32)), draw(st.integers(1, 32))
    return data[:begin] + data[begin : begin + length] * times + data[begin:]


_WAYS = (_cut_off, _flip_a_bit, _put_a_byte, _put_a_number, _take_out, _put_in, _go_on_as_another, _repeat)


@st.composite
def spoiled(draw: st.DrawFn, frames: Sequence[bytes]) -> bytes:
    """One of `frames` with up to four things done to it; parts of another may stand in it."""
    data = draw(st.sampled_from(frames))
    for way in draw(st.lists(st.sampled_from(_WAYS), min_size=1, max_size=4)):
        if data:
            data = way(draw, data, draw(st.sampled_from(frames)))
    return data
