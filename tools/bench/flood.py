"""Suite `flood`: 20,000 OSC messages and 3,000 MIDI messages a second, against the player on stage without a window.

A process of its own sends them, over UDP and a virtual MIDI port: faders, and among them notes and actions of which
none may be lost. The same show runs quietly first, so that what is late all the same is not blamed on the flood. MIDI
goes by way of JACK, and is left out where that is not installed. A minute each with --full, else ten seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import mido

from engine.app.jobs import LiveJob
from engine.app.live_inputs import LiveInputs
from engine.app.pace import Tick
from engine.app.player import Player
from engine.app.wiring import live
from engine.errors import DeviceError
from engine.model.controls import Inputs, MidiInput, OscInput
from engine.model.events import Event, EventSource, Handled
from engine.model.world import World
from tools.bench.flood_sender import CCS, FIRST_CC, FIRST_NOTE, MIDI_PORT, NOTES, OSC_ACTION
from tools.bench.measuring import Case, Stopwatch, collector_set_aside, without_bars
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.shows import named, world_of
from tools.virtual_devices import in_environment, jack_server

SUITE = "flood"
_BACKEND = "mido.backends.rtmidi/UNIX_JACK"
_OSC_RATE, _MIDI_RATE = 20_000.0, 3_000.0
_FULL_S, _SHORT_S, _QUICK_S = 60.0, 10.0, 2.0
_SETTLE_S = 2.0  # to find the MIDI port, before and after
_CC_TARGETS = ("opacity", "x", "y", "scale", "rotation", "target", "speed", "volume")


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """A quiet run and a flooded one."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    clip = make_clip(ClipWish(Kind.MJPEG, 320, 180, 60), options.media, tell)
    clips = [named(clip, f"clip-{layer}") for layer in ("low", "high")]
    world = _listening(world_of(options.media, _show(), clips))
    seconds = _QUICK_S if options.quick else _FULL_S if options.full else _SHORT_S
    try:
        with _midi_by_jack():
            tell(f"a quiet show for {seconds:g} s")
            quiet = played(world, seconds, flooded=False)
            tell(f"the same under a flood for {seconds:g} s")
            flooded = played(world, seconds, flooded=True)
    except DeviceError as error:
        yield Case(SUITE, "all").row("messages", None, "", note=str(error))
        return
    yield from flood_rows(quiet, flooded, seconds)


@contextmanager
def _midi_by_jack() -> Iterator[None]:
    """JACK's dummy driver for MIDI, where it is installed."""
    before = mido.backend
    with ExitStack() as stack:
        with suppress(DeviceError):
            stack.enter_context(in_environment(stack.enter_context(jack_server()) | {"MIDO_BACKEND": _BACKEND}))
            mido.set_backend(_BACKEND)
        yield
        mido.set_backend(before)


