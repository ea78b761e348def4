"""`make bench`: how long this machine takes for a random frame of a library's clips, and to draw layers of them."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import moderngl
from rich.console import Console
from rich.table import Table

from engine.core.figures import Figures, Samples
from engine.errors import FrameError, RuntimeShowError
from engine.formats.library import read_library
from engine.gl.compositor import Compositor
from engine.gl.context import headless_context
from engine.media.buffers import BufferPool
from engine.media.frame_source import FrameSource, open_source
from engine.model.clips import Clip
from engine.model.pictures import FrameRef, Hit
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame

LAYER_COUNTS = (1, 3)


@dataclass(frozen=True, slots=True)
class ClipFigures:
    """What was measured on one clip; times in milliseconds, the median and the 99th percentile."""

    clip: str
    codec: str
    width: int
    height: int
    frame_bytes: int  # the median frame in the file
    read_ms_p50: float
    read_ms_p99: float
    draw_ms_p50: dict[int, float]  # by number of layers, upload included
    draw_ms_p99: dict[int, float]
    damaged: int


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 0 done, 2 wrong input."""
    arguments = _parser().parse_args(argv)
    try:
        clips = _largest_of_each_codec(read_library(arguments.library).values())
        with _stage(arguments.size, arguments.frames) as stage:
            renderer = stage.context.info["GL_RENDERER"]
            measured = [_measured(clip, stage) for clip in clips]
    except RuntimeShowError as error:
        print(error, file=sys.stderr)
        return 2
    machine = {"renderer": renderer, "cores": os.cpu_count(), "canvas": list(arguments.size)}
    if arguments.json:
        print(json.dumps({**machine, "frames": arguments.frames, "clips": [asdict(one) for one in measured]}, indent=2))
    else:
        _print(measured, arguments, renderer)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Random frames of the largest clip of each codec: read and decoded on one thread, then drawn.",
    )
    parser.add_argument("library", type=Path, nargs="?", default=Path("build/demo/library"), help="a clip library")
    parser.add_argument("--frames", type=int, default=60, metavar="N", help="random frames of each clip (60)")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 720), metavar=("W", "H"), help="the canvas")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def _largest_of_each_codec(clips: Iterable[Clip]) -> list[Clip]:
    by_codec: dict[str, Clip] = {}
    for clip in sorted(clips, key=lambda clip: (clip.width * clip.height, clip.frame_count)):
        by_codec[clip.codec.value] = clip
    return list(by_codec.values())


@dataclass(frozen=True, slots=True)
class _Stage:
    """What clips are drawn on, and how many frames of each."""

    context: moderngl.Context
    compositor: Compositor
    frames: int


@contextmanager
def _stage(size: Sequence[int], frames: int) -> Iterator[_Stage]:
    context = headless_context()
    try:
        compositor = Compositor(context, size[0], size[1], Figures())
        yield _Stage(context, compositor, frames)
        compositor.release()
    finally:
        context.release()


def _measured(clip: Clip, stage: _Stage) -> ClipFigures:
    """The indices come from one seed, so that two runs ask for the same frames in the same order."""
    choice = random.Random(1)
    indices = [choice.randrange(clip.frame_count) for _ in range(stage.frames + 1)]
    pool = BufferPool()
    with closing(open_source(clip, pool)) as source:
        read_ms, good = _reads(source, pool, indices)
        draw_ms = {layers: _draws(source, pool, good, layers, stage) for layers in LAYER_COUNTS}
    lengths = sorted(clip.table.lengths) if clip.table is not None else [0]
    return ClipFigures(
        clip=clip.slug,
        codec=clip.codec.value,
        width=clip.width,
        height=clip.height,
        frame_bytes=int(lengths[len(lengths) // 2]),
        read_ms_p50=round(read_ms.percentile(50), 2),
        read_ms_p99=round(read_ms.percentile(99), 2),
        draw_ms_p50={layers: round(samples.percentile(50), 2) for layers, samples in draw_ms.items()},
        draw_ms_p99={layers: round(samples.percentile(99), 2) for layers, samples in draw_ms.items()},
        damaged=len(indices) - len(good),
    )


def _reads(source: FrameSource, pool: BufferPool, indices: Sequence[int]) -> tuple[Samples, list[int]]:
    """Milliseconds a frame, from asking to planes in memory, and the indices that could be had.

    The first read opens the file and does not count.
    """
    samples, good = Samples(), []
    for number, index in enumerate(indices):
        begun_s = time.perf_counter()
        try:
            picture = source.read(index)
        except FrameError:
            continue
        if number:
            samples.add((time.perf_counter() - begun_s) * 1000)
        good.append(index)
        pool.give(picture.planes)
    return samples, good


def _draws(source: FrameSource, pool: BufferPool, indices: Sequence[int], layers: int, stage: _Stage) -> Samples:
    """Milliseconds to upload and draw `layers` frames, none of which was drawn just before, until the GPU is done."""
    samples = Samples()
    for number in range(len(indices)):
        pictures = [source.read(indices[(number * layers + place) % len(indices)]) for place in range(layers)]
        shown = [LayerPlan(f"layer{at}", ShownFrame(one.ref), opacity=1 / (at + 1)) for at, one in enumerate(pictures)]
        plan = FramePlan(0.0, (MovementPlan("bench", 0.0, tuple(shown)),))
        lookups: dict[FrameRef, Hit] = {picture.ref: Hit(picture) for picture in pictures}
        begun_s = time.perf_counter()
        stage.compositor.draw(plan, lookups)
        stage.context.finish()
        if number:  # the first draw compiles and allocates
            samples.add((time.perf_counter() - begun_s) * 1000)
        for picture in pictures:
            pool.give(picture.planes)
    return samples


def _print(measured: list[ClipFigures], arguments: argparse.Namespace, renderer: str) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    width, height = arguments.size
    console.print(f"{renderer}, canvas {width} × {height}, {arguments.frames} random frames of each clip")
    table = Table(caption="milliseconds: median (99th percentile)")
    for heading in ("clip", "codec", "size", "kB a frame", "read and decode", *(f"draw {n}" for n in LAYER_COUNTS)):
        table.add_column(heading, justify="left" if heading in ("clip", "codec") else "right", no_wrap=True)
    for one in measured:
        draws = [f"{one.draw_ms_p50[count]:.1f} ({one.draw_ms_p99[count]:.1f})" for count in LAYER_COUNTS]
        read = f"{one.read_ms_p50:.1f} ({one.read_ms_p99:.1f})"
        table.add_row(one.clip, one.codec, f"{one.width} × {one.height}", f"{one.frame_bytes / 1000:.0f}", read, *draws)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
