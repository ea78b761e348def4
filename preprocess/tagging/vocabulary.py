"""The vocabulary: which words are tags, which mean the same, which belong to wider ones, which exclude one another.

`docs/preprocess.md` describes the file, `vocabulary_file` finds it for a library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from preprocess.catalogue.values import Analysis


@dataclass(frozen=True, slots=True)
class Ramp:
    """What a measure says for a tag: nothing at `none_at`, all at `full_at` and beyond; between them in proportion."""

    measure: str
    none_at: float
    full_at: float

    def __call__(self, value: float) -> float:
        return min(max((value - self.none_at) / (self.full_at - self.none_at), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Exclusive:
    """Tags of which a clip has one at most, each with what a clip's measures say for it."""

    name: str
    tags: Mapping[str, tuple[Ramp, ...]]

    def evidence(self, tag: str, analysis: Analysis | None) -> float | None:
        """What the analysis says for a tag, 0..1; None where it says nothing."""
        said = [ramp(value) for ramp in self.tags[tag] if (value := _measured(analysis, ramp.measure)) is not None]
        return sum(said) / len(said) if said else None

    def witness(self, tags: tuple[str, ...], analysis: Analysis | None) -> str:
        """The measures that spoke on these tags, for a person: `brightness 0.12, motion 0.3`."""
        measures = dict.fromkeys(ramp.measure for tag in tags for ramp in self.tags[tag])
        values = {measure: _measured(analysis, measure) for measure in measures}
        return ", ".join(f"{measure} {value:.2g}" for measure, value in values.items() if value is not None)


def _measured(analysis: Analysis | None, measure: str) -> float | None:
    return None if analysis is None else getattr(analysis, measure)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A vocabulary without mistakes.

    `meant` has the tag that each word stands for, tags themselves among them; `parents` the wider tags of each tag,
    all the way up, the nearest first; `ignored` the words that are no tags.
    """

    meant: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclusive: tuple[Exclusive, ...] = ()
    ignored: frozenset[str] = frozenset()
