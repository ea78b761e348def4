"""Whether the pictures between two are both of them, laid over one another: what a dissolve shows and a drift does not.

Smoke, ink, tilting light and a long corridor go from one picture to another as evenly as a dissolve does, when looked
at in thumbnails. Their fine detail tells them apart. In a dissolve, that of the frame with the part p is (1 - p) times
that of the first picture and p times that of the last, each where it was, to within a shake of the hand; its energy is
a parabola, (1 - p)² and p² of theirs, all over the picture. What drifts shows detail that is in neither, about as much
of it all along, or has moved that of the first picture to where the last shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from preprocess.split.signals import Floats, Pixels

_SIGMA_PX = 2.0
_FINER_SIGMA_PX = 1.2
_CELLS = (4, 3)  # across and down, in which detail is summed up: what enters a picture changes some of them
_NOISE = 4.0  # levels², mean square of what the grain of a picture adds
_SHAKE_PX, _MOVE_PX = 3, 6  # of 96: how far a hand moves a picture, and how far it is looked for
_STAGES = 8
_TINY = 1e-6
_BEYOND = 3  # frames: one alone may be a flash
# Logistic regression on the windows that `dissolves` looks at in films of tools/bench/shots_films.py (seeds 1 to 8, two
# sets of takes) and in single shots that drift (the shaders of shaders/generators, and takes panned, zoomed and lit):
# dip_error, laid_over (as logarithms), same, dip, variance_error (a logarithm as well). The bias is
# 0.4 less than the one found: a shot cut in two is worse than two shots in one.
_WEIGHTS = (-6.0, 1.2, -4.1, 2.9, -1.8)
_BIAS = -7.7
_LEAST_ERROR, _LEAST_LAID_OVER = 0.03, 0.02


@dataclass(frozen=True, slots=True)
class Mix:
    """What speaks for a mix. `dip`: how deep the energy of fine detail falls below the straight way from the first
    picture to the last, where 1 is expected of two unlike pictures; `dip_error`: how badly the whole parabola fits,
    part of the picture by part, 0 if well. `laid_over`: the share, 0..1, of the fine detail between that the first and
    the last picture make up. `same`: the correlation of the fine detail of these two, -1..1, where they fit one
    another best.
    """

    dip: float
    dip_error: float
    laid_over: float
    same: float


def mix_odds(mix: Mix, variance_error: float) -> float:
    """The logarithm of the odds that it is a mix, -inf where neither picture is seen in those between: pictures without
    fine detail tell nothing. `variance_error` is that of `likeness.Windows`.
    """
    if mix.laid_over < _LEAST_LAID_OVER:
        return -math.inf
    measures = (
        math.log(max(mix.dip_error, _LEAST_ERROR)),
        math.log(mix.laid_over),
        mix.same,
        min(max(mix.dip, -0.3), 1.2),
        math.log(max(variance_error, _LEAST_ERROR)),
    )
    return _BIAS + sum(weight * measure for weight, measure in zip(_WEIGHTS, measures, strict=True))


def measure_mix(greys: Sequence[Pixels], first: int, last: int) -> Mix:
    """Measure frames `first` to `last` of these pictures, grey, of the size of `signals.measured_size`."""
    stages = [first + round((last - first) * stage / _STAGES) for stage in range(1, _STAGES)]
    before = np.median([_energies(greys[max(first - by, 0)]) for by in range(_BEYOND)], axis=0)
    after = np.median([_energies(greys[min(last + by, len(greys) - 1)]) for by in range(_BEYOND)], axis=0)
    both = float(before.mean() + after.mean())
    dip = error = 0.0
    for frame in stages:
        part, energies = (frame - first) / (last - first), _energies(greys[frame])
        unmixed, mixed = (1 - part) * before + part * after, (1 - part) ** 2 * before + part**2 * after
        dip += float((unmixed - energies).mean()) / (part * (1 - part) * (both + 2 * _NOISE)) / len(stages)
        error += float(np.abs(energies - mixed).mean()) / max(both / 4, _TINY) / len(stages)
    between = [_laid_over(greys[frame], greys[first], greys[last]) for frame in stages[1::2]]
    _, same = _found_in(_fine(greys[last], _SIGMA_PX), _fine(greys[first], _SIGMA_PX), _MOVE_PX)
    return Mix(dip, error, float(np.mean(between)), same)


def _fine(grey: Pixels, sigma_px: float) -> Floats:
    """What is fine in a picture, in levels: its difference from its own blur."""
    levels = grey.astype(np.float32)
    return np.asarray(levels - cv2.GaussianBlur(levels, (0, 0), sigma_px))


def _energies(grey: Pixels) -> Floats:
    """Mean square of what is fine, in levels², in each cell of a picture."""
    return np.asarray(cv2.resize(np.square(_fine(grey, _SIGMA_PX)), _CELLS, interpolation=cv2.INTER_AREA))


def _laid_over(grey: Pixels, first: Pixels, last: Pixels) -> float:
    """The share of a picture's fine detail that a sum of that of two others makes up, each where it fits best."""
    fine = _fine(grey, _FINER_SIGMA_PX)
    columns = [_found_in(fine, _fine(other, _FINER_SIGMA_PX), _SHAKE_PX)[0].ravel() for other in (first, last)]
    inner = _inner(fine, _SHAKE_PX).ravel()
    both = np.stack(columns, 1)
    # The grain of a picture alone explains nothing: without detail of their own, neither has a share.
    grain = np.eye(2, dtype=np.float32) * (_NOISE / 4 * len(inner))
    shares = np.linalg.solve(both.T @ both + grain, both.T @ inner)
    energy, left = float(inner @ inner), float(np.square(inner - both @ shares).sum())
    return max(0.0, energy - left) / (energy + _NOISE * len(inner))


def _found_in(fine: Floats, other: Floats, reach: int) -> tuple[Floats, float]:
    """The part of `other` that is most like the inner part of `fine`, and how much they correlate, -1..1."""
    inner = _inner(fine, reach)
    fits = cv2.matchTemplate(other, inner, cv2.TM_CCOEFF_NORMED)
    _, best, _, (left, top) = cv2.minMaxLoc(fits)
    return other[top : top + inner.shape[0], left : left + inner.shape[1]], float(best)


def _inner(fine: Floats, reach: int) -> Floats:
    """A picture without its rim. A very small one loses less of it."""
    rows, columns = (min(reach, size // 4) for size in fine.shape)
    return fine[rows : fine.shape[0] - rows, columns : fine.shape[1] - columns]
