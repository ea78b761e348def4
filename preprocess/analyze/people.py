"""Faces in a fragment, by the detector whose data OpenCV's own wheel carries; and who is there, face or not.

A detector is wrong now and then, so nothing counts that shows once: a face must be found again at nearly the same place
in another frame that was looked at. A face is a person, whose body need not be seen.
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

from preprocess.analyze.boxes import Box, overlap

Grey = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]  # (looks,)

WIDTH = 400  # of the pictures that faces are looked for in
_SMALLEST_FACE = 24  # px
_FACE_STEP, _FACE_NEIGHBOURS = 1.2, 3
_OVERLAP = 0.25  # of two boxes' union, at which they are of one person
_WITHIN_LOOKS = 4  # how far apart two sights of a person may be


@dataclass(frozen=True, slots=True)
class Presence:
    """As in `preprocess.catalogue.values.Analysis`."""

    faces: int
    faces_share: float
    people: int
    people_share: float


@dataclass(frozen=True, slots=True)
class _Sight:
    """A box in one look."""

    look: int
    box: Box


class FaceFinder:
    """Finds the faces of one fragment. One thread."""

    def __init__(self) -> None:
        self._sights: list[_Sight] = []
        self._looks = 0

    def look(self, grey: Grey) -> float:
        """A frame out of one or two a second, grey, any size; the share of the picture that its faces cover."""
        picture = _scaled(grey, WIDTH)
        boxes = _faces(picture)
        self._sights += [_Sight(self._looks, box) for box in boxes]
        self._looks += 1
        return sum(width * height for _, _, width, height in boxes) / picture.size

    def counts(self) -> Counts:
        """How many are there at each look so far."""
        return _counts(_confirmed(self._sights, self._looks), self._looks)


def presence(faces: Counts, bodies: Counts) -> Presence:
    """Who is there: how many show a face, and how many move like a person, at looks that divide the fragment evenly.

    `faces` has at least one look. Whoever shows a face may move, too: the larger number counts.
    """
    people = faces
    if bodies.any():
        seen = np.arange(len(bodies)) * len(faces) // len(bodies)
        people = np.maximum(faces[seen], bodies)
    return Presence(
        faces=int(faces.max()),
        faces_share=float(np.mean(faces > 0)),
        people=int(people.max()),
        people_share=float(np.mean(people > 0)),
    )


def _scaled(grey: Grey, width: int) -> Grey:
    size = width, max(1, round(grey.shape[0] * width / grey.shape[1]))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


@cache
def _face_detector() -> Any:
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt.xml"))


def _faces(grey: Grey) -> list[Box]:
    """P. Viola and M. Jones' cascade, as trained by R. Lienhart and shipped with OpenCV."""
    found = _face_detector().detectMultiScale(
        grey, _FACE_STEP, _FACE_NEIGHBOURS, minSize=(_SMALLEST_FACE, _SMALLEST_FACE)
    )
    return _boxes(found)


def _boxes(found: Any) -> list[Box]:
    return sorted(tuple(int(side) for side in box) for box in found)  # type: ignore[misc]


def _confirmed(sights: list[_Sight], looks: int) -> list[list[_Sight]]:
    """Sights gathered by person; those of one look alone are dropped, where there was more than one look."""
    people: list[list[_Sight]] = []
    for sight in sights:
        for person in people:
            last = person[-1]
            if 0 < sight.look - last.look <= _WITHIN_LOOKS and overlap(sight.box, last.box) >= _OVERLAP:
                person.append(sight)
                break
        else:
            people.append([sight])
    return [person for person in people if len(person) > 1 or looks == 1]


def _counts(people: list[list[_Sight]], looks: int) -> Counts:
    """How many are there at each look: a person is there between two sights, too."""
    counts = np.zeros(looks, np.int64)
    for person in people:
        counts[person[0].look : person[-1].look + 1] += 1
    return counts
