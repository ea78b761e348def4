"""Everything that stays as it is while a show runs: the show, resolved against its library and its music."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from engine.model.clips import Clip
from engine.model.controls import Binding, MidiControl, Modifier
from engine.model.looks import Chain, Group, Modulation, Transition
from engine.model.plan import SoundPicture
from engine.model.schedule import Schedule
from engine.model.shader_paths import ShaderPaths
from engine.model.shaders import Shader
from engine.model.show import Layer, Show
from engine.model.tree import ParameterTree

# When a file was written last (ns) and its size in bytes; None where it was not there.
FileStamp: TypeAlias = tuple[int, int] | None


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


@dataclass(frozen=True, slots=True, eq=False)
class SoundPictures:
    """What shaders see of a track, `rate_hz` times a second from its beginning: `samples` uint8 (n, 256), the newest
    ones of the mean of its channels, 128 is silence; `spectra` uint8 (n, 128), from 0 Hz to half the track's rate."""

    rate_hz: float
    samples: npt.NDArray[np.uint8]
    spectra: npt.NDArray[np.uint8]

    def at(self, track_s: float) -> SoundPicture | None:
        """The picture at a second of the track; None outside of it."""
        index = math.floor(track_s * self.rate_hz + 1e-9)
        if not 0 <= index < len(self.samples):
            return None
        return SoundPicture(self.samples[index : index + 1], self.spectra[index : index + 1])


