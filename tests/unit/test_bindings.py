"""Bindings: which control plays what, and how."""

from __future__ import annotations

import math
from typing import Any

import pytest

from engine.core.bindings import Bindings, pads_of
from engine.core.figures import Figures
from engine.core.prefetch import Pad
from engine.model.controls import Binding, Modifier
from engine.model.cueing import Quantise
from engine.model.tree import ParameterTree
from tests.binding_support import TREE, Stage
from tests.world_support import show_of

OPACITY = "/layer/echo/opacity"
POSITION = "/layer/echo/position"
CLIPS = ParameterTree(show_of(name="echo"), [f"clip-{number}" for number in range(500)], {"echo": 5})


@pytest.mark.parametrize(
    ("midi", "address"),
    [
        ({"cc": 7}, "midi/cc/3/7"),
        ({"cc": 7, "bits": 14}, "midi/cc14/3/7"),
        ({"nrpn": 1000}, "midi/nrpn/3/1000"),
        ({"note": 36}, "midi/note/3/36"),
        ({"pitch": True}, "midi/pitch/3"),
        ({"program": 5}, "midi/program/3/5"),
        ({"pressure": True}, "midi/pressure/3"),
        ({"aftertouch": 36}, "midi/aftertouch/3/36"),
    ],
)
def test_every_kind_of_midi_control_is_found_on_its_channel_or_on_any(midi: dict[str, Any], address: str) -> None:
    assert Stage({"midi": midi, "to": "/go"}).played(address) == [("/go", 1.0)]
    assert Stage({"midi": {**midi, "channel": 3}, "to": "/go"}).played(address) == [("/go", 1.0)]
    elsewhere = Stage({"midi": {**midi, "channel": 4}, "to": "/go"})
    assert elsewhere.move(address).outcome == "unbound"


def test_a_port_is_named_by_a_part_of_its_name_letter_case_aside() -> None:
    stage = Stage({"midi": {"cc": 1, "port": "nanoKONTROL"}, "to": OPACITY}, {"midi": {"cc": 1}, "to": "/master/fade"})
    assert stage.played("midi/cc/1/1", 0.5, port="NANOKONTROL2:1 24:0") == [(OPACITY, 0.5), ("/master/fade", 0.5)]
    assert stage.played("midi/cc/1/1", 0.6, port="Launchpad") == [("/master/fade", 0.6)]
    alone = Stage({"midi": {"cc": 1, "port": "nano"}, "to": OPACITY})
    assert alone.move("midi/cc/1/1", port="Launchpad").outcome == "unbound"
    assert alone.played("midi/cc/1/1", 0.2, port="nano") == [(OPACITY, 0.2)]
    assert alone.figures.counters["events_unbound"].count == 1


def test_what_carries_a_control_of_14_bits_is_known_and_plays_nothing() -> None:
    stage = Stage({"midi": {"cc": 7, "bits": 14}, "to": OPACITY}, {"midi": {"nrpn": 5}, "to": OPACITY, "page": 1})
    for number in (7, 39, 99, 98, 6, 38, 96, 97):
        assert stage.move(f"midi/cc/1/{number}").outcome == "ignored"
    assert stage.move("midi/cc/1/8").outcome == "unbound"


def test_a_fader_covers_its_parameters_range_or_the_one_that_was_written() -> None:
    stage = Stage(
        {"midi": {"cc": 1}, "to": "/layer/echo/speed"},
        {"midi": {"cc": 2, "channel": 3}, "to": OPACITY, "range": (1, 0)},
        {"midi": {"cc": 4}, "scrub": "/layer/echo"},
        {"midi": {"cc": 5}, "to": OPACITY, "invert": True, "dead_zone": 0.1},
    )
    assert stage.played("midi/cc/9/1", 0.0) == [("/layer/echo/speed", -16.0)]
    assert stage.played("midi/cc/9/1", 1.0) == [("/layer/echo/speed", 16.0)]
    assert stage.played("midi/cc/3/2", 0.25) == [(OPACITY, 0.75)]
    assert stage.played("midi/cc/1/2", 0.25) == []
    assert stage.played("midi/cc/1/4", 0.5) == [(POSITION, 0.5)]
    assert [stage.played("midi/cc/1/5", control)[0][1] for control in (0.05, 0.5, 0.95)] == [1.0, 0.5, 0.0]


