"""`build`: make or update a clip library and its first show in one pass over the sources."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from preprocess import workers
from preprocess.build import Options, Report, build
from preprocess.commands.common import DONE, QUARANTINED
from preprocess.convert import Outcome, Settings
from preprocess.report import as_json, print_report

EXAMPLES = """examples:
  runtime-preprocess build ~/Videos -o library
  runtime-preprocess build tapes/ phone.mp4 -o library --track song.flac
  runtime-preprocess build loops/ -o library --codec hap --jobs 4
  runtime-preprocess build ~/Videos -o library --json --strict > report.json

A build that was stopped or killed goes on where it was; a second one does only what changed.
Without --track, music is taken from the sources or from a folder "music" near them.

exit codes: 0 done, 2 wrong input or usage, 3 with --strict when anything was quarantined, 1 internal error
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCES", help="video files, and folders of them")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="LIBRARY", help="the library's folder")
    parser.add_argument(
        "--codec",
        choices=("auto", "mjpeg", "hap", "hapq"),
        default="auto",
        help="auto: MJPEG, and HAP where a source is transparent; hap, hapq: larger, for many layers and 4K",
    )
    parser.add_argument("--jobs", type=_count, default=0, metavar="N", help="sources at a time; one a core if left out")
    music = parser.add_mutually_exclusive_group()
    music.add_argument("--track", type=Path, metavar="FILE", help="the show's music")
    music.add_argument("--no-track", action="store_true", help="a silent show")
    parser.add_argument("--max-height", type=_height, metavar="PX", help="scale larger pictures down to this")
    parser.add_argument("--verify", action="store_true", help="compare contents, not only sizes and times")
    parser.add_argument("--strict", action="store_true", help="exit with 3 when a source was quarantined")
    parser.add_argument("--json", action="store_true", help="print the report as JSON on standard output")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError("a number from 1 to 1024")
    return int(text)


def _height(text: str) -> int:
    if not text.isdecimal() or not 16 <= int(text) <= 16_384:
        raise argparse.ArgumentTypeError("a number of pixels from 16 to 16384")
    return int(text)


def run(parsed: argparse.Namespace) -> int:
    options = Options(
        sources=tuple(parsed.sources),
        library=parsed.output,
        settings=Settings(parsed.codec, parsed.max_height),
        jobs=parsed.jobs,
        track=parsed.track,
        wants_track=not parsed.no_track,
        verify=parsed.verify,
    )
    with _ProgressBars(Console(stderr=True)) as bars:
        report = build(options, bars.begin, bars.hear)
    if parsed.json:
        print(json.dumps(as_json(report), indent=2, ensure_ascii=False))
    else:
        print_report(report, Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE))
    return _exit_code(report, strict=parsed.strict)


_WIDTH_OF_A_FILE = 160  # rich would fold a table that goes into a file at 80 columns


def _exit_code(report: Report, *, strict: bool) -> int:
    return QUARANTINED if strict and report.count("quarantined") else DONE


class _ProgressBars(AbstractContextManager["_ProgressBars"]):
    """A bar for all sources, and one for each that is being converted. Main thread."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._all: TaskID | None = None
        self._running: dict[Path, TaskID] = {}

    def __enter__(self) -> _ProgressBars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, to_convert: int, unchanged: int) -> None:
        self._all = self._progress.add_task(f"{unchanged} unchanged", total=to_convert, unit="sources")

    def hear(self, said: workers.Progress | Outcome) -> None:
        if isinstance(said, Outcome):
            if said.source.path in self._running:
                self._progress.remove_task(self._running.pop(said.source.path))
            if self._all is not None:
                self._progress.advance(self._all)
            return
        source = said.job.source
        if source.path not in self._running:
            self._running[source.path] = self._progress.add_task(source.title[:40], unit="frames")
        self._progress.update(self._running[source.path], completed=said.done, total=max(said.done, said.total))
