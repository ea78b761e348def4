"""What effects, generators, groups, transitions, sends and masks come to on the canvas."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.app.load import load_world
from engine.core.figures import Figures
from engine.core.planner import plan
from engine.core.step import begun
from engine.errors import ShaderError
from engine.formats.shader_files import read_shader
from engine.gl.compositor import Compositor
from engine.gl.still_pictures import read_picture
from engine.model.looks import Effect, PictureFrom
from engine.model.pictures import FrameRef, Hit, Nearest, Picture
from engine.model.plan import (
    FramePlan,
    FromFile,
    FromGroup,
    FromLayer,
    GroupPlan,
    LayerPlan,
    MovementPlan,
    ShaderPlan,
    ShownFrame,
    SoundPicture,
    Transform,
)
from engine.model.shaders import Shader
from engine.model.show import Layer, Master, Movement, Show
from engine.model.world import LoadedShow
from tests.gl.gl_support import Pixels, drawn, frames_of, layer_of, plain_picture, plan_of, rgba_picture, worst
from tests.gl.look_support import LOOKS_SIZE, effect, loaded_with, with_shaders, written_shaders
from tools.golden import write_png

Make = Callable[..., Compositor]
GREEN = ShaderPlan("only/layer/x/generator", "plain")


def plain(*colour: int) -> Picture:
    return plain_picture(*LOOKS_SIZE, (*colour, 255) if len(colour) == 3 else colour)


def assert_all(pixels: Pixels, *wanted: float) -> None:
    assert worst(pixels[..., :3], np.broadcast_to(np.array(wanted), (*pixels.shape[:2], 3))) <= 1
    assert (pixels[..., 3] == 255).all(), "the canvas is opaque"


def named(name: str, picture: Picture, **settings: object) -> LayerPlan:
    return replace(layer_of(picture, **settings), layer=name)


def test_effects_come_in_their_order(looks: Compositor) -> None:
    picture = plain(50, 100, 200)
    halved, inverted = effect("gain", by=0.5), effect("invert")
    found = drawn(looks, plan_of(layer_of(picture, effects=(halved, inverted))), frames_of(picture))
    assert_all(found, 230, 205, 155)
    found = drawn(looks, plan_of(layer_of(picture, effects=(inverted, halved))), frames_of(picture))
    assert_all(found, 102.5, 77.5, 27.5)


@pytest.mark.parametrize("mix", [0.0, 0.25, 1.0])
def test_an_effect_may_be_mixed_with_what_it_came_from(looks: Compositor, mix: float) -> None:
    picture = plain(40, 80, 120)
    found = drawn(looks, plan_of(layer_of(picture, effects=(effect("invert", mix=mix),))), frames_of(picture))
    assert_all(found, *(level * (1 - mix) + (255 - level) * mix for level in (40, 80, 120)))


def test_an_effect_sees_straight_colours_and_leaves_alpha(looks: Compositor) -> None:
    below, above = plain(0, 0, 200), plain(100, 40, 20, 128)
    layers = (layer_of(below), layer_of(above, effects=(effect("invert"),)))
    alpha = 128 / 255
    wanted = np.array([155, 215, 235]) * alpha + np.array([0, 0, 200]) * (1 - alpha)
    assert_all(drawn(looks, plan_of(*layers), frames_of(below, above)), *wanted)


def test_opacity_and_blend_come_after_the_effects(looks: Compositor) -> None:
    below, above = plain(100, 100, 100), plain(255, 255, 0)
    layer = layer_of(above, effects=(effect("invert"),), blend="add", opacity=0.5)
    assert_all(drawn(looks, plan_of(layer_of(below), layer), frames_of(below, above)), 100, 100, 227.5)
    alone = layer_of(above, effects=(effect("invert"),), opacity=0.5)
    assert_all(drawn(looks, plan_of(alone), frames_of(above)), 0, 0, 127.5)


@pytest.mark.parametrize(("progress", "columns"), [(0.0, 0), (0.25, 4), (1.0, 16)])
def test_a_transition_in_a_chain_goes_to_another_layer(looks: Compositor, progress: float, columns: int) -> None:
    low, high = plain(0, 0, 100), plain(200, 0, 0)
    to_high = replace(effect("wipe", progress=progress), pictures={"endImage": FromLayer("high")})
    layers = (named("low", low, effects=(to_high,)), named("high", high, is_shown=False))
    found = drawn(looks, plan_of(*layers), frames_of(low, high))
    wanted = np.array([[(200, 0, 0) if column < columns else (0, 0, 100) for column in range(LOOKS_SIZE[0])]])
    assert worst(found[..., :3], wanted.repeat(LOOKS_SIZE[1], axis=0)) <= 1


def test_a_generator_is_a_layers_picture(looks: Compositor) -> None:
    generator = replace(GREEN, settings={"colour": (1.0, 0.0, 0.0, 0.5)})
    assert_all(drawn(looks, plan_of(LayerPlan("x", None, generator=generator)), {}), 127.5, 0, 0)


def test_a_generator_is_moved_and_flashes(looks: Compositor) -> None:
    layer = LayerPlan("x", None, generator=GREEN, transform=Transform(x=0.5), flash=0.5)
    found = drawn(looks, plan_of(layer), {})
    assert_all(found[:, :8], 0, 0, 0)
    assert_all(found[:, 8:], 127.5, 255, 127.5)


def test_a_group_is_composited_by_itself(looks: Compositor) -> None:
    low, one, two = plain(0, 0, 100), plain(200, 0, 0), plain(100, 0, 0)
    layers = (named("low", low), named("one", one), named("two", two, blend="subtract"))
    group = GroupPlan("pair", ("one", "two"), (effect("invert"),), "normal", 0.5)
    plan = FramePlan(0.0, (MovementPlan("m", 0.0, layers, groups=(group,)),))
    assert_all(drawn(looks, plan, frames_of(low, one, two)), 155 / 2, 255 / 2, 255 / 2 + 50)


def test_a_group_that_changes_nothing_is_as_if_it_were_not(looks: Compositor) -> None:
    pictures = [plain(0, 0, 100), plain(200, 0, 0, 120), plain(0, 99, 0, 77)]
    layers = tuple(named(f"l{index}", picture) for index, picture in enumerate(pictures))
    plan = FramePlan(0.0, (MovementPlan("m", 0.0, layers, groups=(GroupPlan("all", ("l1", "l2")),)),))
    without = drawn(looks, plan_of(*layers), frames_of(*pictures)).copy()
    assert np.array_equal(drawn(looks, plan, frames_of(*pictures)), without)


@pytest.mark.parametrize("progress", [0.0, 0.5])
def test_clips_change_by_a_transition(looks: Compositor, progress: float) -> None:
    old, new = plain(200, 0, 0), plain(0, 200, 0)
    wipe = effect("wipe", "only/layer/x/transition")
    layer = LayerPlan("x", ShownFrame(new.ref), ShownFrame(old.ref), progress, fit="stretch", transition=wipe)
    found = drawn(looks, plan_of(layer), frames_of(old, new))
    edge = int(16 * progress)
    if edge:
        assert_all(found[:, :edge], 0, 200, 0)
    assert_all(found[:, edge:], 200, 0, 0)


def test_a_transition_from_a_gap_shows_what_is_below(looks: Compositor) -> None:
    below, new = plain(0, 0, 90), plain(0, 200, 0)
    wipe = effect("wipe", "only/layer/x/transition")
    layer = LayerPlan("x", ShownFrame(new.ref), None, 0.5, fit="stretch", transition=wipe)
    found = drawn(looks, plan_of(layer_of(below), layer), frames_of(below, new))
    assert_all(found[:, :8], 0, 200, 0)
    assert_all(found[:, 8:], 0, 0, 90)


def test_movements_change_by_a_transition_and_the_master_comes_after(looks: Compositor) -> None:
    old, new = plain(200, 0, 0), plain(0, 200, 0)
    movements = (MovementPlan("m", 9.0, (layer_of(old),), 0.75), MovementPlan("n", 0.0, (layer_of(new),), 0.25))
    plan = FramePlan(9.0, movements, 0.5, effect("wipe", "n/transition"), (effect("invert", "master/effect/invert"),))
    found = drawn(looks, plan, frames_of(old, new))
    assert_all(found[:, :4], 127.5, 27.5, 127.5)
    assert_all(found[:, 4:], 27.5, 127.5, 127.5)


def test_a_cross_fade_of_movements_passes_the_masters_effects(looks: Compositor) -> None:
    old, new = plain(200, 0, 0), plain(0, 200, 0)
    graded = MovementPlan("m", 9.0, (layer_of(old),), 0.5, effects=(effect("gain", "m/effect/gain", by=0.5),))
    plan = FramePlan(9.0, (graded, MovementPlan("n", 0.0, (layer_of(new),), 0.5)), 1.0, None, (effect("invert"),))
    assert_all(drawn(looks, plan, frames_of(old, new)), 205, 155, 255)


def test_light_beyond_white_does_not_jump_as_a_cross_fade_begins(looks: Compositor) -> None:
    """Two layers that add up to 400 of 255, seen by a master's effect that shows a quarter of it."""
    bright, dark = plain(200, 200, 200), plain(0, 0, 0)
    adding = (layer_of(bright), named("upper", bright, blend="add"))
    found = []
    for mix in (1.0, 0.999):
        movements = (MovementPlan("m", 9.0, adding, mix), MovementPlan("n", 0.0, (layer_of(dark),), 1 - mix))
        plan = FramePlan(9.0, movements, 1.0, None, (effect("gain", by=0.25),))
        found.append(drawn(looks, plan, frames_of(bright, dark))[0, 0, 0])
    assert found == pytest.approx([100, 100], abs=1)


