"""What shaders hear at an instant: the track that plays, as it was looked at ahead. Pure."""

from __future__ import annotations

from engine.core.state import State
from engine.core.tracks import track_of
from engine.model.plan import SoundPicture
from engine.model.world import World


def sound_picture(world: World, state: State, at_s: float) -> SoundPicture | None:
    """The sound at show time `at_s`; None for silence, and where no shader of the show listens."""
    track = track_of(world, state)
    if track is None or track.pictures is None or state.track.rate <= 0:
        return None
    track_s = state.track.at(at_s)
    return track.pictures.at(track.own_s(track_s)) if track.sounds_at(track_s) else None
