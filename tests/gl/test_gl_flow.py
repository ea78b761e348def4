"""In-between frames that follow motion: near the truth where it is known, a plain mix where there is none to follow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import moderngl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.figures import Figures
from engine.gl.compositor import Compositor
from engine.gl.compressed import BC7, takes
from engine.gl.flow import LONGEST_SIDE, flow_size, level_sizes
from engine.gl.flow_luma import LumaPass
from engine.gl.textures import UploadedPicture
from engine.model.pictures import FrameRef, Hit, Layout, Lookup, Missing, Nearest, Picture
from engine.model.plan import FramePlan, LayerPlan, Mixing, ShownFrame, Transform
from tests.gl.gl_support import Pixels, drawn, frames_of, fresh_ref, layer_of, plain_picture, plan_of, rgba_picture
from tests.gl.motion_support import HEIGHT, WIDTH, Scene, crossing, psnr_db, rotating, translating, zooming
from tests.hap_support import bc4, bc7
from tests.support import absent

Make = Callable[..., Compositor]
SIZE = (WIDTH, HEIGHT)


def picture_of(rgb: Pixels) -> Picture:
    return rgba_picture(np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]))


def between(first: Picture, second: Picture, mix: float, mixing: Mixing = "flow", **layer: Any) -> FramePlan:
    shown = ShownFrame(first.ref, second.ref, mix, mixing)
    return plan_of(LayerPlan("layer", shown, **{"fit": "stretch", **layer}))


def shown_between(
    compositor: Compositor, pair: tuple[Picture, Picture], mix: float, mixing: Mixing = "flow", **layer: Any
) -> Pixels:
    return drawn(compositor, between(*pair, mix, mixing, **layer), frames_of(*pair))[..., :3]


def gain_db(compositor: Compositor, scene: Scene, mix: float) -> float:
    """How much nearer to the truth flow comes than blend does, in decibels."""
    pair = (picture_of(scene(0)), picture_of(scene(1)))
    flow, blend = (shown_between(compositor, pair, mix, mixing) for mixing in ("flow", "blend"))
    return psnr_db(flow, scene(mix)) - psnr_db(blend, scene(mix))


@pytest.mark.parametrize("mix", [0.2, 0.5, 0.8])
@pytest.mark.parametrize(
    ("scene", "least_db"),
    [
        (translating(3, 1), 8),
        (translating(14, -6), 8),
        (translating(-40, 12), 5),
        (zooming(1.05), 8),
        (zooming(0.9), 5),
        (rotating(3), 8),
        (rotating(-8), 5),
        (crossing(10), 3),
    ],
    ids=["creep", "move", "rush", "zoom in", "zoom out", "turn", "turn fast", "cross"],
)
def test_motion_is_followed(compositor: Make, scene: Scene, least_db: float, mix: float) -> None:
    assert gain_db(compositor(*SIZE), scene, mix) >= least_db


def test_any_shift_is_followed(compositor: Make) -> None:
    make = compositor(*SIZE)
    shift = st.floats(-24, 24)

    @settings(max_examples=12, deadline=None)
    @given(right_px=shift, down_px=shift, mix=st.floats(0.1, 0.9))
    def follows(right_px: float, down_px: float, mix: float) -> None:
        if np.hypot(right_px, down_px) > 2:  # below that a plain mix is near the truth, too
            assert gain_db(make, translating(right_px, down_px), mix) >= 4

    follows()


@pytest.mark.parametrize("mix", [0.1, 0.5, 0.9])
def test_a_cut_is_a_plain_mix(compositor: Make, mix: float) -> None:
    pair = (picture_of(translating(0, 0)(0)), picture_of(crossing(0)(0)[::-1, ::-1]))
    make = compositor(*SIZE)
    flow, blend = (shown_between(make, pair, mix, mixing).astype(int) for mixing in ("flow", "blend"))
    assert np.abs(flow - blend).max() <= 2


def test_what_stands_still_is_a_plain_mix(compositor: Make) -> None:
    still = translating(0, 0)(0)
    noise = np.random.default_rng(4).normal(0, 2, (2, HEIGHT, WIDTH, 3))
    pair = tuple(picture_of(np.clip(still + one, 0, 255).astype(np.uint8)) for one in noise)
    make = compositor(*SIZE)
    # Not half and half: mixes that end in a half would show how each of the two rounds.
    flow, blend = (shown_between(make, pair, 0.45, mixing) for mixing in ("flow", "blend"))
    assert psnr_db(flow, still) >= psnr_db(blend, still) - 0.5


def test_near_a_frame_the_picture_is_that_frame(compositor: Make) -> None:
    """So that nothing jumps as the position passes a frame, where that frame alone is shown."""
    scene = crossing(10)
    pair = (picture_of(scene(0)), picture_of(scene(1)))
    make = compositor(*SIZE)
    for mix, frame in ((0.002, scene(0)), (0.998, scene(1))):
        assert psnr_db(shown_between(make, pair, mix), frame) > 38


def gray_of(rgb: Pixels) -> Pixels:
    return rgb.mean(axis=2).astype(np.uint8)


def as_gray(rgb: Pixels) -> Picture:
    return Picture(fresh_ref(), WIDTH, HEIGHT, Layout.GRAY, (gray_of(rgb),))


def as_yuv(rgb: Pixels, layout: Layout, padding: int) -> Picture:
    """4:2:0 without colour, in planes whose padding holds what must not be seen."""
    factor = 256 if layout is Layout.YUV16 else 1
    planes = []
    for level, step in ((gray_of(rgb), 1), (np.full_like(rgb[..., 0], 128), 2), (np.full_like(rgb[..., 0], 128), 2)):
        visible = level[::step, ::step].astype(np.uint16) * factor
        padded = np.full([side + padding for side in visible.shape], 255 * factor, np.uint16)
        padded[: visible.shape[0], : visible.shape[1]] = visible
        planes.append(padded if layout is Layout.YUV16 else padded.astype(np.uint8))
    return Picture(fresh_ref(), WIDTH, HEIGHT, layout, tuple(planes), (2, 2))


def as_blocks(rgb: Pixels, layout: Layout) -> Picture:
    """Gray as BC4 has it; as the luma of scaled YCoCg, beside colours that are as good as none."""
    luma = np.frombuffer(bc4(gray_of(rgb)), np.uint8).reshape(-1, 8)
    neutral = np.frombuffer(np.array([16 << 11 | 32 << 5, 0, 0, 0], "<u2").tobytes(), np.uint8)
    opaque = np.frombuffer(bc4(np.full((HEIGHT, WIDTH), 255, np.uint8)), np.uint8)
    colours = np.hstack([luma, np.broadcast_to(neutral, luma.shape)]).ravel()
    planes = {
        Layout.BC4: (luma.ravel(),),
        Layout.BC3_YCOCG: (colours,),
        Layout.BC3_YCOCG_BC4: (colours, opaque),
    }
    return Picture(fresh_ref(), WIDTH, HEIGHT, layout, planes[layout])


def as_bc7(rgb: Pixels) -> Picture:
    gray = np.repeat(gray_of(rgb)[..., None], 4, axis=2)
    gray[..., 3] = 255
    return Picture(fresh_ref(), WIDTH, HEIGHT, Layout.BC7, (np.frombuffer(bc7(gray), np.uint8),))


LAYOUTS: dict[str, Callable[[Pixels], Picture]] = {
    "gray": as_gray,
    "yuv": partial(as_yuv, layout=Layout.YUV, padding=0),
    "yuv padded": partial(as_yuv, layout=Layout.YUV, padding=12),
    "yuv16 padded": partial(as_yuv, layout=Layout.YUV16, padding=4),
    "bc3_ycocg": partial(as_blocks, layout=Layout.BC3_YCOCG),
    "bc3_ycocg_bc4": partial(as_blocks, layout=Layout.BC3_YCOCG_BC4),
    "bc4": partial(as_blocks, layout=Layout.BC4),
    "bc7": as_bc7,
}


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_every_layout_moves(compositor: Make, context: moderngl.Context, name: str) -> None:
    if name == "bc7" and not takes(context, BC7):
        absent("BPTC textures", "libgl1-mesa-dri")
    scene = translating(10, 4)
    gray = np.repeat(gray_of(scene(0.5))[..., None], 3, axis=2)
    pair = (LAYOUTS[name](scene(0)), LAYOUTS[name](scene(1)))
    make = compositor(*SIZE)
    flow, blend = (psnr_db(shown_between(make, pair, 0.5, mixing), gray) for mixing in ("flow", "blend"))
    assert flow >= blend + 5, f"flow {flow:.1f} dB, blend {blend:.1f} dB"


@pytest.mark.parametrize(
    "layer",
    [
        {"fit": "fit", "transform": Transform(x=0.1, y=-0.05, scale=0.7, rotation_deg=25)},
        {"fit": "fill", "transform": Transform(scale=1.5, rotation_deg=-90)},
        {"opacity": 0.6, "flash": 0.3},
        {"blend": "multiply", "opacity": 0.8},
    ],
    ids=str,
)
@pytest.mark.parametrize("turns", [0, 1])
def test_motion_is_the_pictures_own_wherever_it_lies(compositor: Make, layer: dict[str, Any], turns: int) -> None:
    scene = translating(12, 5)
    make = compositor(256, 200)

    def turned(instant: float) -> Picture:
        pixels = np.dstack([scene(instant), np.full((HEIGHT, WIDTH), 255, np.uint8)])
        return rgba_picture(pixels, upright_turns=turns)

    first, truth, second = turned(0), turned(0.5), turned(1)
    below = plain_picture(8, 8, (90, 160, 200, 255))
    frames = frames_of(below, first, truth, second)
    found = {}
    for mixing in ("flow", "blend"):
        shown = ShownFrame(first.ref, second.ref, 0.5, mixing)  # type: ignore[arg-type]
        found[mixing] = drawn(make, plan_of(layer_of(below), LayerPlan("layer", shown, **layer)), frames)
    wanted = drawn(make, plan_of(layer_of(below), LayerPlan("layer", ShownFrame(truth.ref), **layer)), frames)
    assert psnr_db(found["flow"], wanted) >= psnr_db(found["blend"], wanted) + 5


def test_an_opaque_layer_stays_opaque(compositor: Make) -> None:
    scene = crossing(20)
    pair = (picture_of(scene(0)), picture_of(scene(1)))
    below = plain_picture(8, 8, (255, 255, 255, 255))
    over_white = plan_of(layer_of(below), between(*pair, 0.4).movements[0].layers[0])
    make = compositor(*SIZE)
    seen = drawn(make, over_white, frames_of(below, *pair)).astype(int)
    alone = drawn(make, between(*pair, 0.4), frames_of(*pair)).astype(int)
    assert np.abs(seen - alone).max() <= 2


def test_a_clear_picture_moves_with_its_outline(compositor: Make) -> None:
    """Of a white disc on nothing, what moves is alpha."""

    def disc(instant: float) -> Picture:
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        inside = np.clip(40 - np.hypot(x - 130 - 20 * instant, y - 90), 0, 1) * 255
        return rgba_picture(np.dstack([np.full((HEIGHT, WIDTH, 3), 255), inside]).astype(np.uint8))

    first, truth, second = disc(0), disc(0.5), disc(1)
    make = compositor(*SIZE)
    wanted = drawn(make, plan_of(layer_of(truth)), frames_of(truth))[..., :3]
    flow, blend = (shown_between(make, (first, second), 0.5, mixing) for mixing in ("flow", "blend"))
    assert psnr_db(flow, wanted) >= psnr_db(blend, wanted) + 3


def test_a_missing_frame_leaves_the_other_alone(compositor: Make) -> None:
    scene = translating(10, 0)
    first, second = picture_of(scene(0)), picture_of(scene(1))
    make = compositor(*SIZE)
    for missing, there in ((second, first), (first, second)):
        frames: dict[FrameRef, Lookup] = {**frames_of(first, second), missing.ref: Missing()}
        alone = drawn(make, plan_of(layer_of(there)), frames_of(there))
        assert np.array_equal(drawn(make, between(first, second, 0.5), frames), alone)


def test_a_held_frame_stands_in(compositor: Make) -> None:
    scene = translating(10, 4)
    first, late, held = picture_of(scene(0)), picture_of(scene(1)), picture_of(scene(1.5))
    make = compositor(*SIZE)
    same = {first.ref: Hit(first), late.ref: Nearest(first, 1)}
    alone = drawn(make, plan_of(layer_of(first)), frames_of(first))
    assert np.array_equal(drawn(make, between(first, late, 0.5), same), alone)
    other = {first.ref: Hit(first), late.ref: Nearest(held, 1)}
    found = drawn(make, between(first, late, 0.5), other)
    assert np.array_equal(found, drawn(make, between(first, held, 0.5), frames_of(first, held)))


def test_pictures_of_two_sizes_are_mixed_plainly(compositor: Make) -> None:
    large = picture_of(translating(0, 0)(0))
    small = picture_of(np.ascontiguousarray(translating(0, 0)(0)[::2, ::2]))
    make = compositor(*SIZE)
    flow, blend = (shown_between(make, (large, small), 0.5, mixing) for mixing in ("flow", "blend"))
    assert np.array_equal(flow, blend)


def test_a_picture_that_cannot_be_uploaded_leaves_its_share_clear(compositor: Make) -> None:
    sound = picture_of(translating(0, 0)(0))
    broken = Picture(fresh_ref("broken"), WIDTH, HEIGHT, Layout.BC1, (np.zeros(5, np.uint8),))
    figures = Figures()
    found = shown_between(compositor(*SIZE, figures), (sound, broken), 0.5)
    assert figures.counter("upload_failed").count == 1
    assert np.abs(found.astype(float) - sound.planes[0][..., :3] / 2).max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (17, 9), (500, 4), (4, 500)])
def test_pictures_of_any_size(compositor: Make, size: tuple[int, int]) -> None:
    generator = np.random.default_rng(9)
    pair = tuple(picture_of(generator.integers(0, 256, (size[1], size[0], 3), np.uint8)) for _ in range(2))
    found = shown_between(compositor(40, 30), pair, 0.5)  # type: ignore[arg-type]
    assert found.shape == (30, 40, 3)
    assert found.max() > 0


@given(st.integers(1, 16_384), st.integers(1, 16_384))
def test_flow_is_worked_out_small(width: int, height: int) -> None:
    sizes = level_sizes(flow_size(width, height))
    assert max(sizes[0]) <= LONGEST_SIDE
    assert max(sizes[0]) >= min(max(width, height), LONGEST_SIDE / 2)
    assert all(min(size) >= 1 for size in sizes)
    assert all(finer == (2 * w - finer[0] % 2, 2 * h - finer[1] % 2) for finer, (w, h) in pairwise(sizes))


class Counted:
    """Counts what is made on the GPU."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        for name in ("texture", "framebuffer", "program"):
            monkeypatch.setattr(moderngl.Context, name, self._counting(getattr(moderngl.Context, name)))

    def _counting(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.made += 1
            return make(*args, **kwargs)

        return counted


def test_after_prepare_nothing_is_compiled_and_after_some_draws_nothing_made(
    compositor: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = translating(40, 10)
    clip = [picture_of(scene(index / 8)) for index in range(9)]
    frames = frames_of(*clip)
    make = compositor(*SIZE)
    make.prepare([], flow=True)
    positions = [step * 0.3 for step in range(26)] + [step * 1.4 % 7.9 for step in range(20)]

    def play(at: float) -> None:
        index = int(at)
        make.draw(between(clip[index], clip[index + 1], at % 1 or 0.5), frames)

    for at in positions:
        play(at)
    counted = Counted(monkeypatch)
    for at in positions:
        play(at)
    assert counted.made == 0


def test_the_flow_of_a_pair_is_worked_out_once(compositor: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture's luma is drawn once, too, though it belongs to two pairs."""
    scene = translating(10, 4)
    clip = [picture_of(scene(index)) for index in range(3)]
    drawn_for: list[Picture] = []
    draw = LumaPass.draw

    def watched(self: LumaPass, target: moderngl.Framebuffer, uploaded: UploadedPicture) -> None:
        drawn_for.append(uploaded.picture)
        draw(self, target, uploaded)

    monkeypatch.setattr(LumaPass, "draw", watched)
    make = compositor(*SIZE)
    for index, mix in ((0, 0.1), (0, 0.4), (0, 0.7), (1, 0.0), (1, 0.3), (1, 0.6)):
        make.draw(between(clip[index], clip[index + 1], mix), frames_of(*clip))
    assert drawn_for == clip
