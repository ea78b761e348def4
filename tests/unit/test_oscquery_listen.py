"""What is told to whom and when, over a show that stands where the test puts it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.inputs.oscquery_listen import Listener, ListenRounds
from engine.model.world import World
from tests.osc_support import Stage, read
from tests.world_support import world

ECHO = "/layer/echo/opacity"
BASE = "/layer/base/opacity"


class Client:
    def __init__(self, *paths: str) -> None:
        self.listener = Listener()
        self.keeps_up = True
        for path in paths:
            self.listener.listen(path)


class Telling:
    def __init__(self, shown: World | None = None) -> None:
        self.stage = Stage(shown)
        self.rounds = ListenRounds(self.stage.world.tree, lambda: self.stage.latest)

    def told(self, client: Client, now_s: float) -> dict[str, Any]:
        """What the client is told in a round, by path; every packet is one message."""
        packets = [packet for _, packets in self.rounds.due([client], now_s) for packet in packets]
        messages = [list(read(packet)) for packet in packets]
        assert all(len(found) == 1 for found in messages)
        return {found[0][0]: found[0][1] for found in messages}


@pytest.fixture
def telling() -> Telling:
    return Telling()


def test_a_listener_is_told_the_value_once_and_then_what_changes(telling: Telling) -> None:
    client = Client(ECHO, BASE)
    assert telling.told(client, 0.0) == {ECHO: 1.0, BASE: 1.0}
    assert telling.told(client, 0.1) == {}
    telling.stage.play(0.1, {ECHO: 0.5})
    telling.stage.at(0.5)
    assert telling.told(client, 0.5) == {ECHO: 0.5}
    client.listener.ignore(ECHO)
    telling.stage.play(0.5, {ECHO: 0.0, BASE: 0.25})
    telling.stage.at(1.0)
    assert telling.told(client, 1.0) == {BASE: 0.25}
    client.listener.listen(BASE)  # again: nothing is told twice
    assert telling.told(client, 1.1) == {}


def test_values_come_in_the_type_that_the_tree_gives_them(telling: Telling) -> None:
    client = Client("/lock", "/movement/index", "/master/fade")
    told = telling.told(client, 0.0)
    assert told == {"/lock": False, "/movement/index": 0, "/master/fade": 1.0}
    assert [type(value) for value in told.values()] == [bool, int, float]
    telling.stage.play(0.1, {"/lock": 1, "/movement/next": 1})
    assert telling.told(client, 0.1) == {"/lock": True, "/movement/index": 1}


def test_what_there_is_not_just_now_is_not_told() -> None:
    assert Telling(world(clips=[])).told(Client("/layer/base/position"), 0.0) == {}


def test_what_a_client_moves_itself_comes_back_once_it_rests_and_only_if_it_is_something_else(telling: Telling) -> None:
    client, other = Client(ECHO), Client(ECHO)
    telling.told(client, 0.0)
    for step in range(1, 6):
        client.listener.touched(ECHO, step / 10, 0.1 * step)
        telling.stage.play(0.1 * step, {ECHO: step / 10})
        telling.stage.at(0.1 * step + 0.05)
        assert telling.told(client, 0.1 * step + 0.05) == {}
    telling.stage.at(0.8)
    assert telling.told(client, 0.8) == {}  # as it left it
    assert telling.told(other, 0.8) == {ECHO: 0.5}
    client.listener.touched(ECHO, 7.0, 0.9)
    telling.stage.play(0.9, {ECHO: 1.0})  # the show clamps
    telling.stage.at(1.0)
    assert telling.told(client, 1.0) == {}
    assert telling.told(client, 1.11) == {ECHO: 1.0}


def test_one_who_is_behind_is_left_out_and_then_told_the_newest_only(telling: Telling) -> None:
    client = Client(ECHO)
    telling.told(client, 0.0)
    client.keeps_up = False
    for now_s in (0.1, 0.2, 0.3):
        telling.stage.play(now_s, {ECHO: now_s})
        assert telling.told(client, now_s) == {}
    client.keeps_up = True
    telling.stage.at(0.5)
    assert telling.told(client, 0.5) == {ECHO: pytest.approx(0.3)}


def test_actions_have_nothing_to_tell(telling: Telling) -> None:
    assert not telling.rounds.has_value("/go")
    assert not telling.rounds.has_value("/nowhere")
    assert telling.rounds.has_value(ECHO)


def test_nothing_is_told_before_the_show_has_begun(telling: Telling) -> None:
    telling.stage.latest = None
    assert telling.told(Client(ECHO), 0.0) == {}
