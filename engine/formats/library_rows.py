"""What the catalogue's rows say, as values: sources with their verdicts, clips with their looks."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeAlias

from engine.formats.library_schema import CLIPS, THUMBNAILS
from engine.model.clips import Clip, Codec

Verdict: TypeAlias = Literal["pending", "sound", "damaged", "flagged", "quarantined"]


@dataclass(frozen=True, slots=True)
class Traits:
    """What the eye would say of a clip, measured: each 0..1 but the flags, which keep it out of shows."""

    brightness: float
    contrast: float
    colour: float  # how saturated
    warmth: float  # share of red and yellow against blue
    skin: float  # share of the picture in the tones of skin
    detail: float  # edges
    motion: float  # change from frame to frame
    black: bool = False
    static: bool = False


_MEASURES = tuple(trait.name for trait in fields(Traits) if trait.name not in ("black", "static"))


@dataclass(frozen=True, slots=True)
class Damage:
    """A span of a source, in its own seconds, that did not decode."""

    from_s: float
    to_s: float
    what: str


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A source's row. `path` is absolute; `base` begins its clips' slugs; `settings` hashes how they were made."""

    path: Path
    title: str
    base: str
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    settings: str = ""
    verdict: Verdict = "pending"
    reason: str = ""
    mend: str = ""
    notes: tuple[str, ...] = ()
    damage: tuple[Damage, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip's row: the clip as the player sees it, where in its source it comes from, and what it looks like."""

    clip: Clip
    source: Path
    source_in_s: float
    source_out_s: float
    byte_count: int
    sha256: str
    traits: Traits


def source_from_row(row: sqlite3.Row, damage: Sequence[Damage]) -> StoredSource:
    """A source from its row of `sources`, which has all columns, and its spans."""
    return StoredSource(
        path=Path(os.fsdecode(row["path"])),
        title=row["title"],
        base=row["base"],
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        sha256=row["sha256"],
        settings=row["settings"],
        verdict=row["verdict"],
        reason=row["reason"],
        mend=row["mend"],
        notes=tuple(json.loads(row["notes"])),
        damage=tuple(damage),
    )


def clip_from_row(folder: Path, row: sqlite3.Row) -> StoredClip:
    """A clip, without its frame table, from its row of `clips` with the `path` of its source."""
    clip = Clip(
        slug=row["slug"],
        file=folder / row["file"],
        codec=Codec(row["codec"]),
        width=row["width"],
        height=row["height"],
        rate=Fraction(row["rate_num"], row["rate_den"]),
        frame_count=row["frame_count"],
        title=row["title"],
    )
    flags = {"black": bool(row["black"]), "static": bool(row["static"])}
    traits = Traits(**{name: row[name] for name in _MEASURES}, **flags)
    source_path = Path(os.fsdecode(row["path"]))
    return StoredClip(clip, source_path, row["source_in_s"], row["source_out_s"], row["bytes"], row["sha256"], traits)


def clip_row(stored: StoredClip) -> dict[str, Any]:
    """A clip's row of `clips`, without `id` and `source_id`; its files are named after its slug."""
    clip = stored.clip
    return {
        "slug": clip.slug,
        "title": clip.title,
        "file": f"{CLIPS}/{clip.slug}.mov",
        "thumbnail": f"{THUMBNAILS}/{clip.slug}.jpg",
        "codec": clip.codec.value,
        "width": clip.width,
        "height": clip.height,
        "rate_num": clip.rate.numerator,
        "rate_den": clip.rate.denominator,
        "frame_count": clip.frame_count,
        "duration_s": clip.duration_s,
        "source_in_s": stored.source_in_s,
        "source_out_s": stored.source_out_s,
        "bytes": stored.byte_count,
        "sha256": stored.sha256,
        **asdict(stored.traits),
    }
