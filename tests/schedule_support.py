"""Catalogues as assign and schedule find them: clips with measures, tags and words, no pictures behind them."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from engine.formats.sound import Sound, write_sound
from preprocess.catalogue.catalogue import Catalogue
from preprocess.pipeline.step import WholeStep

MEASURES = (
    *("brightness", "contrast", "saturation", "warmth", "skin", "detail", "straight_lines", "sharpness", "motion"),
    *("motion_x", "motion_y", "zoom", "shake", "faces_share", "people_share", "loop_quality"),
)
RATE = 25


@dataclass(frozen=True)
class ClipSpec:
    """A clip: `source` names its file (base.mov), `folder` that file's folder; measures left out are 0.5."""

    slug: str
    source: str = ""
    folder: str = "videos"
    frames: int = 100
    begin: int = 0
    handles: tuple[int, int] = (0, 0)
    people: int = 0
    black: bool = False
    colours: tuple[tuple[str, str, float], ...] = (("grey", "#808080", 1.0),)
    tags: Mapping[str, float] = field(default_factory=dict)
    caption: str = ""
    mtime_ns: int = 0
    onsets_s: tuple[float, ...] = ()
    loop: tuple[int, int] = (0, 0)
    measures: Mapping[str, float] = field(default_factory=dict)


def some_clips(count: int, sources: int = 5, seed: int = 1) -> list[ClipSpec]:
    """Clips with measures by chance, `sources` of them side by side."""
    chance = random.Random(seed)
    return [
        ClipSpec(
            slug=f"s{number % sources}-{number:04d}",
            source=f"s{number % sources}",
            frames=chance.randint(50, 300),
            begin=number * 300,
            people=int(chance.random() < 0.3),
            colours=(("colour", f"#{chance.randrange(2**24):06x}", 1.0),),
            mtime_ns=chance.randrange(10**9),
            measures={name: round(chance.random(), 3) for name in MEASURES},
        )
        for number in range(count)
    ]


def fill(catalogue: Catalogue, clips: Sequence[ClipSpec], root: Path) -> None:
    """Enter clips as the steps before would have left them; their sources lie in `root`, unmade."""
    with catalogue.transaction() as connection:
        entered: set[str] = set()
        for clip in clips:
            base = clip.source or clip.slug
            if base not in entered:
                entered.add(base)
                path = os.fsencode(root / clip.folder / f"{base}.mov")
                row = (path, base, base, clip.mtime_ns)
                connection.execute(
                    "INSERT INTO sources (path, title, base, mtime_ns, verdict) VALUES (?, ?, ?, ?, 'sound')", row
                )
                footage = {"base": base, "file": None, "bytes": 0, "width": 64, "height": 36, "pieces": "[]"}
                footage |= {"rate_num": RATE, "rate_den": 1}
                footage |= {"frame_count": 10**6, "alpha": 0, "combs": 0, "sound": 0, "gain_db": 0}
                insert(catalogue, "footage", footage)
            _enter(catalogue, clip, base)


def _enter(catalogue: Catalogue, clip: ClipSpec, base: str) -> None:
    fragment = {"slug": clip.slug, "base": base, "scene_index": 0, "begin": clip.begin, "end": clip.begin + clip.frames}
    insert(catalogue, "fragments", fragment | dict(zip(("handle_in", "handle_out"), clip.handles, strict=True)))
    row = dict.fromkeys(MEASURES, 0.5) | dict(clip.measures) | {"slug": clip.slug, "telling_index": 0, "digest": ""}
    row |= {"faces": 0, "people": clip.people, "black": int(clip.black), "static": 0, "loudness_lufs": None}
    row |= {"loop_begin": clip.loop[0], "loop_end": clip.loop[1] or clip.frames, "hashes": b""}
    row |= {"colours": _json(clip.colours), "onsets_s": _json(clip.onsets_s)}
    insert(catalogue, "analyses", row)
    for tag, confidence in clip.tags.items():
        insert(catalogue, "tags", {"slug": clip.slug, "tag": tag, "confidence": confidence})
    if clip.caption:
        caption = {"slug": clip.slug, "kind": "caption", "text": clip.caption, "origin": "composed"}
        insert(catalogue, "texts", caption | {"state": "current", "at": ""})


def _json(values: object) -> str:
    return str(values).replace("(", "[").replace(",)", "]").replace(")", "]").replace("'", '"')


def insert(catalogue: Catalogue, table: str, row: Mapping[str, object]) -> None:
    """Insert a row; columns that must be there and are not named get 0: neither assign nor schedule reads them."""
    columns = catalogue.connection.execute(f"PRAGMA table_info({table})").fetchall()
    needed = [column["name"] for column in columns if column["notnull"] and column["dflt_value"] is None]
    row = dict.fromkeys(needed, 0) | dict(row)
    marks = ", ".join(f":{name}" for name in row)
    catalogue.connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)


def thumbnails(library: Path, clips: Sequence[ClipSpec]) -> None:
    """A plain picture for each clip, in its colour."""
    for clip in clips:
        Image.new("RGB", (160, 90), clip.colours[0][1]).save(library / "thumbnails" / f"{clip.slug}.jpg")


def run(catalogue: Catalogue, *steps: WholeStep) -> None:
    for step in steps:
        step.run(catalogue, lambda done, total: None)


def drums(path: Path, pattern_s: Sequence[tuple[float, float]], duration_s: float) -> Path:
    """A track of clicks: (second, loudness 0..1) each."""
    rate_hz = 48_000
    samples = np.zeros(int(duration_s * rate_hz), np.float32)
    noise = np.random.default_rng(1).normal(0, 1, 4800).astype(np.float32) * np.exp(-np.arange(4800) / 600)
    for at_s, loudness in pattern_s:
        begin = int(at_s * rate_hz)
        piece = noise[: max(0, len(samples) - begin)]
        samples[begin : begin + len(piece)] += loudness * 0.5 * piece.astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sound(path, Sound(np.clip(samples, -1, 1)[:, None], rate_hz))
    return path
