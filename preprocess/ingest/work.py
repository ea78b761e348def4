"""What a worker does with a source: looks at all of it, and makes its mezzanine or finds that none is needed."""

from __future__ import annotations

import hashlib
import math
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av.error

from engine.errors import SourceError
from engine.formats.library_rows import Damage, StoredSource
from engine.formats.movie import Movie, read_movie
from preprocess.catalogue.values import Footage
from preprocess.footage.combing import combs
from preprocess.footage.sound import Levelling, Loudness, fitted, levelling, measure
from preprocess.ingest.direct import NotDirectError, direct_footage, why_not_direct
from preprocess.ingest.make import Made, Making, make_mezzanine
from preprocess.ingest.settings import IngestSettings
from preprocess.pipeline.step import Tell, hashed

MEZZANINES = "mezzanine"

_READ_AGAIN = "look at the disk it lies on, or copy it again"


@dataclass(frozen=True, slots=True)
class IngestJob:
    """A source to ingest. `work` is a folder for what is made, inside the library; `threads` decode and encode."""

    source: StoredSource
    library: Path
    work: Path
    settings: IngestSettings
    how: str  # hash of settings and code
    had_footage: bool = False
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a source: its row, its footage (None where quarantined), and the mezzanine that was made.

    `kept`: the source is not there now, and what was made of it earlier stays as it is.
    """

    source: StoredSource
    footage: Footage | None = None
    made: Path | None = None
    kept: bool = False


def ingest(jobs: Sequence[IngestJob], tell: Tell) -> list[Ingested]:
    """Ingest sources. One that cannot be used comes back quarantined. Raises OutputError where it cannot be written."""
    return [_ingested(job, tell) for job in jobs]


def _ingested(job: IngestJob, tell: Tell) -> Ingested:
    path, before = job.source.path, size_and_time(job.source.path)
    if job.had_footage and before == (0, 0):
        return Ingested(job.source, kept=True)
    source = replace(job.source, size=before[0], mtime_ns=before[1], sha256="", reason="", mend="", notes=(), damage=())
    try:
        _check_regular(path)
        movie = read_movie(path)
        source = replace(source, sha256=sha256_of(path))
        result = _looked_at(job, source, movie, tell)
    except SourceError as error:
        return _quarantined(source, error.what, error.mend)
    except (av.error.FFmpegError, OSError) as error:
        return _quarantined(source, f"cannot be read: {error}", _READ_AGAIN)
    if size_and_time(path) != before:
        if result.made is not None:
            result.made.unlink(missing_ok=True)
        return _quarantined(source, "changed while it was read", "run again when it is finished")
    return result


def _quarantined(source: StoredSource, reason: str, mend: str) -> Ingested:
    return Ingested(replace(source, verdict="quarantined", reason=reason, mend=mend))


def size_and_time(path: Path) -> tuple[int, int]:
    """A file's size in bytes and modification time in ns; (0, 0) where it is missing."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def sha256_of(path: Path) -> str:
    """The hash of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_regular(path: Path) -> None:
    """Refuse what would be waited for without an end. What is missing is `read_movie`'s to say."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise SourceError("is a pipe or a device, not a file", subject=path, mend="name a file")


