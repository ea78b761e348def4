"""A film's flashes as a picture: how many a second, general and red, and over how much of it, along its time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.analysis.flash_report import FlashReport
from engine.analysis.flashes import MOST_FLASHES
from tools import lettering
from tools.frames import Pixels

_SCALE = 2
_LETTER_PX, _TEXT_PX = lettering.WIDTH * _SCALE, lettering.HEIGHT * _SCALE
_LANE_PX, _GAP_PX, _LEFT_PX = 70, 8, 110
_MOST_SHOWN = 8.0  # flashes a second
_PAPER, _LANE, _GRID, _INK, _FAINT = (22, 24, 28), (31, 34, 40), (52, 56, 64), (232, 232, 228), (140, 145, 155)
_WITHIN, _BEYOND, _LIMIT = (120, 190, 255), (240, 110, 120), (255, 178, 84)
_STEPS_S = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600)

Colour = tuple[int, int, int]


def plotted(report: FlashReport, width: int = 1000) -> Pixels:
    """The picture, uint8 (height, width, 3): a bar a second in each lane, red beyond the limit's line."""
    seconds = report.seconds
    lanes = [
        ("general", [one.general_flashes for one in seconds], MOST_FLASHES, _MOST_SHOWN),
        ("red", [one.red_flashes for one in seconds], MOST_FLASHES, _MOST_SHOWN),
        ("area", [one.area for one in seconds], report.area_limit, 1.0),
    ]
    height = 2 * (_TEXT_PX + _GAP_PX) + len(lanes) * (_LANE_PX + _GAP_PX) + _GAP_PX
    pixels: Pixels = np.full((height, width, 3), _PAPER, np.uint8)
    title = f"{report.verdict}, {report.duration_s:.1f} s, flashes a second over {report.area_limit:.3g} of the picture"
    _write(pixels, _GAP_PX, _GAP_PX, title, _INK)
    top = _TEXT_PX + 2 * _GAP_PX
    for name, values, limit, most in lanes:
        _lane(pixels[top : top + _LANE_PX], name, np.array(values), limit, most)
        top += _LANE_PX + _GAP_PX
    _axis(pixels, top, len(seconds))
    return pixels


def _lane(lane: Pixels, name: str, values: npt.NDArray[np.float64], limit: float, most: float) -> None:
    room = lane.shape[1] - _LEFT_PX - _GAP_PX
    lane[:, _LEFT_PX : _LEFT_PX + room] = _LANE
    _write(lane, _GAP_PX, (_LANE_PX - _TEXT_PX) // 2, name, _INK)
    edges = np.arange(len(values) + 1) * room // max(len(values), 1)
    for value, left, right in zip(values, edges, edges[1:], strict=False):
        tall = round(min(value / most, 1.0) * _LANE_PX)
        gap = 1 if right - left > 3 else 0
        bar = lane[_LANE_PX - tall :, _LEFT_PX + left : _LEFT_PX + max(right - gap, left + 1)]
        bar[(bar != _BEYOND).any(axis=-1)] = _BEYOND if value > limit else _WITHIN
    lane[_LANE_PX - round(limit / most * _LANE_PX), _LEFT_PX : _LEFT_PX + room] = _LIMIT


def _axis(pixels: Pixels, top: int, seconds: int) -> None:
    room = pixels.shape[1] - _LEFT_PX - _GAP_PX
    step_s = next((one for one in _STEPS_S if one * room / max(seconds, 1) >= 8 * _LETTER_PX), _STEPS_S[-1])
    for at_s in range(0, seconds, step_s):
        x = _LEFT_PX + at_s * room // seconds
        pixels[top - _GAP_PX : top - 2, x] = _GRID
        _write(pixels, x, top, f"{at_s // 60}:{at_s % 60:02}", _FAINT)


def _write(pixels: Pixels, x: int, y: int, text: str, colour: Colour) -> None:
    mask = lettering.lettered(text, _SCALE)
    corner = pixels[y : y + mask.shape[0], x:][:, : mask.shape[1]]
    corner[mask[: corner.shape[0], : corner.shape[1]]] = colour
