"""A film's flashes as a picture: how many a second, general and red, and over how much of it, along its time."""

from __future__ import annotations

import numpy as np

from engine.analysis.flash_report import FlashReport
from engine.analysis.flashes import MOST_FLASHES
from engine.gl.letters import HEIGHT, WIDTH, lettered
from tools.frames import Pixels

_SCALE = 2
_LETTER_PX, _TEXT_PX = WIDTH * _SCALE, HEIGHT * _SCALE
_LANE_PX, _GAP_PX, _LEFT_PX = 70, 8, 110
_MOST_SHOWN = 8.0  # flashes a second
_PAPER, _LANE, _GRID, _INK, _FAINT = (22, 24, 28), (31, 34, 40), (52, 56, 64), (232, 232, 228), (140, 145, 155)
_WITHIN, _BEYOND, _LIMIT = (120, 190, 255), (240, 110, 120), (255, 178, 84)
_STEPS_S = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 21_600, 86_400)

Colour = tuple[int, int, int]


def plotted(report: FlashReport, width: int = 1000) -> Pixels:
    """The picture, uint8 (height, width, 3): a bar a second in each lane, red beyond the limit's line."""
    lanes = [
        ("general", {at: one.general_flashes for at, one in report.seconds.items()}, MOST_FLASHES, _MOST_SHOWN),
        ("red", {at: one.red_flashes for at, one in report.seconds.items()}, MOST_FLASHES, _MOST_SHOWN),
        ("area", {at: one.area for at, one in report.seconds.items()}, report.area_limit, 1.0),
    ]
    seconds = max(report.seconds, default=0) + 1
    height = 2 * (_TEXT_PX + _GAP_PX) + len(lanes) * (_LANE_PX + _GAP_PX) + _GAP_PX
    pixels: Pixels = np.full((height, width, 3), _PAPER, np.uint8)
    title = f"{report.verdict}, {report.duration_s:.1f} s, flashes a second over {report.area_limit:.3g} of the picture"
    _write(pixels, _GAP_PX, _GAP_PX, title, _INK)
    top = _TEXT_PX + 2 * _GAP_PX
    for name, values, limit, most in lanes:
        _lane(pixels[top : top + _LANE_PX], name, values, seconds, limit=limit, most=most)
        top += _LANE_PX + _GAP_PX
    _axis(pixels, top, seconds)
    return pixels


def _lane(lane: Pixels, name: str, values: dict[int, float], seconds: int, *, limit: float, most: float) -> None:
    room = lane.shape[1] - _LEFT_PX - _GAP_PX
    lane[:, _LEFT_PX : _LEFT_PX + room] = _LANE
    _write(lane, _GAP_PX, (_LANE_PX - _TEXT_PX) // 2, name, _INK)
    for at_s, value in values.items():
        left, right = at_s * room // seconds, (at_s + 1) * room // seconds
        tall = round(min(value / most, 1.0) * _LANE_PX)
        gap = 1 if right - left > 3 else 0
        bar = lane[_LANE_PX - tall :, _LEFT_PX + left : _LEFT_PX + max(right - gap, left + 1)]
        bar[(bar != _BEYOND).any(axis=-1)] = _BEYOND if value > limit else _WITHIN
    lane[_LANE_PX - round(limit / most * _LANE_PX), _LEFT_PX : _LEFT_PX + room] = _LIMIT


def _axis(pixels: Pixels, top: int, seconds: int) -> None:
    room = pixels.shape[1] - _LEFT_PX - _GAP_PX
    step_s = next((one for one in _STEPS_S if one * room / seconds >= 8 * _LETTER_PX), seconds)
    for at_s in range(0, seconds, step_s):
        x = _LEFT_PX + at_s * room // seconds
        pixels[top - _GAP_PX : top - 2, x] = _GRID
        _write(pixels, x, top, f"{at_s // 60}:{at_s % 60:02}", _FAINT)


def _write(pixels: Pixels, x: int, y: int, text: str, colour: Colour) -> None:
    mask = lettered(text, _SCALE)
    corner = pixels[y : y + mask.shape[0], x:][:, : mask.shape[1]]
    corner[mask[: corner.shape[0], : corner.shape[1]]] = colour
