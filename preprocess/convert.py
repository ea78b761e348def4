"""One source made into clips: what a worker process does, from the file to finished clips in the work folder."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

import av
import numpy as np
from av.video.frame import VideoFrame

from engine.errors import SourceError
from engine.formats.frame_table import frame_table
from engine.formats.library_rows import NewClip, StoredClip, StoredSource, Traits, Verdict
from engine.formats.movie import Movie, read_movie
from engine.model.clips import Clip, Codec
from preprocess.footage.decoding import has_alpha
from preprocess.footage.encoders import ClipEncoder, jpeg, open_encoder
from preprocess.footage.filters import Target, target_for
from preprocess.footage.sequence import Paced, Sequence, Tell
from preprocess.fragments import Cutter, ShotChanges
from preprocess.slugs import slug
from preprocess.traits import Small, TraitsMeter, small_copy

CodecChoice: TypeAlias = Literal["auto", "mjpeg", "hap", "hapq"]

# Part of the settings' hash: raise it when the same source would become other clips.
VERSION = 1

# What is left between two damaged spans and shorter than this is no clip.
_SHORTEST_REMNANT_S = 0.5
_THUMBNAIL_WIDTH = 320


@dataclass(frozen=True, slots=True)
class Settings:
    """What clips are made with; a source is done again when it changes."""

    codec: CodecChoice = "auto"
    max_height: int | None = None

    @property
    def hash(self) -> str:
        return hashlib.sha256(repr((VERSION, self.codec, self.max_height)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Job:
    """One source to convert. `work` is an existing empty folder of its own for the clips; `threads` decode it."""

    source: StoredSource
    settings: Settings
    work: Path
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a source: its row for the catalogue, and its clips; none where it is quarantined."""

    source: StoredSource
    clips: tuple[NewClip, ...] = ()


def convert(job: Job, tell: Tell = lambda done, total: None) -> Outcome:
    """Convert one source. `tell(done, total)` hears of its frames now and then.

    A source that cannot be used comes back quarantined. Raises OutputError where clips cannot be written.
    """
    stat_before = _stat(job.source.path)
    source = replace(job.source, size=stat_before[0], mtime_ns=stat_before[1], settings=job.settings.hash)
    try:
        movie = read_movie(source.path)
        source = replace(source, sha256=_hash(source.path))
        conversion = _Conversion(job, movie, tell)
        conversion.run()
    except (SourceError, av.error.FFmpegError, OSError) as error:
        if isinstance(error, SourceError):
            return Outcome(replace(source, verdict="quarantined", reason=error.what, mend=error.mend))
        return Outcome(replace(source, verdict="quarantined", reason=f"cannot be read: {error}", mend=_READ_AGAIN))
    if _stat(source.path) != stat_before:
        reason = "changed while it was read"
        return Outcome(replace(source, verdict="quarantined", reason=reason, mend="build again when it is finished"))
    return conversion.outcome(source)


_READ_AGAIN = "look at the disk it lies on, or copy it again"


