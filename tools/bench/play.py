"""Suite `play`: what Python costs the loop, and whether it ever costs a deadline.

*Python share*: a show of 8 layers of real clips through the real player with no window, on a canvas of 320 × 180:
four layers cut and fade by a schedule, four jump or change clips on onsets four times a second. The engine's own
figure `python_ms` (all that a tick does before it draws) is what the bar is for. Beside it stand the CPU time of the
same stretch, which other programs on the machine cannot blur, and what drawing took.

*Deadlines*: see `tools.bench.deadlines`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.app.jobs import LiveJob
from engine.app.wiring import live
from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.model.clips import Clip
from tools.bench import deadlines
from tools.bench.laps import STAGES, Laps
from tools.bench.measuring import Case, Stopwatch, collector_set_aside, without_bars
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.shows import named, schedule_of, world_of

SUITE = "play"
_PYTHON_MS = 1.5
_SHARE_S = 20.0
_FRAMES = 60


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """The Python share with 8 layers, then deadlines under load."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    width, height, duration_s = (320, 180, 1.0) if options.quick else (1280, 720, _SHARE_S)
    wishes = [ClipWish(kind, width, height, _FRAMES) for kind in (Kind.HAP_Q, Kind.MJPEG)]
    clips = [make_clip(wish, options.media, tell) for wish in wishes]
    try:
        tell(f"8 layers on stage for {duration_s:g} s")
        yield from share_rows(share(clips, options.media, duration_s))
        yield from deadlines.rows(options, tell)
    except DeviceError as error:
        yield Case(SUITE, "all").row("ticks", None, "", note=str(error))


_SHARE_SHOW = """canvas: {width: 320, height: 180, rate: 60}
layers:
  - {name: cut-a}
  - {name: cut-b, blend: screen, opacity: 0.5, loop: ping_pong}
  - {name: cut-c, blend: add, opacity: 0.5, speed: 0.5, interpolation: blend}
  - {name: cut-d, blend: multiply, opacity: 0.7, speed: -1}
  - {name: hit-a, blend: screen, opacity: 0.5, on_onset: {action: jump}, transition_s: 0.1}
  - {name: hit-b, blend: add, opacity: 0.3, on_onset: {action: jump, every: 2}}
  - {name: hit-c, blend: screen, opacity: 0.4, choose: random, on_onset: {action: random_clip, every: 4}}
  - {name: hit-d, opacity: 0.2, on_onset: {action: flash}, transform: {scale: 0.5, rotation_deg: 10}}
movements:
  - {name: one, schedule: bench.csv}
at_end: loop
bindings:
  - {key: q, to: /layer/hit-a/jump}
  - {key: w, to: /layer/hit-b/next}
  - {key: e, to: /layer/cut-a/flash}
  - {key: r, to: /movement/restart}
  - {midi: {cc: 1}, scrub: /layer/cut-a}
"""


@dataclass(slots=True)
class Share:
    """Where the time of each tick went."""

    figures: Figures
    laps: Laps
    clock: Stopwatch


def share(stored: Sequence[Clip], folder: Path, duration_s: float) -> Share:
    """Play the show of 8 layers in real time, off screen."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = [named(stored[number % len(stored)], f"clip-{number}") for number in range(8)]
    layers = [f"cut-{letter}" for letter in "abcd"]
    schedule = schedule_of(layers, [clip.slug for clip in clips], rows=4, row_s=1.0, fade_s=0.3)
    (folder / "bench.csv").write_text(schedule, encoding="utf-8")
    world = world_of(folder, _SHARE_SHOW, clips, track_s=60.0, onset_s=0.25)
    laps = Laps()
    with live(world, LiveJob(headless=True, for_s=duration_s, silent=True)) as (player, _inputs):
        laps.follow(player)
        with collector_set_aside(), Stopwatch() as clock:
            player.run()
    return Share(player.figures, laps, clock)


def share_rows(found: Share) -> Iterator[Row]:
    """The engine's own figure against the bar, and each stage beside it."""
    case = Case(SUITE, "8 layers, 320 × 180")
    python = found.figures.samples("python_ms")
    ticks = found.figures.counter("frames_shown").count
    yield case.row("python_ms p50", python.percentile(50) if ticks else None, "ms")
    yield case.row("python_ms p99", python.percentile(99) if ticks else None, "ms", Bar("≤", _PYTHON_MS))
    yield case.row("ticks a second", ticks / found.clock.wall_s, "1/s")
    yield case.cpu(found.clock)
    for stage in STAGES:
        yield from case.spread(f"{stage}, CPU", found.laps.cpu_ms[stage], "ms")
        yield from case.spread(f"{stage}, wall", found.laps.wall_ms[stage], "ms")