@dataclass(frozen=True, slots=True)
class Rounds:
    """Instants of a track, counted on through all its loops.

    `plain` are those of the first time through, ascending, in seconds; from `turn_s` on, those from `from_index` come
    round again every `length_s`. Without a loop `length_s` is 0.
    """

    plain: tuple[float, ...]
    turn_s: float = math.inf
    length_s: float = 0.0
    from_index: int = 0

    @property
    def _a_round(self) -> int:
        return len(self.plain) - self.from_index if self.length_s > 0 else 0

    def find(self, number: int) -> tuple[int, float] | None:
        """Index into `plain` of instant `number` ≥ 0, and its track time in seconds; None past the last."""
        if number < len(self.plain):
            return number, self.plain[number]
        if not self._a_round:
            return None
        round_index, place = divmod(number - len(self.plain), self._a_round)
        index = self.from_index + place
        return index, self.plain[index] + (round_index + 1) * self.length_s

    def number_from(self, track_s: float) -> int:
        """The number of the first instant at or after `track_s` of track time; one past the last where none is left."""
        if track_s < self.turn_s or not self._a_round:
            return bisect_left(self.plain, track_s)
        rounds = int((track_s - self.turn_s) // self.length_s)
        own_s = track_s - (rounds + 1) * self.length_s
        before = bisect_left(self.plain, own_s) - self.from_index
        return len(self.plain) + rounds * self._a_round + before


@dataclass(frozen=True)
class PlacedTrack:
    """A track that was listened to. Its own time runs from 0 to `turn_s`, and from there, where it loops, again
    from `loop_from_s`; "track time" counts on through all loops.

    `onsets` are those of all detectors, in order, within [0, duration_s); empty where they come live or not at all.
    `beats` are the seconds of its beats, the first one a bar's, ascending. `envelopes` are the levels that mappings
    and modulations take from it, by (level, attack_s, release_s); with 0 and 0 the level as measured. `pictures` are
    for shaders that listen; None where the show has none.
    """

    file: Path
    duration_s: float
    onsets: tuple[Onset, ...] = ()
    beats: tuple[float, ...] = ()
    envelopes: Mapping[tuple[str, float, float], Envelope] = field(default_factory=dict)
    pictures: SoundPictures | None = None
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
        """The track time of onset `number` ≥ 0, counted through all loops, and the onset; None past the last."""
        found = self._onset_rounds.find(number)
        return None if found is None else (found[1], self.onsets[found[0]])

    def onset_number_from(self, track_s: float) -> int:
        """The number of the first onset at or after `track_s` of track time."""
        return self._onset_rounds.number_from(track_s)

    def beat_s(self, number: int) -> float | None:
        """The track time of beat `number` ≥ 0, counted through all loops; None past the last."""
        found = self._beat_rounds.find(number)
        return None if found is None else found[1]

    def beat_number_from(self, track_s: float) -> int:
        """The number of the first beat at or after `track_s` of track time."""
        return self._beat_rounds.number_from(track_s)

    @cached_property
    def _onset_rounds(self) -> Rounds:
        return self._rounds(tuple(onset.at_s for onset in self.onsets))

    @cached_property
    def _beat_rounds(self) -> Rounds:
        return self._rounds(self.beats)

    def _rounds(self, instants: tuple[float, ...]) -> Rounds:
        if not self.loops:
            return Rounds(instants)
        plain = instants[: bisect_left(instants, self.turn_s)]
        length_s = self.turn_s - self.loop_from_s
        return Rounds(plain, self.turn_s, length_s, bisect_left(plain, self.loop_from_s))


@dataclass(frozen=True, slots=True)
class PlacedMovement:
    """A movement with its schedule read, its duration settled and its layers' settings merged.

    `layers` holds the movement's own settings for each layer that it shows, bottom to top;
    `stated` holds the beginnings of the paths that the movement itself states, which take over on entry.
    `own_track` is the index in `World.tracks` of music of its own; None goes on with the show's. Its look is worked
    in: `groups`, `effects` and `transition` (how it comes in) are what counts while it runs. Without a `transition` it
    comes in as the movement before says under `exit`; where that is None too, by a cross-fade.
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
    groups: tuple[Group, ...] = ()
    effects: Chain = ()
    modulations: tuple[Modulation, ...] = ()  # the show's and its own
    transition: Transition | None = None
    exit: Transition | None = None


@dataclass(frozen=True, slots=True)
class LoadedShow:
    """A show that was read, resolved and found whole.

    `clips` has every clip of the library and every layer's own source, by slug; `library` those of the library alone.
    `layer_clips` gives, for (movement name, layer name), the slugs that the layer chooses among where no schedule says
    otherwise.
    `track_files` holds the show's own track first (None without one), then each movement's own, as
    `PlacedMovement.own_track` counts them. `bindings` are the show's with controllers' controls looked up: each has
    midi, osc or key. `nearest` gives the slugs most similar to a clip's, the nearest first, where the library knows.
    `modifiers` are the show's, looked up likewise: each has midi or key. `controls` has every control of the show's
    controllers, by its name as bindings write it ("nanokontrol2/fader1"). `leds` gives, by control address, the values
    that light a control's lamp and put it out; `led_addresses` where that lamp listens, if not at the control's own.
    `files` are those that it was read from, but for its library, sources and music, as they stood just before.
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
    shaders: Mapping[str, Shader] = field(default_factory=dict)  # by the name that the show calls them
    barred: frozenset[str] = frozenset()  # those of them that must not be drawn: they failed their trial
    shader_paths: ShaderPaths = field(default_factory=lambda: ShaderPaths((), (), {}))
    leds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    led_addresses: Mapping[str, str] = field(default_factory=dict)
    library: Mapping[str, Clip] = field(default_factory=dict)
    files: Mapping[Path, FileStamp] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """The length of a render: the movements' durations summed."""
        return sum(movement.duration_s for movement in self.movements)

    @property
    def has_listening_shaders(self) -> bool:
        """Whether any of its shaders hears sound."""
        return any(shader.listens for shader in self.shaders.values())


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A loaded show, its parameter tree, and what was worked out ahead from its music. Equal to itself alone.

    `tracks` are in the order of `LoadedShow.track_files`: the show's own first (None without one).
    """

    loaded: LoadedShow
    tree: ParameterTree
    tracks: tuple[PlacedTrack | None, ...] = (None,)
