"""Colours as places in a space where distance is what the eye sees, and paths through them.

OKLab, as its author gives it: B. Ottosson, "A perceptual color space for image processing", 2020.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from preprocess.assign.clips import Clips, Floats

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
# The colours that a person names; where analyze has other names, a clip's own tell where they lie.
_NAMED = {
    "black": "#000000", "white": "#ffffff", "grey": "#808080", "red": "#c81e1e", "orange": "#e8801a",
    "yellow": "#e6c81e", "green": "#2e8b3a", "cyan": "#22b5b5", "blue": "#2850c8", "purple": "#7a3aa0",
    "violet": "#7a3aa0", "magenta": "#c832a0", "pink": "#e89ab4", "brown": "#7a5230", "beige": "#d8c8a0",
}  # fmt: skip


def lab_of(colours: Sequence[str]) -> Floats:
    """`#rrggbb` colours as OKLab, (n, 3)."""
    known = {each: [int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in set(colours)}
    rgb = np.array([known[each] for each in colours], float).reshape(-1, 3) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab: Floats = np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T
    return lab


def mean_colours(clips: Clips) -> Floats:
    """Each clip's dominant colours, weighed by their shares, as OKLab (n, 3); grey for one without any."""
    means = np.zeros((len(clips), 3))
    means[:, 0] = 0.6
    colours = clips.colours
    at, shares = colours.clip_index, colours.share
    labs = lab_of(colours.rgbs)[colours.rgb_index]
    total = np.bincount(at, shares, len(clips))
    some = total > 0
    for axis in range(3):
        means[some, axis] = np.bincount(at, shares * labs[:, axis], len(clips))[some] / total[some]
    return means


def journey(clips: Clips, stations: Sequence[str]) -> Floats:
    """How far along a path through colours each clip lies; ascending along it.

    The path goes straight from station to station. Without two stations that have a colour it goes along the line on
    which the clips' own colours differ most, from the cool to the warm end.
    """
    colours = mean_colours(clips)
    path = lab_of([rgb for station in stations if (rgb := _colour(station, clips)) is not None])
    if len(path) < 2:
        return _along_own(colours)
    legs = np.diff(path, axis=0)
    lengths = np.maximum(np.sqrt((legs**2).sum(axis=1)), 1e-9)
    begins = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    from_begin = colours[:, None] - path[None, :-1]
    place = np.clip((from_begin * legs).sum(axis=2) / lengths**2, 0, 1)
    off = np.sqrt(((from_begin - place[..., None] * legs) ** 2).sum(axis=2))
    leg = np.round(off, 9).argmin(axis=1)
    along: Floats = begins[leg] + place[np.arange(len(clips)), leg] * lengths[leg]
    return along


def _along_own(colours: npt.NDArray[np.float64]) -> Floats:
    centred = colours - colours.mean(axis=0)
    if not len(centred) or not centred.any():
        return np.zeros(len(centred))
    _, axes = np.linalg.eigh(centred.T @ centred)
    line = axes[:, -1]
    warm = line[1] + line[2] if abs(line[1] + line[2]) > 1e-9 else line[0]
    along: Floats = np.round(centred @ (line if warm > 0 else -line), 9)
    return along


def _colour(station: str, clips: Clips) -> str | None:
    if station.startswith("#"):
        return station
    if station in _NAMED:
        return _NAMED[station]
    colours = clips.colours
    if station not in colours.names:
        return None
    found = np.flatnonzero(colours.name_index == colours.names.index(station))
    return colours.rgbs[colours.rgb_index[found[0]]] if len(found) else None
