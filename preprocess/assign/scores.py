"""How well each clip suits each movement, and what speaks for it in words.

Every wish is a term: its weight times where the clip stands, -0.5 to 0.5. A score is the sum of a movement's terms
over the sum of its weights, so that movements with many wishes draw no harder than those with few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from preprocess.assign.clips import Clips, Floats, Indices, ranked
from preprocess.assign.measures import MEASURES
from preprocess.assign.settings import Wishes
from preprocess.style.model import StyleMovement

Flags = npt.NDArray[np.bool_]

_MOST_SAID = 3  # terms in an explanation
_LEAST_LIKE = 0.05  # a cosine below is chance: TF-IDF's vectors of what has no word in common lie so near
_MOST_OF_TAGS = 2.0  # times the weight of the heaviest: what all wished tags weigh together, at most
_RULES = {"any": "", "none": "no people", "some": "people"}
_LEAST_SAID = 0.01  # of a score; less is not worth a word


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """One wish: `standing` is -0.5..0.5 a clip; `words` says it of some clips, "" where there is nothing to say."""

    weight: float
    standing: Floats
    words: Callable[[Indices], list[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Suitability:
    """How clips suit one movement: `score` about -0.5..0.5 a clip, and whether each `fits` its rules."""

    movement: str
    score: Floats
    fits: Flags
    _terms: tuple[_Term, ...]
    _rule: str

    def why(self, indices: Indices) -> list[str]:
        """What speaks for each of these clips, the strongest first: "architecture 0.71, straight lines, no people"."""
        if not len(indices):
            return []
        total = sum(abs(term.weight) for term in self._terms) or 1.0
        shares = np.array([term.weight * term.standing[indices] / total for term in self._terms]).T.reshape(
            len(indices), -1
        )
        leading = np.argsort(-shares, axis=1, kind="stable")
        words = zip(*(term.words(indices) for term in self._terms), strict=True) if self._terms else repeat(())
        return [
            self._said(share, order, word)
            for share, order, word in zip(shares.tolist(), leading.tolist(), words, strict=False)
        ]

    def _said(self, share: Sequence[float], order: Sequence[int], word: Sequence[str]) -> str:
        words: list[str] = []
        for number in order:
            if share[number] < _LEAST_SAID or len(words) == _MOST_SAID:
                break
            _say(word[number], words)
        _say(self._rule, words)
        return ", ".join(words) or "nothing speaks for it, and less for the other movements"


def _say(word: str, words: list[str]) -> None:
    """Add a reason, unless it is said already: a tag and a measure may say the same."""
    if word and not any(word in other or other in word for other in words):
        words.append(word)


def suitability(
    movement: StyleMovement,
    clips: Clips,
    tags: Mapping[str, Floats],
    likeness: Floats | None,
) -> Suitability:
    """How the clips suit a movement.

    `tags` has the confidence 0..1 of each wished tag, a clip; `likeness` that of each clip to the movement's
    description, in any scale that ascends, or None where there is none.
    """
    wishes = movement.wishes
    terms = [
        *(_measure(clips, name, weight) for name, weight in wishes.measures.items()),
        *_tags(wishes.tags, tags),
        *(_colour(clips, name, weight) for name, weight in wishes.colours.items()),
    ]
    if likeness is not None and wishes.likeness:
        some = np.where(likeness < _LEAST_LIKE, 0.0, likeness)
        terms.append(_Term(wishes.likeness, ranked(some) - 0.5, _liking(some)))
    terms = [term for term in terms if term.standing.any()]  # a tag that no clip has says nothing
    total = sum(abs(term.weight) for term in terms)
    score = sum((term.weight * term.standing for term in terms), np.zeros(len(clips)))
    return Suitability(
        movement.name, score / total if total else score, _fits(wishes, clips), tuple(terms), _RULES[wishes.people]
    )


def _measure(clips: Clips, name: str, weight: float) -> _Term:
    rank, value = clips.ranks[name], clips.measures[name]
    much, little = MEASURES[name]

    def words(indices: Indices) -> list[str]:
        standing = rank[indices]
        less = np.where((standing < 1 / 3) | (value[indices] == 0), little, "")
        said: list[str] = np.where(standing > 2 / 3, much, less).tolist()
        return said

    return _Term(weight, rank - 0.5, words)


def _tags(wished: Mapping[str, float], confidence: Mapping[str, Floats]) -> Iterator[_Term]:
    """Tags that are wished for are alternatives: what counts is the best that a clip has, so that many wishes dilute
    none of them. So are those that are not wanted."""
    for sign in (1, -1):
        weights = {name: abs(weight) for name, weight in wished.items() if weight * sign > 0 and name in confidence}
        if not weights:
            continue
        heaviest = max(weights.values())
        names = list(weights)
        standing = np.array([confidence[name] * weights[name] / heaviest for name in names])
        # Half of the way for what is absent: most clips have none of most tags.
        most = min(sum(weights.values()), _MOST_OF_TAGS * heaviest)
        yield _Term(sign * most, standing.max(axis=0) / 2, _tag_words(names, standing, confidence))


def _tag_words(
    names: Sequence[str], standing: Floats, confidence: Mapping[str, Floats]
) -> Callable[[Indices], list[str]]:
    none = f"no {' or '.join(names[:2])}"

    def words(indices: Indices) -> list[str]:
        best = standing[:, indices].argmax(axis=0)
        sure = np.array([confidence[name] for name in names])[best, indices]
        return [
            f"{names[number]} {how:.2f}" if how else none
            for number, how in zip(best.tolist(), sure.tolist(), strict=True)
        ]

    return words


def _colour(clips: Clips, name: str, weight: float) -> _Term:
    """A colour's share of the picture; "blue" is in "dark blue", too."""
    colours = clips.colours
    is_it = np.array([name in colour.split() for colour in colours.names], bool)[colours.name_index]
    share = np.bincount(colours.clip_index[is_it], colours.share[is_it], len(clips)).astype(np.float64)

    def words(indices: Indices) -> list[str]:
        return [f"{name} {part:.0%}" if part else f"no {name}" for part in share[indices].tolist()]

    return _Term(weight, ranked(share) - 0.5, words)


def _liking(likeness: Floats) -> Callable[[Indices], list[str]]:
    return lambda indices: [f"like its description {like:.2f}" if like else "" for like in likeness[indices].tolist()]


def _fits(wishes: Wishes, clips: Clips) -> Flags:
    fits = clips.duration_s >= wishes.shortest_s
    if wishes.longest_s is not None:
        fits &= clips.duration_s <= wishes.longest_s
    if wishes.people != "any":
        fits &= (clips.people > 0) == (wishes.people == "some")
    return np.asarray(fits)


def suitabilities(
    movements: Sequence[StyleMovement],
    clips: Clips,
    tags: Mapping[str, Floats],
    likenesses: Mapping[str, Floats],
) -> list[Suitability]:
    """How the clips suit each movement; `likenesses` by the movement's name, as far as there are any."""
    return [suitability(each, clips, tags, likenesses.get(each.name)) for each in movements]
