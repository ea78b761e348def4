"""runtime-tools monitor: how events read, which are wanted, floods summed up, and what the player's messages mean."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.formats.osc_write import osc_message
from engine.inputs.osc_packet import OscMessage, parse_packet
from engine.model import events as addresses
from engine.model.clock import ClockStatus
from engine.model.control_address import midi_address
from engine.model.controls import MidiControl
from engine.model.cueing import Quantise
from engine.model.events import Event, EventSource, Handled
from engine.model.meters import Meter, Meters
from engine.outputs.osc_monitor import event_messages
from engine.outputs.osc_pulse import clock_message, meter_messages
from tools.cli import main
from tools.monitor_desk import FLOOD_S, Desk, Log, Rates
from tools.monitor_player import told_by
from tools.monitor_told import (
    Bus,
    Clock,
    Filter,
    Hit,
    Music,
    Note,
    Row,
    Skipped,
    Told,
    Value,
    as_bound,
    as_json,
    control_text,
    line,
    outcome_text,
    rows,
    value_text,
)

ECHO = "/layer/echo/opacity"
FADER = Row(83.4125, "midi", "midi/cc/1/21", 64 / 127, "played", ECHO, 0.5, "nanoKONTROL2")


def told(packet: bytes) -> Told | None:
    (heard,) = parse_packet(packet)
    assert isinstance(heard, OscMessage)
    return told_by(heard)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (addresses.midi_cc(1, 21), "midi: {cc: 21, channel: 1}"),
        (addresses.midi_cc14(16, 7), "midi: {cc: 7, bits: 14, channel: 16}"),
        (addresses.midi_note(10, 36), "midi: {note: 36, channel: 10}"),
        (addresses.midi_nrpn(2, 300), "midi: {nrpn: 300, channel: 2}"),
        (addresses.midi_program(1, 5), "midi: {program: 5, channel: 1}"),
        (addresses.midi_aftertouch(1, 60), "midi: {aftertouch: 60, channel: 1}"),
        (addresses.midi_pressure(3), "midi: {pressure: true, channel: 3}"),
        (addresses.midi_pitch(4), "midi: {pitch: true, channel: 4}"),
    ],
)
def test_a_midi_control_is_named_as_a_binding_names_it(address: str, text: str) -> None:
    row = replace(FADER, address=address)
    assert control_text(row) == text
    assert midi_address(MidiControl(**as_bound(row)["midi"])) == address


def test_other_controls_are_named_as_bindings_name_them_or_by_their_source() -> None:
    assert control_text(Row(0, "key", "key/space", 1, "played")) == "key: space"
    assert control_text(Row(0, "osc", "/fader/3", 1, "played")) == "osc: /fader/3"
    onset = Row(0, "onset", "/onset/kick", 1, "played")
    assert (control_text(onset), as_bound(onset)) == ("onset: /onset/kick", {})


@pytest.mark.parametrize(
    ("address", "value", "text"),
    [
        ("midi/cc/1/21", 64 / 127, "64"),
        ("midi/note/10/36", 1.0, "127"),
        ("midi/cc14/1/1", 8000 / 16_383, "8000"),
        ("midi/pitch/1", 0.5, "0.5"),
        ("midi/program/1/3", 1.0, ""),
    ],
)
def test_values_of_midi_read_as_the_device_sends_them(address: str, value: float, text: str) -> None:
    assert value_text(replace(FADER, address=address, value=value)) == text


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (FADER, ("played", f"{ECHO} 0.5")),
        (replace(FADER, path="/go", played=1.0, wait="movement_end"), ("waits", "/go for movement end")),
        (replace(FADER, outcome="held", path=""), ("held", "until it is picked up")),
        (replace(FADER, outcome="unbound", path=""), ("unbound", "bound to nothing")),
        (replace(FADER, outcome="ignored", path=""), ("ignored", "")),
        (Row(0, "osc", ECHO, 1.5, "clamped", ECHO, 1.0), ("clamped", "to 1")),
        (Row(0, "osc", ECHO, 0.5, "played", ECHO, 0.5), ("played", "")),
        (Row(0, "osc", "/fader", 0.5, ""), ("", "")),
    ],
)
def test_what_became_of_an_event_in_words(row: Row, words: tuple[str, str]) -> None:
    assert outcome_text(row) == words


def test_an_event_is_one_line_and_one_object() -> None:
    words = " ".join(line(FADER).split())
    assert words == "83.412 midi: {cc: 21, channel: 1} 64 played /layer/echo/opacity 0.5 [nanoKONTROL2]"
    found = json.loads(json.dumps(as_json(FADER)))
    assert found["binding"] == {"midi": {"cc": 21, "channel": 1}}
    assert (found["at_s"], found["outcome"], found["path"], found["port"]) == (83.4125, "played", ECHO, "nanoKONTROL2")


def handled() -> Handled:
    event = Event(2.0, EventSource.MIDI, 0, "midi/note/1/36", 0.5, port="pads")
    go = Event(2.0, EventSource.MIDI, 0, "/go", 1.0, event, "pads", Quantise(to="bar"))
    return Handled(event, "played", (go, Event(2.0, EventSource.MIDI, 0, ECHO, 0.5, event, "pads")))


def test_what_the_player_tells_over_osc_is_what_the_bindings_say() -> None:
    for one in (handled(), Handled(Event(1.0, EventSource.KEY, 0, "key/x", 1.0), "unbound")):
        assert [told(message) for message in event_messages(one)] == list(rows(one))
    first, second = rows(handled())
    assert (first.path, first.wait, first.port) == ("/go", "bar", "pads")
    assert (second.path, second.wait) == (ECHO, "")


def test_how_the_show_stands_comes_back_as_it_was_told() -> None:
    status = ClockStatus("midi", running=("midi", "tap"), missing=("ltc",), beats="tap", bpm=125.0, error_ms=0.5)
    assert told(clock_message(status)) == Clock("midi", ("midi", "tap"), ("ltc",), "tap", 125.0, 0.5)
    meters = Meters(master=Meter((-6.0, -5.0), (-12.0, -13.0)))
    assert next(told(one) for one in meter_messages(meters)) == Bus("master", -5.0, (-12.0, -13.0))
    status_message = osc_message("/runtime/status", "fsifsfs", 4.0, "two", 1, 0.5, "dawn", 120.0, "track")
    assert told(status_message) == Music(4.0, "two", 1, 0.5, "dawn")
    assert told(osc_message("/runtime/onset", "dsf", 1.0, "kick", 0.5)) == Hit("kick", 0.5)
    assert told(osc_message("/runtime/event/skipped", "i", 312)) == Skipped(312)
    assert told(osc_message("/level/loud", "f", 0.5)) == Value("/level/loud", 0.5)
    assert told(osc_message("/runtime/error", "ss", "no", "Yes.")) == Note("The player says: no. Yes.")


@pytest.mark.parametrize(
    "packet",
    [
        osc_message("/runtime/event", "dssfssf", 1.0, "osc", "/x", 0.5, "played", "/x", 0.5),  # of an older player
        osc_message("/runtime/clock", "s", "track"),
        osc_message("/runtime/meter", "sfff", "master", 0.0, 0.0, 0.0),
        osc_message("/runtime/status", "ssisffs", "no number", "two", 1, "half", 0.0, 120.0, "track"),
        osc_message("/runtime/event/skipped"),
        osc_message("/runtime/subscribed", "f", 60.0),
        osc_message("/level/loud", "s", "much"),
    ],
)
def test_what_has_other_arguments_than_it_should_is_passed_over(packet: bytes) -> None:
    assert told(packet) is None


def test_what_would_move_the_terminals_cursor_does_not_reach_it() -> None:
    packet = osc_message(
        "/runtime/event", "dssfssfss", 1.0, "midi", "midi/cc/x/y", 0.5, "unbound", "", 0.0, "\x1b[2J", ""
    )
    row = told(packet)
    assert isinstance(row, Row)
    assert row.port == "�[2J"
    assert control_text(row) == "midi: midi/cc/x/y"


def test_filters_go_by_source_and_by_branch() -> None:
    assert Filter().wants(FADER)
    assert Filter(("midi",)).wants(FADER)
    assert not Filter(("osc", "key")).wants(FADER)
    assert Filter(paths=("/layer/echo",)).wants(FADER)
    assert Filter(paths=("/layer/echo/",)).wants(FADER)
    assert Filter(paths=(ECHO,)).wants(FADER)
    assert not Filter(paths=("/layer/ech",)).wants(FADER)
    assert Filter(paths=("/nothing",)).wants(Row(0, "osc", "/nothing/there", 1, "unbound"))
    assert not Filter(("osc",), ("/layer/echo",)).wants(FADER)


def test_a_flood_is_one_entry_with_its_newest_value() -> None:
    log = Log()
    for number in range(313):
        log.add(replace(FADER, value=number / 313), number * 0.01)
        if number % 100 == 0:
            log.add(Row(0, "key", "key/space", 1, "played", "/go"), number * 0.01)
    flood, *presses = log.newest(99)
    assert (flood.more, flood.what) == (312, replace(FADER, value=312 / 313))
    assert [entry.more for entry in presses] == [0] * 4


def test_events_that_follow_slowly_or_end_otherwise_have_entries_of_their_own() -> None:
    log = Log()
    log.add(FADER, 0.0)
    log.add(FADER, FLOOD_S + 0.01)
    log.add(replace(FADER, outcome="held", path=""), FLOOD_S + 0.02)
    log.add(replace(FADER, port="other"), FLOOD_S + 0.03)
    assert [entry.more for entry in log.newest(99)] == [0] * 4


def test_the_log_is_bounded() -> None:
    log = Log()
    for number in range(5000):
        log.add(replace(FADER, address=f"midi/cc/1/{number}"), 0.0)
    assert len(log.newest(5000)) == 400
    assert [entry.what.address for entry in log.newest(2) if isinstance(entry.what, Row)] == (
        ["midi/cc/1/4998", "midi/cc/1/4999"]
    )


def test_rates_are_those_of_the_last_second() -> None:
    rates = Rates()
    for number in range(400):
        rates.add("midi", 10 + number / 100)
    assert dict(rates.a_second(14.0))["midi"] == pytest.approx(100, rel=0.02)
    assert dict(rates.a_second(16.0)) == {"midi": 0.0}


def test_onsets_and_levels_show_whether_heard_live_or_known_from_the_track() -> None:
    desk = Desk("show.yaml", "")
    desk.expect(["", "kick"], ["bass"])
    desk.take(Hit("kick", 1.0), 1.0)
    desk.take(Row(2.0, "onset", "/onset/kick", 0.8, "played", "/onset/kick", 0.8), 2.0)
    desk.take(Row(2.0, "key", "key/t", 1, "played", "/onset", 1), 2.5)
    desk.take(Row(2.0, "onset", "/level/bass", 0.25, "played", "/level/bass", 0.25), 3.0)
    assert {name: list(hits) for name, hits in desk.hits.items()} == {"": [2.5], "kick": [1.0, 2.0]}
    assert desk.levels == {"bass": 0.25}
    assert len(desk.log.newest(9)) == 2  # the level is on its bar alone
    assert desk.totals == {"onset": 2, "key": 1}


def test_whoever_asks_for_a_level_sees_its_events() -> None:
    desk = Desk("show.yaml", "", Filter(paths=("/level/bass",)))
    desk.take(Row(2.0, "onset", "/level/bass", 0.25, "played", "/level/bass", 0.25), 3.0)
    assert len(desk.log.newest(9)) == 1


def test_what_was_not_shown_is_counted() -> None:
    desk = Desk("show.yaml", "")
    desk.take(FADER, 1.0)
    desk.take(Skipped(312), 1.0)
    assert desk.summary() == "1 events; 1 midi; 1 played; 312 more were not shown"


@pytest.mark.parametrize("wrong", [["--port", "0"], ["--port", "x"], ["--source", "nobody"], ["a", "b"]])
def test_wrong_arguments_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["monitor", *wrong])
    assert caught.value.code == 2


def test_a_show_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", "nowhere.yaml"]) == 2
    assert "nowhere.yaml: cannot be read" in capsys.readouterr().err
