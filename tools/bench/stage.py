"""`runtime-tools bench show.yaml`: will this show hold on this machine?

*Clip by clip*: random frames through the engine's own frame source on one thread, page cache warm, until there are
1,000 or the clip's share of time is over: p50, p99 and p99.9. A clip holds where the 99th percentile is within the
frame budget (one tick at the canvas's rate). A file outside the library decodes from its key frames: what counts
there is playing on, and its row says that it will not scrub.

*The show*: the moment of each movement that asks most is found from its schedule and layers. There: the bytes a
second of all that plays, against what the disk gives when the files are cold; the decoding of all that plays on,
against the cores; and the tick in which every layer jumps at once, decoded on all cores. *Rehearsal*: the player
itself, off screen and without devices, from that moment on: what a tick takes, drawing included.

Where files could not be made cold (`tools.bench.disk`), the disk is no bar. A quick trial measures less and answers
all the same.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.app.jobs import LiveJob
from engine.app.load import load_world
from engine.app.wiring import live
from engine.errors import DeviceError, FrameError, SourceError
from engine.media.buffers import BufferPool
from engine.media.frame_source import FrameSource, open_source
from engine.model.clips import Clip
from engine.model.controls import Inputs, MidiInput, OscInput
from engine.model.sound import Onsets
from engine.model.world import World
from tools.bench.bare_loop import usual_workers
from tools.bench.demand import Moment, clips_of, moments
from tools.bench.disk import Disk, cold_reads, disk_rows
from tools.bench.laps import STAGES, Laps
from tools.bench.measuring import Case, collector_set_aside, percentile
from tools.bench.rows import Bar, Options, Row, Tell

SUITE = "show"
_READS, _DISTINCT = 1000, 100
_CLIP_S, _FULL_CLIP_S, _QUICK_CLIP_S = 2.0, 10.0, 0.1
_MOST_CLIPS = 100
_COLD_S = 3.0
_REHEARSAL_S, _QUICK_REHEARSAL_S = 5.0, 0.5


def rows(show: Path, options: Options, tell: Tell) -> Iterator[Row]:
    """Clips, disk, decoding, rehearsal, and the verdict. Raises ShowError and SourceError as the player does."""
    tell(f"loading {show}")
    world = load_world(show)
    found: list[Row] = []
    for row in _rows(world, options, tell):
        found.append(row)
        yield row
    yield verdict(found)


def _rows(world: World, options: Options, tell: Tell) -> Iterator[Row]:
    rate = world.loaded.show.canvas.rate
    used = clips_of(world.loaded)
    seconds = _QUICK_CLIP_S if options.quick else _FULL_CLIP_S if options.full else _CLIP_S
    seeks: dict[str, Seeks] = {}
    for clip in heaviest(list(used.values())):
        tell(f"random frames of {clip.slug}")
        seeks[clip.slug] = measured(clip, seconds)
        yield from clip_rows(clip, seeks[clip.slug], rate)
    if len(used) > len(seeks):
        note = f"the {len(seeks)} largest were measured; the others are taken to be no slower than the slowest of them"
        yield Case(SUITE, "all clips").row("clips used", len(used), "", note=note)
    tell("reading cold")
    disk = cold_reads(
        [used[slug] for slug, one in seeks.items() if not one.error], _COLD_S if not options.quick else _QUICK_CLIP_S
    )
    yield from disk_rows(disk)
    costs = Costs.of(used, seeks)
    found = loads(world, costs, rate)
    for load in found:
        yield from load_rows(load, costs, rate, disk)
    for load in found:
        tell(f"rehearsing {load.moment.movement}")
        yield from rehearsal_rows(world, load.moment, _QUICK_REHEARSAL_S if options.quick else _REHEARSAL_S)


def verdict(found: Sequence[Row]) -> Row:
    """Whether the show holds: how many bars were missed, and where."""
    missed = [row for row in found if row.met is False]
    cases = ", ".join(dict.fromkeys(row.case for row in missed))
    note = f"does not hold: {cases}" if missed else "this show holds on this machine, as far as was measured"
    return Case(SUITE, "verdict").row("bars missed", len(missed), "", Bar("≤", 0), note)


# Clips


@dataclass(slots=True)
class Seeks:
    """Milliseconds of random reads and of reads in order; `error` says why a clip has none."""

    random_ms: list[float] = field(default_factory=list)
    ordered_ms: list[float] = field(default_factory=list)
    damaged: int = 0
    error: str = ""

    @property
    def p50_ms(self) -> float:
        return percentile(self.random_ms, 50) or 0.0

    @property
    def ordered_p50_ms(self) -> float:
        return percentile(self.ordered_ms, 50) or 0.0

    @property
    def p99_ms(self) -> float:
        return percentile(self.random_ms, 99) or 0.0


def heaviest(clips: Sequence[Clip]) -> list[Clip]:
    """The clips to measure: all, or the largest of a library's many; in the order of their names."""
    largest = sorted(clips, key=lambda clip: (clip.table is None, clip.width * clip.height), reverse=True)
    return sorted(largest[:_MOST_CLIPS], key=lambda clip: clip.slug)


