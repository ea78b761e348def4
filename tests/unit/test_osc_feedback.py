"""What is told to whom and when: rounds over a show that stands where the test puts it."""

from __future__ import annotations

import pytest

from engine.formats.osc_write import bundled, osc_message
from engine.model.events import Event, EventSource, Handled
from engine.model.parameters import Kind
from engine.model.world import World
from engine.outputs.osc_feedback import Rounds
from engine.outputs.osc_monitor import MOST_WATCHERS, OscMonitor
from engine.outputs.osc_subscribers import MOST_SUBSCRIBERS
from tests.osc_support import Ear, Stage, read
from tests.world_support import clip, world

ECHO = "/layer/echo/opacity"
BASE = "/layer/base/opacity"


class Telling:
    def __init__(self, shown: World | None = None) -> None:
        self.stage = Stage(shown)
        self.rounds = Rounds(self.stage.world, lambda: self.stage.latest)

    def subscribe(self, ear: Ear, now_s: float = 0.0, *paths: str) -> bool:
        return self.rounds.subscribers.add(ear.peer, ear.peer.key, frozenset(paths) or None, now_s)

    def put(self, ear: Ear, now_s: float, path: str, value: float) -> None:
        """The subscriber itself moves a fader, and the show follows."""
        self.rounds.touches.append((ear.peer.key, path, value, now_s))
        self.stage.play(now_s, {path: value})


@pytest.fixture
def telling() -> Telling:
    return Telling()


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_a_new_subscriber_is_told_everything_once_in_small_bundles(ear: Ear) -> None:
    telling = Telling(world(clips=[clip("fire")], layers=[{"name": f"layer-{number}"} for number in range(9)]))
    assert telling.subscribe(ear)
    telling.rounds.tell(0.0)
    assert len(ear.packets) > 1
    assert max(map(len, ear.packets)) <= 1400
    told = ear.values()
    latest = telling.stage.latest
    assert latest is not None
    for path, entry in telling.stage.world.tree.parameters.items():
        value = latest.value(path)
        assert told.pop(path, None) == (None if entry.kind is Kind.ACTION or value is None else pytest.approx(value))
    assert told == {"/runtime/movement": "one", "/runtime/standby": "", "/runtime/beat": 0}
    telling.rounds.tell(0.1)
    assert ear.packets == []


def test_only_what_changed_is_told(telling: Telling, ear: Ear) -> None:
    telling.subscribe(ear, 0.0, ECHO, BASE)
    telling.rounds.tell(0.0)
    ear.packets.clear()
    telling.stage.at(1.0, layer_echo_opacity=0.25)
    telling.stage.at(2.0)
    telling.rounds.tell(2.0)
    assert ear.heard() == [(ECHO, 0.25)]


def test_a_smoothed_change_is_told_as_it_goes_and_ends_at_its_value(telling: Telling, ear: Ear) -> None:
    telling.subscribe(ear, 0.0, ECHO)
    telling.rounds.tell(0.0)
    ear.packets.clear()
    telling.stage.at(1.0, layer_echo_opacity=0.0)
    for tick in range(1, 10):
        telling.stage.at(1.0 + tick / 60)
        telling.rounds.tell(1.0 + tick / 60)
    told = [value for _, value in ear.heard()]
    assert told == sorted(told, reverse=True)
    assert len(told) > 1
    assert told[-1] == 0.0


def test_where_the_show_stands_is_told_beside_the_tree(telling: Telling, ear: Ear) -> None:
    telling.subscribe(ear)
    telling.rounds.tell(0.0)
    ear.packets.clear()
    telling.stage.at(1.0, cue_standby=1)
    telling.stage.at(11.0)
    telling.rounds.tell(11.0)
    told = ear.heard()
    assert ("/runtime/movement", "two", 1) in told
    assert ("/runtime/standby", "dusk", 1) in told


def test_one_who_wants_a_part_is_told_that_part_only(telling: Telling, ear: Ear) -> None:
    telling.subscribe(ear, 0.0, ECHO)
    telling.rounds.tell(0.0)
    assert set(ear.values()) == {ECHO}
    telling.stage.at(11.0)
    telling.rounds.tell(11.0)
    assert ear.heard() == []