def test_pitch_bend_rests_in_its_middle_however_wide_its_dead_zone_is_written() -> None:
    stage = Stage({"midi": {"pitch": True}, "to": "/layer/echo/speed", "range": (-2, 2), "dead_zone": 0.4})
    found = [stage.played("midi/pitch/1", bend)[0][1] for bend in (0.0, 0.25, 0.4, 8192 / 16383, 0.6, 0.75, 1.0)]
    assert found == sorted(found)
    assert (found[0], found[3], found[-1]) == (-2.0, 0.0, 2.0)


def test_a_fader_on_a_layers_clips_covers_those_it_chooses_among_and_says_each_once() -> None:
    stage = Stage({"midi": {"cc": 1}, "to": "/layer/echo/clip"}, tree=CLIPS)
    assert stage.played("midi/cc/1/1", 1.0) == [("/layer/echo/clip", 4.0)]
    assert stage.played("midi/cc/1/1", 0.9) == []  # the nearest is 4 still: its clip does not begin again
    assert stage.played("midi/cc/1/1", 0.8) == [("/layer/echo/clip", 3.0)]
    assert CLIPS.find("/layer/echo/clip/clip-499") is not None


def test_an_action_fires_on_press_and_not_on_release() -> None:
    stage = Stage(
        {"key": "space", "to": "/go"},
        {"midi": {"note": 36}, "to": "/layer/echo/jump"},
        {"key": "m", "to": "/master/fade", "value": 0.5},
    )
    assert stage.played("key/space", 1.0) == [("/go", 1.0)]
    assert stage.move("key/space", 0.0).outcome == "ignored"
    assert stage.played("midi/note/10/36", 0.8) == [("/layer/echo/jump", 0.8)]
    assert stage.played("midi/note/10/36", 0.6) == [("/layer/echo/jump", 0.6)]  # pads that never let go
    assert stage.played("key/m", 1.0) == [("/master/fade", 0.5)]
    assert stage.played("key/m", 0.0) == []


def test_pressure_fires_an_action_when_it_begins_and_not_all_along() -> None:
    stage = Stage({"midi": {"pressure": True}, "to": "/go"})
    assert [bool(stage.played("midi/pressure/1", value)) for value in (0.2, 0.4, 0.0, 0.1)] == [
        True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("binding", "pressed", "let_go"),
    [
        ({"press": "trigger"}, 0.75, None),
        ({"press": "toggle"}, 0.0, None),  # the parameter stands at its high end
        ({"press": "momentary"}, 1.0, 0.0),
        ({"press": "gate"}, 0.75, 0.0),
        ({}, 0.75, 0.0),
        ({"value": 0.3}, 0.3, None),
        ({"value": 0.3, "press": "momentary", "range": (0.1, 1)}, 0.3, 0.1),
        ({"press": "momentary", "invert": True}, 0.0, 1.0),
        ({"press": "gate", "range": (1, 0)}, 0.25, 1.0),
        ({"press": "gate", "range": (1, 0), "invert": True}, 0.75, 0.0),
    ],
)
def test_a_pad_presses_as_its_binding_says(binding: dict[str, Any], pressed: float, let_go: float | None) -> None:
    stage = Stage({"midi": {"note": 36}, "to": OPACITY, **binding})
    assert stage.played("midi/note/1/36", 0.75) == [(OPACITY, pressed)]
    assert stage.played("midi/note/1/36", 0.0) == ([] if let_go is None else [(OPACITY, let_go)])


def test_a_toggle_goes_by_turns_from_wherever_its_parameter_is() -> None:
    stage = Stage({"key": "a", "to": OPACITY, "press": "toggle", "range": (0.2, 0.8)})
    stage.values[OPACITY] = 0.3
    assert [stage.played("key/a")[0][1] for _ in range(3)] == [0.8, 0.2, 0.8]
    stage.values[OPACITY] = 0.1
    assert stage.played("key/a") == [(OPACITY, 0.8)]


