"""One clip made from its footage: what a worker does, from frames to a finished file in the work folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from av.video.frame import VideoFrame

from engine.errors import OutputError, SourceError
from engine.formats.frame_table import frame_table
from engine.formats.library_rows import Traits
from engine.model.clips import Codec, FrameTable
from preprocess.catalogue.values import Footage
from preprocess.encode.choice import ClipSize
from preprocess.encode.hap import transcode_hap
from preprocess.footage.encoders import JPEG_FORMAT, MjpegEncoder, open_encoder, unwritten
from preprocess.footage.reading import pictures
from preprocess.pipeline.step import Failed, Tell

_PROXY_PART = 4  # of each side
_TELL_EVERY_FRAMES = 16


@dataclass(frozen=True, slots=True)
class EncodeJob:
    """Frames `begin` to `end` (half open) of footage to become one clip, in the folder `work`.

    Where the clip `stands`, the title and the traits alone are new. They mean nothing to the worker.
    """

    slug: str
    title: str
    traits: Traits
    stands: bool
    footage: Footage
    begin: int
    end: int
    codec: Codec
    size: ClipSize
    proxy: bool
    work: Path


@dataclass(frozen=True, slots=True)
class Encoded:
    """A finished clip, flushed to disk, and its proxy where one was asked for."""

    file: Path
    table: FrameTable
    byte_count: int
    sha256: str
    proxy: Path | None


def encode(jobs: Sequence[EncodeJob | None], tell: Tell) -> list[Encoded | Failed | None]:
    """Encode clips; None for one that stands, or of which nothing is asked.

    Raises OutputError where the disk is full: no file is left then.
    """
    return [None if job is None or job.stands else _encoded(job, tell) for job in jobs]


def _encoded(job: EncodeJob, tell: Tell) -> Encoded | Failed:
    file, proxy = job.work / f"{job.slug}.mov", job.work / f"{job.slug}.proxy.mov"
    try:
        job.work.mkdir(exist_ok=True)
        if job.codec.is_hap and job.footage.file is not None:
            transcode_hap(job.footage, range(job.begin, job.end), job.size, job.codec, file, tell=tell)
            if job.proxy:
                _through_pictures(job, None, proxy, tell)
        else:
            _through_pictures(job, file, proxy if job.proxy else None, tell)
        table = frame_table(file)
        if len(table) != job.end - job.begin:
            raise SourceError(f"gave {len(table)} frames instead of {job.end - job.begin}", subject=file)
        for made in (file, proxy):
            if made.exists():
                _flush(made)
        return Encoded(file, table, file.stat().st_size, sha256_of(file), proxy if job.proxy else None)
    except SourceError as error:
        _remove(file, proxy)
        return _failed(job.footage, error)
    except OSError as error:
        _remove(file, proxy)
        raise unwritten(file, error.strerror) from error
    except OutputError:
        _remove(file, proxy)
        raise


def _failed(footage: Footage, error: SourceError) -> Failed:
    if footage.file is None:
        return Failed(error.what, error.mend or "run ingest again: it looks at the file anew")
    return Failed(f"its mezzanine {error.what}", f"remove {footage.file.name} from the mezzanines and run ingest again")


def _through_pictures(job: EncodeJob, file: Path | None, proxy: Path | None, tell: Tell) -> None:
    """Encode the job's frames, one after another, to `file` and to a smaller `proxy`, whichever are wanted."""
    size, rate, total = job.size, job.footage.rate, job.end - job.begin
    width, height = (max(2, side // _PROXY_PART // 2 * 2) for side in (size.width, size.height))
    with ExitStack() as stack:
        clip = stack.enter_context(open_encoder(file, job.codec, size.width, size.height, rate)) if file else None
        lesser = stack.enter_context(MjpegEncoder(proxy, width, height, rate)) if proxy else None
        for index, frame in pictures(
            job.footage,
            job.begin,
            job.end,
            width=size.width,
            height=size.height,
            pixel_format="rgba" if clip and job.codec.is_hap else JPEG_FORMAT,
            crop=(size.crop_width, size.crop_height),
        ):
            if lesser:
                lesser.write(_smaller(frame, width, height))
            if clip:
                clip.write(frame)
            if (index - job.begin) % _TELL_EVERY_FRAMES == 0:
                tell(index - job.begin, total)


def _smaller(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    return frame.reformat(width, height, JPEG_FORMAT, interpolation="AREA", dst_color_range="JPEG", threads=1)


def _flush(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def sha256_of(file: Path) -> str:
    """The hash of a file's content, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)
