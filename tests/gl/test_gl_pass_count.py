"""How many draws a picture takes, against the number worked out by hand; and nothing is made after the first ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import moderngl
import pytest

from engine.core.figures import Figures
from engine.gl.compositor import Compositor
from engine.model.pictures import FrameRef, Hit, Lookup, Picture
from engine.model.plan import FramePlan, FromLayer, GroupPlan, LayerPlan, MovementPlan, ShownFrame
from tests.gl.gl_support import plain_picture
from tests.gl.look_support import LOOKS_SIZE, effect, with_shaders

Make = Callable[..., Compositor]
Graph = Callable[[int], tuple[FramePlan, dict[FrameRef, Lookup]]]


class Clips:
    """A plan's layers and the frames they show: at each tick another one, but for stills."""

    def __init__(self, tick: int) -> None:
        self.tick = tick
        self.frames: dict[FrameRef, Lookup] = {}

    def frame(self, clip: str, *, moves: bool = True) -> ShownFrame:
        ref = FrameRef(clip, self.tick if moves else 0)
        picture = plain_picture(*LOOKS_SIZE, (40 + 3 * len(self.frames), self.tick % 200, 90, 255))
        self.frames[ref] = Hit(replace_ref(picture, ref))
        return ShownFrame(ref)

    def layer(self, name: str, *, moves: bool = True, **settings: Any) -> LayerPlan:
        return LayerPlan(name, self.frame(name, moves=moves), fit="stretch", **settings)

    def plan(self, *layers: LayerPlan, rate: int = 60, **settings: Any) -> FramePlan:
        movement = MovementPlan("m", 0.0, layers, **{k: v for k, v in settings.items() if k in ("groups", "effects")})
        return FramePlan(self.tick / rate, (movement,))


def replace_ref(picture: Picture, ref: FrameRef) -> Picture:
    return replace(picture, ref=ref)


