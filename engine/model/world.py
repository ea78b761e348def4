"""Everything that stays as it is while a show runs: the show, resolved against its library and its music."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.model.clips import Clip
from engine.model.controls import Binding, MidiControl, Modifier
from engine.model.schedule import Schedule
from engine.model.show import Layer, Show
from engine.model.tree import ParameterTree


@dataclass(frozen=True, slots=True)
class Onset:
    """An onset of a track: seconds from its beginning, its strength relative to the strongest (0..1), and the name of
    the detector that found it; "" is the show's main one."""

    at_s: float
    strength: float = 1.0
    detector: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """A level over a track's time: `values` float32 (n,), 0..1, one every 1 / `rate_hz` seconds from its beginning."""

    rate_hz: float
    values: npt.NDArray[np.float32]

    def at(self, track_s: float) -> float:
        """The level at a second of the track, between two values by a straight line; 0 outside of it."""
        place = track_s * self.rate_hz
        index = int(place)
        if place < 0 or index >= len(self.values):
            return 0.0
        before = float(self.values[index])
        after = float(self.values[index + 1]) if index + 1 < len(self.values) else before
        return before + (after - before) * (place - index)


@dataclass(frozen=True)
class PlacedTrack:
    """A track that was listened to. Its own time runs from 0 to `loop_to_s`, and from there, where it loops, again
    from `loop_from_s`; "track time" counts on through all loops.

    `onsets` are those of all detectors, in order, within [0, duration_s); empty where they come live or not at all.
    `beats` are the seconds of its beats, the first one a bar's, ascending. `envelopes` are the levels that mappings
    take from it, by (level, attack_s, release_s); with 0 and 0 the level as measured.
    """

    file: Path
    duration_s: float
    onsets: tuple[Onset, ...] = ()
    beats: tuple[float, ...] = ()
    envelopes: Mapping[tuple[str, float, float], Envelope] = field(default_factory=dict)
    loops: bool = False
    loop_from_s: float = 0.0
    loop_to_s: float | None = None

    @property
    def turn_s(self) -> float:
        """Where a looping track turns back, in its own seconds."""
        return self.duration_s if self.loop_to_s is None else min(self.loop_to_s, self.duration_s)

    def own_s(self, track_s: float) -> float:
        """The track's own second that sounds at `track_s` of track time; past its end where it does not loop."""
        if not self.loops or track_s < self.turn_s:
            return track_s
        return self.loop_from_s + (track_s - self.loop_from_s) % (self.turn_s - self.loop_from_s)

    def sounds_at(self, track_s: float) -> bool:
        return track_s >= 0 and (self.loops or track_s < self.duration_s)

    def onset(self, number: int) -> tuple[float, Onset] | None:
        """Onset `number` ≥ 0 (counted through all loops) and its track time; None past the last."""
        plain, looped = self._onsets_by_loop
        if number < len(plain):
            return plain[number].at_s, plain[number]
        if not self.loops or not looped:
            return None
        loop_number, index = divmod(number - len(plain), len(looped))
        return self._in_loop_s(looped[index].at_s, loop_number), looped[index]

    def onset_number_after(self, track_s: float) -> int:
        """The number of the first onset after `track_s` of track time."""
        plain, looped = self._onsets_by_loop
        found = sum(1 for onset in plain if onset.at_s <= track_s)
        if found < len(plain) or not self.loops or not looped or track_s < self.turn_s:
            return found
        length_s = self.turn_s - self.loop_from_s
        loop_number = int((track_s - self.turn_s) // length_s)
        own_s = self.own_s(track_s)
        return found + loop_number * len(looped) + sum(1 for onset in looped if onset.at_s <= own_s)

    def beats_from(self, number: int) -> Iterator[tuple[int, float]]:
        """The beats from `number` ≥ 0 on, with their track time; endless in a loop. The count goes on through loops."""
        plain = [at_s for at_s in self.beats if not self.loops or at_s < self.turn_s]
        looped = [at_s for at_s in plain if at_s >= self.loop_from_s]
        for beat in count(number):
            if beat < len(plain):
                yield beat, plain[beat]
            elif self.loops and looped:
                loop_number, index = divmod(beat - len(plain), len(looped))
                yield beat, self._in_loop_s(looped[index], loop_number)
            else:
                return

    def _in_loop_s(self, own_s: float, loop_number: int) -> float:
        return self.turn_s + loop_number * (self.turn_s - self.loop_from_s) + own_s - self.loop_from_s

    @cached_property
    def _onsets_by_loop(self) -> tuple[tuple[Onset, ...], tuple[Onset, ...]]:
        plain = tuple(onset for onset in self.onsets if not self.loops or onset.at_s < self.turn_s)
        return plain, tuple(onset for onset in plain if onset.at_s >= self.loop_from_s)


@dataclass(frozen=True, slots=True)
class PlacedMovement:
    """A movement with its schedule read, its duration settled and its layers' settings merged.

    `layers` holds the movement's own settings for each layer that it shows, bottom to top;
    `stated` names the parameters (`layer/field`) that the movement itself states, which take over on entry.
    `own_track` is the index in `World.tracks` of music of its own; None goes on with the show's.
    """

    name: str
    index: int
    duration_s: float
    transition_s: float
    track_follows: bool
    schedule: Schedule
    layers: tuple[Layer, ...]
    stated: frozenset[str]
    own_track: int | None = None


@dataclass(frozen=True, slots=True)
class LoadedShow:
    """A show that was read, resolved and found whole.

    `clips` has every clip of the library and every layer's own source, by slug. `layer_clips` gives, for
    (movement name, layer name), the slugs that the layer chooses among where no schedule says otherwise.
    `track_files` holds the show's own track first (None without one), then each movement's own, as
    `PlacedMovement.own_track` counts them. `bindings` are the show's with controllers' controls looked up: each has
    midi, osc or key. `nearest` gives the slugs most similar to a clip's, the nearest first, where the library knows.
    `modifiers` are the show's, looked up likewise: each has midi or key. `controls` has every control of the show's
    controllers, by its name as bindings write it ("nanokontrol2/fader1"). `leds` gives, by control address, the values
    that light a control's lamp and put it out; `led_addresses` where that lamp listens, if not at its control's address.
    """

    show: Show
    file: Path
    clips: Mapping[str, Clip]
    movements: tuple[PlacedMovement, ...]
    layer_clips: Mapping[tuple[str, str], tuple[str, ...]]
    track_files: tuple[Path | None, ...] = (None,)
    bindings: tuple[Binding, ...] = ()
    nearest: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    modifiers: Mapping[str, Modifier] = field(default_factory=dict)
    controls: Mapping[str, MidiControl] = field(default_factory=dict)
    leds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    led_addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """The length of a render: the movements' durations summed."""
        return sum(movement.duration_s for movement in self.movements)


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A loaded show, its parameter tree, and what was worked out ahead from its music. Equal to itself alone.

    `tracks` are in the order of `LoadedShow.track_files`: the show's own first (None without one).
    """

    loaded: LoadedShow
    tree: ParameterTree
    tracks: tuple[PlacedTrack | None, ...] = (None,)
