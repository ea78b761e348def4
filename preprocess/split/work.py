"""What a worker does of the step `split`: one source's footage, from its frames to fragments and a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from preprocess.catalogue.values import Footage, Fragment, Scene
from preprocess.footage.reading import pictures
from preprocess.pipeline.step import Tell
from preprocess.split.division import divide
from preprocess.split.names import Known, named
from preprocess.split.settings import Detector, SplitSettings
from preprocess.split.sheet import Contents, draw_sheet
from preprocess.split.shots import LikenessFinder, OneShot, ShotFinder, Shots
from preprocess.split.signals import Pixels, measured_size
from preprocess.split.spool import Spool

_SHOWN_LONG_PX = 128
_SHEET_QUALITY = 85
_TELL_EVERY = 64


@dataclass(frozen=True, slots=True)
class SplitJob:
    """What a worker needs to split one source. `known` are the fragments of earlier splits, the retired ones last."""

    footage: Footage
    settings: SplitSettings
    known: tuple[Known, ...]
    highest: int | None
    work: Path


@dataclass(frozen=True, slots=True)
class Split:
    """How a source was cut. `pages` of its contact sheet lie in the work folder."""

    scenes: tuple[Scene, ...]
    fragments: tuple[Fragment, ...]
    highest: int
    notes: tuple[str, ...]
    pages: tuple[Path, ...]


def split(job: SplitJob, tell: Tell) -> Split:
    """Find the shots of a source and cut it. One thread; memory does not grow with the source, but for some 50 bytes
    a frame. Raises SourceError where the footage cannot be read, OutputError where the disk is full, DeviceError where
    the detector is not installed.
    """
    cv2.setNumThreads(1)
    found = job.footage
    with Spool(job.work) as spool:
        shots = [_shots(job, begin, end, spool, tell) for begin, end in ((p.begin, p.end) for p in found.pieces)]
        division = divide(found.base, found.pieces, shots, found.rate, job.settings)
        names = named(found.base, division.spans, job.known, job.highest)
        fragments = tuple(
            Fragment(slug, found.base, span.scene_index, span.begin, span.end, span.handle_in, span.handle_out)
            for slug, span in zip(names.slugs, division.spans, strict=True)
        )
        motion = np.concatenate([one.measures.motion for one in shots])
        contents = Contents(found, division.scenes, fragments, motion, division.notes)
        pages = tuple(
            _written(job.work / f"{found.base}-{number}.jpg", page)
            for number, page in enumerate(draw_sheet(contents, spool.picture), 1)
        )
    return Split(division.scenes, fragments, names.highest, division.notes, pages)


def _shots(job: SplitJob, begin: int, end: int, spool: Spool, tell: Tell) -> Shots:
    found = job.footage
    rate = float(found.rate)
    finder = _finder(job.settings.detector, rate)
    width, height = _shown_size(found)
    size = _finder_size(job.settings.detector, found)
    for index, frame in pictures(found, begin, end, width=width, height=height):
        picture = np.asarray(frame.to_ndarray(), np.uint8)
        spool.push(picture)
        finder.push(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8))
        if index % _TELL_EVERY == 0:
            tell(index, found.frame_count)
    return finder.finish()


def _finder(detector: Detector, frames_a_second: float) -> ShotFinder:
    if detector == "none":
        return OneShot()
    if detector != "transnet":
        return LikenessFinder(detector, frames_a_second)
    from preprocess.split.transnet import TransNetFinder  # noqa: PLC0415 - an extra

    return TransNetFinder(frames_a_second)


def _finder_size(detector: Detector, footage: Footage) -> tuple[int, int]:
    return (48, 27) if detector == "transnet" else measured_size(footage.width, footage.height)


def _shown_size(footage: Footage) -> tuple[int, int]:
    factor = _SHOWN_LONG_PX / max(footage.width, footage.height)
    return max(16, 2 * round(footage.width * factor / 2)), max(16, 2 * round(footage.height * factor / 2))


def _written(file: Path, page: Pixels) -> Path:
    _, coded = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, _SHEET_QUALITY])
    file.write_bytes(coded.tobytes())
    return file


def work(jobs: Sequence[SplitJob], tell: Tell) -> list[Split]:
    """The step's work, for a worker."""
    return [split(job, tell) for job in jobs]
