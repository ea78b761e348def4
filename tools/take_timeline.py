"""What a take holds along time: which movement, which clips, which onsets, worked out by the show's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.planner import plan
from engine.core.step import advanced, begun, folded
from engine.formats.take import Take
from engine.model.plan import FramePlan
from engine.model.world import World


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasts from one show second to another: a movement, or a clip on its layer."""

    from_s: float
    to_s: float
    name: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The show under a take: its movements, each layer's clips (bottom to top), and the track's onsets."""

    movements: tuple[Span, ...] = ()
    layers: tuple[tuple[str, tuple[Span, ...]], ...] = ()
    onsets_s: tuple[float, ...] = ()


def timeline(world: World, take: Take, instants: Sequence[float]) -> Timeline:
    """The timeline of a take that is fitted to `world`, looked at in these show seconds (ascending, two or more).

    Spans and onsets begin at the first instant that shows them.
    """
    movements: list[Span] = []
    layers: dict[str, list[Span]] = {layer.name: [] for layer in world.loaded.show.layers}
    onsets_s: list[float] = []
    state, events = begun(world), list(take.events)
    step_s = instants[1] - instants[0]
    for number, at_s in enumerate(instants):
        due = [event for event in events if event.at_s <= at_s]
        del events[: len(due)]
        before = state.onset_number, state.track
        state = advanced(world, folded(world, state, due), at_s)
        if number and state.track == before[1] and state.onset_number > before[0]:
            onsets_s.append(at_s)
        shown = plan(world, state, at_s)
        _lengthen(movements, _movement(shown), at_s, step_s)
        clips = {layer.layer: layer.incoming.ref.clip for layer in shown.movements[-1].layers if layer.incoming}
        for name, spans in layers.items():
            _lengthen(spans, clips.get(name), at_s, step_s)
    return Timeline(tuple(movements), tuple((name, tuple(spans)) for name, spans in layers.items()), tuple(onsets_s))


def _movement(shown: FramePlan) -> str:
    return shown.movements[-1].movement


def _lengthen(spans: list[Span], name: str | None, at_s: float, step_s: float) -> None:
    """The last span goes on to the next instant, or another one begins; nothing where there is nothing."""
    if name is None:
        return
    if spans and spans[-1].name == name and spans[-1].to_s >= at_s - step_s / 2:
        spans[-1] = Span(spans[-1].from_s, at_s + step_s, name)
    else:
        spans.append(Span(at_s, at_s + step_s, name))
