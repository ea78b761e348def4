"""Doubts about texts that say the same of many clips."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from preprocess.check.doubts import Doubt
from preprocess.check.settings import CheckSettings
from preprocess.check.shape import words_of

# Words that every text has.
_COMMON = "a an the and or of in on at by to from with into its it is are as this that for over under"

_Bag = frozenset[str]


def likeness_doubts(
    texts: Mapping[str, str], repeats: Mapping[str, str], settings: CheckSettings
) -> dict[str, list[Doubt]]:
    """Which texts (by slug) too many clips have, word for word or nearly; only the doubtful ones are in it.

    `repeats` says which clip another one repeats: what shows the same may be called the same, and counts once.
    """
    found: dict[str, list[Doubt]] = defaultdict(list)
    pictures = {slug: _original(slug, repeats) for slug in texts}
    worded = {slug: " ".join(words_of(text)) for slug, text in texts.items()}
    same = _by_value(worded)
    for slugs in same.values():
        count = len({pictures[slug] for slug in slugs})
        if count > settings.most_same:
            for slug in slugs:
                found[slug].append(Doubt("repeated", f"{count - 1} other clips have the same text"))
    for slug, count in _alike(worded, pictures, settings.alike):
        if count > settings.most_alike and slug not in found:
            found[slug].append(Doubt("alike", f"{count - 1} other clips have nearly the same text"))
    return dict(found)


def _original(slug: str, repeats: Mapping[str, str]) -> str:
    seen = {slug}
    while (of := repeats.get(slug)) is not None and of not in seen:
        seen.add(of)
        slug = of
    return slug


def _by_value(worded: Mapping[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for slug, text in worded.items():
        if text:
            groups[text].append(slug)
    return groups


def _alike(worded: Mapping[str, str], pictures: Mapping[str, str], least: float) -> Iterator[tuple[str, int]]:
    """(slug, how many different pictures have nearly its words, its own among them)."""
    slugs_of: dict[_Bag, list[str]] = defaultdict(list)
    for slug, text in worded.items():
        if bag := frozenset(text.split()).difference(_COMMON.split()):
            slugs_of[bag].append(slug)
    shown = {bag: {pictures[slug] for slug in slugs} for bag, slugs in slugs_of.items()}
    near: dict[_Bag, set[str]] = {bag: set(shown[bag]) for bag in slugs_of}
    for one, other in _pairs(list(slugs_of), least):
        near[one] |= shown[other]
        near[other] |= shown[one]
    for bag, slugs in slugs_of.items():
        yield from ((slug, len(near[bag])) for slug in slugs)


def _pairs(bags: list[_Bag], least: float) -> Iterator[tuple[_Bag, _Bag]]:
    """All pairs with at least this share of their words in common (Jaccard).

    By prefix filtering (Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity joins in data cleaning",
    2006): with words in order of rarity, two such bags share one of their first few words.
    """
    often = Counter(word for bag in bags for word in bag)
    ordered = sorted(bags, key=lambda bag: (len(bag), sorted(bag)))
    having: dict[str, list[_Bag]] = defaultdict(list)
    for bag in ordered:
        rarest = sorted(bag, key=lambda word: (often[word], word))
        prefix = rarest[: len(bag) - math.ceil(least * len(bag) - 1e-9) + 1]
        candidates = {other for word in prefix for other in having[word] if len(other) >= least * len(bag)}
        for other in candidates:
            if len(bag & other) >= least * len(bag | other):
                yield bag, other
        for word in prefix:
            having[word].append(bag)
