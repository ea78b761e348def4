"""One frame's bytes by one positioned read: the first step of MJPEG and HAP clips."""

from __future__ import annotations

import os

from engine.errors import FrameError, SourceError
from engine.media.buffers import BufferPool, Bytes
from engine.model.clips import Clip, FrameTable

REBUILD = "Build the library again"


class PositionedFile:
    """A clip's file, read frame by frame as its table says. One thread at a time.

    A read goes into one reused buffer. Reading, not mapping: the fault of a cold mapped page holds the interpreter
    lock, and with it the loop, for as long as the disk takes (19 ms at the 99th percentile); a read releases it.
    """

    def __init__(self, clip: Clip, pool: BufferPool, *, longest: int) -> None:
        """Open the file. `longest` bounds a frame in bytes: a table that claims more lies.

        Raises SourceError where the clip has no table or the file cannot be opened.
        """
        if clip.table is None or len(clip.table.lengths) != len(clip.table.offsets):
            raise SourceError("has no usable frame table", subject=clip.file, mend=REBUILD)
        self._clip = clip
        self._table: FrameTable = clip.table
        self._longest = longest
        self._pool = pool
        self._buffer: Bytes | None = None
        try:
            self._fd = os.open(clip.file, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise SourceError(f"cannot be opened: {error.strerror}", subject=clip.file, mend=REBUILD) from error

    def read(self, index: int) -> Bytes:
        """The bytes of frame `index`, valid until the next read.

        Raises FrameError for an index outside the table, a row that lies, or a file that ends early;
        SourceError once closed. The file stays open.
        """
        if self._fd < 0:
            raise SourceError("is closed", subject=self._clip.file)
        if not 0 <= index < len(self._table):
            raise self.error(index, f"is outside the clip's {len(self._table)} frames")
        offset, length = int(self._table.offsets[index]), int(self._table.lengths[index])
        if not 0 < length <= self._longest or offset >= 1 << 63:
            raise self.error(index, f"is {length} bytes at {offset} by the frame table, which cannot be")
        buffer = self._at_least(length)
        view = buffer.data[:length]
        try:
            done = os.preadv(self._fd, [view], offset)
            while 0 < done < length:  # a read may be cut short by a signal, or by the file's end
                more = os.preadv(self._fd, [view[done:]], offset + done)
                if more == 0:
                    break
                done += more
        except OSError as error:
            raise self.error(index, f"cannot be read: {error.strerror}") from error
        if done < length:
            raise self.error(index, "lies past the end of the file")
        return buffer[:length]

    def error(self, index: int, what: str) -> FrameError:
        """The error for one frame of this clip."""
        return FrameError(f"frame {index} {what}", subject=self._clip.file, mend=REBUILD)

    def close(self) -> None:
        """Close the file and give the buffer back. A second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._buffer is not None:
            self._pool.give((self._buffer,))
            self._buffer = None

    def _at_least(self, length: int) -> Bytes:
        if self._buffer is None or len(self._buffer) < length:
            if self._buffer is not None:
                self._pool.give((self._buffer,))
                self._buffer = None
            # A power of two: a clip's frames differ in length, and each longest one yet would ask for another.
            self._buffer = self._pool.take_bytes(1 << (length - 1).bit_length())
        return self._buffer
