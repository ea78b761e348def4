"""`describe`: a description and tags for every clip."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape

from preprocess.caption.summary import print_summary, summary
from preprocess.catalogue.catalogue import Catalogue
from preprocess.commands.common import DONE, add_json, add_library, add_progress, opened, print_json
from preprocess.describe.by_model import LANGUAGE_MODEL
from preprocess.describe.settings import DescribeSettings
from preprocess.describe.step import NAME, DescribeStep
from preprocess.pipeline.runner import run_whole
from preprocess.style.overrule import overruled

EXAMPLES = """examples:
  runtime-preprocess describe library
  runtime-preprocess describe library --by language_model --dry-run
  OPENAI_API_KEY=… runtime-preprocess describe library --by language_model \\
      --server https://api.openai.com/v1 --model gpt-4o-mini --cap 2.50
  runtime-preprocess describe library --by language_model --server http://127.0.0.1:11434/v1 --model llama3.2

By rules it needs nothing but the library. By a language model, captions and measures are sent to
the server that you name, and no pictures; file names only where the style says so. The key comes
from the environment and is kept nowhere. Each answer is stored as it comes: a run that was
stopped, killed or reached its cap goes on where it was. --cap needs prices in the style.
"""

_SHOWN_OF_A_DRY_RUN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("--by", choices=("rules", "language_model"), help="whatever the style says")
    parser.add_argument("--server", metavar="URL", help="base URL of an OpenAI-compatible server")
    parser.add_argument("--model", metavar="NAME", help="of the language model")
    parser.add_argument("--at-once", type=int, metavar="N", help="requests at a time")
    parser.add_argument("--cap", dest="cap_money", type=float, metavar="MONEY", help="spend no more than this")
    parser.add_argument("--cap-requests", type=int, metavar="N", help="send no more requests than this")
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent and cost, and send nothing")
    parser.add_argument("--failed", action="store_true", help="ask again about clips that got no usable answer")
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Describe; the exit code."""
    names = ("by", "server", "model", "at_once", "cap_money", "cap_requests")
    said = {name: value for name in names if (value := getattr(parsed, name)) is not None}
    with opened(parsed) as (catalogue, own_style, listener):
        style = overruled(own_style, "describe", said)
        step = DescribeStep(style)
        if parsed.dry_run:
            return _dry_run(catalogue, step, style.describe, as_json=parsed.json)
        if parsed.failed:
            rows = catalogue.connection.execute("SELECT item FROM failures WHERE step = ?", (NAME,)).fetchall()
            catalogue.forget_made(NAME, ["", *(row["item"] for row in rows)])
        if style.describe.by == LANGUAGE_MODEL:
            print(f"to be asked: {step.plan(catalogue)[1]}", file=sys.stderr)
        run_whole(catalogue, step, listener)
        told = summary(catalogue, "description", NAME)
    told |= _spent(step, style.describe)
    if parsed.json:
        print_json(told)
    else:
        _print(told, Console())
    return DONE


def _dry_run(catalogue: Catalogue, step: DescribeStep, settings: DescribeSettings, *, as_json: bool) -> int:
    if settings.by != LANGUAGE_MODEL:
        print("By rules nothing is sent and nothing is to be paid.", file=sys.stderr)
    questions, cost = step.plan(catalogue) if settings.by == LANGUAGE_MODEL else ([], None)
    if as_json:
        told = [{"clip": one.slug, "messages": one.messages} for one in questions]
        counted = cost and {name: getattr(cost, name) for name in cost.__slots__}
        print_json({"requests": told, "estimate": counted})
        return DONE
    if questions:
        print(f"with each request:\n{questions[0].told}\n")
    for one in questions[:_SHOWN_OF_A_DRY_RUN]:
        print(f"{one.slug}: {one.data}\n")
    if len(questions) > _SHOWN_OF_A_DRY_RUN:
        print(f"and {len(questions) - _SHOWN_OF_A_DRY_RUN} more: --json shows all\n")
    if cost:
        print(f"{cost}. Nothing was sent.")
    return DONE


def _spent(step: DescribeStep, settings: DescribeSettings) -> dict[str, Any]:
    if settings.by != LANGUAGE_MODEL:
        return {}
    budget = step.budget
    return {
        "asked": {
            "requests": budget.requests,
            "answered": step.asked.answered,
            "tokens_in": budget.tokens_in,
            "tokens_out": budget.tokens_out,
            "money": round(budget.money, 4),
            "currency": settings.currency,
            "goes_on_at": step.asked.goes_on_at,
        }
    }


def _print(told: dict[str, Any], console: Console) -> None:
    print_summary(told, "description", console)
    if asked := told.get("asked"):
        tokens = f"{asked['tokens_in']:,} tokens sent, {asked['tokens_out']:,} answered"
        money = f", {asked['money']:.2f} {asked['currency']}" if asked["money"] else ""
        console.print(f"{asked['requests']} requests, {tokens}{money}", soft_wrap=True)
        if asked["goes_on_at"]:
            clip = escape(asked["goes_on_at"])
            console.print(f"[yellow]stopped before the end:[/] the same command goes on at {clip}", soft_wrap=True)
