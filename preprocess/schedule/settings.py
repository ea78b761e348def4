"""How a movement is put in order: `schedule` of a movement in a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part

Strategy = Literal["arc", "colours", "walk", "contrast", "random", "chronological"]


class ScheduleSettings(Part):
    """How the clips of a movement follow one another."""

    strategy: Strategy = Field("arc", description="What decides which clip comes next.")
    duration_s: float = Field(12, gt=0, le=86_400, description="About how long it is; it ends on the music.")
    cut_every_s: float = Field(2, gt=0, le=3600, description="About how far apart cuts are; they fall on the music.")
    no_repeat_within: int = Field(8, ge=0, le=1000, description="A clip comes again after this many others at least.")