def eight_layers(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """Each layer: its frame, two effects. The lowest lies there as it is, seven are laid upon it, the last one into the
    output itself."""
    clips = Clips(tick)
    layers = [
        clips.layer(
            f"l{i}", blend="screen", opacity=0.9 if i else 1.0, effects=(effect("invert"), effect("gain", by=0.5))
        )
        for i in range(8)
    ]
    return clips.plan(*layers), clips.frames


def groups(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """The lowest layer 1. A group of two: both frames 1, multiplied; 1 effect; laid 1. A group that comes to the same
    as its two layers: both frames 1, into the output itself."""
    clips = Clips(tick)
    layers = (
        clips.layer("low"),
        clips.layer("a"),
        clips.layer("b", blend="multiply", opacity=0.5),
        clips.layer("c", opacity=0.5),
        clips.layer("d", opacity=0.5),
    )
    both = (
        GroupPlan("mixed", ("a", "b"), (effect("invert"),), "screen", 0.8),
        GroupPlan("loose", ("c", "d")),
    )
    return clips.plan(*layers, groups=both), clips.frames


def transitions(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """In the first movement a clip goes over into another: 2 frames and 1; in the second there is 1 frame. From
    movement to movement 1; a master's effect 1, mixed with what it came from, into the output itself, 1."""
    clips = Clips(tick)
    changing = LayerPlan(
        "x",
        clips.frame("new"),
        clips.frame("old"),
        0.5,
        fit="stretch",
        transition=effect("wipe", "m/layer/x/transition"),
    )
    movements = (MovementPlan("m", 0.0, (changing,), 0.6), MovementPlan("n", 0.0, (clips.layer("y"),), 0.4))
    master = (effect("invert", "master/effect/invert", mix=0.5),)
    return FramePlan(tick / 60, movements, 1.0, effect("wipe", "n/transition"), master), clips.frames


def memory(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """At 30 pictures a second: 1 frame; two steps of an effect of two passes, the last of which only shows what is
    remembered: 3. Its picture is held for the case that the next draw comes before the next step. A frame upon it, into
    the output itself, 1."""
    clips = Clips(tick)
    layers = (clips.layer("a", effects=(effect("trail"),)), clips.layer("b", opacity=0.5))
    return clips.plan(*layers, rate=30), clips.frames


def masks(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """A layer that is not shown 1, looked at by two. The lowest 1; one behind a mask: 1 frame, 1 blend; one with an
    effect that looks at it: 1 frame, 1 effect, laid into the output itself 1."""
    clips = Clips(tick)
    shape = FromLayer("shape")
    layers = (
        clips.layer("low"),
        clips.layer("shape", is_shown=False),
        clips.layer("behind", blend="multiply", mask=shape),
        clips.layer("seeing", opacity=0.5, effects=(effect("masked", pictures={"other": shape}),)),
    )
    return clips.plan(*layers), clips.frames


def multi_pass(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """1 frame; an effect of two passes 2; half of one of one pass: 1 and 1 to mix; the movement's, into the output
    itself, 1."""
    clips = Clips(tick)
    chain = (effect("two_passes"), effect("invert", mix=0.5))
    return clips.plan(clips.layer("a", effects=chain), effects=(effect("pulse", "m/effect/pulse"),)), clips.frames


def sends(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """What two look at is drawn once, 1 frame and 1 effect. The lowest 1; one with an effect that looks: 1 frame, 1
    effect, laid 1; one behind it as a mask: 1 frame, laid into the output itself 1. What has no opacity is not drawn,
    nor is an effect without a share."""
    clips = Clips(tick)
    sent = FromLayer("sent")
    looking = effect("masked", pictures={"other": sent})
    layers = (
        clips.layer("low", effects=(effect("gain", by=0.5, mix=0.0),)),
        clips.layer("sent", is_shown=False, effects=(effect("invert"),)),
        clips.layer("gone", opacity=0.0, effects=(looking, effect("trail"))),
        clips.layer("looking", opacity=0.5, effects=(looking,)),
        clips.layer("behind", mask=sent, mask_by="alpha"),
    )
    return clips.plan(*layers), clips.frames


def loop(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """Two that look at each other: each 1 frame and 1 effect, the first seen finds nothing of itself in the other; the
    upper one is laid into the output itself, 1."""
    clips = Clips(tick)
    one, other = (effect("masked", f"m/{name}", pictures={"other": FromLayer(name)}) for name in ("other", "one"))
    layers = (clips.layer("one", effects=(one,)), clips.layer("other", opacity=0.5, effects=(other,)))
    return clips.plan(*layers), clips.frames


def a_group_between_stills(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """The lowest and the highest stand still with their effects, 0. A group of two that move: both frames 1, 1 effect,
    laid upon the lowest 1; the highest upon it, into the output itself, 1."""
    clips = Clips(tick)
    layers = (
        clips.layer("low", moves=False, effects=(effect("invert"), effect("gain", by=0.5))),
        clips.layer("a"),
        clips.layer("b", opacity=0.5),
        clips.layer("high", moves=False, opacity=0.5, effects=(effect("invert"),)),
    )
    return clips.plan(*layers, groups=(GroupPlan("moving", ("a", "b"), (effect("invert"),)),)), clips.frames


def memory_looked_at(tick: int) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
    """A layer that is not shown, 1 frame, a step of its effect of two passes 2, looked at by two: each 1 frame, 1
    effect; the upper one laid into the output itself 1."""
    clips = Clips(tick)
    looking = effect("masked", pictures={"other": FromLayer("trail")})
    layers = (
        clips.layer("trail", is_shown=False, effects=(effect("trail"),)),
        clips.layer("a", effects=(looking,)),
        clips.layer("b", opacity=0.5, effects=(looking,)),
    )
    return clips.plan(*layers), clips.frames


BY_HAND: dict[Graph, int] = {
    eight_layers: 8 * 3 + 7,
    groups: 1 + (1 + 1 + 1) + 1,
    transitions: 2 + 1 + 1 + 1 + 2,
    memory: 1 + (1 + 2) + 1,
    masks: 1 + 1 + 2 + 3,
    multi_pass: 1 + 2 + 2 + 1,
    sends: 2 + 1 + 3 + 2,
    loop: 2 + 2 + 1,
    a_group_between_stills: 1 + 1 + 1 + 1,
    memory_looked_at: 1 + 2 + 2 + 2 + 1,
}


@pytest.fixture
def draw_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of draws that GL was asked for, one item for each."""
    calls: list[int] = []
    render = moderngl.VertexArray.render

    def counted(self: moderngl.VertexArray, *arguments: Any, **named: Any) -> None:
        calls.append(1)
        render(self, *arguments, **named)

    monkeypatch.setattr(moderngl.VertexArray, "render", counted)
    return calls


@pytest.mark.parametrize("graph", BY_HAND, ids=lambda graph: graph.__name__)
def test_passes_are_as_many_as_by_hand_and_nothing_is_made(
    context: moderngl.Context, looks: Compositor, draw_calls: list[int], monkeypatch: pytest.MonkeyPatch, graph: Graph
) -> None:
    for tick in range(4):
        looks.draw(*graph(tick))
    made = creations(context, monkeypatch)
    for tick in range(4, 12):
        del draw_calls[:]
        looks.draw(*graph(tick))
        assert len(draw_calls) == BY_HAND[graph]
    assert made == []


def test_the_figure_is_what_is_drawn(compositor: Make, draw_calls: list[int], tmp_path: Path) -> None:
    figures = Figures()
    make = with_shaders(compositor(*LOOKS_SIZE, figures), tmp_path)
    for graph in BY_HAND:
        del draw_calls[:]
        make.draw(*graph(5))
        assert figures.samples("passes").last == len(draw_calls)
    make.draw(*graph(5))
    assert figures.samples("passes").last == 0


def test_a_still_is_drawn_no_more(looks: Compositor, draw_calls: list[int]) -> None:
    """A still with two effects, 3; a clip at half opacity upon it, into the output itself, 1."""

    def graph(tick: int, by: float) -> tuple[FramePlan, dict[FrameRef, Lookup]]:
        clips = Clips(tick)
        still = clips.layer("still", moves=False, effects=(effect("invert"), effect("gain", by=by)))
        return clips.plan(still, clips.layer("clip", opacity=0.5)), clips.frames

    found = []
    for tick, by in enumerate((0.5,) * 5 + (0.25,) * 4):
        del draw_calls[:]
        looks.draw(*graph(tick, by))
        found.append(len(draw_calls))
    assert found == [3 + 1, 3 + 1, 3 + 1, 1, 1, 4, 4, 4, 1]


def test_a_picture_that_stands_still_takes_no_draw(looks: Compositor, draw_calls: list[int]) -> None:
    plan, frames = eight_layers(1)
    looks.draw(plan, frames)
    del draw_calls[:]
    looks.draw(replace(plan, at_s=5.0), frames)
    assert draw_calls == []


def test_hundreds_of_switches_leave_nothing_behind(
    context: moderngl.Context, compositor: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every few draws another chain of effects, with memory among them, over hours of show time."""
    looks = with_shaders(compositor(*LOOKS_SIZE), tmp_path)
    names = ("invert", "gain", "two_passes", "pulse", "trail")
    counts, made = set(), list[str]()
    for switch in range(200):
        chain = tuple(effect(names[(switch * place) % 5], f"e{switch}-{place}") for place in (1, 2, 3))
        for tick in range(2):
            clips = Clips(switch * 4320 + tick)
            looks.draw(clips.plan(clips.layer("a", effects=chain), clips.layer("b", opacity=0.5)), clips.frames)
        counts.add((looks.texture_count, looks.target_count, looks.program_count))
        if switch == 50:
            counts.clear()
            made = creations(context, monkeypatch)
    assert len(counts) == 1
    assert made == []


def creations(context: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whatever is made on the GPU from now on, by kind."""
    made: list[str] = []
    for kind in ("texture", "framebuffer", "program", "buffer", "vertex_array", "sampler", "renderbuffer", "query"):
        monkeypatch.setattr(context, kind, counted(getattr(context, kind), kind, made))
    return made


def counted(make: Callable[..., Any], kind: str, made: list[str]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        made.append(kind)
        return make(*arguments, **named)

    return wrapped
