"""A caption composed from an analysis: what stands out most, in plain words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from preprocess.caption import looks
from preprocess.caption.colours import family
from preprocess.catalogue.values import Analysis

_MORE_PARTS_A_TRY = 2
_LEAST_WEIGHT = 0.12  # of a colour that is named: its share of the picture, thrice that for what is no grey
_OF_A_COLOUR = 3
_MOST_COLOURS = 3
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clip lies: how long it lasts, and which part of its shot it is (counted from 1), of how many."""

    duration_s: float = 0.0
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """Something that may be said: its wordings, the usual one first, and how much it stands out, 0..1."""

    wordings: Sequence[str]
    weight: float


def compose(analysis: Analysis, place: Place, *, parts: int, variation: int = 0) -> str:
    """The caption, in lower case and without a full stop: "slow pan to the left, blue and grey, bright, one face".

    Camera, colours, light, people and what else stands out, in this order; `parts` of them at most. A `variation`
    above 0 says more of the clip, in other words. The same arguments give the same caption.
    """
    found = [part for part in _parts(analysis, place, variation) if part is not None]
    room = parts + _MORE_PARTS_A_TRY * variation
    weightiest = sorted(range(len(found)), key=lambda index: (-found[index].weight, index))[:room]
    return ", ".join(_worded(found[index], analysis.slug, variation) for index in sorted(weightiest))


def _worded(part: Part, slug: str, variation: int) -> str:
    if variation == 0:
        return part.wordings[0]
    drawn = hashlib.sha256(f"{slug}\n{part.wordings[0]}".encode()).digest()
    return part.wordings[(int.from_bytes(drawn[:4], "big") + variation) % len(part.wordings)]


def _parts(a: Analysis, place: Place, variation: int) -> Sequence[Part | None]:
    if a.black:
        return (Part(("black picture", "nothing but black"), 1.0), _sound(a, place), _place(place))
    return (
        _camera(a),
        _shake(a),
        _colours(a, precise=variation > 0),
        _vividness(a),
        _light(a),
        _contrast(a),
        _people(a),
        _texture(a),
        *((_temperature(a), _sound(a, place), _loop(a), _place(place)) if variation else ()),
        *((Part((f"{place.duration_s:.1f} s long",), 0.65),) if variation > 1 and place.duration_s else ()),
    )


_MOVEMENTS = {
    "still": ("almost still", "hardly any movement"),
    "calm": ("gentle movement", "calm movement"),
    "moving": ("some movement", "movement in the picture"),
    "lively": ("lively movement", "much movement"),
    "wild": ("wild movement", "a whirl of movement"),
}


def _camera(a: Analysis) -> Part:
    if a.static:
        return Part(("still picture", "nothing moves", "frozen picture"), 0.95)
    pace, where = looks.drift(a)
    if pace:
        return Part(_turn(pace, where), 0.9)
    pace, way = looks.zoom(a)
    if pace:
        moves = ("moving in", "coming nearer") if way == "in" else ("pulling back", "drawing away")
        return Part(tuple(f"{'slowly' if pace == 'slow' else 'quickly'} {move}" for move in moves), 0.85)
    return Part(_MOVEMENTS[looks.movement(a)], 0.8)


def _turn(pace: str, where: str) -> Sequence[str]:
    """A pan goes to a side, a tilt up or down; what goes both ways is a pan."""
    sideways = "left" in where or "right" in where
    noun = "pan" if sideways else "tilt"
    way = f"to the {where}" if sideways else where
    head = {"slow": "slow ", "plain": "", "fast": "fast "}[pace] + noun
    verb = {"slow": "drifting", "plain": "turning", "fast": "sweeping"}[pace]
    return f"{head} {way}", f"camera {verb} {way}"


def _shake(a: Analysis) -> Part | None:
    shake = looks.shake(a)
    if not shake:
        return None
    wordings = ("hand-held", "hand-held camera") if shake == "hand-held" else ("shaky camera", "unsteady camera")
    return Part(wordings, 0.3 + a.shake / 2)


def named_colours(a: Analysis) -> list[tuple[str, float]]:
    """The colours worth naming, with the share of the picture that they cover; what catches the eye most, first.

    Shades of one colour are one. A colour counts three times as much as a grey: a yellow coat before a grey wall.
    """
    shades: dict[str, dict[str, float]] = {}
    for colour in a.colours:
        of = shades.setdefault(colour.name.split()[-1], {})
        of[colour.name] = of.get(colour.name, 0.0) + colour.share
    named = [(next(iter(of)) if len(of) == 1 else base, sum(of.values())) for base, of in shades.items()]
    ordered = sorted(named, key=lambda one: (-_weight(*one), one[0]))
    shown = [one for one in ordered if _weight(*one) >= _LEAST_WEIGHT][:_MOST_COLOURS]
    # "black and white" is what one calls a film without colours.
    return shown[::-1] if [name for name, _ in shown] == ["black", "white"] else shown