def test_one_movement_alone_fades_into_the_masters_effects(looks: Compositor) -> None:
    picture = plain(200, 100, 0)
    movements = (MovementPlan("m", 9.0, (), 0.5), MovementPlan("n", 0.0, (layer_of(picture),), 0.5))
    plan = FramePlan(9.0, movements, 1.0, None, (effect("gain", by=0.5),))
    assert_all(drawn(looks, plan, frames_of(picture)), 50, 25, 0)


def test_a_layer_feeds_others_shown_or_not(looks: Compositor) -> None:
    low, shape = plain(200, 200, 0), plain(128, 0, 0)
    seeing = effect("masked", pictures={"other": FromLayer("shape")})
    layers = (named("low", low, effects=(seeing,)), named("shape", shape, is_shown=False, effects=(effect("gain"),)))
    assert_all(drawn(looks, plan_of(*layers), frames_of(low, shape)), 100, 100, 0)
    shown = (layers[0], replace(layers[1], is_shown=True, blend="add", opacity=0.5))
    assert_all(drawn(looks, plan_of(*shown), frames_of(low, shape)), 164, 100, 0)


def test_a_group_feeds_others(looks: Compositor) -> None:
    low, one, two = plain(200, 0, 0), plain(100, 0, 0), plain(28, 0, 0)
    layers = (
        named("low", low, effects=(effect("masked", pictures={"other": FromGroup("pair")}),)),
        named("one", one, is_shown=True),
        named("two", two, blend="add"),
    )
    group = GroupPlan("pair", ("one", "two"), opacity=0.0)
    plan = FramePlan(0.0, (MovementPlan("m", 0.0, layers, groups=(group,)),))
    assert_all(drawn(looks, plan, frames_of(low, one, two)), 100, 0, 0)