def test_what_one_puts_is_told_to_the_others_and_not_to_itself(telling: Telling) -> None:
    one, other = Ear("one"), Ear("other")
    for ear in (one, other):
        telling.subscribe(ear, 0.0, ECHO)
    telling.rounds.tell(0.0)
    one.packets.clear()
    other.packets.clear()
    for tick in range(30):  # a fader moved for half a second
        now_s = 1.0 + tick / 60
        telling.put(one, now_s, ECHO, 1 - tick / 60)
        telling.rounds.tell(now_s)
    for tick in range(30, 90):
        telling.stage.at(1.0 + tick / 60)
        telling.rounds.tell(1.0 + tick / 60)
    assert one.heard() == []
    told = [value for _, value in other.heard()]
    assert len(told) >= 25
    assert told[-1] == pytest.approx(1 - 29 / 60)


def test_what_the_show_makes_of_it_is_told_after_a_while(telling: Telling, ear: Ear) -> None:
    telling.subscribe(ear, 0.0, ECHO)
    telling.rounds.tell(0.0)
    ear.packets.clear()
    telling.put(ear, 1.0, ECHO, 0.75)
    telling.rounds.touches[-1] = (ear.peer.key, ECHO, 7.5, 1.0)  # it sent more than there is
    for tick in range(1, 12):
        telling.stage.at(1.0 + tick / 60)
        telling.rounds.tell(1.0 + tick / 60)
    assert ear.heard() == []
    telling.stage.at(1.3)
    telling.rounds.tell(1.3)
    assert ear.heard() == [(ECHO, 0.75)]


def test_who_does_not_renew_is_forgotten_and_who_does_is_not_told_all_again(telling: Telling) -> None:
    renewing, silent = Ear("renewing"), Ear("silent")
    for ear in (renewing, silent):
        telling.subscribe(ear, 0.0, ECHO, BASE)
    telling.rounds.tell(0.0)
    telling.subscribe(renewing, 50.0, ECHO, BASE)
    renewing.packets.clear()
    silent.packets.clear()
    telling.stage.at(70.0, layer_base_opacity=0.5)
    telling.stage.at(71.0)
    telling.rounds.tell(71.0)
    assert (renewing.heard(), silent.heard()) == ([(BASE, 0.5)], [])
    telling.subscribe(renewing, 72.0, ECHO)
    telling.rounds.tell(72.0)
    assert renewing.heard() == [(ECHO, 1.0)]


def test_one_who_sends_from_another_port_each_time_is_one_subscriber(telling: Telling, ear: Ear) -> None:
    for port in range(100):
        assert telling.rounds.subscribers.add(ear.peer, ("sender", port), None, float(port) / 10)
    telling.rounds.tell(10.0)
    assert len(telling.rounds.subscribers.all) == 1
    assert telling.rounds.senders == {("sender", 99)}


def test_those_that_the_show_names_are_told_all_again_every_ten_seconds(telling: Telling, ear: Ear) -> None:
    telling.rounds.subscribers.add_fixed(ear.peer)
    for second in range(21):
        telling.rounds.tell(float(second))
    assert [address for address, *_ in ear.heard()].count(ECHO) == 3
    telling.rounds.subscribers.remove(ear.peer.key)
    assert len(telling.rounds.subscribers.all) == 1


def test_there_is_room_for_32_and_again_when_one_is_gone(telling: Telling) -> None:
    ears = [Ear(f"ear {number}") for number in range(MOST_SUBSCRIBERS + 1)]
    assert [telling.subscribe(ear) for ear in ears] == [True] * 32 + [False]
    telling.rounds.subscribers.remove(ears[0].peer.key)
    assert telling.subscribe(ears[-1])


def test_what_cannot_be_sent_is_counted_and_told_again_later(telling: Telling) -> None:
    gone, there = Ear("gone", deaf=True), Ear("there")
    for ear in (gone, there):
        telling.subscribe(ear, 0.0, ECHO)
    assert telling.rounds.tell(0.0) == 1
    assert there.heard() == [(ECHO, 1.0)]
    gone.heard()
    gone.deaf = False
    assert telling.rounds.tell(0.9) == 0
    assert telling.rounds.tell(1.0) == 0
    assert (gone.heard(), there.heard()) == ([(ECHO, 1.0)], [])


