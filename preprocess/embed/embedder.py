"""What turns texts into vectors, whichever way it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float16]


class Embedder(Protocol):
    """Turns texts into float16 vectors of unit length. One thread.

    The same texts give the same bytes on one machine, in whatever order and beside whichever others they come. A
    text with nothing to go by gives zeros.
    """

    model: str  # its name in the catalogue
    learns: bool  # whether a text's vector depends on the library's other texts

    @property
    def state(self) -> str:
        """What makes this embedder this one: kept in the catalogue, so that questions are embedded alike."""

    def learn(self, texts: Iterable[str]) -> None:
        """Take in the library's texts, before any is embedded."""

    def parts(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Vectors]]:
        """The texts' vectors (texts, dimensions), part by part: which texts a part is of, and theirs."""

    def likeness(self, text: str, others: Sequence[str]) -> npt.NDArray[np.float32] | None:
        """How like `text` the others are, where the vectors' cosine only comes near that; None where it is that."""


def embedded(embedder: Embedder, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """The vectors of a few texts: float32 (texts, dimensions)."""
    parts = [(at, vectors.astype(np.float32)) for at, vectors in embedder.parts(texts)]
    found = np.zeros((len(texts), parts[0][1].shape[1] if parts else 0), np.float32)
    for at, vectors in parts:
        found[list(at)] = vectors
    return found
