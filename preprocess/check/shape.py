"""Doubts about a text that show in the text alone: empty, cut off, or shaped like a model's invention."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from preprocess.catalogue.values import TextKind
from preprocess.check.doubts import Doubt

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# No caption ends with one of these: something was to follow.
_LEADS_ON = """
    a an the and or but nor of in on at by to from with without into onto over under near behind between for as is are
    was were be being been has have had that which who whose its his her their this these those very than
"""
_ENDS = (".", "!", "?", "…", '."', ".”", ".’", ".)")
_LONGEST_LOOP, _LEAST_LOOPS = 4, 3
_LEAST_WORDS_OF_A_LOOP = 12
_LEAST_VARIETY = 0.45
_PICTURES = r"(?:picture|photo(?:graph)?|image|video|film|frame|screenshot|drawing|painting)"
# A picture of a picture, the model itself, what it was told, and what stock pictures are stamped with.
_INVENTED = {
    rf"\b{_PICTURES} of (?:an? |the )?{_PICTURES}\b": "speaks of a picture of a picture",
    r"\bas an? (?:ai|language|large language)\b": "speaks of its own maker",
    r"\bi (?:can ?not|can['’]t|am unable)\b|\bi['’]m sorry\b|\bi apologi[sz]e\b": "declines to answer",
    r"\b(?:ignore|disregard|forget)\b.{0,30}\b(?:instructions?|prompts?|rules)\b|\bsystem prompt\b": (
        "repeats an instruction"
    ),
    r"https?://|\bwww\.|```|</?[a-z]+>|[{}]|\\u[0-9a-f]{4}": "holds an address, code or markup",
    r"\b(?:shutterstock|getty ?images|istock|alamy|arafed|araffe\w*)\b|\blorem ipsum\b": "repeats what models repeat",
}
_INVENTIONS = tuple((re.compile(pattern, re.IGNORECASE), why) for pattern, why in _INVENTED.items())


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return [word.casefold() for word in _WORD.findall(text)]


def shape_doubts(text: str, kind: TextKind, fewest_words: int) -> Iterator[Doubt]:
    """What the text alone gives reason to doubt. An empty one gives no other."""
    words = words_of(text)
    if len(words) < fewest_words:
        counted = "no word" if not words else f"{len(words)} word{'s' if len(words) > 1 else ''} only"
        yield Doubt("empty", f"it has {counted}")
        return
    truncated = _truncated(text.strip(), words, kind)
    if truncated:
        yield Doubt("truncated", truncated)
    invented = next((why for pattern, why in _INVENTIONS if pattern.search(text)), "") or _loop(words)
    if invented:
        yield Doubt("hallucinated", invented)


def _truncated(text: str, words: Sequence[str], kind: TextKind) -> str:
    if kind == "description" and not text.endswith(_ENDS):
        return f'it ends without a full stop, with "{words[-1]}"'
    if text[-1] in ",;:-–—&(/":
        return f'it ends with "{text[-1]}"'
    if words[-1] in _LEADS_ON.split() and not text.endswith(_ENDS):
        return f'it ends with "{words[-1]}"'
    if _breaks_off(words) and not text.endswith(_ENDS):
        return f'it ends within a word, "{words[-1]}"'
    return ""


# What a word gains without becoming another one.
_ENDINGS = re.compile(r"e?s|e?d|ing|e?r|est|en|is[ht]|y|al|ally|ous|able|ible|ion|ation")


def _breaks_off(words: Sequence[str]) -> bool:
    """Whether the last word is a single consonant, or the beginning of an earlier word that goes on with a vowel.

    One that goes on with a consonant may be made of two: screen, screenshot.
    """
    last = words[-1]
    if len(last) == 1:
        return last.isalpha() and last not in "aeiou"
    rests = (word[len(last) :] for word in words[:-1] if len(last) > 2 and word.startswith(last))
    return any(len(rest) > 1 and rest[0] in "aeiouy" and not _ENDINGS.fullmatch(rest) for rest in rests)


def _loop(words: Sequence[str]) -> str:
    """Words that go round in a circle."""
    for length in range(1, _LONGEST_LOOP + 1):
        for begin in range(len(words) - length * _LEAST_LOOPS + 1):
            phrase = words[begin : begin + length]
            if all(
                words[begin + turn * length : begin + (turn + 1) * length] == phrase for turn in range(1, _LEAST_LOOPS)
            ):
                return f'it repeats "{" ".join(phrase)}"'
    pairs = Counter(zip(words, words[1:], words[2:], strict=False))
    if pairs and (often := pairs.most_common(1)[0])[1] >= _LEAST_LOOPS:
        return f'it says "{" ".join(often[0])}" {often[1]} times'
    if len(words) >= _LEAST_WORDS_OF_A_LOOP and len(set(words)) / len(words) < _LEAST_VARIETY:
        return f"it has {len(set(words))} different words among {len(words)}"
    return ""
