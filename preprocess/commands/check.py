"""`check`: which captions and descriptions are doubtful."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from preprocess.check.doubts import KINDS
from preprocess.check.report import DOUBTFUL, doubt_row
from preprocess.check.step import CheckStep
from preprocess.check.store import DoubtfulText, read_doubts
from preprocess.commands.common import DONE, add_json, add_library, add_progress, opened, print_json, table_console
from preprocess.pipeline.runner import run_whole

EXAMPLES = """examples:
  runtime-preprocess check library
  runtime-preprocess check library --json > doubts.json

Doubtful is what is empty, contradicts the measures, goes round in circles, breaks off, or is said of
too many clips. `regenerate` makes it again; what only a person can settle stands in
LIBRARY/reports/doubtful.csv.
"""

_MOST_SHOWN = 25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Check; the exit code."""
    with opened(parsed) as (catalogue, style, listener):
        run_whole(catalogue, CheckStep(style), listener)
        doubts = read_doubts(catalogue)
    if parsed.json:
        print_json({"library": str(catalogue.folder), "doubts": [doubt_json(one) for one in doubts]})
    else:
        print_doubts(doubts)
    return DONE


def doubt_json(one: DoubtfulText) -> dict[str, object]:
    """A doubt as a value of JSON."""
    return {**doubt_row(one), "for_person": one.for_person}


def print_doubts(doubts: Sequence[DoubtfulText]) -> None:
    """How many doubts of each kind there are, and the weightiest of them."""
    console = table_console()
    if not doubts:
        console.print("no text is doubtful")
        return
    counts = Counter(one.doubt for one in doubts)
    texts = len({(one.slug, one.kind) for one in doubts})
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    console.print(f"{texts} doubtful texts: {kinds}", soft_wrap=True)
    table = Table()
    for column in ("clip", "text", "doubt", "why", "tries"):
        table.add_column(column, overflow="fold")
    for one in doubts[:_MOST_SHOWN]:
        table.add_row(one.slug, escape(f"{one.kind}: {one.text[:80]}"), one.doubt, escape(one.why), str(one.tries))
    console.print(table)
    if len(doubts) > _MOST_SHOWN:
        console.print(f"and {len(doubts) - _MOST_SHOWN} more: --json lists all")
    left = len({(one.slug, one.kind) for one in doubts if one.for_person})
    if left:
        console.print(f"[yellow]{left} texts wait for a person:[/] {DOUBTFUL}", soft_wrap=True)
