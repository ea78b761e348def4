"""`analyze`: measure the fragments of a library, and find which repeat one another."""

from __future__ import annotations

import argparse
from collections import Counter

from rich.table import Table
from rich.text import Text

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_analyses, read_fragments
from preprocess.catalogue.marks import left_out
from preprocess.catalogue.values import Analysis
from preprocess.commands.common import DONE, add_json, add_library, add_working, print_json, run_step, table_console

EXAMPLES = """examples:
  runtime-preprocess analyze library
  runtime-preprocess analyze library --json > measures.json

Measures what `split` has cut and has changed since; then compares all fragments for duplicates.
"""
_COLUMNS = (
    *("clip", "colours", "light", "motion", "drift", "zoom", "shake", "faces", "people", "LUFS", "loop"),
    "left out",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    add_working(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Measure, compare, print; the exit code."""
    done: Counter[str] = Counter()
    for step in ("analyze", "compare"):
        done.update(run_step(parsed, step))
    with Catalogue(parsed.library) as catalogue:
        live = {fragment.slug for fragment in read_fragments(catalogue)}
        analyses = list(read_analyses(catalogue, live))
        reasons = {slug: reason for slug, reason in left_out(catalogue).items() if slug in live}
    if parsed.json:
        print_json(
            {
                "measured": done["analyze"],
                "fragments": len(live),
                "left_out": reasons,
                "analyses": [_plain(analysis) for analysis in analyses],
            }
        )
    else:
        _print(analyses, reasons)
        print(f"{len(live)} fragments; {done['analyze']} measured in this run, {len(reasons)} left out")
    return DONE


def _plain(analysis: Analysis) -> dict[str, object]:
    """An analysis in JSON's own types; hashes as hexadecimal words, since JSON's numbers are too short for them."""
    shown: dict[str, object] = {name: getattr(analysis, name) for name in analysis.__slots__}
    shown["colours"] = [{"name": c.name, "rgb": c.rgb, "share": c.share} for c in analysis.colours]
    shown["onsets_s"] = list(analysis.onsets_s)
    shown["hashes"] = [f"{one:016x}" for one in analysis.hashes]
    return shown


def _print(analyses: list[Analysis], reasons: dict[str, str]) -> None:
    console = table_console()
    table = Table(*_COLUMNS)
    for one in analyses:
        table.add_row(
            one.slug,
            ", ".join(colour.name for colour in one.colours[:3]),
            f"{one.brightness:.2f}",
            f"{one.motion:.2f}",
            f"{one.motion_x:+.2f} {one.motion_y:+.2f}",
            f"{one.zoom:+.2f}",
            f"{one.shake:.2f}",
            str(one.faces),
            str(one.people),
            "" if one.loudness_lufs is None else f"{one.loudness_lufs:.1f}",
            f"{one.loop_begin}-{one.loop_end} {one.loop_quality:.2f}",
            Text(reasons.get(one.slug, "")),
        )
    console.print(table)