def test_presses_within_one_tick_know_of_one_another() -> None:
    stage = Stage({"key": "a", "to": OPACITY, "press": "toggle"}, {"midi": {"cc": 1}, "to": OPACITY, "page": 1})
    twice = stage.tick(stage.event("key/a"), stage.event("key/a", 0.0), stage.event("key/a"))
    assert [event.value for one in twice for event in one.resolved] == [0.0, 1.0]
    stage.bindings.add(Binding(key="n", to="/control/next"))
    turned = stage.tick(stage.event("key/n"), stage.event("midi/cc/1/1", 0.4))
    assert [event.address for one in turned for event in one.resolved] == ["/control/next", OPACITY]


def test_a_page_has_bindings_of_its_own_and_those_without_one_always_play() -> None:
    stage = Stage(
        {"midi": {"cc": 1}, "to": OPACITY, "page": 0},
        {"midi": {"cc": 1}, "to": "/layer/echo/scale", "page": 1, "range": (0, 1)},
        {"midi": {"cc": 1}, "to": "/master/fade"},
    )
    assert stage.played("midi/cc/1/1", 0.5) == [(OPACITY, 0.5), ("/master/fade", 0.5)]
    stage.values["/control/page"] = 1.0
    assert stage.played("midi/cc/1/1", 0.25) == [("/layer/echo/scale", 0.25), ("/master/fade", 0.25)]
    stage.values["/control/page"] = 2.0
    assert stage.played("midi/cc/1/1", 0.0) == [("/master/fade", 0.0)]


@pytest.mark.parametrize(("shift", "address"), [({"midi": {"note": 98}}, "midi/note/2/98"), ({"key": "z"}, "key/z")])
def test_a_modifier_gives_a_control_its_second_meaning_while_it_is_held(shift: dict[str, Any], address: str) -> None:
    stage = Stage(
        {"midi": {"cc": 1}, "to": OPACITY},
        {"midi": {"cc": 1}, "to": "/master/fade", "modifier": "shift"},
        modifiers={"shift": shift},
    )
    assert stage.played("midi/cc/1/1", 0.5) == [(OPACITY, 0.5)]
    assert stage.move(address).outcome == "played"
    assert stage.played("midi/cc/1/1", 0.6) == [("/master/fade", 0.6)]
    assert stage.move(address, 0.0).outcome == "played"
    assert stage.played("midi/cc/1/1", 0.7) == [(OPACITY, 0.7)]
    assert stage.figures.counters["events_unbound"].count == 0


def test_a_modifier_held_by_two_hands_is_up_when_both_are() -> None:
    stage = Stage({"key": "a", "to": "/go", "modifier": "shift"}, modifiers={"shift": {"midi": {"note": 1}}})
    stage.move("midi/note/1/1", port="left")
    stage.move("midi/note/1/1", port="right")
    stage.move("midi/note/1/1", 0.0, port="left")
    assert stage.played("key/a") == [("/go", 1.0)]
    stage.move("midi/note/1/1", 0.0, port="right")
    assert stage.played("key/a") == []


def test_a_release_goes_to_what_the_press_played_whatever_the_page_and_modifier_are() -> None:
    stage = Stage(
        {"midi": {"note": 1}, "to": OPACITY, "page": 0},
        {"midi": {"note": 1}, "to": "/master/fade", "page": 1},
        {"midi": {"note": 2}, "to": "/layer/echo/x", "press": "momentary", "modifier": "shift", "range": (0, 2)},
        modifiers={"shift": {"key": "z"}},
    )
    stage.move("midi/note/1/1", 0.5)
    stage.values["/control/page"] = 1.0
    assert stage.played("midi/note/1/1", 0.7) == [(OPACITY, 0.7), ("/master/fade", 0.7)]  # struck again
    assert stage.played("midi/note/1/1", 0.0) == [(OPACITY, 0.0), ("/master/fade", 0.0)]
    stage.move("key/z")
    assert stage.played("midi/note/1/2") == [("/layer/echo/x", 2.0)]
    stage.move("key/z", 0.0)
    assert stage.played("midi/note/1/2", 0.0) == [("/layer/echo/x", 0.0)]
    assert stage.move("midi/note/1/2", 0.0).outcome == "ignored"


