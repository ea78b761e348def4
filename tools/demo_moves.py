"""A performance of the demo show, as a hand would play it: pads a little beside the beat, faders swept by eye.

The moves are MIDI as a plain controller sends it (control changes 1 to 8, pads from note 36), each with the second
of the show at which the hand moves. What comes of them (waits, pick-up, the take) is the player's affair.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

LENGTH_S = 66.0

_SEED = 1998
_BEAT_S = 0.5
_FADER_HZ = 90.0  # what a fader's sweep sends a second, before equal values are left out
_HAND_S = 0.035  # how far a trained hand is beside the beat, as a standard deviation

GO, BASE_JUMPS, ECHO_JUMPS, ACCENT_FLASHES, SIMILAR, NEXT_CLIP, BLACK = 36, 37, 38, 39, 40, 41, 42


@dataclass(frozen=True, slots=True)
class Move:
    """A MIDI message at a second of the show: `kind` is control_change or note_on (velocity 0 lets go)."""

    at_s: float
    kind: str
    number: int
    value: int


def moves() -> list[Move]:
    """The whole performance, in time order: the same each time."""
    choice = random.Random(_SEED)
    found = [
        *_orientation(choice),
        *_elemental(choice),
        *_built(choice),
        *_people(choice),
        *_blur(choice),
    ]
    return sorted(found, key=lambda move: move.at_s)


def _orientation(choice: random.Random) -> Iterator[Move]:
    yield from _sweep(2, 1.0, 4.0, 0.3, 0.75)  # picks the echo up on its way
    yield from _sweep(6, 4.5, 8.5, 0.1, 0.55)
    yield from _pad(choice, ECHO_JUMPS, 6.3)
    yield from _pad(choice, ACCENT_FLASHES, 8.0)
    yield from _pad(choice, GO, 10.6)  # the bar line is at 12 s, where the movement ends by itself: one cut, not two


def _elemental(choice: random.Random) -> Iterator[Move]:
    for at_s in (14.3, 15.8, 17.2, 19.7):
        yield from _pad(choice, BASE_JUMPS, at_s)
    yield from _sweep(3, 20.0, 22.0, 0.2, 0.9)
    yield from _pad(choice, NEXT_CLIP, 23.1)
    yield from _pad(choice, GO, 25.2)  # a bar before the movement's end


def _built(choice: random.Random) -> Iterator[Move]:
    for number in range(6):
        yield from _pad(choice, (BASE_JUMPS, ECHO_JUMPS)[number % 2], 26.7 + 1.5 * number)
    yield from _pad(choice, BLACK, 35.9, held_s=0.45)
    yield from _sweep(4, 37.2, 39.6, 0.0, 1.0)  # base's place, by hand
    yield from _pad(choice, NEXT_CLIP, 39.9)
    yield from _pad(choice, GO, 40.7)


def _people(choice: random.Random) -> Iterator[Move]:
    yield from _sweep(8, 43.0, 44.5, 1.0, 0.35)
    yield from _sweep(8, 44.6, 46.5, 0.35, 1.0)
    yield from _pad(choice, SIMILAR, 46.9)
    yield from _pad(choice, SIMILAR, 48.9)
    yield from _pad(choice, GO, 50.6)


def _blur(choice: random.Random) -> Iterator[Move]:
    for at_s in (52.4, 53.9, 55.4, 56.9):
        yield from _pad(choice, ACCENT_FLASHES, at_s)
    yield from _sweep(2, 57.0, 60.0, 0.2, 0.9)
    yield from _pad(choice, GO, 62.9)  # the flash, and then dark


def _pad(choice: random.Random, note: int, at_s: float, *, held_s: float = 0.09) -> Iterator[Move]:
    """A hit, beside its instant as hands are."""
    hit_s = at_s + choice.gauss(0, _HAND_S)
    yield Move(hit_s, "note_on", note, choice.randint(60, 127))
    yield Move(hit_s + held_s + abs(choice.gauss(0, 0.02)), "note_on", note, 0)


def _sweep(number: int, from_s: float, to_s: float, start: float, end: float) -> Iterator[Move]:
    """A fader moved from one place to another, slow at both ends; only what differs is sent, as controllers do."""
    sent = -1
    steps = math.ceil((to_s - from_s) * _FADER_HZ)
    for step in range(steps + 1):
        way = 0.5 - 0.5 * math.cos(math.pi * step / steps)
        value = round(127 * (start + (end - start) * way))
        if value != sent:
            yield Move(from_s + (to_s - from_s) * step / steps, "control_change", number, value)
            sent = value
