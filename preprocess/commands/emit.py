"""`emit`: the library's show, and the report of how it came about."""

from __future__ import annotations

import argparse

from preprocess.catalogue.catalogue import Catalogue
from preprocess.commands.common import DONE, add_json, add_library, add_progress, print_json, run_step, table_console
from preprocess.emit.facts import gather
from preprocess.emit.report import print_report
from preprocess.style.read import style_of

EXAMPLES = """examples:
  runtime-preprocess emit library
  runtime-preprocess emit library --json > report.json
  runtime-play library/show.yaml

Writes show.yaml, reports/run.html and reports/run.json. A show.yaml that was edited is left alone: the new one is
then put beside it, as show.new.yaml.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    run_step(parsed, "emit")
    with Catalogue(parsed.library) as catalogue:
        facts = gather(catalogue, style_of(catalogue.folder))
        folder = catalogue.folder
    show = str(folder / facts["show"]) if facts["show"] else None
    report = {**facts, "library": str(folder), "show": show}
    if parsed.json:
        print_json(report)
    else:
        print_report(report, table_console())
    return DONE
