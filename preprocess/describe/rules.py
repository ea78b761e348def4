"""A description by rules: what the caption says and the measures show, in sentences. Needs no model and no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from preprocess.caption import looks
from preprocess.caption.composed import Place, listed, named_colours
from preprocess.catalogue.values import Analysis, Text

_SURE = 0.5  # guesses below are not put into words
_MOST_OF_IT, _SOME_OF_IT = 0.6, 0.25
_COUNTS = ("Nobody", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_LONGEST = 900


def describe(a: Analysis, place: Place, caption: Text | None, tags: Mapping[str, float], variation: int = 0) -> str:
    """Some sentences on a clip: its caption where somebody saw the clip, camera, light and colours, people, what else.

    `tags` (with confidence) are what is guessed of place and time. A variation above 0 says more. The same arguments
    give the same text, of 900 characters at most.
    """
    said = "" if caption is None or caption.origin == "composed" else sentence(caption.text)
    if a.black:
        return " ".join(part for part in (said, "A black picture: nothing is to be seen.", _sound(a, place)) if part)
    sentences = [said, _scene(a), _people(a), _surface(a), _guess(tags), _sound(a, place), _end(a)]
    if variation:
        sentences += _more(a, place, variation)
    text = ""
    for one in sentences:
        if one and len(text) + len(one) < _LONGEST:
            text = f"{text} {one}".strip()
    return text


def sentence(words: str) -> str:
    """Words as a sentence: with a capital, and a full stop where there is none."""
    line = " ".join(words.split())[:_LONGEST]
    if not line:
        return ""
    return line[0].upper() + line[1:] + ("" if line.endswith((".", "!", "?", "…")) else ".")


def _scene(a: Analysis) -> str:
    """The sentence that carries the rest: what the camera does, in which light and colours."""
    colours = [name for name, _ in named_colours(a)]
    in_colours = f" in {listed(colours)}" if colours else ""
    light = looks.light(a).replace("glaring", "glaringly bright")
    a_picture = f"{_article(light or 'picture')} {light} picture".replace("  ", " ")
    if a.static:
        return f"A still picture, {light}{in_colours}.".replace(", .", ".").replace(",  in", " in")
    pace, where = looks.drift(a)
    if pace:
        verb = "pans" if "left" in where or "right" in where else "tilts"
        way = f"to the {where}" if verb == "pans" else where
        how = {"slow": " slowly", "plain": "", "fast": " fast"}[pace]
        return f"The camera {verb}{how} {way} across {a_picture}{in_colours}{_held(a)}."
    pace, way = looks.zoom(a)
    if pace:
        move = f"{'slowly' if pace == 'slow' else 'quickly'} {'moves in on' if way == 'in' else 'pulls back from'}"
        return f"The camera {move} {a_picture}{in_colours}{_held(a)}."
    with_movement = {
        "still": "in which hardly anything moves",
        "calm": "with gentle movement",
        "moving": "with some movement",
        "lively": "with lively movement",
        "wild": "full of wild movement",
    }[looks.movement(a)]
    return f"{a_picture[0].upper()}{a_picture[1:]}{in_colours} {with_movement}{_held(a)}."


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _held(a: Analysis) -> str:
    shake = looks.shake(a)
    return {"": "", "hand-held": ", held by hand", "shaken": ", badly shaken"}[shake]


def _people(a: Analysis) -> str:
    count, noun, share = (a.faces, "face", a.faces_share) if a.faces else (a.people, "person", a.people_share)
    if not count:
        return ""
    number = "Many" if count >= len(_COUNTS) else _COUNTS[count]
    plural = {"face": "faces", "person": "people"}[noun]
    subject = f"{number} {noun} is" if count == 1 else f"{number} {plural} are"
    when = "most of the time" if share > _MOST_OF_IT else "some of the time" if share > _SOME_OF_IT else "for a moment"
    return f"{subject} in view {when}."


def _surface(a: Analysis) -> str:
    said = []
    texture = looks.texture(a)
    said += {
        "blurred": ["the picture is out of focus"],
        "plain": ["surfaces are plain"],
        "lines": ["straight lines prevail"],
        "detailed": ["it is full of fine detail"],
    }.get(texture, [])
    said += {"flat": ["contrast is low"], "hard": ["light and shade are hard"]}.get(looks.contrast(a), [])
    kind = looks.colourfulness(a)
    said += {"vivid": ["the colours are vivid"], "colourless": ["there is hardly any colour"]}.get(kind, [])
    if kind != "vivid" and looks.temperature(a):
        said.append(f"its tones are {looks.temperature(a)}")
    return sentence(listed(said)) if said else ""


def _guess(tags: Mapping[str, float]) -> str:
    sure = [tag for tag in ("outdoor", "indoor", "day", "night") if tags.get(tag, 0.0) >= _SURE]
    if {"outdoor", "indoor"} <= set(sure) or {"day", "night"} <= set(sure):
        return ""
    words = {"outdoor": "outdoors", "indoor": "indoors", "day": "by day", "night": "at night"}
    guess = listed([words[tag] for tag in sure]) if sure else ""
    season = next((tag for tag in ("winter", "spring", "summer", "autumn") if tags.get(tag, 0.0) >= _SURE), "")
    if season:
        guess = f"{guess}, in {season}" if guess else f"in {season}"
    return f"Probably {guess}." if guess else ""


def _sound(a: Analysis, place: Place) -> str:
    return {
        "rhythmic": "Its sound has a beat.",
        "loud": "Its sound is loud.",
        "quiet": "It is almost silent.",
    }.get(looks.sound(a, place.duration_s), "")


def _end(a: Analysis) -> str:
    return "It closes into a loop." if looks.loops(a) else ""


def _more(a: Analysis, place: Place, variation: int) -> Iterator[str]:
    """What tells clips apart that look much the same."""
    shares = [f"{name} covers {round(100 * share)} %" for name, share in named_colours(a)]
    if shares:
        yield sentence(listed(shares))
    if place.parts > 1:
        yield f"It is part {place.part} of {place.parts} of its shot, {place.duration_s:.1f} s long."
    elif place.duration_s:
        yield f"It lasts {place.duration_s:.1f} s."
    if variation > 1:
        yield f"Brightness is {a.brightness:.2f}, movement {a.motion:.2f}, sharpness {a.sharpness:.2f}."
