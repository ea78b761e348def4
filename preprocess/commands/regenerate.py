"""`regenerate`: doubtful captions and descriptions made again."""

from __future__ import annotations

import argparse

from preprocess.check.regenerate import RegenerateStep
from preprocess.check.step import CheckStep
from preprocess.check.store import read_doubts
from preprocess.commands.check import doubt_json, print_doubts
from preprocess.commands.common import DONE, add_json, add_library, add_progress, opened, print_json
from preprocess.pipeline.runner import run_whole

EXAMPLES = """examples:
  runtime-preprocess regenerate library
  runtime-preprocess regenerate library --json > left.json

Each try has another wording, prompt or search; after check.most_tries of them (in the style) a text is left
to a person, in LIBRARY/reports/doubtful.csv. What was stays in the history. Texts of a person are
never touched.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Check, and make again what is doubtful; the exit code."""
    with opened(parsed) as (catalogue, style, listener):
        step = RegenerateStep(style)
        run_whole(catalogue, CheckStep(style), listener)
        run_whole(catalogue, step, listener)
        doubts = read_doubts(catalogue)
    if parsed.json:
        left = [doubt_json(one) for one in doubts]
        print_json({"library": str(catalogue.folder), "made_again": step.made_again, "doubts": left})
    else:
        print(f"{step.made_again} texts made again")
        print_doubts(doubts)
    return DONE
