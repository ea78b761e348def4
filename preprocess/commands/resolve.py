"""`resolve`: settle which tags hold, by who gave them and by what was measured."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.errors import LibraryError
from engine.formats.nearest import did_you_mean
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_fragments
from preprocess.commands.common import DONE, add_json, add_library, add_progress, print_json, run_step
from preprocess.style.read import style_of
from preprocess.tagging.report import REPORT, explain, tag_report
from preprocess.tagging.vocabulary_file import read_vocabulary

EXAMPLES = """examples:
  runtime-preprocess resolve library
  runtime-preprocess resolve library --explain holiday-03
  runtime-preprocess resolve library --json

What a person says always holds. Of tags that exclude one another, indoor and outdoor, the one stays for which
origins and measures speak together. The report is in LIBRARY/reports/tags.csv.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("--explain", metavar="SLUG", help="say what became of each tag of this clip")
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    ran = run_step(parsed, "resolve")
    with Catalogue(parsed.library) as catalogue:
        if parsed.explain is not None:
            _explain(catalogue, parsed.explain, as_json=parsed.json)
            return DONE
        report = tag_report(catalogue, read_vocabulary(catalogue.folder, style_of(catalogue.folder).tagging))
    if parsed.json:
        print_json({"changed": bool(ran["resolve"]), **{"dropped": [asdict(one) for one in report.resolved]}})
        return DONE
    console = Console()
    table = Table("clip", "dropped", "why", title="what was settled", title_justify="left")
    for one in report.resolved:
        table.add_row(one.slug, Text(one.before), Text(one.why))
    console.print(table if report.resolved else "No tags contradict one another.")
    console.print(Text(f"The whole report: {parsed.library / REPORT}"), soft_wrap=True)
    return DONE


def _explain(catalogue: Catalogue, slug: str, *, as_json: bool) -> None:
    slugs = [fragment.slug for fragment in read_fragments(catalogue, retired=True)]
    if slug not in slugs:
        raise LibraryError(f"has no clip {slug}", subject=catalogue.folder, mend=did_you_mean(slug, slugs))
    vocabulary = read_vocabulary(catalogue.folder, style_of(catalogue.folder).tagging)
    given, holding = explain(catalogue, vocabulary, slug)
    if as_json:
        print_json({"clip": slug, "given": [asdict(one) for one in given], "tags": holding})
        return
    table = Table("given", "by", "confidence", "tag", "holds", "why", title=slug, title_justify="left")
    for one in given:
        holds = "yes" if one.holds else "no"
        table.add_row(Text(one.tag), one.origin, f"{one.confidence:.2f}", Text(one.name or "–"), holds, Text(one.why))
    console = Console()
    console.print(table)
    for tag, why in holding.items():
        console.print(Text(f"{tag}: {why}"))
