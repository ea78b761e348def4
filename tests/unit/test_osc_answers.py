"""Questions over OSC and their answers, without a socket."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from engine import __version__
from engine.core.figures import Figures
from engine.formats.osc_peer import OscPeer
from engine.formats.osc_write import osc_message
from engine.inputs.osc_answers import OscAnswers
from engine.inputs.osc_match import PatternMatcher
from engine.inputs.osc_packet import OscMessage, parse_packet
from engine.inputs.osc_question import Facts
from engine.inputs.osc_questions import QUESTIONS
from tests.osc_support import Ear, Stage, message
from tests.world_support import clip, world


class Listeners:
    """Notes who subscribed to what; has no room left once it is told so."""

    def __init__(self) -> None:
        self.noted: list[tuple[object, ...]] = []
        self.full = False

    def subscribe(self, target: OscPeer, sender: Hashable, paths: tuple[str, ...] | None) -> float | None:
        self.noted.append(("subscribe", target.name, sender, paths))
        return None if self.full else 60.0

    def monitor(self, target: OscPeer) -> float | None:
        self.noted.append(("monitor", target.name))
        return None if self.full else 60.0

    def unsubscribe(self, target: OscPeer) -> None:
        self.noted.append(("unsubscribe", target.name))


class Desk:
    def __init__(self) -> None:
        self.stage, self.figures, self.listeners, self.ear = Stage(), Figures(), Listeners(), Ear()
        self.monotonic_s = 0.0
        matcher = PatternMatcher(self.stage.world.tree.parameters)
        self.facts = Facts(
            self.stage.world, lambda: self.stage.latest, self.figures, self.listeners, lambda: "track", matcher
        )
        self.answers = OscAnswers(self.facts, monotonic=lambda: self.monotonic_s)

    def ask(self, address: str, *arguments: object) -> list[tuple[object, ...]]:
        self.monotonic_s += 1.0
        self.ask_at_once(address, *arguments)
        return self.ear.heard()

    def ask_at_once(self, address: str, *arguments: object) -> None:
        (heard,) = parse_packet(message(address, *arguments))
        assert isinstance(heard, OscMessage)
        self.answers.answer(heard, self.ear.peer)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_who_is_there(desk: Desk) -> None:
    assert desk.ask("/runtime/version") == [("/runtime/version", "runtime", __version__)]


@pytest.mark.parametrize("argument", [(), ("hello",), (7,), (0.5,), (0,)])
def test_ping_comes_back_with_what_it_brought(desk: Desk, argument: tuple[object, ...]) -> None:
    assert desk.ask("/runtime/ping", *argument) == [("/runtime/pong", *argument)]


def test_ping_with_a_number_of_64_bits_comes_back(desk: Desk) -> None:
    assert desk.ask("/runtime/ping", 2**40) == [("/runtime/pong", 2.0**40)]


def test_which_show_it_plays(desk: Desk) -> None:
    assert desk.ask("/runtime/show") == [("/runtime/show", desk.stage.world.loaded.show.title, "show.yaml")]


def test_the_value_of_a_path(desk: Desk) -> None:
    desk.stage.at(2.0, layer_echo_opacity=0.25)
    desk.stage.at(4.0)
    assert desk.ask("/runtime/get", "/layer/echo/opacity") == [("/runtime/value", "/layer/echo/opacity", 0.25)]
    assert desk.ask("/runtime/get", "/show/position") == [("/runtime/value", "/show/position", 4.0)]
    assert desk.ask("/runtime/get", "/go") == [("/runtime/value", "/go", None)]


@pytest.mark.parametrize("path", ["/layer/nobody/opacity", "", "/layer/*/opacity"])
def test_a_path_that_is_none_is_refused_with_a_mend(desk: Desk, path: str) -> None:
    ((address, what, mend),) = desk.ask("/runtime/get", path)
    assert (address, mend) == ("/runtime/error", "/runtime/list tells them all.")
    assert f"{path!a} is no path" in str(what)


def test_everything_that_there_is_to_play(desk: Desk) -> None:
    *entries, end = desk.ask("/runtime/list")
    tree = desk.stage.world.tree.parameters
    assert [entry[1] for entry in entries] == list(tree)
    assert end == ("/runtime/list/end", len(tree))
    found = {entry[1]: entry[2:] for entry in entries}
    assert found["/layer/echo/speed"][:5] == ("number", -16.0, 16.0, 1.0, "×")
    assert found["/go"][0] == "action"
    assert all(len(entry) == 8 for entry in entries)


def test_a_part_of_what_there_is_to_play(desk: Desk) -> None:
    assert [entry[1] for entry in desk.ask("/runtime/list", "/layer/*/opacity")[:-1]] == [
        "/layer/base/opacity",
        "/layer/echo/opacity",
    ]
    *entries, _ = desk.ask("/runtime/list", "/layer/echo")
    assert {str(entry[1]).rpartition("/")[0] for entry in entries} == {"/layer/echo"}
    ((_, what, _),) = desk.ask("/runtime/list", "/layers")
    assert "'/layers' fits nothing" in str(what)
    ((_, what, _),) = desk.ask("/runtime/list", "/layer/[")
    assert "a [ without its end" in str(what)


def test_movements_cues_and_clips(desk: Desk) -> None:
    assert desk.ask("/runtime/movements") == [
        ("/runtime/movements", 0, "one", 10.0),
        ("/runtime/movements", 1, "two", 20.0),
        ("/runtime/movements/end", 2),
    ]
    assert desk.ask("/runtime/cues") == [
        ("/runtime/cues", 0, "dawn", "slowly"),
        ("/runtime/cues", 1, "dusk", ""),
        ("/runtime/cues/end", 2),
    ]
    assert desk.ask("/runtime/clips", "echo") == [
        ("/runtime/clips", "echo", 0, "fire", 4.0),
        ("/runtime/clips", "echo", 1, "water", 4.0),
        ("/runtime/clips/end", 2),
    ]
    ((_, what, mend),) = desk.ask("/runtime/clips", "nobody")
    assert ("no layer 'nobody'" in str(what), mend) == (True, "The show has base, echo.")


def test_how_the_show_stands(desk: Desk) -> None:
    desk.stage.at(12.5)
    (status,) = desk.ask("/runtime/status")
    assert status == ("/runtime/status", 12.5, "two", 1, pytest.approx(0.125), "dawn", 120.0, "track")


def test_before_the_first_tick_there_is_nothing_to_tell(desk: Desk) -> None:
    desk.stage.latest = None
    for question in ("/runtime/status", "/runtime/clips"):
        ((_, what, _),) = desk.ask(question, "base")
        assert what == "the show has not begun"


def test_figures_under_both_names(desk: Desk) -> None:
    desk.figures.counter("frames_shown").add(3)
    for address in ("/runtime/figures", "/figures"):
        assert ("/figures/frames_shown", 3) in desk.ask(address, 1.0)
    assert desk.ask("/figures", 0.0) == []


def test_an_unknown_question_is_named(desk: Desk) -> None:
    ((address, what, mend),) = desk.ask("/runtime/cofee")
    assert (address, what) == ("/runtime/error", "/runtime/cofee is no question")
    assert "osc.md" in str(mend)


def test_subscribing_here_there_and_to_a_part(desk: Desk) -> None:
    assert desk.ask("/runtime/subscribe") == [("/runtime/subscribed", 60.0)]
    desk.ask("/runtime/subscribe", 9000)
    desk.ask("/runtime/subscribe", "/layer/echo/[xy]", 9001)
    desk.ask("/runtime/monitor", 9002.0)
    desk.ask("/runtime/unsubscribe", 9000)
    assert desk.listeners.noted == [
        ("subscribe", "ear", "ear", None),
        ("subscribe", "ear:9000", "ear", None),
        ("subscribe", "ear:9001", "ear", ("/layer/echo/x", "/layer/echo/y")),
        ("monitor", "ear:9002"),
        ("unsubscribe", "ear:9000"),
    ]


@pytest.mark.parametrize("port", [0, -1, 65_536, 2**40])
def test_a_port_that_is_none_is_refused(desk: Desk, port: int) -> None:
    ((_, what, _),) = desk.ask("/runtime/subscribe", port)
    assert "is no port" in str(what)
    assert desk.listeners.noted == []


def test_no_room_is_said(desk: Desk) -> None:
    desk.listeners.full = True
    for question in ("/runtime/subscribe", "/runtime/monitor"):
        ((address, what, _),) = desk.ask(question)
        assert (address, what) == ("/runtime/error", "too many are told already")


def test_twenty_a_second_are_answered_and_the_rest_counted(desk: Desk) -> None:
    for _ in range(100):
        desk.ask_at_once("/runtime/ping")
    assert len(desk.ear.heard()) == 20
    desk.monotonic_s += 0.5
    for _ in range(100):
        desk.ask_at_once("/runtime/ping")
    assert len(desk.ear.heard()) == 10
    assert desk.figures.counter("osc_unanswered").count == 170


def test_one_who_cannot_be_reached_is_counted(desk: Desk) -> None:
    desk.ear.deaf = True
    desk.ask("/runtime/list")
    assert desk.figures.counter("osc_unanswered").count == 1


def test_every_question_is_described_and_answered(desk: Desk) -> None:
    for question in QUESTIONS:
        assert question.what.endswith(".")
        heard = desk.ask(question.address, "/layer" if "pattern" in question.takes else "echo")
        assert heard[0][0] != "/runtime/error" or question.address == "/runtime/get"


def test_what_is_written_is_read_by_another_library() -> None:
    assert Ear().peer.send(osc_message("/all", "ihfdsN", 1, 2**40, 1e300, 0.1, "wörter\x00cut", None))
    ear = Ear()
    ear.peer.send(osc_message("/all", "ihfdsN", 1, 2**40, 1e300, 0.1, "wörter\x00cut", None))
    ((address, *arguments),) = ear.heard()
    assert (address, arguments[:2], arguments[3:]) == ("/all", [1, 2**40], [0.1, "wörter", None])
    assert arguments[2] == pytest.approx(3.4028235e38)


def test_another_version_of_the_show_answers_once_it_plays(desk: Desk) -> None:
    new = Stage(world(clips=[clip("a")], layers=({"name": "new"},), movements=(("other", 5.0, ()),)))
    desk.answers.adopt(new.world)
    # For a tick what is shown is the version before.
    assert desk.ask("/runtime/clips", "echo")
    assert [one[2] for one in desk.ask("/runtime/movements")[:-1]] == ["other"]
    desk.stage = new
    assert desk.ask("/runtime/get", "/layer/new/opacity") == [("/runtime/value", "/layer/new/opacity", 1.0)]
    assert desk.ask("/runtime/get", "/layer/echo/opacity")[0][0] == "/runtime/error"
    assert {one[1] for one in desk.ask("/runtime/list", "/layer/*/opacity")[:-1]} == {"/layer/new/opacity"}
    assert desk.ask("/runtime/status")[0][2] == "other"
