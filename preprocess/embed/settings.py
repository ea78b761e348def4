"""How meaning becomes vectors: the section `embed` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part


class EmbedSettings(Part):
    """How texts become vectors."""

    by: Literal["tfidf", "minilm"] = Field("tfidf", description="TF-IDF, or all-MiniLM-L6-v2 ([ai]).")
