"""What makes a text doubtful: the section `check` of a style."""

from __future__ import annotations

from pydantic import Field

from engine.model.part import Part


class CheckSettings(Part):
    """What makes a text doubtful, and how often it is made again."""

    most_tries: int = Field(3, ge=0, le=20, description="After this many tries a doubtful text goes to a person.")
