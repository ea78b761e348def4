"""Frame sources: a clip in, the picture at an index out. Which one a clip gets is decided here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.media.buffers import BufferPool
from engine.media.frame_window import FrameWindow
from engine.media.spread import ALONE, Spread
from engine.model.clips import Clip, Codec
from engine.model.pictures import FrameRef, Picture


class FrameSource(Protocol):
    """An open clip. Used by one thread at a time; asking for a far frame and for the next one are the same call."""

    @property
    def clip(self) -> Clip:
        """The clip that was opened."""
        ...

    def read(self, index: int, spread: Spread = ALONE) -> Picture:
        """Frame `index` (zero-based, in the order of presentation), its planes taken from the pool.

        `spread` runs parts of the frame on threads that are idle, where the frame has parts.

        The caller owns the picture and gives its planes back to the pool. Raises FrameError for a frame that
        cannot be had (outside the clip, damaged): the source stays good for other frames, and no buffer is lost.
        A source that was opened with `abandoned` may give another frame of the clip where that says so.
        Raises SourceError once closed, or where the whole file is lost: then the source is of no more use.
        """
        ...

    def close(self) -> None:
        """Let go of the file and of every buffer. A second call does nothing."""
        ...


def never(ref: FrameRef) -> bool:
    """Whether the frame is abandoned, where nobody ever abandons one."""
    return False


def open_source(
    clip: Clip, pool: BufferPool, window: FrameWindow | None = None, abandoned: Callable[[FrameRef], bool] = never
) -> FrameSource:
    """The frame source for `clip`: by its codec, and by what is installed.

    Without libjpeg-turbo, MJPEG goes through PyAV. A clip without a frame table is read as any file is: its decoded
    frames are kept in `window` (None: one of its own), and `abandoned`, asked by the thread that reads, tells that
    nobody waits any more for the frame that it is decoding towards; `read` then gives the frame that it has come to,
    under that one's own index.
    Raises SourceError where the file cannot be used at all. Any thread.
    """
    # Imported here: a player of library clips never loads FFmpeg's libraries, and importing this module is cheap.
    if clip.images is not None:
        from engine.media.image_files import ImageFilesSource  # noqa: PLC0415

        return ImageFilesSource(clip, pool)
    if clip.table is None or clip.codec is Codec.OTHER:
        from engine.media.any_file import AnyFileSource  # noqa: PLC0415

        return AnyFileSource(clip, pool, window, abandoned)
    if clip.codec.is_hap:
        from engine.media.hap import HapSource  # noqa: PLC0415

        return HapSource(clip, pool)
    from engine.media.mjpeg import MjpegSource  # noqa: PLC0415

    return MjpegSource(clip, pool)
