"""Where a picture lies on the canvas: fit, transform and quarter turns as matrices. Arithmetic only, no GL."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.model.plan import Transform

Matrix3 = tuple[float, ...]  # 9 numbers, column by column, as GLSL's mat3 takes them

_TOLERANCE_PX = 1e-3

# Stored from upright places, each in 0..1 from the upper left, for 0 to 3 quarter turns clockwise.
_STORED_FROM_UPRIGHT = (
    ((1, 0, 0), (0, 1, 0)),
    ((0, 1, 0), (-1, 0, 1)),
    ((-1, 0, 1), (0, -1, 1)),
    ((0, -1, 1), (1, 0, 0)),
)


@dataclass(frozen=True, slots=True)
class Placement:
    """A picture's quad on the canvas.

    `ndc_from_unit` takes a place in the upright picture (0..1 from its upper left) to normalised device
    coordinates whose -1 is the canvas's left and top; `stored_from_unit` takes it to the picture as stored.
    `covers` says that no pixel of the canvas stays free, `one_to_one` that each texel falls on one pixel,
    `on_pixels` that the edges run along pixels' edges.
    """

    ndc_from_unit: Matrix3
    stored_from_unit: Matrix3
    size_px: tuple[float, float]
    covers: bool
    one_to_one: bool
    on_pixels: bool


@lru_cache(maxsize=512)
def place(
    picture_px: tuple[int, int], turns: int, fit: str, transform: Transform, canvas_px: tuple[int, int]
) -> Placement:
    """The placement of a picture stored with `picture_px` (width, height) that needs `turns` quarter turns clockwise.

    `fit` is "fit", "fill", "stretch" or "none"; ValueError for another. An untransformed picture that keeps its size
    is moved by less than a pixel onto whole pixels, so that "none" is 1:1 for odd sizes, too.
    """
    upright = picture_px[::-1] if turns % 2 else picture_px
    fitted = _fitted(upright, fit, canvas_px)
    width, height = fitted[0] * transform.scale, fitted[1] * transform.scale
    angle = math.radians(-transform.rotation_deg)  # y runs down here, so anticlockwise is negative
    centre_x = canvas_px[0] * (0.5 + transform.x)
    centre_y = canvas_px[1] * (0.5 - transform.y)
    left, top = centre_x - width / 2, centre_y - height / 2
    upright_angle = transform.rotation_deg == 0
    same_size = upright_angle and _near(width, upright[0]) and _near(height, upright[1])
    if same_size and transform.x == 0 and transform.y == 0:
        centre_x += round(left) - left
        centre_y += round(top) - top
        left, top = round(left), round(top)
    across = (math.cos(angle) * width, math.sin(angle) * width)
    down = (-math.sin(angle) * height, math.cos(angle) * height)
    corner = (centre_x - (across[0] + down[0]) / 2, centre_y - (across[1] + down[1]) / 2)
    canvas_from_unit = np.array(
        [[across[0], down[0], corner[0]], [across[1], down[1], corner[1]], [0, 0, 1]], dtype=np.float64
    )
    on_pixels = upright_angle and all(_near(edge, round(edge)) for edge in (left, top, left + width, top + height))
    return Placement(
        ndc_from_unit=_columns(_ndc_from_canvas(canvas_px) @ canvas_from_unit),
        stored_from_unit=_columns(np.array([*_STORED_FROM_UPRIGHT[turns % 4], (0, 0, 1)], dtype=np.float64)),
        size_px=(width, height),
        covers=_covers(canvas_from_unit, canvas_px),
        one_to_one=same_size and on_pixels,
        on_pixels=on_pixels,
    )


def _fitted(upright: tuple[int, int], fit: str, canvas: tuple[int, int]) -> tuple[float, float]:
    """The picture's size on the canvas in pixels."""
    ratios = (canvas[0] / upright[0], canvas[1] / upright[1])
    match fit:
        case "stretch":
            return float(canvas[0]), float(canvas[1])
        case "none":
            return float(upright[0]), float(upright[1])
        case "fit":
            factor = min(ratios)
        case "fill":
            factor = max(ratios)
        case _:
            raise ValueError(f"fit is {fit!r}: one of fit, fill, stretch, none")
    return upright[0] * factor, upright[1] * factor


def _near(one: float, other: float) -> bool:
    return abs(one - other) < _TOLERANCE_PX


def _ndc_from_canvas(canvas: tuple[int, int]) -> npt.NDArray[np.float64]:
    return np.array([[2 / canvas[0], 0, -1], [0, 2 / canvas[1], -1], [0, 0, 1]], dtype=np.float64)


def _columns(matrix: npt.NDArray[np.float64]) -> Matrix3:
    return tuple(float(number) for number in matrix.T.ravel())


def _covers(canvas_from_unit: npt.NDArray[np.float64], canvas: tuple[int, int]) -> bool:
    """Whether all four corners of the canvas lie inside the picture; it is convex, so then all of it does."""
    if abs(np.linalg.det(canvas_from_unit)) < _TOLERANCE_PX:
        return False
    corners = np.array([[0, canvas[0], 0, canvas[0]], [0, 0, canvas[1], canvas[1]], [1, 1, 1, 1]], dtype=np.float64)
    places = np.linalg.solve(canvas_from_unit, corners)[:2]
    slack = _TOLERANCE_PX / max(canvas)
    return bool(np.all(places >= -slack) and np.all(places <= 1 + slack))
