"""A catalogue of as many described clips as a bench wants: every table that search, filter and schedule read.

No pictures: what is measured with it works on the catalogue alone. Made once from a fixed seed, and kept.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.formats.library_rows import StoredSource
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import store_analysis, store_footage
from preprocess.catalogue.schema import MIGRATIONS
from preprocess.catalogue.tags import store_tags
from preprocess.catalogue.values import Analysis, Colour, Footage, Piece
from preprocess.embed.neighbours import NEIGHBOURS
from preprocess.embed.store import store_model, store_neighbours, store_vectors
from preprocess.embed.texts import clip_texts
from preprocess.embed.tfidf import TfidfEmbedder
from preprocess.pipeline.step import hashed
from tools.bench.rows import Tell

CLIPS = 100_000
QUICK_CLIPS = 2_000
MOVEMENTS = ("orientation", "elemental", "built", "people", "blur")
_CLIPS_A_SOURCE = 100
_RATE = Fraction(25)
_SEED = 20_240

SUBJECTS = (
    *("people", "a man", "two women", "a child", "a crowd", "a dancer", "a boat", "a red car", "a bicycle", "a dog"),
    *("a bird", "an old house", "a bridge", "a tower", "a window", "a table", "a bottle", "flames", "smoke", "waves"),
)
_DOING = ("walking", "sitting", "waiting", "turning", "passing", "falling", "moving slowly", "standing", "burning")
_PLACES = (
    *("by a lake", "in a street", "in a kitchen", "on a stage", "at the sea", "in the mountains", "under a bridge"),
    *("in a garden", "at a station", "in a forest", "on a field", "in an empty room", "at night", "in the rain"),
)
_CAMERA = ("slow pan to the left", "fast pan", "steady camera", "shaky camera", "zoom in", "close up", "wide view")
_COLOURS = ("blue", "grey", "red", "orange", "green", "brown", "white", "black", "yellow", "purple")
_TAGS = (
    *("people", "lake", "water", "street", "city", "indoor", "outdoor", "night", "day", "fire", "nature", "building"),
    *("moving", "still", "wide", "close up", "animal", "vehicle", "dance", "abstract", "face", "crowd", "tree", "sky"),
)
_MEASURES = tuple(field.name for field in fields(Analysis) if field.type == "float")


def library_of(media: Path, count: int, tell: Tell) -> Path:
    """The library of `count` clips under `media`, made where it is not there yet: a minute for 100,000."""
    folder = media / f"described-{count}-{hashed(_SEED, SUBJECTS, _PLACES, _TAGS, MIGRATIONS)[:8]}"
    if folder.is_dir():
        return folder
    media.mkdir(parents=True, exist_ok=True)
    tell(f"describing {count:,} clips")
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=media) as partial:
        unfinished = Path(partial) / "library"
        with Catalogue(unfinished) as catalogue:
            rng = np.random.Generator(np.random.Philox(_SEED))
            with catalogue.transaction():
                slugs = list(_enter(catalogue, count))
                _describe(catalogue, slugs, rng)
                _assign(catalogue, slugs)
            tell(f"embedding {count:,} clips")
            _embed(catalogue, slugs, rng)
        unfinished.rename(folder)
    return folder


def _enter(catalogue: Catalogue, count: int) -> Iterator[str]:
    """Sources with their footage, fragments and clips' rows; the slugs, in order."""
    for number in range(0, count, _CLIPS_A_SOURCE):
        base = f"tape_{number // _CLIPS_A_SOURCE:05d}"
        path = Path(f"/nowhere/{base}.mov")
        frames = 100 * _CLIPS_A_SOURCE
        connection = catalogue.connection
        connection.execute(
            "INSERT INTO sources (path, title, base, verdict) VALUES (?, ?, ?, 'sound')",
            (os.fsencode(path), base, base),
        )
        source = StoredSource(path, base, base)
        store_footage(catalogue, _footage(source, frames))
        source_id = connection.execute("SELECT id FROM sources WHERE base = ?", (base,)).fetchone()[0]
        for part in range(min(_CLIPS_A_SOURCE, count - number)):
            slug = f"{base}-{part + 1:03d}"
            length = 50 + 10 * (part % 25)
            connection.execute(
                "INSERT INTO fragments (slug, base, scene_index, begin, end) VALUES (?, ?, ?, ?, ?)",
                (slug, base, part, 100 * part, 100 * part + length),
            )
            connection.execute(
                "INSERT INTO clips (slug, source_id, title, file, thumbnail, codec, width, height, rate_num, rate_den,"
                " frame_count, duration_s, source_in_s, source_out_s, bytes, sha256, black, static, brightness,"
                " contrast, colour, warmth, skin, detail, motion) VALUES (?, ?, ?, ?, ?, 'mjpeg', 1280, 720, 25, 1, ?,"
                " ?, ?, ?, 1000000, '', 0, 0, 0.5, 0.5, 0.5, 0.5, 0.1, 0.5, 0.5)",
                (
                    *(slug, source_id, slug, f"clips/{slug}.mov", f"thumbnails/{slug}.jpg"),
                    *(length, length / 25, 4 * part, 4 * part + length / 25),
                ),
            )
            yield slug


