"""The pipeline: its steps in their order, each made from the style when it is needed.

A table of names, so that a command imports the steps that it runs and no other.
"""

from __future__ import annotations

import importlib
from typing import TypeGuard, cast

from preprocess.pipeline.step import ItemStep, WholeStep
from preprocess.style.model import Style

# Of each source on its own, one after another; sources side by side.
STREAMED = ("ingest", "split", "analyze", "encode")
# Of the library as a whole.
WHOLE = (
    *("compare", "caption", "describe", "check", "regenerate", "normalize", "resolve", "embed"),
    *("assign", "schedule", "emit"),
)

_CLASSES = {
    "split": "preprocess.split.step:SplitStep",
    "analyze": "preprocess.analyze.step:AnalyzeStep",
    "encode": "preprocess.encode.step:EncodeStep",
    "compare": "preprocess.analyze.compare:CompareStep",
    "caption": "preprocess.caption.step:caption_step",
    "describe": "preprocess.describe.step:DescribeStep",
    "check": "preprocess.check.step:CheckStep",
    "regenerate": "preprocess.check.regenerate:RegenerateStep",
    "normalize": "preprocess.tagging.step:NormalizeStep",
    "resolve": "preprocess.tagging.step:ResolveStep",
    "embed": "preprocess.embed.step:EmbedStep",
    "assign": "preprocess.assign.step:AssignStep",
    "schedule": "preprocess.schedule.step:ScheduleStep",
    "emit": "preprocess.emit.step:EmitStep",
}


def make_step(name: str, style: Style) -> ItemStep | WholeStep:
    """A step by its name, as the style wants it; all but ingest, which needs its sources."""
    module, _, made = _CLASSES[name].partition(":")
    return cast("ItemStep | WholeStep", getattr(importlib.import_module(module), made)(style))


def is_whole(step: ItemStep | WholeStep) -> TypeGuard[WholeStep]:
    """Whether a step takes the library as a whole."""
    return not hasattr(step, "items")


def as_items(step: ItemStep | WholeStep) -> ItemStep:
    """The step, which has items."""
    assert hasattr(step, "items"), f"{step.name} takes the library as a whole"
    return cast("ItemStep", step)