def measured(clip: Clip, seconds: float) -> Seeks:
    """Read `clip` for at most about `seconds`, at random and in order."""
    found, pool, choice = Seeks(), BufferPool(), random.Random(1)
    indexes = choice.sample(range(clip.frame_count), min(_DISTINCT, clip.frame_count))
    try:
        with closing(open_source(clip, pool)) as source, collector_set_aside():
            for index in indexes if clip.frames_stand_alone else ():  # into the page cache
                _read_ms(source, pool, index, found)
            found.damaged = 0
            until_s = time.perf_counter() + seconds * 2 / 3
            while len(found.random_ms) < _READS and time.perf_counter() < until_s:
                _keep(found.random_ms, _read_ms(source, pool, choice.choice(indexes), found))
            until_s = time.perf_counter() + seconds / 3
            start = choice.randrange(clip.frame_count)
            for step in range(min(_READS, clip.frame_count)):
                if time.perf_counter() > until_s:
                    break
                _keep(found.ordered_ms, _read_ms(source, pool, (start + step) % clip.frame_count, found))
    except SourceError as error:
        found.error = str(error)
    return found


def _read_ms(source: FrameSource, pool: BufferPool, index: int, found: Seeks) -> float | None:
    begun_s = time.perf_counter()
    try:
        picture = source.read(index)
    except FrameError:
        found.damaged += 1
        return None
    took_ms = (time.perf_counter() - begun_s) * 1000
    pool.give(picture.planes)
    return took_ms


def _keep(values: list[float], value: float | None) -> None:
    if value is not None:
        values.append(value)


def clip_rows(clip: Clip, seeks: Seeks, rate: float) -> Iterator[Row]:
    """The rows of one clip, against the frame budget of `rate` ticks a second."""
    case, budget = Case(SUITE, clip.slug), Bar("≤", 1000 / rate)
    if seeks.error or not seeks.random_ms:
        yield case.row("frames read", 0, "", Bar("≥", 1), seeks.error or "no frame of it could be read")
        return
    scrubs = clip.frames_stand_alone
    mend = "" if scrubs else "outside the library: it plays, but will not scrub; build it into the library"
    yield case.row("seek p50", percentile(seeks.random_ms, 50), "ms", note=f"{len(seeks.random_ms)} random frames")
    yield case.row("seek p99", percentile(seeks.random_ms, 99), "ms", budget if scrubs else None, mend)
    yield case.row("seek p99.9", percentile(seeks.random_ms, 99.9), "ms")
    if not scrubs:
        yield case.row("in order p99", percentile(seeks.ordered_ms, 99), "ms", budget)
    if seeks.damaged:
        yield case.row("damaged frames met", seeks.damaged, "", Bar("≤", 0), "they show their neighbour")


# The show


