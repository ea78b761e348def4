"""`schedule`: each movement's clips in order, cut on the music."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from preprocess.catalogue.catalogue import Catalogue
from preprocess.commands.common import DONE, add_json, add_library, add_progress, opened, table_console, tell
from preprocess.pipeline.runner import run_whole
from preprocess.schedule.page import PAGE
from preprocess.schedule.picture import PICTURE
from preprocess.schedule.step import ScheduleStep
from preprocess.schedule.stored import csv_name, read_schedule
from preprocess.track.library import set_track, stored_track, why_this_track

EXAMPLES = """examples:
  runtime-preprocess schedule library
  runtime-preprocess schedule library --track song.flac
  runtime-preprocess schedule library --no-track --json > schedule.json

A schedule that you changed, its CSV or in `curate`, is kept; the new one stands beside it as
schedules/NAME.new.csv. Look at reports/schedule.html: pointing at a clip tells why it is there.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    music = parser.add_mutually_exclusive_group()
    music.add_argument("--track", type=Path, metavar="FILE", help="the show's music from now on")
    music.add_argument("--no-track", action="store_true", help="a silent show from now on")
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Put the movements in order; the exit code."""
    with opened(parsed) as (catalogue, style, listener):
        if parsed.track is not None or parsed.no_track:
            set_track(catalogue, parsed.track)
        run_whole(catalogue, ScheduleStep(style), listener)
        report = _report(catalogue, [movement.name for movement in style.movements])
    tell(parsed, report, _print)
    return DONE


def _report(catalogue: Catalogue, names: list[str]) -> dict[str, Any]:
    """The music, every movement's schedule and what went wrong, as values of JSON."""
    track = stored_track(catalogue)
    music = None
    if track is not None:
        sections = [{"begin_s": each.begin_s, "end_s": each.end_s, "label": each.label} for each in track.sections]
        music = {"file": track.file, "why": why_this_track(catalogue), "duration_s": track.duration_s}
        music |= {"bpm": track.bpm, "onsets": len(track.onsets), "sections": sections}
    movements = []
    begin_s = 0.0
    for name in names:
        stored = read_schedule(catalogue, name)
        if stored is None:
            continue
        movements.append(
            {
                "movement": name,
                "csv": csv_name(name),
                "origin": stored.origin,
                "strategy": stored.strategy,
                "begin_s": round(begin_s, 6),
                "duration_s": round(stored.duration_s, 6),
                "rows": len(stored.rows),
                "clips": len({row.clip for row in stored.rows if row.clip}),
                "proposal": read_schedule(catalogue, name, "proposal") is not None,
            }
        )
        begin_s += stored.duration_s
    failures = catalogue.connection.execute(
        "SELECT item, reason, mend FROM failures WHERE step = 'schedule' ORDER BY item"
    )
    return {
        "library": str(catalogue.folder),
        "track": music,
        "movements": movements,
        "conflicts": [dict(row) for row in failures],
        "picture": PICTURE,
        "page": PAGE,
    }


def _print(report: dict[str, Any]) -> None:
    console = table_console()
    table = Table()
    for column in ("movement", "from", "lasts", "cuts", "clips", "in order by"):
        table.add_column(column)
    for each in report["movements"]:
        by = "hand; a new proposal stands beside" if each["origin"] == "person" else each["strategy"]
        times = (f"{each['begin_s']:.1f} s", f"{each['duration_s']:.1f} s")
        table.add_row(each["movement"], *times, str(each["rows"]), str(each["clips"]), escape(by))
    console.print(table)
    music = report["track"]
    said = "no music: cuts come at even steps" if music is None else f"music: {music['file']} ({music['why']})"
    console.print(said, markup=False, soft_wrap=True)
    for each in report["conflicts"]:
        console.print(f"{each['item']}: {each['reason']}. {each['mend']}", markup=False, soft_wrap=True)
    console.print(f"look at {Path(report['library']) / report['page']}", markup=False, soft_wrap=True)
