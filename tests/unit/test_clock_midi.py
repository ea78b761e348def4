"""MIDI clock: ticks, song position, start and stop; its beats as the show hears of them; which port it comes by."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest

from engine.app import clocks
from engine.app.clocks import LiveClock
from engine.app.show_clocks import ShowClocks
from engine.core.beat_follow import MidiClock, MidiClockFollower
from engine.core.beat_telling import to_tell
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.line_fit import LineFit
from engine.core.lines import Line
from engine.errors import DeviceError
from engine.inputs.clock_port import ClockPort
from engine.inputs.midi_clock import MidiClockInput
from engine.model.clock import BeatReading, ClockReading
from engine.model.clocks import MidiClock as MidiClockSettings
from tests.world_support import show_of

TICK, START, CONTINUE, STOP = ([status] for status in (0xF8, 0xFA, 0xFB, 0xFC))


class Sender:
    """A sequencer: ticks at a tempo, from time 0 on."""

    def __init__(self, follower: MidiClockFollower, jitter_s: float = 0.0) -> None:
        self.follower = follower
        self.now_s = 0.0
        self._jitter_s = jitter_s
        self._noise = random.Random(7)

    def tick(self, number: int, bpm: float) -> None:
        for _ in range(number):
            self.follower.feed(TICK, self.now_s + self._noise.uniform(0, self._jitter_s))
            self.now_s += 60 / bpm / 24

    @property
    def last_s(self) -> float:
        return self.now_s


def song_position(sixteenths: int) -> list[int]:
    return [0xF2, sixteenths & 0x7F, sixteenths >> 7]


def place(reading: ClockReading | None) -> float:
    assert reading is not None
    return reading.show_s


def beat(reading: BeatReading | None) -> float:
    assert reading is not None
    assert reading.beat is not None
    return reading.beat


def test_from_its_start_on_a_clock_tells_position_tempo_and_beat() -> None:
    follower = MidiClockFollower(120)
    sender = Sender(follower)
    follower.feed(START, 0.0)
    assert follower.reading(0.0) is None  # the first tick has not come
    sender.tick(49, 150)
    now_s = sender.now_s - 60 / 150 / 24  # the 49th tick is beat 2
    reading = follower.reading(now_s)
    assert place(reading) == pytest.approx(1.0, abs=1e-3)  # two beats at the show's own tempo
    assert reading is not None
    assert reading.rate == pytest.approx(150 / 120, rel=1e-3)
    beats = follower.beats(now_s)
    assert beat(beats) == pytest.approx(2, abs=1e-3)
    assert beats is not None
    assert beats.bpm == pytest.approx(150, rel=1e-3)


def test_song_position_and_continue_say_where() -> None:
    follower = MidiClockFollower(120)
    sender = Sender(follower)
    sender.tick(48, 120)
    follower.feed(song_position(200), sender.now_s)
    follower.feed(CONTINUE, sender.now_s)
    first_s = sender.now_s
    sender.tick(1, 120)
    assert place(follower.reading(first_s)) == pytest.approx(200 / 4 * 0.5, abs=1e-3)
    sender.tick(24, 120)
    follower.feed(STOP, sender.now_s)
    assert follower.reading(sender.now_s) is None
    assert follower.beats(sender.now_s) is None
    sender.tick(480, 120)  # many senders go on ticking
    assert follower.beats(sender.now_s) is None
    follower.feed(CONTINUE, sender.now_s)
    first_s = sender.now_s
    sender.tick(1, 120)
    assert beat(follower.beats(first_s)) == pytest.approx(50 + 25 / 24, abs=1e-3)


def test_each_start_counts_as_a_jump() -> None:
    follower = MidiClockFollower(120)
    sender = Sender(follower)
    follower.feed(START, 0.0)
    sender.tick(48, 120)
    first = follower.reading(sender.now_s)
    follower.feed(song_position(64), sender.now_s)  # a loop without a stop
    sender.tick(1, 120)
    second = follower.reading(sender.now_s)
    assert first is not None
    assert second is not None
    assert first.jumps != second.jumps
    assert place(second) == pytest.approx(8.0 + 0.5 / 24, abs=2e-3)


def test_ticks_without_a_start_tell_the_tempo_alone() -> None:
    follower = MidiClockFollower(120)
    sender = Sender(follower)
    sender.tick(48, 90)
    assert follower.reading(sender.now_s) is None
    beats = follower.beats(sender.now_s)
    assert beats is not None
    assert beats.beat is None
    assert beats.bpm == pytest.approx(90, rel=0.01)


def test_a_show_without_a_tempo_takes_beats_alone() -> None:
    follower = MidiClockFollower(None)
    sender = Sender(follower)
    follower.feed(START, 0.0)
    sender.tick(48, 90)
    assert follower.reading(sender.now_s) is None
    assert beat(follower.beats(sender.now_s)) == pytest.approx(2, abs=0.01)


def test_a_loss_is_noticed_and_bridged_by_counting_on() -> None:
    follower = MidiClockFollower(120)
    sender = Sender(follower, jitter_s=0.004)
    follower.feed(START, 0.0)
    sender.tick(480, 120)
    assert follower.reading(sender.now_s + 0.2) is not None
    assert follower.reading(sender.now_s + 0.3) is None
    sender.now_s += 20.0
    sender.tick(48, 120)
    reading = follower.reading(sender.now_s)
    assert place(reading) == pytest.approx(31.0, abs=0.005)
    assert reading is not None
    assert reading.jumps == 1


def test_a_song_that_starts_at_another_tempo_is_followed_at_once() -> None:
    follower = MidiClockFollower(120)
    sender = Sender(follower)
    follower.feed(START, 0.0)
    sender.tick(480, 120)
    follower.feed(STOP, sender.now_s)
    sender.now_s += 60
    follower.feed(START, sender.now_s)
    sender.tick(25, 90)
    beats = follower.beats(sender.now_s - 60 / 90 / 24)
    assert beats is not None
    assert beats.bpm == pytest.approx(90, rel=0.01)
    assert beat(beats) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("bpm", [60, 120, 174])
def test_jitter_of_two_ms_makes_beats_within_half_a_ms(bpm: float) -> None:
    noise = np.random.default_rng(int(bpm))
    fit, rate = LineFit(48.0, 0.3), bpm * 24 / 60
    errors_s = []
    for number in range(round(120 * rate)):
        at_s = 1000 + number / rate
        fit.feed(at_s + noise.uniform(-0.002, 0.002), number)
        if number > 12 * 24:
            assert fit.line is not None
            errors_s.append(abs(fit.line.at(at_s + 0.01) - number - 0.01 * rate) / rate)
    assert max(errors_s) < 0.0005


def test_a_change_of_tempo_is_followed_within_half_a_second() -> None:
    noise = np.random.default_rng(1)
    fit, at_s, worst_s = LineFit(48.0, 0.3), 0.0, 0.0
    for number in range(1440):
        rate = 48.0 if number < 960 else 56.0
        fit.feed(at_s + noise.uniform(-0.002, 0.002), number)
        if number > 988:
            assert fit.line is not None
            worst_s = max(worst_s, abs(fit.line.at(at_s) - number) / rate)
        at_s += 1 / rate
    assert worst_s < 0.003
    assert fit.line is not None
    assert fit.line.rate == pytest.approx(56, rel=1e-3)


@pytest.mark.parametrize("held_up_s", [0.03, 0.1, 0.2])
def test_a_hold_up_does_not_bend_the_line(held_up_s: float) -> None:
    fit = LineFit(48.0, 0.3)
    resumed_s = 390 / 48 + held_up_s
    for number in range(420):
        due_s = number / 48
        fit.feed(resumed_s if number >= 390 and due_s < resumed_s else due_s, number)
        if number > 48:
            assert fit.line is not None
            assert abs(fit.line.at(due_s) - number) / 48 < 0.001


def test_a_tempo_is_told_where_it_differs_and_not_where_it_fits() -> None:
    reading = BeatReading(0.0, 120.0, 8.0)
    assert to_tell(None, reading, 10.0, 1.0) == [("/tempo/bpm", 120.0), ("/tempo/beat", 8.0)]
    assert to_tell(Line(10.0, 8.0, 2.0), reading, 10.0, 1.0) == ()
    assert to_tell(Line(10.0, 8.001, 2.0), reading, 10.0, 1.0) == ()  # half a millisecond
    assert ("/tempo/beat", 8.0) in to_tell(Line(10.0, 8.01, 2.0), reading, 10.0, 1.0)
    assert ("/tempo/bpm", 120.0) in to_tell(Line(10.0, 8.0, 2.01), reading, 10.0, 1.0)
    assert to_tell(None, BeatReading(0.0, 120.0), 10.0, 1.0) == [("/tempo/bpm", 120.0)]


def test_beats_a_minute_are_those_of_show_time() -> None:
    assert to_tell(None, BeatReading(0.0, 150.0, 0.0), 0.0, 1.25)[0] == ("/tempo/bpm", pytest.approx(120))
    assert to_tell(Line(0.0, 0.0, 400 / 60), BeatReading(0.0, 500.0, 0.0), 0.0, 1.0) == ()  # as fast as the show goes


def test_two_ports_at_once_are_not_mixed() -> None:
    port = ClockPort("")
    assert port.takes("a", 0.0)
    assert not port.takes("b", 0.5)
    assert port.takes("a", 1.4)
    assert port.takes("b", 2.5)
    assert not ClockPort("Drum").takes("faders", 0.0)
    assert ClockPort("Drum").takes("my drum machine", 0.0)


class Room:
    """A show's clocks, with the machine's clock in the test's hands."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...], bpm: float | None) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(clocks.time, "monotonic", lambda: self.now_s)
        show = show_of(name="echo").model_copy(deep=True)
        show = type(show).model_validate(
            {**show.model_dump(exclude_unset=True), "clocks": {"order": order}, "tempo": {"bpm": bpm}}
        )
        self.inbox = Inbox()
        self.live = LiveClock(0.0, show.clocks.order)
        self.clocks = ShowClocks(show, self.live, self.inbox)
        self.tempo: Line | None = None
        self.told: list[tuple[str, float]] = []

    def run(self, seconds: float, bpm: float | None, *, track: bool = False, tapped: bool = False) -> None:
        """60 ticks of the loop a second while MIDI ticks at `bpm`; `track` plays, with beats of its own."""
        end_s, next_tick_s = self.now_s + seconds, self.now_s
        while self.now_s < end_s:
            while bpm is not None and next_tick_s <= self.now_s:
                self.clocks.on_midi("drums", TICK, next_tick_s)
                next_tick_s += 60 / bpm / 24
            reading = ClockReading(self.now_s, self.live.now_s()) if track else None
            self.clocks.steer(self.now_s, reading, track_beats=True, tempo=self.tempo, tapped=tapped)
            for event in self.inbox.drain(1e9):
                self.told.append((event.address, event.value))
                match event.address:
                    case "/tempo/bpm":
                        beat = self.tempo.at(event.at_s) if self.tempo is not None else 0.0
                        self.tempo = Line(event.at_s, beat, event.value / 60)
                    case "/tempo/beat":
                        assert self.tempo is not None
                        self.tempo = Line(event.at_s, event.value, self.tempo.rate)
                    case "/tempo/release":
                        self.tempo = None
            self.now_s += 1 / 60


