"""OSC address patterns against the paths of the tree: `*`, `?`, `[a-c]`, `[!a]`, `{fire,water}` and OSC 1.1's `//`.

From the specifications, OSC 1.0 "Message Dispatching and Pattern Matching" and OSC 1.1. No pattern can make it
search without end: within a name, all places that a match has come to are kept as the bits of one number, so that
each part of a pattern is looked at once; each name is tried against each part once; and both are bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

_SPECIAL = frozenset("*?[]{}")
_LONGEST = 256
_MOST_STEPS = 16
_MOST_KEPT = 256


class PatternError(ValueError):
    """A pattern that is none, or fits nothing; the message is the reason."""


def is_pattern(address: str) -> bool:
    """Whether an address has to be matched, rather than meant as it stands."""
    return not _SPECIAL.isdisjoint(address) or "//" in address


class _Name:
    """A name of the tree: for each of its letters the places where it stands, as bits; bit n is character n."""

    def __init__(self, text: str) -> None:
        self.letters: dict[str, int] = {}
        for place, letter in enumerate(text):
            self.letters[letter] = self.letters.get(letter, 0) | 1 << place
        self.end = 1 << len(text)
        self.whole = (self.end << 1) - 1

    def past(self, letter: str, places: int) -> int:
        """The places after `letter`, for the `places` (bits) at which it may stand."""
        return (places & self.letters.get(letter, 0)) << 1


# What one part of a pattern does: the places a match may have come to in a name, before it and after it, as bits.
_Move: TypeAlias = Callable[[_Name, int], int]


@dataclass(slots=True)
class _Node:
    """A name in the tree: its path if it has a parameter, and the names below it, in tree order."""

    path: str | None = None
    order: int = -1
    below: dict[str, _Node] = field(default_factory=dict)


class PatternMatcher:
    """Finds the paths that patterns fit. One thread's; remembers the latest 256 answers."""

    def __init__(self, paths: Iterable[str]) -> None:
        """`paths` in the order in which matches are given."""
        self._root = _Node()
        self._names: dict[str, _Name] = {}
        self._kept: dict[tuple[str, bool], tuple[str, ...]] = {}
        for order, path in enumerate(paths):
            node = self._root
            for name in path[1:].split("/"):
                node = node.below.setdefault(name, _Node())
                self._names.setdefault(name, _Name(name))
            node.path, node.order = path, order

    def matches(self, pattern: str, *, whole_branches: bool = False) -> tuple[str, ...]:
        """Every path that `pattern` fits, in tree order; with `whole_branches` everything below what it fits as well.

        Empty where nothing fits. Raises PatternError for what is no pattern.
        """
        known = self._kept.get((pattern, whole_branches))
        if known is None:
            if len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            known = self._kept[pattern, whole_branches] = _search(
                self._root, _Pattern(pattern, self._names), whole_branches
            )
        return known


class _Pattern:
    """A pattern cut at its slashes. `steps` are the parts; those in `anywhere` may come any number of names later."""

    def __init__(self, text: str, names: Mapping[str, _Name]) -> None:
        if not text.startswith("/"):
            raise PatternError(f"{text[:100]}: a pattern begins with /")
        if len(text) > _LONGEST:
            raise PatternError(f"{text[:100]}…: a pattern of {len(text)} characters; {_LONGEST} is the longest")
        self.steps: list[list[_Move]] = []
        self.anywhere = 0  # bit n for step n
        for part in text[1:].split("/"):
            if part:
                self.steps.append(_moves(part, text))
            else:
                self.anywhere |= 1 << len(self.steps)
        self._names = names
        self._seen: dict[tuple[int, str], bool] = {}
        if len(self.steps) > _MOST_STEPS:
            raise PatternError(f"{text[:100]}: a pattern of more than {_MOST_STEPS} parts")
        if self.anywhere >> len(self.steps):
            raise PatternError(f"{text[:100]}: a pattern that ends in /")

    def after(self, name: str, reached: int) -> int:
        """The steps that may come next (bits) once `name` was passed, where those in `reached` might have come."""
        following = reached & self.anywhere
        for number in range(len(self.steps)):
            if reached >> number & 1 and self._fits(number, name):
                following |= 1 << number + 1
        return following

    def _fits(self, number: int, name: str) -> bool:
        fits = self._seen.get((number, name))
        if fits is None:
            places, within = 1, self._names[name]
            for move in self.steps[number]:
                places = move(within, places)
            fits = self._seen[number, name] = bool(places & within.end)
        return fits


def _search(root: _Node, pattern: _Pattern, whole_branches: bool) -> tuple[str, ...]:
    found: dict[int, str] = {}
    end = len(pattern.steps)
    waiting = [(root, 1)]
    while waiting:
        node, reached = waiting.pop()
        if reached >> end & 1:
            if node.path is not None:
                found[node.order] = node.path
            reached = 1 << end if whole_branches else reached & ~(1 << end)
        if not reached:
            continue
        for name, below in node.below.items():
            following = reached if reached >> end & 1 else pattern.after(name, reached)
            if following:
                waiting.append((below, following))
    return tuple(found[order] for order in sorted(found))


def _moves(part: str, pattern: str) -> list[_Move]:
    """The parts of one name's pattern."""
    moves: list[_Move] = []
    at = 0
    while at < len(part):
        letter = part[at]
        if letter in "[{":
            end = part.find("]" if letter == "[" else "}", at)
            if end < 0:
                raise PatternError(f"{pattern[:100]}: a {letter} without its end")
            inside = part[at + 1 : end]
            moves.append(_one_of(inside) if letter == "[" else _words(inside, pattern))
            at = end
        elif letter in "]}":
            raise PatternError(f"{pattern[:100]}: a {letter} without its beginning")
        elif letter != "*":
            moves.append(_any_one if letter == "?" else _letter(letter))
        elif not moves or moves[-1] is not _any_run:
            moves.append(_any_run)
        at += 1
    return moves


def _any_one(name: _Name, places: int) -> int:
    return places << 1 & name.whole


def _any_run(name: _Name, places: int) -> int:
    """From the first place on, all of them."""
    return -(places & -places) & name.whole


def _letter(wanted: str) -> _Move:
    return lambda name, places: name.past(wanted, places)


def _one_of(inside: str) -> _Move:
    """`[abc]`, `[a-c]`, `[!a-c]`; a - at either end means itself."""
    without = inside.startswith("!")
    letters = _listed(inside[1:] if without else inside)

    def move(name: _Name, places: int) -> int:
        listed = sum(bits for letter, bits in name.letters.items() if letter in letters)
        return (places & (~listed if without else listed)) << 1 & name.whole

    return move


def _listed(inside: str) -> frozenset[str]:
    letters: set[str] = set()
    at = 0
    while at < len(inside):
        if at + 2 < len(inside) and inside[at + 1] == "-":
            first, last = sorted((ord(inside[at]), ord(inside[at + 2])))
            letters.update(map(chr, range(first, last + 1)))
            at += 3
        else:
            letters.add(inside[at])
            at += 1
    return frozenset(letters)


def _words(inside: str, pattern: str) -> _Move:
    """`{fire,water}`: any of the words, as they stand."""
    if not _SPECIAL.isdisjoint(inside):
        raise PatternError(f"{pattern[:100]}: words in {{}} are plain ones")
    words = inside.split(",")

    def move(name: _Name, places: int) -> int:
        reached = 0
        for word in words:
            at = places
            for letter in word:
                at = name.past(letter, at)
            reached |= at
        return reached

    return move