def test_what_feeds_on_itself_ends(looks: Compositor) -> None:
    one, two = plain(200, 0, 0), plain(100, 0, 0)
    layers = (
        named("one", one, effects=(effect("masked", "a", pictures={"other": FromLayer("two")}),)),
        named("two", two, blend="add", effects=(effect("masked", "b", pictures={"other": FromLayer("one")}),)),
    )
    assert_all(drawn(looks, plan_of(*layers), frames_of(one, two)), 0, 0, 0)


@pytest.mark.parametrize(("mask_by", "wanted"), [("luma", 0.5 * 0.2126), ("alpha", 0.5)])
@pytest.mark.parametrize("blend", ["normal", "difference"])
def test_a_mask_weighs_the_layer(looks: Compositor, mask_by: str, wanted: float, blend: str) -> None:
    low, top, shape = plain(0, 0, 0), plain(200, 100, 0), plain(255, 0, 0, 128)
    masked = named("top", top, mask=FromLayer("shape"), mask_by=mask_by, blend=blend)
    hidden = named("shape", shape, is_shown=False)
    for layers in ((masked, hidden), (named("low", low), masked, hidden)):
        found = drawn(looks, plan_of(*layers), frames_of(low, top, shape))
        assert_all(found, 200 * wanted * 128 / 127.5, 100 * wanted * 128 / 127.5, 0)


