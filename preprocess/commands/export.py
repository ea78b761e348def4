"""`export`: the catalogue as files for editing by hand, for a spreadsheet and for git."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from preprocess.commands.common import DONE, add_json, add_library, existing, print_json
from preprocess.exchange.export import export

EXAMPLES = """examples:
  runtime-preprocess export library words
  runtime-preprocess export library words && git -C words add -A

One JSON file a clip in clips/, the same as tables in clips.csv, tags.csv and assignments.csv, and each movement's
schedule in schedules/. Change either; runtime-preprocess import takes what you changed. Changes that were not
imported are never overwritten.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to: empty, or an earlier export")
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    done = export(existing(parsed.library), parsed.folder)
    if parsed.json:
        print_json(asdict(done))
    else:
        print(
            f"{done.clips} clips and {done.schedules} schedules: {done.written} files written, {done.unchanged}"
            f" unchanged, {done.removed} removed."
        )
    return DONE
