"""What a movement wants of its clips, `wishes` in a style, and how clips are shared out: its section `assign`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part, Seconds


class Wishes(Part):
    """What a movement wants of its clips, beside what its description says. Weights: negative for little of it."""

    tags: dict[str, float] = Field(
        default_factory=dict, description="Weight of a tag that a clip has; of several the best counts."
    )
    colours: dict[str, float] = Field(default_factory=dict, description="Weight of a colour, by its name.")
    measures: dict[str, float] = Field(
        default_factory=dict, description="Weight of a measure: motion, detail, straight_lines, duration_s, energy…"
    )
    people: Literal["any", "none", "some"] = Field("any", description="Whether people may or must be seen.")
    shortest_s: Seconds = Field(0, description="No clip that is shorter.")
    longest_s: Seconds | None = Field(None, description="No clip that is longer.")
    likeness: float = Field(1, ge=0, le=10, description="Weight of likeness to the description.")
    share: float = Field(1, gt=0, le=100, description="How many clips it gets beside the others: 2 for twice as many.")


class AssignSettings(Part):
    """How clips are shared out among the movements."""

    most_of_one_source: float = Field(
        1 / 3, gt=0, le=1, description="Share of a movement that may come from one source, as long as others have more."
    )
    spare: float = Field(
        0.6, ge=0, le=1, description="How much more or less than its share a movement may get, as clips suit it or not."
    )
    fewest: int = Field(2, ge=1, le=1000, description="A movement with fewer clips than this shares those of others.")
