"""`assign`: which clips each movement has, and why."""

from __future__ import annotations

import argparse
from typing import Any

from rich.markup import escape
from rich.table import Table

from preprocess.assign.step import AssignStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.commands.common import DONE, add_json, add_library, add_progress, opened, table_console, tell
from preprocess.pipeline.runner import run_whole

EXAMPLES = """examples:
  runtime-preprocess assign library
  runtime-preprocess assign library --json > assignments.json

Movements and what they want stand in LIBRARY/style.yaml, or are those that ship. Pin clips to a
movement, or ban them from one, in `curate` or through `export` and `import`.
"""

_MOST_SHOWN = 3  # clips of a movement


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Share the clips out; the exit code."""
    with opened(parsed) as (catalogue, style, listener):
        run_whole(catalogue, AssignStep(style), listener)
        report = {"library": str(catalogue.folder), **_report(catalogue)}
    tell(parsed, report, _print)
    return DONE


def _report(catalogue: Catalogue) -> dict[str, Any]:
    """Every movement with its clips, the best first; and what went wrong, as values of JSON."""
    ask = catalogue.connection.execute
    problems = {
        row["item"]: {"reason": row["reason"], "mend": row["mend"]}
        for row in ask("SELECT item, reason, mend FROM failures WHERE step = 'assign'")
    }
    movements = []
    for row in ask("SELECT name FROM movements ORDER BY position").fetchall():
        clips = [
            {"clip": slug, "score": score, "pinned": bool(pinned), "why": why}
            for slug, score, pinned, why in ask(
                "SELECT slug, score, pinned, why FROM assignments WHERE movement = ? ORDER BY score DESC, slug",
                (row["name"],),
            )
        ]
        movements.append({"movement": row["name"], "clips": clips, "problem": problems.get(row["name"])})
    out = ask("SELECT count(*) FROM fragments WHERE retired = 0 AND slug NOT IN (SELECT slug FROM assignments)")
    return {"movements": movements, "left_out": out.fetchone()[0]}


def _print(report: dict[str, Any]) -> None:
    console = table_console()
    table = Table()
    for column in ("movement", "clips", "such as", "why"):
        table.add_column(column, overflow="fold")
    for each in report["movements"]:
        for number, clip in enumerate(each["clips"][:_MOST_SHOWN] or [{"clip": "", "why": ""}]):
            first = (each["movement"], str(len(each["clips"]))) if number == 0 else ("", "")
            table.add_row(*first, escape(clip["clip"]), escape(clip["why"]))
    console.print(table)
    if report["left_out"]:
        console.print(f"{report['left_out']} clips are in no movement: left out, or they fit none")
    for each in report["movements"]:
        if problem := each["problem"]:
            console.print(f"{each['movement']}: {problem['reason']}. {problem['mend']}", markup=False, soft_wrap=True)
