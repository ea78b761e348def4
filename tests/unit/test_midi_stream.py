"""Bytes cut into MIDI messages. Most drivers deliver whole messages, with their status: what they do not carry (running
status, split messages) is fed here as the MIDI 1.0 Detailed Specification writes it."""

from __future__ import annotations

import pytest

from engine.inputs.midi_stream import MidiStream


def cut(*chunks: bytes) -> tuple[list[bytes], int]:
    """The messages of all chunks, and how many were malformed."""
    stream = MidiStream()
    return [message for chunk in chunks for message in stream.feed(chunk)], stream.malformed


def test_running_status_is_written_out() -> None:
    assert cut(b"\x90\x3c\x40\x3c\x00\x3e\x40\xc0\x01\x02") == (
        [b"\x90\x3c\x40", b"\x90\x3c\x00", b"\x90\x3e\x40", b"\xc0\x01", b"\xc0\x02"],
        0,
    )


def test_a_message_may_come_byte_by_byte_with_running_status_across_the_gaps() -> None:
    assert cut(b"\xe0", b"\x00", b"\x40", b"\x01", b"", b"\x40") == ([b"\xe0\x00\x40", b"\xe0\x01\x40"], 0)


def test_real_time_comes_out_in_the_midst_of_a_message_and_of_a_sysex() -> None:
    assert cut(b"\x90\x3c\xf8\x40\xf0\x01\xfa\x02\xf7") == ([b"\xf8", b"\x90\x3c\x40", b"\xfa", b"\xf0\x01\x02\xf7"], 0)


def test_real_time_leaves_running_status_alone_and_system_common_ends_it() -> None:
    assert cut(b"\x90\x3c\x40\xfe\x3d\x40") == ([b"\x90\x3c\x40", b"\xfe", b"\x90\x3d\x40"], 0)
    assert cut(b"\x90\x3c\x40\xf6\x3d\x40") == ([b"\x90\x3c\x40", b"\xf6"], 1)
    assert cut(b"\xf1\x12\x13") == ([b"\xf1\x12"], 1)
    assert cut(b"\xf0\x01\xf7\x3d\x40") == ([b"\xf0\x01\xf7"], 1)


def test_a_sysex_may_be_split_anywhere_and_be_of_any_length() -> None:
    assert cut(b"\xf0", b"\x7e\x01", b"\x02\xf7") == ([b"\xf0\x7e\x01\x02\xf7"], 0)
    long, malformed = cut(b"\xf0", *[bytes(1000)] * 1000, b"\xf7\x90\x01\x02")
    assert malformed == 0
    assert [len(message) for message in long] == [17, 3]  # its first 16 bytes and its end, and the next message whole


def test_a_sysex_that_a_status_cuts_short_is_thrown_away_and_that_status_counts() -> None:
    assert cut(b"\xf0\x01\x02\x90\x3c\x40") == ([b"\x90\x3c\x40"], 1)
    assert cut(b"\xf0\x01\x02\xf0\x03\xf7") == ([b"\xf0\x03\xf7"], 1)


def test_a_message_that_is_cut_short_is_thrown_away_and_the_next_is_whole() -> None:
    assert cut(b"\x90\x3c\x91\x3d\x40") == ([b"\x91\x3d\x40"], 1)
    assert cut(b"\x90\xb0\x01\x02") == ([b"\xb0\x01\x02"], 1)
    assert cut(b"\x90\x3c\x40\x3d\xb0\x01\x02") == ([b"\x90\x3c\x40", b"\xb0\x01\x02"], 1)


@pytest.mark.parametrize("status", [0xF4, 0xF5])
def test_an_undefined_status_takes_its_data_along(status: int) -> None:
    assert cut(bytes((0x90, 60, 64, status, 1, 2, 3, 0x80, 60, 0))) == ([b"\x90\x3c\x40", b"\x80\x3c\x00"], 1)


@pytest.mark.parametrize("status", [0xF9, 0xFD])
def test_undefined_real_time_is_counted_and_disturbs_nothing(status: int) -> None:
    assert cut(bytes((0x90, 60, status, 64))) == ([b"\x90\x3c\x40"], 1)


def test_data_without_a_status_and_an_end_without_a_sysex_count_once_each() -> None:
    assert cut(b"\x01\x02", b"\x03\x90\x01\x02") == ([b"\x90\x01\x02"], 1)
    assert cut(b"\xf7") == ([], 1)
