"""One fragment, measured: a single pass over its frames at a small size, and its sound."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from preprocess.analyze import bodies, camera, portraits
from preprocess.analyze.bodies import BodyFinder
from preprocess.analyze.hashing import perceptual_hash
from preprocess.analyze.hearing import hearing
from preprocess.analyze.looks import SMALL, LooksMeter
from preprocess.analyze.loops import LoopFinder
from preprocess.analyze.people import FaceFinder, Presence, presence
from preprocess.analyze.portraits import Strip
from preprocess.catalogue.values import Analysis, Footage, Fragment
from preprocess.footage.reading import pictures
from preprocess.pipeline.step import Failed, Tell

_WIDTH = 400  # of the frames that are looked at
_TALLEST = 720
_FASTEST_HZ = 30.0  # movement is measured no oftener
LOOKS_A_S, _FEWEST_LOOKS = 2.0, 4
_FEWEST_FOR_FACES = 8  # looks; in longer fragments faces are looked for in fewer frames
HASHES_A_S = 4
_TELL_EVERY = 32

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class AnalyzeJob:
    """What a worker needs to measure one fragment; its pictures go into `work`, named by the slug."""

    footage: Footage
    fragment: Fragment
    faces: bool
    bodies: bool
    work: Path


@dataclass(frozen=True, slots=True)
class Analyzed:
    """What was measured, and where the pictures lie."""

    analysis: Analysis
    thumbnail: Path
    strip: Path


class _Pass:
    """All meters of one fragment."""

    def __init__(self, job: AnalyzeJob) -> None:
        count, rate = job.fragment.frame_count, float(job.footage.rate)
        self._stride = max(1, math.ceil(rate / _FASTEST_HZ))
        self._look_every = max(1, min(round(rate / LOOKS_A_S), count // _FEWEST_LOOKS))
        self._hash_every = max(1, round(rate / HASHES_A_S))
        self.looks = LooksMeter()
        self.camera = camera.MovementMeter(self._stride / rate)
        self.loops = LoopFinder(rate)
        self._body_frame_every = max(1, round(rate / bodies.FRAMES_A_S))
        self._body_look_every = max(1, round(rate / bodies.LOOKS_A_S))
        looks = math.ceil(count / self._look_every)
        self._face_every = self._look_every * (1 + (looks >= 2 * _FEWEST_FOR_FACES))
        self._faces_cover = 0.0
        self._faces = FaceFinder() if job.faces else None
        self._bodies = BodyFinder() if job.faces and job.bodies else None
        self.strip = Strip(count)
        self.hashes: list[int] = []
        self._digest = hashlib.blake2b(digest_size=12)
        self._best_score = -1.0
        self._middle = count / 2
        self.telling: tuple[int, Picture] | None = None

    def add(self, index: int, picture: Picture) -> None:
        """Frame `index` of the fragment, BGR."""
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        small = np.asarray(cv2.resize(picture, SMALL, interpolation=cv2.INTER_AREA), np.uint8)
        self._digest.update(small.tobytes())
        self.looks.light(small)
        self.loops.add(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))  # type: ignore[arg-type]
        self.strip.add(index, picture)
        self._movement(index, grey)
        if index % self._hash_every == 0:
            self.hashes.append(perceptual_hash(grey))
        if index % self._look_every == 0:
            self._look(index, picture, grey, small)

    def _movement(self, index: int, grey: Picture) -> None:
        of_camera = index % self._stride == 0
        of_bodies = self._bodies is not None and index % self._body_frame_every == 0
        if of_camera or of_bodies:
            narrow = _of_width(grey, camera.WIDTH)
            if of_camera:
                self.camera.add(narrow)
            if self._bodies and of_bodies:
                self._bodies.add(narrow)
        if self._bodies and index % self._body_look_every == 0:
            self._bodies.look(grey)

    def presence(self) -> Presence:
        """Of all frames so far; nobody where nobody is looked for. Nothing may be added afterwards."""
        if self._faces is None:
            return Presence(0, 0.0, 0, 0.0)
        moving = self._bodies.counts() if self._bodies else np.zeros(0, np.int64)
        return presence(self._faces.counts(), moving)

    def _look(self, index: int, picture: Picture, grey: Picture, small: Picture) -> None:
        sharpness = self.looks.look(picture, grey, small)
        if self._faces and index % self._face_every == 0:
            self._faces_cover = self._faces.look(grey)
        contrast, brightness = float(small.std()) / 128, float(small.mean()) / 255
        lit = min(1.0, 4 * brightness, 4 * (1 - brightness))
        central = 1 - 0.2 * abs(index - self._middle) / max(1, self._middle)  # fades lie at the ends
        score = (0.2 + sharpness) * (0.1 + contrast) * (0.1 + lit) * (1 + min(1, 10 * self._faces_cover)) * central
        if score > self._best_score:
            self._best_score = score
            self.telling = index, picture.copy()

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def analyze(job: AnalyzeJob, tell: Tell) -> Analyzed | Failed:
    """Measure one fragment and make its pictures. Any process; one thread. Raises SourceError, OutputError."""
    cv2.setNumThreads(1)
    footage, fragment = job.footage, job.fragment
    meters = _Pass(job)
    width, height = _size(footage)
    for at, frame in pictures(footage, fragment.begin, fragment.end, width=width, height=height):
        index = at - fragment.begin
        meters.add(index, np.asarray(frame.to_ndarray(), np.uint8))
        if index % _TELL_EVERY == 0:
            tell(index, fragment.frame_count)
    if meters.telling is None:
        return Failed("no frame of it can be read", "split its source again")
    index, picture = meters.telling
    thumbnail, strip = (job.work / f"{fragment.slug}.{kind}.jpg" for kind in ("thumbnail", "strip"))
    portraits.write_jpeg(thumbnail, portraits.scaled(picture, portraits.THUMBNAIL_WIDTH))
    portraits.write_jpeg(strip, meters.strip.picture())
    return Analyzed(_analysis(job, meters, index), thumbnail, strip)


def _analysis(job: AnalyzeJob, meters: _Pass, telling_index: int) -> Analysis:
    loop = meters.loops.loop()
    lufs, onsets_s = hearing(job.footage, job.fragment.begin, job.fragment.end)
    measured = {
        field.name: _rounded(getattr(part, field.name))
        for part in (meters.looks.looks(), meters.camera.movement(), meters.presence())
        for field in fields(part)
    }
    return Analysis(
        slug=job.fragment.slug,
        **measured,
        loudness_lufs=lufs,
        loop_begin=loop.begin,
        loop_end=loop.end,
        loop_quality=loop.quality,
        onsets_s=onsets_s,
        hashes=tuple(meters.hashes),
        telling_index=telling_index,
        digest=meters.digest,
    )


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _size(footage: Footage) -> tuple[int, int]:
    """Of the frames that are looked at: even, not so tall as to be dear."""
    width = min(_WIDTH, _TALLEST * footage.width / footage.height)
    return max(2, round(width / 2) * 2), max(2, round(width * footage.height / footage.width / 2) * 2)


def _of_width(grey: Picture, width: int) -> Picture:
    size = width, max(1, round(grey.shape[0] * width / grey.shape[1]))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
