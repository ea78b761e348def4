"""Catalogues of described clips for tests: a row of every table that words, tags and measures come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.formats.library_rows import StoredSource
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import store_analysis, store_footage
from preprocess.catalogue.tags import put_given_tags
from preprocess.catalogue.texts import put_text
from preprocess.catalogue.values import Analysis, Colour, Footage, Text

RATE = Fraction(25)


@dataclass(frozen=True)
class Described:
    """A clip and what is to be said of it. `given` are tags by origin."""

    slug: str
    caption: str = ""
    description: str = ""
    given: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tags: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, Any] | None = field(default_factory=dict)  # None: not analysed
    seconds: float = 2.0


def analysis(slug: str, **measures: Any) -> Analysis:
    """An analysis of something middling, but for these measures."""
    plain: dict[str, Any] = {}
    for one in fields(Analysis):
        plain[one.name] = {"int": 0, "bool": False, "str": ""}.get(str(one.type), 0.5)
    plain |= {"slug": slug, "colours": (), "onsets_s": (), "hashes": (0, 0, 0), "loudness_lufs": None}
    return Analysis(**{**plain, "motion_x": 0.0, "motion_y": 0.0, "zoom": 0.0, **measures})


def colours(**shares: float) -> tuple[Colour, ...]:
    return tuple(Colour(name, "#808080", share) for name, share in shares.items())


def describe(catalogue: Catalogue, clips: Sequence[Described], base: str = "tape") -> None:
    """Enter one source whose footage the clips lie in, one after another, with all that is said of them."""
    catalogue.library.enter_sources([StoredSource(catalogue.folder / f"{base}.mov", base, base)])
    lengths = [int(clip.seconds * RATE) for clip in clips]
    footage = Footage(base, Path("/x"), None, 0, 64, 48, RATE, sum(lengths), False, False, False, None, None, ())
    store_footage(catalogue, footage)
    with catalogue.transaction() as connection:
        begin = 0
        for clip, length in zip(clips, lengths, strict=True):
            connection.execute(
                "INSERT INTO fragments (slug, base, scene_index, begin, end) VALUES (?, ?, 0, ?, ?)",
                (clip.slug, base, begin, begin + length),
            )
            begin += length
            _say(catalogue, clip)


def _say(catalogue: Catalogue, clip: Described) -> None:
    if clip.caption:
        put_text(catalogue, Text(clip.slug, "caption", clip.caption, "composed"))
    if clip.description:
        put_text(catalogue, Text(clip.slug, "description", clip.description, "rules"))
    for origin, tags in clip.given.items():
        put_given_tags(catalogue, clip.slug, origin, tags)
    catalogue.connection.executemany(
        "INSERT INTO tags VALUES (?, ?, ?)", [(clip.slug, tag, confidence) for tag, confidence in clip.tags.items()]
    )
    if clip.measures is not None:
        store_analysis(catalogue, analysis(clip.slug, **clip.measures))