def _show() -> str:
    lines = [
        "canvas: {width: 320, height: 180, rate: 60}",
        "layers:",
        "  - {name: low}",
        "  - {name: high, blend: add, opacity: 0.5}",
        "movements: [{name: one, duration_s: 86400}]",
        "bindings:",
        *(f"  - {{midi: {{note: {FIRST_NOTE + place}}}, to: /layer/low/flash}}" for place in range(NOTES)),
    ]
    for place in range(CCS):
        layer, what = ("low", "high")[place // len(_CC_TARGETS)], _CC_TARGETS[place % len(_CC_TARGETS)]
        lines.append(f"  - {{midi: {{cc: {FIRST_CC + place}}}, to: /layer/{layer}/{what}}}")
    return "\n".join(lines) + "\n"


def _listening(world: World) -> World:
    """The same world, with OSC on a free port, and MIDI from the sender alone."""
    inputs = Inputs(midi=MidiInput(port=MIDI_PORT, feedback=False), osc=OscInput(port=0))
    show = world.loaded.show.model_copy(update={"inputs": inputs})
    return replace(world, loaded=replace(world.loaded, show=show))


@dataclass(slots=True)
class Played:
    """What a run came to. `sent` is the sender's own count; `notes` and `actions` are those that were handled."""

    figures: dict[str, float] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    notes: int = 0
    actions: int = 0
    folded: int = 0
    clock: Stopwatch = field(default_factory=Stopwatch)

    def take(self, _tick: Tick, handled: Sequence[Handled], folded: Sequence[Event]) -> None:
        """For Player.after_events."""
        self.folded += len(folded)
        for one in handled:
            event = one.event
            if event.source is EventSource.MIDI and event.value > 0 and event.address.startswith("midi/note/"):
                self.notes += 1
            elif event.address == OSC_ACTION:
                self.actions += 1


def played(world: World, seconds: float, *, flooded: bool) -> Played:
    """Play for `seconds`, and a moment before and after. Raises DeviceError without a GL driver."""
    found = Played()
    job = LiveJob(headless=True, for_s=seconds + 2 * _SETTLE_S, silent=True)
    with live(world, job) as (player, inputs), _sender(player, inputs, seconds, found, flooded=flooded):
        player.after_events.append(found.take)
        with collector_set_aside(), found.clock:
            player.run()
        found.figures = {**player.figures.snapshot(), "events_dropped": inputs.inbox.dropped}
    return found


@contextmanager
def _sender(player: Player, inputs: LiveInputs, seconds: float, found: Played, *, flooded: bool) -> Iterator[None]:
    """A process that sends once the show has run for a moment; its count is there when the block is left."""
    if not flooded:
        yield
        return
    command = [
        sys.executable,
        "-m",
        "tools.bench.flood_sender",
        *map(str, (inputs.osc_port, seconds, _OSC_RATE, _MIDI_RATE)),
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdout.readline()
        begin = process.stdin

        def start() -> None:
            if not begin.closed and inputs.clock.now_s() >= _SETTLE_S:
                begin.write("go\n")
                begin.close()

        player.before_tick = (*player.before_tick, start)
        yield
        found.sent = json.loads(process.stdout.read())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def flood_rows(quiet: Played, flooded: Played, seconds: float) -> Iterator[Row]:
    """What was late with and without the flood, and what of it was lost."""
    case = Case(SUITE, f"{_OSC_RATE:g} OSC and {_MIDI_RATE:g} MIDI messages a second")
    sent, figures = flooded.sent, flooded.figures
    for name in ("frames_late", "frames_dropped"):
        label = name.replace("_", " ")
        more = figures.get(name, 0) - quiet.figures.get(name, 0)
        yield case.row(f"{label}, more than quietly", max(0, more), "", Bar("≤", 0), f"{seconds:g} s of flood")
        yield case.part("quiet").row(label, quiet.figures.get(name, 0), "")
        yield case.part("flooded").row(label, figures.get(name, 0), "")
    no_midi = sent["midi_absent"]
    yield case.row("notes lost", None if no_midi else sent["notes"] - flooded.notes, "", Bar("≤", 0), no_midi)
    yield case.row("OSC actions lost", sent["osc_actions"] - flooded.actions, "", Bar("≤", 0))
    yield case.row("events dropped by the inbox", figures["events_dropped"], "", Bar("≤", 0))
    heard = case.part("heard")
    yield heard.row("OSC", figures.get("osc_events", 0), "", note=f"of {sent['osc']} sent")
    yield heard.row(
        "MIDI", None if no_midi else figures.get("midi_events", 0), "", note=no_midi or f"of {sent['midi']}"
    )
    yield heard.row("folded into the state", flooded.folded, "", note="after faders were coalesced")
    for run, what in ((quiet, "quiet"), (flooded, "flooded")):
        part = case.part(what)
        for statistic in ("p50", "p99", "max"):
            yield part.row(f"python_ms {statistic}", run.figures.get(f"python_ms_{statistic}"), "ms")
        yield part.cpu(run.clock)
