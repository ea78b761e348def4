"""Frames of footage, by index: from its mezzanine, or from the source itself, normalised on the way."""

from __future__ import annotations

from collections.abc import Iterator

from av.video.frame import VideoFrame

from engine.formats.movie import read_movie
from engine.formats.movie_file import open_movie, picture_stream
from engine.model.clips import Codec
from preprocess.catalogue.values import Footage
from preprocess.footage.filters import Target, target_for
from preprocess.footage.sequence import Sequence


def pictures(
    footage: Footage, begin: int, end: int, *, width: int, height: int, pixel_format: str = "bgr24", threads: int = 1
) -> Iterator[tuple[int, VideoFrame]]:
    """(frame index, frame) for each index from `begin` to `end` (half open), in order, scaled to the size given.

    `pixel_format` is FFmpeg's name: bgr24, rgba, gray, yuvj420p… One thread; `threads` decode. The same indices give
    the same pictures whether read in one range or in several.
    Raises SourceError where the file is gone or damaged since it was ingested.
    """
    frames = _from_mezzanine(footage, begin, end, threads) if footage.file else _from_source(footage, end, threads)
    for index, frame in frames:
        if index >= end:
            return
        if index >= begin:
            yield index, frame.reformat(width=width, height=height, format=pixel_format, interpolation="AREA")


def _from_mezzanine(footage: Footage, begin: int, end: int, threads: int) -> Iterator[tuple[int, VideoFrame]]:
    assert footage.file is not None
    with open_movie(footage.file) as container:
        stream = picture_stream(container, footage.file)
        assert stream.time_base is not None
        stream.thread_type, stream.thread_count = "AUTO", threads
        container.seek(round(begin / footage.rate / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            assert frame.pts is not None
            index = round(frame.pts * stream.time_base * footage.rate)
            if index >= end:
                return
            yield index, frame


def _from_source(footage: Footage, end: int, threads: int) -> Iterator[tuple[int, VideoFrame]]:
    movie = read_movie(footage.source)
    target: Target = target_for(movie, Codec.MJPEG, None)
    sequence = Sequence(movie, target, threads, lambda done, total: None, [])
    index = 0
    for paced in sequence.frames():
        for _ in range(paced.repeats):
            yield index, paced.frame
            index += 1
            if index >= end:
                return
