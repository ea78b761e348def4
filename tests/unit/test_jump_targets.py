"""Where a layer may jump to: cue points, slices, the place under a fader, clips before, and clips alike."""

from __future__ import annotations

import pytest

from engine.core.planner import plan
from engine.core.state import State
from engine.core.step import begun, folded
from engine.core.values import value_at
from engine.model.events import Event, EventSource
from engine.model.pictures import FrameRef
from engine.model.world import World
from tests.world_support import clip, world

CLIPS = [clip(slug, frames=100, rate=25) for slug in "abcde"]
LAYER = {"name": "base", "cue_points": (0.4, 2.0, 9.0), "slices": 4, "loop": "hold"}


def done(made: World, *events: tuple[float, str] | tuple[float, str, float]) -> State:
    found = [Event(at_s, EventSource.KEY, number, path, *value) for number, (at_s, path, *value) in enumerate(events)]
    return folded(made, begun(made), found)


def shown(made: World, state: State, at_s: float) -> FrameRef:
    (movement,) = plan(made, state, at_s).movements
    incoming = movement.layers[0].incoming
    assert incoming is not None
    return incoming.ref


@pytest.mark.parametrize(
    ("path", "value", "index"),
    [
        ("/layer/base/cue", 0, 10),
        ("/layer/base/cue", 1, 50),
        ("/layer/base/cue", 2, 99),  # past the clip's end: its last frame
        ("/layer/base/slice", 0, 0),
        ("/layer/base/slice", 3, 75),
    ],
)
def test_a_jump_lands_on_its_frame_and_plays_on(path: str, value: float, index: int) -> None:
    made = world(clips=CLIPS, layers=[LAYER])
    state = done(made, (1.0, path, value))
    assert shown(made, state, 1.0) == FrameRef("a", index)
    assert shown(made, state, 1.2) == FrameRef("a", min(index + 5, 99))


def test_the_fader_says_where_and_the_pad_when() -> None:
    made = world(clips=CLIPS, layers=[LAYER])
    aimed = [(1.0, "/layer/base/target", 0.5)]
    assert shown(made, done(made, *aimed), 1.2) == FrameRef("a", 30)
    assert shown(made, done(made, *aimed, (2.0, "/layer/base/land")), 2.0) == FrameRef("a", 49)


def test_slices_divide_the_part_that_the_layer_uses() -> None:
    made = world(clips=CLIPS, layers=[{**LAYER, "in_s": 0.8, "out_s": 2.4}])
    assert shown(made, done(made, (1.0, "/layer/base/slice", 2)), 1.0) == FrameRef("a", 40)


def test_previous_goes_round_the_list_backwards() -> None:
    made = world(clips=CLIPS, layers=[LAYER])
    assert shown(made, done(made, (1.0, "/layer/base/previous")), 1.0).clip == "e"
    assert shown(made, done(made, (1.0, "/layer/base/next"), (2.0, "/layer/base/previous")), 2.0).clip == "a"


def test_previous_among_random_clips_goes_back_the_way_one_came() -> None:
    made = world(clips=CLIPS, layers=[{**LAYER, "choose": "random"}], seed=5)
    way = [shown(made, begun(made), 0.5).clip]
    events: list[tuple[float, str]] = []
    for number in range(3):
        events.append((1.0 + number, "/layer/base/next"))
        way.append(shown(made, done(made, *events), 1.0 + number).clip)
    assert len(set(way)) == 4
    for number, slug in enumerate(reversed(way[:-1])):
        events.append((5.0 + number, "/layer/base/previous"))
        assert shown(made, done(made, *events), 5.0 + number).clip == slug


def test_similar_takes_the_nearest_clip_that_was_not_shown_lately() -> None:
    near = {"a": ("b", "c", "d"), "b": ("a", "c", "d"), "c": ("a", "b", "d")}
    made = world(clips=CLIPS, layers=[LAYER], nearest=near)
    events = [(1.0 + number, "/layer/base/similar") for number in range(4)]
    found = [shown(made, done(made, *events[: number + 1]), 1.0 + number).clip for number in range(4)]
    assert found == ["b", "c", "d", "d"]  # d has no neighbours: it stays


def test_the_tree_tells_where_a_layer_stands() -> None:
    made = world(clips=CLIPS, layers=[LAYER])
    state = done(made, (1.0, "/layer/base/clip", 2.0), (1.0, "/layer/base/slice", 2.0))
    values = {what: value_at(made, state, f"/layer/base/{what}", 1.0) for what in ("clip", "slice", "cue", "position")}
    assert values == {"clip": 2.0, "slice": 2.0, "cue": 1.0, "position": pytest.approx(50 / 99)}
    assert value_at(made, state, "/layer/base/jump", 1.0) is None
    assert value_at(made, state, "/layer/nobody/opacity", 1.0) is None


def test_going_to_a_place_of_the_show_takes_movement_and_music_along() -> None:
    made = world(
        clips=CLIPS,
        movements=[("one", 10.0, ()), ("two", 10.0, ())],
        onsets=[0.5, 5.0, 12.0, 13.0],
        track_s=20.0,
        transition_s=2.0,
    )
    state = done(made, (1.0, "/show/position", 12.5))
    (movement,) = plan(made, state, 2.0).movements
    assert (movement.movement, movement.position_s) == ("two", 3.5)
    assert state.track.at(2.0) == 13.5
    assert state.onset_number == 3
    assert value_at(made, state, "/show/position", 2.0) == 13.5


def test_a_place_past_the_shows_end_is_its_end() -> None:
    made = world(clips=CLIPS, movements=[("one", 10.0, ()), ("two", 10.0, ())])
    state = done(made, (1.0, "/show/position", 500.0))
    assert plan(made, state, 1.0).movements[0].position_s == 10.0
