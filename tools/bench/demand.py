"""What a show asks of a machine: which clips play at once, how many of their frames a second, and how many bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from engine.model.clips import Clip
from engine.model.schedule import ScheduleRow
from engine.model.show import Layer
from engine.model.world import LoadedShow, PlacedMovement

Cost: TypeAlias = Callable[[Clip, float], float]  # a clip and how many of its frames a second → what that costs


@dataclass(frozen=True, slots=True)
class LayerDemand:
    """A layer at one instant: it plays one of `clips`, at `speed`; `blends` mixes two frames at a time."""

    layer: str
    clips: tuple[Clip, ...]
    speed: float
    blends: bool

    def frames_a_s(self, clip: Clip, tick_rate: float) -> float:
        """New frames a second while `clip` plays on: no more than the ticks can show."""
        most = tick_rate * (2 if self.blends else 1)
        return min(float(clip.rate) * abs(self.speed), most)

    def most(self, cost: Cost, tick_rate: float) -> float:
        """What the costliest of its clips costs."""
        return max((cost(clip, self.frames_a_s(clip, tick_rate)) for clip in self.clips), default=0.0)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant from which on the same layers play until the next one. `show_s` is where it lies in the show."""

    movement: str
    position_s: float
    show_s: float
    layers: tuple[LayerDemand, ...]

    def total(self, cost: Cost, tick_rate: float) -> float:
        """The sum over its layers."""
        return sum(layer.most(cost, tick_rate) for layer in self.layers)


def moments(loaded: LoadedShow) -> Iterator[Moment]:
    """Every moment of the show, played as written from its beginning. Layers that show nothing are left out."""
    show_s = 0.0
    before: tuple[LayerDemand, ...] = ()
    for movement in loaded.movements:
        layers: tuple[LayerDemand, ...] = ()
        for position_s in _changes(movement):
            layers = tuple(_playing(loaded, movement, position_s))
            fading = before if position_s == 0 and movement.transition_s > 0 else ()
            yield Moment(movement.name, position_s, show_s + position_s, (*fading, *layers))
        before = layers
        show_s += movement.duration_s


def clips_of(loaded: LoadedShow) -> dict[str, Clip]:
    """Every clip that some moment may play, by slug."""
    return {clip.slug: clip for moment in moments(loaded) for layer in moment.layers for clip in layer.clips}


def _changes(movement: PlacedMovement) -> list[float]:
    """The positions, from 0 on, at which what plays changes; fades that end are among them."""
    found = {0.0}
    for row in movement.schedule.rows:
        found.update((row.start_s, row.start_s + row.transition_s))
    return sorted(position_s for position_s in found if position_s < movement.duration_s)


def _playing(loaded: LoadedShow, movement: PlacedMovement, position_s: float) -> Iterator[LayerDemand]:
    for layer in movement.layers:
        if layer.opacity <= 0:
            continue
        for clips in _candidates(loaded, movement, layer, position_s):
            known = tuple(loaded.clips[slug] for slug in dict.fromkeys(clips) if slug in loaded.clips)
            if known:
                yield LayerDemand(layer.name, known, layer.speed, layer.interpolation != "nearest")


def _candidates(
    loaded: LoadedShow, movement: PlacedMovement, layer: Layer, position_s: float
) -> Iterator[tuple[str, ...]]:
    """The clips of which one plays on the layer; a second time for the one that it fades from."""
    chosen = loaded.layer_clips.get((movement.name, layer.name), ())
    rows = movement.schedule.by_layer.get(layer.name, ())
    if not rows:
        yield chosen
        return
    index = movement.schedule.row_index_at(layer.name, position_s)
    if index is None:
        return
    row = rows[index]
    roams = layer.on_onset.action in ("next_clip", "random_clip")
    yield (*_of_row(row), *(chosen if roams else ()))
    if index and position_s < row.start_s + row.transition_s:
        yield _of_row(rows[index - 1])


def _of_row(row: ScheduleRow) -> tuple[str, ...]:
    return () if row.clip is None else (row.clip,)
