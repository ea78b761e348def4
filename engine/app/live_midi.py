"""MIDI on stage: the controllers that are listened to, and what they are told in return."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from engine.app.pace import Tick
from engine.app.published import Published
from engine.core.figures import Figures
from engine.core.midi_telling import Told, told_controls
from engine.errors import DeviceError
from engine.inputs.midi import MidiInput, OnClock, Put
from engine.inputs.midi_messages import ShowControls
from engine.model.controls import Binding
from engine.model.controls import MidiInput as MidiSettings
from engine.model.events import Event, EventSource, Handled
from engine.model.world import World
from engine.outputs.midi_feedback import MidiFeedback


class LiveMidi:
    """Main thread. Listens from its construction until `close`; raises DeviceError where there is no driver.

    `absent` says so where no port fits the show for now. `latest` gives the show's latest tick: any thread.
    """

    def __init__(
        self,
        world: World,
        figures: Figures,
        latest: Callable[[], Published | None],
        *,
        put: Put,
        now_s: Callable[[], float],
        on_clock: OnClock,
    ) -> None:
        self._world = world
        self._figures = figures
        self._latest = latest
        bindings = world.loaded.bindings
        self._input = MidiInput(self._settings, put, now_s, figures, controls=self._heard(bindings), on_clock=on_clock)
        self.absent: DeviceError | None = self._input.absent
        self._feedback: MidiFeedback | None = None

    def tell(self) -> None:
        """Tell controllers what they play, where the show wants it. Raises DeviceError where the driver cannot."""
        if self._settings.feedback:
            self._feedback = MidiFeedback(
                self._told(self._world.loaded.bindings),
                self._latest,
                lambda: self._input.port_names,
                self._figures,
                part=self._settings.port,
                api=self._input.api,
            )

    def adopt(self, world: World, bindings: Iterable[Binding]) -> None:
        """Go on with another version of the show, whose settings of MIDI are the same."""
        self._world = world
        self.hear(bindings)

    def hear(self, bindings: Iterable[Binding]) -> None:
        """These are the bindings that play now."""
        bindings = tuple(bindings)
        self._input.hear(self._heard(bindings))
        if self._feedback is not None:
            self._feedback.show(self._told(bindings))

    def after_events(self, _tick: Tick, handled: Sequence[Handled], _folded: Sequence[Event]) -> None:
        """For Player.after_events."""
        if self._feedback is None:
            return
        now_s = time.monotonic()
        for address in {one.event.address for one in handled if one.event.source is EventSource.MIDI}:
            self._feedback.note_moved(address, now_s)

    def close(self) -> None:
        """Put the lamps out and give the ports back. Safe to call twice."""
        if self._feedback is not None:
            self._feedback.close()
        self._input.close()

    @property
    def _settings(self) -> MidiSettings:
        return self._world.loaded.show.inputs.midi

    def _heard(self, bindings: Iterable[Binding]) -> ShowControls:
        return ShowControls.of(bindings, self._world.loaded.modifiers.values())

    def _told(self, bindings: Iterable[Binding]) -> tuple[Told, ...]:
        loaded = self._world.loaded
        return told_controls(bindings, self._world.tree, loaded.leds, loaded.led_addresses)
