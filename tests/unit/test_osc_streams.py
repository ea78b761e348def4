"""Packets in a stream: bytes from RFC 1055 and OSC 1.0 / 1.1, in pieces of any size, whole, damaged and endless."""

from __future__ import annotations

import contextlib

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from engine.inputs.osc_stream import Decoder, Framing, LengthDecoder, SlipDecoder, StreamError, decoder_of, framed

framings = st.sampled_from(["slip", "length"])


def fed(decoder: Decoder, *pieces: bytes) -> list[bytes]:
    return [packet for piece in pieces for packet in decoder.feed(piece)]


def test_slip_as_rfc_1055_writes_it() -> None:
    # END is 192, ESC 219; END within a packet is ESC 220, and ESC is ESC 221.
    assert framed(bytes([1, 192, 2, 219, 3]), "slip") == bytes([192, 1, 219, 220, 2, 219, 221, 3, 192])
    assert fed(SlipDecoder(), bytes([192, 1, 219, 220, 2, 219, 221, 3, 192])) == [bytes([1, 192, 2, 219, 3])]


def test_slip_with_one_end_only_and_with_many() -> None:
    assert fed(SlipDecoder(), b"one\xc0two\xc0\xc0\xc0\xc0three\xc0fo") == [b"one", b"two", b"three"]


def test_an_escape_that_escapes_nothing_leaves_the_byte_as_it_is() -> None:
    assert fed(SlipDecoder(), b"\xc0a\xdbb\xdb\xc0next\xc0") == [b"ab", b"next"]


def test_lengths_as_osc_1_0_writes_them() -> None:
    assert framed(b"abcd", "length") == b"\x00\x00\x00\x04abcd"
    assert fed(LengthDecoder(), b"\x00\x00\x00\x04abcd\x00\x00\x00\x00\x00\x00\x00\x04ef") == [b"abcd"]


@pytest.mark.parametrize("size", [-1, 65_537, 2**31 - 1])
def test_a_length_that_cannot_be_ends_the_stream_after_what_was_whole(size: int) -> None:
    packets = LengthDecoder().feed(framed(b"abcd", "length") + size.to_bytes(4, "big", signed=True))
    assert next(packets) == b"abcd"
    with pytest.raises(StreamError, match=str(size)):
        next(packets)


def test_a_slip_frame_without_end_ends_the_stream() -> None:
    with pytest.raises(StreamError, match="65536"):
        fed(SlipDecoder(), *[bytes(1000)] * 1000)


@pytest.mark.parametrize("framing", ["slip", "length"])
def test_the_largest_packet_goes_through_and_the_next_byte_is_too_much(framing: Framing) -> None:
    largest = b"\xc0" * 65_536
    assert fed(decoder_of(framing), framed(largest, framing)) == [largest]
    with pytest.raises(StreamError, match=r"6553[67]"):
        fed(decoder_of(framing), framed(largest + b"\xc0", framing))


@settings(deadline=None)
@given(framings, st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.lists(st.integers(1, 12), max_size=60))
def test_packets_come_out_as_they_went_in_however_the_stream_is_cut(
    framing: Framing, packets: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(framed(packet, framing) for packet in packets)
    pieces = []
    for cut in cuts:
        pieces.append(stream[:cut])
        stream = stream[cut:]
    assert fed(decoder_of(framing), *pieces, stream) == packets


@settings(deadline=None)
@given(framings, st.lists(st.binary(max_size=50), max_size=10))
def test_any_bytes_are_followed_or_refused(framing: Framing, pieces: list[bytes]) -> None:
    with contextlib.suppress(StreamError):
        assert all(fed(decoder_of(framing), *pieces))