def test_a_button_that_sends_on_while_it_is_held_stays_with_what_it_pressed() -> None:
    stage = Stage(
        {"midi": {"cc": 1}, "to": OPACITY, "page": 0, "press": "gate"},
        {"midi": {"cc": 1}, "to": "/master/fade", "page": 1, "press": "gate"},
    )
    stage.move("midi/cc/1/1", 0.5)
    stage.values["/control/page"] = 1.0
    assert stage.played("midi/cc/1/1", 0.7) == [(OPACITY, 0.7)]
    assert stage.played("midi/cc/1/1", 0.0) == [(OPACITY, 0.0)]
    assert stage.played("midi/cc/1/1", 0.4) == [("/master/fade", 0.4)]


def test_what_a_port_held_is_let_go_when_it_goes() -> None:
    stage = Stage(
        {"midi": {"note": 1}, "to": OPACITY},
        {"key": "a", "to": "/go", "modifier": "shift"},
        modifiers={"shift": {"midi": {"cc": 9}}},
    )
    stage.move("midi/note/1/1", 0.5, port="pads")
    stage.move("midi/note/2/1", 0.5, port="other")
    stage.move("midi/cc/1/9", 1.0, port="pads")
    stage.bindings.let_go("pads", 10.0)
    (before, let_go, _, after) = stage.tick(stage.event("key/a", at_s=9.0), stage.event("key/a", at_s=11.0))
    assert [event.address for event in before.resolved] == ["/go"]
    assert [(event.at_s, event.address, event.value) for event in let_go.resolved] == [(10.0, OPACITY, 0.0)]
    assert after.resolved == ()
    assert stage.played("midi/note/2/1", 0.0, port="other") == [(OPACITY, 0.0)]
    assert stage.bindings.resolve([]) == []


def test_keys_are_let_go_as_those_that_have_no_port() -> None:
    stage = Stage({"key": "a", "to": OPACITY, "press": "momentary"})
    stage.move("key/a")
    stage.bindings.let_go("", 5.0)
    (let_go,) = stage.tick()
    assert (let_go.event.address, let_go.resolved[0].value) == ("key/a", 0.0)


@pytest.mark.parametrize(
    ("encoding", "up", "down", "fast_down"),
    [("twos_complement", 1, 127, 124), ("binary_offset", 65, 63, 60), ("sign_bit", 1, 65, 68)],
)
def test_an_encoder_goes_on_from_where_its_parameter_is(encoding: str, up: int, down: int, fast_down: int) -> None:
    stage = Stage({"midi": {"cc": 1, "relative": encoding}, "to": OPACITY, "steps": 10})
    stage.values[OPACITY] = 0.5
    turns = [stage.event("midi/cc/1/1", sent / 127) for sent in (up, up, down)]
    assert [event.value for one in stage.tick(*turns) for event in one.resolved] == pytest.approx([0.6, 0.7, 0.6])
    assert stage.played("midi/cc/1/1", fast_down / 127) == [(OPACITY, pytest.approx(0.2))]
    stage.values[OPACITY] = 0.95
    assert stage.played("midi/cc/1/1", up / 127) == [(OPACITY, 1.0)]
    assert stage.played("midi/cc/1/1", up / 127) == [(OPACITY, 1.0)]  # no further, and not round
    assert stage.played("midi/cc/1/1", down / 127) == [(OPACITY, pytest.approx(0.9))]


def test_an_encoder_loses_no_step_while_its_parameter_is_on_its_way() -> None:
    stage = Stage({"midi": {"cc": 1, "relative": "sign_bit"}, "to": OPACITY, "steps": 100})
    stage.values[OPACITY] = 0.0
    turned = [
        stage.bindings.resolve([stage.event("midi/cc/1/1", 1 / 127, at_s=tick / 60)], lambda _path: 0.0)
        for tick in range(2)
    ]
    assert turned[1][0].resolved[0].value == pytest.approx(0.02)


def test_an_encoder_on_an_index_keeps_the_parts_of_a_step() -> None:
    midi = {"cc": 1, "relative": "binary_offset"}
    stage = Stage({"midi": midi, "to": "/layer/echo/clip", "steps": 16, "invert": True}, tree=CLIPS)
    sent = [stage.played("midi/cc/1/1", 63 / 127) for _ in range(8)]
    assert [value for one in sent for _, value in one] == [1.0, 2.0]
    assert stage.move("midi/cc/1/1", 64 / 127).outcome == "ignored"  # no step at all


