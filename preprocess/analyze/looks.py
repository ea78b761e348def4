"""What a fragment looks like: light, colour, detail, lines, sharpness; and whether it is black or static.

Light and change are taken from a small copy of every frame; the rest from a few frames a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from preprocess.analyze.colours import dominant
from preprocess.catalogue.values import Colour

Picture = npt.NDArray[np.uint8]  # (rows, columns, 3) BGR, or (rows, columns) grey

SMALL = 64, 36  # width, height of the copies that light and change are measured on
_FULL_DETAIL = 0.1
_BLACK_BELOW = 0.03  # of the brightest frame's mean
# Mean of |difference| to the fragment's first frame. One person far off in a street makes ten times as much.
_STATIC_BELOW = 0.002
# Of the finest detail against the next coarser one: 0.1 is out of focus, 0.9 as sharp as a lens and a sensor go.
_FULL_SHARPNESS = 0.9
_NOISE = 0.004  # a sensor's grain is no detail
_FLAT = 0.01  # detail below this is none
_LINE_SHARE = 0.15  # of the picture's width, from which on a line is long
_LUMA = np.array((0.0722, 0.7152, 0.2126), np.float32)  # of BGR
_MOST_PIXELS = 40_000


@dataclass(frozen=True, slots=True)
class Looks:
    """As in `preprocess.catalogue.values.Analysis`."""

    brightness: float
    contrast: float
    saturation: float
    warmth: float
    skin: float
    detail: float
    straight_lines: float
    sharpness: float
    black: bool
    static: bool
    colours: tuple[Colour, ...]


class LooksMeter:
    """Gathers the looks of one fragment, frame after frame. One thread."""

    def __init__(self) -> None:
        self._brightest = 0.0
        self._furthest = 0.0
        self._first: npt.NDArray[np.int16] | None = None
        self._sums = np.zeros(6)
        self._count = 0
        self._lines: list[float] = []
        self._sharpness: list[float] = []
        self._pixels: list[Picture] = []

    def light(self, small: Picture) -> None:
        """Every frame, as a copy of SMALL size in BGR."""
        blue, green, red, _ = cv2.mean(small)
        self._brightest = max(self._brightest, float(np.dot(_LUMA, (blue, green, red))) / 255)
        wide = small.astype(np.int16)
        if self._first is None:
            self._first = wide
        self._furthest = max(self._furthest, float(np.abs(wide - self._first).mean()) / 255)

    def look(self, picture: Picture, grey: Picture, small: Picture) -> float:
        """A frame out of a few a second: BGR, grey, and its SMALL copy. Its sharpness, 0..1."""
        self._sums += _tones(small)
        self._count += 1
        self._pixels.append(small.reshape(-1, 3)[:, ::-1])
        self._lines.append(_straight_lines(grey))
        self._sharpness.append(_sharpness(grey))
        return self._sharpness[-1]

    def looks(self) -> Looks:
        """Of all frames so far; both `light` and `look` must have had one."""
        brightness, contrast, saturation, warmth, skin, detail = (float(one) for one in self._sums / self._count)
        pixels = np.concatenate(self._pixels)
        return Looks(
            brightness=brightness,
            contrast=min(1.0, 2 * contrast),  # the standard deviation of 0..1 is 0.5 at most
            saturation=saturation,
            warmth=warmth,
            skin=skin,
            detail=min(1.0, detail / _FULL_DETAIL),
            straight_lines=float(np.mean(self._lines)),
            sharpness=float(np.percentile(self._sharpness, 90)),
            black=self._brightest < _BLACK_BELOW,
            static=self._furthest < _STATIC_BELOW,
            colours=dominant(pixels[:: max(1, len(pixels) // _MOST_PIXELS)]),
        )


def _tones(small: Picture) -> tuple[float, ...]:
    """Brightness, contrast, saturation, warmth, skin and slopes of a small picture."""
    colours = small.astype(np.float32) / 255
    blue, green, red = colours[..., 0], colours[..., 1], colours[..., 2]
    luma = colours @ _LUMA
    high, low = colours.max(axis=2), colours.min(axis=2)
    slopes = np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean()
    # Skin in RGB under daylight, as in Kovač, Peer and Solina, "Human skin color clustering", 2003.
    skin = (red > 0.37) & (green > 0.16) & (blue > 0.08) & (high - low > 0.06)
    skin &= (red - green > 0.06) & (red > blue)
    warmth = 0.5 + (red - blue).mean() / 2
    return tuple(map(float, (luma.mean(), luma.std(), (high - low).mean(), warmth, skin.mean(), slopes / 2)))


def _straight_lines(grey: Picture) -> float:
    """The share of a picture's edges that lies on long straight lines."""
    edges = cv2.Canny(grey, 60, 150)
    count = cv2.countNonZero(edges)
    if count < edges.size // 500:
        return 0.0
    shortest = int(_LINE_SHARE * grey.shape[1])
    lines = cv2.HoughLinesP(edges, 1, np.pi / 180, 40, minLineLength=shortest, maxLineGap=3)
    if lines is None:
        return 0.0
    drawn = np.zeros_like(edges)
    for left, top, right, bottom in np.asarray(lines, np.int32).reshape(-1, 4):
        cv2.line(drawn, (int(left), int(top)), (int(right), int(bottom)), 255, 3)
    return cv2.countNonZero(cv2.bitwise_and(edges, drawn)) / count


def _sharpness(grey: Picture) -> float:
    """How strong the finest detail is beside the next coarser one: of any contrast, little moved by noise."""
    levels = grey.astype(np.float32) / 255
    once = cv2.GaussianBlur(levels, (0, 0), 1)
    twice = cv2.GaussianBlur(once, (0, 0), 2)
    fine, coarse = float(np.sqrt(np.mean((levels - once) ** 2))), float(np.sqrt(np.mean((once - twice) ** 2)))
    if coarse < _FLAT / 4:
        return 0.0
    return float(np.clip((fine - _NOISE) / coarse / _FULL_SHARPNESS, 0, 1))
