"""What the planner says: schedules, gaps, fades, holds, onsets."""

from __future__ import annotations

import pytest

from engine.core.planner import FLASH_S, plan
from engine.core.state import State
from engine.core.step import advanced, begun, folded
from engine.model.events import Event, EventSource
from engine.model.pictures import FrameRef
from engine.model.plan import FramePlan, LayerPlan, Mixing, ShownFrame
from engine.model.world import World
from tests.world_support import clip, rows, world

CLIPS = [clip("a"), clip("b"), clip("c")]  # 4 s at 25 frames a second


def done(made: World, *events: tuple[float, str, float]) -> State:
    """The state after (instant, path, value) events."""
    return folded(made, begun(made), [Event(at, EventSource.KEY, n, path, v) for n, (at, path, v) in enumerate(events)])


def layer(picture: FramePlan, name: str = "base") -> LayerPlan:
    return next(found for found in picture.movements[-1].layers if found.layer == name)


def ref(picture: FramePlan, name: str = "base") -> FrameRef:
    shown = layer(picture, name).incoming
    assert shown is not None
    return shown.ref


def test_a_schedule_cuts_on_its_rows_and_a_gap_shows_nothing() -> None:
    made = world(clips=CLIPS, movements=[("one", 10, rows("base", ("a", 2), (None, 1), ("b", 2)))])
    assert ref(plan(made, begun(made), 1.0)) == FrameRef("a", 25)
    assert plan(made, begun(made), 2.5).movements[0].layers == ()
    assert ref(plan(made, begun(made), 3.0)) == FrameRef("b", 0)
    assert ref(plan(made, begun(made), 9.5)) == FrameRef("b", 62)  # the last row goes on, looped


@pytest.mark.parametrize("interpolation", ["blend", "flow"])
def test_between_two_frames_the_plan_says_which_how_far_and_how(interpolation: Mixing) -> None:
    made = world(clips=[clip("a", frames=50)], layers=[{"name": "base", "interpolation": interpolation}])
    between = layer(plan(made, begun(made), 0.41)).incoming
    assert between == ShownFrame(FrameRef("a", 10), FrameRef("a", 11), pytest.approx(0.25), interpolation)
    wrapped = layer(plan(made, begun(made), 1.97)).incoming
    assert wrapped == ShownFrame(FrameRef("a", 49), FrameRef("a", 0), pytest.approx(0.25), interpolation)


def test_without_interpolation_the_first_of_two_frames_is_shown() -> None:
    made = world(clips=CLIPS)
    assert layer(plan(made, begun(made), 0.41)).incoming == ShownFrame(FrameRef("a", 10))


def test_rows_cross_fade() -> None:
    made = world(clips=CLIPS, movements=[("one", 10, rows("base", ("a", 2), ("b", 2), transition_s=1))])
    fading = layer(plan(made, begun(made), 2.25))
    assert fading.fade == pytest.approx(0.25)
    assert fading.outgoing is not None
    assert fading.outgoing.ref == FrameRef("a", 56)
    assert layer(plan(made, begun(made), 3.0)).outgoing is None


def test_movements_follow_one_another_and_cross_fade() -> None:
    made = world(
        clips=CLIPS,
        movements=[("one", 4, rows("base", ("a", 4))), ("two", 4, rows("base", ("b", 4)))],
        transition_s=1,
    )
    both = plan(made, begun(made), 4.25).movements
    assert [(found.movement, found.mix) for found in both] == [
        ("one", pytest.approx(0.75)),
        ("two", pytest.approx(0.25)),
    ]
    assert [found.movement for found in plan(made, begun(made), 5.0).movements] == ["two"]


def test_the_last_movement_holds_loops_or_ends() -> None:
    def at_12(at_end: str) -> tuple[str, bool]:
        made = world(clips=CLIPS, movements=[("one", 5, ()), ("two", 5, ())], at_end=at_end)
        state = advanced(made, begun(made), 12.0)
        return plan(made, state, 12.0).movements[-1].movement, state.ended

    assert at_12("hold") == ("two", True)
    assert at_12("stop") == ("two", True)
    assert at_12("loop") == ("one", False)


def test_touching_the_movement_holds_the_picture_and_release_runs_on() -> None:
    made = world(clips=CLIPS, movements=[("one", 10, rows("base", ("a", 5), ("b", 5)))])
    state = done(made, (1.0, "/movement/position", 0.6))
    assert ref(plan(made, state, 1.0)) == ref(plan(made, state, 30.0)) == FrameRef("b", 25)
    released = done(made, (1.0, "/movement/position", 0.6), (3.0, "/movement/release", 1))
    assert ref(plan(made, released, 4.0)) == FrameRef("b", 50)
    assert advanced(made, released, 7.5).ended  # 4 s of the movement were left at 3.0


def test_a_held_layer_stands_until_released_or_its_next_row() -> None:
    made = world(clips=CLIPS, movements=[("one", 10, rows("base", ("a", 5), ("b", 5)))])
    state = done(made, (1.0, "/layer/base/position", 1.0))
    assert ref(plan(made, state, 4.9)) == FrameRef("a", 99)
    assert ref(plan(made, state, 5.0)) == FrameRef("b", 0)
    released = done(made, (1.0, "/layer/base/position", 0.0), (2.0, "/layer/base/release", 1))
    assert ref(plan(made, released, 3.0)) == FrameRef("a", 25)


