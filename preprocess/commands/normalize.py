"""`normalize`: bring tags to the words of the library's vocabulary."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from preprocess.catalogue.catalogue import Catalogue
from preprocess.commands.common import DONE, add_json, add_library, add_progress, print_json, run_step
from preprocess.style.read import style_of
from preprocess.tagging.report import tag_report
from preprocess.tagging.vocabulary_file import read_vocabulary

EXAMPLES = """examples:
  runtime-preprocess normalize library
  runtime-preprocess normalize library --json

Case, plurals, synonyms and slips of the pen are merged into the words of LIBRARY/vocabulary.yaml, which is yours to
change. What holds of them in the end is settled by: runtime-preprocess resolve library
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    ran = run_step(parsed, "normalize")
    with Catalogue(parsed.library) as catalogue:
        report = tag_report(catalogue, read_vocabulary(catalogue.folder, style_of(catalogue.folder).tagging))
    if parsed.json:
        renamed, unknown = map(asdict, report.renamed), map(asdict, report.unknown)
        print_json({"changed": bool(ran["normalize"]), "renamed": list(renamed), "unknown": list(unknown)})
        return DONE
    console = Console()
    table = Table("given", "clips", "tag", "why", title="what became of words", title_justify="left")
    for one in report.renamed:
        table.add_row(Text(one.before), str(one.clips), Text(one.after or "–"), Text(one.why))
    console.print(table if report.renamed else "Every tag is written as the vocabulary has it.")
    if report.unknown:
        table = Table("tag", "clips", "did you mean", title="not in the vocabulary", title_justify="left")
        for other in report.unknown:
            table.add_row(Text(other.tag), str(other.clips), other.suggestion)
        console.print(table)
    return DONE
