"""What clips are encoded to: the section `encode` of a style."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from engine.model.part import Part

CodecChoice: TypeAlias = Literal["auto", "mjpeg", "hap", "hapq"]


class EncodeSettings(Part):
    """What clips are encoded to."""

    codec: CodecChoice = Field(
        "auto",
        description="auto: MJPEG, but HAP for what is transparent, 4K, or plays in more layers than MJPEG decodes for.",
    )
    max_height: int | None = Field(None, ge=16, le=16_384, description="Larger pictures are scaled down to this.")
    proxies: bool = Field(
        False, description="Whether each clip gets a quarter-size one, proxies/SLUG.mov, for other programs."
    )
