"""Fades from and to black: dark frames, and the frames beside them that grow evenly towards the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from preprocess.split.likeness import Indices
from preprocess.split.signals import Floats, FrameMeasures

_DARK = 0.055  # mean luma
_EMPTY = 0.05  # standard deviation of the luma: a night scene with lamps has more
_RISE = 0.012  # a frame of a fade is lighter than the one before by this part at least
_AHEAD = 3  # frames over which that must hold: pictures move
_LEAST_FRAMES = 3
_TIMES_DARKER = 2.0


@dataclass(frozen=True, slots=True)
class Fade:
    """Frames begin to end (half open) that are black or on their way; before, after or on both sides is a picture."""

    begin: int
    end: int


def find_fades(measures: FrameMeasures, frames_a_second: float) -> list[Fade]:
    """The fades of a stretch, in order. A hard cut to black and back is none: that is two cuts."""
    dark = (measures.light < _DARK) & (measures.spread < _EMPTY)
    if dark.all():
        return []
    longest = max(_LEAST_FRAMES, round(4 * frames_a_second))
    found: list[Fade] = []
    for begin, end in _runs(dark):
        level = float(measures.light[begin:end].min())
        falls = _climb(measures.light[:begin][::-1][:longest], level)
        rises = _climb(measures.light[end:][:longest], level)
        if max(falls, rises) >= _LEAST_FRAMES:
            found.append(Fade(begin - falls, end + rises))
    return _joined(found)


def _climb(light: Floats, black: float) -> int:
    """How many of these frames, the nearest to black first, are on their way to a picture."""
    height = light - black
    count = 0
    while count + 1 < len(height):
        ahead = min(count + _AHEAD, len(height) - 1)
        if height[ahead] - height[count] < _RISE * (ahead - count) * height[ahead]:
            break
        count += 1
    arrived = float(height[count]) if len(height) else 0.0
    return count if arrived > _TIMES_DARKER * _DARK else 0


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """(begin, end) of each run of true flags."""
    edges: Indices = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def _joined(fades: list[Fade]) -> list[Fade]:
    """Fades that touch made into one."""
    joined: list[Fade] = []
    for fade in fades:
        if joined and fade.begin <= joined[-1].end:
            joined[-1] = Fade(joined[-1].begin, max(fade.end, joined[-1].end))
        else:
            joined.append(fade)
    return joined