def _looked_at(job: IngestJob, source: StoredSource, movie: Movie, tell: Tell) -> Ingested:
    settings, notes = job.settings, list[str]()
    loudness = measure(movie) if movie.has_sound else None
    level = levelling(loudness, settings.loudness_lufs, settings.true_peak_db) if loudness else None
    combing = combs(movie)
    reason = why_not_direct(movie, combing, settings)
    if reason is None:
        try:
            footage = direct_footage(movie, source.base, settings, job.threads, tell)
        except NotDirectError as why:
            reason = str(why)
    if reason is None:
        is_prores = movie.codec_name == "prores"
        notes.append("is ProRes already: taken as it is" if is_prores else f"read directly; {movie.seek_cost}")
        footage = replace(_with_sound(footage, loudness, level), digest=hashed(source.sha256, job.how))
        notes += _told(movie, footage, level)
        return Ingested(_described(source, movie, footage, notes, ()), footage)
    if reason:
        notes.append(f"a mezzanine was made all the same: {reason}")
    job.work.mkdir(parents=True, exist_ok=True)
    driven = fitted(movie, level, settings.loudness_lufs) if level else None
    how = Making(settings, combing, driven, job.threads)
    made = make_mezzanine(movie, job.work / f"{source.base}.mov", how, tell)
    footage = _with_sound(_footage_of(job, made, combing), loudness, driven)
    footage = replace(footage, digest=hashed(source.sha256, job.how))
    described = _described(source, movie, footage, [*notes, *made.notes, *_told(movie, footage, level)], made.damage)
    return Ingested(described, footage, made.file)


def _footage_of(job: IngestJob, made: Made, combing: bool) -> Footage:
    base = job.source.base
    return Footage(
        base=base,
        source=job.source.path,
        file=job.library / MEZZANINES / f"{base}.mov",
        byte_count=made.file.stat().st_size,
        width=made.width,
        height=made.height,
        rate=made.rate,
        frame_count=made.pieces[-1].end,
        alpha=made.transparent,
        combs=combing,
        sound=False,
        loudness_lufs=None,
        true_peak_db=None,
        pieces=made.pieces,
    )


def _with_sound(footage: Footage, loudness: Loudness | None, level: Levelling | None) -> Footage:
    if loudness is None or level is None:
        return footage
    peak_db = loudness.true_peak_db if math.isfinite(loudness.true_peak_db) else None
    return replace(
        footage, sound=True, loudness_lufs=loudness.lufs, true_peak_db=peak_db, gain_db=round(level.gain_db, 3)
    )


def _told(movie: Movie, footage: Footage, level: Levelling | None) -> list[str]:
    """What was done to a source that a person may want to know."""
    notes = []
    if movie.turns:
        notes.append(f"turned upright: {footage.width}×{footage.height}")
    if movie.sample_aspect != 1:
        notes.append(f"oblong pixels squared: {footage.width}×{footage.height}")
    elif (movie.width % 2 or movie.height % 2) and footage.height == movie.height // 2 * 2:
        notes.append(f"cut to {footage.width}×{footage.height}: clips need even sizes")
    if movie.hdr:
        notes.append(f"its light is HDR ({movie.hdr}), which is not converted: colours come out flatter than meant")
    if movie.other_pictures:
        notes.append(f"holds {movie.other_pictures + 1} moving pictures: the first was taken")
    if level is not None and level.limit_db is not None and footage.file is not None:
        notes.append(f"brought to its loudness, its sound would peak above {level.limit_db:g} dB: limited")
    return notes


def _described(
    source: StoredSource, movie: Movie, footage: Footage, notes: Sequence[str], damage: tuple[Damage, ...]
) -> StoredSource:
    """The source's row, with the verdict and what there is to say of it."""
    notes = list(notes)
    if not movie.constant and not damage:
        rate = f"{float(footage.rate):.3f}".rstrip("0").rstrip(".")
        notes.append(f"variable frame rate made constant: {rate} frames/s, pauses kept")
    source = replace(source, notes=tuple(notes), damage=damage)
    if damage:
        spans = ", ".join(f"{span.from_s:.2f}–{span.to_s:.2f} s" for span in damage[:4])
        reason = f"partly damaged at {spans}" + (" and more" if len(damage) > 4 else "")
        mend = "copy it again if the original is whole; the clips hold what decodes"
        return replace(source, verdict="damaged", reason=reason, mend=mend)
    if footage.frame_count == 1:
        mend = "name its clip in a schedule to show it all the same"
        return replace(source, verdict="flagged", reason="one frame, a still: left out of the schedule", mend=mend)
    return replace(source, verdict="sound")
