"""Boxes around things in a picture, and how two of them lie to each other."""

from __future__ import annotations

from typing import TypeAlias

Box: TypeAlias = tuple[float, float, float, float]  # left, top, width, height, in any one unit


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    both = _both(one, other)
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def covered(one: Box, other: Box) -> float:
    """Intersection over the smaller of the two, 0..1."""
    return _both(one, other) / min(one[2] * one[3], other[2] * other[3])


def _both(one: Box, other: Box) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, down)