def _stat(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(slots=True)
class _Part:
    """A clip being written."""

    file: Path
    begin: int  # slot of its first frame
    encoder: ClipEncoder
    meter: TraitsMeter
    remnant: bool  # follows damage
    count: int = 0
    thumbnail: VideoFrame | None = None  # of one frame a second, the one of most contrast
    thumbnail_contrast: float = 0.0


@dataclass(frozen=True, slots=True)
class _Finished:
    """A written clip, before it has its name."""

    file: Path
    begin: int
    count: int
    traits: Traits
    thumbnail: bytes


@dataclass(slots=True)
class _Conversion:
    job: Job
    movie: Movie
    tell: Tell
    notes: list[str] = field(default_factory=list)
    finished: list[_Finished] = field(default_factory=list)
    codec: Codec = field(init=False)
    target: Target = field(init=False)
    sequence: Sequence = field(init=False)
    _part: _Part | None = None

    def __post_init__(self) -> None:
        self.codec = self._chosen_codec(self.job.settings.codec)
        self.target = target_for(self.movie, self.codec, self.job.settings.max_height)
        self.sequence = Sequence(self.movie, self.target, self.job.threads, self.tell, self.notes)

    @property
    def rate(self) -> Fraction:
        return self.sequence.rate

    def _chosen_codec(self, choice: CodecChoice) -> Codec:
        alpha = has_alpha(self.movie.pixel_format)
        if choice == "auto":
            return Codec.HAP_ALPHA if alpha else Codec.MJPEG
        if choice == "hap":
            return Codec.HAP_ALPHA if alpha else Codec.HAP
        if alpha:
            self.notes.append(f"its transparency is lost in {choice}; --codec auto keeps it")
        return Codec.HAP_Q if choice == "hapq" else Codec.MJPEG

    def run(self) -> None:
        """Decode, filter, cut and encode everything; then `finished` and `notes` are complete."""
        try:
            self._cut(self.sequence.frames())
            self._finish_part(before_loss=bool(self.sequence.damage))
        except BaseException as error:
            if self._part is not None:
                self._part.encoder.__exit__(type(error), error, error.__traceback__)
            raise

    def _cut(self, frames: Iterator[Paced]) -> None:
        cutter, changes = Cutter(self.rate, self.sequence.total), ShotChanges()
        before: Small | None = None
        for paced in frames:
            small = small_copy(paced.frame)
            difference = None if before is None or paced.begins_anew else float(np.abs(small - before).mean())
            before = small
            new_shot = difference is not None and changes.begins(difference)
            if paced.begins_anew or self._part is None:
                self._finish_part(before_loss=True)
                cutter.restart(paced.slot)
            for slot in range(paced.slot, paced.slot + paced.repeats):
                if cutter.cuts_before(slot, new_shot and slot == paced.slot):
                    self._finish_part(before_loss=False)
                self._write(paced, slot, small, difference)
                difference = 0.0  # a repeated frame does not move

    def _write(self, paced: Paced, slot: int, small: Small, difference: float | None) -> None:
        part = self._part
        if part is None:
            file = self.job.work / f"{len(self.finished):05d}.mov"
            target = self.target
            encoder = open_encoder(file, self.codec, target.width, target.height, self.rate)
            part = self._part = _Part(file, slot, encoder.__enter__(), TraitsMeter(), paced.begins_anew)
            difference = None
        part.encoder.write(paced.frame)
        part.meter.add(small, difference)
        part.count += 1
        if part.count % math.ceil(self.rate) == 1 or part.thumbnail is None:
            contrast = float(small.std())
            if part.thumbnail is None or contrast > part.thumbnail_contrast:
                part.thumbnail, part.thumbnail_contrast = paced.frame, contrast

    def _finish_part(self, before_loss: bool) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        part.encoder.__exit__(None, None, None)
        if part.count < _SHORTEST_REMNANT_S * self.rate and (part.remnant or before_loss) and self.finished:
            self.notes.append(f"{part.count} whole frames between damaged spans are left out")
            part.file.unlink()
            return
        assert part.thumbnail is not None
        thumbnail = jpeg(part.thumbnail, _THUMBNAIL_WIDTH)
        self.finished.append(_Finished(part.file, part.begin, part.count, part.meter.traits(), thumbnail))

    def outcome(self, source: StoredSource) -> Outcome:
        """The source's row and its clips, named; their files are flushed to disk."""
        damage = tuple(self.sequence.damage)
        if not self.movie.constant and not damage:
            self.notes.append(f"variable frame rate made constant: {_rate_text(self.rate)} frames/s, pauses kept")
        if not self.movie.seek_cost.stands_alone:
            self.notes.append(f"{self.movie.seek_cost}; built into the library it is one")
        if not self.finished:
            reason = "no frame of it decodes"
            return Outcome(replace(source, verdict="quarantined", reason=reason, mend=_READ_AGAIN, damage=damage))
        clips = tuple(self._new_clip(source, index, part) for index, part in enumerate(self.finished))
        verdict, reason, mend = _verdict(source, clips)
        if damage:
            spans = ", ".join(f"{span.from_s:.2f}–{span.to_s:.2f} s" for span in damage[:4])
            verdict, reason = "damaged", f"partly damaged at {spans}" + (" and more" if len(damage) > 4 else "")
            mend = "copy it again if the original is whole; the clips hold what decodes"
        if self.codec.is_hap and not self.target.scales and self._cropped():
            self.notes.append(f"cut to {self.target.width}×{self.target.height}: HAP wants multiples of 4")
        described = replace(source, verdict=verdict, reason=reason, mend=mend, notes=tuple(self.notes), damage=damage)
        return Outcome(described, clips)

    def _cropped(self) -> bool:
        return {self.target.width, self.target.height} != {self.movie.width, self.movie.height}

    def _new_clip(self, source: StoredSource, index: int, part: _Finished) -> NewClip:
        name = slug(source.base, index, len(self.finished))
        thumbnail_file = part.file.with_suffix(".jpg")
        thumbnail_file.write_bytes(part.thumbnail)
        for file in (part.file, thumbnail_file):
            _flush(file)
        title = source.title if len(self.finished) == 1 else f"{source.title} {index + 1}/{len(self.finished)}"
        table = frame_table(part.file)
        clip = Clip(
            slug=name,
            file=part.file,
            codec=self.codec,
            width=self.target.width,
            height=self.target.height,
            rate=self.rate,
            frame_count=len(table),
            title=title,
        )
        in_s, out_s = float(part.begin / self.rate), float((part.begin + part.count) / self.rate)
        stored = StoredClip(clip, source.path, in_s, out_s, part.file.stat().st_size, _hash(part.file), part.traits)
        assert len(table) == part.count
        return NewClip(part.file, thumbnail_file, stored, table)


def _verdict(source: StoredSource, clips: tuple[NewClip, ...]) -> tuple[Verdict, str, str]:
    flags = [_flags(clip.stored) for clip in clips]
    if all(flags):
        return "flagged", f"{flags[0]}: left out of the schedule", "name its clip in a schedule to show it all the same"
    return "sound", "", ""


def _flags(stored: StoredClip) -> str:
    """Why a clip is left out of schedules; empty where it is not."""
    if stored.clip.frame_count == 1:
        return "one frame, a still"
    traits = stored.traits
    return " and ".join(word for word, flag in (("black", traits.black), ("static", traits.static)) if flag)


def _rate_text(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _flush(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())
