"""Frame sources: a clip in, the picture at an index out. Which one a clip gets is decided here."""

from __future__ import annotations

from typing import Protocol

from engine.media.buffers import BufferPool
from engine.media.spread import ALONE, Spread
from engine.model.clips import Clip, Codec
from engine.model.pictures import Picture


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
        Raises SourceError once closed, or where the whole file is lost: then the source is of no more use.
        """
        ...

    def close(self) -> None:
        """Let go of the file and of every buffer. A second call does nothing."""
        ...


def open_source(clip: Clip, pool: BufferPool) -> FrameSource:
    """The frame source for `clip`: by its codec, and by what is installed.

    Without libjpeg-turbo, MJPEG goes through PyAV. A clip without a frame table is read as any file is.
    Raises SourceError where the file cannot be used at all. Any thread.
    """
    # Imported here: a player of library clips never loads FFmpeg's libraries, and importing this module is cheap.
    if clip.table is None or clip.codec is Codec.OTHER:
        from engine.media.any_file import AnyFileSource  # noqa: PLC0415

        return AnyFileSource(clip, pool)
    if clip.codec.is_hap:
        from engine.media.hap import HapSource  # noqa: PLC0415

        return HapSource(clip, pool)
    from engine.media.mjpeg import MjpegSource  # noqa: PLC0415

    return MjpegSource(clip, pool)
