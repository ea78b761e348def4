"""Taking another version of a show over between two frames."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.app.pace import Tick
from engine.app.play import _parser
from engine.app.player import Player
from engine.app.reload import Reload
from engine.app.replay import Replay
from engine.app.show_version import Contents, Version
from engine.app.show_watch import Settled
from engine.core.bindings import Bindings
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.prefetch import Prefetch
from engine.core.state import State
from engine.core.step import begun, history
from engine.errors import ShaderError
from engine.model.controls import Binding
from engine.model.events import Event, EventSource
from engine.model.plan import FramePlan
from engine.model.world import World
from tests.take_support import at_instants
from tests.world_support import clip, world

ECHO = "/layer/echo/opacity"
BINDING = Binding(key="a", to="/layer/base/jump")


def show(*layers: str, **more: Any) -> World:
    named = tuple({"name": name} for name in layers or ("base", "echo"))
    return world(clips=[clip("a", frames=250)], layers=named, movements=(("one", 60.0, ()),), **more)


class Watch:
    """Offers what a test puts there."""

    line = problem = ""

    def __init__(self) -> None:
        self.offered: Version | None = None
        self.held = False
        self.settled: list[tuple[Settled, str]] = []

    def offer(self, version: World, *, plays_the_same: bool = False) -> None:
        self.offered = Version(version, "", {}, {}, Contents({}, {}), plays_the_same)

    def settle(self, what: Settled, why_not: str = "") -> None:
        self.settled.append((what, why_not))
        self.offered = None

    def close(self) -> None:
        pass


class Stage:
    """Compositor, frame store, output and inputs, which note what they are told."""

    learn: Any = None

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.to_stage = 0
        self.refuses: Exception | None = None

    def draw(self, *_: object) -> Any:
        return None

    def present(self, *_: object) -> None:
        pass

    def stage(self, *_: object) -> Iterator[None]:
        for _one in range(self.to_stage):
            self.notes.append("staged")
            yield
        if self.refuses is not None:
            raise self.refuses

    def unstage(self) -> None:
        self.notes.append("unstaged")

    def prepare_show(self, _loaded: object) -> None:
        self.notes.append("prepared")

    def adopt(self, *_: object) -> None:
        self.notes.append("told")


class Desk:
    """A player of `first`, with its reload; `at` says what happens before a tick."""

    def __init__(
        self, first: World, ticks: int = 90, replayed: tuple[Event, ...] = (), take: Path | None = None
    ) -> None:
        self.watch, self.stage, self.figures = Watch(), Stage(), Figures()
        self.plans: list[FramePlan] = []
        self.worlds: list[World] = []
        self.at: dict[int, Any] = {}
        self.inbox = Inbox()
        self.player = Player(
            world=first,
            history=history(begun(first)),
            pace=cast(Any, at_instants(number / 30 for number in range(ticks))),
            inbox=self.inbox,
            bindings=Bindings([BINDING], first.tree, self.figures),
            frames_for=lambda _plan: {},
            want=lambda _wanted: None,
            prefetch=Prefetch(first),
            compositor=self.stage,
            output=cast(Any, self.stage),
            figures=self.figures,
            replay=Replay(replayed, first.tree, self.figures) if replayed else None,
            after_tick=[self._keep],
        )
        stage = cast(Any, self.stage)
        reload = Reload(
            self.player, stage, stage, stage, lambda new: [*new.loaded.bindings, BINDING], watch=self.watch, take=take
        )
        self.player.before_tick = (self._act, reload)

    def play(self) -> list[FramePlan]:
        self.player.run()
        return self.plans

    def _act(self) -> None:
        self.at.get(len(self.plans), lambda: None)()

    def _keep(self, _tick: Tick, plan: FramePlan, _state: State) -> None:
        self.plans.append(plan)
        self.worlds.append(self.player.world)


def test_the_show_goes_on_in_its_new_version_at_one_tick() -> None:
    new = show("base", "echo", "top")
    desk = Desk(show())
    desk.at[10] = lambda: desk.inbox.put(EventSource.OSC, ECHO, 0.25, 10 / 30)
    desk.at[40] = lambda: desk.watch.offer(new)
    plans = desk.play()
    assert [plan.at_s for plan in plans] == [number / 30 for number in range(90)], "no tick is lost"
    assert [len(plan.movements[-1].layers) for plan in plans] == [2] * 40 + [3] * 50
    for plan in plans:
        (base, echo) = plan.movements[-1].layers[:2]
        assert base.incoming is not None
        assert base.incoming.ref.index == int(plan.at_s * 25 + 1e-6), "playheads know of nothing"
        assert echo.opacity == (0.25 if plan.at_s >= 10 / 30 + 0.03 else pytest.approx(echo.opacity))
    assert plans[-1].movements[-1].layers[1].opacity == 0.25
    assert desk.watch.settled == [(Settled.TAKEN, "")]
    assert list(desk.player.bindings.bindings) == [BINDING]
    assert desk.figures.counters["events"].count == 1


def test_what_is_to_be_compiled_takes_a_tick_a_thing_and_all_changes_at_once() -> None:
    new = show("base")
    desk = Desk(show())
    desk.stage.to_stage = 3
    desk.at[5] = lambda: desk.watch.offer(new)
    desk.play()
    assert desk.worlds.index(new) == 8
    assert desk.stage.notes == ["staged"] * 3 + ["prepared", "told", "told"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ShaderError("does not compile", subject="glow.fs:3"), "glow.fs:3: does not compile"),
        (MemoryError("the driver has none left"), "a mistake of ours: see the log"),
    ],
)
def test_what_cannot_be_made_ready_here_leaves_all_as_it_was(error: Exception, told: str) -> None:
    first = show()
    desk = Desk(first)
    desk.stage.to_stage, desk.stage.refuses = 1, error
    desk.at[5] = lambda: desk.watch.offer(show("base"))
    desk.play()
    assert set(desk.worlds) == {first}
    assert desk.watch.settled == [(Settled.REFUSED, told)]
    assert desk.stage.notes == ["staged", "unstaged"]


def test_nothing_changes_while_the_show_is_locked() -> None:
    first, new = show(), show("base")
    desk = Desk(first)
    desk.stage.to_stage = 3
    desk.at[5] = lambda: desk.watch.offer(new)
    desk.at[6] = lambda: desk.inbox.put(EventSource.OSC, "/lock", 1.0, 6 / 30)  # one thing is compiled, another to come
    desk.at[40] = lambda: desk.inbox.put(EventSource.OSC, "/lock", 0.0, 40 / 30)
    desk.at[50] = lambda: desk.watch.offer(new)
    desk.play()
    assert desk.watch.settled == [(Settled.PUT_OFF, ""), (Settled.TAKEN, "")]
    assert desk.stage.notes == ["staged"] * 2 + ["unstaged"] + ["staged"] * 3 + ["prepared", "told", "told"]
    assert desk.worlds.index(new) == 53
    assert not desk.watch.held


def test_a_replay_goes_on_with_what_is_left_of_its_paths() -> None:
    events = tuple(
        Event(at_s, EventSource.OSC, number, path, 0.5)
        for number, (at_s, path) in enumerate([(0.5, ECHO), (1.5, ECHO), (2.0, "/layer/base/opacity")])
    )
    desk = Desk(show(), replayed=events)
    desk.at[30] = lambda: desk.watch.offer(show("base"))
    plans = desk.play()
    assert plans[-1].movements[-1].layers[0].opacity == 0.5
    assert desk.figures.counters["events_replayed"].count == 2


def test_a_take_that_is_recorded_meanwhile_is_spoken_of_once(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(show(), take=Path("take.jsonl"))
    desk.at[2] = lambda: desk.watch.offer(show("base"), plays_the_same=True)
    desk.at[5] = lambda: desk.watch.offer(show("base"))
    desk.at[10] = lambda: desk.watch.offer(show("base", "echo"))
    with caplog.at_level(logging.WARNING):
        desk.play()
    assert desk.watch.settled == [(Settled.TAKEN, "")] * 3
    (record,) = caplog.records
    assert "take.jsonl: the show was changed" in record.getMessage()


def test_it_is_asked_for_by_default() -> None:
    assert _parser().parse_args(["show.yaml"]).reload
    assert not _parser().parse_args(["show.yaml", "--no-reload"]).reload


def test_what_was_learned_and_not_written_plays_on_where_its_path_is_still_there() -> None:
    learned = [Binding(key="l", to="/layer/base/jump"), Binding(key="m", to="/layer/echo/jump"), BINDING]
    desk = Desk(show())
    desk.stage.learn = SimpleNamespace(not_written=learned, adopt=lambda *_: None)
    desk.at[5] = lambda: desk.watch.offer(show("base"))
    desk.play()
    assert list(desk.player.bindings.bindings) == [BINDING, learned[0]]