def test_a_fader_is_held_until_it_has_picked_its_parameter_up() -> None:
    stage = Stage({"midi": {"cc": 1}, "to": OPACITY, "takeover": "pickup"})
    outcomes = [stage.move("midi/cc/1/1", value).outcome for value in (0.2, 0.5, 0.99, 0.7)]
    assert outcomes == ["held", "held", "played", "played"]
    stage.move(OPACITY, 0.1)  # something else moves it
    assert [stage.move("midi/cc/1/1", value).outcome for value in (0.72, 0.5, 0.05)] == ["held", "held", "played"]


def test_takeover_counts_in_the_controls_travel_and_for_each_control_by_itself() -> None:
    stage = Stage({"midi": {"cc": 1}, "to": OPACITY, "takeover": "pickup", "curve": "exponential", "range": (1, 0)})
    stage.values[OPACITY] = 0.88  # at half the travel the curve stands at 0.12
    assert stage.move("midi/cc/1/1", 0.6).outcome == "held"
    assert stage.move("midi/cc/2/1", 0.5).outcome == "played"
    assert stage.move("midi/cc/1/1", 0.7).outcome == "held"


def test_a_fader_that_played_something_else_meanwhile_has_to_pick_up_again() -> None:
    stage = Stage(
        {"midi": {"cc": 1}, "to": OPACITY, "takeover": "pickup"},
        {"midi": {"cc": 1}, "to": "/master/fade", "modifier": "shift"},
        modifiers={"shift": {"key": "z"}},
    )
    assert stage.played("midi/cc/1/1", 1.0) == [(OPACITY, 1.0)]
    stage.move("key/z")
    stage.move("midi/cc/1/1", 0.1)
    stage.move("key/z", 0.0)
    assert stage.move("midi/cc/1/1", 0.11).outcome == "held"


def test_pickup_on_an_index_is_by_whole_numbers() -> None:
    stage = Stage({"midi": {"cc": 1}, "to": "/layer/echo/clip", "takeover": "pickup"}, tree=CLIPS)
    stage.values["/layer/echo/clip"] = 2.0
    outcomes = [stage.move("midi/cc/1/1", value) for value in (0.2, 0.4, 0.6, 0.7)]
    assert [one.outcome for one in outcomes] == ["held", "ignored", "ignored", "played"]
    assert outcomes[-1].resolved[0].value == 3.0


def test_scaling_moves_with_the_hand_from_the_second_value_on() -> None:
    stage = Stage({"midi": {"cc": 1}, "to": OPACITY, "takeover": "scale"})
    stage.values[OPACITY] = 0.5
    assert stage.move("midi/cc/1/1", 0.0).outcome == "held"
    assert stage.played("midi/cc/1/1", 0.5) == [(OPACITY, pytest.approx(0.75))]
    assert stage.played("midi/cc/1/1", 1.0) == [(OPACITY, 1.0)]
    assert stage.played("midi/cc/1/1", 0.5) == [(OPACITY, 0.5)]


def test_actions_and_places_wait_as_their_binding_says_or_else_as_the_show_does() -> None:
    beat, bar = Quantise(to="beat"), Quantise(to="bar")
    stage = Stage(
        {"key": "a", "to": "/layer/echo/jump", "quantise": {"to": "beat"}},
        {"key": "b", "to": "/layer/echo/jump"},
        {"midi": {"cc": 1}, "scrub": "/layer/echo", "quantise": {"to": "beat"}},
        {"midi": {"cc": 2}, "to": OPACITY, "quantise": {"to": "beat"}},
        quantise={"/layer/echo/jump": bar, "/layer/echo/clip": bar, OPACITY: bar},
    )
    waits = {
        address: stage.move(address, 0.7).resolved[0].wait
        for address in (
            "key/a", "key/b", "midi/cc/1/1", "midi/cc/1/2", "/layer/echo/jump", "/layer/echo/clip", OPACITY, "/go",
        )
    }  # fmt: skip
    assert list(waits.values()) == [beat, bar, beat, None, bar, bar, None, None]


