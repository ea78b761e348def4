"""GLSL taken apart into words, comments and the rest, so that text can be looked up and rewritten line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum


class Sort(Enum):
    """What a piece of GLSL is. Pieces laid end to end are the text."""

    WORD = "word"  # an identifier or keyword
    NUMBER = "number"
    SIGN = "sign"  # one character
    SPACE = "space"
    COMMENT = "comment"
    DIRECTIVE = "directive"  # a line that begins with #, without its end; continued lines are one


@dataclass(slots=True)
class Piece:
    """`text` may be exchanged for another with as many line ends."""

    sort: Sort
    text: str

    @property
    def is_code(self) -> bool:
        """Whether it is part of a statement."""
        return self.sort in (Sort.WORD, Sort.NUMBER, Sort.SIGN)


_INSIDE = (
    r"(?P<comment>//(?:[^\n\\]|\\.)*|/\*.*?(?:\*/|\Z))|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>\.?[0-9](?:[eE][+-]|[A-Za-z0-9_.])*)|(?P<space>\n+|[^\S\n]+)|(?P<sign>.)"
)
_PIECE = re.compile(r"(?P<directive>^[^\S\n]*#(?:[^\n\\/]|\\.|/(?![/*]))*)|" + _INSIDE, re.DOTALL | re.MULTILINE)
_PIECE_OF_DIRECTIVE = re.compile(_INSIDE, re.DOTALL)
_END = Piece(Sort.SPACE, "")


def pieces_of(text: str) -> Iterator[Piece]:
    """The pieces of `text`, in order; none is lost."""
    return _pieces(_PIECE, text)


def pieces_of_directive(text: str) -> Iterator[Piece]:
    """The pieces of a directive's text."""
    return _pieces(_PIECE_OF_DIRECTIVE, text)


def words_of(text: str) -> frozenset[str]:
    """Every word of `text` that is not in a comment, those of directives among them."""
    found: set[str] = set()
    for piece in pieces_of(text):
        if piece.sort is Sort.WORD:
            found.add(piece.text)
        elif piece.sort is Sort.DIRECTIVE:
            found |= words_of_directive(piece.text)
    return frozenset(found)


def words_of_directive(text: str) -> frozenset[str]:
    return frozenset(piece.text for piece in pieces_of_directive(text) if piece.sort is Sort.WORD)


def next_code(pieces: Sequence[Piece], index: int) -> Piece:
    """The first piece at or behind `index` that is part of a statement; an empty one behind the last."""
    while index < len(pieces):
        if pieces[index].is_code:
            return pieces[index]
        index += 1
    return _END


def _pieces(pattern: re.Pattern[str], text: str) -> Iterator[Piece]:
    for found in pattern.finditer(text):
        assert found.lastgroup is not None
        yield Piece(Sort(found.lastgroup), found[0])
