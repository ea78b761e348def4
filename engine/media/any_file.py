"""Any file that FFmpeg opens, by frame index: decoded from the key frame at or before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import av
from av.video.frame import VideoFrame

from engine.errors import FrameError, SourceError
from engine.formats.frame_times import frame_times
from engine.formats.movie_file import decoded, open_picture
from engine.media.av_pictures import picture_from
from engine.media.buffers import BufferPool
from engine.media.frame_source import never
from engine.media.frame_window import FrameWindow
from engine.media.spread import ALONE, Spread
from engine.model.clips import Clip
from engine.model.pictures import FrameRef, Picture

_OWN_WINDOW_BYTES = 48 << 20
_KEYS_BACK = (0, 1, 4)  # how many key frames before the right one a seek tries, before it goes to the beginning
_MEND = "Build it into the library"


class AnyFileSource:
    """A file read through FFmpeg (a FrameSource).

    A frame costs the decoding of all frames from its key frame on. What was decoded last stays in the window, so
    that playing forwards decodes a frame once, and playing backwards about twice where the window holds a group
    of pictures. Beside the window stand the frames that the decoder itself refers to (H.264: up to 16).
    """

    def __init__(
        self,
        clip: Clip,
        pool: BufferPool,
        window: FrameWindow | None = None,
        abandoned: Callable[[FrameRef], bool] = never,
    ) -> None:
        """Open `clip`'s file and learn its frame times, by one pass over its packets where nobody did before.

        `window` is shared with other sources; None takes one of 48 MiB. `abandoned` is asked between two frames on
        the way to another whether nobody waits for that one any more.
        Raises SourceError where the file cannot be opened or has no picture.
        """
        self._clip = clip
        self._pool = pool
        self._window = FrameWindow(_OWN_WINDOW_BYTES) if window is None else window
        self._abandoned = abandoned
        self._times = frame_times(clip.file)
        self._container, self._stream = open_picture(clip.file)
        self._closed = False
        self._frames: Iterator[VideoFrame] = decoded(self._container, self._stream)
        self._from = 0  # the frame index that the decoder was sent to; earlier frames that it gives are broken
        self._next = 0  # the frame index that it gives next, if nothing is damaged

    @property
    def clip(self) -> Clip:
        return self._clip

    def read(self, index: int, spread: Spread = ALONE) -> Picture:
        """As FrameSource says; `spread` has nothing to do.

        Once the request is abandoned, the picture is the one that was reached, under its own index: a hand that
        sweeps faster than the file decodes still sees it move. At least one frame is decoded by each call, and a
        later one goes on from there.
        """
        if self._closed:
            raise SourceError("is closed", subject=self._clip.file)
        if not 0 <= index < len(self._times):
            raise self._error(index, f"is outside the file's {len(self._times)} frames")
        frame = self._window.get(self, index)
        reached, frame = self._decode_to(index) if frame is None else (index, frame)
        if frame is None or frame.is_corrupt:
            raise self._error(index, "is damaged")
        try:
            return picture_from(frame, FrameRef(self._clip.slug, reached), self._pool)
        except (ValueError, av.FFmpegError) as error:
            raise self._error(index, f"cannot be converted from {frame.format.name}: {error}") from error

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._window.forget(self)
            self._frames = iter(())  # it must not outlive its container
            self._container.close()

    def _error(self, index: int, what: str) -> FrameError:
        return FrameError(f"frame {index} {what}", subject=self._clip.file, mend=_MEND)

    def _decode_to(self, index: int) -> tuple[int, VideoFrame | None]:
        """The frame, or the one that was reached when it was abandoned; None where it does not decode."""
        key = self._times.key_before(index, 0)
        if key <= self._next <= index:
            return self._forward(index)[:2]
        for back in _KEYS_BACK:
            self._seek(self._times.key_before(key, back))
            reached, frame, first = self._forward(index)
            # A seek that landed where it was sent has shown what there is to see. Where it landed late, or the
            # decoder had to skip frames to find its feet, an earlier key frame leads there.
            if frame is not None or first == self._from:
                return reached, frame
        self._reopen()
        return self._forward(index)[:2]

    def _forward(self, index: int) -> tuple[int, VideoFrame | None, int | None]:
        """Decode on until `index`: that frame, or None once it was passed; and the first frame index met.

        Abandoned on the way, it is the frame that was reached, with its index.
        """
        first: int | None = None
        ref = FrameRef(self._clip.slug, index)
        for frame in self._frames:
            at = self._times.index_at(frame.pts) if self._times.timed else self._next
            if at is None or at < self._from:
                continue
            first = at if first is None else first
            self._next = at + 1
            self._window.keep(self, at, frame)
            if at >= index:
                return index, (frame if at == index else None), first
            if not frame.is_corrupt and self._abandoned(ref):
                return at, frame, first
        self._next = len(self._times)
        return index, None, first

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