def test_every_path_is_an_address_and_what_fits_nothing_is_counted() -> None:
    stage = Stage({"osc": "/1/fader1", "to": OPACITY})
    assert stage.played(OPACITY, 0.3) == [(OPACITY, 0.3)]
    assert stage.played("/1/fader1", 0.3) == [(OPACITY, 0.3)]
    assert stage.played("/layer/echo/clip/lake") == [("/layer/echo/clip/lake", 1.0)]
    assert stage.played("/layer/echo/clip/sea") == []
    assert stage.move(OPACITY, 7.0).outcome == "clamped"
    assert stage.move("/1/fader1", 1.5).resolved[0].value == 1.0
    assert stage.move("/lock", 0.5).outcome == "played"  # a switch is on at anything but 0
    assert stage.move("/go", 0.0).outcome == "ignored"
    assert stage.figures.counters["events_unbound"].count == 1
    assert stage.figures.counters["events_clamped"].count == 2
    assert stage.bindings.last_clamped is not None
    assert stage.bindings.last_clamped.address == "/1/fader1"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("address", [OPACITY, "/go", "midi/cc/1/1", "midi/cc/1/2", "key/a", "nowhere"])
def test_what_is_no_finite_number_never_reaches_the_state(address: str, value: float) -> None:
    stage = Stage(
        {"midi": {"cc": 1}, "to": OPACITY},
        {"midi": {"cc": 2, "relative": "sign_bit"}, "to": OPACITY},
        {"key": "a", "to": OPACITY},
    )
    handled = stage.move(address, value)
    assert (handled.outcome, handled.resolved) == ("ignored", ())
    assert stage.figures.counters["events_not_finite"].count == 1


def test_in_show_mode_nothing_quits() -> None:
    stage = Stage({"key": "q", "to": "/quit"}, {"key": "l", "to": "/lock", "press": "toggle"})
    stage.move("key/l")
    assert [stage.move(address).outcome for address in ("key/q", "/quit")] == ["ignored", "ignored"]
    unlocked = stage.tick(stage.event("key/l"), stage.event("key/q"))
    assert [event.address for one in unlocked for event in one.resolved] == ["/lock", "/quit"]


def test_a_resolved_event_keeps_its_stamp_and_where_it_came_from() -> None:
    stage = Stage({"key": "a", "to": "/go"})
    raw = stage.event("key/a", at_s=3.5, port="desk")
    (handled,) = stage.tick(raw)
    (found,) = handled.resolved
    assert (found.at_s, found.sequence, found.origin, found.port) == (3.5, raw.sequence, raw, "desk")


def test_a_binding_that_was_learnt_plays_from_then_on() -> None:
    stage = Stage({"midi": {"cc": 1}, "to": OPACITY})
    stage.move("midi/cc/1/1", 0.2)
    assert stage.move("midi/cc/1/2").outcome == "unbound"
    for cc in (1, 2):
        stage.bindings.add(Binding(midi={"cc": cc}, to="/master/fade"))
    assert stage.played("midi/cc/1/1", 0.3) == [(OPACITY, 0.3), ("/master/fade", 0.3)]
    assert stage.played("midi/cc/1/2", 0.4) == [("/master/fade", 0.4)]
    assert [binding.to for binding in stage.bindings.bindings] == [OPACITY, "/master/fade", "/master/fade"]


@pytest.mark.parametrize(
    ("binding", "said"),
    [
        ({"key": "a", "to": "/layer/ecco/opacity"}, "/layer/ecco/opacity, which the show has not got"),
        ({"control": "nano/fader1", "to": "/master/fade"}, "nano/fader1 was not looked up"),
        ({"midi": {"cc": 1, "relative": "sign_bit"}, "to": "/go"}, "cannot fire /go"),
    ],
)
def test_a_binding_that_cannot_play_is_refused_and_leaves_the_others(binding: dict[str, Any], said: str) -> None:
    stage = Stage({"key": "b", "to": "/go"})
    with pytest.raises(ValueError, match=said):
        stage.bindings.add(Binding(**binding))
    assert len(stage.bindings.bindings) == 1
    assert stage.played("key/b") == [("/go", 1.0)]
    with pytest.raises(ValueError, match=said):
        Bindings([Binding(**binding)], TREE, Figures())


