"""Two frames drawn in one pass look as two passes draw them; one that cannot be had leaves the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.core.figures import Figures
from engine.gl.compositor import Compositor
from engine.model.pictures import Matrix, Picture
from engine.model.plan import LayerPlan, ShownFrame
from tests.gl.gl_support import (
    drawn,
    drawn_layers,
    frames_of,
    fresh_ref,
    layer_of,
    plain_picture,
    plan_of,
    rgba_picture,
    worst,
)

Make = Callable[..., Compositor]
SIZE = (16, 12)


def noise(seed: int, *, opaque: bool) -> Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 4), np.uint8)
    if opaque:
        pixels[..., 3] = 255
    return rgba_picture(pixels)


def told_apart(picture: Picture) -> Picture:
    """The same colours, yet not drawn together with others: its matrix, which RGBA does not use, is another."""
    return replace(picture, ref=fresh_ref(), matrix=Matrix.BT709)


@pytest.mark.parametrize("opaque", [True, False], ids=["opaque", "alpha"])
@pytest.mark.parametrize("blend", ["normal", "add", "screen", "multiply"])
@pytest.mark.parametrize("layers", [2, 3, 4])
def test_joined_frames_look_as_frames_apart(compositor: Make, blend: str, layers: int, opaque: bool) -> None:
    figures = Figures()
    make = compositor(*SIZE, figures)
    settings: list[dict[str, object]] = [
        {"opacity": 0.8},
        *({"blend": blend, "opacity": 0.6, "flash": 0.2},) * (layers - 1),
    ]
    pictures = [noise(seed, opaque=opaque) for seed in range(layers)]
    apart = [told_apart(one) if index % 2 else one for index, one in enumerate(pictures)]
    found, passes = [], []
    for those in (pictures, apart):
        found.append(
            drawn_layers(make, *((layer_of(one, **how), one) for one, how in zip(those, settings, strict=True)))
        )
        passes.append(figures.samples("passes").last)
    assert passes == [(layers + 1) // 2, layers]
    assert worst(found[0], found[1].astype(np.float64)) <= 1


def test_what_is_brighter_than_white_is_multiplied_as_white(compositor: Make) -> None:
    """200 + 200 of 255 is beyond white; half of a multiplied 102 shows half of it, and 102 of white."""
    bright, gray = plain_picture(*SIZE, (200, 200, 200, 255)), plain_picture(*SIZE, (102, 102, 102, 255))
    more = told_apart(bright)
    layers = (layer_of(bright), bright), (layer_of(more, blend="add"), more)
    found = drawn_layers(compositor(*SIZE), *layers, (layer_of(gray, blend="multiply", opacity=0.8), gray))
    assert worst(found[..., :3], np.full(3, 0.2 * 400 + 0.8 * 102)) <= 1


@pytest.mark.parametrize("lost", [0, 1])
def test_a_frame_that_cannot_be_had_leaves_the_other(compositor: Make, lost: int) -> None:
    pictures = [plain_picture(*SIZE, (200, 100, 50, 255)), plain_picture(*SIZE, (20, 40, 60, 255))]
    (plane,) = pictures[lost].planes
    pictures[lost] = replace(pictures[lost], planes=(plane.astype(np.uint16),))
    old, new = pictures
    layer = LayerPlan("layer", ShownFrame(new.ref), ShownFrame(old.ref), 0.5, fit="stretch")
    figures = Figures()
    found = drawn(compositor(*SIZE, figures), plan_of(layer), frames_of(*pictures))
    kept = (20, 40, 60) if lost == 0 else (200, 100, 50)
    assert worst(found[..., :3], np.array(kept) / 2) <= 1
    assert figures.counter("upload_failed").count == 1
