"""Whatever bytes come in over the network, the receiver neither raises nor hangs, and accounts for each packet."""

from __future__ import annotations

import math
import struct

import hypothesis.strategies as st
from hypothesis import example, given
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.inputs.osc import OscReceiver
from engine.model.events import Event

FOREVER_S = 1e9

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


def heard(packet: bytes) -> tuple[list[Event], Figures]:
    inbox, figures = Inbox(), Figures()
    OscReceiver(inbox.put, lambda: 5.0, figures, unix_s=lambda: 0.0).handle(packet)
    return inbox.drain(FOREVER_S), figures


@given(any_packet | almost_message | almost_bundle)
@example(b"#bundle\x00" + bytes(8) + struct.pack(">i", -4))
def test_any_bytes_are_counted_and_give_only_finite_events(packet: bytes) -> None:
    events, figures = heard(packet)
    assert len(events) == figures.counter("osc_events").count
    is_empty_bundle = packet.startswith(b"#bundle\x00") and len(packet) == 16
    assert events or is_empty_bundle or figures.counter("osc_ignored").count or b"#bundle" in packet[16:]
    for event in events:
        assert math.isfinite(event.value)
        assert 5.0 <= event.at_s <= 15.0
        assert event.address.startswith("/")
        assert event.address.isascii()
        assert event.address.isprintable()


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
    (event,), _ = heard(builder.build().dgram)
    assert (event.address, event.value) == (address, value)