def test_a_pad_is_foreseen_where_each_press_says_the_same() -> None:
    foreseen: list[dict[str, Any]] = [
        {"midi": {"note": 1}, "to": "/layer/echo/jump"},
        {"key": "a", "to": POSITION, "value": 0.25},
        {"midi": {"program": 3}, "to": "/layer/echo/slice", "range": (0, 2)},
        {"key": "b", "to": POSITION, "press": "trigger", "range": (0, 0.5)},
    ]
    others: list[dict[str, Any]] = [
        {"midi": {"note": 2}, "to": POSITION, "press": "trigger"},
        {"midi": {"note": 3}, "to": POSITION},
        {"key": "c", "to": POSITION, "press": "toggle"},
        {"key": "d", "to": POSITION, "press": "momentary", "value": 0.5},
        {"midi": {"cc": 1}, "to": POSITION},
        {"key": "e", "to": "/layer/gone/jump"},
    ]
    pads = pads_of([Binding(**binding) for binding in [*foreseen, *others]], TREE)
    assert pads == [
        Pad("/layer/echo/jump", 1.0), Pad(POSITION, 0.25), Pad("/layer/echo/slice", 2.0), Pad(POSITION, 0.5),
    ]  # fmt: skip


def adopted(stage: Stage, *bindings: dict[str, Any], modifiers: tuple[str, ...] = ()) -> None:
    """Another version of the show, with these bindings."""
    made = [Binding(**binding) for binding in bindings]
    keys = {name: Modifier(key=name) for name in modifiers}
    stage.bindings.adopt(made, ParameterTree(show_of(name="echo", opacity=0.5)), quantise={}, modifiers=keys)


def test_in_another_version_its_bindings_play_and_no_others() -> None:
    stage = Stage({"midi": {"cc": 1}, "to": OPACITY}, {"key": "a", "to": "/go"})
    adopted(stage, {"midi": {"cc": 2}, "to": OPACITY}, {"key": "a", "to": "/panic"})
    assert stage.played("midi/cc/1/2", 0.5) == [(OPACITY, 0.5)]
    assert stage.played("key/a") == [("/panic", 1.0)]
    assert stage.move("midi/cc/1/1").outcome == "unbound"
    assert [binding.to for binding in stage.bindings.bindings] == [OPACITY, "/panic"]


def test_a_binding_that_stays_keeps_its_grip() -> None:
    fader = {"midi": {"cc": 1}, "to": OPACITY, "takeover": "pickup"}
    stage = Stage(fader)
    stage.played("midi/cc/1/1", 1.0)
    assert stage.played("midi/cc/1/1", 0.4) == [(OPACITY, 0.4)]
    adopted(stage, {"key": "x", "to": "/go"}, fader)
    assert stage.played("midi/cc/1/1", 0.9) == [(OPACITY, 0.9)]


def test_what_is_held_down_is_let_go_of_in_another_version() -> None:
    held = {"key": "a", "to": OPACITY, "press": "momentary"}
    stage = Stage(held)
    stage.played("key/a")
    adopted(stage, held)
    assert stage.played("key/a", 0.0) == [(OPACITY, 0.0)]


def test_what_is_held_down_and_bound_no_more_holds_nothing_up() -> None:
    pad = {"midi": {"cc": 9}, "to": "/layer/echo/jump"}
    stage = Stage({"midi": {"cc": 9}, "to": OPACITY, "press": "momentary"}, modifiers={"shift": {"key": "s"}})
    stage.played("midi/cc/1/9", 1.0)
    stage.played("key/s", 1.0)
    adopted(stage, pad)
    assert stage.played("midi/cc/1/9", 0.0) == []
    assert stage.played("midi/cc/1/9", 1.0) == [("/layer/echo/jump", 1.0)]


def test_a_modifier_that_stays_stays_held() -> None:
    stage = Stage(
        {"key": "a", "to": "/go"}, {"key": "a", "to": "/panic", "modifier": "s"}, modifiers={"s": {"key": "s"}}
    )
    stage.played("key/s", 1.0)
    adopted(stage, {"key": "a", "to": "/go"}, {"key": "a", "to": "/reset", "modifier": "s"}, modifiers=("s",))
    assert stage.played("key/a") == [("/reset", 1.0)]
    stage.played("key/s", 0.0)
    assert stage.played("key/a") == [("/go", 1.0)]


def test_a_version_whose_bindings_cannot_play_leaves_all_as_it_was() -> None:
    stage = Stage({"key": "a", "to": "/go"})
    with pytest.raises(ValueError, match="/layer/nowhere"):
        adopted(stage, {"key": "a", "to": "/layer/nowhere/jump"})
    assert stage.played("key/a") == [("/go", 1.0)]
