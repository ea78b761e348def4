"""`run`: everything from sources to a show, doing again only what changed."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from preprocess.catalogue.catalogue import Catalogue
from preprocess.commands.common import (
    DONE,
    QUARANTINED,
    add_intake,
    add_json,
    add_working,
    listening,
    print_json,
    table_console,
    workers,
)
from preprocess.commands.ingest import follow_moved, sources_named
from preprocess.emit.report import Done, print_report, run_report
from preprocess.encode.step import EncodeStep
from preprocess.ingest.errors import write_errors
from preprocess.ingest.step import IngestStep
from preprocess.pipeline.listening import Listener
from preprocess.pipeline.runner import run_items, run_whole
from preprocess.pipeline.step import ItemStep, WholeStep
from preprocess.pipeline.steps import STREAMED, WHOLE, as_items, is_whole, make_step
from preprocess.sources import Found
from preprocess.style.adopt import adopted_style
from preprocess.style.model import Style
from preprocess.style.overrule import overruled
from preprocess.style.read import read_style
from preprocess.track.library import set_track

EXAMPLES = """examples:
  runtime-preprocess run ~/Videos -o library
  runtime-preprocess run tapes/ phone.mp4 -o library --track song.flac --show style.yaml
  runtime-preprocess run loops/ -o library --no-mezzanine --codec hap
  runtime-preprocess run ~/Videos -o library --json --strict > report.json
  runtime-preprocess run /shared/videos -o /shared/library --scheduler tcp://10.0.0.5:8786

A run that was stopped or killed goes on where it was; a second one does only what changed.
Without --track, music is taken from the sources or from a folder "music" near them.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_intake(parser, verifies="contents, of sources and clips")
    music = parser.add_mutually_exclusive_group()
    music.add_argument("--track", type=Path, metavar="FILE", help="the show's music")
    music.add_argument("--no-track", action="store_true", help="a silent show")
    parser.add_argument(
        "--codec", choices=("auto", "mjpeg", "hap", "hapq"), help="of the clips, whatever the style says"
    )
    add_working(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Run the pipeline; the exit code."""
    began_s = time.monotonic()
    if parsed.show is not None:
        read_style(parsed.show)  # its mistakes are told before there is a library
    found = sources_named(parsed.sources, parsed.output)
    with listening(parsed.progress) as listener, Catalogue(parsed.output) as catalogue:
        style = _with_options(adopted_style(catalogue, parsed.show), parsed)
        if parsed.track is not None or parsed.no_track:
            set_track(catalogue, parsed.track)
        moved = follow_moved(catalogue, found, listener)
        done, repaired = _streamed(catalogue, style, found, parsed, listener)
        for name in WHOLE:
            done[name] = _whole(catalogue, make_step(name, style), parsed, listener)
        report = run_report(catalogue, found, Done(done, repaired, moved, time.monotonic() - began_s))
    if parsed.json:
        print_json(report)
    else:
        print_report(report, table_console())
    return QUARANTINED if parsed.strict and report["counts"]["quarantined"] else DONE


def _streamed(
    catalogue: Catalogue, style: Style, found: Found, parsed: argparse.Namespace, listener: Listener
) -> tuple[Counter[str], Mapping[str, str]]:
    """The steps that each source goes through by itself; how many items each did, and what was wrong with clips."""
    encode = EncodeStep(style, verify=parsed.verify)
    later = [*(as_items(make_step(name, style)) for name in STREAMED[1:-1]), encode]
    steps = [IngestStep(style, found, verify=parsed.verify, later=later), *later]
    with workers(parsed, steps) as hands:
        done = run_items(catalogue, steps, hands, listener)
    write_errors(catalogue)
    return done, encode.repaired


def _whole(catalogue: Catalogue, step: ItemStep | WholeStep, parsed: argparse.Namespace, listener: Listener) -> int:
    """A step that takes the library as a whole, or one of items by a model; how many items it did."""
    if is_whole(step):
        return int(run_whole(catalogue, step, listener))
    items = as_items(step)
    with workers(parsed, [items]) as hands:
        return run_items(catalogue, [items], hands, listener)[items.name]


def _with_options(style: Style, parsed: argparse.Namespace) -> Style:
    """The style with what the command line says otherwise."""
    ingest = {"mezzanine": False} if parsed.no_mezzanine else {}
    encode = {name: value for name in ("codec", "max_height") if (value := getattr(parsed, name)) is not None}
    return overruled(overruled(style, "ingest", ingest), "encode", encode)
