"""How meaning becomes vectors: the section `embed` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part


class EmbedSettings(Part):
    """How texts become vectors."""

    by: Literal["tfidf", "minilm"] = Field("tfidf", description="TF-IDF, or all-MiniLM-L6-v2 ([ai]).")
    folder: str = Field(
        "",
        max_length=4096,
        description="A folder with a sentence-transformers model, for minilm; else its wheel or the user's hub cache.",
    )
    device: str = Field("cpu", pattern=r"^[a-z][a-z0-9:]*$", max_length=32, description="Where minilm runs: cpu, cuda…")
