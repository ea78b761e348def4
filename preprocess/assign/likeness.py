"""How like its description each clip is to each movement: by the vectors that the library's texts have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import numpy as np

from preprocess.assign.clips import Clips, Floats
from preprocess.catalogue.catalogue import Catalogue
from preprocess.embed.embedder import embedded
from preprocess.embed.settings import EmbedSettings
from preprocess.embed.store import library_embedder, vectors_by
from preprocess.style.model import StyleMovement

_STRIDE = 16_384  # clips at a time: all as float32 would take as much memory again as the rest of the step


def library_model(catalogue: Catalogue) -> str:
    """The model that the library's texts were embedded with; "" where they were not."""
    row = catalogue.connection.execute("SELECT model FROM embedding_model").fetchone()
    return str(row[0]) if row else ""


def likenesses(
    catalogue: Catalogue, clips: Clips, movements: Sequence[StyleMovement], settings: EmbedSettings
) -> dict[str, Floats]:
    """Cosine of each clip and each movement's description, by the movement's name; 0 for a clip without a vector.

    Movements without a description are left out, and all of them in a library that was not embedded. Raises
    LibraryError where it was embedded with another model than the settings find.
    """
    described = [movement for movement in movements if movement.description.strip()]
    model = library_model(catalogue)
    if not described or not model:
        return {}
    embedder = library_embedder(catalogue.connection, settings, catalogue.folder)
    wanted = embedded(embedder, [movement.description for movement in described])
    numbers = {slug: number for number, slug in enumerate(clips.slugs)}
    liking = np.zeros((len(clips), len(described)))
    for slugs, vectors in vectors_by(_STRIDE, catalogue.connection, model, catalogue.folder):
        at = np.fromiter(map(numbers.get, slugs, repeat(-1)), np.intp)
        near = vectors.astype(np.float32) @ wanted.T
        liking[at[at >= 0]] = near[at >= 0]
    return {movement.name: liking[:, number] for number, movement in enumerate(described)}
