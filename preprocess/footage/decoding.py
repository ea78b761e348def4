"""A source's frames in order, each with its instant, and the spans that did not decode left out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.formats.library_rows import Damage
from engine.formats.movie import Movie
from engine.formats.movie_file import decoder_of, open_movie, picture_stream

# A header may be off by this much about the end of the picture without anything being lost.
_END_TOLERANCE_S = 0.5
_OPAQUE = 254  # of 255: a level is lost on the way through other depths


@dataclass(slots=True)
class Decoding:
    """One pass over a source's frames. Iterate `frames` once; `damage` is complete afterwards. One thread."""

    movie: Movie
    threads: int = 1
    damage: list[Damage] = field(default_factory=list)
    _index: int = 0
    _end_s: float = 0.0
    _lost_from_s: float | None = None

    def frames(self) -> Iterator[tuple[VideoFrame, float, bool]]:
        """(frame, its instant in seconds from the first frame, whether something was lost just before it).

        From a damaged frame on, everything to the next whole key frame is left out: pictures that were built on
        a damaged one carry its dirt along.
        """
        with open_movie(self.movie.file) as container:
            stream = picture_stream(container, self.movie.file)
            stream.thread_type = "AUTO"
            stream.thread_count = self.threads
            for frame, is_key in self._decoded(container, stream):
                at_s = self._instant_s(frame, stream)
                self._index += 1
                if frame.is_corrupt:
                    self._lose(min(at_s, self._end_s) if self._index > 1 else at_s)
                    continue
                after_loss = self._lost_from_s is not None
                if after_loss and not is_key:
                    continue
                self._regain(at_s)
                self._end_s = at_s + float(1 / self.movie.rate)
                yield frame, at_s, after_loss
        self._finish()

    def _decoded(self, container: InputContainer, stream: VideoStream) -> Iterator[tuple[VideoFrame, bool]]:
        """Each frame, and whether it is a key frame."""
        packets, decoder = container.demux(stream), decoder_of(stream)
        marks_keys = decoder is stream.codec_context
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                self._lose(self._end_s)
                return
            if packet is None:
                return
            try:
                frames = decoder.decode(packet)
            except av.error.FFmpegError:
                self._lose(self._end_s)
                self._index += 1  # keeps the count right where frames are told apart by counting
                continue
            for frame in frames:
                yield frame, frame.key_frame if marks_keys else packet.is_keyframe

    def _instant_s(self, frame: VideoFrame, stream: VideoStream) -> float:
        first = self.movie.first_pts
        if first is None or frame.pts is None or stream.time_base is None:
            return float(self._index / self.movie.rate)
        return max(0.0, float((frame.pts - first) * stream.time_base))

    def _lose(self, from_s: float) -> None:
        if self._lost_from_s is None:
            self._lost_from_s = from_s

    def _regain(self, at_s: float) -> None:
        if self._lost_from_s is not None:
            self.damage.append(Damage(round(self._lost_from_s, 3), round(at_s, 3), "does not decode"))
        self._lost_from_s = None

    def _finish(self) -> None:
        declared_s = self.movie.duration_s
        if self._lost_from_s is not None:
            self._regain(max(declared_s, self._lost_from_s))
        elif declared_s - self._end_s > _END_TOLERANCE_S and self._index > 1:
            self.damage.append(Damage(round(self._end_s, 3), round(declared_s, 3), "is missing: the file ends before"))


def has_alpha(pixel_format: str) -> bool:
    """Whether FFmpeg's pixel format of this name carries transparency of its own."""
    with contextlib.suppress(ValueError):
        return any(component.is_alpha for component in av.VideoFormat(pixel_format).components)
    return False


def is_transparent(frame: VideoFrame) -> bool:
    """Whether a frame is transparent in any place."""
    for component in frame.format.components:
        if component.is_alpha:
            if not frame.format.is_planar:
                return bool(frame.reformat(format="rgba", threads=1).to_ndarray()[..., 3].min() < _OPAQUE)
            plane = frame.planes[component.plane]
            deep = component.bits > 8
            values = np.frombuffer(memoryview(plane), np.uint16 if deep else np.uint8)
            values = values.reshape(plane.height, -1)[:, : plane.width]
            return bool(values.min() < (_OPAQUE << (component.bits - 8)))
    return False
