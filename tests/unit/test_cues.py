"""The cue list: GO, waits, what follows what, slips, panic, and what the theatre expects of each."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.planner import plan
from engine.core.state import State
from engine.core.step import advanced, begun, folded
from engine.model.events import Event, EventSource
from engine.model.world import World
from tests.world_support import clip, world

CLIPS = [clip("a", frames=250), clip("b", frames=250)]


def show(*cues: dict[str, Any], **more: Any) -> World:
    return world(clips=CLIPS, movements=[("one", 60.0, ()), ("two", 60.0, ())], cues=cues, **more)


def opacity(name: str, value: float, **more: Any) -> dict[str, Any]:
    return {"name": name, "fires": [{"path": "/layer/base/opacity", "value": value}], **more}


def done(made: World, *events: tuple[float, str] | tuple[float, str, float]) -> State:
    found = [Event(at_s, EventSource.KEY, number, path, *value) for number, (at_s, path, *value) in enumerate(events)]
    return folded(made, begun(made), found)


def opacity_at(made: World, state: State, at_s: float) -> float:
    (movement,) = plan(made, state, at_s).movements
    return movement.layers[0].opacity if movement.layers else 0.0


def test_go_fires_the_cue_that_stands_by_and_the_next_one_stands_by() -> None:
    made = show(opacity("first", 0.5), opacity("second", 0.25))
    state = done(made, (1.0, "/go"))
    assert state.standby == 1
    assert opacity_at(made, state, 2.0) == 0.5
    state = done(made, (1.0, "/go"), (2.0, "/cue/go"))
    assert state.standby == 2
    assert opacity_at(made, state, 3.0) == 0.25


def test_go_past_the_last_cue_does_nothing() -> None:
    made = show(opacity("only", 0.5))
    state = done(made, (1.0, "/go"), (2.0, "/go"), (3.0, "/go"))
    assert state.standby == 1
    assert state.current.index == 0


def test_go_without_cues_is_the_next_movement() -> None:
    assert done(world(clips=CLIPS, movements=[("one", 9, ()), ("two", 9, ())]), (1.0, "/go")).current.index == 1


@pytest.mark.parametrize(("second_s", "standby"), [(1.05, 1), (1.0999, 1), (1.1001, 2), (2.0, 2)])
def test_a_second_go_within_a_tenth_of_a_second_is_a_slip(second_s: float, standby: int) -> None:
    made = show(opacity("first", 0.5), opacity("second", 0.25))
    assert done(made, (1.0, "/go"), (second_s, "/go")).standby == standby


def test_a_slip_does_not_put_off_the_next_go() -> None:
    """Held-down keys repeat: each repeat is a slip of the first press, not of the repeat before."""
    made = show(*(opacity(f"cue-{number}", number / 10) for number in range(5)))
    presses = [(1.0 + 0.03 * number, "/go") for number in range(5)]
    assert done(made, *presses).standby == 2  # at 1.00 and at 1.12


def test_a_cue_waits_before_it_fires_and_the_next_one_after() -> None:
    made = show(
        opacity("first", 0.5, pre_wait_s=1.0, post_wait_s=2.0, next="auto_continue"),
        opacity("second", 0.25, pre_wait_s=0.5),
        opacity("third", 0.75),
    )
    state = done(made, (1.0, "/go"))
    assert state.standby == 2  # what goes by itself does not stand by
    for at_s, expected in [(1.99, 1.0), (2.1, 0.5), (4.49, 0.5), (4.6, 0.25), (30.0, 0.25)]:
        assert opacity_at(made, state, at_s) == pytest.approx(expected), at_s


def test_what_follows_begins_when_the_cue_has_ended() -> None:
    made = show(opacity("first", 0.5, duration_s=3.0, post_wait_s=0.5, next="follow"), opacity("second", 0.25))
    state = done(made, (1.0, "/go"))
    assert opacity_at(made, state, 4.49) == 0.5
    assert opacity_at(made, state, 4.6) == 0.25


def test_back_stands_the_cue_before_by_and_ends_what_is_on_its_way() -> None:
    made = show(opacity("first", 0.5, pre_wait_s=5.0), opacity("second", 0.25))
    state = done(made, (1.0, "/go"), (2.0, "/cue/back"))
    assert state.standby == 0
    assert opacity_at(made, state, 20.0) == 1.0


def test_standby_and_a_cue_by_name() -> None:
    made = show(opacity("first", 0.5), opacity("second", 0.25), opacity("third", 0.75))
    assert opacity_at(made, done(made, (1.0, "/cue/standby", 2), (2.0, "/go")), 3.0) == 0.75
    by_name = done(made, (1.0, "/cue/second"))
    assert by_name.standby == 0
    assert opacity_at(made, by_name, 2.0) == 0.25


def test_a_cue_waits_for_the_music_once_its_pre_wait_is_over() -> None:
    made = show(opacity("first", 0.5, pre_wait_s=0.7, quantise={"to": "bar"}), tempo={"bpm": 120})
    state = done(made, (0.5, "/go"))
    assert opacity_at(made, state, 1.99) == 1.0
    assert opacity_at(made, state, 2.1) == 0.5


def test_a_broken_cue_is_left_out_and_its_waits_still_run() -> None:
    broken = {"name": "broken", "fires": [{"path": "/layer/gone/opacity"}], "next": "auto_continue", "post_wait_s": 2.0}
    made = show(broken, opacity("second", 0.25))
    state = done(made, (1.0, "/go"))
    assert opacity_at(made, state, 2.99) == 1.0
    assert opacity_at(made, state, 3.1) == 0.25
    assert advanced(made, state, 3.2).cues_broken == 1


def test_a_cue_that_would_fire_itself_for_ever_is_broken_and_the_show_goes_on() -> None:
    made = show({"name": "loop", "fires": [{"path": "/cue/loop"}, {"path": "/go"}]})
    assert advanced(made, done(made, (1.0, "/go")), 50.0).cues_broken == 1


def test_panic_fades_and_a_second_press_cuts() -> None:
    made = show(cueing={"panic_fade_s": 4})
    state = done(made, (1.0, "/panic"))
    assert plan(made, state, 3.0).fade == pytest.approx(0.5)
    assert plan(made, state, 5.0).fade == 0
    assert plan(made, done(made, (1.0, "/panic"), (2.0, "/panic")), 2.0).fade == 0


def test_panic_ends_what_is_on_its_way_and_go_or_reset_end_the_panic() -> None:
    made = show(opacity("first", 0.5, pre_wait_s=5.0), opacity("second", 0.25))
    state = done(made, (1.0, "/go"), (2.0, "/panic"))
    assert advanced(made, state, 20.0).cue_runs == ()
    for path in ("/go", "/reset"):
        assert plan(made, done(made, (1.0, "/panic"), (4.0, path)), 5.0).fade == 1.0


def test_blackout_is_black_whatever_the_fade_and_gives_the_fade_back() -> None:
    made = show()
    touched = [(1.0, "/master/fade", 0.6), (2.0, "/master/blackout", 1.0)]
    assert plan(made, done(made, *touched), 3.0).fade == 0
    assert plan(made, done(made, *touched, (4.0, "/master/blackout", 0.0)), 5.0).fade == 0.6


def test_a_freeze_holds_the_picture_while_the_show_goes_on() -> None:
    made = world(clips=CLIPS, movements=[("one", 3.0, ()), ("two", 60.0, ())])
    frozen = done(made, (1.0, "/master/freeze", 1.0), (1.5, "/layer/base/opacity", 0.3))
    at_freeze = plan(made, begun(made), 1.0)
    for at_s in (1.6, 3.5, 20.0):
        assert plan(made, frozen, at_s).movements == at_freeze.movements
    thawed = done(made, (1.0, "/master/freeze", 1.0), (5.0, "/master/freeze", 0.0))
    assert plan(made, thawed, 6.0) == plan(made, begun(made), 6.0)


def test_the_master_fades_over_a_frozen_picture() -> None:
    made = show()
    assert plan(made, done(made, (1.0, "/master/freeze", 1.0), (2.0, "/master/fade", 0.0)), 3.0).fade == 0


def test_show_mode_keeps_the_player_from_being_ended() -> None:
    made = show(cueing={"locked": True})
    assert not done(made, (1.0, "/quit")).quit
    assert done(made, (1.0, "/lock", 0.0), (2.0, "/quit")).quit