def test_a_midi_clock_moves_the_show_and_gives_it_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(monkeypatch, ("midi", "track"), 120)
    room.run(3, None)
    assert room.clocks.line == "clock: free, not midi"
    room.clocks.on_midi("drums", START, room.now_s)
    begun_s = room.now_s
    room.run(10, 150)
    assert [address for address, _ in room.told].count("/show/position") == 1
    assert room.live.status.followed == "midi"
    assert room.clocks.line == ""
    assert (room.live.status.beats, room.live.status.bpm) == ("midi", pytest.approx(150, rel=1e-3))
    assert room.live.now_s() == pytest.approx(3 + 10 * 1.25, abs=0.05)  # the show runs as fast as the music
    assert room.tempo is not None
    assert room.tempo.rate * 60 == pytest.approx(120, rel=2e-3)  # and its beats are its own
    assert len(room.told) < 4 * 10 * 2
    assert room.tempo.at(room.live.now_s()) == pytest.approx((room.now_s - begun_s) * 150 / 60, abs=0.01)


def test_beats_go_back_to_the_track_when_a_clock_before_it_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(monkeypatch, ("midi", "track"), None)
    room.run(5, 150, track=True)
    assert (room.live.status.followed, room.live.status.beats) == ("track", "midi")
    assert room.live.status.running == ("midi", "track")
    assert room.clocks.line == ""
    assert room.tempo is not None
    room.run(2, None, track=True)
    assert room.told[-1] == ("/tempo/release", 1.0)
    assert room.live.status.beats == "track"


