"""How captions are made: the section `caption` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part


class CaptionSettings(Part):
    """How captions are made."""

    by: Literal["composed", "blip2"] = Field("composed", description="From the analysis, or by BLIP-2 ([ai]).")
