"""Suite `control`: what it costs to play a show of 200 bound controls: bindings resolved, coalesced, folded in.

29 layers have seven of their parameters bound each, and every control moves in every tick: more than hands can do, and
what a sequencer does to a bank of faders. Ticks follow at 60 a second of show time, without waiting for one
another; those of the first seconds, until the window of late events is full, are left out. Beside it the same show with
ten controls moving, and one whose bindings use everything that asks for the parameter's own value: pickup, scaling,
encoders, curves, pages and modifiers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from pathlib import Path

from engine.core.bindings import Bindings
from engine.core.coalescing import coalesced
from engine.core.figures import Figures
from engine.core.state import State
from engine.core.step import LATE_WINDOW_S, begun, history, stepped
from engine.core.values import value_at
from engine.model.clips import Clip, Codec
from engine.model.events import Event, EventSource, midi_cc
from engine.model.world import World
from tools.bench.measuring import Case, collector_set_aside, percentile, without_bars
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.shows import world_of

SUITE = "control"
CONTROLS = 200
_LAYERS = 29
_PLAYED = ("opacity", "volume", "target", "x", "y", "scale", "rotation")
_ON_A_CHANNEL = 100
_RATE_HZ = 60.0
_WARM_UP_TICKS = int((LATE_WINDOW_S + 1.0) * _RATE_HZ)
_TICKS, _FEW_TICKS = 1800, 60
_FEW = 10
_BAR = Bar("≤", 0.3)
# Of each seven controls, so many ask for something: the others are plain faders.
_ASKING = {
    1: "takeover: pickup",
    2: "takeover: scale, curve: exponential",
    3: "curve: s_curve, dead_zone: 0.02",
    4: "page: 0",
    5: "invert: true, page: 0, takeover: pickup",
}
_ENCODER = 0
_SHIFTED = 6


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """All controls at once, a handful of them, and all with everything that bindings can do."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    ticks = _FEW_TICKS if options.quick else _TICKS
    plain, asking = show_text(asking=False), show_text(asking=True)
    for name, text, moving, bar in (
        (f"{CONTROLS} faders, all moving", plain, CONTROLS, _BAR),
        (f"{CONTROLS} faders, {_FEW} moving", plain, _FEW, None),
        (f"{CONTROLS} controls with takeover, pages and encoders, all moving", asking, CONTROLS, None),
    ):
        tell(name)
        yield from _case_rows(Case(SUITE, name), played(_world(options.media, text), moving, ticks), bar)


def _case_rows(case: Case, laps: Laps, bar: Bar | None) -> Iterator[Row]:
    yield case.row("step + bindings p50", percentile(laps.total_ms, 50), "ms")
    yield case.row("step + bindings p99", percentile(laps.total_ms, 99), "ms", bar)
    yield from case.spread("bindings", laps.resolve_ms, "ms")
    yield from case.spread("coalescing", laps.coalesce_ms, "ms")
    yield from case.spread("step", laps.step_ms, "ms")


@dataclass(slots=True)
class Laps:
    """Milliseconds of each part of a tick, a value a tick."""

    resolve_ms: list[float] = field(default_factory=list)
    coalesce_ms: list[float] = field(default_factory=list)
    step_ms: list[float] = field(default_factory=list)

    @property
    def total_ms(self) -> list[float]:
        return [sum(parts) for parts in zip(self.resolve_ms, self.coalesce_ms, self.step_ms, strict=True)]


def show_text(*, asking: bool) -> str:
    """A show with 200 bound controls; `asking` gives most of their bindings something that hangs on more than the
    control's own value."""
    layers = "\n".join(f"  - name: layer-{layer}" for layer in range(_LAYERS))
    bindings = "\n".join(_binding(number, asking=asking) for number in range(CONTROLS))
    return f"""layers:
{layers}
movements: [{{name: one, duration_s: 86400}}]
modifiers: {{shift: {{key: z}}}}
bindings:
{bindings}
"""


def _binding(number: int, *, asking: bool) -> str:
    layer, place = divmod(number, len(_PLAYED))
    channel, cc = divmod(number, _ON_A_CHANNEL)
    midi, more = f"cc: {cc}, channel: {channel + 1}", ""
    to = f"/layer/layer-{layer}/{_PLAYED[place]}"
    if asking:
        midi += ", relative: binary_offset" if place == _ENCODER else ""
        more = f", {_ASKING[place]}" if place in _ASKING else ""
        if place == _SHIFTED:
            # What the control says with shift comes to nothing while shift is up, but it has to be asked.
            more = f"}}\n  - {{midi: {{{midi}}}, to: /layer/layer-{layer}/x, modifier: shift"
    return f"  - {{midi: {{{midi}}}, to: {to}{more}}}"


def _world(folder: Path, text: str) -> World:
    folder.mkdir(parents=True, exist_ok=True)
    return world_of(folder, text, [Clip("clip", Path("clip.mov"), Codec.MJPEG, 640, 360, Fraction(30), 900)])


def played(world: World, moving: int, ticks: int) -> Laps:
    """Play the first `moving` controls in each of `ticks` ticks, as the loop does, and note what it costs."""
    bindings = Bindings(
        world.loaded.bindings,
        world.tree,
        Figures(),
        quantise=world.loaded.show.quantise,
        modifiers=world.loaded.modifiers,
    )
    past, laps = history(begun(world)), Laps()
    hands = _Hands(moving)
    with collector_set_aside():
        for tick in range(_WARM_UP_TICKS + ticks):
            now_s = (tick + 1) / _RATE_HZ
            events = hands.moved(tick, now_s)
            head = past.head
            times = [time.perf_counter()]
            handled = bindings.resolve(events, _values(world, head, now_s))
            resolved = [event for one in handled for event in one.resolved]
            times.append(time.perf_counter())
            resolved = coalesced(resolved, world.tree)
            times.append(time.perf_counter())
            past = stepped(world, past, resolved, now_s)
            times.append(time.perf_counter())
            if tick >= _WARM_UP_TICKS:
                _note(laps, times)
    return laps


def _values(world: World, head: State, now_s: float) -> Callable[[str], float | None]:
    return lambda path: value_at(world, head, path, now_s)


def _note(laps: Laps, times: Sequence[float]) -> None:
    lists = (laps.resolve_ms, laps.coalesce_ms, laps.step_ms)
    for values, begun_s, ended_s in zip(lists, times, times[1:], strict=False):
        values.append((ended_s - begun_s) * 1000)


class _Hands:
    """Controls that go up and down by a step of 7 bits a tick, each from another place."""

    def __init__(self, moving: int) -> None:
        self._addresses = [midi_cc(number // _ON_A_CHANNEL + 1, number % _ON_A_CHANNEL) for number in range(moving)]
        self._sequence = count()

    def moved(self, tick: int, now_s: float) -> list[Event]:
        """The events of a tick that ends at `now_s`, in order: their stamps are spread over it."""
        spread_s = 1 / _RATE_HZ / len(self._addresses)
        begun_s = now_s - 1 / _RATE_HZ
        return [
            Event(begun_s + number * spread_s, EventSource.MIDI, next(self._sequence), address, _place(tick + number))
            for number, address in enumerate(self._addresses)
        ]


def _place(step: int) -> float:
    """Up and down between 0 and 1 in 254 steps."""
    return abs(127 - step % 254) / 127
