"""A state carried into another version of its show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.core.carry import carried
from engine.core.planner import plan
from engine.core.state import State
from engine.core.step import advanced, begun, folded, history, stepped
from engine.core.values import value_at
from engine.model.events import Event, EventSource
from engine.model.plan import FramePlan
from engine.model.world import World
from tests.world_support import clip, rows, world

CLIPS = [clip("a"), clip("b"), clip("c")]
CUT = rows("base", ("a", 4), ("b", 4))


def show(**changes: Any) -> World:
    """Two movements, of which the first has a schedule."""
    made: dict[str, Any] = {
        "clips": CLIPS,
        "layers": ({"name": "base"}, {"name": "echo"}),
        "movements": (("one", 8.0, CUT), ("two", 8.0, ())),
        **changes,
    }
    return world(**made)


def played(of: World, *events: tuple[float, str, float], at_s: float) -> State:
    made = [Event(when_s, EventSource.OSC, number, path, value) for number, (when_s, path, value) in enumerate(events)]
    return advanced(of, folded(of, begun(of), made), at_s)


def clips_shown(picture: FramePlan) -> dict[str, tuple[str, int]]:
    return {
        layer.layer: (layer.incoming.ref.clip, layer.incoming.ref.index)
        for layer in picture.movements[-1].layers
        if layer.incoming is not None
    }


def test_what_plays_as_written_plays_on() -> None:
    old, new = show(), show(master={"flash_guard": True})
    state = carried(old, new, played(old, at_s=2.5))
    assert plan(new, state, 2.5).movements[-1].position_s == pytest.approx(2.5)
    assert clips_shown(plan(new, state, 2.5)) == clips_shown(plan(old, played(old, at_s=2.5), 2.5))


def test_movements_are_known_by_their_names() -> None:
    old = show()
    new = show(movements=(("new", 5.0, ()), ("two", 8.0, ()), ("one", 8.0, CUT)))
    state = carried(old, new, played(old, at_s=2.5))
    assert new.loaded.movements[state.current.index].name == "one"
    assert value_at(new, state, "/movement/position", 2.5) == pytest.approx(2.5 / 8)


def test_a_movement_that_fades_out_is_kept_or_gone() -> None:
    old = show(transition_s=2.0)
    state = played(old, (1.0, "/movement/next", 1.0), at_s=2.0)
    assert state.outgoing is not None
    kept = carried(old, show(transition_s=2.0), state)
    assert kept.outgoing is not None
    assert kept.outgoing.index == 0
    assert carried(old, show(movements=(("two", 8.0, ()),)), state).outgoing is None


def test_a_movement_that_is_gone_gives_way_to_the_one_in_its_place() -> None:
    old = show()
    state = played(old, (1.0, "/layer/echo/opacity", 0.5), (5.0, "/movement/next", 1.0), at_s=6.0)
    new = show(movements=(("one", 8.0, CUT), ("three", 8.0, ()), ("four", 8.0, ())))
    carried_on = carried(old, new, state)
    assert new.loaded.movements[carried_on.current.index].name == "three"
    assert value_at(new, carried_on, "/movement/position", 6.0) == 0.0
    assert value_at(new, carried_on, "/layer/echo/opacity", 6.0) == 0.5
    alone = show(movements=(("one", 8.0, CUT),))
    assert carried(old, alone, state).current.index == 0


def test_a_movement_made_shorter_than_it_has_played_gives_way_to_the_next() -> None:
    old, new = show(), show(movements=(("one", 2.0, ()), ("two", 8.0, ())))
    state = advanced(new, carried(old, new, played(old, at_s=3.0)), 3.5)
    assert new.loaded.movements[state.current.index].name == "two"
    assert value_at(new, state, "/movement/position", 3.5) == pytest.approx(0.5 / 8)


def test_what_a_hand_chose_stays_until_the_next_row_of_the_new_schedule() -> None:
    old = show()
    state = played(old, (1.0, "/layer/base/clip/c", 1.0), at_s=2.0)
    new = show(movements=(("one", 8.0, rows("base", ("b", 1), ("a", 2), ("b", 5))), ("two", 8.0, ())))
    state = carried(old, new, state)
    assert clips_shown(plan(new, state, 2.0))["base"] == ("c", 25)
    assert clips_shown(plan(new, state, 3.5))["base"] == ("b", 12)


def test_a_row_goes_on_fading_in_over_what_a_hand_chose() -> None:
    long_fade = rows("base", ("a", 4), ("b", 4), transition_s=2.0)
    old = show(movements=(("one", 8.0, long_fade), ("two", 8.0, ())))
    state = played(old, (1.0, "/layer/base/clip/c", 1.0), at_s=5.0)
    later = rows("base", ("a", 2), ("a", 2), ("b", 4), transition_s=2.0)
    new = show(movements=(("one", 8.0, later), ("two", 8.0, ())))
    for shown, of in ((state, old), (carried(old, new, state), new)):
        layer = plan(of, shown, 5.0).movements[-1].layers[0]
        assert layer.outgoing is not None
        assert layer.outgoing.ref.clip == "c"


def test_a_choice_that_a_row_took_over_from_does_not_come_back() -> None:
    old = show()
    state = played(old, (1.0, "/layer/base/clip/c", 1.0), at_s=5.0)
    new = show(movements=(("one", 8.0, rows("base", ("b", 8))), ("two", 8.0, ())))
    assert clips_shown(plan(new, carried(old, new, state), 5.0))["base"] == ("b", 125 % 100)


@pytest.mark.parametrize("clips", [[clip("a"), clip("b")], [clip("a"), clip("b"), clip("c", frames=7)]])
def test_a_choice_whose_clip_is_gone_or_another_is_as_written(clips: Sequence[Any]) -> None:
    old, new = show(), show(clips=clips)
    state = carried(old, new, played(old, (1.0, "/layer/base/clip/c", 1.0), at_s=2.0))
    assert clips_shown(plan(new, state, 2.0))["base"] == ("a", 50)
    assert set(state.current.layers["base"].shown) <= set(new.loaded.clips)


def test_what_was_touched_stays_within_the_ranges_that_there_are() -> None:
    old = show(sound={"effects": [{"name": "room", "kind": "reverb"}]})
    touches = (("/layer/echo/opacity", 0.5), ("/layer/base/speed", -2.0), ("/master/fade", 0.25))
    state = played(old, *((1.0, path, value) for path, value in touches), at_s=2.0)
    new = show(layers=({"name": "base"},))
    carried_on = carried(old, new, state)
    assert value_at(new, carried_on, "/layer/base/speed", 2.0) == -2.0
    assert value_at(new, carried_on, "/master/fade", 2.0) == 0.25
    assert "/layer/echo/opacity" not in carried_on.current.touched


def test_a_layer_that_a_movement_hides_by_now_is_forgotten() -> None:
    old = show()
    state = played(old, (1.0, "/layer/echo/clip/c", 1.0), at_s=2.0)
    assert "echo" not in carried(old, show(layers=({"name": "base"},)), state).current.layers


@pytest.mark.parametrize(
    ("cues", "standby"),
    [
        (("dawn", "noon", "dusk"), 1),
        (("dusk", "noon", "dawn"), 1),
        (("early", "dawn", "noon"), 2),
        (("dawn", "dusk"), 1),  # after the last one that has gone
        (("dusk",), 0),
        ((), 0),
    ],
)
def test_the_cue_that_stands_by_is_known_by_its_name(cues: Sequence[str], standby: int) -> None:
    old = show(cues=({"name": "dawn"}, {"name": "noon"}, {"name": "dusk"}))
    new = show(cues=tuple({"name": name} for name in cues))
    state = played(old, (1.0, "/cue/go", 1.0), at_s=2.0)
    assert state.standby == 1
    assert carried(old, new, state).standby == standby


def test_after_the_last_cue_a_new_one_stands_by() -> None:
    old, new = show(cues=({"name": "dawn"},)), show(cues=({"name": "dawn"}, {"name": "noon"}))
    assert carried(old, new, played(old, (1.0, "/cue/go", 1.0), at_s=2.0)).standby == 1
    assert carried(old, old, played(old, (1.0, "/cue/go", 1.0), at_s=2.0)).standby == 1


def test_a_cue_on_its_way_fires_as_it_is_written_by_now() -> None:
    def cued(value: float, *names: str) -> World:
        fires = [{"path": "/layer/echo/opacity", "value": value}]
        return show(cues=tuple({"name": name, "fires": fires, "pre_wait_s": 3} for name in names))

    old, new = cued(0.5, "dawn"), cued(0.25, "night", "dawn")
    state = carried(old, new, played(old, (1.0, "/cue/go", 1.0), at_s=2.0))
    assert value_at(new, advanced(new, state, 5.0), "/layer/echo/opacity", 5.0) == 0.25
    assert not carried(old, cued(0.25, "night"), played(old, (1.0, "/cue/go", 1.0), at_s=2.0)).cue_runs


def test_actions_that_wait_go_on_waiting_unless_their_path_is_gone() -> None:
    old = show(quantise={"/layer/echo/jump": {"to": "movement_end"}, "/layer/base/jump": {"to": "movement_end"}})
    wait = old.loaded.show.quantise["/layer/echo/jump"]
    events = [
        Event(1.0, EventSource.KEY, n, f"/layer/{name}/jump", 1.0, wait=wait) for n, name in enumerate(("echo", "base"))
    ]
    state = folded(old, begun(old), events)
    kept = carried(old, show(layers=({"name": "base"},)), state)
    assert [one.event.address for one in kept.waiting] == ["/layer/base/jump"]


def test_a_freeze_holds_its_picture_in_the_new_version() -> None:
    old, new = show(), show(movements=(("zero", 5.0, ()), ("one", 8.0, CUT)))
    state = carried(old, new, played(old, (1.0, "/master/freeze", 1.0), at_s=3.0))
    assert state.frozen is not None
    assert clips_shown(plan(new, state, 3.0))["base"] == ("a", 25)


@pytest.mark.parametrize(("change", "ended"), [({}, True), ({"at_end": "loop"}, False)])
def test_a_show_that_has_ended_stays_so_while_nothing_comes_after(change: dict[str, Any], ended: bool) -> None:
    old = show()
    state = played(old, at_s=20.0)
    assert state.ended
    assert carried(old, show(**change), state).ended is ended


def test_a_movement_appended_after_the_end_plays() -> None:
    old = show()
    new = show(movements=(("one", 8.0, CUT), ("two", 8.0, ()), ("three", 8.0, ())))
    state = advanced(new, carried(old, new, played(old, at_s=20.0)), 20.5)
    assert new.loaded.movements[state.current.index].name == "three"


def test_onsets_that_another_ear_finds_are_counted_anew() -> None:
    old = show(onsets=(1.0, 2.0, 3.0), track_s=10.0)
    new = show(onsets=(0.5, 1.0, 1.5, 2.0, 3.0), track_s=10.0)
    state = played(old, at_s=2.5)
    assert state.onset_number == 2
    assert carried(old, new, state).onset_number == 4
    assert carried(old, show(onsets=(1.0, 2.0, 3.0), track_s=10.0), state).onset_number == 2


def test_events_go_on_from_there() -> None:
    old, new = show(), show(layers=({"name": "base", "opacity": 0.5}, {"name": "echo"}))
    past = stepped(old, history(begun(old)), [Event(1.0, EventSource.OSC, 0, "/layer/echo/opacity", 0.5)], 2.0)
    begun_again = history(carried(old, new, past.head))
    after = stepped(new, begun_again, [Event(2.0, EventSource.OSC, 1, "/layer/base/clip/c", 1.0)], 2.5).head
    assert value_at(new, after, "/layer/base/opacity", 2.5) == 0.5
    assert value_at(new, after, "/layer/echo/opacity", 2.5) == 0.5
    assert clips_shown(plan(new, after, 2.5))["base"][0] == "c"
