"""Words of tags: written plainly, in the singular, and how near two spellings are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, TypeAlias

Slip: TypeAlias = Literal["letter missing", "letter too many", "letters swapped", "other letter"]

_NOT_OF_WORDS = re.compile(r"[^\w'&+%°]+|_+")
_EDGES = " '&+%°"
_IRREGULAR = {
    **{"men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth", "mice": "mouse"},
    **{"geese": "goose", "leaves": "leaf", "knives": "knife", "wolves": "wolf", "shelves": "shelf", "lives": "life"},
    **{"wives": "wife", "halves": "half", "loaves": "loaf", "shoes": "shoe", "movies": "movie", "cookies": "cookie"},
    **{"ties": "tie", "pies": "pie", "axes": "axe", "buses": "bus", "gases": "gas", "lenses": "lens"},
}
# Words that end in s and are one thing.
_SINGULAR = frozenset(
    (
        *("news", "series", "species", "lens", "gas", "canvas", "atlas", "christmas", "bias", "always", "sometimes"),
        *("perhaps", "sunglasses", "glasses", "scissors", "jeans", "trousers", "clothes", "stairs", "physics", "hands"),
        *("mathematics", "paris", "texas", "chess", "sports"),
    )
)
_KEEP = ("ss", "us", "is", "'s")
_DROP_ES = ("sses", "shes", "ches", "xes", "zzes", "oes")


def plain(text: str) -> str:
    """A tag written plainly: lower-case words with a blank between, without punctuation; "" where nothing is left."""
    words = _NOT_OF_WORDS.sub(" ", unicodedata.normalize("NFKC", text).lower())
    return " ".join(words.split()).strip(_EDGES)


def singular(text: str) -> str:
    """A plain tag with its last word in the singular, by the rules of English and its commonest exceptions."""
    head, blank, word = text.rpartition(" ")
    return head + blank + _singular(word)


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.endswith("s") or word in _SINGULAR or word.endswith(_KEEP):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(_DROP_ES) else word[:-1]


def slip(word: str, meant: str) -> Slip | None:
    """How `word` may have come from `meant` by one slip after its first letter; None where it takes more."""
    if word == meant or word[:1] != meant[:1] or abs(len(word) - len(meant)) > 1:
        return None
    same = next((at for at, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), min(len(word), len(meant)))
    rest, wanted = word[same:], meant[same:]
    if rest == wanted[1:]:
        return "letter missing"
    if rest[1:] == wanted:
        return "letter too many"
    if rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:] and len(rest) > 1:
        return "letters swapped"
    return "other letter" if rest[1:] == wanted[1:] else None


def shortened(word: str) -> Iterator[str]:
    """The word, and the word without one of its letters: two words that one slip parts have one of these in common."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
