"""Libraries of measured clips, for tests of the steps that put them into words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.dump import dump
from preprocess.catalogue.fragments import read_analyses, store_analysis
from preprocess.pipeline.listening import Silent
from preprocess.pipeline.runner import run_whole
from preprocess.pipeline.step import WholeStep
from preprocess.style.model import Style, StyleMovement
from tests.described_support import Described, colours, describe

NAMES = ("blue", "grey", "red", "brown", "green", "black", "white", "orange")


def style(**sections: Any) -> Style:
    """A style of one movement with these sections."""
    return Style.model_validate({"movements": (StyleMovement(name="all"),), **sections})


def measured(slug: str, drawn: random.Random) -> Described:
    """A clip with measures drawn by chance."""
    named = dict(zip(drawn.sample(NAMES, 3), (0.5, 0.3, 0.1), strict=True))
    measures: dict[str, Any] = {
        "brightness": drawn.random(),
        "contrast": drawn.random(),
        "saturation": 0.1 + drawn.random() * 0.3,
        "motion": drawn.random() ** 3,
        "motion_x": drawn.gauss(0, 0.1),
        "faces": drawn.choice((0, 0, 1, 2)),
        "faces_share": drawn.random(),
        "shake": drawn.random() * 0.5,
        "digest": f"{drawn.getrandbits(64):016x}",
        "colours": colours(**named),
    }
    return Described(slug, measures=measures)


def make_library(folder: Path, count: int = 12, same: int = 0) -> Path:
    """`count` clips of different looks, `c000`…, and `same` more that all look alike, `s000`…"""
    drawn = random.Random(5)
    clips = [measured(f"c{number:03}", drawn) for number in range(count)]
    one = measured("s", random.Random(9))
    clips += [replace(one, slug=f"s{number:03}") for number in range(same)]
    with Catalogue(folder) as catalogue:
        describe(catalogue, clips)
    return folder


def run(catalogue: Catalogue, *steps: WholeStep) -> Sequence[bool]:
    """Run steps as the pipeline does; which of them had something to do."""
    return [run_whole(catalogue, step, Silent()) for step in steps]


def measure_again(catalogue: Catalogue, slug: str, **measures: Any) -> None:
    """Change what was measured of a clip."""
    (before,) = read_analyses(catalogue, [slug])
    store_analysis(catalogue, replace(before, **measures))


def dumped(catalogue: Catalogue) -> list[str]:
    """All that the catalogue says, but times."""
    return list(dump(catalogue.connection))
