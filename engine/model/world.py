"""Everything that stays as it is while a show runs: the show, resolved against its library and its music."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.model.clips import Clip
from engine.model.schedule import Schedule
from engine.model.show import Layer, Show
from engine.model.tree import ParameterTree


@dataclass(frozen=True, slots=True)
class Onset:
    """An onset of the track: seconds from its beginning, and its strength relative to the strongest (0..1)."""

    at_s: float
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class PlacedMovement:
    """A movement with its schedule read, its duration settled and its layers' settings merged.

    `layers` holds the movement's own settings for each layer that it shows, bottom to top;
    `stated` names the parameters (`layer/field`) that the movement itself states, which take over on entry.
    """

    name: str
    index: int
    duration_s: float
    transition_s: float
    track_follows: bool
    schedule: Schedule
    layers: tuple[Layer, ...]
    stated: frozenset[str]


@dataclass(frozen=True, slots=True)
class LoadedShow:
    """A show that was read, resolved and found whole.

    `clips` has every clip of the library and every layer's own source, by slug. `layer_clips` gives, for
    (movement name, layer name), the slugs that the layer chooses among where no schedule says otherwise.
    """

    show: Show
    file: Path
    clips: Mapping[str, Clip]
    movements: tuple[PlacedMovement, ...]
    layer_clips: Mapping[tuple[str, str], tuple[str, ...]]
    track_file: Path | None = None

    @property
    def duration_s(self) -> float:
        """The length of a render: the movements' durations summed."""
        return sum(movement.duration_s for movement in self.movements)


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A loaded show, its parameter tree, and what was worked out ahead from its music. Equal to itself alone.

    `onsets` are the track's, in order, within [0, track_duration_s); empty where they come live or not at all.
    """

    loaded: LoadedShow
    tree: ParameterTree
    onsets: tuple[Onset, ...] = ()
    track_duration_s: float = 0.0