def test_a_choice_on_a_layer_without_a_schedule_holds_for_ever() -> None:
    made = world(clips=CLIPS, movements=[("one", 1000, ())])
    state = done(made, (1.0, "/layer/base/clip/c", 1))
    assert ref(plan(made, state, 1.0)) == FrameRef("c", 0)
    assert ref(plan(made, state, 900.0)).clip == "c"


def test_next_goes_round_the_layers_clips() -> None:
    made = world(clips=CLIPS, layer_clips={"base": ("b", "c")})
    assert ref(plan(made, begun(made), 0.0)).clip == "b"
    assert ref(plan(made, done(made, (1, "/layer/base/next", 1)), 1.0)).clip == "c"
    assert ref(plan(made, done(made, (1, "/layer/base/next", 1), (2, "/layer/base/next", 1)), 2.0)).clip == "b"


def test_random_never_chooses_the_clip_that_plays() -> None:
    made = world(clips=CLIPS)
    playing = "a"
    for count in range(1, 20):
        state = done(made, *((0.1 * n, "/layer/base/random", 1.0) for n in range(1, count)))
        now = ref(plan(made, state, 0.1 * (count - 1))).clip
        assert count == 1 or now != playing
        playing = now


def test_speed_goes_on_from_where_it_stands() -> None:
    made = world(clips=CLIPS)
    state = done(made, (1.0, "/layer/base/speed", 2.0))
    assert [ref(plan(made, state, t)).index for t in (1.0, 1.4)] == [25, 45]
    back = done(made, (1.0, "/layer/base/speed", -1.0))
    assert ref(plan(made, back, 1.2)).index == 20


def test_an_opaque_nothing_is_not_planned_so_that_nothing_is_decoded() -> None:
    made = world(clips=CLIPS, layers=[{"name": "base"}, {"name": "echo", "opacity": 0}])
    assert [found.layer for found in plan(made, begun(made), 1.0).movements[0].layers] == ["base"]


def test_values_are_ramped_not_stepped() -> None:
    made = world(clips=CLIPS)
    state = done(made, (1.0, "/layer/base/opacity", 0.5))
    smoothing_s = made.tree.parameters["/layer/base/opacity"].smoothing_s
    assert layer(plan(made, state, 1.0)).opacity == 1.0
    assert layer(plan(made, state, 1.0 + smoothing_s / 2)).opacity == pytest.approx(0.75)
    assert layer(plan(made, state, 2.0)).opacity == 0.5


def test_what_was_touched_outlasts_a_movement_unless_the_next_one_states_it() -> None:
    made = world(
        clips=CLIPS,
        movements=[("one", 5, ()), ("two", 5, ()), ("three", 5, ())],
        stated={"three": frozenset({"/layer/base/opacity"})},
    )
    state = done(made, (1.0, "/layer/base/opacity", 0.5))
    assert layer(plan(made, state, 7.0)).opacity == 0.5
    assert layer(plan(made, state, 12.0)).opacity == 1.0


def test_reset_lets_go_of_everything() -> None:
    made = world(clips=CLIPS, movements=[("one", 10, rows("base", ("a", 10)))])
    touched = ((1.0, "/layer/base/opacity", 0.5), (1.0, "/layer/base/clip/c", 1.0), (1.0, "/master/fade", 0.0))
    state = done(made, *touched, (2.0, "/reset", 1.0))
    assert plan(made, state, 3.0) == plan(made, begun(made), 3.0)


def test_onsets_of_the_track_act_on_the_first_instant_at_or_after_them() -> None:
    made = world(
        clips=CLIPS,
        layers=[
            {"name": "base", "on_onset": {"action": "next_clip", "every": 2}},
            {"name": "top", "on_onset": {"action": "flash"}},
        ],
        onsets=[0.5, 1.0, 1.5],
        track_s=2.0,
        track_at_end="loop",
    )
    start = begun(made)
    assert ref(plan(made, start, 0.499)).clip == "a"
    assert ref(plan(made, start, 0.5)) == FrameRef("b", 0)
    assert ref(plan(made, start, 1.499)).clip == "b"
    assert ref(plan(made, start, 1.5)).clip == "c"
    assert ref(plan(made, start, 3.0)).clip == "a"  # the track's second time round: its fifth onset
    assert layer(plan(made, start, 0.5), "top").flash == 1.0
    assert layer(plan(made, start, 0.5 + FLASH_S), "top").flash == 0.0


def test_an_onset_does_not_take_a_held_picture_away() -> None:
    made = world(clips=CLIPS, layers=[{"name": "base", "on_onset": {"action": "next_clip"}}], onsets=[0.5], track_s=2)
    assert ref(plan(made, done(made, (0.2, "/layer/base/position", 0.5)), 1.0)).clip == "a"
    assert ref(plan(made, done(made, (0.2, "/movement/position", 0.05)), 1.0)).clip == "a"
