"""`caption`: a caption for every clip."""

from __future__ import annotations

import argparse

from rich.console import Console

from preprocess.caption.step import NAME, Blip2Step, ComposedStep
from preprocess.caption.summary import print_summary, summary
from preprocess.commands.common import (
    DONE,
    add_json,
    add_library,
    add_working,
    opened,
    print_json,
    workers,
)
from preprocess.pipeline.runner import run_items, run_whole
from preprocess.style.overrule import overruled

EXAMPLES = """examples:
  runtime-preprocess caption library
  runtime-preprocess caption library --by blip2 --model ~/models/blip2-opt-2.7b --jobs 1
  runtime-preprocess caption library --by blip2 --device cuda --batch 16 --jobs 1

Composed captions say what was measured and need nothing else. BLIP-2 looks at frames and needs
pip install 'runtime-engine[ai]' and its weights: a folder, or your own hub cache. Each worker
loads the model once: with one graphics card, --jobs 1. A person's captions are never touched.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    parser.add_argument("--by", choices=("composed", "blip2"), help="whatever the style says")
    parser.add_argument("--model", metavar="FOLDER|NAME", help="of BLIP-2, whatever the style says")
    parser.add_argument("--device", metavar="DEVICE", help="of BLIP-2: auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--batch", metavar="N", help="clips at a time")
    add_working(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Caption; the exit code."""
    said = {name: value for name in ("by", "model", "device", "batch") if (value := getattr(parsed, name)) is not None}
    with opened(parsed) as (catalogue, own_style, listener):
        style = overruled(own_style, "caption", said)
        if style.caption.by == "composed":
            run_whole(catalogue, ComposedStep(style), listener)
        else:
            by_model = Blip2Step(style)
            with workers(parsed, [by_model]) as hands:
                run_items(catalogue, [by_model], hands, listener)
        told = summary(catalogue, "caption", NAME)
    if parsed.json:
        print_json(told)
    else:
        print_summary(told, "caption", Console())
    return DONE
