"""Frames of footage, by index: from its mezzanine, or from the source itself, normalised on the way.

Whoever reads frames reads them here. A range costs the frames from the key frame before it, or from where the range
before it ended, whichever is nearer; what a source's packets say of its frames is gone over once a process.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import SourceError
from engine.formats.movie import Movie, read_movie, slots
from engine.formats.movie_file import decoded, open_movie, picture_stream
from preprocess.catalogue.values import Footage
from preprocess.footage.filters import PictureFilter, Target
from preprocess.footage.source_reader import AGAIN, source_frames

_KEPT_SOURCES = 8
_SEEKS_A_STRETCH = 5  # reading a stretch decodes a fifth more frames than it has at worst, a tenth as a rule


def pictures(
    footage: Footage,
    begin: int,
    end: int,
    *,
    width: int,
    height: int,
    pixel_format: str = "bgr24",
    crop: tuple[int, int] | None = None,
    threads: int = 1,
) -> Iterator[tuple[int, VideoFrame]]:
    """(frame index, frame) for each index from `begin` to `end` (half open), in order, scaled to the size given.

    `crop` (width, height) is what is left of the footage before it is scaled; a source that is scaled on its way to
    its footage is not cut. `pixel_format` is FFmpeg's name: bgr24, rgba, gray, yuvj420p…; YUV has JPEG's colours,
    BT.601 at full range. A frame that stands for several indices is given as one object several times. One thread;
    `threads` decode. The same indices give the same pictures whether read in one range or in several.
    Raises SourceError where the file is gone or damaged since it was ingested.
    """
    begin, end = max(begin, 0), min(end, footage.frame_count)
    if begin >= end:
        return
    movie = None if footage.file else movie_of(footage.source)
    whole = footage.width, footage.height
    cut = _cut(movie, footage) if movie else whole
    cut = crop if crop and cut == whole else cut
    finish, at = PictureFilter(movie, Target(width, height, pixel_format, *cut)), begin
    spans = _of_source(footage, movie, begin, end, threads) if movie else _of_mezzanine(footage, begin, end, threads)
    for frame, span in spans:
        (done,) = finish.push(frame)
        for index in span:
            yield index, done
            at = index + 1
    if at < end:
        file = footage.file or footage.source
        raise SourceError(f"frame {at} is not there any more", subject=file, mend=AGAIN)


def _cut(movie: Movie, footage: Footage) -> tuple[int, int]:
    """The size to which a source's upright picture is cut: even, where it is not scaled to its footage's size."""
    turned = movie.turns % 2
    upright = (movie.coded_height, movie.coded_width) if turned else (movie.coded_width, movie.coded_height)
    even = upright[0] // 2 * 2, upright[1] // 2 * 2
    return even if (movie.width, movie.height) == upright and (footage.width, footage.height) == even else upright


def _of_mezzanine(footage: Footage, begin: int, end: int, threads: int) -> Iterator[tuple[VideoFrame, range]]:
    assert footage.file is not None
    with open_movie(footage.file) as container:
        stream = _stream(container, footage.file, threads)
        assert stream.time_base is not None
        container.seek(round(begin / footage.rate / stream.time_base), stream=stream)
        for frame in decoded(container, stream):
            if frame.pts is None:
                continue
            index = round(frame.pts * stream.time_base * footage.rate)
            if index >= end:
                return
            if index >= begin:
                yield frame, range(index, index + 1)


def _of_source(
    footage: Footage, movie: Movie, begin: int, end: int, threads: int
) -> Iterator[tuple[VideoFrame, range]]:
    if movie.file.stat().st_size != footage.byte_count:
        raise SourceError("was changed since it was ingested", subject=movie.file, mend=AGAIN)
    places = slots(movie.times_s, footage.rate)  # the index at which each frame of the source begins to stand
    for number, frame in source_frames(movie, int(np.searchsorted(places, begin, side="right")) - 1, threads):
        span_end = int(places[number + 1]) if number + 1 < len(places) else footage.frame_count
        if span_end > max(begin, places[number]):
            yield frame, range(max(begin, int(places[number])), min(end, span_end))
        if span_end >= end:
            return


def stretch_index(footage: Footage, begin: int) -> int | None:
    """Which stretch of its source a range that begins at frame `begin` belongs to; None where each frame stands alone.

    Ranges of one stretch cost the least when one process reads them one after another: see `source_reader`.
    """
    alone = footage.file is not None or footage.seek_frames <= 1
    return None if alone else begin // (_SEEKS_A_STRETCH * footage.seek_frames)


def movie_of(file: Path) -> Movie:
    """What a source holds, gone over once a process as long as its size and time stand. Raises SourceError."""
    try:
        stat = file.stat()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", subject=file, mend="plug in its disk") from error
    return _looked_at(file, stat.st_size, stat.st_mtime_ns)


@lru_cache(_KEPT_SOURCES)
def _looked_at(file: Path, size: int, mtime_ns: int) -> Movie:
    return read_movie(file)


def _stream(container: InputContainer, file: Path, threads: int) -> VideoStream:
    stream = picture_stream(container, file)
    stream.thread_type, stream.thread_count = "AUTO", threads
    return stream