@pytest.mark.parametrize(("order", "tapped"), [(("track", "midi"), False), (("tap", "midi", "track"), True)])
def test_a_clock_after_the_first_that_has_beats_tells_none(
    order: tuple[str, ...], tapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(monkeypatch, order, None)
    room.run(3, 150, track=True, tapped=tapped)
    assert room.told == []


def test_a_clocks_input_hears_its_own_port_and_its_own_messages_alone() -> None:
    midi = MidiClockInput(MidiClockSettings(port="drum"), 120.0)
    midi.on_message("drums", START, 0.0)
    for number in range(48):
        midi.on_message("drums", TICK, number / 48)
        midi.on_message("faders", TICK, number / 48)
        midi.on_message("drums", [0xB0, 1, number], number / 48)
        midi.on_message("drums", b"", number / 48)
    beats = midi.beats(47 / 48)
    assert beats is not None
    assert beats.bpm == pytest.approx(120, rel=1e-3)
    assert place(midi.reading(47 / 48)) == pytest.approx(47 / 48, abs=1e-3)


def test_a_status_is_that_of_the_specification() -> None:
    assert [hex(status) for status in MidiClock] == ["0xf2", "0xf8", "0xfa", "0xfb", "0xfc"]


def test_a_clock_that_cannot_be_had_is_named_and_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aalink", None)
    room = Room(monkeypatch, ("link", "track"), None)
    errors: list[DeviceError] = []
    room.clocks.open(Figures(), errors.append)
    room.run(1, None, track=True)
    room.clocks.close()
    assert room.live.status.missing == ("link",)
    assert "Ableton Link" in str(errors[0])
    assert (room.live.status.followed, room.live.status.beats) == ("track", "track")