def _weight(name: str, share: float) -> float:
    return share * (1 if is_grey(name) else _OF_A_COLOUR)


def is_grey(name: str) -> bool:
    """Whether a colour is a grey, black or white by its name."""
    return family(name) == "grey"


def _colours(a: Analysis, *, precise: bool) -> Part | None:
    named = named_colours(a)
    if looks.colourfulness(a) == "colourless":  # a tint that nobody would see
        named = [(name, share) for name, share in named if is_grey(name)]
    if not named:
        return None
    if precise:
        return Part((listed([f"{_extent(share)} {name}" for name, share in named]),), 0.75)
    most, share = max(named, key=lambda one: one[1])
    if len(named) == 1 or share > 0.85:
        return Part((f"mostly {most}" if share < 0.9 else f"all {most}",), 0.75)
    return Part((listed([name for name, _ in named]),), 0.75)


def _extent(share: float) -> str:
    bounds = (
        (0.85, "nearly all"),
        (0.6, "mostly"),
        (0.4, "half"),
        (0.25, "a third"),
        (0.1, "some"),
        (0.0, "a touch of"),
    )
    return next(words for least, words in bounds if share >= least)


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _vividness(a: Analysis) -> Part | None:
    kind = looks.colourfulness(a)
    if kind == "colourless":
        return Part(("hardly any colour", "drained of colour"), 0.6)
    return Part(("vivid colours", "strong colours"), 0.3 + a.saturation / 2) if kind else None


_LIGHTS = {
    "nearly black": (("nearly black", "hardly lit"), 0.85),
    "dark": (("dark", "little light"), 0.7),
    "dim": (("dim", "dim light"), 0.55),
    "bright": (("bright", "well lit"), 0.65),
    "glaring": (("glaring light", "dazzlingly bright"), 0.8),
}


def _light(a: Analysis) -> Part | None:
    kind = looks.light(a)
    return Part(*_LIGHTS[kind]) if kind else None


def _contrast(a: Analysis) -> Part | None:
    kind = looks.contrast(a)
    if kind == "flat":
        return Part(("low contrast", "little contrast"), 0.35)
    return Part(("hard contrast", "strong light and shade"), 0.45) if kind else None


def _people(a: Analysis) -> Part | None:
    if a.faces:
        count = "many" if a.faces >= len(_COUNTS) else _COUNTS[a.faces]
        faces = f"{count} {'face' if a.faces == 1 else 'faces'}"
        return Part((faces, f"{faces} in the picture"), 0.9)
    if a.people:
        count = "many" if a.people >= len(_COUNTS) else _COUNTS[a.people]
        people = f"{count} {'person' if a.people == 1 else 'people'}"
        return Part((people, f"{people} in the picture"), 0.88)
    return None


_TEXTURES = {
    "blurred": (("out of focus", "soft and blurred"), 0.6),
    "plain": (("plain surfaces", "little detail"), 0.4),
    "lines": (("straight lines", "straight edges"), 0.55),
    "detailed": (("full of detail", "fine texture"), 0.5),
}


def _texture(a: Analysis) -> Part | None:
    kind = looks.texture(a)
    return Part(*_TEXTURES[kind]) if kind else None


def _temperature(a: Analysis) -> Part | None:
    kind = looks.temperature(a)
    return Part((f"{kind} tones",), 0.3) if kind else None


_SOUNDS = {
    "none": (("silent",), 0.1),
    "quiet": (("hardly a sound", "quiet"), 0.2),
    "rhythmic": (("rhythmic sound", "a beat in its sound"), 0.3),
    "loud": (("loud", "loud sound"), 0.3),
}


def _sound(a: Analysis, place: Place) -> Part | None:
    kind = looks.sound(a, place.duration_s)
    return Part(*_SOUNDS[kind]) if kind else None


def _loop(a: Analysis) -> Part | None:
    return Part(("closes into a loop",), 0.2) if looks.loops(a) else None


def _place(place: Place) -> Part | None:
    """What tells apart the parts of a shot that look much the same."""
    if place.parts <= 1:
        return None
    if place.part == place.parts:
        return Part(("the end of a long shot",), 0.7)
    if place.part == 1:
        return Part(("the beginning of a long shot",), 0.7)
    return Part((f"part {place.part} of a long shot",), 0.7)
