"""Tags by rules: what an analysis shows, and which words of the vocabulary a caption has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from preprocess.caption import looks
from preprocess.caption.colours import family
from preprocess.caption.composed import named_colours
from preprocess.catalogue.values import Analysis
from preprocess.tagging.vocabulary import Vocabulary
from preprocess.tagging.words import plain, singular

_LONGEST_PHRASE = 4  # words
_CROWD = 5
_DENIALS = frozenset(("no", "not", "without", "never", "nobody", "hardly"))
_CLAUSES = re.compile(r"[,.;:!?()\n]|\bbut\b")
# A word that was written of the clip weighs more with a model that saw it than in what was composed from measures.
_SAID = {"person": 0.95, "blip2": 0.8, "language_model": 0.75}
_SAID_OTHERWISE = 0.6
_SEASONS = {
    "winter": ("winter", "snow", "snowy", "ice", "icy", "skiing", "sledge", "christmas"),
    "spring": ("spring", "blossom", "easter", "tulip"),
    "summer": ("summer", "beach", "swimming", "sunbathing", "bikini", "ice cream"),
    "autumn": ("autumn", "fall leaves", "falling leaves", "harvest", "pumpkin"),
}
_NAMED_SEASON, _HINT_OF_SEASON = 0.8, 0.5


def tags_of_caption(caption: str, origin: str, vocabulary: Vocabulary) -> dict[str, float]:
    """The tags whose words stand in a caption, with confidences, in order of name; none that is denied."""
    said = _SAID.get(origin, _SAID_OTHERWISE)
    found: dict[str, float] = {}
    for clause in _CLAUSES.split(caption.casefold()):
        words = plain(clause).split()
        for phrase in _phrases(words, vocabulary):
            tag = vocabulary.meant[phrase]
            if tag not in vocabulary.ignored:
                found[tag] = said
    found.update(_seasons(plain(caption), said))
    return dict(sorted(found.items()))


def _phrases(words: list[str], vocabulary: Vocabulary) -> Iterator[str]:
    """The words of the vocabulary in a clause, the longest first where they overlap; those after a denial left out."""
    at = 0
    while at < len(words):
        if words[at] in _DENIALS:
            return
        for length in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + length])
            known = next((one for one in (phrase, singular(phrase)) if one in vocabulary.meant), None)
            if known is not None:
                yield known
                at += length
                break
        else:
            at += 1


def _seasons(text: str, said: float) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for season, words in _SEASONS.items():
        if any(re.search(rf"\b{word}\b", text) for word in words):
            named = re.search(rf"\b{season}\b", text)
            found[season] = round(said * (_NAMED_SEASON if named else _HINT_OF_SEASON), 2)
    return found if len(found) == 1 else {}


def tags_of_analysis(a: Analysis, vocabulary: Vocabulary) -> dict[str, float]:
    """The tags that the measures speak for, with confidences, in order of name. A black clip is black and dark."""
    if a.black:
        return {"black": 0.95, "dark": 0.95}
    given: dict[str, float] = {}
    for rule in (_colour_tags, _light_tags, _motion_tags, _people_tags, _texture_tags, _place_tags):
        for tag, confidence in rule(a):
            meant = vocabulary.meant.get(tag, tag)
            given[meant] = max(given.get(meant, 0.0), round(min(max(confidence, 0.05), 0.95), 2))
    return dict(sorted(given.items()))


def _colour_tags(a: Analysis) -> Iterator[tuple[str, float]]:
    grey = looks.colourfulness(a) == "colourless"
    for name, share in named_colours(a):
        yield name.split()[-1], (0.3 if grey else 0.45) + share / 2
    if grey:
        yield "monochrome", 0.9 - 5 * a.saturation
    elif looks.colourfulness(a) == "vivid":
        yield "colourful", 0.4 + a.saturation / 2


def _light_tags(a: Analysis) -> Iterator[tuple[str, float]]:
    light = looks.light(a)
    if light in ("bright", "glaring"):
        yield "bright", a.brightness
    elif light in ("dark", "nearly black"):
        yield "dark", 0.95 - 1.5 * a.brightness
    if light == "dark" and a.contrast > 0.3:  # lamps in the dark
        yield "night", 0.3 + a.contrast / 4
    elif light == "bright" and a.warmth < 0.55:
        yield "day", 0.3 + a.brightness / 4


def _motion_tags(a: Analysis) -> Iterator[tuple[str, float]]:
    movement = looks.movement(a)
    if movement == "still":
        yield "still", 0.9 if a.static else 0.7
    elif movement == "calm":
        yield "calm", 0.55
        yield "moving", 0.35
    else:
        yield "moving", 0.5 + a.motion / 2
    if movement in ("lively", "wild"):
        yield "fast", 0.3 + a.motion / 2
    pace, _ = looks.drift(a)
    if pace and not a.static:
        yield "pan", {"slow": 0.5, "plain": 0.65, "fast": 0.6}[pace]
        if pace == "slow" and movement not in ("lively", "wild"):
            yield "slow", 0.5
    if looks.zoom(a)[0] and not a.static:
        yield "zoom", 0.55
    if looks.shake(a):
        yield "shaky", 0.3 + a.shake / 2


def _people_tags(a: Analysis) -> Iterator[tuple[str, float]]:
    if a.faces:
        yield "face", 0.5 + a.faces_share * 0.4
        if a.faces == 1 and a.faces_share > 0.5 and a.skin > 0.1:
            yield "portrait", 0.3 + a.faces_share * 0.4
    if looks.seen_people(a):
        yield "people", 0.45 + max(a.faces_share, a.people_share) / 2
    if looks.seen_people(a) >= _CROWD:
        yield "crowd", 0.65


def _texture_tags(a: Analysis) -> Iterator[tuple[str, float]]:
    texture = looks.texture(a)
    if texture == "blurred":
        yield "blurred", 0.75
    elif a.sharpness > 0.9:
        yield "sharp", 0.6
    if texture == "lines" and not looks.seen_people(a):
        yield "architecture", 0.15 + a.straight_lines / 2


def _place_tags(a: Analysis) -> Iterator[tuple[str, float]]:
    """Guesses at where it is: sky and green are outdoors; warm dim light without either is indoors."""
    shares: dict[str, float] = {}
    for colour in a.colours:
        of = family(colour.name)
        shares[of] = shares.get(of, 0.0) + colour.share
    blue, green = shares.get("blue", 0.0), shares.get("green", 0.0)
    if blue > 0.2 and a.brightness > 0.45 and a.saturation > 0.15:
        yield "outdoor", 0.3 + blue / 2
    if green > 0.25 and a.saturation > 0.15:
        yield "outdoor", 0.3 + green / 2
        yield "nature", 0.2 + green / 2
    if looks.temperature(a) == "warm" and looks.light(a) in ("dim", "dark") and blue + green < 0.1:
        yield "indoor", 0.3 + (a.warmth - 0.5)
