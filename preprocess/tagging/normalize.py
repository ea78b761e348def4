"""Tags brought to the words of a vocabulary: case, plurals, synonyms, and spelling where it is safe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from preprocess.catalogue.tags import TagChange
from preprocess.catalogue.texts import PERSON
from preprocess.catalogue.values import GivenTag
from preprocess.tagging.vocabulary import Vocabulary
from preprocess.tagging.words import plain, shortened, singular, slip

MAX_LENGTH = 40
MAX_WORDS = 4
# A misspelling is corrected unasked where the word is long enough not to be another one, hardly a clip has it so, and
# many have it right. Another letter in a place makes another word too often: horse and house, beach and peach.
_LEAST_LETTERS = 5
_MOST_WRITE_IT_SO = 2
_TIMES_AS_MANY_RIGHT = 5
_SAFE = ("letter missing", "letter too many", "letters swapped")


@dataclass(frozen=True, slots=True)
class Named:
    """What a given tag came to: `name` is '' where it is none. `why` is '' where it was written right.

    `unknown`: the vocabulary has no such word; `suggestion` is then a tag of it that may have been meant, or ''.
    """

    name: str
    why: str
    unknown: bool = False
    suggestion: str = ""


class Namer:
    """Names tags by a vocabulary, for a library in which these tags were given. Immutable but for its memory."""

    def __init__(self, vocabulary: Vocabulary, given: Iterable[GivenTag]) -> None:
        self._vocabulary = vocabulary
        self._near: dict[str, list[str]] = {}
        for word in vocabulary.meant:
            if len(word) >= _LEAST_LETTERS:
                for part in shortened(word):
                    self._near.setdefault(part, []).append(word)
        self._named: dict[str, Named] = {}
        self._clips: Counter[str] = Counter()  # that have each word, under the tag's name where it is known
        having = {(tag.slug, self._word(tag.tag)) for tag in given if tag.confidence > 0}
        self._clips.update(word for _, word in having)

    def named(self, given: str, origin: str) -> Named:
        """What a tag of this origin came to. A person's words stay, but for synonyms, case and number."""
        if origin == PERSON:
            words = plain(given) or given
            return self._known(given, words) or Named(words, "" if words == given else "written plainly", unknown=True)
        if given not in self._named:
            self._named[given] = self._of_others(given)
        return self._named[given]

    def _word(self, given: str) -> str:
        words = plain(given)
        known = self._known(given, words)
        return known.name if known else singular(words)

    def _of_others(self, given: str) -> Named:
        words = plain(given)
        if not words or len(words) > MAX_LENGTH or len(words.split()) > MAX_WORDS:
            return Named("", "is a sentence, no tag" if words else "has no letters")
        if {words, singular(words)} & self._vocabulary.ignored:
            return Named("", "is an ignored word")
        return self._known(given, words) or self._unknown(given, singular(words))

    def _known(self, given: str, words: str) -> Named | None:
        meant = self._vocabulary.meant
        for word in (words, singular(words)):
            if word in meant:
                if meant[word] == given:
                    return Named(given, "")
                ways = "written plainly" if meant[word] == word else f"{word} is a synonym"
                return Named(meant[word], ways if word == words else f"{ways}, in the singular")
        return None

    def _unknown(self, given: str, word: str) -> Named:
        meant = self._vocabulary.meant
        slips = [(slip(word, right), right) for right in self._candidates(word)]
        safe = {meant[right]: right for kind, right in slips if kind in _SAFE}
        if len(safe) == 1:
            [(name, right)] = safe.items()
            here, there = self._clips[word], self._clips[name]
            if here <= _MOST_WRITE_IT_SO and there >= _TIMES_AS_MANY_RIGHT * here:
                return Named(name, f"a slip of the pen for {right}, which {there} clips have")
        suggestion = next((meant[right] for kind, right in slips if kind is not None), "")
        plainly = "" if word == given else "written plainly, in the singular"
        return Named(word, plainly, unknown=True, suggestion=suggestion)

    def _candidates(self, word: str) -> list[str]:
        """Words of the vocabulary that one slip may part from this one."""
        if len(word) < _LEAST_LETTERS:
            return []
        return sorted({right for part in shortened(word) for right in self._near.get(part, ())})


def changes(namer: Namer, given: Sequence[GivenTag]) -> Iterator[TagChange]:
    """What became of given tags that were not written as the vocabulary has them; `given` in the catalogue's order.

    Where a person gave the same word as others did, it is the person's that counts.
    """
    found: dict[tuple[str, str], TagChange] = {}
    persons = {(tag.slug, tag.tag) for tag in given if tag.origin == PERSON}
    for tag in given:
        key = tag.slug, tag.tag
        named = namer.named(tag.tag, PERSON if key in persons else tag.origin)
        if named.name != tag.tag:
            found[key] = TagChange(*key, named.name, named.why)
    yield from found.values()


def normalized(given: Iterable[GivenTag], renamed: Iterable[TagChange]) -> list[GivenTag]:
    """Given tags under the names that `normalize` found, in order of slug and tag, without those that it dropped.

    Of an origin that gave a tag under several names, the greatest confidence counts.
    """
    names = {(change.slug, change.before): change.after for change in renamed}
    found: dict[tuple[str, str, str], float] = {}
    for tag in given:
        name = names.get((tag.slug, tag.tag), tag.tag)
        if name:
            key = tag.slug, name, tag.origin
            found[key] = max(tag.confidence, found.get(key, 0.0))
    return [GivenTag(*key, confidence) for key, confidence in sorted(found.items())]
