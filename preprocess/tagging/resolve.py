"""Tags settled: of tags that exclude one another, the one that holds, by who gave it and by what was measured.

What a person says always holds. Of the others, origins that agree strengthen one another: a tag is believed by
1 − Π(1 − trust · confidence). Of tags that exclude one another the one with the most belief and evidence together
stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from preprocess.catalogue.tags import TagChange
from preprocess.catalogue.texts import PERSON
from preprocess.catalogue.values import Analysis, GivenTag
from preprocess.tagging.settings import TaggingSettings, Trust
from preprocess.tagging.vocabulary import Exclusive, Vocabulary

_NO_EVIDENCE = 0.5  # what a tag has that nothing was measured of
_CANNOT_BE, _MUST_BE = 0.0, 1.0
# A tag that is believed this much holds against the measures, as long as no other tag speaks against it.
_BEYOND_DOUBT = 0.9
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Settled:
    """The tags of a fragment that hold, with their confidence, and what was dropped."""

    tags: Mapping[str, float]
    changes: tuple[TagChange, ...]


def settle(
    given: Sequence[GivenTag], vocabulary: Vocabulary, settings: TaggingSettings, analysis: Analysis | None
) -> Settled:
    """Settle one fragment's tags. Those given are normalised already; `analysis` is None where it was not measured."""
    return _Settling(given, vocabulary, analysis).settled(settings)


def _belief(given: Iterable[GivenTag], trust: Trust) -> dict[str, float]:
    doubt: dict[str, float] = {}
    for tag in given:
        believed = 1.0 if tag.origin == PERSON else getattr(trust, tag.origin, trust.others) * tag.confidence
        doubt[tag.tag] = doubt.get(tag.tag, 1.0) * (1 - min(max(believed, 0.0), 1.0))
    return {tag: round(1 - left, _DIGITS) for tag, left in sorted(doubt.items())}


@dataclass(slots=True)
class _Settling:
    given: Sequence[GivenTag]
    vocabulary: Vocabulary
    analysis: Analysis | None
    said: dict[str, float] = field(default_factory=dict)  # tags that were given and still hold, with their belief
    firm: set[str] = field(default_factory=set)  # what a person says, and what follows from it
    taken: set[str] = field(default_factory=set)  # what a person took away
    dropped: dict[str, str] = field(default_factory=dict)  # why

    def settled(self, settings: TaggingSettings) -> Settled:
        of_person = {tag.tag: tag.confidence > 0 for tag in self.given if tag.origin == PERSON}
        self.taken = {tag for tag, has in of_person.items() if not has}
        self.said = _belief((tag for tag in self.given if tag.tag not in self.taken), settings.trust)
        own = {tag for tag, has in of_person.items() if has}
        self.firm = own | {wider for tag in own for wider in self._parents(tag) if wider not in self.taken}
        for tag in {tag.tag for tag in self.given if tag.origin != PERSON} & self.taken:
            self.dropped[tag] = "a person took it away"
        for tag, belief in list(self.said.items()):
            if belief < settings.least_confidence and tag not in self.firm:
                self._drop(tag, f"hardly believed: {belief:.2f}")
        for group in self.vocabulary.exclusive:
            self._choose(group)
        slug = self.given[0].slug if self.given else ""
        changes = tuple(TagChange(slug, tag, "", why) for tag, why in sorted(self.dropped.items()))
        return Settled(dict(sorted(self._holding().items())), changes)

    def _parents(self, tag: str) -> tuple[str, ...]:
        return self.vocabulary.parents.get(tag, ())

    def _holding(self) -> dict[str, float]:
        """The tags that still hold and the wider ones that follow from them."""
        holding = dict(self.said)
        for tag, belief in self.said.items():
            for wider in self._parents(tag):
                if wider not in self.taken and wider not in self.dropped:
                    holding[wider] = max(belief, holding.get(wider, 0.0))
        return holding

    def _drop(self, tag: str, why: str) -> None:
        """Drop a tag, and with it the narrower ones: what is no water is no lake."""
        self.said.pop(tag, None)
        self.dropped[tag] = why
        for narrower in list(self.said):
            if tag in self._parents(narrower) and narrower not in self.firm:
                del self.said[narrower]
                self.dropped[narrower] = f"would be {tag}, which does not hold"

    def _choose(self, group: Exclusive) -> None:
        holding = self._holding()
        rivals = tuple(tag for tag in group.tags if tag in holding)
        certain = [tag for tag in rivals if tag in self.firm]
        if certain:
            for tag in rivals:
                if tag not in self.firm:
                    self._drop(tag, f"a person says {certain[0]}")
        elif len(rivals) > 1:
            self._weigh(group, rivals, holding)
        elif rivals and holding[rivals[0]] < _BEYOND_DOUBT:
            self._doubt(group, rivals[0])

    def _weigh(self, group: Exclusive, rivals: tuple[str, ...], belief: Mapping[str, float]) -> None:
        weights: dict[str, float] = {}
        for tag in rivals:
            evidence = group.evidence(tag, self.analysis)
            weights[tag] = round(belief[tag] + (_NO_EVIDENCE if evidence is None else evidence), _DIGITS)
        winner = max(rivals, key=lambda tag: weights[tag])  # of equals, the first in the vocabulary
        witness = group.witness(rivals, self.analysis)
        for tag in rivals:
            if tag != winner:
                by = f", {witness}" if witness else ""
                self._drop(tag, f"{winner} {weights[winner]:.2f} against {weights[tag]:.2f}{by}")

    def _doubt(self, group: Exclusive, tag: str) -> None:
        """Drop a tag that stands alone where the measures deny it and are sure of another one of its group."""
        if group.evidence(tag, self.analysis) != _CANNOT_BE:
            return
        sure = next((other for other in group.tags if group.evidence(other, self.analysis) == _MUST_BE), None)
        if sure is not None:
            self._drop(tag, f"measured, it is {sure}: {group.witness((tag, sure), self.analysis)}")
