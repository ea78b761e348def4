"""GLSL taken apart into words, comments and the rest, so that text can be looked up and rewritten line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Sort(Enum):
    """What a piece of GLSL is. Pieces laid end to end are the text."""

    WORD = "word"  # an identifier or keyword
    NUMBER = "number"
    SIGN = "sign"  # one character
    SPACE = "space"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Piece:
    sort: Sort
    text: str


_PIECE = re.compile(
    r"(?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?(?:\*/|\Z))|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>\.?[0-9](?:[eE][+-]|[A-Za-z0-9_.])*)|(?P<space>\s+)|(?P<sign>.)",
    re.DOTALL,
)


def pieces_of(text: str) -> Iterator[Piece]:
    """The pieces of `text`, in order; none is lost."""
    for found in _PIECE.finditer(text):
        assert found.lastgroup is not None
        yield Piece(Sort(found.lastgroup), found[0])


def words_of(text: str) -> frozenset[str]:
    """Every word of `text` that is not in a comment."""
    return frozenset(piece.text for piece in pieces_of(text) if piece.sort is Sort.WORD)
