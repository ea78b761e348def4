"""Part of suite `play`: whether Python ever costs a loop of 60 ticks a second its deadline.

The loop runs while two decode workers are kept busy with frames that no cache holds,
from files that a thread keeps telling the system to forget; two layers jump to a random frame each tick. A C loop
of the same pace (`pace.c`) runs beside it: a machine that wakes nobody in time is no fault of Python's, so its misses
are taken off ours. A deadline is missed when a tick begins a whole period late or more; those after a tick whose
drawing alone outlasted its period are told apart, since software GL draws with the same cores. Ten minutes with
--full, else one. Collector runs and major page faults of the run are counted: both should be 0.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.app.jobs import LiveJob
from engine.app.player import Player
from engine.app.wiring import live
from engine.core.figures import Counter, Figures
from engine.media.frame_store import FrameStore
from engine.model.clips import Clip
from engine.model.events import EventSource
from engine.model.pictures import FrameRef
from engine.model.plan import Wanted
from engine.model.world import World
from tools.bench.cold import forgotten, major_faults, storage_bytes_read
from tools.bench.laps import STAGES, Laps
from tools.bench.measuring import Case, Collections, Stopwatch, collector_set_aside
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.pacer import CPacer, Paced
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.shows import named, world_of

_SUITE = "play"
_RATE = 60.0
_SHORT_S, _FULL_S, _QUICK_S = 60.0, 600.0, 1.0
_WORKERS = 2


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Ten minutes, one, or a moment."""
    width, height, frames = (320, 180, 30) if options.quick else (1920, 1080, 300)
    clip = make_clip(ClipWish(Kind.MJPEG, width, height, frames), options.media, tell)
    duration_s = _QUICK_S if options.quick else _FULL_S if options.full else _SHORT_S
    tell(f"60 ticks a second against cold files for {duration_s:g} s")
    yield from deadline_rows(deadlines(clip, options.media, duration_s), full=options.full)


_LOAD_SHOW = """canvas: {width: 320, height: 180, rate: 60}
layers:
  - {name: low}
  - {name: high, blend: add, opacity: 0.5}
movements: [{name: one, duration_s: 86400}]
"""
_LOAD_LAYERS = ("low", "high")
_MORE_WANTED = 8  # frames a tick beside the plan: more than two workers decode in it
_LOAD_CACHE_BYTES = 64 << 20


@dataclass(slots=True)
class Deadlines:
    """What a loop missed under load, and what the C loop beside it did."""

    missed: int = 0
    missed_drawing: int = 0  # of them: after a tick whose drawing alone outlasted its period
    late: int = 0
    ticks: int = 0
    collections: int = 0
    major_faults: int = 0
    busy: float = 0.0  # of the workers' time
    read_bytes: int | None = None
    paced: Paced | None = None
    no_pacer: str = ""
    laps: Laps = field(default_factory=Laps)
    clock: Stopwatch = field(default_factory=Stopwatch)


def deadlines(clip: Clip, folder: Path, duration_s: float) -> Deadlines:
    """Play random frames of `clip`, cold, on two layers at 60 ticks a second."""
    world = world_of(folder, _LOAD_SHOW, [named(clip, f"clip-{layer}") for layer in _LOAD_LAYERS])
    found, pacer = Deadlines(), CPacer(folder)
    with (
        live(world, LiveJob(headless=True, for_s=duration_s, silent=True)) as (player, inputs),
        _busy_store(world, player, inputs.clock.now_s) as figures,
        forgotten(clip.file),
        Collections() as collections,
    ):
        found.laps.follow(player)
        player.before_tick = (*player.before_tick, _blame(found, player.figures.counter("frames_dropped")))
        read_before, faults_before = storage_bytes_read(), major_faults()
        with collector_set_aside():
            collections.count = 0  # the one that `collector_set_aside` asks for
            pacer.start(_RATE, duration_s)
            with found.clock:
                player.run()
            found.collections = collections.count
        found.major_faults = major_faults() - faults_before
        read_after = storage_bytes_read()
        found.paced, found.no_pacer = pacer.result(), pacer.absent
    found.read_bytes = None if read_after is None or read_before is None else read_after - read_before
    found.missed = player.figures.counter("frames_dropped").count
    found.late = player.figures.counter("frames_late").count
    found.ticks = player.figures.counter("frames_shown").count
    decode = figures.samples("decode_ms")
    found.busy = decode.count * decode.percentile(50) / 1000 / (_WORKERS * found.clock.wall_s)
    return found


