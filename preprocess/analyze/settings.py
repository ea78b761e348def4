"""What is measured of fragments, and how closely: the section `analyze` of a style."""

from __future__ import annotations

from pydantic import Field

from engine.model.part import Part


class AnalyzeSettings(Part):
    """How fragments are measured."""

    faces: bool = Field(True, description="Look for faces; who shows a face counts as a person.")
    bodies: bool = Field(True, description="With faces, look for people who show none, too, where the camera stands.")
    near_duplicate_bits: int = Field(6, ge=0, le=32, description="Bits of 64 in which near duplicates may differ.")
