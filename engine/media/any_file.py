"""Any file that FFmpeg opens, by frame index: decoded from the key frame at or before it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import av
from av.video.frame import VideoFrame

from engine.errors import FrameError, SourceError
from engine.media.av_pictures import picture_from
from engine.media.buffers import BufferPool
from engine.media.frame_times import decoded, frame_times, open_picture
from engine.model.clips import Clip
from engine.model.pictures import FrameRef, Picture

_WINDOW_FRAMES = 32
_WINDOW_BYTES = 48 << 20
_KEYS_BACK = (0, 1, 4)  # how many key frames before the right one a seek tries, before it goes to the beginning
_MEND = "Build it into the library"


class AnyFileSource:
    """A file read through FFmpeg (a FrameSource).

    A frame costs the decoding of all frames from its key frame on. The last frames decoded are kept, up to 32 and
    48 MiB, so that playing forwards, and backwards within a group of pictures, decodes a frame about once.
    """

    def __init__(self, clip: Clip, pool: BufferPool) -> None:
        """Open `clip`'s file and learn its frame times, by one pass over its packets the first time.

        Raises SourceError where it cannot be opened or has no picture.
        """
        self._clip = clip
        self._pool = pool
        self._times = frame_times(clip.file)
        self._container, self._stream = open_picture(clip.file)
        self._closed = False
        self._window: OrderedDict[int, VideoFrame] = OrderedDict()
        self._frames: Iterator[VideoFrame] = decoded(self._container, self._stream)
        self._from = 0  # the frame index that the decoder was sent to; earlier frames that it gives are broken
        self._next = 0  # the frame index that it gives next, if nothing is damaged

    @property
    def clip(self) -> Clip:
        return self._clip

    def read(self, index: int) -> Picture:
        if self._closed:
            raise SourceError("is closed", subject=self._clip.file)
        if not 0 <= index < len(self._times):
            raise self._error(index, f"is outside the file's {len(self._times)} frames")
        frame = self._window.get(index) or self._decode_to(index)
        if frame is None or frame.is_corrupt:
            raise self._error(index, "is damaged")
        try:
            return picture_from(frame, FrameRef(self._clip.slug, index), self._pool)
        except (ValueError, av.FFmpegError) as error:
            raise self._error(index, f"cannot be converted from {frame.format.name}: {error}") from error

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._window.clear()
            self._frames = iter(())  # it must not outlive its container
            self._container.close()

    def _error(self, index: int, what: str) -> FrameError:
        return FrameError(f"frame {index} {what}", subject=self._clip.file, mend=_MEND)

    def _decode_to(self, index: int) -> VideoFrame | None:
        """The frame, or None where it does not decode."""
        key = self._times.key_before(index, 0)
        if key <= self._next <= index:
            return self._forward(index)[0]
        for back in _KEYS_BACK:
            self._seek(self._times.key_before(key, back))
            frame, first = self._forward(index)
            # A seek that landed where it was sent has shown what there is to see. Where it landed late, or the
            # decoder had to skip frames to find its feet, an earlier key frame leads there.
            if frame is not None or first == self._from:
                return frame
        self._reopen()
        return self._forward(index)[0]

    def _forward(self, index: int) -> tuple[VideoFrame | None, int | None]:
        """Decode on until `index`: that frame, or None once it was passed; and the first frame index met."""
        first: int | None = None
        for frame in self._frames:
            at = self._times.index_at(frame.pts) if self._times.timed else self._next
            if at is None or at < self._from:
                continue
            first = at if first is None else first
            self._next = at + 1
            self._keep(at, frame)
            if at >= index:
                return (frame if at == index else None), first
        self._next = len(self._times)
        return None, first

    def _keep(self, index: int, frame: VideoFrame) -> None:
        self._window[index] = frame
        self._window.move_to_end(index)
        size = sum(plane.buffer_size for plane in frame.planes)
        while len(self._window) > max(2, min(_WINDOW_FRAMES, _WINDOW_BYTES // size)):
            self._window.popitem(last=False)

    def _seek(self, key: int) -> None:
        """Send the decoder to the key frame with frame index `key`."""
        if not self._times.timed:
            return self._reopen()
        try:
            self._container.seek(int(self._times.pts[key]), stream=self._stream, backward=True)
        except av.FFmpegError:  # a file that cannot be sought in is decoded from its beginning
            return self._reopen()
        self._frames = decoded(self._container, self._stream)
        self._from = self._next = key
        return None

    def _reopen(self) -> None:
        """Go to the beginning. Raises SourceError where the file is there no more; the source is then closed."""
        self.close()
        self._container, self._stream = open_picture(self._clip.file)
        self._closed = False
        self._frames = decoded(self._container, self._stream)
        self._from = self._next = 0
