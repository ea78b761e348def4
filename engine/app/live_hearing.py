"""Shaders that hear an audio input: the newest of it put into the plan, which is worked out from the track alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.audio.live_analysis import listens
from engine.model.plan import FramePlan, SoundPicture
from engine.model.world import World


def shaders_hear_input(world: World) -> bool:
    """Whether the show's shaders hear its audio input, and not its tracks: where its onsets do, or it has no track."""
    show = world.loaded.show
    if not world.loaded.has_listening_shaders:
        return False
    return show.onsets.source == "input" or (listens(show) and not any(world.tracks))


class LiveHearing:
    """Puts what `newest` hears into plans. While it hears nothing the track is heard; a frozen picture keeps its sound.
    Main thread."""

    def __init__(self, newest: Callable[[], SoundPicture | None]) -> None:
        self._newest = newest
        self._heard: SoundPicture | None = None

    def __call__(self, plan: FramePlan) -> FramePlan:
        if plan.frozen_at_s is None:
            self._heard = self._newest()
        return plan if self._heard is None else replace(plan, sound=self._heard)
