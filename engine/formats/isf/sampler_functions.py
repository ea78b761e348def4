"""How pictures go round in a file's GLSL: functions that are handed one, and other names for what reads one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.formats.isf.statements import Code, code_of
from engine.formats.isf.words import Piece, Sort

_SAMPLERS = frozenset(("sampler2D", "sampler2DRect"))
_ALIAS = re.compile(r"\s*#\s*define\s+(\w+)\s+(\w+)\s*")
_FUNCTION_MACRO = re.compile(r"\s*#\s*define\s+(\w+)\(")
_MOST_LOOKED_AT = 40  # pieces of a call's arguments: no text without end makes it slow


@dataclass(frozen=True, slots=True)
class SamplerFunction:
    """A function, or what announces one, that is handed pictures. `position` is that of the first of them among its
    arguments, `samplers` are their names in it; it is the pieces from `first` to `last`."""

    name: str
    position: int
    samplers: frozenset[str]
    first: int
    last: int


def sampler_functions(pieces: Sequence[Piece]) -> tuple[SamplerFunction, ...]:
    """The functions of a file that are handed pictures; without those that have a directive within."""
    code = list(code_of(pieces))
    found = []
    begin = 0  # of the global statement
    for number, one in enumerate(code):
        if one.braces or one.brackets:
            continue
        text = pieces[one.index].text
        if text in (";", "}"):
            begin = number + 1
        elif text == "(" and number - begin >= 2 and pieces[code[number - 1].index].sort is Sort.WORD:
            function = _function(pieces, code, begin, number)
            if function is not None:
                found.append(function)
    return tuple(found)


def aliases(pieces: Sequence[Piece], known: Collection[str]) -> Mapping[str, str]:
    """Macros that stand for one of the `known` words (`#define tex texture2D`), each with that word."""
    directives = [piece.text for piece in pieces if piece.sort is Sort.DIRECTIVE]
    with_arguments = {found[1] for text in directives if (found := _FUNCTION_MACRO.match(text))}
    stands_for: dict[str, str] = {}
    for text in directives:
        alias = _ALIAS.fullmatch(text)
        if alias is None or alias[1] in with_arguments or alias[1] in known:
            continue
        word = stands_for.get(alias[2], alias[2])
        if word in known:
            stands_for[alias[1]] = word
    return stands_for


def argument_words(pieces: Sequence[Piece], index: int, positions: Collection[int]) -> set[str]:
    """The words of the arguments at `positions`, counted from 0, of the call whose function's name is at `index`."""
    found: set[str] = set()
    depth = at_position = 0
    last = max(positions)
    for piece in pieces[index + 1 : index + 1 + _MOST_LOOKED_AT]:
        depth += (piece.text == "(") - (piece.text == ")")
        if piece.is_code and depth == 0:
            break
        if piece.text == "," and depth == 1:
            at_position += 1
        elif piece.sort is Sort.WORD and at_position in positions:
            found.add(piece.text)
        if at_position > last:
            break
    return found


def _function(pieces: Sequence[Piece], code: Sequence[Code], begin: int, opening: int) -> SamplerFunction | None:
    """What is declared from the code at `begin` on, whose arguments begin at `opening`, if it is handed pictures."""
    closing = _next(pieces, code, opening + 1, ")")
    if closing is None or closing + 1 == len(code):
        return None
    arguments = _arguments([pieces[one.index] for one in code[opening + 1 : closing]])
    positions = [at for at, words in enumerate(arguments) if not _SAMPLERS.isdisjoint(words)]
    behind = pieces[code[closing + 1].index].text
    last = _next(pieces, code, closing + 1, {"{": "}"}.get(behind, behind))
    if not positions or behind not in ("{", ";") or last is None:
        return None
    span = range(code[begin].index, code[last].index + 1)
    if any(pieces[at].sort is Sort.DIRECTIVE for at in span):
        return None
    names = frozenset(arguments[at][-1] for at in positions)
    return SamplerFunction(pieces[code[opening - 1].index].text, positions[0], names, span[0], span[-1])


def _arguments(pieces: Sequence[Piece]) -> list[list[str]]:
    """The words of each argument of a declaration."""
    arguments: list[list[str]] = [[]]
    for piece in pieces:
        if piece.text == ",":
            arguments.append([])
        elif piece.sort is Sort.WORD:
            arguments[-1].append(piece.text)
    return arguments


def _next(pieces: Sequence[Piece], code: Sequence[Code], number: int, text: str) -> int | None:
    """Where `text` stands next outside of all braces and brackets."""
    for at in range(number, len(code)):
        if code[at].braces == code[at].brackets == 0 and pieces[code[at].index].text == text:
            return at
    return None
