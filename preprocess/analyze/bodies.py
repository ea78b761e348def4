"""People who show no face, where the camera stands: what moves, has a person's shape, and does so again at its place.

Nobody stands quite still: between frames the outline of whoever stands there changes, and all of who walks does,
while bottles, statues and doors show nothing. What changed within a second is cut into patches, and a classifier of
people's outlines judges the picture at each patch. What it takes for a person three times is one, from the moment at
which it comes in until it has gone, however still it stands meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from preprocess.analyze.boxes import Box, covered, overlap

Grey = npt.NDArray[np.uint8]

WIDTH = 160  # of the copies in which movement is looked for
FRAMES_A_S, LOOKS_A_S = 8.0, 4.0
_KEPT = 64, 36  # width, height of what is kept of each look
_AROUND = 8  # stretches between looks: half of them before the look that is judged, half after it
_LEAST_CHANGE, _OVER_USUAL = 4.0, 3.0  # levels; times the picture's median change
_CLOSED = np.ones((7, 5), np.uint8)  # rows, columns: closes an outline's gaps
_LEAST_HEIGHT = 0.25  # of the picture's, that a patch has
_SLIMMEST, _STOUTEST = 5.0, 1.3  # height to width
_LARGEST = 0.6  # of the picture: what is larger, the camera or the light moves
_LARGEST_PERSON = 0.35  # of the picture: whoever is larger shows no whole body
_SIDE = 0.01  # of the picture's width, left and right, that whoever is wholly seen leaves free
_SCALES = 0.85, 1.0, 1.15  # of a patch's height, that a person may have in it
_PERSON_PX, _WINDOW = 96, (96, 160)  # height of the classifier's person; where its 64 by 128 px may shift about
_LEAST_SCORE, _BEST_SCORE = 0.8, 1.2  # of the classifier: at every sight of a person, and at the best
_FEWEST_SIGHTS = 6
_WITHIN_LOOKS = 4  # how far apart two sights of one person may be, where it moved meanwhile
_OVERLAP = 0.25  # of two boxes' union, at which they are of one person
_COVERED = 0.3  # of the smaller of two boxes, at which a patch is a person that comes or goes
_SAME = 0.85  # correlation of two pictures at which they show the same person at its place


@dataclass(frozen=True, slots=True)
class _Look:
    """A look judged: a small copy, where something moved, and how much of a person it is, the best first."""

    picture: Grey
    patches: tuple[Box, ...]
    people: tuple[tuple[float, Box], ...]


@dataclass(frozen=True, slots=True)
class _Sight:
    look: int
    score: float
    box: Box


class BodyFinder:
    """Finds the people of one fragment by how they move. One thread. Keeps some three kilobytes a look."""

    def __init__(self) -> None:
        self._before: Grey | None = None
        self._change: Grey | None = None  # since the last look
        self._changes: deque[Grey] = deque(maxlen=_AROUND)
        self._due: deque[Grey] = deque()  # looks whose next stretches are not over
        self._looks: list[_Look] = []

    def add(self, small: Grey) -> None:
        """One of FRAMES_A_S frames a second: grey, WIDTH wide."""
        if self._before is not None:
            change = np.asarray(cv2.absdiff(small, self._before), np.uint8)
            self._change = change if self._change is None else np.maximum(self._change, change)
        self._before = small

    def look(self, grey: Grey) -> None:
        """One of LOOKS_A_S frames a second, grey, of any size, after `add` had it or one just before."""
        self._turn(full=_AROUND // 2)
        self._due.append(grey)

    def counts(self) -> npt.NDArray[np.int64]:
        """How many people are there at each look. Nothing may be added afterwards."""
        while self._due:
            self._turn(full=1)
        counts = np.zeros(len(self._looks), np.int64)
        for person in self._people():
            begin, end = self._stay(person)
            counts[begin:end] += 1
        return counts

    def _turn(self, *, full: int) -> None:
        """One stretch between looks is over, and with it the wait of a look before it."""
        assert self._before is not None, "a look before any frame"
        none = np.zeros_like(self._before)
        self._changes.append(none if self._change is None else self._change)
        self._change = None
        if len(self._due) >= full:
            missing = [none] * (_AROUND - len(self._changes))
            self._looks.append(_judged(self._due.popleft(), [*missing, *self._changes]))

    def _people(self) -> list[list[_Sight]]:
        """The sights of each person, in order."""
        people: list[list[_Sight]] = []
        for number, look in enumerate(self._looks):
            for score, box in look.people:
                sight = _Sight(number, score, box)
                mine = next((person for person in people if self._follows(person[-1], sight)), None)
                if mine is None:
                    people.append([sight])
                else:
                    mine.append(sight)
        return [
            person
            for person in people
            if len(person) >= _FEWEST_SIGHTS and max(sight.score for sight in person) >= _BEST_SCORE
        ]

    def _follows(self, last: _Sight, sight: _Sight) -> bool:
        if sight.look == last.look or overlap(last.box, sight.box) < _OVERLAP:
            return False
        return sight.look - last.look <= _WITHIN_LOOKS or self._same(last, sight.look)

    def _stay(self, person: Sequence[_Sight]) -> tuple[int, int]:
        """The looks, begin to end (half open), at which a person is there: it comes and goes as a patch that moves."""
        first, last = person[0], person[-1]
        begin = self._until(first, range(first.look - 1, -1, -1))
        return begin, self._until(last, range(last.look + 1, len(self._looks))) + 1

    def _until(self, sight: _Sight, looks: Iterable[int]) -> int:
        """The last of `looks`, which lead away from a sight, at which its person is there."""
        found, box = sight.look, sight.box
        for look in looks:
            moved = next((patch for patch in self._looks[look].patches if covered(patch, box) >= _COVERED), None)
            if moved is not None:
                box = moved
            elif not self._same(sight, look):
                break
            found = look
        return found

    def _same(self, sight: _Sight, look: int) -> bool:
        """Whether a look shows what the sight does at its box."""
        one, other = (_cut(self._looks[number].picture, sight.box) for number in (sight.look, look))
        return float(cv2.matchTemplate(one, other, cv2.TM_CCOEFF_NORMED)[0, 0]) >= _SAME


def _judged(grey: Grey, changes: Sequence[Grey]) -> _Look:
    """`changes`: those of the stretches around the look, of which the middle ones touch it."""
    found: list[tuple[float, Box]] = []
    patches: list[Box] = []
    middle = _AROUND // 2
    for reach in (1, middle):
        for box in _patches(reduce(np.maximum, changes[middle - reach : middle + reach])):
            if reach == 1:
                patches.append(box)
            if _may_be_a_person(box, grey.shape[0] / grey.shape[1]):
                found.append((_score(grey, box), box))
    best: list[tuple[float, Box]] = []
    for score, box in sorted(found, reverse=True):
        if score >= _LEAST_SCORE and all(overlap(box, other) < _OVERLAP for _, other in best):
            best.append((score, box))
    small = np.asarray(cv2.resize(grey, _KEPT, interpolation=cv2.INTER_AREA), np.uint8)
    return _Look(small, tuple(patches), tuple(best))


def _may_be_a_person(box: Box, picture_height_to_width: float) -> bool:
    """By shape, size, and that neither side cuts it off, as it does the arm that reaches in."""
    left, _, width, height = box
    whole = left > _SIDE and left + width < 1 - _SIDE
    slim = _STOUTEST <= height / width * picture_height_to_width <= _SLIMMEST
    return whole and slim and width * height <= _LARGEST_PERSON


def _patches(change: Grey) -> list[Box]:
    """The boxes in which something moved, none where the picture as a whole does."""
    least = max(_LEAST_CHANGE, _OVER_USUAL * float(np.median(change)))
    moved = cv2.morphologyEx((change > least).astype(np.uint8), cv2.MORPH_CLOSE, _CLOSED)
    _, _, found, _ = cv2.connectedComponentsWithStats(moved)
    rows, columns = change.shape
    return sorted(
        (left / columns, top / rows, width / columns, height / rows)
        for left, top, width, height, _ in found[1:].tolist()
        if height >= _LEAST_HEIGHT * rows and width * height <= _LARGEST * change.size
    )


@cache
def _classifier() -> tuple[Any, npt.NDArray[np.float32], float]:
    """N. Dalal and B. Triggs' histograms of gradients, CVPR 2005, and the plane that they found, as OpenCV ships it."""
    plane = np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32)
    return cv2.HOGDescriptor(), plane[:-1], float(plane[-1])


