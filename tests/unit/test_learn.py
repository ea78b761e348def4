"""Learning a control: what is bound, how, and what is said, without a device."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.core.learn import LEARN, Learn, Learned
from engine.formats.controller_profiles import shipped_profiles
from engine.formats.show_resolve import Surroundings
from engine.model.controls import Binding, MidiControl
from engine.model.events import Event, EventSource
from engine.model.tree import ParameterTree
from engine.model.world import LoadedShow
from tests.show_support import BLENDS, CLIPS, load

SHOW = """library: clips
layers: [{name: base}, {name: echo}]
movements: [{name: one, duration_s: 1}, {name: two, duration_s: 1}]
controllers: [{profile: nanokontrol2}]
bindings:
  - {midi: {cc: 21}, to: /layer/base/opacity}
  - {osc: /fader/1, to: /master/fade}
"""
FADER = [("midi/cc/1/22", value / 127) for value in (10, 20, 40, 60)]
PAD = [("midi/note/10/36", 0.8), ("midi/note/10/36", 0.0)]
ENCODER = [("midi/cc/1/71", value / 127) for value in (1, 1, 127)]
VALUES = {"/movement/index": 1.0, "/layer/echo/position": 0.123456, "/layer/base/opacity": 0.5}


def shown(tmp_path: Path) -> LoadedShow:
    loaded, problems = load(SHOW, tmp_path, Surroundings(CLIPS, {}, BLENDS, shipped_profiles()))
    assert problems == []
    assert loaded is not None
    return loaded


@pytest.fixture
def learn(tmp_path: Path) -> Learn:
    loaded = shown(tmp_path)
    return Learn(ParameterTree(loaded.show, CLIPS), loaded.controls, lambda: loaded.bindings)


def moved(learn: Learn, sent: Iterable[tuple[str, float]], port: str = "a port") -> Learned | None:
    """What is learned from these addresses and values, 20 ms apart."""
    for number, (address, value) in enumerate(sent):
        source = EventSource.OSC if address.startswith("/") else EventSource.MIDI
        learned = learn.hear(Event(number * 0.02, source, number, address, value, port=port), VALUES.get)
        if learned is not None:
            return learned
    return None


def begun(learn: Learn, target: str) -> Learn:
    learn.played(target)
    learn.toggle(0.0, locked=False)
    assert learn.active
    return learn


def test_the_path_last_played_and_the_control_that_moves_make_a_binding(learn: Learn) -> None:
    learned = moved(begun(learn, "/layer/echo/opacity"), FADER)
    assert learned is not None
    assert learned.written == Binding(midi=MidiControl(cc=22, channel=1), to="/layer/echo/opacity")
    assert learned.played == learned.written
    assert learned.said == "cc 22 on channel 1 plays /layer/echo/opacity"
    assert not learn.active
    assert learn.line(1.0) == f"learn: {learned.said}"
    assert learn.line(10.0) == ""


@pytest.mark.parametrize(
    ("target", "sent", "binding"),
    [
        ("/go", PAD, Binding(midi=MidiControl(note=36, channel=10), to="/go")),
        (
            "/master/blackout",
            PAD,
            Binding(midi=MidiControl(note=36, channel=10), to="/master/blackout", press="toggle"),
        ),
        ("/master/blackout", FADER, Binding(midi=MidiControl(cc=22, channel=1), to="/master/blackout")),
        ("/layer/echo/opacity", PAD, Binding(midi=MidiControl(note=36, channel=10), to="/layer/echo/opacity")),
        ("/movement/index", PAD, Binding(midi=MidiControl(note=36, channel=10), to="/movement/index", value=1)),
        ("/movement/index", FADER, Binding(midi=MidiControl(cc=22, channel=1), to="/movement/index")),
        ("/layer/echo/position", FADER, Binding(midi=MidiControl(cc=22, channel=1), scrub="/layer/echo")),
        ("/movement/position", FADER, Binding(midi=MidiControl(cc=22, channel=1), scrub="/movement")),
        ("/show/position", FADER, Binding(midi=MidiControl(cc=22, channel=1), to="/show/position")),
        (
            "/layer/echo/position",
            PAD,
            Binding(midi=MidiControl(note=36, channel=10), scrub="/layer/echo", value=0.1235),
        ),
        (
            "/layer/echo/opacity",
            ENCODER,
            Binding(midi=MidiControl(cc=71, channel=1, relative="twos_complement"), to="/layer/echo/opacity"),
        ),
        ("/layer/echo/clip/river", PAD, Binding(midi=MidiControl(note=36, channel=10), to="/layer/echo/clip/river")),
        (
            "/layer/echo/opacity",
            [("/their/fader", value / 10) for value in (1, 2, 3)],
            Binding(osc="/their/fader", to="/layer/echo/opacity"),
        ),
    ],
)
def test_how_it_is_bound_follows_from_what_it_is_and_what_it_plays(
    learn: Learn, target: str, sent: list[tuple[str, float]], binding: Binding
) -> None:
    learned = moved(begun(learn, target), sent)
    assert learned is not None
    assert learned.written == binding


@pytest.mark.parametrize(("sent", "what"), [(FADER, "a fader"), (ENCODER, "an endless encoder")])
def test_an_action_wants_a_button_and_waits_for_one(learn: Learn, sent: list[tuple[str, float]], what: str) -> None:
    begun(learn, "/go")
    assert moved(learn, sent) is None
    assert f"moves like {what}: /go fires, and wants a button" in learn.line(0.5)
    assert learn.active
    assert moved(learn, PAD) is not None


def test_a_controllers_control_is_written_by_its_name(learn: Learn) -> None:
    sent = [("midi/cc/1/0", value / 127) for value in (10, 20, 40)]
    learned = moved(begun(learn, "/layer/echo/opacity"), sent, "nanoKONTROL2:nanoKONTROL2 MIDI 1")
    assert learned is not None
    assert learned.written == Binding(control="nanokontrol2/fader1", to="/layer/echo/opacity")
    assert learned.played.midi == MidiControl(cc=0, channel=1, port="nanoKONTROL2")
    assert learned.played.control is None
    assert learned.said == "nanokontrol2/fader1 plays /layer/echo/opacity"


def test_another_devices_control_of_that_number_is_not(learn: Learn) -> None:
    sent = [("midi/cc/1/0", value / 127) for value in (10, 20, 40)]
    learned = moved(begun(learn, "/layer/echo/opacity"), sent, "Launchkey")
    assert learned is not None
    assert learned.written.midi == MidiControl(cc=0, channel=1)


def test_what_is_bound_so_already_is_left_as_it_is(learn: Learn) -> None:
    sent = [("midi/cc/5/21", value / 127) for value in (10, 20, 40)]
    assert moved(begun(learn, "/layer/base/opacity"), sent) is None
    assert not learn.active
    assert learn.line(1.0) == "learn: cc 21 on channel 5 plays /layer/base/opacity already: nothing is changed"


@pytest.mark.parametrize(
    ("sent", "other"),
    [
        ([("midi/cc/5/21", value / 127) for value in (10, 20, 40)], "/layer/base/opacity"),
        ([("/fader/1", value / 10) for value in (1, 2, 3)], "/master/fade"),
    ],
)
def test_a_control_that_plays_something_else_too_is_said(
    learn: Learn, sent: list[tuple[str, float]], other: str
) -> None:
    learned = moved(begun(learn, "/layer/echo/x"), sent)
    assert learned is not None
    assert learned.said.endswith(f"plays /layer/echo/x, and goes on playing {other}")


def test_a_locked_show_learns_nothing_and_says_so(learn: Learn) -> None:
    learn.toggle(0.0, locked=True)
    assert not learn.active
    assert learn.line(1.0) == "learn: locked: /lock 0 lets controls be learned"
    begun(learn, "/go")
    assert learn.at(2.0, VALUES.get, locked=True) is None
    assert not learn.active
    assert "learning ends" in learn.line(2.0)


def test_learning_again_and_escape_leave(learn: Learn) -> None:
    begun(learn, "/go").toggle(1.0, locked=False)
    assert not learn.active
    for key in ("escape", "f2"):
        begun(learn, "/go").key(key)
        assert not learn.active


def test_what_is_played_meanwhile_does_not_change_what_is_bound(learn: Learn) -> None:
    begun(learn, "/layer/echo/x").played("/layer/echo/y")
    learned = moved(learn, FADER)
    assert learned is not None
    assert learned.written.to == "/layer/echo/x"


@pytest.mark.parametrize("path", [LEARN, "/lock", "/figures"])
def test_the_ways_to_learning_are_not_what_is_learned(learn: Learn, path: str) -> None:
    learn.played("/layer/echo/x")
    learn.played(path)
    learn.toggle(0.0, locked=False)
    assert "move a control to play /layer/echo/x" in learn.line(0.0)


def test_typing_narrows_the_paths_and_the_arrows_step_through_them(learn: Learn) -> None:
    learn.toggle(0.0, locked=False)
    assert "choose what to play" in learn.line(0.0)
    assert moved(learn, FADER) is None
    for key in ("e", "c", "h", "o", "space", "s", "c", "backspace", "p"):
        learn.key(key)
    assert 'move a control to play /layer/echo/speed  "echo sp" 1 of' in learn.line(0.0)
    for _ in "sp":
        learn.key("backspace")
    learn.key("down")
    assert "/layer/echo/volume" in learn.line(0.0)
    learn.key("up")
    learn.key("up")
    assert "/layer/echo/release" in learn.line(0.0)
    learned = moved(learn, PAD)
    assert learned is not None
    assert learned.written.to == "/layer/echo/release"


def test_what_matches_nothing_keeps_the_choice(learn: Learn) -> None:
    begun(learn, "/layer/echo/x")
    for key in ("7", "slash", "minus", "down", "home", "left_shift"):
        learn.key(key)
    assert 'play /layer/echo/x  "7/-" 0 of' in learn.line(0.0)


def test_the_arrows_alone_go_round_all_paths(learn: Learn) -> None:
    learn.toggle(0.0, locked=False)
    learn.key("down")
    assert "play /go " in learn.line(0.0)
    learn.key("up")
    learn.key("down")
    assert "play /go " in learn.line(0.0)


def test_a_note_that_nobody_lets_go_is_learned_in_the_end(learn: Learn) -> None:
    begun(learn, "/go")
    assert moved(learn, PAD[:1]) is None
    assert learn.at(0.5, VALUES.get, locked=False) is None
    learned = learn.at(1.5, VALUES.get, locked=False)
    assert learned is not None
    assert learned.written.midi == MidiControl(note=36, channel=10)


def test_a_path_of_the_tree_needs_no_binding(learn: Learn) -> None:
    begun(learn, "/layer/echo/x")
    assert moved(learn, [("/layer/echo/y", value / 10) for value in range(10)]) is None
