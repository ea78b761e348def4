"""MIDI in, from one port or from all of them, by RtMidi; controllers may come and go.

RtMidi's own thread takes each message in and notes how long after the one before it came. No Python runs there:
a thread of ours collects the messages and works the stamps out from those notes (docs/decisions/midi-threads.md).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import mido
import rtmidi

from engine.core.figures import Figures
from engine.core.midi_ports import OWN_INPUT, REFUSALS, MidiPorts, OpenPort, first_that_fits, foreign
from engine.errors import DeviceError
from engine.inputs.midi_messages import NO_CONTROLS, MidiDecoder, ShowControls
from engine.inputs.midi_stamps import DeltaStamps
from engine.model.controls import MidiInput as MidiSettings
from engine.model.events import EventSource

_log = logging.getLogger(__name__)

Put = Callable[[EventSource, str, float, float, str], None]
OnClock = Callable[[str, bytes, float], None]

_COLLECT_EVERY_S = 0.002
# A hand takes longer than that to pull a plug and put it back, and a USB bus to find the device again.
_LOOK_EVERY_S = 0.25
_QUEUE = 8192  # messages that RtMidi keeps for us; its own default of 1024 is 0.3 s of a dense controller


def list_midi_ports() -> tuple[str, ...]:
    """The names of the MIDI ports that can be listened to. Raises DeviceError where MIDI is not to be had."""
    client = _client(midi_api())
    try:
        return foreign(client.get_ports())
    finally:
        client.delete()


def midi_api() -> int:
    """RtMidi's number of the driver to use: the one that MIDO_BACKEND chooses ("mido.backends.rtmidi/UNIX_JACK"), or
    else the first that has any port to listen to, or else the first that is there at all. Raises DeviceError."""
    wanted = mido.backend.api
    if wanted:
        if not hasattr(rtmidi, f"API_{wanted}"):
            mend = "Unset MIDO_BACKEND, or see `runtime-tools doctor`."
            raise DeviceError(f"RtMidi knows no driver {wanted}", subject="MIDI", mend=mend)
        return int(getattr(rtmidi, f"API_{wanted}"))
    return _first_api()


def _first_api() -> int:
    there: list[int] = []
    refusal = "RtMidi was built without any driver"
    for api in map(int, rtmidi.get_compiled_api()):
        try:
            client = _client(api)
            ports = foreign(client.get_ports())
        except (DeviceError, *REFUSALS) as error:
            refusal = error.what if isinstance(error, DeviceError) else str(error)
            continue
        client.delete()
        if ports:
            return api
        there.append(api)
    if not there:
        raise _no_driver(refusal)
    return there[0]


def _client(api: int) -> Any:
    """An input client of RtMidi that hands on every kind of message: it counts a delta from the last message even
    where it then ignores that one, so none may be ignored there. Raises DeviceError."""
    try:
        client = rtmidi.MidiIn(api, OWN_INPUT, _QUEUE)
    except REFUSALS as error:
        raise _no_driver(f"MIDI is not to be had here ({error})") from error
    client.ignore_types(sysex=False, timing=False, active_sense=False)
    return client


def _no_driver(what: str) -> DeviceError:
    return DeviceError(
        what,
        subject="MIDI",
        mend="Load the ALSA sequencer (modprobe snd-seq), or start JACK and set "
        "MIDO_BACKEND=mido.backends.rtmidi/UNIX_JACK.",
    )


class _Listener:
    """One open port: what came in since it was last asked. midi-input thread."""

    def __init__(self, port: OpenPort, controls: ShowControls) -> None:
        self.name = port.key.name
        self.client: Any = port.driver
        self.controls = controls
        self.decoder = MidiDecoder(controls.on_port(self.name))
        self.show_stamps = DeltaStamps()
        self.clock_stamps = DeltaStamps()

    def hear(self, controls: ShowControls) -> None:
        self.controls = controls
        self.decoder.hear(controls.on_port(self.name))


class MidiInput:
    """Listens to MIDI from its construction until `close`, to whatever fits `settings.port`, whenever it is there.

    Events carry the show time at which the driver took them in, and the name of their port; they arrive 2 ms later at
    most. Ports are looked for four times a second. When one goes, the keys that are down on it and its other held
    controls are put with value 0; when it comes back, it is listened to again. Messages that tell the time go to
    `on_clock`: the port's name, the message, and when it came in (of `time.monotonic`), in seconds.

    `put`, `now_s` and `on_clock` are called on the thread "midi-input". Raises DeviceError where there is no driver;
    nothing stays open then. Where no port fits for now, `absent` says so, with the ports there are. Counters:
    `midi_events`, `midi_malformed`, `midi_ports_lost`.
    """

    def __init__(
        self,
        settings: MidiSettings,
        put: Put,
        now_s: Callable[[], float],
        figures: Figures,
        *,
        controls: ShowControls = NO_CONTROLS,
        on_clock: OnClock | None = None,
    ) -> None:
        self._put = put
        self._now_s = now_s
        self._controls = controls  # replaced whole by any thread
        self._on_clock = on_clock
        self._events = figures.counter("midi_events")  # midi-input thread
        self._malformed = figures.counter("midi_malformed")  # midi-input thread
        self._lost = figures.counter("midi_ports_lost")  # midi-input thread
        self._choose = first_that_fits(settings.port)
        self.api = midi_api()
        self._ports = MidiPorts(lambda: _client(self.api), OWN_INPUT)  # midi-input thread, while it runs
        self._listeners: dict[Any, _Listener] = {}  # midi-input thread, while it runs
        self.port_names: tuple[str, ...] = ()  # midi-input thread; replaced whole, any thread reads it
        self._look()
        self.absent = None if self.port_names else _absent(self._ports.names, settings.port)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi-input", daemon=True)
        self._thread.start()

    def hear(self, controls: ShowControls) -> None:
        """From now on these are the show's controls: one was learned. Any thread."""
        self._controls = controls

    def close(self) -> None:
        """Give the ports back. Safe to call twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join(timeout=5)
        self._ports.close()

    def _run(self) -> None:
        try:
            self._listen()
        except Exception:
            _log.exception("MIDI is not listened to any more. Start the player again, and report this")

    def _listen(self) -> None:
        look_again_s = time.monotonic() + _LOOK_EVERY_S
        while not self._closing.wait(_COLLECT_EVERY_S):
            for listener in self._listeners.values():
                self._collect(listener)
            if time.monotonic() >= look_again_s:
                self._look()
                look_again_s = time.monotonic() + _LOOK_EVERY_S

    def _look(self) -> None:
        changes = self._ports.look(self._choose)
        for key in changes.gone:
            self._end(self._listeners.pop(key))
        for port in changes.opened:
            self._listeners[port.key] = _Listener(port, self._controls)
            _log.info("listening to MIDI from %s", port.key.name)
        if changes.gone or changes.opened:
            self.port_names = tuple(listener.name for listener in self._listeners.values())

    def _end(self, listener: _Listener) -> None:
        self._collect(listener)  # its client may hold a last word
        released = listener.decoder.let_go()
        self._lost.add()
        for address, value in released:
            self._tell(listener, address, value, self._now_s())
        ended = f"; {len(released)} held notes and controls end" if released else ""
        _log.warning("%s: the MIDI port is gone%s. It is listened to again when it is back", listener.name, ended)

    def _collect(self, listener: _Listener) -> None:
        if listener.controls is not self._controls:
            listener.hear(self._controls)
        decoder = listener.decoder
        malformed = decoder.malformed
        while (received := listener.client.get_message()) is not None:
            message, delta_s = received
            at_s = listener.show_stamps.stamp(delta_s, self._now_s())
            clock_s = listener.clock_stamps.stamp(delta_s, time.monotonic())
            for heard in decoder.feed(message, at_s):
                if isinstance(heard, bytes):
                    if self._on_clock is not None:
                        self._on_clock(listener.name, heard, clock_s)
                else:
                    self._tell(listener, *heard, at_s)
        for address, value, came_s in decoder.settle(self._now_s()):
            self._tell(listener, address, value, came_s)
        self._malformed.add(decoder.malformed - malformed)

    def _tell(self, listener: _Listener, address: str, value: float, at_s: float) -> None:
        self._events.add()
        self._put(EventSource.MIDI, address, value, at_s, listener.name)


def _absent(names: tuple[str, ...], part: str) -> DeviceError:
    if names:
        mend = f"There are: {', '.join(names)}. It is listened to as soon as it is plugged in."
        return DeviceError("no such MIDI port", subject=part, mend=mend)
    return DeviceError(
        "no MIDI port on this machine",
        subject=part or "MIDI",
        mend="Plug a controller in: it is listened to at once. Or say `inputs: midi: enabled: false`.",
    )
