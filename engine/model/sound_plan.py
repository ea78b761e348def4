"""The sound plan: what must be heard at one instant, complete, with nothing left to decide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MusicPlan:
    """The music: which of the world's tracks, and `track_s`, the second of track time that sounds.

    `gain` is linear. `fade_s` is how long it takes over from music before it; 0 follows on without a gap.
    """

    track_index: int
    track_s: float
    gain: float
    fade_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ClipSoundPlan:
    """A clip's own sound: `clip_s` is the second of the clip that sounds, `speed` how fast it goes on (> 0).

    `gain` is linear, > 0. `layer` tells apart layers that play one clip.
    """

    layer: str
    clip: str
    clip_s: float
    speed: float
    gain: float


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """An effect of the chain; `values` are its settings in the order of `sound_effects.SETTINGS[kind]`."""

    name: str
    kind: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """All that sounds at `at_s` (show seconds): music and clips, through the chain in its order, times `master`.

    `chain_fade_s` is how long this chain takes over from another one. No music where there is none, or it stands.
    """

    at_s: float
    music: MusicPlan | None
    clips: tuple[ClipSoundPlan, ...]
    chain: tuple[EffectPlan, ...]
    chain_fade_s: float
    master: float
