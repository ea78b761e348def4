"""The suite `schedule`: clips shared out among movements and put in order, in a library of 100,000 described clips."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from preprocess.assign.step import AssignStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.schedule.step import ScheduleStep
from preprocess.style.read import default_style
from preprocess.track.library import set_track
from tools.bench.library100k import CLIPS, QUICK_CLIPS, library_of
from tools.bench.measuring import Case
from tools.bench.rows import Bar, Options, Row, Tell

SUITE = "schedule"
_BOTH_S = Bar("≤", 10)


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """Times of a first run of both steps, and of finding that a second has nothing to do; on a copy of the library."""
    count = QUICK_CLIPS if options.quick else CLIPS
    library = library_of(options.media, count, tell)
    case = Case(SUITE, f"{count:,} clips")
    with tempfile.TemporaryDirectory(dir=options.media) as folder:
        copy = Path(folder) / "library"
        shutil.copytree(library, copy)
        with Catalogue(copy) as catalogue:
            # Sound files lie where the sources do; here they lie nowhere.
            set_track(catalogue, None)
            yield from _steps(catalogue, case, None if options.quick else _BOTH_S, tell)


def _steps(catalogue: Catalogue, case: Case, bar: Bar | None, tell: Tell) -> Iterator[Row]:
    total_s = again_s = 0.0
    for step in (AssignStep(default_style()), ScheduleStep(default_style())):
        tell(step.name)
        began_s = time.perf_counter()
        step.inputs(catalogue)
        step.run(catalogue, lambda done, total: None)
        took_s = time.perf_counter() - began_s
        began_s = time.perf_counter()
        step.inputs(catalogue)
        again_s += time.perf_counter() - began_s
        total_s += took_s
        yield case.row(step.name, took_s, "s")
    yield case.row("assign and schedule", total_s, "s", bar)
    yield case.row("nothing to do", again_s, "s")
