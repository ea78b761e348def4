"""Worlds made in memory, for tests of the core: no files, no library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.model.clips import Clip, Codec
from engine.model.schedule import Schedule, ScheduleRow
from engine.model.show import Layer, Movement, Show
from engine.model.tree import ParameterTree
from engine.model.world import Envelope, LoadedShow, Onset, PlacedMovement, PlacedTrack, World


def clip(slug: str, *, frames: int = 100, rate: Fraction | int = 25) -> Clip:
    return Clip(slug, Path(f"{slug}.mov"), Codec.MJPEG, 320, 180, Fraction(rate), frames)


def show_of(**layer: Any) -> Show:
    """The smallest show with this layer."""
    return Show(layers=(Layer(**layer),), movements=(Movement(name="one", duration_s=10),))


def rows(layer: str, *entries: tuple[str | None, float], transition_s: float = 0.0) -> list[ScheduleRow]:
    """Rows of one layer, one after another: (clip, duration in seconds)."""
    made: list[ScheduleRow] = []
    start_s = 0.0
    for order, (slug, duration_s) in enumerate(entries):
        made.append(ScheduleRow(order, layer, slug, start_s, duration_s, transition_s=transition_s if order else 0.0))
        start_s += duration_s
    return made


def world(
    *,
    clips: Iterable[Clip],
    layers: Sequence[Mapping[str, Any]] = ({"name": "base"},),
    movements: Sequence[tuple[str, float, Sequence[ScheduleRow]]] = (("one", 10.0, ()),),
    onsets: Sequence[float | Onset] = (),
    track_s: float = 0.0,
    beats: Sequence[float] = (),
    envelopes: Mapping[tuple[str, float, float], Envelope] | None = None,
    nearest: Mapping[str, tuple[str, ...]] | None = None,
    transition_s: float = 0.0,
    layer_clips: Mapping[str, tuple[str, ...]] | None = None,
    stated: Mapping[str, frozenset[str]] | None = None,
    **show: Any,
) -> World:
    """A world of these movements (name, duration in seconds, rows), every layer in each of them."""
    by_slug = {made.slug: made for made in clips}
    track = {"file": "track.flac", "at_end": show.pop("track_at_end", "stop")} if track_s else None
    written = Show(
        layers=tuple(Layer(**layer) for layer in layers),
        movements=tuple(Movement(name=name, duration_s=duration_s) for name, duration_s, _ in movements),
        track=track,
        **show,
    )
    placed = tuple(
        PlacedMovement(
            name=name,
            index=index,
            duration_s=duration_s,
            transition_s=transition_s,
            track_follows=False,
            schedule=Schedule(tuple(schedule)),
            layers=written.layers,
            stated=(stated or {}).get(name, frozenset()),
        )
        for index, (name, duration_s, schedule) in enumerate(movements)
    )
    slugs = tuple(sorted(by_slug))
    chosen = {
        (movement.name, layer.name): (layer_clips or {}).get(layer.name, slugs)
        for movement in placed
        for layer in written.layers
    }
    file = Path("track.flac")
    loaded = LoadedShow(
        written,
        Path("show.yaml"),
        by_slug,
        placed,
        chosen,
        (file if track else None,),
        written.bindings,
        nearest=nearest or {},
    )
    tree = ParameterTree(written, by_slug)
    if written.track is None:
        return World(loaded, tree)
    heard = PlacedTrack(
        file,
        track_s,
        tuple(onset if isinstance(onset, Onset) else Onset(onset) for onset in onsets),
        tuple(beats),
        envelopes or {},
        loops=written.track.at_end == "loop",
    )
    return World(loaded, tree, (heard,))
