"""Faces and people in a fragment, by the detectors whose data OpenCV's own wheel carries.

A detector is wrong now and then, so nothing counts that shows once: a face or body must be found again at nearly the
same place in another frame that was looked at. A face is a person, whose body need not be seen. Bodies are looked for
only where it is asked for: that detector takes bottles for people. One that stands as if painted is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import cv2.data
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

LOOKS_A_S = 2.0
WIDTH = 400  # of the pictures that faces are looked for in
_BODIES_WIDTH = 320
_BODIES_EVERY = 2  # looks
_SMALLEST_FACE = 24  # px
_FACE_STEP, _FACE_NEIGHBOURS = 1.1, 4
_LEAST_WEIGHT = 0.8  # of a body
_OVERLAP = 0.25  # of two boxes' union, at which they are of one person
_WITHIN_LOOKS = 4  # how far apart two sights of a person may be
_CELLS = 4, 8  # columns, rows of a body's box
_CELL_MOVED = 10.0  # levels by which a cell must have changed beside the others
_LEAST_MOVED = 0.5  # share of the cells

Box = tuple[int, int, int, int]  # left, top, width, height


@dataclass(frozen=True, slots=True)
class Presence:
    """As in `preprocess.catalogue.values.Analysis`."""

    faces: int
    faces_share: float
    people: int
    people_share: float


@dataclass(frozen=True, slots=True)
class _Sight:
    """A box in one look. `cells` is what a body's box shows, made small."""

    look: int
    box: Box
    cells: npt.NDArray[np.float32] | None = None


class PeopleFinder:
    """Finds the faces and people of one fragment. One thread."""

    def __init__(self, *, bodies: bool) -> None:
        self._wants_bodies = bodies
        self._faces: list[_Sight] = []
        self._bodies: list[_Sight] = []
        self._looks = 0
        self._body_looks = 0

    def look(self, grey: Grey) -> float:
        """One of LOOKS_A_S frames a second, grey, any size; the share of the picture that its faces cover."""
        picture = _scaled(grey, WIDTH)
        boxes = _faces(picture)
        self._faces += [_Sight(self._looks, box) for box in boxes]
        if self._wants_bodies and self._looks % _BODIES_EVERY == 0:
            small = _scaled(grey, _BODIES_WIDTH)
            self._bodies += [_Sight(self._body_looks, box, _cells(small, box)) for box in _bodies(small)]
            self._body_looks += 1
        self._looks += 1
        return sum(width * height for _, _, width, height in boxes) / picture.size

    def presence(self) -> Presence:
        """Of all looks so far; at least one."""
        faces = _counts(_confirmed(self._faces, self._looks), self._looks)
        moving = [person for person in _confirmed(self._bodies, self._body_looks) if _moves(person)]
        bodies = np.repeat(_counts(moving, self._looks), _BODIES_EVERY)[: self._looks]
        together = np.maximum(faces, bodies)
        return Presence(
            faces=int(faces.max()),
            faces_share=float(np.mean(faces > 0)),
            people=int(together.max()),
            people_share=float(np.mean(together > 0)),
        )


def _scaled(grey: Grey, width: int) -> Grey:
    size = width, max(1, round(grey.shape[0] * width / grey.shape[1]))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


@cache
def _face_detector() -> Any:
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt.xml"))


@cache
def _body_detector() -> Any:
    detector = cv2.HOGDescriptor()
    detector.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))
    return detector


def _faces(grey: Grey) -> list[Box]:
    """P. Viola and M. Jones' cascade, as trained by R. Lienhart and shipped with OpenCV."""
    found = _face_detector().detectMultiScale(
        grey, _FACE_STEP, _FACE_NEIGHBOURS, minSize=(_SMALLEST_FACE, _SMALLEST_FACE)
    )
    return _boxes(found)


def _bodies(grey: Grey) -> list[Box]:
    """N. Dalal and B. Triggs' histograms of gradients, CVPR 2005, as trained by them and shipped with OpenCV."""
    if grey.shape[0] < 128:
        return []  # their window does not fit in
    found, weights = _body_detector().detectMultiScale(grey, winStride=(4, 4), padding=(8, 8), scale=1.05)
    return [box for box, weight in zip(_boxes(found), np.ravel(weights), strict=True) if weight >= _LEAST_WEIGHT]


def _boxes(found: Any) -> list[Box]:
    return sorted(tuple(int(side) for side in box) for box in found)  # type: ignore[misc]


def _cells(grey: Grey, box: Box) -> npt.NDArray[np.float32]:
    left, top, width, height = box
    part = grey[max(0, top) : top + height, max(0, left) : left + width]
    return np.asarray(cv2.resize(part, _CELLS, interpolation=cv2.INTER_AREA), np.float32)


def _confirmed(sights: list[_Sight], looks: int) -> list[list[_Sight]]:
    """Sights gathered by person; those of one look alone are dropped, where there was more than one look."""
    people: list[list[_Sight]] = []
    for sight in sights:
        for person in people:
            last = person[-1]
            if 0 < sight.look - last.look <= _WITHIN_LOOKS and _overlap(sight.box, last.box) >= _OVERLAP:
                person.append(sight)
                break
        else:
            people.append([sight])
    return [person for person in people if len(person) > 1 or looks == 1]


def _moves(person: list[_Sight]) -> bool:
    if len(person) == 1:
        return True
    cells = np.stack([sight.cells for sight in person if sight.cells is not None])
    cells -= cells.mean(axis=(1, 2), keepdims=True)  # the light may change for all of them
    return float(np.mean(np.ptp(cells, axis=0) > _CELL_MOVED)) >= _LEAST_MOVED


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def _counts(people: list[list[_Sight]], looks: int) -> npt.NDArray[np.int64]:
    """How many are there at each look: a person is there between two sights, too."""
    counts = np.zeros(looks, np.int64)
    for person in people:
        counts[person[0].look : person[-1].look + 1] += 1
    return counts
