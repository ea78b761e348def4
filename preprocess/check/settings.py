"""What makes a text doubtful: the section `check` of a style."""

from __future__ import annotations

from pydantic import Field

from engine.model.part import Part, Unit


class CheckSettings(Part):
    """What makes a text doubtful, and how often it is made again."""

    most_tries: int = Field(3, ge=0, le=20, description="After this many tries a doubtful text goes to a person.")
    fewest_words: int = Field(2, ge=1, le=50, description="A text of fewer words counts as empty.")
    most_same: int = Field(3, ge=1, le=1000, description="So many clips may have the same text; more are doubtful.")
    alike: Unit = Field(0.9, description="Two texts with this share of their words in common are too alike.")
    most_alike: int = Field(6, ge=1, le=1000, description="So many clips may have texts too alike.")
