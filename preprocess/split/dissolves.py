"""Dissolves: found by the straight way from one picture to another, and by the dip of contrast half way.

A dissolve shows (1 - p) A + p B with p rising evenly from 0 to 1. Two things follow. Seen from the first picture and
the last, every one between lies on the straight line that joins them, as far along it as the time that has gone; that
two frames predict the middle one was used by Yu, Bozdagi and Harrington ("Feature-based hierarchical video
segmentation", ICIP 1997). And the variance of two unlike pictures mixed is (1 - p)² var A + p² var B, a parabola that
dips half way, whatever moves in them (Alattar, "Detecting and compressing dissolve regions in video sequences",
ISCAS 1993). Motion, a pan or a passing car changes as much, but neither evenly nor along a line, and the contrast
stays. What drifts as evenly as that, smoke, ink or light, is told from a dissolve by its fine detail: see `mix`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from preprocess.split.likeness import Doubles, Likeness, Windows, window_lengths
from preprocess.split.mix import measure_mix, mix_odds
from preprocess.split.signals import Pixels

SHORTEST_S, LONGEST_S = 0.3, 3.0
# Logistic regression on windows of films of tools/bench/shots_films.py (seeds 1 to 10, with two sets of takes): apart,
# likeness, uneven, variance_error, detail_dip, sides, jump; those that are ratios as logarithms, not below a floor.
_WEIGHTS = (1.74, -5.06, -1.6, -2.61, 3.96, -1.63, -4.63)
_BIAS = -23.2
_LEAST_UNEVEN, _LEAST_ERROR, _LEAST_SIDES, _LEAST_JUMP = 0.05, 0.08, 0.2, 0.08
_LEAST_APART = 8.0  # levels: pictures that differ less are one to the eye
_MOST_LIKENESS, _MOST_UNEVEN, _MOST_ERROR = 0.9, 0.5, 0.45
_WORTH_A_LOOK = -4.0  # odds: whether it is one, its fine detail says
_LEAST_CHANGED = 0.7  # of the picture: a title that appears changes less
_OVERLAP = 0.3  # of the shorter: such windows are of one dissolve


@dataclass(frozen=True, slots=True)
class Dissolve:
    """A dissolve: frames begin to end (half open) are mixed; the first and the last may be pure.

    `odds` is the logarithm of the odds that it is one.
    """

    begin: int
    end: int
    odds: float


def dissolve_odds(windows: Windows) -> Doubles:
    """The logarithm of the odds that each window is a dissolve, -inf where there is no change to speak of."""
    measures = (
        np.log(np.maximum(windows.apart, 1.0)),
        np.maximum(windows.likeness, 0.0),
        np.log(np.maximum(windows.uneven, _LEAST_UNEVEN)),
        np.log(np.maximum(windows.variance_error, _LEAST_ERROR)),
        np.clip(windows.detail_dip, -0.3, 1.0),
        np.log(np.maximum(windows.sides, _LEAST_SIDES)),
        np.log(np.maximum(windows.jump, _LEAST_JUMP)),
    )
    odds = _BIAS + sum(weight * measure for weight, measure in zip(_WEIGHTS, measures, strict=True))
    possible = (windows.apart > _LEAST_APART) & (windows.likeness < _MOST_LIKENESS)
    possible &= (windows.uneven < _MOST_UNEVEN) & (windows.variance_error < _MOST_ERROR)
    return np.where(possible, odds, -np.inf)


def find_dissolves(
    likeness: Likeness, greys: Sequence[Pixels], frames_a_second: float, begins: range
) -> list[Dissolve]:
    """The dissolves whose window begins with one of `begins`: of those that overlap, the likeliest.

    `greys` are the frames of `likeness`, grey, in the size of `signals.measured_size`.
    """
    found: list[Dissolve] = []
    for length in window_lengths(frames_a_second, SHORTEST_S, LONGEST_S):
        first = np.arange(begins.start, min(begins.stop, likeness.count - length))
        if len(first) == 0:
            continue
        odds = dissolve_odds(likeness.windows(length, first))
        for at in np.flatnonzero(odds > _WORTH_A_LOOK):
            begin, end = int(first[at]), int(first[at]) + length + 1
            found.append(Dissolve(begin, end, float(odds[at])))
    whole = [one for one in likeliest(found) if likeness.changed_share(one.begin, one.end - 1) > _LEAST_CHANGED]
    return [one for one in (_judged(one, likeness, greys) for one in whole) if one.odds > 0]


def _judged(one: Dissolve, likeness: Likeness, greys: Sequence[Pixels]) -> Dissolve:
    """The same with the odds that its fine detail gives it."""
    first, last = one.begin, one.end - 1
    (error,) = likeness.windows(last - first, np.array([first])).variance_error
    return replace(one, odds=mix_odds(measure_mix(greys, first, last), float(error)))


def likeliest(dissolves: Iterable[Dissolve]) -> list[Dissolve]:
    """Those that overlap no likelier one, in order."""
    kept: list[Dissolve] = []
    for one in sorted(dissolves, key=lambda one: (-one.odds, one.begin, one.end)):
        if not any(_overlap(one, other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.begin)


def _overlap(one: Dissolve, other: Dissolve) -> bool:
    shared = min(one.end, other.end) - max(one.begin, other.begin)
    return shared > _OVERLAP * min(one.end - one.begin, other.end - other.begin)