def test_nothing_is_told_before_the_first_tick(telling: Telling, ear: Ear) -> None:
    telling.subscribe(ear)
    telling.stage.latest = None
    assert telling.rounds.tell(0.0) == 0
    assert ear.packets == []


def test_bundles_hold_what_fits_and_a_longer_message_goes_alone() -> None:
    messages = [osc_message("/short", "i", number) for number in range(100)] + [osc_message("/long", "s", "x" * 2000)]
    packets = list(bundled(messages))
    assert [len(packet) <= 1400 for packet in packets] == [True, True, False]
    assert [one[0] for packet in packets for one in read(packet)] == ["/short"] * 100 + ["/long"]
    assert list(bundled([])) == []


def event(number: int, address: str = ECHO) -> Event:
    return Event(float(number), EventSource.OSC, number, address, 0.5)


def test_a_watcher_is_told_what_became_of_each_event(ear: Ear) -> None:
    monitor = OscMonitor()
    monitor.take([Handled(event(0), "unbound")])  # nobody watches yet
    assert monitor.add(ear.peer, 0.0)
    monitor.take([Handled(event(1), "played", (event(1), event(1, BASE))), Handled(event(2, "/x"), "unbound")])
    monitor.tell(0.0)
    assert ear.heard() == [
        ("/runtime/event", 1.0, "osc", ECHO, 0.5, "played", ECHO, 0.5, "", ""),
        ("/runtime/event", 1.0, "osc", ECHO, 0.5, "played", BASE, 0.5, "", ""),
        ("/runtime/event", 2.0, "osc", "/x", 0.5, "unbound", "", 0.0, "", ""),
    ]


def test_no_more_than_500_a_second_are_told_and_the_rest_counted(ear: Ear) -> None:
    monitor = OscMonitor()
    monitor.add(ear.peer, 10.0)
    for tick in range(60):
        monitor.take([Handled(event(number), "played", (event(number),)) for number in range(100)])
        monitor.tell(10.0 + tick / 60)
    assert len(ear.heard()) == 500
    monitor.tell(11.0)
    assert ear.heard() == [("/runtime/event/skipped", 5500)]
    monitor.take([Handled(event(1), "played", (event(1),))])
    monitor.tell(11.1)
    assert len(ear.heard()) == 1


def test_what_nobody_fetches_is_bounded_and_counted(ear: Ear) -> None:
    monitor = OscMonitor()
    monitor.add(ear.peer, 0.0)
    for number in range(700):
        monitor.take([Handled(event(number), "unbound")] * 2)
    monitor.tell(5.0)
    monitor.tell(6.0)
    told = ear.heard()
    assert len(told) == 2 + 500
    assert sum(one[1] for one in told if one[0] == "/runtime/event/skipped") == 1400 - 500


def test_watchers_are_few_and_forgotten_after_a_minute() -> None:
    monitor = OscMonitor()
    ears = [Ear(f"ear {number}") for number in range(MOST_WATCHERS + 1)]
    assert [monitor.add(ear.peer, 0.0) for ear in ears] == [True] * MOST_WATCHERS + [False]
    assert monitor.add(ears[0].peer, 30.0)
    monitor.tell(61.0)
    monitor.take([Handled(event(1), "unbound")])
    monitor.tell(62.0)
    assert [len(ear.packets) for ear in ears] == [1] + [0] * MOST_WATCHERS
    monitor.remove(ears[0].peer.key)
    assert not monitor.watched


def test_another_version_of_the_show_is_told_by_its_own_paths(telling: Telling, ear: Ear) -> None:
    assert telling.subscribe(ear)
    telling.stage.play(0.0, {ECHO: 0.5})
    telling.rounds.tell(0.0)
    ear.heard()
    telling.stage = Stage(world(clips=[clip("a")], layers=({"name": "new"},), movements=(("other", 5.0, ()),)))
    telling.rounds.tell(1.0)
    told = {one[0]: one[1:] for one in ear.heard()}
    assert told["/layer/new/opacity"] == (1.0,)
    assert told["/runtime/movement"] == ("other", 0)
    assert ECHO not in told
    assert "/master/fade" not in told, "what is as it was is not told again"
