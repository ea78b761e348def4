"""Part of suite `scrub`: what scrubbing through 50 clips costs in memory.

Two layers scrub through clips of two codecs and two sizes at 60 turns a second, another clip four times a second.
Resident memory late in the run less the same early in it is growth. What the run takes in all is held against
the budget that was stated: the cache, its pool of idle buffers, and what each worker reads into.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.app.pace import Tick
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.state import State
from engine.media.frame_store import FrameStore
from engine.model.clips import Clip
from engine.model.events import EventSource
from engine.model.plan import FramePlan
from tools.bench.bare_loop import Turns, bare_player, resident_bytes, show_clock, usual_workers
from tools.bench.fader import hand
from tools.bench.measuring import Case, Stopwatch, collector_set_aside
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.shows import named, world_of

_SUITE = "scrub"
_MIB = 2**20
_CLIPS = 50
_MEMORY_CACHE_BYTES = 256 * _MIB
_CLIP_S = 0.25  # so that all have been played twice before the first look
# (all of the run, the first look): a run that is cut short spends its first half filling the cache and opening files.
_FULL_S, _SHORT_S, _QUICK_S = (600.0, 120.0), (60.0, 30.0), (2.0, 1.0)
_GROWTH_MB = 16.0
# Beside the cache: idle buffers (an eighth of it, 32 MiB at least), and for each worker a few open clips with the
# buffer that each reads into and its decoder's state.
_WORKER_BYTES = 32 * _MIB
_MEMORY_SHOW = """layers:
  - {name: low, transition_s: 0.2}
  - {name: high, transition_s: 0.2, opacity: 0.5}
movements: [{name: one, duration_s: 86400}]
"""


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Growth of resident memory while 50 clips are scrubbed; the whole ten minutes with `full`."""
    total_s, early_s = _QUICK_S if options.quick else _FULL_S if options.full else _SHORT_S
    sizes = ((320, 180),) if options.quick else ((1280, 720), (1920, 1080))
    frames = 30 if options.quick else 300
    wishes = [ClipWish(kind, *size, frames) for size in sizes for kind in (Kind.MJPEG, Kind.HAP_Q)]
    stored = [make_clip(wish, options.media, tell) for wish in wishes]
    tell(f"scrubbing {_CLIPS} clips for {total_s:g} s, watching memory")
    clips = [named(stored[number % len(stored)], f"clip-{number:02}") for number in range(_CLIPS)]
    yield from growth(wander(clips, options.media, total_s), early_s, total_s, full=options.full)


@dataclass(slots=True)
class Wander:
    """Resident memory over a run: (seconds since its beginning, bytes), and before it."""

    before: int | None
    over_time: list[tuple[float, int]] = field(default_factory=list)
    budget: int = 0
    clock: Stopwatch = field(default_factory=Stopwatch)


def wander(clips: Sequence[Clip], folder: Path, duration_s: float, *, cache_bytes: int = _MEMORY_CACHE_BYTES) -> Wander:
    """Scrub through `clips` on two layers at 60 turns a second."""
    world = world_of(folder, _MEMORY_SHOW, clips)
    figures, inbox, now_s = Figures(), Inbox(), show_clock()
    count = usual_workers()
    found = Wander(resident_bytes(), budget=cache_bytes + max(cache_bytes // 8, 32 * _MIB) + count * _WORKER_BYTES)
    motion = hand(duration_s)

    def note(tick: Tick, _plan: FramePlan, _state: State) -> None:
        if tick.frame_index % 6 == 0 and (now := resident_bytes()) is not None:
            found.over_time.append((tick.now_s, now))
        stamp_s = now_s()
        for place, layer in enumerate(("low", "high")):
            if tick.frame_index % int(60 * _CLIP_S) == 0:
                choice = (2 * tick.frame_index // int(60 * _CLIP_S) + place) % len(clips)
                inbox.put(EventSource.SCRIPT, f"/layer/{layer}/clip", float(choice), stamp_s)
            inbox.put(EventSource.SCRIPT, f"/layer/{layer}/position", motion(stamp_s), stamp_s)

    with FrameStore(world.loaded.clips, figures=figures, cache_bytes=cache_bytes, workers=count) as store:
        player = bare_player(world, store, inbox, figures, Turns(now_s, 1 / 60, lambda: now_s() >= duration_s))
        player.after_tick.append(note)
        with collector_set_aside(), found.clock:
            player.run()
    return found


def growth(found: Wander, early_s: float, late_s: float, *, full: bool) -> Iterator[Row]:
    """The rows of a wander: growth between two instants, and the most against the budget."""
    case = Case(_SUITE, f"{_CLIPS} clips")
    if not found.over_time or found.before is None:
        yield case.row("memory grown", None, "MB", Bar("≤", _GROWTH_MB), "this system does not say what is resident")
        return
    early = _resident_about(found.over_time, early_s)
    late = _resident_about(found.over_time, late_s)
    what = f"resident at {late_s:g} s less at {early_s:g} s" + ("" if full else "; --full takes 600 s less 120 s")
    yield case.row("memory grown", (late - early) / 1e6, "MB", Bar("≤", _GROWTH_MB), what)
    most = max(size for _, size in found.over_time) - found.before
    budget = f"cache, its idle buffers and {_WORKER_BYTES // _MIB} MiB a worker"
    yield case.row("memory taken, most", most / 1e6, "MB", Bar("≤", found.budget / 1e6), budget)
    yield case.cpu(found.clock)


def _resident_about(over_time: Sequence[tuple[float, int]], at_s: float) -> float:
    """The median of a twentieth of the run before `at_s`: one sample may fall between an eviction and its return."""
    end = over_time[-1][0]
    near = [size for when, size in over_time if at_s - end / 20 <= when <= at_s]
    return float(np.median(near)) if near else float(over_time[-1][1])
