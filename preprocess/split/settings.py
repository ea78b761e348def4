"""How footage is cut: the section `split` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part


class SplitSettings(Part):
    """How footage is cut into fragments."""

    detector: Literal["content", "adaptive", "both", "transnet"] = Field("both", description="What finds the shots.")
    shortest_s: float = Field(2, gt=0, le=3600, description="No fragment is shorter, where its source is long enough.")
    longest_s: float = Field(12, gt=0, le=3600, description="Longer scenes are divided where little moves.")
    handles_s: float = Field(0, ge=0, le=10, description="Frames kept beyond both ends, for transitions.")
