"""What clips are encoded to: the section `encode` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part


class EncodeSettings(Part):
    """What clips are encoded to."""

    codec: Literal["auto", "mjpeg", "hap", "hapq"] = Field("auto", description="auto: by what the clip and show need.")
    max_height: int | None = Field(None, ge=16, le=16_384, description="Larger pictures are scaled down to this.")
