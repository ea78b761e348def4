"""Whatever bytes come in over the network, the receiver neither raises nor hangs, and accounts for each packet."""

from __future__ import annotations

import math
import struct

import hypothesis.strategies as st
from hypothesis import example, given, settings
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.inputs.osc_packet import OscMessage, PacketError, parse_packet
from engine.model.events import Event
from tests.osc_support import SHOW_S, Station, raw, tagged

any_packet = st.binary(max_size=300)
almost_message = st.builds(
    lambda tags, rest: b"/a\x00\x00," + tags + rest, st.binary(max_size=6), st.binary(max_size=40)
)
sized = st.builds(lambda size, data: struct.pack(">i", size) + data, st.integers(-16, 64), st.binary(max_size=48))
almost_bundle = st.builds(
    lambda tag, parts: b"#bundle\x00" + tag + b"".join(parts),
    st.binary(min_size=8, max_size=8),
    st.lists(sized, max_size=4),
)
addresses = st.text("abcz09_-/", min_size=1, max_size=30).map(lambda text: "/" + text)


def heard(packet: bytes) -> tuple[list[Event], Station]:
    station = Station(unix_s=0.0)
    return station.hear(packet), station


@settings(deadline=None)
@given(any_packet | almost_message | almost_bundle)
@example(b"#bundle\x00" + bytes(8) + struct.pack(">i", -4))
def test_any_bytes_are_counted_and_give_only_finite_events(packet: bytes) -> None:
    events, station = heard(packet)
    assert len(events) + len(station.asked) >= station.understood
    is_empty_bundle = packet.startswith(b"#bundle\x00") and len(packet) == 16
    assert station.understood or is_empty_bundle or station.ignored or b"#bundle" in packet[16:]
    for event in events:
        assert math.isfinite(event.value)
        assert SHOW_S <= event.at_s <= SHOW_S + 60
        assert event.address.startswith("/")
        assert event.address.isascii()
        assert event.address.isprintable()


@settings(deadline=None)
@given(
    addresses,
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.lists(st.text(max_size=9) | st.binary(min_size=1, max_size=9), max_size=3),
)
def test_a_number_is_found_behind_any_words(address: str, value: float, words: list[str | bytes]) -> None:
    """Built by python-osc, which is not ours."""
    builder = OscMessageBuilder(address)
    for word in words:
        builder.add_arg(word.replace("\x00", "") if isinstance(word, str) else word)
    builder.add_arg(value, "f")
    packet = builder.build().dgram
    (found,) = parse_packet(packet)
    assert isinstance(found, OscMessage)
    assert (found.address, found.value) == (address, value)
    assert found.arguments == (*(word.replace("\x00", "") if isinstance(word, str) else word for word in words), value)


numbers = {"i": (">i", st.integers(-(2**31), 2**31 - 1)), "h": (">q", st.integers(-(2**63), 2**63 - 1))}
any_argument = st.one_of(
    *(
        st.tuples(st.just(tag), drawn.map(lambda n, f=form: struct.pack(f, n)))
        for tag, (form, drawn) in numbers.items()
    ),
    st.tuples(st.just("d"), st.floats(allow_nan=False, allow_infinity=False).map(lambda n: struct.pack(">d", n))),
    st.tuples(st.sampled_from("TFNI"), st.just(b"")),
    st.tuples(st.sampled_from("crm"), st.binary(min_size=4, max_size=4)),
    st.tuples(st.just("t"), st.binary(min_size=8, max_size=8)),
    st.tuples(st.sampled_from("sS"), st.text("ab,/", max_size=9).map(lambda text: padded_text(text.encode()))),
    st.tuples(st.just("b"), st.binary(max_size=9).map(lambda b: struct.pack(">i", len(b)) + b + bytes(-len(b) % 4))),
)


def padded_text(text: bytes) -> bytes:
    return text + bytes(4 - len(text) % 4)


@settings(deadline=None)
@given(st.lists(any_argument, max_size=12), st.integers(1, 40))
def test_every_type_is_read_and_whatever_is_cut_off_or_added_is_refused(
    arguments: list[tuple[str, bytes]], cut: int
) -> None:
    """Bytes written from the specification's table of types."""
    tags, data = "".join(tag for tag, _ in arguments), b"".join(part for _, part in arguments)
    packet = raw("/all", tags, data)
    (found,) = parse_packet(packet)
    assert isinstance(found, OscMessage)
    assert len(found.arguments) == len(arguments)
    (longer,) = parse_packet(packet + bytes(4))
    assert isinstance(longer, PacketError)
    if data:
        (shorter,) = parse_packet(packet[: -min(cut, len(data))])
        assert isinstance(shorter, PacketError)


whole_packets = st.recursive(
    st.tuples(addresses, st.lists(any_argument, max_size=3)).map(
        lambda drawn: raw(drawn[0], "".join(tag for tag, _ in drawn[1]), b"".join(part for _, part in drawn[1]))
    ),
    lambda inner: st.tuples(st.binary(min_size=8, max_size=8), st.lists(inner, max_size=3)).map(
        lambda drawn: tagged(drawn[0], *drawn[1])
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(whole_packets, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=3))
def test_a_packet_with_a_few_wrong_bytes_never_stops_the_receiver(packet: bytes, wrong: list[tuple[int, int]]) -> None:
    damaged = bytearray(packet)
    for place, byte in wrong:
        damaged[place % len(damaged)] = byte
    events, station = heard(bytes(damaged))
    assert all(math.isfinite(event.value) and event.at_s >= SHOW_S for event in events)
    (next_event,) = station.hear(raw("/go", "f", struct.pack(">f", 1.0)))
    assert next_event.address == "/go"
