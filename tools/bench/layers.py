"""Suite `layers`: how many layers of random frames a tick can have, and the ways of uploading them.

Each tick every layer asks for a random frame of a clip of its own; the frame store decodes all of them, and the
texture store uploads them until the GPU is done: nothing is drawn, and nothing was asked for ahead. The cache holds two
ticks' pictures, so that no tick lives on the one before. The bar is for 8 layers of 720p HapQ; 1, 2 and 4 layers,
and MJPEG, show how the cost grows: they take turns in slices of one run, and CPU time tells what a busy machine
hides. Upload paths: see `tools.bench.uploads`. Where a GPU draws, layers of 1080p and 4K HapQ are added one by one for
as long as 60 ticks a second hold; software GL is not asked.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
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
_SLICES = 10
_WARM_TICKS = 4  # after which no buffer and no texture is new
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
        tell(f"{', '.join(map(str, _LAYERS))} layers of {height}p {kind.value}")
        runs = interleaved(context, clip, _LAYERS, ticks)
        single_ms, single_cpu_s = percentile(runs[0].tick_ms, 50), runs[0].clock.cpu_s
        for run in runs:
            case = Case(SUITE, f"{run.layers} × {height}p {kind.value}")
            bar = Bar("≥", _RATE) if kind is Kind.HAP_Q and run.layers == _BAR_LAYERS else None
            yield case.row("ticks a second", ticks / run.clock.wall_s, "1/s", bar, f"{usual_workers()} workers")
            each = ratio(percentile(run.tick_ms, 50), run.layers * (single_ms or 0))
            yield case.row("a layer ÷ a single one", each, "×")
            yield case.row("CPU a tick", run.clock.cpu_s * 1000 / ticks, "ms")
            yield case.row("a layer ÷ a single one, CPU", ratio(run.clock.cpu_s, run.layers * single_cpu_s), "×")
            yield from case.spread("tick", run.tick_ms, "ms")
            yield from case.spread("of it upload", run.upload_ms, "ms")


def interleaved(context: moderngl.Context, clip: Clip, layer_counts: Sequence[int], ticks: int) -> list[Run]:
    """Run each number of layers for `ticks`, in slices that take turns: all meet the same machine."""
    with ExitStack() as stack:
        runs = [stack.enter_context(closing(Run(context, clip, count))) for count in layer_counts]
        stack.enter_context(collector_set_aside())
        for number in range(_SLICES):
            for run in runs:
                run.go((number + 1) * ticks // _SLICES - number * ticks // _SLICES)
    return runs


class Run:
    """Layers of one clip that show random frames, tick by tick; each decodes for itself. Render thread.

    `tick_ms` and `upload_ms` are what each tick took, and its uploads until the GPU was done.
    """

    def __init__(self, context: moderngl.Context, clip: Clip, layers: int, *, workers: int = 0) -> None:
        """Open everything and tick a few times, so that buffers and textures are there."""
        self.layers = layers
        self.tick_ms: list[float] = []
        self.upload_ms: list[float] = []
        self.clock = Stopwatch()
        self._context = context
        self._clips = [named(clip, f"layer-{number}") for number in range(layers)]
        self._choice = random.Random(1)
        self._number = 0
        figures = Figures()
        self._store = FrameStore(
            {one.slug: one for one in self._clips},
            figures=figures,
            cache_bytes=2 * layers * 2 * clip.width * clip.height,
            workers=workers or usual_workers(),
        )
        self._textures = TextureStore(context, figures, egl_get_proc_address)
        for _ in range(_WARM_TICKS):
            self._tick()

    def go(self, ticks: int) -> None:
        """So many ticks more."""
        with self.clock:
            for _ in range(ticks):
                tick_ms, upload_ms = self._tick()
                self.tick_ms.append(tick_ms)
                self.upload_ms.append(upload_ms)

    def close(self) -> None:
        self._store.close()
        self._textures.release()

    def _tick(self) -> tuple[float, float]:
        """One tick; its milliseconds, and those of its uploads."""
        plan = _random_plan(self._choice, self._clips, self._number)
        self._number += 1
        begun_s = time.perf_counter()
        frames = self._store.exact_frames_for(plan)
        decoded_s = time.perf_counter()
        self._textures.begin_draw()
        for lookup in frames.values():
            assert isinstance(lookup, Hit), "a test clip has no damaged frame"
            self._textures.uploaded(lookup.picture)
        self._context.finish()
        ended_s = time.perf_counter()
        return (ended_s - begun_s) * 1000, (ended_s - decoded_s) * 1000


def _random_plan(choice: random.Random, clips: Sequence[Clip], number: int) -> FramePlan:
    refs = [FrameRef(clip.slug, choice.randrange(clip.frame_count)) for clip in clips]
    layers = tuple(LayerPlan(ref.clip, ShownFrame(ref)) for ref in refs)
    return FramePlan(number / _RATE, (MovementPlan("bench", number / _RATE, layers),))


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
            (run,) = interleaved(context, clip, (held + 1,), _TICKS)
            p99_ms = percentile(run.tick_ms, 99)
            if p99_ms is None or p99_ms > 1000 / _RATE:
                break
            held += 1
        yield case.row("layers held", held, "", note=str(context.info["GL_RENDERER"]))
