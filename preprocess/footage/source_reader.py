"""A source's own frames, by number, from a decoder that stays open: the next range goes on where the last one ended.

Between two key frames there may be hundreds of frames. Whoever reads one range after another would decode them from
the key frame anew for each; a decoder that stands at most that far before what is wanted next just goes on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from itertools import chain
from types import TracebackType
from typing import Self

import numpy as np
from av.video.frame import VideoFrame

from engine.errors import SourceError
from engine.formats.movie import Movie
from engine.formats.movie_file import decoded, open_movie, picture_stream

AGAIN = "run ingest again: it looks at the file anew"
# Where seeking to a key frame lands behind it, an earlier one is tried; a container in which this many do not help
# has no random access to speak of.
_MOST_KEYS_BACK = 8
# Of the last frames given, which ranges that overlap (handles; a frame that stands for both) ask for again. Two
# seconds and more at each end of a range in SD.
_KEPT_BYTES = 64_000_000


class SourceReader:
    """Frames of one source. One thread; a context manager. `movie`'s timestamps must tell its frames apart.

    `stands` says whether it may be asked again: not after an error, nor when the file's last frame was given.
    """

    def __init__(self, movie: Movie, threads: int = 1) -> None:
        """Open the file; `threads` decode. Raises SourceError."""
        assert movie.packets.stamps is not None, "only files whose timestamps tell their frames apart"
        self.movie = movie
        self.threads = threads
        self._stamps = movie.packets.stamps
        self._container = open_movie(movie.file)
        try:
            self._stream = picture_stream(self._container, movie.file)
        except SourceError:
            self._container.close()
            raise
        self._stream.thread_type, self._stream.thread_count = "AUTO", threads
        self._decoded: Iterator[VideoFrame] | None = None
        self._next = 0  # the number of the frame that `_decoded` gives next
        self._given: deque[tuple[int, VideoFrame]] = deque(maxlen=1)

    @property
    def stands(self) -> bool:
        return self._decoded is not None

    def frames(self, first: int) -> Iterator[tuple[int, VideoFrame]]:
        """(number, frame) from number `first` on, in the order of presentation, as long as the caller wants.

        Goes on from the last call where that decodes less than a seek does. Raises SourceError where a frame does
        not decode, or the file cannot be sought in.
        """
        again = deque((number, frame) for number, frame in self._given if number >= first)
        stands_at = again[0][0] if again else self._next
        if not self.stands or stands_at > first or self._key(first) > stands_at:
            again.clear()
            self._seek(first)
        elif stands_at < first:
            self._given.clear()  # they would not be the frames just before the next ones
        expected = self._next if again else first
        while again:
            yield again.popleft()
        for number, frame in self._onwards():
            if number < first:
                continue
            if number != expected or frame.is_corrupt:
                self._decoded = None
                raise SourceError(f"frame {expected} does not decode any more", subject=self.movie.file, mend=AGAIN)
            self._keep(number, frame)
            yield number, frame
            expected += 1

    def _onwards(self) -> Iterator[tuple[int, VideoFrame]]:
        """What the decoder gives, numbered. Left at any frame, it stands behind that one."""
        while (rest := self._decoded) is not None:
            self._decoded = None  # an error must not leave a decoder that somebody trusts
            frame = next(rest, None)
            if frame is None:
                return
            number = self._number(frame)
            self._decoded = rest
            if number is not None:
                self._next = number + 1
                yield number, frame

    def _keep(self, number: int, frame: VideoFrame) -> None:
        if not self._given and not self.movie.seek_cost.stands_alone:
            size = sum(plane.buffer_size for plane in frame.planes)
            self._given = deque(maxlen=max(1, _KEPT_BYTES // max(1, size)))
        self._given.append((number, frame))

    def _key(self, number: int) -> int:
        """The number of the last key frame at or before `number`; 0 where there is none."""
        place = int(np.searchsorted(self.movie.packets.keys, number, side="right")) - 1
        return int(self.movie.packets.keys[place]) if place >= 0 else 0

    def _seek(self, first: int) -> None:
        """Stand at a key frame at or before number `first`."""
        self._decoded = None
        self._given.clear()
        key = first
        for _ in range(_MOST_KEYS_BACK):
            key = self._key(key)
            self._container.seek(int(self._stamps[key]), stream=self._stream)
            frames = decoded(self._container, self._stream)
            opening = next(frames, None)
            number = None if opening is None else self._number(opening)
            if opening is not None and number is not None and number <= first:
                self._decoded, self._next = chain((opening,), frames), number
                return
            if key == 0:
                break
            key -= 1
        raise SourceError("cannot be sought in", subject=self.movie.file, mend="make a mezzanine of it")

    def _number(self, frame: VideoFrame) -> int | None:
        if frame.pts is None:
            return None
        place = int(np.searchsorted(self._stamps, frame.pts))
        return place if place < len(self._stamps) and self._stamps[place] == frame.pts else None

    def close(self) -> None:
        self._decoded = None
        self._given.clear()
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Kept(threading.local):
    """The reader that this thread used last, while nobody uses it."""

    reader: SourceReader | None = None


_kept = _Kept()


def source_frames(movie: Movie, first: int, threads: int = 1) -> Iterator[tuple[int, VideoFrame]]:
    """(number, frame) of a source's own frames from number `first` on, in the order of presentation. Any thread.

    The thread's last reader goes on where it is of the same `movie` (the same object: what `movie_of` gives while the
    file stays as it is); one is kept, some 100 MB at most. Raises SourceError where a frame does not decode, or the
    file cannot be opened or sought in.
    """
    reader = _taken(movie, threads)
    try:
        yield from reader.frames(first)
    finally:
        _left(reader)


def _taken(movie: Movie, threads: int) -> SourceReader:
    reader, _kept.reader = _kept.reader, None
    if reader is not None:
        if reader.movie is movie and reader.threads == threads:
            return reader
        reader.close()
    return SourceReader(movie, threads)


def _left(reader: SourceReader) -> None:
    if _kept.reader is not None:
        _kept.reader.close()
    _kept.reader = reader if reader.stands else None
    if not reader.stands:
        reader.close()
