"""How footage is cut: the section `split` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part

Detector = Literal["content", "adaptive", "both", "transnet", "none"]


class SplitSettings(Part):
    """How footage is cut into fragments."""

    detector: Detector = Field(
        "both",
        description="What finds the shots: PySceneDetect's content or adaptive detector alone, both together with each"
        " cut confirmed, or the network TransNetV2 ([ai]); none where each source is one shot.",
    )
    shortest_s: float = Field(1, gt=0, le=3600, description="No fragment is shorter, where its source has longer ones.")
    longest_s: float = Field(12, gt=0, le=3600, description="Longer scenes are divided where little moves.")
    handles_s: float = Field(0, ge=0, le=10, description="What clips keep beyond both ends, for transitions.")
