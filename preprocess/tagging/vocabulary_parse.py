"""vocabulary.yaml's text → Vocabulary, or every mistake in it at once."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationError

from engine.errors import Problem, ShowError
from engine.formats.nearest import did_you_mean
from engine.formats.show_parse import explained, mistakes
from engine.formats.yaml_lines import Document, Place, dotted, read_yaml
from engine.model.part import Part
from preprocess.catalogue.query import MEASURES
from preprocess.tagging.vocabulary import Exclusive, Ramp, Vocabulary
from preprocess.tagging.words import plain

_MEASURES = tuple(measure for measure in MEASURES if measure != "duration_s")  # those that an analysis has
_ONE_BESIDE = 2


class _Tag(Part):
    synonyms: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


class _File(Part):
    """What may stand in the file. A tag may be left without a value."""

    version: Literal[1] = 1
    tags: dict[str, _Tag | None] = Field(default_factory=dict)
    exclusive: dict[str, dict[str, dict[str, tuple[float, float]] | None]] = Field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def parse_vocabulary(text: str, file: str) -> Vocabulary:
    """Read a vocabulary's text; `file` is the name that problems carry. Any thread.

    Raises ShowError with every problem found, in the order of their lines: syntax, unknown and repeated keys, words
    that two tags claim, parents that nobody knows or that go round in a circle, tags that exclude one another and
    are to hold together.
    """
    document = read_yaml(text, file)
    if not isinstance(document.value, dict):
        raise ShowError([Problem(file, 0, "", "is not a group of settings", "begin with tags:")])
    problems = list(document.problems)
    parsed = _File()
    try:
        parsed = _File.model_validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        for details, place in mistakes(error):
            problems.append(Problem(file, document.line(place), dotted(place), *explained(details, place, _File)))
    checker = _Checker(document, file)
    problems += checker.problems()
    if problems:
        raise ShowError(sorted(set(problems), key=lambda problem: (problem.line, problem.path)))
    return _vocabulary(parsed)


def _vocabulary(parsed: _File) -> Vocabulary:
    meant = {name: name for name in parsed.tags}
    for name, tag in parsed.tags.items():
        meant |= {plain(synonym): name for synonym in (tag.synonyms if tag else ())}
    direct = {name: tag.parents if tag else () for name, tag in parsed.tags.items()}
    exclusive = tuple(
        Exclusive(name, {tag: _ramps(evidence or {}) for tag, evidence in tags.items()})
        for name, tags in parsed.exclusive.items()
    )
    parents = {name: _ancestors(name, direct) for name in parsed.tags}
    return Vocabulary(meant, parents, exclusive, frozenset(plain(word) for word in parsed.ignored))


def _ramps(evidence: Mapping[str, tuple[float, float]]) -> tuple[Ramp, ...]:
    return tuple(Ramp(measure, *bounds) for measure, bounds in evidence.items())


def _ancestors(name: str, direct: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """All wider tags of a tag, the nearest first; none twice, even where parents go round in a circle."""
    found: dict[str, None] = {}
    level = [name]
    while level:
        level = [parent for one in level for parent in direct.get(one, ()) if parent not in found and parent != name]
        found |= dict.fromkeys(level)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Checker:
    """Looks for mistakes of meaning in whatever of the document is written right."""

    document: Document
    file: str

    def problems(self) -> Iterator[Problem]:
        tags = _dict(self.document.value.get("tags"))
        yield from self._words(tags)
        direct = {name: tuple(_texts(_dict(tag).get("parents")).values()) for name, tag in tags.items()}
        yield from self._parents(direct)
        yield from self._exclusive({name: _ancestors(name, direct) for name in direct})

    def _problem(self, place: Place, what: str, mend: str = "") -> Problem:
        return Problem(self.file, self.document.line(place), dotted(place), what, mend)

    def _words(self, tags: Mapping[str, Any]) -> Iterator[Problem]:
        """Tags that are not written plainly, and words that two claim."""
        claimed: dict[str, tuple[Place, str]] = {}
        for name in tags:
            if plain(name) != name:
                yield self._problem(
                    ("tags", name), "is not written as tags are", f"write it as {plain(name) or 'words'}"
                )
            claimed[name] = ("tags", name), f"the tag {name}"
        words: list[tuple[Place, str, str]] = [
            (("tags", name, "synonyms", index), word, name)
            for name, tag in tags.items()
            for index, word in _texts(_dict(tag).get("synonyms")).items()
        ]
        words += [(("ignored", index), word, "") for index, word in _texts(self.document.value.get("ignored")).items()]
        for place, word, name in words:
            owner = f"a synonym of {name}" if name else "an ignored word"
            if not plain(word):
                yield self._problem(place, "is no word", "leave it out")
            elif plain(word) in claimed:
                first, by = claimed[plain(word)]
                line = self.document.line(first)
                yield self._problem(place, f"{plain(word)} is {by} already (line {line})", "keep one of them")
            else:
                claimed[plain(word)] = place, owner

    def _parents(self, direct: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
        in_circle: set[str] = set()
        for name, parents in direct.items():
            for index, parent in enumerate(parents):
                if parent not in direct:
                    mend = did_you_mean(parent, direct, "add it to tags")
                    yield self._problem(("tags", name, "parents", index), f"there is no tag {parent}", mend)
            circle = _circle(name, direct)
            if circle and name not in in_circle:
                in_circle |= set(circle)
                shown = " > ".join((*circle, circle[0]))
                yield self._problem(
                    ("tags", name, "parents"), f"goes round in a circle: {shown}", "take one parent out"
                )

    def _exclusive(self, ancestors: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
        group_of: dict[str, str] = {}
        for group, members in _dict(self.document.value.get("exclusive")).items():
            if len(_dict(members)) < _ONE_BESIDE:
                yield self._problem(("exclusive", group), "has nothing that excludes another", "name two tags at least")
            for tag, evidence in _dict(members).items():
                place: Place = ("exclusive", group, tag)
                if tag not in ancestors:
                    yield self._problem(place, f"there is no tag {tag}", did_you_mean(tag, ancestors, "add it to tags"))
                if group_of.setdefault(tag, group) != group:
                    yield self._problem(place, f"is in the group {group_of[tag]} already", "keep it in one")
                yield from self._evidence(place, _dict(evidence))
        for tag, wider in ancestors.items():
            held = [one for one in (tag, *wider) if one in group_of]
            for one in held:
                other = next((o for o in held if o != one and group_of[o] == group_of[one]), None)
                if other is not None and held.index(one) < held.index(other):
                    what = f"would be {one} and {other}, which exclude one another"
                    yield self._problem(("tags", tag, "parents"), what, f"see exclusive.{group_of[one]}")

    def _evidence(self, place: Place, evidence: Mapping[str, Any]) -> Iterator[Problem]:
        for measure, bounds in evidence.items():
            if measure not in _MEASURES:
                mend = did_you_mean(measure, _MEASURES, f"there are {', '.join(_MEASURES)}")
                yield self._problem((*place, measure), f"{measure} is not measured", mend)
            numbers = (
                [number for number in bounds if isinstance(number, int | float)] if isinstance(bounds, list) else []
            )
            if len(numbers) == _ONE_BESIDE and (numbers[0] == numbers[1] or not all(map(math.isfinite, numbers))):
                mend = "first the value that says nothing for it, then the one that says all"
                yield self._problem((*place, measure), "must be two different numbers", mend)


def _circle(name: str, direct: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The shortest way from a tag up to itself; empty where there is none."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen: set[str] = set()
    for way in ways:  # grows as it goes: breadth first
        for parent in direct.get(way[-1], ()):
            if parent == name:
                return way
            if parent not in seen:
                seen.add(parent)
                ways.append((*way, parent))
    return ()


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> dict[int, str]:
    """The texts of a list, by their places in it."""
    found = enumerate(value) if isinstance(value, list) else ()
    return {index: one for index, one in found if isinstance(one, str)}
