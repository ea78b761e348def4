"""OSC packets to events: values, stamps from time tags, and what is ignored."""

from __future__ import annotations

import logging
import struct

import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.model.events import EventSource
from tests.osc_support import NOW_TAG, SHOW_S, UNIX_S, Station, bundle, message, raw, tagged
from tests.world_support import clip, world


@pytest.fixture
def station() -> Station:
    return Station()


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
        (UNIX_S + 59, SHOW_S + 59),
        (UNIX_S - 5, SHOW_S),
        (UNIX_S + 61, SHOW_S),
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
    events = station.hear(bundle(UNIX_S, message("/a", 1.0), message("/b", b"blob"), message("/c", 3.0)))
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
    assert station.understood == 0


def test_a_flood_of_rubbish_is_logged_once_a_second(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for number in range(5000):
            station.monotonic_s = number / 2000
            station.hear(b"rubbish")
    assert len(caplog.records) == 3
    assert "1999 more" in caplog.text
    assert station.ignored == 5000


def test_a_bundle_keeps_one_stamp_though_the_clock_runs_on_while_it_is_read(station: Station) -> None:
    clock = iter(UNIX_S + number / 1000 for number in range(100))
    station.receiver._unix_s = lambda: next(clock)
    events = station.hear(bundle(UNIX_S + 2, *(message("/many", float(number)) for number in range(20))))
    assert len({event.at_s for event in events}) == 1
    assert [event.value for event in events] == list(range(20))


def test_a_bundle_within_another_is_never_done_before_it(station: Station) -> None:
    inner_now, inner_early = tagged(NOW_TAG, message("/now")), bundle(UNIX_S - 3, message("/early"))
    events = station.hear(bundle(UNIX_S + 2, message("/first"), inner_now, inner_early, message("/last")))
    assert [(event.address, event.at_s) for event in events] == [
        (address, pytest.approx(SHOW_S + 2)) for address in ("/first", "/now", "/early", "/last")
    ]


@pytest.mark.parametrize(
    ("seconds_since_1900", "named"),
    [
        (3600.0, "1900-01-01 01:00:00 UTC or 2036-02-07"),
        # 2100-01-01: NTP's 32 bits of seconds have come round once by then.
        ((200 * 365 + 49) * 86_400 - 2**32, "1963-11-25 17:31:44 UTC or 2100-01-01"),
        (2**32 - 1.0, "2036-02-07"),
        (UNIX_S + 2_208_988_800 - 120, "2023-11-14"),
    ],
)
def test_a_time_tag_of_another_time_is_named_counted_and_done_at_once(
    station: Station, caplog: pytest.LogCaptureFixture, seconds_since_1900: float, named: str
) -> None:
    with caplog.at_level(logging.WARNING):
        (event,) = station.hear(bundle(seconds_since_1900 - 2_208_988_800, message("/late", 0.5)))
    assert (event.at_s, event.value) == (SHOW_S, 0.5)
    assert f"/late is due on {named}" in caplog.text
    assert station.figures.counter("osc_untimely").count == 1
    assert station.ignored == 0


def test_a_bundle_that_is_a_little_late_is_done_at_once_without_a_word(station: Station) -> None:
    (event,) = station.hear(bundle(UNIX_S - 0.5, message("/late", 0.5)))
    assert event.at_s == SHOW_S
    assert station.figures.counter("osc_untimely").count == 0


def test_time_tags_still_count_when_ntp_has_come_round() -> None:
    in_2040 = 2_208_988_800.0  # of Unix time
    station = Station(unix_s=in_2040)
    tag = struct.pack(">Q", round((in_2040 + 5 + 2_208_988_800 - 2**32) * 2**32))
    (event,) = station.hear(tagged(tag, message("/soon")))
    assert event.at_s == pytest.approx(SHOW_S + 5)


@pytest.mark.parametrize(
    ("address", "paths"),
    [
        ("/layer/*/opacity", ["/layer/base/opacity", "/layer/echo/opacity"]),
        ("/layer/{echo,base}/speed", ["/layer/base/speed", "/layer/echo/speed"]),
        ("/layer/[a-c]ase/x", ["/layer/base/x"]),
        ("/layer/????/y", ["/layer/base/y", "/layer/echo/y"]),
        ("//opacity", ["/layer/base/opacity", "/layer/echo/opacity"]),
        ("/cue/d*", ["/cue/dawn", "/cue/dusk"]),
    ],
)
def test_a_pattern_plays_every_path_that_it_fits_in_tree_order(
    station: Station, address: str, paths: list[str]
) -> None:
    events = station.hear(raw(address, "f", struct.pack(">f", 0.25)))
    assert [(event.address, event.value, event.at_s) for event in events] == [(path, 0.25, SHOW_S) for path in paths]
    assert (station.understood, station.ignored) == (1, 0)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("/layers/*/opacity", "/layers/*/opacity: a pattern that fits nothing"),
        ("/layer/[abc/opacity", "a [ without its end"),
        ("/layer/{abc/opacity", "a { without its end"),
        ("/layer/abc]/opacity", "a ] without its beginning"),
        ("/layer/*/", "a pattern that ends in /"),
        ("/" + "*a" * 200, "a pattern of 401 characters"),
        ("/*" * 20, "more than 16 parts"),
    ],
)
def test_a_pattern_that_fits_nothing_is_named_and_counted(
    station: Station, caplog: pytest.LogCaptureFixture, address: str, reason: str
) -> None:
    with caplog.at_level(logging.WARNING):
        assert station.hear(raw(address, "f", struct.pack(">f", 0.25))) == []
    assert reason in caplog.text
    assert station.ignored == 1


