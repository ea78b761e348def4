"""MIDI out to controllers: the values that they play, for lamps and motor faders."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import rtmidi

from engine.core.figures import Figures
from engine.core.midi_ports import OWN_FEEDBACK, REFUSALS, MidiPorts, PortKey
from engine.core.midi_telling import Hands, Teller, Told
from engine.errors import DeviceError

_log = logging.getLogger(__name__)

_ROUND_S = 0.02
_LOOK_EVERY_S = 0.5
# JACK hands messages on once a buffer, and drops those of a port that is closed before its reader had its turn.
_LAST_WORDS_S = 0.05


class Values(Protocol):
    """One tick's values (engine.app.published)."""

    def value(self, path: str) -> float | None: ...


class MidiFeedback:
    """Tells controllers what their controls play, from its construction until `close`.

    Fifty times a second on the thread "midi-feedback", and only what has changed: 20 messages a port and round at
    most. A fader is left alone for 0.3 s after a hand has moved it (`note_moved`). `latest` gives the newest tick;
    None before the first. `part` is the part of a port's name that the show listens to, `inputs` gives the ports that
    it does listen to, `api` is RtMidi's number of the driver. Ports may come and go: one that comes back is told
    everything anew. When it closes, it puts out every lamp it has lit. Counter: `midi_told`.

    Raises DeviceError where the driver gives no output; nothing stays open then.
    """

    def __init__(
        self,
        controls: Sequence[Told],
        latest: Callable[[], Values | None],
        inputs: Callable[[], Collection[str]],
        figures: Figures,
        *,
        part: str,
        api: int,
    ) -> None:
        self._controls = controls  # replaced whole by any thread
        self._latest = latest
        self._inputs = inputs
        self._part = part
        self._hands = Hands()
        self._told = figures.counter("midi_told")  # midi-feedback thread
        self._tellers: dict[PortKey, Teller] = {}  # midi-feedback thread
        self.port_names: tuple[str, ...] = ()  # midi-feedback thread; replaced whole, any thread reads it
        self._complained: set[PortKey] = set()  # midi-feedback thread
        try:
            self._ports = MidiPorts(lambda: rtmidi.MidiOut(api, OWN_FEEDBACK), OWN_FEEDBACK)  # midi-feedback thread
        except REFUSALS as error:
            mend = "Say `inputs: midi: feedback: false` to do without lamps."
            raise DeviceError(f"the driver gives no output ({error})", subject="MIDI feedback", mend=mend) from error
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi-feedback", daemon=True)
        self._thread.start()

    def show(self, controls: Sequence[Told]) -> None:
        """From now on these are the controls to be told: one was learned. Any thread; half a second until it is so."""
        self._controls = controls

    def note_moved(self, address: str, monotonic_s: float) -> None:
        """A control was moved by hand: the address of its event. One thread."""
        self._hands.note(address, monotonic_s)

    def close(self) -> None:
        """Put the lamps out and give the ports back. Safe to call twice."""
        self._closing.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            self._tell_on()
            self._put_out()
        except Exception:
            _log.exception("controllers are not told anything any more. Start the player again, and report this")
        finally:
            self._ports.close()

    def _put_out(self) -> None:
        for key, teller in self._tellers.items():
            self._send(key, teller.all_off())
        if self._tellers:
            time.sleep(_LAST_WORDS_S)

    def _tell_on(self) -> None:
        look_again_s = 0.0
        while not self._closing.wait(_ROUND_S):
            now_s = time.monotonic()
            if now_s >= look_again_s:
                self._look()
                look_again_s = now_s + _LOOK_EVERY_S
            latest = self._latest()
            if latest is not None:
                for key, teller in self._tellers.items():
                    self._send(key, teller.due(latest.value, self._hands, now_s))

    def _look(self) -> None:
        inputs = self._inputs()
        changes = self._ports.look(lambda there, _: [key for key in there if self._controls_on(key, inputs)])
        for key in changes.gone:
            del self._tellers[key]
            self._complained.discard(key)
            _log.info("%s: the MIDI port is not told anything any more", key.name)
        # One that was just opened is told from the next look on: JACK's first buffer goes nowhere, and a controller
        # that was just plugged in is still busy with itself.
        fresh = {port.key for port in changes.opened}
        for key in fresh:
            self._tellers[key] = Teller(())
            _log.info("telling %s the values that it plays", key.name)
        self.port_names = tuple(key.name for key in self._tellers)
        for key, teller in self._tellers.items():
            if key not in fresh:
                teller.controls = self._controls_on(key, inputs)

    def _controls_on(self, key: PortKey, inputs: Collection[str]) -> tuple[Told, ...]:
        return tuple(told for told in self._controls if told.goes_to(key.name, self._part, inputs))

    def _send(self, key: PortKey, messages: Sequence[bytes]) -> None:
        driver: Any = self._ports.opened[key].driver
        try:
            for message in messages:
                driver.send_message(message)
                self._told.add()
        except REFUSALS as error:
            if key not in self._complained:
                self._complained.add(key)
                _log.warning("%s: the MIDI port cannot be told values (%s). Plug it in anew", key.name, error)