def test_a_mask_that_is_not_there_lets_nothing_through(looks: Compositor) -> None:
    low, top = plain(10, 20, 30), plain(200, 100, 0)
    layers = (named("low", low), named("top", top, mask=FromLayer("gone")))
    assert_all(drawn(looks, plan_of(*layers), frames_of(low, top)), 10, 20, 30)


def test_a_blend_in_linear_light(looks: Compositor) -> None:
    low, top = plain(0, 0, 0), plain(255, 255, 255)
    layers = (layer_of(low), layer_of(top, opacity=0.5, linear=True))
    assert_all(drawn(looks, plan_of(*layers), frames_of(low, top)), 187.5, 187.5, 187.5)


def test_a_layer_below_an_opaque_one_is_not_drawn_but_for_others(looks: Compositor) -> None:
    low, top = plain(255, 0, 0), plain(50, 60, 70)
    seeing = named("top", top, effects=(effect("masked", pictures={"other": FromLayer("low")}),))
    assert_all(drawn(looks, plan_of(named("low", low), seeing), frames_of(low, top)), 50, 60, 70)


def test_a_frame_that_stands_in_is_told_from_the_exact_one(looks: Compositor) -> None:
    ref = FrameRef("still", 7)
    near, exact = plain(90, 0, 0), replace(plain(0, 90, 0), ref=ref)
    plan = plan_of(LayerPlan("x", ShownFrame(ref), fit="stretch", effects=(effect("gain"),)))
    for _ in range(4):
        assert_all(drawn(looks, plan, {ref: Nearest(near, 3)}), 90, 0, 0)
    for _ in range(4):
        assert_all(drawn(looks, plan, {ref: Hit(exact)}), 0, 90, 0)


def test_what_is_kept_is_what_is_drawn(looks: Compositor) -> None:
    """A still with effects under and above clips that move, against a compositor that keeps nothing."""
    still, halved = plain(120, 60, 30, 200), (effect("gain", by=0.5),)
    layers = [
        named(f"still-{blend}", still, blend=blend, opacity=0.6, effects=halved)
        for blend in ("normal", "add", "multiply")
    ]
    for tick in range(6):
        clip = plain(20 * tick, 0, 0)
        plan = plan_of(layers[0], layer_of(clip, opacity=0.5), *layers[1:])
        kept = drawn(looks, plan, frames_of(still, clip)).copy()
        looks.forget()
        assert np.array_equal(drawn(looks, plan, frames_of(still, clip)), kept)
        for fade in (0.5, 0.6, 0.7):
            drawn(looks, replace(plan, fade=fade), frames_of(still, clip))


