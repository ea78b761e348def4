"""What a movement wants of its clips: `wishes` in a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part, Seconds


class Wishes(Part):
    """What a movement wants of its clips, beside what its description says. Weights: negative for little of it."""

    tags: dict[str, float] = Field(default_factory=dict, description="Weight of a tag that a clip has.")
    colours: dict[str, float] = Field(default_factory=dict, description="Weight of a colour, by its name.")
    measures: dict[str, float] = Field(default_factory=dict, description="Weight of a measure: motion, detail…")
    people: Literal["any", "none", "some"] = Field("any", description="Whether people may or must be seen.")
    shortest_s: Seconds = Field(0, description="No clip that is shorter.")
    longest_s: Seconds | None = Field(None, description="No clip that is longer.")
    likeness: float = Field(1, ge=0, le=10, description="Weight of likeness to the description.")