@pytest.mark.parametrize(
    ("address", "text", "paths"),
    [
        ("/layer/echo/clip", "fire", ["/layer/echo/clip/fire"]),
        ("/layer/*/clip", "water", ["/layer/base/clip/water", "/layer/echo/clip/water"]),
        ("/cue", "dusk", ["/cue/dusk"]),
        ("/onset", "kick", ["/onset/kick"]),
    ],
)
def test_a_text_names_what_lies_below_its_address(station: Station, address: str, text: str, paths: list[str]) -> None:
    events = station.hear(message(address, text))
    assert [(event.address, event.value) for event in events] == [(path, 1.0) for path in paths]


def test_a_text_that_names_nothing_is_named_and_counted(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert station.hear(message("/layer/echo/clip", "earth")) == []
    assert "/layer/echo/clip: no number, and nothing there is called 'earth'" in caplog.text
    assert station.ignored == 1


def test_the_quick_way_and_the_long_way_come_to_the_same(station: Station) -> None:
    for value in (0.0, 0.5, -1.25):
        for _ in range(2):  # the second time by the quick way
            (event,) = station.hear(raw("/layer/echo/x", "f", struct.pack(">f", value)))
            assert (event.address, event.value, event.source) == ("/layer/echo/x", value, EventSource.OSC)
    (event,) = station.hear(raw("/layer/echo/x", "i", struct.pack(">i", -7)))
    assert event.value == -7
    assert (station.understood, station.ignored) == (7, 0)


def test_the_quick_way_is_not_taken_by_what_only_looks_like_it(station: Station) -> None:
    looks = b",f\x00\x00\x3f\x00\x00\x00"  # of a double
    for _ in range(2):
        (event,) = station.hear(raw("/layer/echo/x", "d", looks))
        assert event.value == struct.unpack(">d", looks)[0]
    (event,) = station.hear(raw("/layer/echo/x", "d", b",f\x00\x00" + struct.pack(">f", 2.0)))
    assert event.value != 2.0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused_by_the_quick_way_too(station: Station, value: float) -> None:
    station.hear(raw("/go", "f", struct.pack(">f", 1.0)))
    assert station.hear(raw("/go", "f", struct.pack(">f", value))) == []
    assert station.ignored == 1


def test_questions_are_no_events_and_senders_are_told_apart(station: Station) -> None:
    assert station.hear(message("/runtime/get", "/go"), "one") == []
    assert station.hear(message("/figures", 1.0), "one") == []
    assert [asked.address for asked in station.asked] == ["/runtime/get", "/figures"]
    assert station.asked[0].arguments == ("/go",)
    for _ in range(2):
        station.hear(message("/layer/echo/x", 0.5), "one")
    station.hear(message("/layer/*/x", 0.5), "other")
    assert station.touched == [
        ("one", "/layer/echo/x", 0.5),
        ("one", "/layer/echo/x", 0.5),
        ("other", "/layer/base/x", 0.5),
        ("other", "/layer/echo/x", 0.5),
    ]


def test_patterns_are_put_for_the_paths_of_another_version() -> None:
    station = Station()
    assert len(station.hear(message("/layer/*/opacity", 0.5))) == 2
    station.receiver.adopt(world(clips=[clip("a")], layers=({"name": "new"},)).tree)
    assert [one.address for one in station.hear(message("/layer/*/opacity", 0.5))] == ["/layer/new/opacity"]