def test_a_shader_that_cannot_be_drawn_is_passed_by_and_told_once(
    compositor: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    figures = Figures()
    shaders = written_shaders(tmp_path, "gain", "hollow")
    (tmp_path / "torn.fs").write_text('/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/\nvoid main() { x }\n')
    shaders["torn"] = replace(shaders["gain"], name="torn", file=tmp_path / "torn.fs")
    make = with_shaders(compositor(*LOOKS_SIZE, figures), tmp_path, "gain")
    with caplog.at_level(logging.WARNING):
        make.prepare_show(loaded(tmp_path, shaders))
        picture = plain(100, 50, 20)
        for by in (1e39, 1.0, 2.0):  # the first is more than a GPU's float holds
            chain = (effect("torn"), effect("gain", by=0.5), effect("hollow", by=by))
            found = drawn(make, plan_of(layer_of(picture, effects=chain)), frames_of(picture))
            assert_all(found, 50, 25, 10)
    assert figures.counters["shaders_failed"].count == 2
    assert [message.count("torn.fs:2") for message in caplog.messages] == [1, 0]


@pytest.mark.parametrize("rate", [10, 24, 60])
def test_a_shader_with_memory_has_each_event_once(compositor: Make, tmp_path: Path, rate: int) -> None:
    """Whatever the rate, and though the frame that is planned first may be behind the event by more than a frame."""
    make = with_shaders(compositor(*LOOKS_SIZE), tmp_path, "count")
    fired_s = [0.21, 0.5, 0.93]
    for frame in range(2 * rate):
        at_s = frame / rate
        before = [one for one in fired_s if one <= at_s - 0.05]
        fired = {"hit": before[-1]} if before and at_s - before[-1] < 1 else {}
        counting = replace(effect("count"), fired=fired, settings={"hit": True} if fired else {})
        plan = replace(plan_of(layer_of(plain(0, 0, 0), effects=(counting,))), at_s=at_s)
        found = drawn(make, plan, {plain(0, 0, 0).ref: Hit(plain(0, 0, 0))})
        assert_all(found, *[10 * len(before)] * 3)


def test_an_event_before_a_memory_began_is_none_of_its(compositor: Make, tmp_path: Path) -> None:
    make = with_shaders(compositor(*LOOKS_SIZE), tmp_path, "count")
    picture = plain(0, 0, 0)
    for at_s in (5.0, 5.1):
        counting = replace(effect("count"), fired={"hit": 4.5})
        plan = replace(plan_of(layer_of(picture, effects=(counting,))), at_s=at_s)
        assert_all(drawn(make, plan, frames_of(picture)), 0, 0, 0)


def test_an_event_that_a_new_version_of_a_shader_no_longer_has_is_left_out(compositor: Make, tmp_path: Path) -> None:
    make = with_shaders(compositor(*LOOKS_SIZE), tmp_path, "count")
    picture = plain(0, 0, 0)
    counting = replace(effect("count", gone=True, hit=True), fired={"gone": 5.0, "hit": 5.0})
    plan = replace(plan_of(layer_of(picture, effects=(counting,))), at_s=5.0)
    assert_all(drawn(make, plan, frames_of(picture)), 10, 10, 10)


def test_a_setting_without_a_size_passes_nothing_by(
    compositor: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A fader may touch the end of its way, and come back."""
    figures = Figures()
    make = with_shaders(compositor(*LOOKS_SIZE, figures), tmp_path, "hollow")
    picture = plain(100, 50, 20)
    with caplog.at_level(logging.WARNING):
        for by in (1.0, 0.0, 0.5, 1e-30):
            plan = plan_of(layer_of(picture, effects=(effect("hollow", by=by),)))
            assert_all(drawn(make, plan, frames_of(picture)), 100, 50, 20)
    assert figures.counters["shaders_failed"].count == 0
    assert [message.count("hollow.fs:") for message in caplog.messages] == [1]


def test_a_new_version_of_a_shader_takes_over_and_a_wrong_one_does_not(compositor: Make, tmp_path: Path) -> None:
    make = with_shaders(compositor(*LOOKS_SIZE), tmp_path, "gain")
    picture = plain(100, 50, 20)
    plan = plan_of(layer_of(picture, effects=(effect("gain", by=0.5),)))
    assert_all(drawn(make, plan, frames_of(picture)), 50, 25, 10)
    file = tmp_path / "gain.fs"
    written = file.read_text()
    staged = stage(make, file, written.replace("by * c.rgb", "by * c.bgr"))
    assert_all(drawn(make, plan, frames_of(picture)), 50, 25, 10)  # nothing changes until all is there
    make.prepare_show(staged)
    assert_all(drawn(make, plan, frames_of(picture)), 10, 25, 50)
    with pytest.raises(ShaderError, match=r"gain\.fs:2"):
        stage(make, file, written.replace("by * c.rgb", "by * d"))
    make.unstage()
    assert_all(drawn(make, plan, frames_of(picture)), 10, 25, 50)
    make.prepare_show(stage(make, file, written.replace("by * c.rgb", "c.rgb").replace('"by"', '"other"')))
    assert_all(drawn(make, plan, frames_of(picture)), 100, 50, 20)
    assert make.program_count == 1


def stage(make: Compositor, file: Path, text: str) -> LoadedShow:
    """The show with a new version of a shader, staged."""
    file.write_text(text)
    source = read_shader(file)
    show = loaded_with({file.stem: source.as_shader(file.stem)}, file.parent)
    for _ in make.stage(show, {file.stem: source}, {}):
        pass
    return show


def test_what_is_staged_and_not_taken_is_given_back(compositor: Make, tmp_path: Path) -> None:
    make = with_shaders(compositor(*LOOKS_SIZE), tmp_path, "gain")
    picture = plain(100, 50, 20)
    plan = plan_of(layer_of(picture, effects=(effect("gain", by=0.5),)))
    shown = loaded_with(written_shaders(tmp_path, "gain"), tmp_path)
    stage(make, tmp_path / "gain.fs", (tmp_path / "gain.fs").read_text().replace("by * c.rgb", "c.bgr"))
    make.unstage()
    make.prepare_show(shown)
    assert_all(drawn(make, plan, frames_of(picture)), 50, 25, 10)


def test_shaders_that_did_not_change_remember(compositor: Make, tmp_path: Path) -> None:
    make = with_shaders(compositor(*LOOKS_SIZE), tmp_path, "trail", "gain")
    picture = plain(255, 255, 255)
    chain = (effect("trail"), effect("gain", by=1.0))

    def level_at(at_s: float) -> int:
        plan = replace(plan_of(layer_of(picture, effects=chain)), at_s=at_s)
        return int(drawn(make, plan, frames_of(picture))[0, 0, 0])

    before = [level_at(step / 60) for step in range(6)][-1]
    sources = {name: read_shader(tmp_path / f"{name}.fs") for name in ("trail", "gain")}
    show = loaded_with({name: source.as_shader(name) for name, source in sources.items()}, tmp_path)
    assert list(make.stage(show, {"gain": sources["gain"]}, {})) == [None], "one thing has changed"
    make.prepare_show(show)
    assert level_at(6 / 60) > before, "it goes on from where it was"
    for _ in make.stage(show, {"trail": sources["trail"]}, {}):
        pass
    make.prepare_show(show)
    assert level_at(7 / 60) < before, "a new one begins anew"


def test_shaders_and_stills_that_a_show_names_no_more_are_given_back(compositor: Make, tmp_path: Path) -> None:
    write_png(tmp_path / "half.png", np.full((3, 5, 3), 128, np.uint8))
    make = compositor(*LOOKS_SIZE)
    used = (Effect(shader="masked", pictures={"other": PictureFrom(file="half.png")}),)
    shaders = written_shaders(tmp_path, "masked", "gain")
    picture, half = plain(200, 100, 0), FromFile(str(tmp_path / "half.png"))
    seeing = plan_of(layer_of(picture, effects=(effect("masked", pictures={"other": half}),)))
    for level in (128, 64):
        write_png(tmp_path / "half.png", np.full((3, 5, 3), level, np.uint8))
        show = loaded(tmp_path, shaders, effects=used)
        for _ in make.stage(show, {}, {half.file: read_picture(Path(half.file))}):
            pass
        make.prepare_show(show)
        assert_all(drawn(make, seeing, frames_of(picture)), 200 * level / 255, 100 * level / 255, 0)
    assert make.program_count == 2
    make.prepare_show(loaded(tmp_path, {"masked": shaders["masked"]}))
    assert make.program_count == 1
    assert_all(drawn(make, seeing, frames_of(picture)), 0, 0, 0)


def test_shaders_hear(looks: Compositor) -> None:
    heard = ShaderPlan("g", "heard")
    plan = plan_of(LayerPlan("x", None, generator=heard))
    assert_all(drawn(looks, plan, {}), 128, 128, 0)
    samples = np.array([[10] * 8, [20] * 8], np.uint8)
    for level in (30, 40):
        sound = SoundPicture(samples + level, np.full((2, 4), level, np.uint8))
        assert_all(drawn(looks, replace(plan, sound=sound), {}), 10 + level, 20 + level, level)


def test_stills_feed_shaders_and_masks(compositor: Make, tmp_path: Path) -> None:
    write_png(tmp_path / "half.png", np.full((3, 5, 3), 128, np.uint8))
    make = compositor(*LOOKS_SIZE)
    source = PictureFrom(file="half.png")
    used = (Effect(shader="masked", pictures={"other": source}),)
    make.prepare_show(loaded(tmp_path, written_shaders(tmp_path), effects=used))
    picture, half = plain(200, 100, 0), FromFile(str(tmp_path / "half.png"))
    seeing = layer_of(picture, effects=(effect("masked", pictures={"other": half}),))
    assert_all(drawn(make, plan_of(seeing), frames_of(picture)), 100, 50, 0)
    assert_all(drawn(make, plan_of(layer_of(picture, mask=half)), frames_of(picture)), 100, 50, 0)


MAPPED = """
canvas: {width: 64, height: 48}
layers: [{name: low, generator: {shader: plain, settings: {colour: "#ff0000"}}}]
movements:
  - {name: one, duration_s: 10, exit: EXIT}
  - {name: two, duration_s: 10, transition_s: 2, layers: {low: {generator: {shader: plain}}}}
"""


@pytest.mark.parametrize("is_fed", [True, False])
def test_a_transition_follows_a_still_or_goes_from_left_to_right(
    compositor: Make, tmp_path: Path, is_fed: bool
) -> None:
    (tmp_path / "shaders").mkdir()
    written_shaders(tmp_path / "shaders", "plain", "follow")
    dark_below = np.repeat(np.linspace(255, 0, 12, dtype=np.uint8)[:, None, None], 3, axis=2)
    write_png(tmp_path / "map.png", np.repeat(dark_below, 16, axis=1))
    pictures = ", pictures: {map: {file: map.png}}" if is_fed else ""
    file = tmp_path / "show.yaml"
    file.write_text(MAPPED.replace("EXIT", f"{{shader: follow{pictures}}}"), encoding="utf-8")
    world = load_world(file)
    make = compositor(*LOOKS_SIZE)
    make.prepare_show(world.loaded)
    found = drawn(make, plan(world, begun(world), 10.5), {})
    goes = np.linspace(0, 1, 12)[::-1, None] if is_fed else (np.arange(16) + 0.5)[None] / 16
    changed = np.broadcast_to(goes < 0.25, found.shape[:2])[..., None]
    assert np.array_equal(found[..., :3], np.where(changed, (0, 255, 0), (255, 0, 0)))


def test_a_file_that_is_gone_is_clear(compositor: Make, tmp_path: Path) -> None:
    figures = Figures()
    make = compositor(*LOOKS_SIZE, figures)
    used = (Effect(shader="masked", pictures={"other": PictureFrom(file="gone.cube")}),)
    make.prepare_show(loaded(tmp_path, written_shaders(tmp_path), effects=used))
    assert figures.counters["picture_file_failed"].count == 1
    picture, gone = plain(200, 100, 0), FromFile(str(tmp_path / "gone.cube"))
    seeing = layer_of(picture, effects=(effect("masked", pictures={"other": gone}),))
    assert_all(drawn(make, plan_of(seeing), frames_of(picture)), 0, 0, 0)


def test_a_show_that_asks_for_it_is_guarded_against_flashes(compositor: Make, tmp_path: Path) -> None:
    guarded, plain_one = compositor(*LOOKS_SIZE), compositor(*LOOKS_SIZE)
    guarded.prepare_show(loaded(tmp_path, {}, flash_guard=True))
    colours = (plain(0, 0, 0), plain(255, 255, 255))
    changes = {}
    for name, make in (("guarded", guarded), ("plain", plain_one)):
        levels = []
        for frame in range(90):
            picture = colours[frame // 3 % 2]
            plan = replace(plan_of(layer_of(picture), fade=0.5), at_s=frame / 30)
            levels.append(int(drawn(make, plan, frames_of(picture))[0, 0, 0]))
        light = [(level / 255) ** 2.2 for level in levels[60:]]
        changes[name] = sum(abs(b - a) >= 0.1 for a, b in pairwise(light))
        assert max(levels) in (127, 128), "as faded"
    assert changes["plain"] >= 9
    assert changes["guarded"] <= 6, "three flashes, there and back"


def test_a_guard_that_a_new_version_of_the_show_asks_for_is_made_beside_the_one_shown(
    compositor: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, picture = compositor(*LOOKS_SIZE), plain(100, 50, 20)
    show, plan = loaded(tmp_path, {}, flash_guard=True), plan_of(layer_of(picture))
    assert list(make.stage(show, {}, {}))[:1] == [None]
    make.unstage()
    for _ in make.stage(show, {}, {}):
        assert_all(drawn(make, plan, frames_of(picture)), 100, 50, 20)
    monkeypatch.setattr("engine.gl.compositor.FlashGuard", None)
    make.prepare_show(show)
    assert_all(drawn(make, plan, frames_of(picture)), 100, 50, 20)


def test_black_comes_at_once_however_often_but_light_does_not(compositor: Make, tmp_path: Path) -> None:
    guarded = compositor(*LOOKS_SIZE)
    guarded.prepare_show(loaded(tmp_path, {}, flash_guard=True))
    picture, levels = plain(255, 255, 255), []
    for frame in range(90):  # a hand on the blackout, five times a second
        plan = replace(plan_of(layer_of(picture), fade=float(frame // 3 % 2)), at_s=frame / 30)
        levels.append(int(drawn(guarded, plan, frames_of(picture))[0, 0, 0]))
    assert not any(level for frame, level in enumerate(levels) if frame // 3 % 2 == 0)
    assert max(levels[:9]) == 255
    assert sum(b - a > 40 for a, b in pairwise(levels[60:])) <= 3


def test_gpu_times_are_told_by_layer_and_effect(compositor: Make, tmp_path: Path) -> None:
    figures = Figures()
    make = with_shaders(compositor(*LOOKS_SIZE, figures, times_passes=True), tmp_path)
    pixels = np.full((12, 16, 4), 99, np.uint8)
    for _ in range(8):
        picture = rgba_picture(pixels)
        drawn(make, plan_of(named("x", picture, effects=(effect("pulse"),), opacity=0.5)), frames_of(picture))
    assert set(make.gpu_times_ms) == {"only/layer/x", "only/layer/x/effect/pulse", ""}
    assert figures.samples("gpu_ms").count > 0


def loaded(
    folder: Path, shaders: dict[str, Shader], effects: tuple[Effect, ...] = (), *, flash_guard: bool = False
) -> LoadedShow:
    show = Show(
        layers=(Layer(name="only"),),
        movements=(Movement(name="one", duration_s=1),),
        master=Master(effects=effects, flash_guard=flash_guard),
    )
    return LoadedShow(show, folder / "show.yaml", {}, (), {}, shaders=shaders)
