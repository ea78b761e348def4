"""TF-IDF without a model: words weighed by how rare they are, folded into vectors of a fixed length.

A feature, a word or four letters in a row of one, has a direction of its own in 384 dimensions: the bits of its hash,
as ±1. Directions of different features are nearly orthogonal (a cosine of 0 ± 0.05), so the cosine of two texts comes
near that of their TF-IDF weights; `likeness` works out the weights' own. Letters make `sailing` like `sailor`.
Weights as in scikit-learn's documentation of TfidfVectorizer, smooth and sublinear.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocess.embed.embedder import Vectors
from preprocess.tagging.words import plain, singular

TFIDF = "tfidf"
DIMENSIONS = 384
_LETTERS = 4
_LETTERS_WEIGHT = 0.5  # of all the letters of a word together, beside the word
_STRIDE = 1024
_KEPT_WORDS = 20_000  # whose features stay worked out
_STOP_WORDS = frozenset(
    (
        *("a", "an", "the", "and", "or", "but", "of", "in", "on", "at", "by", "to", "from", "with", "without", "into"),
        *(
            "for",
            "as",
            "is",
            "are",
            "was",
            "were",
            "be",
            "been",
            "being",
            "it",
            "its",
            "this",
            "that",
            "these",
            "those",
        ),
        *("there", "here", "some", "one", "which", "who", "what", "while", "has", "have", "had", "his", "her", "their"),
        *("he", "she", "they", "them", "we", "you", "i", "my", "your", "our", "not", "no", "so", "very", "can", "do"),
    )
)


class TfidfEmbedder:
    """See the module; an Embedder."""

    model = TFIDF
    learns = True

    def __init__(self, state: str | None = None) -> None:
        """`state` is what an embedder that learned gave. Raises ValueError where it is not."""
        stored: dict[str, Any] = json.loads(state) if state else {"texts": 0, "words": {}}
        self._texts: int = stored["texts"]
        self._having: Mapping[str, int] = stored["words"]  # texts that have each word
        self._features = lru_cache(_KEPT_WORDS)(self._worked_out)

    @property
    def state(self) -> str:
        return json.dumps({"texts": self._texts, "words": self._having}, ensure_ascii=False, sort_keys=True)

    def learn(self, texts: Iterable[str]) -> None:
        having: Counter[str] = Counter()
        self._texts = 0
        for text in texts:
            having.update(set(_words(text)))
            self._texts += 1
        self._having = dict(having)
        self._features.cache_clear()

    def parts(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Vectors]]:
        for begin in range(0, len(texts), _STRIDE):
            part = texts[begin : begin + _STRIDE]
            yield range(begin, begin + len(part)), self._vectors(part)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        counts = [sorted(Counter(_words(text)).items()) for text in texts]
        words = sorted({word for count in counts for word, _ in count})
        place = {word: at for at, word in enumerate(words)}
        directions = np.array([self._direction(word) for word in words], np.float32).reshape(-1, DIMENSIONS)
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for at, count in enumerate(counts):
            for word, times in count:
                vectors[at] += directions[place[word]] * _often(times)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float16)

    def _direction(self, word: str) -> npt.NDArray[np.float32]:
        features = self._features(word)
        return np.array([weight for _, weight in features], np.float32) @ np.stack(
            [_signs(name) for name, _ in features]
        )

    def _worked_out(self, word: str) -> list[tuple[str, float]]:
        """A word's features with their weights: the word, then its letters."""
        rarity = math.log((1 + self._texts) / (1 + self._having.get(word, 0))) + 1
        edged = f"^{word}$"
        runs = [edged[at : at + _LETTERS] for at in range(max(len(edged) - _LETTERS + 1, 1))]
        each = rarity * _LETTERS_WEIGHT / math.sqrt(len(runs))
        return [(word, rarity), *((f"#{run}", each) for run in runs)]

    def likeness(self, text: str, others: Sequence[str]) -> npt.NDArray[np.float32]:
        wanted = self._weights(text)
        return np.array([_cosine(wanted, self._weights(other)) for other in others], np.float32)

    def _weights(self, text: str) -> dict[str, float]:
        weights: dict[str, float] = {}
        for word, times in sorted(Counter(_words(text)).items()):
            often = _often(times)
            for name, weight in self._features(word):
                weights[name] = weights.get(name, 0.0) + weight * often
        return weights


def _words(text: str) -> list[str]:
    """The words that say something, in the singular."""
    return [_one(word) for word in plain(text).split() if word not in _STOP_WORDS]


_one = lru_cache(_KEPT_WORDS)(singular)


def _often(times: int) -> float:
    return 1 + math.log(times)


def _signs(feature: str) -> npt.NDArray[np.float32]:
    """A feature's direction: float32 (384,), each ±1. The same on every machine."""
    drawn = hashlib.shake_128(feature.encode("utf-8", "surrogatepass")).digest(DIMENSIONS // 8)
    return np.unpackbits(np.frombuffer(drawn, np.uint8)).astype(np.float32) * 2 - 1


def _cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    lengths = math.hypot(*a.values()) * math.hypot(*b.values())
    return sum(weight * b[name] for name, weight in a.items() if name in b) / lengths if lengths else 0.0
