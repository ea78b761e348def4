"""The clocks that a show listens to: opened by its `clocks: order`, read at each tick, and made into events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from engine.app.clocks import LiveClock
from engine.core.beat_telling import TELL_EACH_S, to_tell
from engine.core.clock_choice import TRACK
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.lines import Line
from engine.errors import DeviceError
from engine.inputs.midi import MidiInput
from engine.inputs.midi_clock import MidiClockInput
from engine.inputs.mtc import MtcInput
from engine.model.clock import BeatReading, ClockReading
from engine.model.controls import MidiInput as MidiSettings
from engine.model.events import EventSource
from engine.model.show import Show

TAP = "tap"


class _PositionClock(Protocol):
    def reading(self, now_s: float) -> ClockReading | None: ...


class _BeatClock(Protocol):
    def beats(self, now_s: float) -> BeatReading | None: ...


class ShowClocks:
    """Follows every clock that the show's order names. Main thread, but for `on_midi`.

    What they do to the show comes as events: `/show/position` where a time code stands elsewhere, `/tempo/bpm` and
    `/tempo/beat` from the first clock that has beats, `/tempo/release` where the track's own beats count again. A clock
    that cannot be opened is told to `do_without`, and done without.
    """

    def __init__(self, show: Show, clock: LiveClock, inbox: Inbox) -> None:
        self._show = show
        self._order = show.clocks.order
        self._clock = clock
        self._inbox = inbox
        self._positions: dict[str, _PositionClock] = {}
        self._beats: dict[str, _BeatClock] = {}
        self._closers: list[Callable[[], None]] = []
        self._had_track = False  # main thread
        self._told_at_s = -TELL_EACH_S
        self._told = ""  # whose beats the show has
        self._midi_opened = False
        self._midi_inputs: list[MidiClockInput | MtcInput] = []
        if "midi" in self._order:
            self._beats["midi"] = midi = MidiClockInput(show.clocks.midi, show.tempo.bpm)
            self._midi_inputs.append(midi)
            if show.tempo.bpm is not None:
                self._positions["midi"] = midi
        if "mtc" in self._order:
            self._positions["mtc"] = mtc = MtcInput(show.clocks.mtc)
            self._midi_inputs.append(mtc)

    @property
    def line(self) -> str:
        """For the operator: the clock followed, where it is not the first that could be; else "". Any thread."""
        followed = self._clock.status.followed
        could = [name for name in self._order if name in self._positions or (name == TRACK and self._had_track)]
        return f"clock: {followed}, not {could[0]}" if could and could[0] != followed else ""

    def on_midi(self, port: str, message: Sequence[int], at_s: float) -> None:
        """A MIDI message that came at the monotonic instant `at_s`. The MIDI input's thread."""
        for one in self._midi_inputs:
            one.on_message(port, message, at_s)

    def open(self, figures: Figures, do_without: Callable[[DeviceError], None]) -> None:
        """Open the devices of the clocks that need one."""
        openers = {
            "midi": self._open_midi,
            "mtc": self._open_midi,
            "ltc": lambda: self._open_ltc(figures),
            "link": self._open_link,
        }
        for name in self._order:
            try:
                openers.get(name, lambda: None)()
            except DeviceError as error:
                do_without(error)
                status = self._clock.status
                self._clock.status = replace(status, missing=(*status.missing, name))

    def steer(
        self, now_s: float, track: ClockReading | None, *, track_beats: bool, tempo: Line | None, tapped: bool
    ) -> float | None:
        """Read every clock at the monotonic instant `now_s`, steer by them, and put what they say into the inbox.

        `track` is the music's reading, `track_beats` whether its beats are known, `tempo` the state's, `tapped` whether
        a hand has tapped it. Returns the show time at which the music must be sought to where the show stands, or None.
        """
        self._had_track = self._had_track or track is not None
        readings: dict[str, ClockReading | None] = {TRACK: track}
        readings.update((name, one.reading(now_s)) for name, one in self._positions.items())
        located = self._clock.follow(readings)
        self._tell_beats(now_s, track is not None and track_beats, tempo, tapped)
        if located is None:
            return None
        if located.name == TRACK:
            return located.at_s
        self._inbox.put(EventSource.SHOW, "/show/position", located.position_s, located.at_s)
        return None

    def close(self) -> None:
        """Give the devices back. Safe to call twice."""
        while self._closers:
            self._closers.pop()()

    def _tell_beats(self, now_s: float, track_has: bool, tempo: Line | None, tapped: bool) -> None:
        readings = {name: one.beats(now_s) for name, one in self._beats.items()}
        name = self._first_with_beats(readings, track_has, tapped)
        reading = readings.get(name)
        status = self._clock.status
        running = tuple(one for one in self._order if one in status.running or readings.get(one) is not None)
        bpm = None if reading is None else reading.bpm
        self._clock.status = replace(status, running=running, beats=name, bpm=bpm)
        show_s = self._clock.at(now_s)
        if name == TRACK and self._told in self._beats:
            self._inbox.put(EventSource.SHOW, "/tempo/release", 1.0, show_s)
        elif reading is not None and now_s - self._told_at_s >= TELL_EACH_S:
            for path, value in to_tell(tempo, reading, show_s, self._clock.rate):
                self._inbox.put(EventSource.SHOW, path, value, show_s)
                self._told_at_s = now_s
        self._told = name or self._told

    def _first_with_beats(self, readings: Mapping[str, BeatReading | None], track_has: bool, tapped: bool) -> str:
        for name in self._order:
            if readings.get(name) is not None or (name == TRACK and track_has) or (name == TAP and tapped):
                return name
        return ""

    def _open_midi(self) -> None:
        """A MIDI input of our own for the clocks, where the show's would not hear them all. Once."""
        if self._midi_opened:
            return
        self._midi_opened = True
        controllers = self._show.inputs.midi
        if controllers.enabled and not controllers.port:
            return
        # Counts nothing: what it hears besides clocks is not the show's.
        every = MidiInput(MidiSettings(), _nothing, self._clock.now_s, Figures(), on_clock=self.on_midi)
        self._closers.append(every.close)

    def _open_ltc(self, figures: Figures) -> None:
        from engine.audio.ltc import LtcInput  # noqa: PLC0415 - libltc and an audio input, for those who want them

        ltc = LtcInput(self._show.clocks.ltc, figures)
        self._positions["ltc"] = ltc
        self._closers.append(ltc.close)

    def _open_link(self) -> None:
        from engine.inputs.link import LinkInput  # noqa: PLC0415 - an optional package

        link = LinkInput(self._show.tempo.bpm, self._show.tempo.beats_a_bar)
        self._beats["link"] = link
        self._closers.append(link.close)


def _nothing(*_event: object) -> None:
    """Notes and faders of ports that the show does not play."""
