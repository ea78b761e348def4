"""Suite `scrub`: from a fader's event to the newest frame ready, how long the queue grows, and what it costs in memory.

A thread moves a fader 1,000 times a second, back and forth, ever faster, over one 1080p clip; its events go through
the real inbox and bindings into the real loop, which turns once a millisecond and draws nothing. The cache holds a
tenth of the clip or less, so most frames that the fader comes to must be decoded. `tools.bench.fader` says what
counts as ready. The 99th percentile is taken over the frames that were not held beforehand, the harder half, and
divided by the median decode of the same run; the clock of a loop that turns each millisecond is part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.media.frame_store import FrameStore
from engine.model.clips import Clip, FrameTable
from tools.bench import memory
from tools.bench.bare_loop import Turns, bare_player, show_clock, usual_workers
from tools.bench.fader import Feeder, Motion, Watch, hand, once
from tools.bench.measuring import Case, Stopwatch, collector_set_aside, percentile, ratio, without_bars
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.shows import world_of

SUITE = "scrub"
_MIB = 2**20
_FEED_HZ = 1000.0
_CACHE_BYTES = 64 * _MIB
_SWEEP_S = 30.0
_LONG_SWEEP_S = 10.0
_LONG_FRAMES = 10_000
_FRAMES = 300
_SHOW = """layers: [{name: base}]
movements: [{name: one, duration_s: 86400}]
bindings: [{osc: /fader, scrub: /layer/base}]
"""


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Latency over MJPEG and HapQ, the queue over 10,000 indexes, and memory over 50 clips."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    width, height, sweep_s, long_s = (320, 180, 1.0, 1.0) if options.quick else (1920, 1080, _SWEEP_S, _LONG_SWEEP_S)
    wishes = [ClipWish(kind, width, height, 30 if options.quick else _FRAMES) for kind in (Kind.MJPEG, Kind.HAP_Q)]
    clips = {f"{height}p {wish.kind.value}": make_clip(wish, options.media, tell) for wish in wishes}
    for name, clip in clips.items():
        tell(f"scrubbing {name} for {sweep_s:g} s")
        yield from latency(name, sweep(clip, options.media, hand(sweep_s), sweep_s))
    for name, clip in clips.items():
        tell(f"a fader over {_LONG_FRAMES:,} indexes of {name}")
        swept = sweep(longer(clip, _LONG_FRAMES), options.media, once(long_s), long_s)
        yield from queue(f"{name}, {_LONG_FRAMES} indexes in {long_s:g} s", swept)
    yield from memory.rows(options, tell)


@dataclass(slots=True)
class Sweep:
    """What a sweep left behind."""

    watch: Watch
    figures: Figures
    workers: int
    clock: Stopwatch
    queue_lengths: list[float]
    events: int


def sweep(clip: Clip, folder: Path, motion: Motion, duration_s: float, *, workers: int = 0) -> Sweep:
    """Scrub `clip` for `duration_s` with the engine's own loop; `workers` 0 takes as many as a player would."""
    world = world_of(folder, _SHOW, [clip])
    figures, inbox, now_s = Figures(), Inbox(), show_clock()
    feeder = Feeder(inbox, "/fader", motion, rate=_FEED_HZ, duration_s=duration_s, now_s=now_s)
    watch = Watch(feeder.sent, clip.frame_count, now_s)
    count = workers or usual_workers()
    with FrameStore(
        world.loaded.clips, figures=figures, cache_bytes=_CACHE_BYTES, workers=count, open_clip=watch.open_clip
    ) as store:
        player = bare_player(world, store, inbox, figures, Turns(now_s, 1 / _FEED_HZ, lambda: feeder.done))
        player.frames_for = watch.between(player.frames_for)
        queue_lengths: list[float] = []
        length = figures.samples("queue_length")
        player.after_tick.append(lambda _tick, _plan, _state: queue_lengths.append(length.last))
        with collector_set_aside(), Stopwatch() as clock:
            feeder.start()
            player.run()
    feeder.join()
    return Sweep(watch, figures, count, clock, queue_lengths, len(feeder.sent))


def latency(name: str, swept: Sweep) -> Iterator[Row]:
    """The rows of one sweep: event to frame, decode, their ratio, and the queue."""
    case, watch = Case(SUITE, name), swept.watch
    held = f"{watch.visits} frames visited, {watch.ready_before} held beforehand, {len(watch.waited_ms)} waited for"
    times = ratio(percentile(watch.waited_ms, 99), percentile(watch.decode_ms, 50))
    yield case.row("event to frame ready p99 ÷ decode p50", times, "×", Bar("≤", 2), held)
    yield case.row("events", swept.events / swept.clock.wall_s, "1/s")
    yield from queue(name, swept)
    yield case.cpu(swept.clock)
    yield from case.spread("event to frame ready", watch.waited_ms, "ms")
    yield from case.spread("of it beside its own decode", watch.beside_ms, "ms")
    yield from case.spread("decode", watch.decode_ms, "ms")


def queue(name: str, swept: Sweep) -> Iterator[Row]:
    """How long the queue grew, and what was dropped for it."""
    case, layers = Case(SUITE, name), 1
    longest = max(swept.queue_lengths, default=None)
    yield case.row("queue length, most", longest, "", Bar("≤", layers + swept.workers), "layers + workers")
    yield case.row("requests dropped", swept.figures.counter("requests_dropped").count, "")
    yield case.row("frames decoded", len(swept.watch.decode_ms), "")


def longer(clip: Clip, frames: int) -> Clip:
    """A clip of `frames` frames whose table leads to the stored ones over and over."""
    table = clip.table
    assert table is not None, "a clip without a table has no second way to its frames"
    rows_of = np.arange(frames) % clip.frame_count
    repeated = FrameTable(table.offsets[rows_of], table.lengths[rows_of])
    return replace(clip, slug=f"{clip.slug}-long", frame_count=frames, table=repeated)