def _score(grey: Grey, box: Box) -> float:
    """How much the picture at a box looks like a person: beyond 0, more so than not."""
    histograms, plane, offset = _classifier()
    rows, columns = grey.shape
    middle = (box[0] + box[2] / 2) * columns, (box[1] + box[3] / 2) * rows
    best = -np.inf
    for scale in _SCALES:
        larger = _PERSON_PX / (box[3] * rows * scale)
        shift = [side / 2 - larger * at for side, at in zip(_WINDOW, middle, strict=True)]
        view = np.array([[larger, 0, shift[0]], [0, larger, shift[1]]])
        part = cv2.warpAffine(grey, view, _WINDOW, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        told = np.reshape(histograms.compute(part, winStride=(8, 8), padding=(0, 0)), (-1, len(plane)))
        best = max(best, float((told @ plane).max()) + offset)
    return best


def _cut(picture: Grey, box: Box) -> npt.NDArray[np.float32]:
    """The part of a picture inside a box, at least a pixel of it."""
    rows, columns = picture.shape
    left, top = min(columns - 1, int(box[0] * columns)), min(rows - 1, int(box[1] * rows))
    right, bottom = round((box[0] + box[2]) * columns), round((box[1] + box[3]) * rows)
    return picture[top : max(top + 1, bottom), left : max(left + 1, right)].astype(np.float32)