def _footage(source: StoredSource, frames: int) -> Footage:
    pieces = (Piece(0, frames, 0.0),)
    return Footage(source.base, source.path, None, 0, 1280, 720, _RATE, frames, False, False, False, None, None, pieces)


def _describe(catalogue: Catalogue, slugs: list[str], rng: np.random.Generator) -> None:
    tags: dict[str, dict[str, float]] = {}
    for slug in slugs:
        measures = {name: round(float(rng.random()), 4) for name in _MEASURES}
        colours = [str(name) for name in rng.choice(_COLOURS, 3, replace=False)]
        store_analysis(catalogue, _analysis(slug, measures, colours, rng))
        subject, place, camera = (str(rng.choice(words)) for words in (SUBJECTS, _PLACES, _CAMERA))
        caption = f"{subject} {place}, {camera}, {colours[0]} and {colours[1]}"
        description = f"{subject.capitalize()} {rng.choice(_DOING)} {place}, take {rng.integers(50_000)}; {camera}."
        for kind, text in (("caption", caption), ("description", description)):
            catalogue.connection.execute(
                "INSERT INTO texts (slug, kind, text, origin, state, at) VALUES (?, ?, ?, 'composed', 'current', '')",
                (slug, kind, text),
            )
        chosen = rng.choice(_TAGS, 6, replace=False)
        tags[slug] = {str(tag): round(float(belief), 4) for tag, belief in zip(chosen, rng.random(6), strict=True)}
    store_tags(catalogue, tags)


def _analysis(slug: str, measures: dict[str, float], colours: list[str], rng: np.random.Generator) -> Analysis:
    people = int(rng.integers(4))
    shares = (0.5, 0.3, 0.05)
    return Analysis(
        **{**measures, "motion_x": 2 * measures["motion_x"] - 1, "motion_y": 2 * measures["motion_y"] - 1},
        slug=slug,
        faces=people // 2,
        people=people,
        loudness_lufs=None,
        loop_begin=0,
        loop_end=50,
        black=bool(rng.random() < 0.01),
        static=bool(rng.random() < 0.03),
        colours=tuple(Colour(name, "#808080", share) for name, share in zip(colours, shares, strict=True)),
        onsets_s=(),
        hashes=tuple(int(value) for value in rng.integers(0, 2**63, 3)),
    )


def _assign(catalogue: Catalogue, slugs: list[str]) -> None:
    catalogue.connection.executemany(
        "INSERT INTO movements (name, position, description) VALUES (?, ?, '')",
        [(name, position) for position, name in enumerate(MOVEMENTS)],
    )
    catalogue.connection.executemany(
        "INSERT INTO assignments (movement, slug, score, why) VALUES (?, ?, 0.5, '')",
        [(MOVEMENTS[number % len(MOVEMENTS)], slug) for number, slug in enumerate(slugs)],
    )


def _embed(catalogue: Catalogue, slugs: list[str], rng: np.random.Generator) -> None:
    """Real vectors; neighbours by lot, since finding them takes minutes."""
    texts = clip_texts(catalogue.connection)
    embedder = TfidfEmbedder()
    embedder.learn(texts.values())
    for places, vectors in embedder.parts(list(texts.values())):
        found = {slugs[at]: vector.astype("<f2").tobytes() for at, vector in zip(places, vectors, strict=True)}
        store_vectors(catalogue, embedder.model, dict.fromkeys(found, ""), found)
    drawn = rng.integers(0, len(slugs), (len(slugs), NEIGHBOURS), dtype=np.int32)
    store_neighbours(catalogue, embedder.model, slugs, drawn)
    store_model(catalogue, embedder)
