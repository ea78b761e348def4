"""`runtime-play`: a show on stage, or its real-time loop off screen."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.app.command import DONE, StopWish, print_json, run_with_console, seconds, show_parser
from engine.app.jobs import LiveJob
from engine.app.live_inputs import LiveInputs
from engine.app.load import load_world
from engine.app.messages import Messages, kept_messages
from engine.app.pace import Tick
from engine.app.player import Player
from engine.app.replay import load_take
from engine.app.report import print_report
from engine.app.status import Status
from engine.app.tried_shaders import tried
from engine.app.wiring import live
from engine.core.state import State
from engine.model.plan import FramePlan
from engine.model.world import World
from engine.outputs.beside import check_apart, check_output_path

_EXAMPLES = """examples:
  runtime-play show.yaml                       in a window, with music, MIDI, OSC and keys
  runtime-play show.yaml --fullscreen --monitor HDMI-1
  runtime-play show.yaml --operator            a second window: a small picture, figures, messages
  runtime-play show.yaml --from 1:30           from the middle
  runtime-play show.yaml --headless --for 20   the real-time loop off screen, for 20 seconds
  runtime-play show.yaml --record take.jsonl   keep what is played, for runtime-render --take
  runtime-play show.yaml --headless --for 20 --plan shown.jsonl   what each frame showed, and when it was out
  runtime-play show.yaml --replay take.jsonl --record better.jsonl   play over it: see docs/takes.md

exit codes: 0 done, 2 wrong input or usage, 1 a mistake of ours"""


def _parser() -> argparse.ArgumentParser:
    parser = show_parser("runtime-play", "Perform a show.", _EXAMPLES)
    parser.add_argument("--headless", action="store_true", help="run the loop in real time with no window")
    parser.add_argument("--for", dest="for_s", type=seconds, metavar="SECONDS", help="end after so long")
    parser.add_argument("--from", dest="from_s", type=seconds, metavar="TIME", help="begin here; 0, or a take's start")
    parser.add_argument("--fullscreen", action=argparse.BooleanOptionalAction, help="cover the monitor")
    parser.add_argument("--monitor", metavar="NAME", help="the monitor whose name has this in it")
    parser.add_argument("--operator", action=argparse.BooleanOptionalAction, help="open the operator's window")
    parser.add_argument("--silent", action="store_true", help="leave the audio device alone")
    parser.add_argument("--record", type=Path, metavar="TAKE", help="write what is played to this file, as it happens")
    parser.add_argument("--replay", type=Path, metavar="TAKE", help="play a take, and over it")
    parser.add_argument("--strict", action="store_true", help="refuse a take of another show")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="write the plan of each frame shown as JSON Lines")
    parser.add_argument("--no-reload", dest="reload", action="store_false", help="play the files as they were at first")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Play as the arguments say; the exit code."""
    return run_with_console(_parser(), argv, _play)


def _play(arguments: argparse.Namespace, console: Console) -> int:
    _check_files(arguments)
    with kept_messages() as messages:
        world = tried(load_world(arguments.show, console), console)
        return _perform_show(arguments, console, world, messages)


def _perform_show(arguments: argparse.Namespace, console: Console, world: World, messages: Messages) -> int:
    job = _job(arguments, world)
    begun_s = time.monotonic()
    with StopWish() as stop, live(world, job, messages) as (player, inputs):
        player.stop_wished = stop
        with Status(console, player, inputs) as status:
            player.after_tick.append(_follower(player, inputs, status))
            _perform(player)
        wall_s = time.monotonic() - begun_s
    numbers = _numbers(player, inputs, wall_s)  # once all is closed: a take is whole only then
    if arguments.json:
        print_json(numbers)
    else:
        print_report(console, numbers, f"played for {numbers['wall_s']:.1f} s")
        if job.record is not None:
            print(job.record)
    return DONE


def _check_files(arguments: argparse.Namespace) -> None:
    """Refuse to write where nothing may be written, before the show is read. Raises OutputError."""
    outputs = (arguments.record, arguments.plan)
    check_apart(outputs, (arguments.show, arguments.replay))
    for path in outputs:
        if path is not None:
            check_output_path(path, overwrite=arguments.overwrite)


def _job(arguments: argparse.Namespace, world: World) -> LiveJob:
    take = load_take(arguments.replay, world, strict=arguments.strict) if arguments.replay is not None else None
    at_first_s = 0.0 if take is None else take.header.start_s
    return LiveJob(
        headless=arguments.headless,
        fullscreen=arguments.fullscreen,
        monitor=arguments.monitor,
        operator=arguments.operator,
        from_s=at_first_s if arguments.from_s is None else arguments.from_s,
        for_s=arguments.for_s,
        silent=arguments.silent,
        record=arguments.record,
        plan=arguments.plan,
        overwrite=arguments.overwrite,
        take=() if take is None else take.events,
        reload=arguments.reload,
        over="" if take is None else arguments.replay.name,
    )


def _perform(player: Player) -> None:
    """Run the loop until the show, its window or a hand ends it."""
    # The collector's pauses are the loop's worst enemy (100 ms with a large library), and the loop makes
    # no cycles: all that was loaded is set aside, and nothing is collected until the show is over.
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        player.run()
    finally:
        gc.enable()
        gc.unfreeze()


def _follower(player: Player, inputs: LiveInputs, status: Status) -> Any:
    late = player.figures.counter("events_late")
    dropped = player.figures.counter("events_dropped")

    def tell(tick: Tick, plan: FramePlan, state: State) -> None:
        late.count, dropped.count = player.history.late, inputs.inbox.dropped
        status.publish(tick, plan, state)

    return tell


def _numbers(player: Player, inputs: LiveInputs, wall_s: float) -> dict[str, Any]:
    return {"wall_s": round(wall_s, 3), "missing": inputs.missing, **player.figures.snapshot()}


if __name__ == "__main__":
    sys.exit(main())
