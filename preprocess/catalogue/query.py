"""The filter: a line of words that tells which clips are meant.

Words stand for themselves: `lake "by the water"` are the clips whose caption, description, tags or slug have both.
Else a term is `kind:name` or a measure with its bounds, and all terms must hold:

    tag:lake,river        one of these tags
    colour:blue           one of these among its main colours
    movement:built        assigned to one of these movements
    source:tape_03        cut from one of these sources
    is:static,duplicate   one of these flags; a person's mark counts for more than what was measured
    motion>0.3  people>=1  duration_s:2..5

A `-` before a term turns it round: `-is:black`. Nothing in it is ever executed.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, get_args

from engine.errors import Problem, ShowError
from engine.formats.nearest import did_you_mean
from preprocess.catalogue.values import Analysis

LabelKind: TypeAlias = Literal["tag", "colour", "movement", "source", "is"]
Flag: TypeAlias = Literal["black", "static", "duplicate", "left_out", "doubtful", "untagged", "uncaptioned", "unplaced"]

_KINDS: tuple[str, ...] = get_args(LabelKind)
FLAGS: tuple[str, ...] = get_args(Flag)
_PLACES = ("loop_begin", "loop_end", "telling_index")  # frame indices: nothing that a person filters by
# The measures of an analysis that are numbers, and how long the clip is.
MEASURES = (
    "duration_s",
    *(f.name for f in fields(Analysis) if f.type in ("float", "int", "float | None") and f.name not in _PLACES),
)
MAX_LENGTH = 1000

_TERM = re.compile(r'\s*(-?)((?:"[^"]*"|[^\s"])+|")')
_COMPARED = re.compile(r"([^\s:<>=≤≥]+)(<=|>=|≤|≥|<|>|=)(.*)", re.DOTALL)
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    **{"<": operator.lt, ">": operator.gt, "=": operator.eq},
    **{"<=": operator.le, "≤": operator.le, ">=": operator.ge, "≥": operator.ge},
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """It has one of these labels of a kind."""

    kind: LabelKind
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure keeps to all of these bounds. One that was not measured keeps to none."""

    measure: str
    bounds: tuple[tuple[Callable[[float, float], bool], float], ...]


@dataclass(frozen=True, slots=True)
class Says:
    """Its words have this text, which is in lower case."""

    text: str


@dataclass(frozen=True, slots=True)
class Term:
    """A condition, or its opposite."""

    condition: Labelled | Measured | Says
    negated: bool = False


def parse_query(line: str) -> tuple[Term, ...]:
    """The terms of a filter, all of which must hold; none for an empty line. Any thread.

    Raises ShowError with every mistake in it, each with the term in which it stands.
    """
    if len(line) > MAX_LENGTH:
        raise ShowError([Problem("filter", 0, "", f"is longer than {MAX_LENGTH} characters", "use fewer terms")])
    terms: list[Term] = []
    problems: list[Problem] = []
    for match in _TERM.finditer(line):
        negated, text = match.groups()
        try:
            terms.append(Term(_condition(text), bool(negated)))
        except _MistakeError as mistake:
            problems.append(Problem("filter", 0, text, mistake.what, mistake.mend))
    if problems:
        raise ShowError(problems)
    return tuple(terms)


class _MistakeError(Exception):
    def __init__(self, what: str, mend: str = "") -> None:
        self.what, self.mend = what, mend


def _condition(text: str) -> Labelled | Measured | Says:
    if text == '"':
        raise _MistakeError("a quotation mark without its fellow", "close it, or leave it out")
    if text.startswith('"'):
        return _says(text)
    compared = _COMPARED.fullmatch(text)
    if compared:
        name, sign, value = compared.groups()
        return Measured(_measure(name), ((_OPERATORS[sign], _number(value)),))
    kind, colon, value = text.partition(":")
    if not colon:
        return _says(text)
    if kind in MEASURES:
        return _between(kind, value)
    if kind not in _KINDS:
        mend = did_you_mean(kind, (*_KINDS, *MEASURES), f'for these words as they stand: "{text}"')
        raise _MistakeError(f"{kind} is nothing to filter by", mend)
    return _labelled(kind, value)


def _says(text: str) -> Says:
    words = text.replace('"', "").casefold()
    if not words.strip():
        raise _MistakeError("is empty", "write the words to look for, or leave it out")
    return Says(words)


def _labelled(kind: str, value: str) -> Labelled:
    names = tuple(name.replace('"', "").strip().casefold() for name in value.split(","))
    if not all(names):
        raise _MistakeError("a name is missing", f"write it as {kind}:name or {kind}:one,two")
    for name in names:
        if kind == "is" and name not in FLAGS:
            raise _MistakeError(f"{name} is no flag", did_you_mean(name, FLAGS, f"there are {', '.join(FLAGS)}"))
    return Labelled(kind, names)  # type: ignore[arg-type]  # one of _KINDS


def _measure(name: str) -> str:
    if name not in MEASURES:
        raise _MistakeError(f"{name} is no measure", did_you_mean(name, MEASURES, f"there are {', '.join(MEASURES)}"))
    return name


def _between(measure: str, value: str) -> Measured:
    low, dots, high = value.partition("..")
    if not dots or not (low or high):
        raise _MistakeError("has no bounds", f"write {measure}:0.2..0.5, or {measure}>0.2")
    bounds = [(operator.ge, _number(low))] if low else []
    return Measured(measure, (*bounds, *([(operator.le, _number(high))] if high else [])))


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        mend = "the decimal sign is a point" if "," in text else ""
        raise _MistakeError(f"{text or 'nothing'} is no number", mend) from None
    if not math.isfinite(number):
        raise _MistakeError(f"{text} is no number to compare with")
    return number