def _blame(found: Deadlines, dropped: Counter) -> Callable[[], None]:
    """At the beginning of each tick: was a deadline missed, and was it the drawing of the tick before?"""

    def look() -> None:
        drawing_ms = sum(found.laps.wall_ms[stage][-1] for stage in ("draw", "present") if found.laps.wall_ms[stage])
        if dropped.count > found.missed and drawing_ms >= 1000 / _RATE:
            found.missed_drawing += dropped.count - found.missed
        found.missed = dropped.count

    return look


@contextmanager
def _busy_store(world: World, player: Player, now_s: Callable[[], float]) -> Iterator[Figures]:
    """A frame store of two workers in place of the player's own, a hand on every layer at every tick, and more
    frames wanted than the workers can decode.
    """
    figures, choice = Figures(), random.Random(1)
    clips = list(world.loaded.clips.values())
    paths = [f"/layer/{layer}/position" for layer in _LOAD_LAYERS]

    def jump() -> None:
        for path in paths:
            player.inbox.put(EventSource.SCRIPT, path, choice.random(), now_s())

    def want(wanted: Sequence[Wanted]) -> None:
        soon_s = now_s() + 1.0
        more = [choice.choice(clips) for _ in range(_MORE_WANTED)]
        store.want([*wanted, *(Wanted(FrameRef(one.slug, choice.randrange(one.frame_count)), soon_s) for one in more)])

    with FrameStore(world.loaded.clips, figures=figures, cache_bytes=_LOAD_CACHE_BYTES, workers=_WORKERS) as store:
        player.frames_for, player.want = store.frames_for, want
        player.before_tick = (*player.before_tick, jump)
        yield figures


def deadline_rows(found: Deadlines, *, full: bool) -> Iterator[Row]:
    """Deadlines missed through Python, and all that tells whether the load was what it was meant to be."""
    case = Case(_SUITE, "60 Hz, cold files")
    length = "" if full else f"{found.clock.wall_s:.0f} s; --full takes 10 minutes"
    less = None if found.paced is None else max(0, found.missed - found.paced.missed)
    note = f"{found.no_pacer}: there is no C loop to compare with" if found.paced is None else length
    yield case.row("deadlines missed through Python", less, "", Bar("≤", 0), note)
    yield case.row("collector runs", found.collections, "", Bar("≤", 0))
    yield case.row("major page faults", found.major_faults, "", Bar("≤", 0))
    ours = case.part("this player")
    yield ours.row("missed", found.missed, "", note=f"of {found.ticks + found.missed}")
    yield ours.row("over half a tick late", found.late, "")
    yield ours.row("missed while drawing", found.missed_drawing, "", note="drawing alone outlasted the tick")
    if found.paced is not None:
        theirs = case.part("C loop")
        yield theirs.row("missed", found.paced.missed, "", note=f"of {found.paced.ticks + found.paced.missed}")
        yield theirs.row("over half a tick late", found.paced.late, "")
        yield theirs.row("worst", found.paced.worst_ms, "ms")
    load = case.part("load")
    yield load.row("workers busy", 100 * found.busy, "%", note=f"{_WORKERS} workers, by their median decode")
    cold = None if found.read_bytes is None else found.read_bytes / 1e6 / found.clock.wall_s
    yield load.row("read from the disk", cold, "MB/s", note="0 means that the files stayed in memory")
    yield load.cpu(found.clock)
    for stage in STAGES:
        yield from case.spread(f"{stage}, wall", found.laps.wall_ms[stage], "ms")
