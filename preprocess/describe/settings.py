"""How captions become descriptions and tags: the section `describe` of a style."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.model.part import Part


class DescribeSettings(Part):
    """How descriptions and tags are made."""

    by: Literal["rules", "language_model"] = Field("rules", description="From rules, or by a language model.")
