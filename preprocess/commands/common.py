"""What the subcommands share: exit codes, the options that recur, and how a step is run alone."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from engine.errors import LibraryError
from engine.formats.library_schema import CATALOGUE
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.executors import Workers, cluster, local_workers
from preprocess.pipeline.listening import Bars, Lines, Listener, Silent
from preprocess.pipeline.runner import run_items, run_whole
from preprocess.pipeline.step import ItemStep
from preprocess.pipeline.steps import as_items, is_whole, make_step
from preprocess.style.model import Style
from preprocess.style.read import style_of

_Report = TypeVar("_Report")

_WIDTH_OF_A_FILE = 160  # rich would fold a table that goes into a file at 80 columns

DONE, INTERNAL, WRONG_INPUT, QUARANTINED, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 130, 143


def add_library(parser: argparse.ArgumentParser) -> None:
    """The library that the command works on."""
    parser.add_argument("library", type=Path, metavar="LIBRARY", help="the library's folder")


def add_intake(parser: argparse.ArgumentParser, *, verifies: str) -> None:
    """Sources that go into a library, and how they are taken in; `verifies` says what `--verify` compares."""
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCES", help="video files, and folders of them")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="LIBRARY", help="the library's folder")
    parser.add_argument("--show", type=Path, metavar="STYLE.yaml", help="the style of the show, kept in the library")
    parser.add_argument("--no-mezzanine", action="store_true", help="read sources directly where they are sound")
    parser.add_argument("--max-height", type=_pixels, metavar="PX", help="scale larger pictures down to this")
    parser.add_argument("--verify", action="store_true", help=f"compare {verifies}, not only sizes and times")
    parser.add_argument("--strict", action="store_true", help="exit with 3 when a source was quarantined")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON on standard output instead of a table")


def add_working(parser: argparse.ArgumentParser) -> None:
    """How work is done and told of."""
    parser.add_argument(
        "--jobs", type=_count, default=0, metavar="N", help="items at a time on this machine; one a core if left out"
    )
    parser.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="a Dask scheduler whose workers see the library ([cluster])"
    )
    add_progress(parser)


def add_progress(parser: argparse.ArgumentParser) -> None:
    """How a run is told of."""
    parser.add_argument(
        "--progress",
        choices=("bars", "lines", "none"),
        default="bars",
        help="bars on a terminal (the default), JSON lines on standard error, or nothing",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError("a number from 1 to 1024")
    return int(text)


def _pixels(text: str) -> int:
    if not text.isdecimal() or not 16 <= int(text) <= 16_384:
        raise argparse.ArgumentTypeError("a number of pixels from 16 to 16384")
    return int(text)


def existing(library: Path) -> Path:
    """The library's folder. Raises LibraryError where there is none: a step alone makes no library."""
    if not (library / CATALOGUE).is_file():
        mend = "make one with runtime-preprocess run or ingest"
        raise LibraryError("no clip library here", subject=library, mend=mend)
    return library


def tell(parsed: argparse.Namespace, report: _Report, show: Callable[[_Report], None]) -> None:
    """Print a report of JSON's own types as was asked for: as JSON, or as `show` puts it for a person."""
    if parsed.json:
        print_json(report)
    else:
        show(report)


def print_json(value: Any) -> None:
    """Print a value of JSON's own types on standard output, readable and complete."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    print()


@contextmanager
def listening(progress: str) -> Iterator[Listener]:
    """Whoever hears of the run: bars, lines or nobody."""
    if progress == "bars":
        with Bars(Console(stderr=True)) as bars:
            yield bars
    else:
        yield Lines() if progress == "lines" else Silent()


@contextmanager
def opened(parsed: argparse.Namespace) -> Iterator[tuple[Catalogue, Style, Listener]]:
    """An existing library's catalogue, its style, and whoever hears of what is done to it."""
    library = existing(parsed.library)
    style = style_of(library)
    with listening(parsed.progress) as listener, Catalogue(library) as catalogue:
        yield catalogue, style, listener


def table_console() -> Console:
    """Standard output for tables, which do not fold where they go into a file."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)


@contextmanager
def workers(parsed: argparse.Namespace, steps: Sequence[ItemStep]) -> Iterator[Workers]:
    """The workers that were asked for, for these steps."""
    if parsed.scheduler:
        folder = parsed.output if "output" in parsed else parsed.library
        with cluster(parsed.scheduler, folder.absolute()) as found:
            yield found
        return
    with local_workers(parsed.jobs or os.cpu_count() or 1, [step.work.__module__ for step in steps]) as found:
        yield found


def run_step(parsed: argparse.Namespace, name: str) -> Counter[str]:
    """Run one step of an existing library, alone, as its style says; how many items it did (a whole step: 0 or 1)."""
    with opened(parsed) as (catalogue, style, listener):
        step = make_step(name, style)
        if is_whole(step):
            return Counter({name: int(run_whole(catalogue, step, listener))})
        items = as_items(step)
        with workers(parsed, [items]) as found:
            return run_items(catalogue, [items], found, listener)
