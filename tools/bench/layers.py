"""Suite `layers`: how many layers of random frames a tick can have, and the ways of uploading them.

Each tick every layer asks for a random frame of a clip of its own; the frame store decodes all of them, and the
texture store uploads them until the GPU is done: nothing is drawn, and nothing was asked for ahead. The bar is for 8
layers of 720p HapQ; 1, 2 and 4 layers, and MJPEG, show how the cost grows. The cache holds two ticks' pictures, so
that no tick lives on the one before. Upload paths: see `tools.bench.uploads`. Where a GPU draws, layers of 1080p
and 4K HapQ are added one by one for as long as 60 ticks a second hold; software GL is not asked.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import moderngl

from engine.core.figures import Figures
from engine.errors import DeviceError
from engine.gl.compositor import is_software
from engine.gl.compressed import egl_get_proc_address
from engine.gl.context import headless_context
from engine.gl.textures import TextureStore
from engine.media.frame_store import FrameStore
from engine.model.clips import Clip
from engine.model.pictures import FrameRef, Hit
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame
from tools.bench import uploads
from tools.bench.bare_loop import usual_workers
from tools.bench.measuring import Case, Stopwatch, collector_set_aside, percentile, ratio, without_bars
from tools.bench.media import ClipWish, Kind, make_clip
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.shows import named

SUITE = "layers"
_LAYERS = (1, 2, 4, 8)
_BAR_LAYERS = 8
_RATE = 60.0
_FRAMES = 60
_TICKS, _FULL_TICKS, _QUICK_TICKS = 300, 3000, 10
_UPLOADS = 100
_MOST_LAYERS = 64


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Ticks a second by layers and codec, then the upload paths, then, on a GPU, the layers that hold 60 a second."""
    found = _rows(options, tell)
    return without_bars(found) if options.quick else found


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    try:
        context = headless_context()
    except DeviceError as error:
        yield Case(SUITE, "all").row("ticks a second", None, "1/s", note=str(error))
        return
    try:
        yield from _growth(context, options, tell)
        for width, height in ((320, 180),) if options.quick else ((1280, 720), (1920, 1080)):
            tell(f"uploading {width} × {height} in every way")
            yield from uploads.rows(context, width, height, 5 if options.quick else _UPLOADS)
        if not options.quick:
            yield from _held(context, options.media, tell)
    finally:
        context.release()


def _growth(context: moderngl.Context, options: Options, tell: Tell) -> Iterator[Row]:
    ticks = _QUICK_TICKS if options.quick else _FULL_TICKS if options.full else _TICKS
    width, height, frames = (320, 180, 10) if options.quick else (1280, 720, _FRAMES)
    for kind in (Kind.HAP_Q, Kind.MJPEG):
        clip = make_clip(ClipWish(kind, width, height, frames), options.media, tell)
        single_ms: float | None = None
        for count in _LAYERS:
            tell(f"{count} layers of {height}p {kind.value}")
            found = run(context, clip, count, ticks)
            case = Case(SUITE, f"{count} × {height}p {kind.value}")
            bar = Bar("≥", _RATE) if kind is Kind.HAP_Q and count == _BAR_LAYERS else None
            yield case.row("ticks a second", ticks / found.clock.wall_s, "1/s", bar, f"{found.workers} workers")
            yield from case.spread("tick", found.tick_ms, "ms")
            yield from case.spread("of it upload", found.upload_ms, "ms")
            single_ms = single_ms or percentile(found.tick_ms, 50)
            yield case.row(
                "a layer ÷ a single one", ratio(percentile(found.tick_ms, 50), count * (single_ms or 0)), "×"
            )
            yield case.cpu(found.clock)


@dataclass(slots=True)
class Run:
    """What ticks took, in milliseconds: all of each, and its uploads until the GPU was done."""

    workers: int
    tick_ms: list[float] = field(default_factory=list)
    upload_ms: list[float] = field(default_factory=list)
    clock: Stopwatch = field(default_factory=Stopwatch)


def run(context: moderngl.Context, clip: Clip, layers: int, ticks: int, *, workers: int = 0) -> Run:
    """Decode and upload `layers` random frames of `clip` (each layer's its own) `ticks` times."""
    clips = {one.slug: one for one in (named(clip, f"layer-{number}") for number in range(layers))}
    count = workers or usual_workers()
    figures, found, choice = Figures(), Run(count), random.Random(1)
    with ExitStack() as stack:
        cache_bytes = 2 * layers * 2 * clip.width * clip.height
        store = FrameStore(clips, figures=figures, cache_bytes=cache_bytes, workers=count)
        stack.callback(store.close)
        textures = TextureStore(context, figures, egl_get_proc_address)
        stack.callback(textures.release)
        for number in range(_RING_TICKS):  # files opened, buffers and textures made
            _tick(context, store, textures, _random_plan(choice, clips.values(), number))
        with collector_set_aside(), found.clock:
            for number in range(ticks):
                plan = _random_plan(choice, clips.values(), _RING_TICKS + number)
                tick_ms, upload_ms = _tick(context, store, textures, plan)
                found.tick_ms.append(tick_ms)
                found.upload_ms.append(upload_ms)
    return found


_RING_TICKS = 4  # after which no texture is new


def _random_plan(choice: random.Random, clips: Iterable[Clip], number: int) -> FramePlan:
    refs = [FrameRef(clip.slug, choice.randrange(clip.frame_count)) for clip in clips]
    layers = tuple(LayerPlan(ref.clip, ShownFrame(ref)) for ref in refs)
    return FramePlan(number / _RATE, (MovementPlan("bench", number / _RATE, layers),))


def _tick(context: moderngl.Context, store: FrameStore, textures: TextureStore, plan: FramePlan) -> tuple[float, float]:
    """One tick; its milliseconds, and those of its uploads."""
    begun_s = time.perf_counter()
    frames = store.exact_frames_for(plan)
    decoded_s = time.perf_counter()
    textures.begin_draw()
    for lookup in frames.values():
        assert isinstance(lookup, Hit), "a test clip has no damaged frame"
        textures.uploaded(lookup.picture)
    context.finish()
    ended_s = time.perf_counter()
    return (ended_s - begun_s) * 1000, (ended_s - decoded_s) * 1000


def _held(context: moderngl.Context, folder: Path, tell: Tell) -> Iterator[Row]:
    """How many layers of large clips hold 60 ticks a second in 99 of 100 ticks."""
    software = is_software(context)
    for label, width, height in (("1080p", 1920, 1080), ("4K", 3840, 2160)):
        case = Case(SUITE, f"{label} hapq at {_RATE:g} ticks a second")
        if software:
            yield case.row("layers held", None, "", note=f"software GL ({context.info['GL_RENDERER']})")
            continue
        clip = make_clip(ClipWish(Kind.HAP_Q, width, height, 30), folder, tell)
        held = 0
        while held < _MOST_LAYERS:
            tell(f"{held + 1} layers of {label} hapq")
            p99_ms = percentile(run(context, clip, held + 1, _TICKS).tick_ms, 99)
            if p99_ms is None or p99_ms > 1000 / _RATE:
                break
            held += 1
        yield case.row("layers held", held, "", note=str(context.info["GL_RENDERER"]))
