"""What the player's catalogue says of a clip's looks, out of what was measured."""

from __future__ import annotations

from engine.formats.library_rows import Traits
from preprocess.catalogue.values import Analysis


def traits_of(analysis: Analysis) -> Traits:
    """The traits that go with a clip of this analysis."""
    return Traits(
        brightness=analysis.brightness,
        contrast=analysis.contrast,
        colour=analysis.saturation,
        warmth=analysis.warmth,
        skin=analysis.skin,
        detail=analysis.detail,
        motion=analysis.motion,
        black=analysis.black,
        static=analysis.static,
    )
