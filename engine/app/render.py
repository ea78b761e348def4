"""`runtime-render`: the same show, to a file, with no screen."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.app.command import (
    DONE,
    WRONG_INPUT,
    StopWish,
    film_rate,
    print_json,
    rate,
    run_with_console,
    seconds,
    show_parser,
    size,
)
from engine.app.film import check_render_paths
from engine.app.jobs import RenderJob
from engine.app.load import load_world
from engine.app.replay import load_take
from engine.app.report import print_report
from engine.app.tried_shaders import tried
from engine.app.wiring import offline
from engine.inputs.scripted import read_script
from engine.model.world import World
from engine.outputs.beside import check_apart, check_output_path
from engine.outputs.film_formats import FILM_CODECS

_EXAMPLES = """examples:
  runtime-render show.yaml -o film.mp4                        the whole show, at its own size and rate
  runtime-render show.yaml -o try.mp4 --from 0:30 --to 0:40 --size 640x360
  runtime-render show.yaml -o master.mov --codec prores --fps 60
  runtime-render show.yaml --take take.jsonl -o film.mov --size 3840x2160 --fps 60   a performance, at any size
  runtime-render show.yaml -o film.mkv --codec ffv1 --hashes film.hashes --plan film.jsonl

exit codes: 0 done, 2 wrong input or usage, 1 a mistake of ours, 130 stopped with Ctrl-C"""


def _parser() -> argparse.ArgumentParser:
    parser = show_parser("runtime-render", "Render a show to a film, with its music, without a screen.", _EXAMPLES)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the film: .mp4, .mov or .mkv")
    parser.add_argument("--size", type=size, metavar="WxH", help="pixels; the show's canvas where left out")
    parser.add_argument("--fps", type=rate, metavar="RATE", help="frames a second; the canvas's rate where left out")
    parser.add_argument("--from", dest="from_s", type=seconds, metavar="TIME", help="begin here; 0, or a take's start")
    parser.add_argument(
        "--to", dest="to_s", type=seconds, metavar="TIME", help="end before here; the show's, or take's"
    )
    parser.add_argument("--codec", choices=FILM_CODECS, default="h264", help="how the film is encoded (h264)")
    parser.add_argument("--take", type=Path, metavar="TAKE", help="a performance that runtime-play --record wrote")
    parser.add_argument("--strict", action="store_true", help="refuse a take of another show")
    parser.add_argument("--events", type=Path, metavar="FILE", help="play events from a file of JSON Lines")
    parser.add_argument("--hashes", type=Path, metavar="FILE", help="write a hash for each frame")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="write the plan of each frame as JSON Lines")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Render as the arguments say; the exit code."""
    return run_with_console(_parser(), argv, _render)


def _render(arguments: argparse.Namespace, console: Console) -> int:
    # Before the show is read, which may take a while: a wrong path is the commonest mistake.
    outputs = (arguments.output, arguments.hashes, arguments.plan)
    check_apart(outputs, (arguments.show, arguments.take, arguments.events))
    check_output_path(arguments.output, overwrite=arguments.overwrite)
    world = tried(load_world(arguments.show, console), console)
    job = _job(arguments, world)
    if job.frames == 0:
        print(f"--from {job.from_s:g} --to {job.to_s:g}: no frames between them.", file=sys.stderr)
        return WRONG_INPUT
    check_render_paths(job)
    numbers = _rendered(world, job, console)
    if arguments.json:
        print_json(numbers)
    else:
        print_report(console, numbers, f"{job.frames} frames in {numbers['wall_s']:.1f} s")
        print(job.film)
    return DONE


def _job(arguments: argparse.Namespace, world: World) -> RenderJob:
    canvas = world.loaded.show.canvas
    width, height = arguments.size or (canvas.width, canvas.height)
    take = load_take(arguments.take, world, strict=arguments.strict) if arguments.take is not None else None
    start_s, end_s = (0.0, world.loaded.duration_s) if take is None else (take.header.start_s, take.until_s)
    return RenderJob(
        film=arguments.output,
        width=width,
        height=height,
        rate=arguments.fps or film_rate(Fraction(canvas.rate)),
        from_s=start_s if arguments.from_s is None else arguments.from_s,
        to_s=end_s if arguments.to_s is None else arguments.to_s,
        codec=arguments.codec,
        overwrite=arguments.overwrite,
        hashes=arguments.hashes,
        plan=arguments.plan,
        script=read_script(arguments.events) if arguments.events is not None else (),
        take=() if take is None else take.events,
    )


def _rendered(world: World, job: RenderJob, console: Console) -> dict[str, Any]:
    begun_s = time.monotonic()
    bar = Progress(
        TextColumn("rendering"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with StopWish() as stop, bar, offline(world, job) as player:
        player.stop_wished = stop
        frames = bar.add_task("rendering", total=job.frames)
        player.after_tick.append(lambda _tick, _plan, _state: bar.advance(frames))
        player.run()
        if stop.asked:
            raise KeyboardInterrupt  # out of the block, so that the unfinished film is thrown away
    wall_s = time.monotonic() - begun_s
    return {
        "output": str(job.film),
        "frames": job.frames,
        "width": job.width,
        "height": job.height,
        "rate": str(job.rate),
        "wall_s": round(wall_s, 3),
        "frames_a_second": round(job.frames / wall_s, 2),
        **player.figures.snapshot(),
    }


if __name__ == "__main__":
    sys.exit(main())
