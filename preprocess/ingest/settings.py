"""How sources are made into footage: the section `ingest` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part


class IngestSettings(Part):
    """How sources are normalised."""

    mezzanine: bool = Field(True, description="Whether sources are converted to ProRes, or read directly where sound.")
    profile: Literal["422", "hq", "4444"] = Field("422", description="ProRes profile of the mezzanine.")
    max_height: int | None = Field(None, ge=16, le=16_384, description="Larger pictures are scaled down to this.")
    loudness_lufs: float = Field(-23, ge=-50, le=-5, description="Loudness of the mezzanine, as EBU R128 measures it.")
    true_peak_db: float = Field(-1, ge=-20, le=0, description="No true peak above this.")
