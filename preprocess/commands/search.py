"""`search`: find clips by what they show, by likeness to another, and by filters."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.errors import RuntimeShowError
from engine.formats.library_catalogue import open_catalogue
from preprocess.catalogue.columns import ClipTable
from preprocess.catalogue.query import parse_query
from preprocess.commands.common import DONE, add_json, add_library, existing, print_json
from preprocess.embed.search import Found, Searcher
from preprocess.style.read import style_of

EXAMPLES = """examples:
  runtime-preprocess search library "people by a lake"
  runtime-preprocess search library --like holiday-03
  runtime-preprocess search library "calm water" --filter "colour:blue motion<0.3 -is:black" --limit 5
  runtime-preprocess search library --filter "tag:lake,river duration_s:2..5" --json

The library must have been embedded (runtime-preprocess embed), unless it is only filtered.

filters: words stand for themselves ("by the lake"); all terms must hold; - before one turns it round.
  tag:a,b  colour:blue  movement:built  source:tape_03
  is:black,static,duplicate,left_out,doubtful,untagged,uncaptioned,unplaced
  motion>0.3  people>=1  duration_s:2..5, and every other measure
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("question", nargs="?", metavar="TEXT", help="what the clips should show")
    parser.add_argument("--like", metavar="SLUG", help="find clips like this one")
    parser.add_argument("--filter", default="", metavar="EXPRESSION", help="only the clips of which this holds")
    parser.add_argument("--limit", type=_limit, default=20, metavar="N", help="so many at most (20)")
    add_json(parser)


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError("a number from 1 to 100000")
    return int(text)


def run(parsed: argparse.Namespace) -> int:
    if parsed.question is not None and parsed.like is not None:
        raise RuntimeShowError("TEXT and --like exclude one another", mend="ask for one of them")
    if parsed.question is None and parsed.like is None and not parsed.filter.strip():
        raise RuntimeShowError("nothing to search for", mend="give TEXT, --like SLUG or --filter EXPRESSION")
    terms = parse_query(parsed.filter)
    library: Path = existing(parsed.library)
    with open_catalogue(library) as connection:
        slugs = ClipTable.read(connection).matching(terms) if terms else None
        if parsed.question is None and parsed.like is None:
            found = [Found(slug, 1.0) for slug in (slugs or [])[: parsed.limit]]
        else:
            searcher = Searcher.read(connection, library, style_of(library).embed)
            if parsed.like is not None:
                found = searcher.like_clip(parsed.like, parsed.limit, slugs)
            else:
                found = searcher.like_text(parsed.question, parsed.limit, slugs)
        captions = dict(connection.execute("SELECT slug, text FROM texts WHERE kind = 'caption' AND state = 'current'"))
    rows = [{"score": round(one.score, 4), "clip": one.slug, "caption": captions.get(one.slug, "")} for one in found]
    if parsed.json:
        print_json(rows)
    else:
        _print(rows)
    return DONE


def _print(rows: list[dict[str, Any]]) -> None:
    if not rows:
        print("Nothing like it was found.")
        return
    table = Table()
    table.add_column("score", justify="right")
    table.add_column("clip", overflow="fold")
    table.add_column("caption", overflow="fold")
    for row in rows:
        table.add_row(f"{row['score']:.2f}", row["clip"], Text(row["caption"]))
    Console().print(table)
