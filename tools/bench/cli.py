"""`runtime-tools bench`: what the engine costs on this machine, beside bare libraries, its peers and its own bars."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.app.command import FAILED, INTERRUPTED, run_command
from engine.errors import RuntimeShowError
from tools.bench.machine import machine
from tools.bench.rows import Options, Row, Suite, Tell
from tools.bench.tables import number, print_suite

SUITES = (
    *("seek", "scrub", "play", "layers", "render", "start", "reaction", "flood", "control", "onsets", "liveonset"),
    *("sync", "sound", "kills", "pipeline", "catalogue", "schedule", "encode", "shots", "looks"),
)
_SHOW_SUFFIXES = (".yaml", ".yml")
_PLAIN_WIDTH = 150
_PROGRESS_S = 0.2
_CLEAR_LINE = "\r\x1b[K"
_BUSY = 0.5  # programs that want a core, before we do

_EXAMPLES = """\
suites:
  seek    one random frame: the engine, bare libraries, other players and decoders
  scrub   a fader over a clip: how soon the newest frame is there, how long the queue grows
  play    the 60 Hz loop: deadlines missed, and the Python share of a tick
  layers  layers of random frames: decode and upload, then drawing
  render  films: frames a second
  start   from the command to the first frame, with a small and a large library
  control 200 bound controls that all move: bindings, coalescing, step
  sound   mixing music, effects and clips
  flood   20,000 OSC and 3,000 MIDI messages a second: frames late, notes lost
  onsets  what each method finds of music whose onsets are known, and how soon it tells of them
  liveonset  from a drum in the room, by a sound server's monitor, to the picture that is cut on it
  sync    an hour after a clock that runs fast or slow, simulated: how far off the picture is
  catalogue  search and filters in a library of 100,000 described clips
  schedule   assign and schedule in a library of 100,000 described clips
  pipeline  runtime-preprocess run: two workers against one, a second run, a two-hour tape (--full)
  encode  clips out of mezzanines: speed, quality and size beside ffmpeg doing the same with one thread
  shots   cuts, dissolves and fades found in films whose boundaries are known, by each detector
  looks   layers, effects and cross-fades beside ffmpeg's filters; hours of switching effects
  kills   runtime-preprocess run, killed at 50 instants, and what the next run makes of it
  reaction  from a hand's move over MIDI or UDP to the swap that shows it

examples:
  runtime-tools bench                      # every suite, about half an hour
  runtime-tools bench seek layers          # two of them
  runtime-tools bench show.yaml            # will this show hold on this machine?
  runtime-tools bench build/demo/library   # random frames of a library of yours
  runtime-tools bench --json > bench.json
  runtime-tools bench seek --quick         # half a minute; to see whether the bench works

Test clips are made on the first run (3 GB) and kept in --media. Peers that are not installed are left out with a
line each: `make bench` installs them, and so does pip install 'runtime-engine[bench]' with libmpv, libjpeg-turbo's
tjbench and ffmpeg from the system.

