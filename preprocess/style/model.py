"""A style: what an artist says of a library's show before there is one, and how each step is to work.

`runtime-preprocess run --show STYLE.yaml` copies it into the library as `style.yaml`, where every step reads it.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.model.part import Name, Part
from preprocess.analyze.settings import AnalyzeSettings
from preprocess.assign.settings import AssignSettings, Wishes
from preprocess.caption.settings import CaptionSettings
from preprocess.check.settings import CheckSettings
from preprocess.describe.settings import DescribeSettings
from preprocess.embed.settings import EmbedSettings
from preprocess.encode.settings import EncodeSettings
from preprocess.ingest.settings import IngestSettings
from preprocess.schedule.settings import ScheduleSettings
from preprocess.split.settings import SplitSettings
from preprocess.tagging.settings import TaggingSettings


class StyleMovement(Part):
    """A movement, before it has clips."""

    name: Name = Field(description="Its name.")
    description: str = Field("", max_length=2000, description="What it shows, in words: clips like these come to it.")
    wishes: Wishes = Field(default_factory=Wishes, description="What else it wants of its clips.")
    schedule: ScheduleSettings = Field(default_factory=ScheduleSettings, description="How its clips are put in order.")
    show: dict[str, Any] = Field(
        default_factory=dict, description="Keys that its movement in show.yaml gets as they stand: layers, hidden…"
    )


class Style(Part):
    """A whole style."""

    version: Literal[1] = Field(1, description="Version of this format.")
    title: str = Field("", max_length=200, description="The show's title.")
    seed: int = Field(1, ge=0, le=2**63 - 1, description="Every random choice follows from it.")
    movements: tuple[StyleMovement, ...] = Field(min_length=1, max_length=999, description="In their order.")
    show: dict[str, Any] = Field(
        default_factory=dict, description="Keys that show.yaml gets as they stand: canvas, layers, bindings…"
    )
    ingest: IngestSettings = Field(default_factory=IngestSettings, description="Sources to footage.")
    split: SplitSettings = Field(default_factory=SplitSettings, description="Footage to fragments.")
    analyze: AnalyzeSettings = Field(default_factory=AnalyzeSettings, description="Fragments measured.")
    caption: CaptionSettings = Field(default_factory=CaptionSettings, description="Fragments captioned.")
    describe: DescribeSettings = Field(default_factory=DescribeSettings, description="Captions made richer.")
    check: CheckSettings = Field(default_factory=CheckSettings, description="Texts checked.")
    tagging: TaggingSettings = Field(default_factory=TaggingSettings, description="Tags put in order.")
    embed: EmbedSettings = Field(default_factory=EmbedSettings, description="Texts as vectors.")
    assign: AssignSettings = Field(default_factory=AssignSettings, description="Clips shared out among movements.")
    encode: EncodeSettings = Field(default_factory=EncodeSettings, description="Fragments encoded.")
