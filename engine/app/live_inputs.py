"""Everything that a show on stage listens to: its clock, track, MIDI, OSC, live onsets; whom it tells its figures; and
when it is over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from engine.app.clocks import LiveClock
from engine.app.live_hearing import shaders_hear_input
from engine.app.live_midi import LiveMidi
from engine.app.live_osc import LiveOsc
from engine.app.pace import Tick
from engine.app.published import NoticeBoard
from engine.app.show_clocks import ShowClocks
from engine.audio.live_analysis import LiveAnalysis, listens
from engine.core.clock_choice import TRACK
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.sound_plan import makes_sound
from engine.core.state import State
from engine.errors import DeviceError
from engine.inputs.keys import KeyInput
from engine.inputs.terminal import TerminalKeys
from engine.model.controls import Binding
from engine.model.events import Event, Handled
from engine.model.meters import Meters
from engine.model.plan import SoundPicture
from engine.model.world import World
from engine.outputs.figures_sender import FiguresSender

if TYPE_CHECKING:
    from engine.app.learn import StageLearn
    from engine.app.reload import Reload
    from engine.audio.live_sound import LiveSound

_STANDARD_INPUT = 0

log = logging.getLogger(__name__)


class LiveInputs:
    """The inbox, the show clock and the devices that feed them. Main thread, but for the devices' own callbacks.

    A device that is missing is logged with its mend, named in `missing`, and done without.
    """

    def __init__(self, world: World, figures: Figures, *, start_s: float) -> None:
        show = world.loaded.show
        self.clock = LiveClock(start_s, show.clocks.order)
        self.inbox = Inbox()
        self.clocks = ShowClocks(show, self.clock, self.inbox)
        self.board = NoticeBoard(world)
        self.keys = KeyInput(self.inbox.put, self.clock.now_s)
        self.missing: list[str] = []
        self.osc_port: int | None = None
        self.oscquery_port: int | None = None
        self.learn: StageLearn | None = None
        self.after_events: list[Callable[[Tick, Sequence[Handled], Sequence[Event]], None]] = []  # for the player
        self.reload: Reload | None = None
        self._world = world
        self._figures = figures
        self._start_s = start_s
        self._listening: LiveAnalysis | None = None
        self._midi: LiveMidi | None = None
        self._osc: LiveOsc | None = None
        self._sound: LiveSound | None = None
        self._closers: list[Callable[[], None]] = []
        self._for_s: float | None = None
        self._closed_by_hand: Callable[[], bool] | None = None

    def open(self, *, silent: bool) -> None:
        """Open every device that the show asks for. `silent` leaves the sound device alone."""
        show, figures = self._world.loaded.show, self._figures
        if show.inputs.osc.enabled or show.inputs.oscquery.enabled or show.outputs.osc:
            self._open_osc()
        if show.inputs.midi.enabled:
            self._try(self._open_midi)
        if listens(show):
            self._try(self._open_listening)
        self.clocks.open(figures, self.do_without)
        self._closers.append(self.clocks.close)
        if not silent and makes_sound(self._world):
            self._open_sound()
        if (told := show.outputs.figures) is not None:
            self._try(lambda: self._closers.append(FiguresSender(told, figures).close))
        self._closers.append(TerminalKeys(self.keys.on_key, _STANDARD_INPUT).close)
        self.clock.restart(self._start_s)

    def adopt(self, world: World, bindings: Iterable[Binding]) -> None:
        """Go on with another version of the show, whose devices are the same. Main thread, between two ticks."""
        wants = {"sound": makes_sound, "an audio input": shaders_hear_input}
        for what, asks in wants.items():
            if asks(world) and not asks(self._world):
                log.warning("%s: it wants %s by now, and has it from the next start on", world.loaded.file, what)
        self._world = world
        self.board.adopt(world)
        if self._listening is not None:
            self._listening.for_shaders = shaders_hear_input(world)
        if self._osc is not None:
            self._osc.adopt(world)
        if self._midi is not None:
            self._midi.adopt(world, bindings)

    def hear(self, bindings: Iterable[Binding]) -> None:
        """These are the bindings that play now: MIDI is listened to, and controllers told, accordingly."""
        if self._midi is not None:
            self._midi.hear(bindings)

    def do_without(self, error: DeviceError) -> None:
        """Warn of a device that is not there, and remember it for the report."""
        log.warning("%s", error)
        self.missing.append(str(error))

    def over_when(self, for_s: float | None, closed_by_hand: Callable[[], bool] | None) -> None:
        """The show is over after `for_s` seconds, or once `closed_by_hand` says so."""
        self._for_s = for_s
        self._closed_by_hand = closed_by_hand

    def over(self, state: State) -> bool:
        """Whether the show has come to its end."""
        if self._for_s is not None and self.clock.now_s() >= self._start_s + self._for_s:
            return True
        if state.ended and self._world.loaded.show.at_end == "stop":
            return True
        return self._closed_by_hand is not None and self._closed_by_hand()

    @property
    def meters(self) -> Meters:
        """How loud the show is. Any thread."""
        return Meters() if self._sound is None else self._sound.meters

    @property
    def sound(self) -> SoundPicture | None:
        """What shaders see of the audio input; None while it is silent to them. Any thread."""
        return None if self._listening is None else self._listening.sound

    def before_tick(self, poll: Callable[[], None] | None) -> Sequence[Callable[[], None]]:
        """What the loop does first each time round."""
        steer: Callable[[], None] = self._steer
        return (steer,) if poll is None else (poll, steer)

    def close(self) -> None:
        """Close the devices; the order in which they were opened, backwards."""
        while self._closers:
            self._closers.pop()()

    def _steer(self) -> None:
        latest = self.board.latest
        state = latest.state if latest is not None else None
        playing = latest.world.tracks[latest.state.track_index] if latest is not None else None
        sought_at_s = self.clocks.steer(
            time.monotonic(),
            self._sound.reading() if self._sound is not None else None,
            track_beats=playing is not None and bool(playing.beats),
            tempo=state.tempo if state is not None else None,
            tapped=state is not None and bool(state.taps),
        )
        if self._sound is not None and (sought_at_s is not None or self.clock.status.followed != TRACK):
            self._sound.align()

    def _open_osc(self) -> None:
        show = self._world.loaded.show
        osc = LiveOsc(
            self._world,
            self._figures,
            lambda: self.board.latest,
            lambda: self.clock.status,
            lambda: self.meters,
        )
        self._osc = osc
        self._closers.append(osc.close)
        if show.inputs.osc.enabled:
            self._try(lambda: osc.listen(self.inbox.put, self.clock.now_s))
        if show.inputs.oscquery.enabled:
            self._try(lambda: osc.serve(self.inbox.put, self.clock.now_s))
        for output in show.outputs.osc:
            self._try(partial(osc.tell, output))
        self.osc_port, self.oscquery_port = osc.port, osc.query_port
        self.after_events.append(osc.after_events)

    def _open_listening(self) -> None:
        world, put, now_s = self._world, self.inbox.put, self.clock.now_s
        listening = LiveAnalysis(world.loaded.show, put, now_s, self._figures, for_shaders=shaders_hear_input(world))
        self._listening = listening
        self._closers.append(listening.close)

    def _open_midi(self) -> None:
        midi = LiveMidi(
            self._world,
            self._figures,
            lambda: self.board.latest,
            put=self.inbox.put,
            now_s=self.clock.now_s,
            on_clock=self.clocks.on_midi,
        )
        self._midi = midi
        self._closers.append(midi.close)
        self.after_events.append(midi.after_events)
        if midi.absent is not None:
            self.do_without(midi.absent)
        midi.tell()

    def _open_sound(self) -> None:
        from engine.audio.live_sound import LiveSound  # noqa: PLC0415 - FFmpeg's libraries, for shows that sound only

        sound = LiveSound(self._world, lambda: self.board.latest, self.clock.at, self._figures)
        self._sound = sound
        self._closers.append(sound.stop)
        self._try(lambda: sound.start(self._start_s))

    def _try(self, open_device: Callable[[], None]) -> None:
        try:
            open_device()
        except DeviceError as error:
            self.do_without(error)
