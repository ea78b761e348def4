"""Cues, and actions that wait for the music: what `quantise:`, `cues:` and `cueing:` of a show may say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Name, Part, Path, Seconds

# What an action may wait for besides the detectors that the show names.
MOMENTS = ("onset", "beat", "bar", "movement_end")


class Quantise(Part):
    """What an action waits for before it fires."""

    to: Name = Field(description="onset, beat, bar, movement_end, or the name of one of the show's detectors.")
    every: int = Field(1, ge=1, le=64, description="Every n-th beat or bar, counted from the music's first; 4 bars.")
    at_most_s: float | None = Field(None, gt=0, le=3600, description="Wait no longer than this; for ever if left out.")
    then: Literal["fire", "drop"] = Field("fire", description="What becomes of it when it has waited long enough.")


class Fired(Part):
    """One thing that a cue plays."""

    path: Path = Field(description="The parameter or action.")
    value: float = Field(1, description="Its value; 1 fires an action.")


class Cue(Part):
    """A cue: GO plays the one that stands by, and the next one stands by then."""

    name: Name = Field(description="Its name; /cue/NAME fires it out of turn.")
    fires: tuple[Fired, ...] = Field((), max_length=256, description="What it plays, in this order.")
    pre_wait_s: Seconds = Field(0, description="From GO to the cue's own beginning.")
    post_wait_s: Seconds = Field(0, description="From the cue's beginning (follow: its end) to the next cue's GO.")
    duration_s: Seconds = Field(0, description="How long it lasts, for the one that follows.")
    next: Literal["stop", "auto_continue", "follow"] = Field(
        "stop",
        description="The next cue: waits for GO; goes post_wait_s after this one began; or after this one ended.",
    )
    quantise: Quantise | None = Field(None, description="What it waits for once its pre-wait is over.")
    note: str = Field("", max_length=500, description="For the one who presses GO.")


class Cueing(Part):
    """How the hands' largest actions behave."""

    go_debounce_s: float = Field(0.1, ge=0, le=5, description="A second GO within this time is a slip, and ignored.")
    panic_fade_s: float = Field(2, ge=0, le=60, description="How long the first /panic takes to black and silence.")
    locked: bool = Field(
        False, description="Begin in show mode: /quit and learn do nothing, and what is saved waits, until /lock is 0."
    )
