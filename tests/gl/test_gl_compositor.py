"""Cross-fades, in-between frames, movements, fades, gaps, and what is left out because it cannot be seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.core.figures import Figures
from engine.gl.compositor import Compositor
from engine.gl.pictures import Stack
from engine.gl.plan_pictures import Stage, whole_picture
from engine.model.pictures import FrameRef, Hit, Lookup, Missing, Nearest, Picture
from engine.model.plan import FramePlan, LayerPlan, MovementPlan, ShownFrame, Transform
from tests.gl.gl_support import (
    Pixels,
    drawn,
    drawn_layers,
    frames_of,
    fresh_ref,
    layer_of,
    plain_picture,
    plan_of,
    worst,
)

Make = Callable[..., Compositor]
SIZE = (16, 12)


def plain(*colour: int) -> Picture:
    return plain_picture(*SIZE, (*colour, 255) if len(colour) == 3 else colour)


def assert_all(pixels: Pixels, *wanted: float) -> None:
    assert worst(pixels[..., :3], np.broadcast_to(np.array(wanted), (*pixels.shape[:2], 3))) <= 1
    assert (pixels[..., 3] == 255).all(), "the canvas is opaque"


def test_nothing_is_black(compositor: Make) -> None:
    assert_all(drawn(compositor(*SIZE), FramePlan(0.0, ()), {}), 0, 0, 0)


def test_opacity_is_over_black(compositor: Make) -> None:
    picture = plain(200, 100, 50)
    assert_all(drawn_layers(compositor(*SIZE), (layer_of(picture, opacity=0.5), picture)), 100, 50, 25)


@pytest.mark.parametrize("fade", [0.0, 0.25, 0.5, 1.0])
def test_a_cross_fade_between_opaque_frames_keeps_the_layer_opaque(compositor: Make, fade: float) -> None:
    below, old, new = plain(0, 0, 255), plain(200, 0, 0), plain(0, 100, 0)
    layer = LayerPlan("fading", ShownFrame(new.ref), ShownFrame(old.ref), fade, fit="stretch")
    found = drawn(compositor(*SIZE), plan_of(layer_of(below), layer), frames_of(below, old, new))
    assert_all(found, 200 * (1 - fade), 100 * fade, 0)


def test_a_fade_from_a_gap_shows_what_is_below(compositor: Make) -> None:
    below, new = plain(0, 0, 200), plain(200, 0, 0)
    layer = LayerPlan("fading", ShownFrame(new.ref), None, 0.25, fit="stretch")
    found = drawn(compositor(*SIZE), plan_of(layer_of(below), layer), frames_of(below, new))
    assert_all(found, 50, 0, 150)


def test_a_cross_fade_through_a_blend_mode_fades_before_it_blends(compositor: Make) -> None:
    below, old, new = plain(128, 128, 128), plain(255, 0, 0), plain(0, 255, 0)
    layer = LayerPlan("fading", ShownFrame(new.ref), ShownFrame(old.ref), 0.5, blend="multiply", fit="stretch")
    found = drawn(compositor(*SIZE), plan_of(layer_of(below), layer), frames_of(below, old, new))
    assert_all(found, 64, 64, 0)


def test_frames_in_between_are_mixed(compositor: Make) -> None:
    one, two = plain(200, 0, 0), plain(0, 200, 0)
    layer = LayerPlan("slow", ShownFrame(one.ref, two.ref, 0.25), fit="stretch", opacity=0.5)
    assert_all(drawn(compositor(*SIZE), plan_of(layer), frames_of(one, two)), 75, 25, 0)


@pytest.mark.parametrize("missing", [0, 1])
def test_of_two_frames_to_mix_the_one_that_is_there_stands_for_both(compositor: Make, missing: int) -> None:
    pair = (plain(200, 0, 0), plain(0, 200, 0))
    layer = LayerPlan("slow", ShownFrame(pair[0].ref, pair[1].ref, 0.25), fit="stretch")
    frames = {**frames_of(*pair), pair[missing].ref: Missing()}
    there = (0, 200, 0) if missing == 0 else (200, 0, 0)
    assert_all(drawn(compositor(*SIZE), plan_of(layer), frames), *there)


@pytest.mark.parametrize(
    ("first_out", "second_out", "wanted"),
    [
        (0, 1, (150, 50, 0)),
        (1, 0, (150, 50, 0)),
        (0, 2, (200, 0, 0)),
        (5, 0, (0, 200, 0)),
        (5, 2, (0, 200, 0)),
        (1, 1, (200, 0, 0)),
    ],
)
def test_stand_ins_further_than_a_frame_out_are_not_mixed(
    compositor: Make, first_out: int, second_out: int, wanted: tuple[int, int, int]
) -> None:
    one, two = plain(200, 0, 0), plain(0, 200, 0)
    asked = ShownFrame(fresh_ref(), fresh_ref(), 0.25)
    frames: dict[FrameRef, Lookup] = {
        ref: Nearest(picture, out) if out else Hit(picture)
        for ref, picture, out in zip(asked.refs, (one, two), (first_out, second_out), strict=True)
    }
    layer = LayerPlan("swept", asked, fit="stretch")
    assert_all(drawn(compositor(*SIZE), plan_of(layer), frames), *wanted)


def test_a_missing_frame_leaves_its_layer_clear(compositor: Make) -> None:
    below = plain(10, 20, 30)
    gone = LayerPlan("gone", ShownFrame(fresh_ref()), fit="stretch")
    lost = fresh_ref()
    lost_layer = LayerPlan("lost", ShownFrame(lost), fit="stretch")
    found = drawn(compositor(*SIZE), plan_of(layer_of(below), gone, lost_layer), {**frames_of(below), lost: Missing()})
    assert_all(found, 10, 20, 30)


def test_flash_lifts_towards_white(compositor: Make) -> None:
    picture = plain(0, 100, 200)
    found = drawn_layers(compositor(*SIZE), (layer_of(picture, flash=0.5), picture))
    assert_all(found, 127.5, 177.5, 227.5)


def test_flash_does_not_touch_alpha(compositor: Make) -> None:
    below, clear = plain(10, 20, 30), plain(0, 0, 0, 0)
    found = drawn_layers(compositor(*SIZE), (layer_of(below), below), (layer_of(clear, flash=1.0), clear))
    assert_all(found, 10, 20, 30)


def test_the_master_fades_everything(compositor: Make) -> None:
    below, above = plain(200, 100, 0), plain(0, 0, 100)
    make = compositor(*SIZE)
    one = plan_of(layer_of(below), fade=0.5)
    two = plan_of(layer_of(below), layer_of(above, blend="add"), fade=0.5)
    assert_all(drawn(make, one, frames_of(below)), 100, 50, 0)
    assert_all(drawn(make, two, frames_of(below, above)), 100, 50, 50)
    assert_all(drawn(make, plan_of(layer_of(below), fade=0.0), frames_of(below)), 0, 0, 0)


def test_two_movements_cross_fade_whole(compositor: Make) -> None:
    a, b, c = plain(200, 0, 0), plain(0, 200, 0), plain(0, 0, 200)
    first = MovementPlan("first", 9.0, (layer_of(a), layer_of(b, blend="difference", opacity=0.5)), 0.75)
    second = MovementPlan("second", 0.0, (layer_of(c),), 0.25)
    found = drawn(compositor(*SIZE), FramePlan(9.0, (first, second), 0.8), frames_of(a, b, c))
    # First movement: red under difference with green at half is (200, 100, 0).
    assert_all(found, 200 * 0.75 * 0.8, 100 * 0.75 * 0.8, 200 * 0.25 * 0.8)


def test_a_movement_with_nothing_to_show_still_takes_its_share(compositor: Make) -> None:
    picture = plain(200, 100, 0)
    first, second = MovementPlan("first", 0.0, (layer_of(picture),), 0.5), MovementPlan("second", 0.0, (), 0.5)
    found = drawn(compositor(*SIZE), FramePlan(0.0, (first, second)), frames_of(picture))
    assert_all(found, 100, 50, 0)


def test_three_movements_at_once_are_refused(compositor: Make) -> None:
    picture = plain(1, 2, 3)
    movement = MovementPlan("m", 0.0, (layer_of(picture),), 0.3)
    with pytest.raises(ValueError, match="two at most"):
        compositor(*SIZE).draw(FramePlan(0.0, (movement,) * 3), frames_of(picture))


def test_layers_under_an_opaque_one_are_not_even_uploaded(compositor: Make) -> None:
    hidden, top = plain(1, 2, 3), Picture(fresh_ref(), *SIZE, *gray_planes(90))
    figures = Figures()
    found = drawn_layers(compositor(*SIZE, figures), (layer_of(hidden), hidden), (layer_of(top), top))
    assert_all(found, 90, 90, 90)
    assert figures.samples("upload_ms").count == 1


@pytest.mark.parametrize(
    "settings",
    [{"opacity": 0.99}, {"blend": "screen"}, {"transform": Transform(scale=0.9)}, {"fit": "none"}],
    ids=str,
)
def test_a_layer_that_lets_something_through_hides_nothing(settings: dict[str, object]) -> None:
    small = plain_picture(8, 8, (9, 9, 9, 255))
    below = plain(1, 2, 3)
    top = Picture(fresh_ref(), 8, 8, *gray_planes(90, (8, 8)))
    layers = (layer_of(below), layer_of(small), layer_of(top, **settings))
    movement = whole_picture(plan_of(*layers), frames_of(below, small, top), Stage(SIZE)).first
    assert isinstance(movement, Stack)
    assert len(movement.items) == 3


def test_an_invisible_layer_costs_nothing(compositor: Make) -> None:
    below, unseen = plain(1, 2, 3), plain(200, 200, 200)
    figures = Figures()
    make = compositor(*SIZE, figures)
    assert_all(drawn_layers(make, (layer_of(below), below), (layer_of(unseen, opacity=0.0), unseen)), 1, 2, 3)
    assert figures.samples("upload_ms").count == 1


def test_the_same_plan_gives_the_same_picture_whatever_came_before(compositor: Make) -> None:
    a, b, c = plain(200, 10, 60), plain(20, 180, 90), plain(70, 80, 210)
    frames = frames_of(a, b, c)
    wanted_plan = plan_of(layer_of(a), layer_of(b, blend="overlay", opacity=0.7), layer_of(c, blend="screen"))
    make = compositor(*SIZE)
    wanted = drawn(make, wanted_plan, frames)
    for other in (plan_of(layer_of(c)), plan_of(layer_of(b), layer_of(a, blend="hue")), FramePlan(0.0, ())):
        make.draw(other, frames)
        assert np.array_equal(drawn(make, wanted_plan, frames), wanted)


def test_an_odd_canvas(compositor: Make) -> None:
    picture = plain_picture(5, 7, (10, 200, 30, 255))
    assert_all(drawn_layers(compositor(33, 19), (layer_of(picture), picture)), 10, 200, 30)


def gray_planes(level: int, size: tuple[int, int] = SIZE) -> tuple[object, ...]:
    from engine.model.pictures import Layout

    return Layout.GRAY, (np.full(size[::-1], level, np.uint8),)


def test_hits_are_found_by_what_was_asked_for(compositor: Make) -> None:
    picture = plain(30, 60, 90)
    asked = fresh_ref()
    layer = LayerPlan("layer", ShownFrame(asked), fit="stretch")
    assert_all(drawn(compositor(*SIZE), plan_of(layer), {asked: Hit(picture)}), 30, 60, 90)
