"""How captions are made: the section `caption` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part


class CaptionSettings(Part):
    """How captions are made."""

    by: Literal["composed", "blip2"] = Field("composed", description="From the analysis, or by BLIP-2 ([ai]).")
    parts: int = Field(5, ge=2, le=10, description="Composed: so many things that stand out are named at most.")
    model: str = Field(
        "Salesforce/blip2-opt-2.7b",
        min_length=1,
        max_length=400,
        description="BLIP-2: a folder with its weights, or a name in your own hub cache.",
    )
    allow_hub: bool = Field(False, description="BLIP-2: whether weights may be downloaded from the hub.")
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|mps|cuda(:\d{1,2})?)$",
        description="BLIP-2: auto (a graphics card where there is one), cpu, cuda, cuda:1 or mps.",
    )
    batch: int = Field(8, ge=1, le=256, description="BLIP-2: clips at a time.")
    frames: int = Field(1, ge=1, le=9, description="BLIP-2: frames looked at of each clip; the surest caption stays.")
    prompt: str = Field("", max_length=400, description="BLIP-2: words that the caption goes on from.")
    beams: int = Field(5, ge=1, le=20, description="BLIP-2: beams of the search for words.")
    most_tokens: int = Field(40, ge=5, le=200, description="BLIP-2: tokens of a caption, at most.")
    other_prompts: tuple[str, ...] = Field(
        ("a photo of", "this film shows", "Question: what can be seen here? Answer:"),
        max_length=20,
        description="BLIP-2: prompts for captions that have to be made again, one after the other.",
    )