def frame_bytes(clip: Clip) -> float:
    """The mean of a frame in the clip's file."""
    if clip.table is not None and len(clip.table):
        return float(clip.table.lengths.mean())
    if clip.images is not None:
        return float(clip.images.file(clip.frame_count // 2).stat().st_size)
    return clip.file.stat().st_size / max(1, clip.frame_count)


@dataclass(frozen=True, slots=True)
class Costs:
    """What a frame of each clip costs: milliseconds to play on to it and to jump to it, and bytes. By slug."""

    play_ms: Mapping[str, float]
    jump_ms: Mapping[str, float]
    nbytes: Mapping[str, float]

    @classmethod
    def of(cls, used: Mapping[str, Clip], seeks: Mapping[str, Seeks]) -> Costs:
        """A clip that was not measured costs what the slowest one does."""
        play_ms = {
            slug: one.p50_ms if used[slug].frames_stand_alone else one.ordered_p50_ms for slug, one in seeks.items()
        }
        lost = {slug for slug, one in seeks.items() if one.error}
        jump_ms = {slug: one.p99_ms for slug, one in seeks.items()}
        slowest_ms = max(play_ms.values(), default=0.0), max(jump_ms.values(), default=0.0)
        return cls(
            {slug: play_ms.get(slug, slowest_ms[0]) for slug in used},
            {slug: jump_ms.get(slug, slowest_ms[1]) for slug in used},
            {slug: 0.0 if slug in lost else frame_bytes(clip) for slug, clip in used.items()},
        )


@dataclass(frozen=True, slots=True)
class Load:
    """What a movement asks at most: of the disk at one moment, of the cores at another."""

    moment: Moment  # the one with most to decode
    play_ms: float  # a tick, on one core
    bytes_a_s: float


def loads(world: World, costs: Costs, rate: float) -> list[Load]:
    """Each movement's, in the order of the show, at `rate` ticks a second."""
    found: dict[str, Load] = {}
    for moment in moments(world.loaded):
        play_ms = moment.total(lambda clip, frames_a_s: costs.play_ms[clip.slug] * frames_a_s / rate, rate)
        bytes_a_s = moment.total(lambda clip, frames_a_s: costs.nbytes[clip.slug] * frames_a_s, rate)
        known = found.get(moment.movement)
        if known is None or play_ms > known.play_ms:
            found[moment.movement] = Load(moment, play_ms, max(bytes_a_s, known.bytes_a_s if known else 0.0))
        elif bytes_a_s > known.bytes_a_s:
            found[moment.movement] = replace(known, bytes_a_s=bytes_a_s)
    return list(found.values())


def load_rows(load: Load, costs: Costs, rate: float, disk: Disk) -> Iterator[Row]:
    """A movement against the disk, the cores, and the tick in which all of its layers jump."""
    moment, budget = load.moment, Bar("≤", 1000 / rate)
    case, cores = Case(SUITE, f"movement {moment.movement}"), max(1, min(usual_workers(), os.cpu_count() or 1))
    bar = Bar("≤", disk.mb_a_s) if disk.is_cold else None
    yield case.row("read from disk", load.bytes_a_s / 1e6, "MB/s", bar, "the most at once, against the disk, cold")
    where = f"at {moment.position_s:.1f} s, {len(moment.layers)} layers, {cores} cores"
    yield case.row("decode, playing on", load.play_ms / cores, "ms a tick", budget, where)
    jumps_ms = [layer.most(lambda clip, _: costs.jump_ms[clip.slug], rate) for layer in moment.layers]
    all_ms = max(sum(jumps_ms) / cores, max(jumps_ms, default=0.0))
    yield case.row("decode, every layer jumps", all_ms, "ms a tick", budget, "the p99 of each, shared by the cores")


# Rehearsal


def rehearsal_rows(world: World, moment: Moment, seconds: float) -> Iterator[Row]:
    """The player from that moment on, off screen, without any device."""
    case, rate = Case(SUITE, f"movement {moment.movement}"), world.loaded.show.canvas.rate
    budget = Bar("≤", 1000 / rate)
    try:
        laps, dropped = rehearsed(world, moment.show_s, seconds)
    except DeviceError as error:
        yield case.row("a tick, drawing included p99", None, "ms", budget, str(error))
        return
    ticks = [sum(parts) for parts in zip(*(laps.wall_ms[stage] for stage in STAGES), strict=False)]
    yield case.row("a tick, drawing included p50", percentile(ticks, 50), "ms", note=f"rehearsed for {seconds:g} s")
    yield case.row("a tick, drawing included p99", percentile(ticks, 99), "ms", budget)
    yield case.row("of it drawing p99", percentile(laps.wall_ms["draw"], 99), "ms")
    yield case.row("frames dropped", dropped, "", note=f"of {len(ticks) + dropped}")


def rehearsed(world: World, from_s: float, seconds: float) -> tuple[Laps, int]:
    """What each tick took from `from_s` on, and how many were dropped. Raises DeviceError without a GL driver."""
    quiet = Inputs(midi=MidiInput(enabled=False), osc=OscInput(enabled=False))
    onsets = world.loaded.show.onsets if world.loaded.show.onsets.source != "input" else Onsets(source="none")
    show = world.loaded.show.model_copy(update={"inputs": quiet, "onsets": onsets})
    deaf = replace(world, loaded=replace(world.loaded, show=show))
    laps = Laps()
    with live(deaf, LiveJob(headless=True, from_s=from_s, for_s=seconds, silent=True)) as (player, _inputs):
        laps.follow(player)
        with collector_set_aside():
            player.run()
    return laps, player.figures.counter("frames_dropped").count
