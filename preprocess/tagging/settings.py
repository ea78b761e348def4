"""How tags are normalised and resolved: the section `tagging` of a style."""

from __future__ import annotations

from pydantic import Field

from engine.model.part import Part


class TaggingSettings(Part):
    """How tags are normalised and resolved."""

    vocabulary: str = Field("vocabulary.yaml", description="The vocabulary, relative to the library.")
