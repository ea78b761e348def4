"""Scenes and fragments from what was detected: lengths, handles, and where a long shot is divided. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from preprocess.catalogue.values import Boundary, Piece, Scene
from preprocess.split.settings import SplitSettings
from preprocess.split.shots import Shots
from preprocess.split.signals import Floats

_LEAST_REMNANT_S = 0.5  # what lies between two losses and is shorter shows nothing
# A long shot is divided into parts of this much of the greatest length, so that their ends have room to find rest.
_FILLED = 0.85
_ROOM = 0.3  # how far from equal parts a division may be, in parts
_CALM_S = 0.24  # motion is looked at over this long


@dataclass(frozen=True, slots=True)
class Span:
    """Frames begin to end (half open) of footage that become a fragment, with handles beyond both."""

    scene_index: int
    begin: int
    end: int
    handle_in: int
    handle_out: int


@dataclass(frozen=True, slots=True)
class Division:
    """How footage is cut: its scenes, the spans that become fragments, and remarks on what was left out."""

    scenes: tuple[Scene, ...]
    spans: tuple[Span, ...]
    notes: tuple[str, ...]


def divide(
    base: str, pieces: Sequence[Piece], shots: Sequence[Shots], rate: Fraction, settings: SplitSettings
) -> Division:
    """The scenes and fragments of footage with these pieces, `shots` being what was found in each.

    A scene that is too short becomes no fragment, unless none of the source's is longer: then the longest does. A
    piece in which every scene is too short, with transitions about as long (a fade from black and no more), is one
    scene: better that than nothing.
    """
    wanted = _frames(settings.shortest_s, rate)
    notes: list[str] = []
    scenes: list[Scene] = []
    motions: list[Floats] = []
    for piece, found in zip(pieces, shots, strict=True):
        if len(pieces) > 1 and piece.end - piece.begin < _LEAST_REMNANT_S * rate:
            notes.append(
                f"{_seconds(piece.end - piece.begin, rate)} between losses is left out, from {piece.source_in_s:.2f} s"
            )
            continue
        for begin, end, opens_with in _scenes_of(piece, found, wanted):
            scenes.append(Scene(base, len(scenes), begin, end, opens_with))
            motions.append(found.measures.motion[begin - piece.begin : end - piece.begin])
    shortest = min(wanted, max((one.end - one.begin for one in scenes), default=1))
    spans: list[Span] = []
    for scene, motion in zip(scenes, motions, strict=True):
        if scene.end - scene.begin < shortest:
            notes.append(
                f"a scene of {_seconds(scene.end - scene.begin, rate)} is left out: too short, from frame {scene.begin}"
            )
            continue
        spans += _spans_of(scene, motion, rate, shortest, settings)
    return Division(tuple(scenes), tuple(spans), tuple(notes))


def _scenes_of(piece: Piece, found: Shots, shortest: int) -> Iterable[tuple[int, int, Boundary]]:
    first: Boundary = "start" if piece.begin == 0 else "loss"
    spans = found.spans()
    pure = sum(end - begin for begin, end in spans)
    if max((end - begin for begin, end in spans), default=0) < shortest and 2 * pure < piece.end - piece.begin:
        yield piece.begin, piece.end, first
        return
    openings: dict[int, Boundary] = {one.end: one.kind for one in found.transitions}
    for begin, end in spans:
        yield piece.begin + begin, piece.begin + end, openings.get(begin, first)


def _spans_of(scene: Scene, motion: Floats, rate: Fraction, shortest: int, settings: SplitSettings) -> Iterable[Span]:
    longest = max(1, math.floor(settings.longest_s * rate))
    handle = round(settings.handles_s * rate)
    cuts = divisions(motion, shortest, longest, max(1, round(_CALM_S * rate)))
    edges = [scene.begin, *(scene.begin + cut for cut in cuts), scene.end]
    for begin, end in pairwise(edges):
        yield Span(scene.scene_index, begin, end, min(handle, begin - scene.begin), min(handle, scene.end - end))


def divisions(motion: Floats, shortest: int, longest: int, calm: int) -> list[int]:
    """Where a shot with this motion, frame by frame, is divided so that no part is longer than `longest` frames.

    Each division is at the quietest instant near where equal parts would meet: the mean motion over `calm` frames
    is least there; of equal ones the nearest counts. No part is shorter than `shortest` where that can be had.
    """
    length = len(motion)
    if length <= longest:
        return []
    count = max(2, math.ceil(length / longest), round(length / (_FILLED * longest)))
    quiet = np.convolve(np.pad(motion, calm, mode="edge"), np.ones(calm) / calm, "same")[calm : calm + length]
    found: list[int] = []
    for number in range(1, count):
        begin = found[-1] if found else 0
        ideal = round(length * number / count)
        room = math.floor(_ROOM * length / count)
        least = max(begin + min(shortest, longest), ideal - room, length - (count - number) * longest)
        most = min(begin + longest, ideal + room, length - (count - number) * min(shortest, longest))
        if least > most:
            least = most = min(max(ideal, begin + 1, length - (count - number) * longest), begin + longest)
        places = np.arange(least, most + 1)
        order = np.lexsort((places, np.abs(places - ideal), np.round(quiet[places], 6)))
        found.append(int(places[order[0]]))
    return found


def _frames(seconds: float, rate: Fraction) -> int:
    return max(1, math.ceil(seconds * rate))


def _seconds(frames: int, rate: Fraction) -> str:
    return f"{float(frames / rate):.2f} s"
