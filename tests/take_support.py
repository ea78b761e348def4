"""Takes for tests: lines by hand, and the player's loop without a picture, to record and to replay with."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.app.pace import Tick
from engine.app.player import Player
from engine.app.replay import Replay
from engine.core.bindings import Bindings
from engine.core.figures import Figures
from engine.core.inbox import Inbox
from engine.core.state import State
from engine.core.step import History, begun, history
from engine.formats.take import Fingerprints, Take, TakeHeader, end_line, event_line, header_line
from engine.formats.take_file import read_take
from engine.formats.take_prints import tree_of
from engine.model.controls import Binding
from engine.model.events import Event, EventSource
from engine.model.plan import FramePlan
from engine.model.world import World

HEADER = TakeHeader(
    show="show.yaml",
    fingerprints=Fingerprints("a" * 64, "b" * 64, "c" * 64),
    seed=7,
    recorded_at="2026-11-22T07:00:00+00:00",
    start_s=0.0,
    rate=30.0,
    made_by={"runtime": "0.1.0"},
    tree={"/layer/base/opacity": ("number", 0.0, 1.0, 1.0, 0.03)},
)


def event(at_s: float, address: str = "/layer/base/opacity", value: float = 0.5, **more: Any) -> Event:
    return Event(at_s, more.pop("source", EventSource.OSC), more.pop("sequence", 0), address, value, **more)


def take_text(*events: Event, header: TakeHeader = HEADER, end: str | None = None) -> str:
    """A whole take as text; `end` in place of its closing line."""
    closing = end_line(max((one.at_s for one in events), default=0.0), len(events), 0) if end is None else end
    return header_line(header) + "".join(map(event_line, events)) + closing


def read_text(text: str | bytes) -> Take:
    """What read_take makes of these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.jsonl"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_take(path)


@dataclass(frozen=True, slots=True)
class Ticks:
    """A pace that gives these ticks."""

    all_ticks: Sequence[Tick]
    period_s: float = 1 / 60

    def ticks(self) -> Iterator[Tick]:
        yield from self.all_ticks


def at_instants(instants: Iterable[float]) -> Ticks:
    """The pace of a render: each frame is planned for its own instant."""
    return Ticks([Tick(number, at_s, at_s) for number, at_s in enumerate(instants)])


class _Nothing:
    """Compositor, output and prefetch of a player that shows nothing."""

    def draw(self, *_: object) -> Any:
        return None

    def present(self, *_: object) -> None:
        pass

    def wanted(self, *_: object) -> list[Any]:
        return []


@dataclass
class Performed:
    """What came of a run of the loop: the events as folded, and each tick's plan and history."""

    folded: list[Event] = field(default_factory=list)
    plans: dict[float, FramePlan] = field(default_factory=dict)
    histories: list[History] = field(default_factory=list)


def perform(
    world: World,
    pace: Ticks,
    *,
    arrivals: Sequence[tuple[float, Event]] = (),
    replayed: Sequence[Event] = (),
    bindings: Sequence[Binding] = (),
    live: bool = True,
    tell: Sequence[Callable[..., None]] = (),
) -> Performed:
    """Run the player's loop; `arrivals` are control events with the show time at which each reaches the inbox."""
    done = Performed()
    figures, inbox, nothing = Figures(), Inbox(), _Nothing()
    waiting = sorted(arrivals, key=lambda arrival: arrival[0])
    ticks = iter(pace.all_ticks)

    def arrive() -> None:
        now_s = next(ticks).now_s
        while waiting and waiting[0][0] <= now_s:
            one = waiting.pop(0)[1]
            inbox.put(one.source, one.address, one.value, one.at_s, one.port)

    player = Player(
        world=world,
        history=history(begun(world)),
        pace=pace,
        inbox=inbox,
        bindings=Bindings(bindings, world.tree, figures),
        frames_for=lambda _plan: {},
        want=lambda _wanted: None,
        prefetch=nothing,
        compositor=nothing,
        output=nothing,
        figures=figures,
        replay=Replay(replayed, world.tree, figures) if replayed else None,
        coalesces=live,
        before_tick=(arrive,),
    )

    def keep(_tick: Tick, plan: FramePlan, _state: State) -> None:
        done.plans[plan.at_s] = plan
        done.histories.append(player.history)

    player.after_events.append(lambda _tick, _handled, folded: done.folded.extend(folded))
    player.after_events.extend(tell)
    player.after_tick.append(keep)
    player.run()
    return done


def written(world: World, events: Iterable[Event]) -> Take:
    """The events, as folded one after another, written as a take of `world` and read again."""
    header = TakeHeader("show.yaml", HEADER.fingerprints, 0, "", 0.0, 30.0, tree=tree_of(world))
    newest_s, lines = 0.0, []
    for one in events:
        lines.append(event_line(one, newest_s - one.at_s))
        newest_s = max(newest_s, one.at_s)
    return read_text(header_line(header) + "".join(lines) + end_line(newest_s, len(lines), 0))
