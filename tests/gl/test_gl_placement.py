"""Fit, transform and edges: where a picture's corners land, on the canvas and in the arithmetic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.gl.compositor import Compositor
from engine.gl.placement import place
from engine.model.plan import IDENTITY, Transform
from tests.gl.gl_support import Pixels, drawn_layers, layer_of, marked_pixels, plain_picture, rgba_picture, worst

Make = Callable[..., Compositor]
RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
CANVAS = (64, 36)


def shown(compositor: Make, size: tuple[int, int], fit: str, transform: Transform = IDENTITY) -> Pixels:
    picture = rgba_picture(marked_pixels(*size))
    found = drawn_layers(compositor(*CANVAS), (layer_of(picture, fit=fit, transform=transform), picture))
    return found[..., :3]


def at(pixels: Pixels, x: int, y: int) -> tuple[int, ...]:
    return tuple(int(level) for level in pixels[y, x])


def lit(pixels: Pixels) -> tuple[int, int, int, int]:
    """The box (left, top, right, bottom; the last two beyond it) of what is not black."""
    rows, columns = np.nonzero(pixels.any(axis=2))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_fit_shows_all_between_bars(compositor: Make) -> None:
    found = shown(compositor, (30, 30), "fit")
    assert lit(found) == (14, 0, 50, 36)
    assert [at(found, 15, 1), at(found, 48, 1), at(found, 15, 34), at(found, 48, 34)] == [RED, GREEN, BLUE, WHITE]


def test_fill_covers_and_cuts_off(compositor: Make) -> None:
    found = shown(compositor, (30, 30), "fill")
    assert lit(found) == (0, 0, *CANVAS)
    # 64 × 64 over 36 rows: 14 rows are cut above and below, of the 21 that each corner has.
    assert [at(found, 1, 1), at(found, 62, 1), at(found, 1, 34), at(found, 62, 34)] == [RED, GREEN, BLUE, WHITE]
    assert at(found, 1, 18) == (40, 40, 40)


def test_stretch_distorts(compositor: Make) -> None:
    found = shown(compositor, (30, 30), "stretch")
    assert lit(found) == (0, 0, *CANVAS)
    assert [at(found, 1, 10), at(found, 62, 10), at(found, 1, 26), at(found, 62, 26)] == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("size", [(20, 10), (21, 11), (63, 35)])
def test_none_is_texel_for_pixel(compositor: Make, size: tuple[int, int]) -> None:
    found = shown(compositor, size, "none")
    left, top, right, bottom = lit(found)
    assert (right - left, bottom - top) == size
    assert abs(left - (CANVAS[0] - right)) <= 1
    assert np.array_equal(found[top:bottom, left:right], marked_pixels(*size)[..., :3])


def test_none_cuts_off_what_is_larger(compositor: Make) -> None:
    pixels = marked_pixels(100, 50)
    found = shown(compositor, (100, 50), "none")
    assert np.array_equal(found, pixels[7:43, 18:82, :3])


def test_x_goes_right_and_y_goes_up_in_canvas_sizes(compositor: Make) -> None:
    found = shown(compositor, (16, 12), "none", Transform(x=0.25, y=0.25))
    assert lit(found) == (40, 3, 56, 15)


def test_scale_is_about_the_centre(compositor: Make) -> None:
    found = shown(compositor, CANVAS, "fit", Transform(scale=0.5))
    assert lit(found) == (16, 9, 48, 27)
    assert [at(found, 17, 10), at(found, 46, 10), at(found, 17, 25), at(found, 46, 25)] == [RED, GREEN, BLUE, WHITE]


def test_rotation_is_anticlockwise(compositor: Make) -> None:
    found = shown(compositor, (24, 24), "none", Transform(rotation_deg=90))
    assert lit(found) == (20, 6, 44, 30)
    corners = [at(found, 22, 8), at(found, 41, 8), at(found, 22, 27), at(found, 41, 27)]
    assert corners == [GREEN, WHITE, RED, BLUE]


def test_a_turned_square_has_soft_edges_and_its_own_area(compositor: Make) -> None:
    white = plain_picture(20, 20, (255, 255, 255, 255))
    transform = Transform(rotation_deg=30)
    found = drawn_layers(compositor(*CANVAS), (layer_of(white, fit="none", transform=transform), white))
    coverage = found[..., 0] / 255.0
    assert coverage.sum() == pytest.approx(400, rel=0.01)
    edge = coverage[(coverage > 0.02) & (coverage < 0.98)]
    assert len(edge) > 40, "there are steps in between"


def test_edges_between_pixels_are_half_covered(compositor: Make) -> None:
    white = plain_picture(11, 8, (255, 255, 255, 255))
    transform = Transform(x=0.5 / CANVAS[0])
    found = drawn_layers(compositor(*CANVAS), (layer_of(white, fit="none", transform=transform), white))
    row = found[18, :, 0].astype(float)
    assert row.sum() / 255 == pytest.approx(11, abs=0.05)


def test_a_picture_turned_over_the_whole_canvas_leaves_no_gap(compositor: Make) -> None:
    white = plain_picture(20, 20, (255, 255, 255, 255))
    transform = Transform(scale=2.5, rotation_deg=37)
    found = drawn_layers(compositor(*CANVAS), (layer_of(white, fit="stretch", transform=transform), white))
    assert (found == 255).all()


def test_a_flat_picture_stays_flat_when_scaled(compositor: Make) -> None:
    flat = plain_picture(5, 3, (90, 120, 150, 255))
    found = drawn_layers(compositor(*CANVAS), (layer_of(flat, fit="fill"), flat))
    assert worst(found[..., :3], np.broadcast_to(np.array([90.0, 120.0, 150.0]), (36, 64, 3))) <= 1


@pytest.mark.parametrize(
    ("size", "turns", "fit", "transform", "wanted"),
    [
        ((64, 36), 0, "fill", IDENTITY, (True, True, True)),
        ((36, 64), 1, "fill", IDENTITY, (True, True, True)),
        ((36, 64), 0, "fill", IDENTITY, (True, False, False)),
        ((32, 18), 0, "fill", IDENTITY, (True, False, True)),
        ((32, 18), 0, "none", IDENTITY, (False, True, True)),
        ((33, 17), 0, "none", IDENTITY, (False, True, True)),
        ((64, 36), 0, "fill", Transform(x=0.01), (False, False, False)),
        ((64, 36), 0, "fill", Transform(scale=2), (True, False, True)),
        ((64, 36), 0, "fill", Transform(rotation_deg=1), (False, False, False)),
    ],
)
def test_what_a_placement_says_of_itself(
    size: tuple[int, int], turns: int, fit: str, transform: Transform, wanted: tuple[bool, bool, bool]
) -> None:
    placement = place(size, turns, fit, transform, CANVAS)
    assert (placement.covers, placement.one_to_one, placement.on_pixels) == wanted


def test_an_unknown_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="fit is 'snug'"):
        place((2, 2), 0, "snug", IDENTITY, CANVAS)
