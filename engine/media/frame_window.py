"""Frames kept as their decoder gave them, since the next one asked for is likely near; one bound for all files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a player of library clips never loads FFmpeg's libraries
    from av.video.frame import VideoFrame


class FrameWindow:
    """The frames last decoded or shown, `limit_bytes` of them at most, whichever source they are of. Any thread.

    What was used longest ago goes first, so that a file left alone makes room for those that play. A frame larger
    than the bound is not kept at all.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._lock = threading.Lock()  # held for a look-up; frames are freed outside it
        self._frames: OrderedDict[tuple[object, int], VideoFrame] = OrderedDict()
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all frames kept."""
        return self._nbytes

    def get(self, owner: object, index: int) -> VideoFrame | None:
        """Frame `index` of the source `owner`, if it is kept; it then counts as used."""
        with self._lock:
            frame = self._frames.get((owner, index))
            if frame is not None:
                self._frames.move_to_end((owner, index))
            return frame

    def keep(self, owner: object, index: int, frame: VideoFrame) -> None:
        """Keep a frame, in place of the one of that index."""
        let_go: list[VideoFrame | None] = []
        with self._lock:
            let_go.append(self._take((owner, index)))
            self._frames[owner, index] = frame
            self._nbytes += _size(frame)
            while self._nbytes > self._limit:
                let_go.append(self._take(next(iter(self._frames))))

    def forget(self, owner: object) -> None:
        """Let go of all frames of `owner`."""
        with self._lock:
            let_go = [self._take(key) for key in list(self._frames) if key[0] is owner]
        let_go.clear()

    def _take(self, key: tuple[object, int]) -> VideoFrame | None:
        frame = self._frames.pop(key, None)
        if frame is not None:
            self._nbytes -= _size(frame)
        return frame


def _size(frame: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in frame.planes)
