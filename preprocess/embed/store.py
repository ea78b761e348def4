"""Embeddings, their model and the neighbours in the catalogue."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import LibraryError
from preprocess.catalogue.catalogue import Catalogue
from preprocess.embed.embedder import Embedder, Vectors
from preprocess.embed.minilm import MiniLMEmbedder
from preprocess.embed.settings import EmbedSettings
from preprocess.embed.tfidf import TFIDF, TfidfEmbedder

_STRIDE = 4096
_MEND = "run runtime-preprocess embed"


def make_embedder(settings: EmbedSettings) -> Embedder:
    """What the settings ask for; TF-IDF has learned nothing yet. Raises LibraryError where a folder has no model."""
    return TfidfEmbedder() if settings.by == TFIDF else MiniLMEmbedder(settings)


def library_embedder(connection: sqlite3.Connection, settings: EmbedSettings, library: Path) -> Embedder:
    """What the library's embeddings were made with, to embed questions alike.

    Raises LibraryError where there are none, or they were made with another model than the settings find.
    """
    row = connection.execute("SELECT model, state FROM embedding_model").fetchone()
    if row is None:
        raise LibraryError("nothing is embedded yet", subject=library, mend=_MEND)
    model, state = row
    embedder: Embedder = TfidfEmbedder(state) if model == TFIDF else MiniLMEmbedder(settings)
    if embedder.state != state:
        raise LibraryError(f"was embedded with another {model} than is found now", subject=library, mend=_MEND)
    return embedder


def read_vectors(connection: sqlite3.Connection, model: str, library: Path) -> tuple[tuple[str, ...], Vectors]:
    """The clips that have a vector of a model, in slug order, and these: float16 (clips, dimensions).

    Raises LibraryError where vectors are of different lengths.
    """
    parts = list(vectors_by(_STRIDE, connection, model, library))
    vectors = np.concatenate([part for _, part in parts]) if parts else np.empty((0, 0), np.float16)
    return tuple(chain.from_iterable(slugs for slugs, _ in parts)), vectors


def vectors_by(
    stride: int, connection: sqlite3.Connection, model: str, library: Path
) -> Iterator[tuple[tuple[str, ...], Vectors]]:
    """What `read_vectors` gives, so many clips at a time. Raises what that raises."""
    cursor = connection.cursor()
    cursor.row_factory = None
    cursor.execute(
        "SELECT slug, vector FROM embeddings JOIN fragments USING (slug) WHERE model = ? AND NOT retired ORDER BY slug",
        (model,),
    )
    length: int | None = None
    while rows := cursor.fetchmany(stride):
        slugs, vectors = zip(*rows, strict=True)
        length = len(vectors[0]) if length is None else length
        if {len(vector) for vector in vectors} != {length}:
            raise LibraryError("its vectors are of different lengths", subject=library, mend=_MEND)
        yield slugs, np.frombuffer(b"".join(vectors), "<f2").reshape(len(rows), -1)


def stored_texts(catalogue: Catalogue, model: str) -> dict[str, str]:
    """The hash of the words that each clip's vector was made from."""
    rows = catalogue.connection.execute("SELECT slug, text FROM embeddings WHERE model = ?", (model,))
    return dict(map(tuple, rows))


def store_vectors(catalogue: Catalogue, model: str, hashes: Mapping[str, str], vectors: Mapping[str, bytes]) -> None:
    """Store vectors by slug; rows that are equal already are not touched."""
    with catalogue.transaction() as connection:
        connection.executemany(
            "INSERT INTO embeddings (slug, model, text, vector) VALUES (?, ?, ?, ?) ON CONFLICT (slug, model) DO UPDATE"
            " SET text = excluded.text, vector = excluded.vector"
            " WHERE text <> excluded.text OR vector <> excluded.vector",
            [(slug, model, hashes[slug], vector) for slug, vector in vectors.items()],
        )


def drop_vectors(catalogue: Catalogue, model: str, slugs: Collection[str]) -> None:
    with catalogue.transaction() as connection:
        connection.executemany(
            "DELETE FROM embeddings WHERE slug = ? AND model = ?", [(slug, model) for slug in sorted(slugs)]
        )


def store_model(catalogue: Catalogue, embedder: Embedder) -> None:
    """Note what the newest embeddings were made with."""
    with catalogue.transaction() as connection:
        connection.execute("DELETE FROM embedding_model")
        connection.execute("INSERT INTO embedding_model VALUES (?, ?)", (embedder.model, embedder.state))


def store_neighbours(catalogue: Catalogue, model: str, slugs: Sequence[str], nearest: npt.NDArray[np.int32]) -> None:
    """Make these all the neighbours that are known: int32 (clips, n), places in `slugs`. Equal rows are not touched."""
    rows = (
        (slug, model, at, near.astype("<i4").tobytes())
        for at, (slug, near) in enumerate(zip(slugs, nearest, strict=True))
    )
    with catalogue.transaction() as connection:
        connection.execute(
            "DELETE FROM neighbours WHERE slug NOT IN (SELECT value FROM json_each(?))", (json.dumps(slugs),)
        )
        connection.executemany(
            "INSERT INTO neighbours (slug, model, number, nearest) VALUES (?, ?, ?, ?) ON CONFLICT (slug) DO UPDATE"
            " SET model = excluded.model, number = excluded.number, nearest = excluded.nearest"
            " WHERE (model, number, nearest) <> (excluded.model, excluded.number, excluded.nearest)",
            rows,
        )


def neighbours_of(connection: sqlite3.Connection, slug: str) -> list[str]:
    """The clips most like one, the nearest first; none where nothing is known of it."""
    row = connection.execute("SELECT nearest FROM neighbours WHERE slug = ?", (slug,)).fetchone()
    if row is None:
        return []
    numbers = [int(number) for number in np.frombuffer(row[0], "<i4")]
    found = connection.execute(
        "SELECT number, slug FROM neighbours WHERE number IN (SELECT value FROM json_each(?))", (json.dumps(numbers),)
    )
    names = dict(map(tuple, found))
    return [names[number] for number in numbers if number in names]
