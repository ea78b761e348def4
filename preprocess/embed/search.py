"""Search: the clips that are most like a question or like another clip."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import LibraryError
from engine.formats.nearest import did_you_mean
from preprocess.embed.embedder import Embedder, embedded
from preprocess.embed.settings import EmbedSettings
from preprocess.embed.store import library_embedder, read_vectors
from preprocess.embed.texts import clip_texts

# So many of the nearest by vector are looked at exactly, where the vectors only come near.
_LOOKED_AT = 120
_LEAST = 1e-4  # a score that says: nothing in common


@dataclass(frozen=True, slots=True)
class Found:
    """A clip, and how like what was asked for it is: 1 the same, 0 nothing in common."""

    slug: str
    score: float


class Searcher:
    """A library's vectors, loaded. One thread. A clip takes 1.5 kB and its words."""

    def __init__(
        self,
        slugs: tuple[str, ...],
        vectors: npt.NDArray[np.floating],
        texts: Mapping[str, str],
        embedder: Embedder,
    ) -> None:
        """`vectors` (clips, dimensions) are of unit length, in the order of `slugs`, which are sorted."""
        self._slugs = slugs
        self._rows = {slug: row for row, slug in enumerate(slugs)}
        self._vectors = vectors.astype(np.float32)
        self._texts = texts
        self._embedder = embedder

    @classmethod
    def read(cls, connection: sqlite3.Connection, library: Path, settings: EmbedSettings) -> Searcher:
        """The search of a library as it was last embedded; `library` is for messages.

        Raises LibraryError where it was not, or with another model than there is now.
        """
        embedder = library_embedder(connection, settings, library)
        slugs, vectors = read_vectors(connection, embedder.model, library)
        return cls(slugs, vectors, clip_texts(connection), embedder)

    def like_text(self, question: str, limit: int = 20, among: Collection[str] | None = None) -> list[Found]:
        """The clips most like a question, the best first; of equals, the first by slug. Those without likeness are not.

        `among`: only these clips.
        """
        if not self._slugs:
            return []
        [wanted] = embedded(self._embedder, [question])
        return self._found(wanted, question, self._chosen(among), limit)

    def like_clip(self, slug: str, limit: int = 20, among: Collection[str] | None = None) -> list[Found]:
        """The clips most like another one, without it. Raises LibraryError where that has no vector."""
        if slug not in self._rows:
            mend = did_you_mean(slug, self._slugs, "run runtime-preprocess embed")
            raise LibraryError("there is no such clip, or nothing is said of it", subject=slug, mend=mend)
        chosen = self._chosen(among)
        row = self._rows[slug]
        return self._found(self._vectors[row], self._texts.get(slug, ""), chosen[chosen != row], limit)

    def _chosen(self, among: Collection[str] | None) -> npt.NDArray[np.intp]:
        if among is None:
            return np.arange(len(self._slugs))
        return np.array(sorted(self._rows[slug] for slug in set(among) if slug in self._rows), np.intp)

    def _found(
        self, wanted: npt.NDArray[np.float32], text: str, chosen: npt.NDArray[np.intp], limit: int
    ) -> list[Found]:
        scores = (self._vectors @ wanted)[chosen]
        wanted_count = max(limit, _LOOKED_AT)
        if len(scores) > wanted_count:
            near = scores >= np.partition(scores, -wanted_count)[-wanted_count]
            chosen, scores = chosen[near], scores[near]
        best = np.argsort(-scores, kind="stable")[:wanted_count]
        chosen, scores = chosen[best], scores[best]
        exact = self._embedder.likeness(text, [self._texts.get(self._slugs[row], "") for row in chosen])
        if exact is not None:
            order = np.lexsort((chosen, -exact))
            chosen, scores = chosen[order], exact[order]
        pairs = zip(chosen[:limit], scores[:limit], strict=True)
        return [Found(self._slugs[row], float(score)) for row, score in pairs if score > _LEAST]
