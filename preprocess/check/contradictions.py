"""Doubts about a text that the measures of its clip give: it says night, and the picture is bright."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from preprocess.caption import looks
from preprocess.caption.colours import family
from preprocess.catalogue.values import Analysis

_NOT = re.compile(r"\b(?:no|not|never|without|hardly|neither|nor|isn['’]t|aren['’]t)\W+(?:\w+\W+)?$")
_SEEN_OFTEN = 0.2  # of the frames: people who are seen more often than this are there
_NO_SKIN = 0.005
_GREY = 0.04  # saturation
_HEARD_LUFS = -30.0

# A colour of light, not of a thing: "dark", but not "dark hair".
_ALONE = r"(?=\s*(?:$|[,.;:!?]|and\b|but\b|(?:scene|picture|place|room|street|sky|night|light|day|shot|film|image)\b))"


@dataclass(frozen=True, slots=True)
class _Claim:
    """Words that claim something, and what of an analysis speaks against it ('' where nothing does)."""

    words: re.Pattern[str]
    against: Callable[[Analysis], str]


def _claim(words: str, against: Callable[[Analysis], str]) -> _Claim:
    return _Claim(re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE), against)


def _too_bright(a: Analysis) -> str:
    return f"is {looks.light(a)} (brightness {a.brightness:.2f})" if looks.light(a) in ("bright", "glaring") else ""


def _too_dark(a: Analysis) -> str:
    return f"is {looks.light(a)} (brightness {a.brightness:.2f})" if looks.light(a) in ("nearly black", "dark") else ""


def _somebody(a: Analysis) -> str:
    if a.faces and a.faces_share > _SEEN_OFTEN:
        return f"has {a.faces} face{'s' if a.faces > 1 else ''}"
    if a.people and a.people_share > _SEEN_OFTEN:
        return f"has {a.people} {'people' if a.people > 1 else 'person'}"
    return ""


def _nobody(a: Analysis) -> str:
    seen = a.faces or a.people or a.skin >= _NO_SKIN or looks.colourfulness(a) == "colourless"
    return "" if seen else "shows no face and no tone of skin"


def _too_lively(a: Analysis) -> str:
    return f"moves (motion {a.motion:.2f})" if looks.movement(a) in ("lively", "wild") else ""


def _too_still(a: Analysis) -> str:
    return f"is still (motion {a.motion:.2f})" if looks.movement(a) == "still" else ""


def _too_colourful(a: Analysis) -> str:
    return f"is vivid (saturation {a.saturation:.2f})" if looks.colourfulness(a) == "vivid" else ""


def _too_grey(a: Analysis) -> str:
    return f"has no colour (saturation {a.saturation:.2f})" if a.saturation < _GREY else ""


def _too_loud(a: Analysis) -> str:
    heard = a.loudness_lufs is not None and a.loudness_lufs > _HEARD_LUFS
    return f"has sound ({a.loudness_lufs:.0f} LUFS)" if heard else ""


def _too_quiet(a: Analysis) -> str:
    return "has no sound" if a.loudness_lufs is None else ""


_STILL = (
    r"still picture|still image|motionless|nothing moves|frozen picture|almost still|stands still|hardly any movement"
)
_MOVING = r"wild movement|whirl of movement|lively movement|much movement|fast[- ]moving|racing|rushing|speeding"
_CHROMATIC = r"red|orange|yellow|green|teal|cyan|turquoise|blue|violet|purple|magenta|pink"

_CLAIMS = (
    _claim(rf"night|nighttime|midnight|at night|darkness|nearly black|little light|dark{_ALONE}", _too_bright),
    _claim(rf"daylight|sunny|sunshine|broad day|well lit|glaring light|dazzlingly bright|bright{_ALONE}", _too_dark),
    _claim(r"nobody|no people|no person|no one|no faces?|deserted|empty of people|without people", _somebody),
    _claim(r"faces?|portrait|selfie", _nobody),
    _claim(_STILL, _too_lively),
    _claim(_MOVING, _too_still),
    _claim(r"black[- ]and[- ]white|hardly any colour|drained of colour|monochrome|greyscale|grayscale", _too_colourful),
    _claim(r"vivid colou?rs?|strong colou?rs?|colou?rful|brightly colou?red", _too_grey),
    _claim(rf"(?:all|mostly|nearly all) (?:{_CHROMATIC})", _too_grey),
    _claim(r"silent|no sound|soundless", _too_loud),
    _claim(r"loud sound|rhythmic sound|a beat in its sound", _too_quiet),
)
# Claims that begin with a negation of their own are not denied by it.
_DENIES = re.compile(r"^(?:no|nobody|without|hardly|nothing|almost)\b", re.IGNORECASE)
_COLOURLESS, _COLOURFUL = r"black[- ]and[- ]white|monochrome", r"vivid colou?rs?|colou?rful"
_NOBODY, _PEOPLE = r"nobody|no people|no one|deserted", r"(?:one|two|three|many|several) (?:people|person|faces?)"
_PAIRS: Sequence[tuple[str, re.Pattern[str], re.Pattern[str]]] = tuple(
    (what, re.compile(rf"\b(?:{one})\b", re.IGNORECASE), re.compile(rf"\b(?:{other})\b", re.IGNORECASE))
    for what, one, other in (
        ("still and moving", _STILL, _MOVING),
        ("black and white and colourful", _COLOURLESS, _COLOURFUL),
        ("nobody and people", _NOBODY, _PEOPLE),
    )
)


def contradictions(text: str, analysis: Analysis) -> Iterator[str]:
    """What the text says against the measures, or against itself: a sentence each."""
    for claim in _CLAIMS:
        said = next((found for found in claim.words.finditer(text) if not _denied(text, found)), None)
        against = claim.against(analysis) if said else ""
        if said and against:
            yield f'it says "{said[0].lower()}", and the clip {against}'
    for what, one, other in _PAIRS:
        if one.search(text) and other.search(text):
            yield f"it says {what}"
    yield from _wrong_colour(text, analysis)


def _denied(text: str, found: re.Match[str]) -> bool:
    return not _DENIES.match(found[0]) and bool(_NOT.search(text[: found.start()].lower()))


_WHEEL = ("red", "orange", "yellow", "green", "cyan", "blue", "violet")
_MOSTLY = re.compile(r"\b(?:all|mostly|nearly all|entirely) (\w+)", re.IGNORECASE)
_LEAST_OF_MOST = 0.2  # a colour that is said to prevail covers at least this share, with its neighbours


def _wrong_colour(text: str, analysis: Analysis) -> Iterator[str]:
    measured = [(family(colour.name), colour.share) for colour in analysis.colours]
    if not measured or not all(name for name, _ in measured):
        return
    for found in _MOSTLY.finditer(text):
        said = family(found[1])
        if said and sum(share for name, share in measured if _near(name, said)) < _LEAST_OF_MOST:
            yield f'it says "{found[0].lower()}", and the clip is {analysis.colours[0].name}'


def _near(one: str, other: str) -> bool:
    if one == other:
        return True
    if "grey" in (one, other):
        return False
    apart = abs(_WHEEL.index(one) - _WHEEL.index(other))
    return min(apart, len(_WHEEL) - apart) == 1
