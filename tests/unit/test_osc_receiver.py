"""OSC packets to events: values, stamps from time tags, and what is ignored."""

from __future__ import annotations

import logging
import struct

import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.inputs.osc import OscReceiver
from engine.model.events import Event, EventSource

UNIX_S = 1_700_000_000.0
SHOW_S = 30.0
FOREVER_S = 1e9


class Station:
    """A receiver whose clocks stand still, and what it made of packets."""

    def __init__(self) -> None:
        self.inbox, self.figures, self.monotonic_s = Inbox(), Figures(), 0.0
        self.receiver = OscReceiver(
            self.inbox.put, lambda: SHOW_S, self.figures, unix_s=lambda: UNIX_S, monotonic=lambda: self.monotonic_s
        )

    def hear(self, packet: bytes) -> list[Event]:
        self.receiver.handle(packet)
        return self.inbox.drain(FOREVER_S)

    @property
    def ignored(self) -> int:
        return self.figures.counter("osc_ignored").count


@pytest.fixture
def station() -> Station:
    return Station()


def message(address: str, *arguments: object, tags: str | None = None) -> bytes:
    builder = OscMessageBuilder(address)
    for number, argument in enumerate(arguments):
        builder.add_arg(argument, tags[number] if tags else None)
    return builder.build().dgram


def element(data: bytes) -> bytes:
    return struct.pack(">i", len(data)) + data


def bundle(unix_s: float, *elements: bytes) -> bytes:
    """Written from the specification: a time tag is NTP's, in 2⁻³² s since 1900."""
    tag = round((unix_s + 2_208_988_800) * 2**32)
    return b"#bundle\x00" + struct.pack(">Q", tag) + b"".join(map(element, elements))


@pytest.mark.parametrize(
    ("arguments", "tags", "value"),
    [
        ((), None, 1.0),
        ((0.5,), "f", 0.5),
        ((7,), "i", 7.0),
        ((2**40,), "h", 2.0**40),
        ((0.1,), "d", 0.1),
        ((True,), "T", 1.0),
        ((False,), "F", 0.0),
        (("fire", 0.5), "sf", 0.5),
        ((b"12345", 3), "bi", 3.0),
        ((None, 0.25), "Nf", 0.25),
        (([0.75, 2],), None, 0.75),
        ((0.5, 0.9), "ff", 0.5),
    ],
)
def test_the_first_number_is_the_value(
    station: Station, arguments: tuple[object, ...], tags: str | None, value: float
) -> None:
    (event,) = station.hear(message("/layer/echo/opacity", *arguments, tags=tags))
    assert (event.address, event.value) == ("/layer/echo/opacity", pytest.approx(value, rel=1e-7))
    assert (event.source, event.at_s) == (EventSource.OSC, SHOW_S)
    assert station.ignored == 0


def test_a_message_without_type_tags_has_no_argument(station: Station) -> None:
    assert [event.value for event in station.hear(b"/go\x00")] == [1.0]


@pytest.mark.parametrize(
    ("due_s", "stamp_s"),
    [
        (UNIX_S + 0.25, SHOW_S + 0.25),
        (UNIX_S + 10, SHOW_S + 10),
        (UNIX_S - 5, SHOW_S),
        (UNIX_S + 11, SHOW_S),
        (-2_208_988_800 + 2**-32, SHOW_S),  # the tag 1: at once
        (-2_000_000_000, SHOW_S),  # 1906
        (2_085_000_000, SHOW_S),  # 2036, where NTP's seconds end
    ],
)
def test_a_bundle_is_stamped_with_the_near_instant_at_which_it_is_due(
    station: Station, due_s: float, stamp_s: float
) -> None:
    events = station.hear(bundle(due_s, message("/a", 1.0), message("/b", 2.0)))
    assert [(event.address, event.value) for event in events] == [("/a", 1.0), ("/b", 2.0)]
    assert [event.at_s for event in events] == pytest.approx([stamp_s, stamp_s], abs=1e-6)


def test_the_bundles_of_another_library_are_understood(station: Station) -> None:
    builder = OscBundleBuilder(UNIX_S + 1)
    builder.add_content(OscMessageBuilder("/outer").build())
    inner = OscBundleBuilder(UNIX_S + 2)
    inner.add_content(OscMessageBuilder("/inner").build())
    builder.add_content(inner.build())
    events = station.hear(builder.build().dgram)
    assert [(event.address, event.at_s) for event in events] == [
        ("/outer", pytest.approx(SHOW_S + 1)),
        ("/inner", pytest.approx(SHOW_S + 2)),
    ]


def test_a_broken_element_does_not_take_the_others_with_it(station: Station) -> None:
    events = station.hear(bundle(UNIX_S, message("/a", 1.0), message("/b", "words"), message("/c", 3.0)))
    assert [event.address for event in events] == ["/a", "/c"]
    assert station.ignored == 1


def nested(depth: int) -> bytes:
    packet = message("/deep", 1.0)
    for _ in range(depth):
        packet = bundle(UNIX_S, packet)
    return packet


def test_bundles_may_nest_but_not_without_end(station: Station) -> None:
    assert [event.address for event in station.hear(nested(32))] == ["/deep"]
    assert station.hear(nested(33)) == []
    assert station.hear(nested(3000)) == []
    assert station.ignored == 2


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x00" * 64,
        b"/no-end",
        b"/ab\x00,f\x00\x00\x3f\x00",
        b"/ab\x00f\x00\x00\x00\x3f\x00\x00\x00",
        b"/a b\x00\x00\x00\x00,\x00\x00\x00",
        b"/\xc3\xa9\x00,\x00\x00\x00",
        b"no/slash\x00\x00\x00\x00,\x00\x00\x00",
        b"/ab\x00,x\x00\x00",
        b"/ab\x00,bf\x00\xff\xff\xff\xf0\x3f\x00\x00\x00",
        b"/ab\x00,bf\x00\x7f\xff\xff\xff\x3f\x00\x00\x00",
        b"#bundle\x00",
        b"#bundle\x00" + bytes(8) + struct.pack(">i", -4),
        b"#bundle\x00" + bytes(8) + struct.pack(">i", 0),
        b"#bundle\x00" + bytes(8) + struct.pack(">i", 400) + b"/ab\x00",
        b"#bundle\x00" + bytes(8) + b"\x00\x00",
        message("/ab", "only words"),
        message("/ab", float("nan")),
        message("/ab", float("inf"), tags="d"),
    ],
)
def test_what_says_nothing_usable_is_counted_and_ignored(station: Station, packet: bytes) -> None:
    assert station.hear(packet) == []
    assert station.ignored == 1
    assert station.figures.counter("osc_events").count == 0


def test_a_flood_of_rubbish_is_logged_once_a_second(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for number in range(5000):
            station.monotonic_s = number / 2000
            station.hear(b"rubbish")
    assert len(caplog.records) == 3
    assert "1999 more" in caplog.text
    assert station.ignored == 5000
