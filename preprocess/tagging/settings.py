"""How tags are normalised and resolved: the section `tagging` of a style."""

from __future__ import annotations

from pydantic import Field

from engine.model.part import Part, Unit


class Trust(Part):
    """How far an origin's tags are believed; a person's always are."""

    analysis: Unit = Field(0.95, description="What was measured.")
    caption: Unit = Field(0.7, description="What a caption says.")
    description: Unit = Field(0.8, description="What a description says.")
    others: Unit = Field(0.5, description="Any other origin.")


class TaggingSettings(Part):
    """How tags are normalised and resolved."""

    vocabulary: str = Field("vocabulary.yaml", description="The vocabulary, relative to the library.")
    trust: Trust = Field(default_factory=Trust, description="How far each origin's tags are believed.")
    least_confidence: Unit = Field(0.15, description="A tag that is believed less is dropped.")
