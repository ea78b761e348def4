"""How a movement is put in order: `schedule` of a movement in a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Name, Part

Strategy = Literal["arc", "colours", "walk", "contrast", "random", "chronological"]
Arc = Literal["arch", "rise", "fall", "music"]


class ScheduledLayer(Part):
    """A layer that gets rows in the schedule."""

    name: Name = Field(description="The layer's name in show.yaml.")
    every: int = Field(1, ge=1, le=1000, description="A row from every n-th cut to the next such one.")
    transition_s: float = Field(0, ge=0, le=60, description="Cross-fade from the row before; 0 cuts.")


class ScheduleSettings(Part):
    """How the clips of a movement follow one another."""

    strategy: Strategy = Field(
        "arc",
        description=(
            "What decides which clip comes next: arc, its energy; colours, a journey through colours; walk, from like "
            "to like; contrast, from unlike to unlike; random; chronological, as it was filmed."
        ),
    )
    arc: Arc = Field("arch", description="How the energy of an arc goes; music: as the track's own.")
    colours: tuple[str, ...] = Field(
        (), max_length=32, description="Stations of a journey through colours, by name or #rrggbb; its own if empty."
    )
    duration_s: float = Field(12, gt=0, le=86_400, description="About how long it is; it ends on the music.")
    cut_every_s: float = Field(2, ge=0.05, le=3600, description="About how far apart cuts are; they fall on the music.")
    cuts: Literal["onsets", "beats", "bars"] = Field(
        "onsets", description="What cuts fall on: strong onsets, those on beats, or those on bars."
    )
    no_repeat_within: int = Field(8, ge=0, le=1000, description="A clip comes again after this many others at least.")
    most_in_a_row: int = Field(2, ge=1, le=1000, description="No more clips of one source follow one another.")
    layers: tuple[ScheduledLayer, ...] = Field(
        (), max_length=16, description="The layers that get rows, the leading one first; base and echo if empty."
    )