exit codes: 0 every bar that was measured is met, 1 a bar is missed or a suite failed (for a show: it takes longer
than a frame lasts), 2 wrong usage, 130 stopped by Ctrl-C (the rows so far are printed)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is explained in the help."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        suites, options = _wanted(arguments)
    except _UsageError as error:
        parser.error(str(error))
    # What is wrong with a show or library that we were given is for its owner to mend: exit code 2, as in the player.
    given = bool(set(arguments.what) - set(SUITES))
    return run_command(lambda: run(suites, options, as_json=arguments.json, may_fail=not given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runtime-tools bench",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="*", metavar="SUITE|SHOW|LIBRARY", help="suites, one show file, or one library")
    parser.add_argument("--json", action="store_true", help="print the machine and all rows as one JSON document")
    parser.add_argument("--full", action="store_true", help="the long runs too: 10 minutes where a bar says so")
    parser.add_argument("--quick", action="store_true", help="tiny clips: a trial of the bench, held to no bar")
    parser.add_argument(
        "--media", type=Path, default=Path("build/bench"), metavar="DIR", help="where test clips are kept (build/bench)"
    )
    return parser


class _UsageError(Exception):
    """What is wrong with the command line."""


def _wanted(arguments: argparse.Namespace) -> tuple[dict[str, Suite], Options]:
    """The suites to run, by name, and their options."""
    if arguments.full and arguments.quick:
        raise _UsageError("--full and --quick exclude one another")
    names = [word for word in arguments.what if word in SUITES]
    others = [Path(word) for word in arguments.what if word not in SUITES]
    options = Options(arguments.media, full=arguments.full, quick=arguments.quick)
    if not others:
        return {name: _suite(name) for name in dict.fromkeys(names) or SUITES}, options
    subject, *more = others
    if more:
        raise _UsageError(f"one show or one library at a time, not {' and '.join(map(str, others))}")
    if subject.suffix in _SHOW_SUFFIXES:
        if names:
            raise _UsageError(f"{subject} is a show: it is measured by itself, without suites")
        return {"show": partial(_show_rows, subject)}, options
    if not subject.is_dir():
        raise _UsageError(
            f"{subject} is neither a suite ({', '.join(SUITES)}), nor a show file, nor a library's folder"
        )
    if set(names) - {"seek"}:
        raise _UsageError("a library is measured by the suite seek alone; the others bring clips of their own")
    return {"seek": _suite("seek")}, Options(options.media, options.full, options.quick, library=subject)


def _suite(name: str) -> Suite:
    """The suite of that name, imported only when it begins: each brings libraries of its own."""

    def rows(options: Options, tell: Tell) -> Iterator[Row]:
        yield from importlib.import_module(f"tools.bench.{name}").rows(options, tell)

    return rows


def _show_rows(show: Path, options: Options, tell: Tell) -> Iterator[Row]:
    yield from importlib.import_module("tools.bench.stage").rows(show, options, tell)


@dataclass(slots=True)
class _Result:
    """What a run has come to so far."""

    rows: list[Row] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  # suite → what happened
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return INTERRUPTED
        return FAILED if self.failed or any(row.met is False for row in self.rows) else 0


def run(suites: dict[str, Suite], options: Options, *, as_json: bool, may_fail: bool = True) -> int:
    """Run the suites one after another and print what they found; the exit code.

    A suite that fails is told of, and the next one runs; without `may_fail` its RuntimeShowError is raised. Ctrl-C
    prints the rows so far.
    """
    out = Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False)
    result = _Result()
    about: dict[str, Any] = machine()
    if not as_json:
        _print_machine(out, about)
    try:
        for name, suite in suites.items():
            with _failure_noted(name, result, may_fail):
                _run_one(name, suite, options, result, None if as_json else out)
    except KeyboardInterrupt:
        result.interrupted = True
    if as_json:
        print(json.dumps(_document(about, result), indent=1, ensure_ascii=False))
    _print_verdict(result)
    if about["load"] and about["load"] > _BUSY:
        print(f"The machine was busy before this began (load {about['load']}): times are rough.", file=sys.stderr)
    return result.exit_code


@contextmanager
def _failure_noted(name: str, result: _Result, may_fail: bool) -> Iterator[None]:
    try:
        yield
    except RuntimeShowError as error:
        if not may_fail:
            raise
        result.failed[name] = str(error)
    except OSError as error:
        result.failed[name] = f"{error.filename}: {error.strerror}" if error.filename else str(error)


def _run_one(name: str, suite: Suite, options: Options, result: _Result, out: Console | None) -> None:
    found: list[Row] = []
    try:
        with _progress(name) as tell:
            for row in suite(options, tell):
                found.append(row)  # noqa: PERF402 - what was found before an interruption is kept
    finally:
        result.rows += found
        if found and out is not None:
            print_suite(out, found)


@contextmanager
def _progress(suite: str) -> Iterator[Tell]:
    """What is being done now, on a line of standard error that is gone afterwards; in a log, a line a suite.

    Written by whoever tells, seldom: a thread that draws a spinner would take its part of what is measured.
    """
    stream = sys.stderr
    if not stream.isatty():
        print(f"bench: {suite} …", file=stream, flush=True)
        yield lambda what: None
        return
    told_s = -math.inf

    def tell(what: str) -> None:
        nonlocal told_s
        now_s = time.monotonic()
        if now_s - told_s >= _PROGRESS_S:
            told_s = now_s
            line = f"{suite}: {what}"[: shutil.get_terminal_size().columns - 1]
            stream.write(f"{_CLEAR_LINE}{line}")
            stream.flush()

    tell("…")
    try:
        yield tell
    finally:
        stream.write(_CLEAR_LINE)
        stream.flush()


def _print_machine(out: Console, about: dict[str, Any]) -> None:
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    lines = (
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, load {about['load']}; {about['system']}",
        f"GL: {about['renderer']}",
        f"Python {about['python']}, {versions}",
    )
    for line in lines:
        out.print(line, soft_wrap=True, markup=False)
    out.print()


def _document(about: dict[str, Any], result: _Result) -> dict[str, Any]:
    return {
        "machine": about,
        "interrupted": result.interrupted,
        "failed": result.failed,
        "rows": [as_json(row) for row in result.rows],
    }


def as_json(row: Row) -> dict[str, Any]:
    """A row as it stands in the JSON document: the bar as text, `met` null where there is no bar or no value.

    JSON has no infinity: such a value is null too, and its bar missed.
    """
    return {
        "suite": row.suite,
        "case": row.case,
        "figure": row.figure,
        "value": row.value if row.value is not None and math.isfinite(row.value) else None,
        "unit": row.unit,
        "bar": None if row.bar is None else str(row.bar),
        "met": row.met,
        "note": row.note,
    }


def _print_verdict(result: _Result) -> None:
    """Which bars are missed, on standard error: the last that a person sees."""
    say: Callable[[str], None] = partial(print, file=sys.stderr)
    for name, what in result.failed.items():
        say(f"The suite {name} failed: {what}")
    barred = [row for row in result.rows if row.bar is not None]
    for row in barred:
        if row.met is False and row.value is not None:
            say(f"Missed: {row.suite}, {row.case}, {row.figure}: {number(row.value)} {row.unit}, bar {row.bar}")
    counts = {met: sum(row.met is met for row in barred) for met in (True, False, None)}
    if barred:
        say(f"{counts[True]} bars met, {counts[False]} missed, {counts[None]} not measured.")
    if result.interrupted:
        say("Stopped: these are the rows so far.")


if __name__ == "__main__":
    sys.exit(main())
