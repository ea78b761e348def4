"""`encode`: every fragment as a clip that plays from any frame."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table
from rich.text import Text

from preprocess.commands.common import DONE, add_json, add_library, add_working, opened, print_json, workers
from preprocess.encode.step import EncodeStep
from preprocess.pipeline.runner import run_items

EXAMPLES = """examples:
  runtime-preprocess encode library
  runtime-preprocess encode library --jobs 2 --json

Codec, size and proxies are said in the section encode of the library's style.yaml. Of each source this tells which
codec its clips have, and why.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("--verify", action="store_true", help="compare contents of clips, not only sizes")
    add_working(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    with opened(parsed) as (catalogue, style, listener):
        step = EncodeStep(style, verify=parsed.verify)
        with workers(parsed, [step]) as hands:
            done = run_items(catalogue, [step], hands, listener)[step.name]
        ask = catalogue.connection.execute
        sources = [
            dict(row)
            for row in ask(
                "SELECT base, codec_choices.codec, why, count(slug) AS clips, coalesce(sum(clips.bytes), 0) AS bytes"
                " FROM codec_choices JOIN sources USING (base) LEFT JOIN clips ON source_id = sources.id"
                " GROUP BY base ORDER BY base"
            )
        ]
        failed = [
            dict(row) for row in ask("SELECT item AS clip, reason, mend FROM failures WHERE step = 'encode' ORDER BY 1")
        ]
    repaired = [{"clip": slug, "why": why} for slug, why in sorted(step.repaired.items())]
    if parsed.json:
        print_json({"encoded": done, "repaired": repaired, "sources": sources, "failed": failed})
        return DONE
    console = Console()
    table = Table("source", "codec", "clips", "MB", "why", title_justify="left")
    for one in sources:
        megabytes = f"{one['bytes'] / 1e6:.1f}"
        table.add_row(Text(one["base"]), one["codec"], str(one["clips"]), megabytes, Text(one["why"]))
    console.print(table)
    for one in repaired:
        console.print(Text(f"encoded anew: {one['clip']}: {one['why']}"))
    for one in failed:
        console.print(Text(f"{one['clip']}: {one['reason']}. {one['mend']}"))
    console.print(f"{done} clips encoded.")
    return DONE
